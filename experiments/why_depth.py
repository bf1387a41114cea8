"""Measure the bands of the notebook backprop/why-depth over 20 seeds, into why_depth.json.

usage: OMP_NUM_THREADS=1 python experiments/why_depth.py

Each seed draws twenty random networks of each kind, and trains twenty of each kind, as the notebook does. Quantities
have the names of the notebook's claims. Each band reaches one standard deviation beyond the smallest and the largest
value.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from bands import save

import pydl
from pydl import nn, optim

SEEDS = range(20)
NETS, STEPS, LR = 20, 2000, 0.03
SHALLOW, THREE, SIX = [48], [16] * 3, [8] * 6
LEARNT = 0.05
POSSIBLE = {
    "wd-learn-four-teeth": (0, NETS),
    "wd-learn-four-teeth-shallow": (0, NETS),
    "wd-learn-four-teeth-deep": (0, NETS),
    "wd-learn-eight-teeth": (0, np.inf),
    "wd-random-shallow": (1, 49),
}

POINTS = np.linspace(0, 1, 129, dtype="float32")[:, None]
Layers = list[tuple[np.ndarray, np.ndarray]]

# ---------------------------------------------------------------- pieces


def count(layers: Layers, lo: float, hi: float) -> int:
    """Count the pieces of a network of rectifiers: where units switch, found layer by layer."""
    x, y = np.array([lo, hi]), np.array([[lo], [hi]])
    for W, b in layers[:-1]:
        a = y @ W.T + b
        i, j = np.nonzero(a[:-1] * a[1:] < 0)
        part = a[i, j] / (a[i, j] - a[i + 1, j])
        there = a[i] + part[:, None] * (a[i + 1] - a[i])
        there[np.arange(len(j)), j] = 0
        x, order = np.unique(np.concatenate([x, x[i] + part * (x[i + 1] - x[i])]), return_index=True)
        y = np.maximum(np.concatenate([a, there])[order], 0)
    W, b = layers[-1]
    slopes = np.diff((y @ W.T + b)[:, 0]) / np.diff(x)
    size = np.abs(slopes[1:]) + np.abs(slopes[:-1])
    return 1 + int(np.sum(np.abs(np.diff(slopes)) > 1e-9 * size))


def random_network(widths: list[int], rng: np.random.Generator) -> Layers:
    """Draw weights and biases from U(−1/√n_in, 1/√n_in)."""
    sizes = [1, *widths, 1]
    return [
        (rng.uniform(-1, 1, (n, n_in)) / np.sqrt(n_in), rng.uniform(-1, 1, n) / np.sqrt(n_in))
        for n_in, n in pairwise(sizes)
    ]


def random_pieces(widths: list[int], rng: np.random.Generator) -> float:
    """Return the mean number of pieces of twenty random networks."""
    return float(np.mean([count(random_network(widths, rng), -1000.0, 1000.0) for _ in range(NETS)]))


# ---------------------------------------------------------------- training


def tent(x: np.ndarray, folds: int) -> np.ndarray:
    """Return the tent, composed."""
    for _ in range(folds):
        x = np.minimum(2 * x, 2 - 2 * x)
    return x


def train(widths: list[int], folds: int, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Train twenty networks at once; return their parameters and errors (root mean square)."""
    sizes, theta = [1, *widths, 1], []
    for n_in, n in pairwise(sizes):
        W = rng.normal(0, np.sqrt(2 / n_in), (NETS, n_in, n))
        b = -W * rng.uniform(0, 1, (NETS, 1, n)) if n_in == 1 else np.zeros((NETS, 1, n))
        theta += [nn.Parameter(W.astype("float32")), nn.Parameter(b.astype("float32"))]

    def errors() -> object:
        y = POINTS
        for W, b in zip(theta[:-2:2], theta[1:-2:2], strict=True):
            y = pydl.relu(y @ W + b)
        return ((y @ theta[-2] + theta[-1] - tent(POINTS, folds)) ** 2).mean(axis=1)

    optimizer = optim.SGD(theta, lr=LR, momentum=0.9)
    for _ in range(STEPS):
        optimizer.zero_grad()
        errors().sum().backward()
        optimizer.step()
    return [p.numpy() for p in theta], np.sqrt(errors().detach().numpy()[:, 0])


def trained_pieces(theta: list[np.ndarray]) -> float:
    """Return the mean number of pieces between 0 and 1."""
    nets = [
        [(W[i].T.astype(float), b[i, 0].astype(float)) for W, b in zip(theta[::2], theta[1::2], strict=True)]
        for i in range(NETS)
    ]
    return float(np.mean([count(net, 0.0, 1.0) for net in nets]))


def one_seed(seed: int) -> dict[str, float]:
    """Return all that depends on the seed."""
    rng = np.random.default_rng(1000 + seed)
    (theta, three), (_, shallow), (_, six) = (train(widths, 3, rng) for widths in (THREE, SHALLOW, SIX))
    _, eight = train(THREE, 4, rng)
    return {
        "wd-random-shallow": random_pieces(SHALLOW, rng),
        "wd-random-deep": random_pieces(SIX, rng),
        "wd-learn-four-teeth": np.sum(three < LEARNT),
        "wd-learn-four-teeth-shallow": np.sum(shallow < LEARNT),
        "wd-learn-four-teeth-deep": np.sum(six < LEARNT),
        "wd-learn-eight-teeth": eight.min(),
        "wd-trained-pieces": trained_pieces(theta),
    }


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    runs = [one_seed(seed) for seed in SEEDS]
    recipe = {"networks": NETS, "steps": STEPS, "lr": LR, "momentum": 0.9, "learnt below": LEARNT}
    save(__file__, "backprop/why-depth", SEEDS, runs, margin=1, possible=POSSIBLE, recipe=recipe)


if __name__ == "__main__":
    main()
