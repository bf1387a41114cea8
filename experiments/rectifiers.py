"""Measure the bands of the notebook backprop/rectifiers over 20 seeds, into rectifiers.json.

usage: python experiments/rectifiers.py

A seed decides the initial weights and the order of the minibatches. A band runs from 2 standard deviations below
the smallest value to 2 above the largest: wide enough for the next seed and the next machine, too narrow for a
mistake. Counts and rates are cut at 0, shares at 0 and 1.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim
from pydl.training import error_rate

SEEDS = range(20)
LOSS = nn.CrossEntropyLoss()
Z = np.linspace(-12, 12, 240_001)
DENSITY = np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi)
FAMILY: dict[str, Callable[[], nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "ReLU": nn.ReLU,
    "LeakyReLU": nn.LeakyReLU,
    "PReLU": nn.PReLU,
    "ELU": nn.ELU,
}
SIGMOIDS = ((1.0, 0.1), (4.0, 0.005), (4.0, 0.1))  # other scales and rates at which sigmoids might learn
SHOCKS, CALM, NETWORKS = 10, 0.01, 8  # steps at a high rate, the rate then, networks that are averaged


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the digits with mean 0 and variance 1 over all pixels, and their labels."""
    X, y = data.Digits().arrays()
    return (X - X.mean()) / X.std(), y


def gain(f: str) -> float:
    """Return the scale that keeps E y² = 1: 1/√E f(z)², z ~ N(0, 1)."""
    with pydl.no_grad():
        y = FAMILY[f]()(pydl.Tensor(Z))
    return float(1 / np.sqrt(y.numpy() ** 2 @ DENSITY * (Z[1] - Z[0])))


def layer(n_in: int, n_out: int, s: float) -> nn.Linear:
    """Return an affine layer: weights from N(0, s²/n_in), biases 0."""
    return nn.Linear(n_in, n_out, init=lambda w: nn.init.normal_(w, 0, s / np.sqrt(n_in)))


def network(f: str, depth: int, s: float | None = None, width: int = 50) -> nn.Sequential:
    """Build the notebook's network of hidden layers and ten scores."""
    s = gain(f) if s is None else s
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [layer(64 if i == 0 else width, width, s), FAMILY[f]()]
    return nn.Sequential(*layers, layer(width, 10, 1.0))


def train(net: nn.Sequential, X: np.ndarray, y: np.ndarray, lr: float | Callable[[int], float], epochs: int) -> float:
    """Train as the notebook does; return the last epoch's loss."""
    batches = data.DataLoader((X, y), batch_size=100, shuffle=True)
    history = pydl.fit(net, batches, LOSS, optim.SGD(net.parameters(), lr=lr, momentum=0.9), epochs=epochs)
    return history["loss"][-1]


def error_of(net: nn.Sequential, X: np.ndarray, y: np.ndarray) -> float:
    """Return the training error."""
    with pydl.no_grad():
        return error_rate(net(X), y)


def shocked(f: str, rate: float, seeds: range, X: np.ndarray, y: np.ndarray) -> tuple[float, float, int]:
    """Return the share of dead units after ten steps at a high rate and calm training, the error, and who diverged.

    A network whose loss is no longer finite counts as diverged, and for nothing else.
    """
    dead, errors = [], []
    for seed in seeds:
        pydl.seed(seed)
        net = network(f, 3)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            diverged = not np.isfinite(train(net, X, y, lambda t: rate if t < SHOCKS else CALM, 5))
        if diverged:
            continue
        with nn.Census(net, FAMILY[f]) as census:
            LOSS(net(X), y).backward()
        dead += [layer.dead_units for layer in census.layers.values()]
        errors.append(error_of(net, X, y))
    return float(np.concatenate(dead).mean()), float(np.mean(errors)), len(seeds) - len(errors)


def rectified_output(seed: int) -> float:
    """Train a network with a rectified output on the sine, as the notebook does; return its loss over the floor."""
    angle = np.linspace(-np.pi, np.pi, 200)[:, None]
    sine = np.sin(angle)
    pydl.set_default_dtype("float64")
    pydl.seed(seed)
    hidden = layer(1, 30, 2**0.5)
    hidden.bias.copy_(pydl.random.default_rng().uniform(-3, 3, 30))
    net = nn.Sequential(hidden, nn.ReLU(), layer(30, 1, 1.0), nn.ReLU())
    batches = data.DataLoader((angle, sine), batch_size=20, shuffle=True)
    pydl.fit(net, batches, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.005, momentum=0.9), epochs=100)
    pydl.set_default_dtype("float32")
    return float(np.mean((net(angle).numpy() - sine) ** 2) / np.mean(np.minimum(sine, 0) ** 2))


def one_seed(seed: int, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return all that depends on the seed."""
    found: dict[str, float] = {}
    group = range(NETWORKS * seed, NETWORKS * (seed + 1))
    for f, rate in (("ReLU", 0.02), ("ReLU", 0.5), ("LeakyReLU", 0.5), ("PReLU", 0.1)):
        name = f"{f}, rate {rate:g}"
        share, error, diverged = shocked(f, rate, group, X, y)
        found |= {f"dead units, {name}": share, f"error after the shock, {name}": error, f"diverged, {name}": diverged}
    for f in FAMILY:
        pydl.seed(seed)
        net = network(f, 20)
        found[f"loss at depth 20, {f}"] = train(net, X, y, 0.005, 20)
        found[f"error at depth 20, {f}"] = error_of(net, X, y)
        if f == "PReLU":
            slopes = np.array([m.weight.item() for m in net if isinstance(m, nn.PReLU)])
            found |= {"smallest slope": slopes.min(), "mean slope": slopes.mean(), "largest slope": slopes.max()}
            found["mean slope, layers 16 to 20 less 1 to 5"] = slopes[15:].mean() - slopes[:5].mean()
    others = []
    for s, lr in SIGMOIDS:
        pydl.seed(seed)
        net = network("sigmoid", 20, s)
        train(net, X, y, lr, 20)
        others.append(error_of(net, X, y))
    found["loss over its floor, rectified output"] = rectified_output(seed)
    found["smallest error at depth 20, sigmoid, other scales and rates"] = min(others)
    return found


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    X, y = digits()
    runs = [one_seed(seed, X, y) for seed in SEEDS]
    outputs = [run["loss over its floor, rectified output"] for run in runs]  # 2 where the output unit died
    save(
        __file__,
        "backprop/rectifiers",
        SEEDS,
        runs,
        margin=2,
        possible={
            name: (1.0 * ("floor" in name), np.inf if "loss" in name else 1.0)
            for name in runs[0]
            if "mean slope" not in name and "diverged" not in name
        },
        dead_outputs=sum(loss > 1.9 for loss in outputs),
        highest_loss_of_a_living_output=max(loss for loss in outputs if loss <= 1.9),
        sigmoids=[{"s": s, "lr": lr} for s, lr in SIGMOIDS],
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
