"""Measure the bands of the notebook backprop/universal-approximation over 20 seeds, into universal_approximation.json.

usage: OMP_NUM_THREADS=1 python experiments/universal_approximation.py

Seed s trains twenty networks of each size, as the notebook does with one stream of random numbers, and takes their
medians. Quantities have the names of the notebook's claims. Each band reaches one standard deviation beyond the
smallest and the largest value.
"""

from __future__ import annotations

import numpy as np
from bands import save

import pydl
from pydl import nn, optim

SEEDS = range(20)
NETS, STEPS, LR = 20, 5000, 0.1
SIZES = (4, 8, 16)
STAIRCASE_32 = 2 * np.pi / 33 / 2  # Λh/2: at the ends of the interval the soft staircase is half a cell off

POINTS = np.linspace(-1, 1, 101)[:, None]
BETWEEN = np.linspace(-1, 1, 2001)[:, None]


def sine(x: np.ndarray) -> np.ndarray:
    """Return sin πx."""
    return np.sin(np.pi * x)


def train(n: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Train twenty networks of n hidden units at once."""
    shapes = ((1, n), 1.0), ((1, n), 1.0), ((n, 1), n**-0.5), ((1, 1), n**-0.5)
    theta = [nn.Parameter(rng.uniform(-bound, bound, (NETS, *shape))) for shape, bound in shapes]
    w, b, v, bias = theta
    optimizer = optim.SGD(theta, lr=LR, momentum=0.9)
    for _ in range(STEPS):
        optimizer.zero_grad()
        y_hat = pydl.sigmoid(POINTS @ w + b) @ v + bias
        ((y_hat - sine(POINTS)) ** 2).mean(axis=1).sum().backward()
        optimizer.step()
    return [p.numpy() for p in theta]


def medians(n: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the median of the largest errors, as trained and with the best output weights."""
    w, b, v, bias = train(n, rng)
    trained, solved = [], []
    for i in range(NETS):
        H, H_between = (np.column_stack([pydl.sigmoid(x @ w[i] + b[i]), np.ones(len(x))]) for x in (POINTS, BETWEEN))
        best = np.linalg.lstsq(H, sine(POINTS), rcond=1e-12)[0]
        for weights, errors in ((np.vstack([v[i], bias[i]]), trained), (best, solved)):
            errors.append(np.abs(H_between @ weights - sine(BETWEEN)).max())
    return float(np.median(trained)), float(np.median(solved))


def one_seed(seed: int) -> dict[str, float]:
    """Return all that depends on the seed."""
    rng = np.random.default_rng(1000 + seed)
    (four, _), (eight, _), (sixteen, solved) = (medians(n, rng) for n in SIZES)
    return {
        "ua-four-against-staircase": four / STAIRCASE_32,
        "ua-trained-eight": eight / four,
        "ua-trained-sixteen": sixteen,
        "ua-last-layer": np.log10(solved),
    }


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs = [one_seed(seed) for seed in SEEDS]
    recipe = {"networks": NETS, "steps": STEPS, "lr": LR, "momentum": 0.9}
    save(__file__, "backprop/universal-approximation", SEEDS, runs, margin=1, recipe=recipe)


if __name__ == "__main__":
    main()
