"""Measure what the notebook optimizers/stochastic-gradient-descent claims about 200 runs and about minibatches.

usage: python experiments/stochastic_gradient_descent.py     (writes stochastic_gradient_descent.json, a minute)

The notebook trains 200 runs, those of the seeds 0 … 199. Here are twenty such blocks of 200, each of seeds of its own;
a band runs from 1 standard deviation below the smallest value of a block to 1 above the largest. Times are those of
one thread of the processor, taken by turns; quoted is the ratio of their medians.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np
from bands import save
from line_fit import LR, START, STEPS, N, blocks, draw, half_mse, optimum, steps_until, train

import pydl
from pydl import nn, optim

BLOCKS, SIZE = 20, 200
AT_REST, SETTLE = 2000, 500
DRAWS, M = 10_000, 10
SIZES, ROUNDS = (1, 8, 64, 512), 61


def floor(x: np.ndarray, y: np.ndarray, batch: int, seed: int) -> float:
    """Return the mean excess of J at rest, over (ε/M)·mean r²(1 + x²); samples are drawn with replacement."""
    best = optimum(x, y)
    order = np.random.default_rng(seed).integers(0, N, (len(x), AT_REST, batch))
    _, losses = train(x, y, order, start=best)
    r = y - best[:, :1] - best[:, 1:] * x
    predicted = LR / batch * np.mean(r**2 * (1 + x**2))
    return float(np.mean(2 * losses[SETTLE:] - 2 * half_mse(best, x, y)) / predicted)


def variance(x: np.ndarray, y: np.ndarray, rng: np.random.Generator, replace: bool) -> float:
    """Return the mean squared error of the gradient of M samples at the start, in units of σ²/M."""
    errors = y - START[0] - START[1] * x
    each = -2 * errors[:, None] * np.column_stack([np.ones(N), x])
    places = rng.integers(0, N, (DRAWS, M)) if replace else np.argsort(rng.random((DRAWS, N)))[:, :M]
    deviation = each[places].mean(axis=1) - each.mean(axis=0)
    return float(M * np.sum(deviation**2, axis=1).mean() / np.sum((each - each.mean(axis=0)) ** 2, axis=1).mean())


def measure(seeds: range) -> dict[str, float]:
    """Return what the notebook claims about one block of runs."""
    x, y, order = draw(seeds)
    ends, losses = train(x, y, order)
    steps = float(np.median(steps_until(losses)))
    halved = train(*draw(seeds, steps=1000), lr=LR / 2)[1]
    full = train(*draw(seeds, steps=600, batch=N))[1]
    rng = np.random.default_rng(seeds[0])
    return {
        "mean of w, minus 3": ends[:, 1].mean() - 3,
        "sd of w": ends[:, 1].std(ddof=1),
        "mean of b, minus 2": ends[:, 0].mean() - 2,
        "sd of b": ends[:, 0].std(ddof=1),
        "steps until ½MSE < 0.01": steps,
        "steps with the ½, relative": np.median(steps_until(halved)) / steps,
        "samples with M = 30, relative": N * np.median(steps_until(full)) / steps,
        "variance with replacement, M = 10": variance(x[0], y[0], rng, replace=True),
        "variance without replacement, M = 10": variance(x[0], y[0], rng, replace=False),
        "noise floor over prediction, M = 1": floor(x, y, 1, seeds[0]),
        "noise floor over prediction, M = 10": floor(x, y, 10, seeds[0]),
        "rise of the loss, sorted": float(np.median(sorted_peak(x, y))),
        "later swings over first ones, without zero_grad": swings(x[0], y[0]),
    }


def sorted_peak(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how high each run's loss rises over the start if samples come in the order of x, over and over."""
    by_x = np.argsort(x, axis=1)
    order = np.tile(np.arange(N), 5)[None, :, None].repeat(len(x), axis=0)
    losses = train(np.take_along_axis(x, by_x, 1), np.take_along_axis(y, by_x, 1), order, lr=4 * LR)[1]
    return losses.max(axis=0) / losses[0]


def swings(x: np.ndarray, y: np.ndarray) -> float:
    """Return the largest loss of the last 500 steps over that of the first 500, where gradients add up."""
    theta, total, losses = np.array(START), np.zeros(2), []
    for _ in range(STEPS):
        r = y - theta[0] - theta[1] * x
        total += [-2 * r.mean(), -2 * (r * x).mean()]
        theta = theta - LR * total
        losses.append(half_mse(theta, x, y))
    return max(losses[500:]) / max(losses[:500])


def step_times() -> dict[str, float]:
    """Return the time of one step on M samples, for a network with 79,510 weights, in times of M = 1."""
    pydl.set_default_dtype("float32")
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(784, 100, activation="relu"), nn.Linear(100, 10))
    loss, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.01)

    def task(size: int) -> Callable[[], None]:
        images = rng.standard_normal((size, 784)).astype(np.float32)
        labels = rng.integers(0, 10, size)

        def step() -> None:
            optimizer.zero_grad()
            loss(model(images), labels).backward()
            optimizer.step()

        return step

    tasks, times = [task(size) for size in SIZES], np.empty((ROUNDS + 1, len(SIZES)))
    for row in times:
        for i, step in enumerate(tasks):
            began = time.thread_time()
            for _ in range(10):
                step()
            row[i] = time.thread_time() - began
    medians = np.median(times[1:], axis=0)
    return {str(size): round(float(t / medians[0]), 2) for size, t in zip(SIZES, medians, strict=True)}


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    runs = blocks(BLOCKS, SIZE, measure)
    times = step_times()
    save(
        __file__,
        "optimizers/stochastic-gradient-descent",
        range(BLOCKS),
        runs,
        margin=1,
        runs_per_block=SIZE,
        time_of_a_step=times,
        timed_on=f"{platform.machine()}, {os.environ.get('OMP_NUM_THREADS', 'all')} thread",
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
