"""Measure the bands of the notebook optimizers/critical-points over 20 seeds, into critical_points.json.

usage: OMP_NUM_THREADS=1 python experiments/critical_points.py

Each seed draws one random landscape of cosine waves for each number of weights, and searches it for critical points
from forty starts, as the notebook does. It also draws random Hessians, and keeps those with a positive diagonal. Each
band reaches one standard deviation beyond the smallest and the largest value.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from bands import save

import pydl
from pydl.landscape import Search, critical_points

SEEDS = range(20)
WEIGHTS = (1, 2, 3, 4, 6, 8)  # the notebook runs 1, 2, 4 and 8
WAVES, STARTS = 60, 40
HESSIANS = 20_000  # random 4 × 4 matrices, of which one in sixteen has a positive diagonal


def random_waves(n: int, rng: np.random.Generator) -> Callable[[Any], Any]:
    """Return a random smooth function of n weights: a sum of waves in all directions."""
    W, b = rng.standard_normal((n, WAVES)), rng.uniform(0, 2 * np.pi, WAVES)
    return lambda theta: np.sqrt(2 / WAVES) * pydl.cos(theta @ W + b).sum()


def explore(n: int, rng: np.random.Generator) -> Search:
    """Search one random landscape from starts in the cube [−3, 3]ⁿ."""
    f = random_waves(n, rng)
    return critical_points(f, rng.uniform(-3, 3, (STARTS, n)))


def one_seed(seed: int) -> dict[str, float]:
    """Return the shares of minima, how height and index go together, and how wrong a positive diagonal is."""
    found: dict[str, float] = {}
    for n in WEIGHTS:
        search = explore(n, np.random.default_rng([seed, n]))
        kinds = [point.kind for point in search.points]
        if "undecided" in kinds:
            raise ValueError(f"seed {seed}, {n} weights: a critical point is undecided, so the shares do not add up")
        found[f"minima in percent, {n} weights"] = 100 * kinds.count("minimum") / len(kinds)
        index, height = [p.index for p in search.points], [p.value for p in search.points]
        found[f"correlation of index and height, {n} weights"] = float(np.corrcoef(index, height)[0, 1])
        found[f"starts that end flat in percent, {n} weights"] = 100 * len(search.flat) / STARTS
        found[f"starts rejected in percent, {n} weights"] = 100 * search.rejected / STARTS
    A = np.random.default_rng(seed).standard_normal((HESSIANS, 4, 4))
    A = A + A.swapaxes(1, 2)
    passed = np.all(np.diagonal(A, axis1=1, axis2=2) > 0, axis=1)
    found["saddles in percent, diagonal positive"] = 100 * float(np.mean(np.linalg.eigvalsh(A[passed])[:, 0] < 0))
    return found


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    runs = [one_seed(seed) for seed in SEEDS]
    possible = {name: (-1.0, 1.0) if name.startswith("correlation") else (0.0, 100.0) for name in runs[0]}
    save(
        __file__,
        "optimizers/critical-points",
        SEEDS,
        runs,
        margin=1,
        possible=possible,
        recipe={"waves": WAVES, "starts": STARTS},
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
