"""Time what the notebook backprop/forward-mode counts: a gradient by forward mode and by reverse mode, in values of J.

usage: OMP_NUM_THREADS=1 python experiments/forward_mode.py      (writes forward_mode.json beside this file, a minute)

Each of 20 seeds draws the data, and times the three by turns, in processor time of one thread; its ratios are those of
the medians over the rounds. What is quoted is the median over the seeds. A band runs from 2 standard deviations below
the smallest ratio to 2 above the largest.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np
from bands import save

import pydl

SEEDS = range(20)
INPUTS = 2 ** np.arange(8)
N, ROUNDS = 10_000, 9


def tasks(n: int, rng: np.random.Generator) -> list[Callable[[], object]]:
    """Return what is timed: J of one unit with n weights, and its gradient in two ways."""
    X, y, w = rng.standard_normal((N, n)), rng.standard_normal(N), rng.standard_normal(n) / np.sqrt(n)

    def J(w: np.ndarray) -> float:
        return 0.5 * ((y - pydl.tanh(X @ w)) ** 2).mean()  # type: ignore[no-any-return]

    return [lambda: J(w), lambda: [pydl.jvp(J, (w,), (e,))[1] for e in np.eye(n)], lambda: pydl.grad(J)(w)]


def medians(runs: list[Callable[[], object]]) -> np.ndarray:
    """Return the median time of each, taken by turns."""
    times = np.empty((ROUNDS, len(runs)))
    for row in times:
        for i, run in enumerate(runs):
            began = time.thread_time()
            run()
            row[i] = time.thread_time() - began
    return np.median(times, axis=0)


def one_seed(seed: int) -> dict[str, float]:
    """Return the ratios for one draw of the data."""
    rng, ratios = np.random.default_rng(seed), {}
    for n in INPUTS:
        value, forward, reverse = medians(tasks(n, rng))
        ratios[f"forward, {n} inputs"] = forward / value
        ratios[f"reverse, {n} inputs"] = reverse / value
    ratios["forward over reverse, 128 inputs"] = forward / reverse  # the last of them
    return ratios


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs = [one_seed(seed) for seed in SEEDS]
    quoted = {name: round(float(np.median([run[name] for run in runs])), 1) for name in runs[0]}
    how = {"samples": N, "rounds": ROUNDS, "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread"}
    save(__file__, "backprop/forward-mode", SEEDS, runs, margin=2, **how, quoted=quoted)
    for name, ratio in quoted.items():
        print(f"{name}: {ratio}")


if __name__ == "__main__":
    main()
