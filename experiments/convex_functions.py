"""Measure, over 40 seeds, what the notebook convexity/convex-functions claims about one.

usage: python experiments/convex_functions.py        (writes convex_functions.json beside this file, about a minute)

A seed draws the chords and the places at which functions are tested, and the noise of a hundred walkers. A band
runs from 2 standard deviations below the smallest value to 2 above the largest.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from bands import save

import pydl

SEEDS = range(40)
CHORDS, PLACES, SPREAD = 10_000, 200, 1.5
WALKERS, STEPS, AT_REST = 100, 10_000, 4000
CURVATURE, SIGMA, START = np.array([1.0, 0.1]), 1.0, np.array([4.0, 4.0])
X = np.array([[1.0, 0.5], [-0.5, 1.0], [0.5, -1.0]])

Function = Callable[[np.ndarray], np.ndarray]
NOT_CONVEX: dict[str, Function] = {
    "double well": lambda w: (w[..., 0] ** 2 - 1) ** 2 + w[..., 1] ** 2,
    "ripples": lambda w: (w**2 / 8 + pydl.sin(3 * w) / 2).sum(axis=-1),
    "saddle": lambda w: w[..., 0] * w[..., 1],
    "L2 on sigmoid": lambda w: 0.5 * ((1 - pydl.sigmoid(w @ X.T)) ** 2).mean(axis=-1),
    "lower of two bowls": lambda w: pydl.minimum(((w - 1) ** 2).sum(axis=-1), ((w + 1) ** 2).sum(axis=-1)),
}


def dented(w: np.ndarray) -> np.ndarray:
    """Return a bowl in 20 dimensions that is not convex around 0.5·(1, …, 1)."""
    return 0.5 * (w**2).sum(axis=-1) - np.exp(-2 * ((w - 0.5) ** 2).sum(axis=-1))


def violations(f: Function, rng: np.random.Generator, dimension: int) -> int:
    """Count the random chords that f rises above."""
    w, v = rng.normal(0, SPREAD, (2, CHORDS, dimension))
    s = rng.uniform(size=(CHORDS, 1))
    excess = f((1 - s) * w + s * v) - (1 - s[:, 0]) * f(w) - s[:, 0] * f(v)
    return int(np.sum(excess > 1e-12))


def bent_down(f: Function, rng: np.random.Generator) -> float:
    """Return the share of random places where the Hessian has a negative eigenvalue."""
    hessian = pydl.hessian(f)
    places = rng.normal(0, SPREAD, (PLACES, 2))
    return float(np.mean([np.linalg.eigvalsh(hessian(place))[0] < 0 for place in places]))


def walk(lr: Callable[[int], float], steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the walkers' mean loss after each step, and where they end."""
    rng = np.random.default_rng(seed)
    w, losses = np.tile(START, (WALKERS, 1)), np.empty(steps)
    for t in range(steps):
        w = w - lr(t) * (CURVATURE * w + SIGMA * rng.normal(size=w.shape))
        losses[t] = 0.5 * np.mean((CURVATURE * w**2).sum(axis=1))
    return losses, w


def one_seed(seed: int) -> dict[str, float]:
    """Return all that depends on the seed."""
    rng = np.random.default_rng(seed)
    caught = [violations(f, rng, 2) / CHORDS for f in NOT_CONVEX.values()]
    smooth = [f for name, f in NOT_CONVEX.items() if name != "lower of two bowls"]
    rates = np.array([0.025, 0.05, 0.1, 0.2])
    floors = np.array([walk(lambda t, lr=lr: lr, AT_REST, seed)[0][AT_REST // 2 :].mean() for lr in rates])
    predicted = np.sum(0.1 * SIGMA**2 / (2 * (2 - 0.1 * CURVATURE)))
    stalled, ends = walk(lambda t: 0.5 / (t + 1) ** 2, STEPS, seed)
    return {
        "fewest chords violated, percent": 100 * min(caught),
        "chords that notice the dent": violations(dented, rng, 20),
        "fewest places bent down, percent": 100 * min(bent_down(f, rng) for f in smooth),
        "noise floor over its prediction": floors[2] / predicted,
        "slope of log floor over log step": np.polyfit(np.log(rates), np.log(floors), 1)[0],
        "loss with 10/(t + 10)": walk(lambda t: 10 / (t + 10), STEPS, seed)[0][-1],
        "loss with 1/(t + 1)": walk(lambda t: 1 / (t + 1), STEPS, seed)[0][-1],
        "loss with 1/(2 √(t + 1))": walk(lambda t: 0.5 / np.sqrt(t + 1), STEPS, seed)[0][-1],
        "stall distance": float(np.linalg.norm(ends.mean(axis=0))),
        "loss at 10,000 over loss at 1,000, stalled": stalled[STEPS - 1] / stalled[999],
    }


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    began = time.perf_counter()
    runs = [one_seed(seed) for seed in SEEDS]
    seconds = round(time.perf_counter() - began)
    save(__file__, "convexity/convex-functions", SEEDS, runs, margin=2, walkers=WALKERS, seconds=seconds)


if __name__ == "__main__":
    main()
