"""Measure the bands of the notebook convexity/perceptron-and-xor over 40 seeds, into perceptron_and_xor.json.

usage: python experiments/perceptron_and_xor.py

A seed repeats the notebook's three experiments with data of its own: Novikoff's bound on 20 separable sets of each
margin, 20 pairs of clouds that no line separates, and two squares for the right rule and for two wrong ones. A band
runs from one standard deviation below the smallest value to one above the largest.
"""

from __future__ import annotations

import numpy as np
from bands import save

from pydl import data
from pydl.models import Perceptron, novikoff_bound

SEEDS = range(40)
MARGINS = (0.2, 0.1, 0.05, 0.02, 0.01)
SETS = 20
EPOCHS = 100

Samples = tuple[np.ndarray, np.ndarray]


def planted(N: int, gamma: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw N points in a square, and leave out those nearer than gamma to a hidden line u, as the notebook does."""
    angle = rng.uniform(0, 2 * np.pi)
    u = np.array([rng.uniform(-0.5, 0.5), np.cos(angle), np.sin(angle)])
    u /= np.linalg.norm(u)
    X = rng.uniform(-1, 1, (N, 2))
    score = u[0] + X @ u[1:]
    clear = np.abs(score) >= gamma
    return X[clear], (score[clear] > 0).astype(int), u


def bound_study(seed: int) -> dict[str, float]:
    """Return how the corrections on separable data compare with (R/γ)²."""
    rng = np.random.default_rng(seed)
    runs = []
    for gamma in MARGINS * SETS:
        X, y, u = planted(200, gamma, rng)
        line = Perceptron(2)
        if line.fit(X, y, epochs=10_000)[-1]:
            raise RuntimeError(f"seed {seed}, margin {gamma}: still mistakes after 10,000 epochs")
        runs.append((novikoff_bound(X, y, u[1:], u[0]), line.updates))
    bounds, corrections = np.array(runs).T
    exponent, _ = np.polyfit(np.log(bounds), np.log(corrections), 1)
    return {"largest share of the bound": np.max(corrections / bounds), "exponent": exponent}


def clouds(seed: int) -> np.ndarray:
    """Return the training errors after each epoch on two clouds that overlap."""
    X, y = data.blobs(100, noise=0.8, rng=seed, classes=2)
    line, errors = Perceptron(2), []
    for _ in range(EPOCHS):
        line.fit(X, y, epochs=1)
        errors.append(np.mean(line.predict(X) != y))
    return np.array(errors)


def unseparable_study(seed: int) -> dict[str, float]:
    """Return the mean error of the later lines, and that of the best line, over 20 pairs of clouds."""
    errors = np.array([clouds(SETS * seed + number) for number in range(SETS)])
    late, best = errors[:, EPOCHS // 2 :].mean(), errors.min(axis=1).mean()
    return {"error of a late line": late, "error of the best line": best, "late minus best": late - best}


def squares(seed: int) -> Samples:
    """Draw 50 points in each of two squares that the line x₁ + x₂ = 2.5 separates."""
    rng = np.random.default_rng(seed)
    y = np.arange(100) % 2
    return rng.uniform(0, 1, (100, 2)) + 1.5 * y[:, None], y


def run_rule(X: np.ndarray, y: np.ndarray, t: np.ndarray, epochs: int = 50) -> tuple[float, int]:
    """Run the rule for signs t; return the training error in the end and the corrections."""
    w, corrections = np.zeros(X.shape[1]), 0
    for _ in range(epochs):
        for x, sign in zip(X, t, strict=True):
            if sign * (w @ x) <= 0:
                w = w + sign * x
                corrections += 1
    return np.mean((X @ w > 0) != y), corrections


def mistakes_study(seed: int) -> dict[str, float]:
    """Return what the right rule and the two wrong ones of the notebook end with."""
    X, y = squares(seed)
    bound = novikoff_bound(X, y, [1.0, 1.0], -2.5)
    extended, t = np.column_stack([np.ones(len(X)), X]), 2 * y - 1
    found = {}
    for name, arguments in {"right": (extended, y, t), "no ones": (X, y, t), "no signs": (extended, y, y)}.items():
        error, corrections = run_rule(*arguments)
        found |= {f"error, {name}": error, f"share of the bound, {name}": corrections / bound}
    return found


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    runs = [bound_study(seed) | unseparable_study(seed) | mistakes_study(seed) for seed in SEEDS]
    save(
        __file__,
        "convexity/perceptron-and-xor",
        SEEDS,
        runs,
        margin=1,
        possible={name: (0.0, float("inf")) for name in runs[0]},
        margins=MARGINS,
        sets=SETS,
        epochs=EPOCHS,
    )


if __name__ == "__main__":
    main()
