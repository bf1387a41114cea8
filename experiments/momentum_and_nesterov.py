"""Measure what the notebook optimizers/momentum-and-nesterov claims about 200 runs of the lecture's line fit.

usage: python experiments/momentum_and_nesterov.py     (writes momentum_and_nesterov.json, a minute)

The notebook trains 200 runs, those of the seeds 0 … 199. Here are twenty such blocks of 200, each of seeds of its own;
a band runs from 1 standard deviation below the smallest value of a block to 1 above the largest. In the wide
sets the inputs lie between −9 and 9 instead of −5 and 5.
"""

from __future__ import annotations

import time

import numpy as np
from bands import save
from line_fit import LR, N, blocks, draw, half_mse, optimum, steps_until, train

BLOCKS, SIZE = 20, 200
STRETCH = 1.8
AT_REST, SETTLE = 2000, 500
FAST, SLOW_STEPS = 0.05, 300
METHODS = {
    "SGD": {},
    "momentum 0.6": {"momentum": 0.6},
    "momentum 0.8": {"momentum": 0.8},
    "Nesterov 0.8": {"momentum": 0.8, "nesterov": True},
}


def line(seeds: range) -> dict[str, float]:
    """Return ends and steps on the usual sets, and peaks on the wide ones, of each method."""
    found: dict[str, float] = {}
    usual, wide = draw(seeds), draw(seeds, stretch=STRETCH)
    any_order = np.random.default_rng(seeds[0]).integers(0, N, usual[2].shape)
    losses = train(*usual[:2], any_order)[1]
    found["SGD, with replacement: steps until ½MSE < 0.01"] = float(np.median(steps_until(losses)))
    for name, options in METHODS.items():
        ends, losses = train(*usual, **options)
        found[f"{name}: sd of w"] = ends[:, 1].std(ddof=1)
        found[f"{name}: sd of b"] = ends[:, 0].std(ddof=1)
        found[f"{name}: steps until ½MSE < 0.01"] = float(np.median(steps_until(losses)))
        found[f"{name}: mean peak"] = losses.max(axis=0).mean()
        found[f"{name}: median peak"] = float(np.median(losses.max(axis=0)))
        ends, losses = train(*wide, **options)
        found[f"{name}, wide: sd of w"] = ends[:, 1].std(ddof=1)
        found[f"{name}, wide: sd of b"] = ends[:, 0].std(ddof=1)
        found[f"{name}, wide: steps until ½MSE < 0.01"] = float(np.median(steps_until(losses)))
        found[f"{name}, wide: mean start"] = losses[0].mean()
        found[f"{name}, wide: mean peak"] = losses.max(axis=0).mean()
        found[f"{name}, wide: median peak"] = float(np.median(losses.max(axis=0)))
    return found


def floors(seeds: range) -> dict[str, float]:
    """Return the noise floor with momentum 0.9 over that without, at equal ε and at equal ε/(1 − α)."""
    x, y, _ = draw(seeds, steps=1)
    best = optimum(x, y)
    order = np.random.default_rng(seeds[0]).integers(0, N, (len(x), AT_REST, 1))

    def excess(**options: float) -> float:
        _, losses = train(x, y, order, start=best, **options)
        return float(np.mean(losses[SETTLE:] - half_mse(best, x, y)))

    plain = excess()
    return {
        "noise floor with momentum 0.9, equal ε": excess(momentum=0.9) / plain,
        "noise floor with momentum 0.9, equal ε/(1 − α)": excess(lr=0.1 * LR, momentum=0.9) / plain,
    }


def diverged(seeds: range) -> dict[str, float]:
    """Return the share of runs that end above their start, at a rate that plain SGD can bear."""
    runs = draw(seeds, steps=SLOW_STEPS)
    shares = {}
    for name, options in (("SGD", {}), ("momentum 0.9", {"momentum": 0.9})):
        losses = train(*runs, lr=FAST, **options)[1]
        shares[f"{name} at ε = 0.05: share that diverges"] = float(np.mean(losses[-1] > losses[0]))
    return shares


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    runs = blocks(BLOCKS, SIZE, lambda seeds: line(seeds) | floors(seeds) | diverged(seeds))
    shares = {name: (0.0, 1.0) for name in runs[0] if "share" in name}
    save(
        __file__,
        "optimizers/momentum-and-nesterov",
        range(BLOCKS),
        runs,
        margin=1,
        possible=shares,
        runs_per_block=SIZE,
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
