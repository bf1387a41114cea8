"""The lecture's line fit, many runs at once: what the experiments of SGD and of momentum share.

Each run draws its own thirty points, and visits them in epochs, each in a new order. All runs are rows of one
parameter: the loss is their sum, so that each row gets its own gradient, and `optim.SGD` steps them all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import pydl
from pydl import data, nn, optim

__all__ = ["LR", "START", "STEPS", "N", "blocks", "draw", "half_mse", "optimum", "steps_until", "train"]

N, LR, STEPS, START, ENOUGH = 30, 0.005, 1000, (10.0, 5.0), 0.01


def draw(seeds: range, steps: int = STEPS, batch: int = 1, stretch: float = 1.0) -> tuple[np.ndarray, ...]:
    """Return x and y (runs × N), and the places that each run visits (runs × steps × batch).

    A `stretch` widens the inputs; the points stay on the same line, with the same noise.
    """
    epochs = -(-steps * batch // N)
    x, y, order = [], [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        inputs, targets = (column[:, 0] for column in data.line(N, rng=rng))
        x.append(stretch * inputs)
        y.append(targets + 3 * (stretch - 1) * inputs)
        order.append(np.concatenate([rng.permutation(N) for _ in range(epochs)])[: steps * batch])
    return np.array(x), np.array(y), np.array(order).reshape(len(x), steps, batch)


def half_mse(theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return half the mean squared error of each run, on all its points."""
    return 0.5 * np.mean((y - theta[..., :1] - theta[..., 1:] * x) ** 2, axis=-1)


def optimum(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the best (bias, slope) of each run."""
    slope = ((x - x.mean(1, keepdims=True)) * y).mean(1) / x.var(1)
    return np.column_stack([y.mean(1) - slope * x.mean(1), slope])


def train(
    x: np.ndarray, y: np.ndarray, order: np.ndarray, start: Any = START, lr: float = LR, **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return where all runs end, as (bias, slope), and ½MSE before each step and after the last.

    With Nesterov's momentum optim.SGD stands at the points where it looks ahead. They are read as the lecture's θ,
    to which a plain gradient step leads from there.
    """
    parameter = nn.Parameter(np.broadcast_to(start, (len(x), 2)).copy())
    optimizer = optim.SGD([parameter], lr=lr, **options)
    theta = parameter.numpy().copy()
    losses = [half_mse(theta, x, y)]
    for i in order.swapaxes(0, 1):
        optimizer.zero_grad()
        errors = np.take_along_axis(y, i, 1) - parameter[:, :1] - parameter[:, 1:] * np.take_along_axis(x, i, 1)
        (errors**2).mean(axis=1).sum().backward()
        ahead = parameter.numpy().copy()
        optimizer.step()
        theta = ahead - lr * parameter.grad.numpy() if options.get("nesterov") else parameter.numpy().copy()
        losses.append(half_mse(theta, x, y))
    return theta, np.array(losses)


def steps_until(losses: np.ndarray, enough: float = ENOUGH) -> np.ndarray:
    """Return after how many steps each run's loss was below `enough` for the first time; ∞ if never."""
    below = losses < enough
    return np.where(below.any(axis=0), below.argmax(axis=0).astype(float), np.inf)


def blocks(count: int, size: int, measure: Any) -> list[dict[str, float]]:
    """Return what `measure(seeds)` finds in each of `count` blocks of `size` seeds, the first being 0 … size − 1."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    return [measure(range(block * size, (block + 1) * size)) for block in range(count)]
