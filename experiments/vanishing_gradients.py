"""Measure the bands of the notebook backprop/vanishing-gradients over 20 seeds, into vanishing_gradients.json.

usage: python experiments/vanishing_gradients.py

A seed decides the initial weights and the order of the minibatches. A band runs from 2 standard deviations below
the smallest value to 2 above the largest: wide enough for the next seed and the next machine, too narrow for a
mistake.
"""

from __future__ import annotations

import time

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim
from pydl.training import error_rate

SEEDS = range(20)
LOSS = nn.CrossEntropyLoss()
SCALES = {"sigmoid": (1.0, 2.0, 4.0, 8.0), "tanh": (0.9, 1.0, 1.5, 2.0), "relu": (1.0, 1.2, 2**0.5, 1.6)}
Z = np.linspace(-8, 8, 8000)  # E g(z) for z ~ N(0, 1) is g(Z) @ WEIGHTS; the kink at 0 lies between two points
WEIGHTS = np.exp(-(Z**2) / 2) / np.exp(-(Z**2) / 2).sum()
SLOPES = {
    "sigmoid": lambda y: y * (1 - y),
    "tanh": lambda y: 1 - y**2,
    "relu": lambda y: 1.0 * (y > 0),
}


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the digits with mean 0 and variance 1 over all pixels, and their labels."""
    X, y = data.Digits().arrays()
    return (X - X.mean()) / X.std(), y


def network(f: str, s: float, depth: int, width: int = 100) -> nn.Sequential:
    """Build the notebook's network: weights from N(0, s²/n_in), biases 0."""

    def layer(n_in: int, n_out: int, s: float, f: str | None) -> nn.Linear:
        return nn.Linear(n_in, n_out, activation=f, init=lambda w: nn.init.normal_(w, 0, s / np.sqrt(n_in)))

    hidden = [layer(64 if i == 0 else width, width, s, f) for i in range(depth)]
    return nn.Sequential(*hidden, layer(width, 10, 1.0, None))


def predicted_factor(f: str, s: float, depth: int = 50) -> float:
    """Return the geometric mean of s√E f′(a)² over layers 2 to `depth`, a ~ N(0, q), q ← s² E f(a)²."""
    q, factors = s**2, []
    for _ in range(depth):
        y = getattr(pydl, f)(np.sqrt(q) * Z)
        factors.append(s * np.sqrt(WEIGHTS @ SLOPES[f](y) ** 2))
        q = s**2 * (WEIGHTS @ y**2)
    return float(np.exp(np.mean(np.log(factors[1:]))))


def census(net: nn.Sequential, X: np.ndarray, y: np.ndarray) -> list[float]:
    """Return ‖∂J/∂y‖ of the hidden layers."""
    with nn.Census(net) as counted:
        LOSS(net(X), y).backward()
    return [layer.gradient_norm for layer in counted.layers.values()][:-1]


def train(net: nn.Sequential, X: np.ndarray, y: np.ndarray, lr: float) -> tuple[list[float], float, float]:
    """Return how far each layer's weights moved, relative to their norm; the training error; the last loss."""
    before = [layer.weight.numpy().copy() for layer in net]
    batches = data.DataLoader((X, y), batch_size=100, shuffle=True)
    history = pydl.fit(net, batches, LOSS, optim.SGD(net.parameters(), lr=lr, momentum=0.9), epochs=20)
    after = [layer.weight.numpy() for layer in net]
    moved = [float(np.linalg.norm(b - a) / np.linalg.norm(a)) for a, b in zip(before, after, strict=True)]
    return moved, error_rate(net(X), y), history["loss"][-1]


def one_seed(seed: int, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return all that depends on the seed."""
    found: dict[str, float] = {}
    deviations = []
    for f, scales in SCALES.items():
        for s in scales:
            pydl.seed(seed)
            norms = census(network(f, s, 50), X[:100], y[:100])
            found[f"log10 of the gradient in layer 1 over layer 50, {f}, s = {s:.3g}"] = np.log10(norms[0] / norms[-1])
            factor = (norms[0] / norms[-1]) ** (1 / 49)
            deviations.append(abs(factor / predicted_factor(f, s) - 1))
    found["largest deviation of a factor from its prediction"] = max(deviations)
    for f, lr in (("sigmoid", 0.1), ("tanh", 0.01)):
        pydl.seed(seed)
        net = network(f, 1.0, 10)
        y_hidden = nn.Sequential(*list(net)[:10])
        if f == "sigmoid":
            spread = [float(nn.Sequential(*list(y_hidden)[:i])(X).numpy().std(axis=0).mean()) for i in (1, 10)]
            found["log10 of the spread over samples in layer 10 over layer 1, sigmoid"] = np.log10(
                spread[1] / spread[0]
            )
        moved, error, loss = train(net, X, y, lr)
        found[f"log10 of the movement of layer 1, {f}"] = np.log10(moved[0])
        found[f"log10 of the movement of layer 1 over layer 10, {f}"] = np.log10(moved[0] / moved[9])
        found[f"training error, {f}"] = error
        found[f"training loss, {f}"] = loss
    return found


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    X, y = digits()
    runs = [one_seed(seed, X, y) for seed in SEEDS]
    save(
        __file__,
        "backprop/vanishing-gradients",
        SEEDS,
        runs,
        margin=2,
        possible={name: (0.0, 1.0) for name in runs[0] if name.startswith(("training error", "largest deviation"))},
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
