"""Exercises of backprop/rectifiers: slopes, dead units, and the scale that a leaky rectifier asks for."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["dead_count", "leaky_scale", "leaky_slope", "prelu_slope_gradient"]


def _draw_leaky(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return 3 * rng.normal(size=(4, 3)), float(rng.uniform(0.01, 0.5))


leaky_slope = Exercise(
    "leaky_slope",
    "return f′(a), an array of a's shape: 1 where a > 0, and p elsewhere",
    reference=lambda a, p: np.where(a > 0, 1.0, p),
    draw=_draw_leaky,
    mistakes={
        "this is the slope of the plain rectifier: left of 0 the leaky one still rises, by p": lambda a, p: (
            (a > 0) * 1.0
        ),
        "this is f(a) itself; its slope is asked for": lambda a, p: np.where(a > 0, a, p * a),
        "the two sides are exchanged: the slope is 1 where a > 0": lambda a, p: np.where(a > 0, p, 1.0),
        "left of 0 the slope is the number p, not p·a": lambda a, p: np.where(a > 0, 1.0, p * a),
    },
)


def _draw_outputs(rng: np.random.Generator) -> tuple[np.ndarray]:
    Y = np.maximum(rng.normal(size=(rng.integers(5, 9), rng.integers(8, 12))), 0)  # more units than samples
    Y[:, rng.permutation(Y.shape[1])[: rng.integers(2, 5)]] = 0
    Y[rng.integers(len(Y))] = 0  # a sample that wakes nobody
    return (Y,)


dead_count = Exercise(
    "dead_count",
    "return how many columns of Y, one a unit, are 0 for every sample",
    reference=lambda Y: np.sum((Y == 0).all(axis=0)),
    draw=_draw_outputs,
    mistakes={
        "this counts entries that are 0: a living unit has some, too; a dead one is 0 for all samples": lambda Y: (
            np.sum(Y == 0)
        ),
        "this counts units that are 0 for some sample: dead are those that are 0 for all": lambda Y: np.sum(
            (Y == 0).any(axis=0)
        ),
        "this counts samples that wake no unit: units are columns, so go along axis=0": lambda Y: np.sum(
            (Y == 0).all(axis=1)
        ),
        "these are the living ones": lambda Y: np.sum((Y != 0).any(axis=0)),
    },
)


def _draw_gradient(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(6, 4)), rng.normal(size=(6, 4))


prelu_slope_gradient = Exercise(
    "prelu_slope_gradient",
    "return ∂J/∂p, one number: the slope p serves all entries, so add up what each of them contributes",
    reference=lambda a, g: np.sum(g * np.minimum(a, 0)),
    draw=_draw_gradient,
    mistakes={
        "add up over all entries: one p serves them all, and a gradient is a sum over paths": lambda a, g: (
            g * np.minimum(a, 0)
        ),
        "this is the mean: the 1/N of the loss is in g already": lambda a, g: np.mean(g * np.minimum(a, 0)),
        "the entries right of 0 do not depend on p: take min(a, 0), not a": lambda a, g: np.sum(g * a),
        "∂y/∂p is a where a < 0, not 1": lambda a, g: np.sum(g * (a < 0)),
        "the gradient g that comes from above is missing": lambda a, g: np.sum(np.minimum(a, 0)),
    },
)


leaky_scale = Exercise(
    "leaky_scale",
    "return s with s²·E f(z)² = 1 for z ~ N(0, 1): half of the z are positive and give z², the others p²z²",
    reference=lambda p: np.sqrt(2 / (1 + p**2)),
    draw=lambda rng: (float(rng.uniform(0.05, 1)),),
    mistakes={
        "the leak enters squared: left of 0, f(z)² = p²z²": lambda p: np.sqrt(2 / (1 + p)),
        "this is s²: take the root": lambda p: 2 / (1 + p**2),
        "this is √E f(z)²: s is one over it": lambda p: np.sqrt((1 + p**2) / 2),
        "this is the plain rectifier's scale: the leak adds to the mean square": lambda p: np.sqrt(2.0),
        "only half of the z are positive, and half negative": lambda p: 1 / np.sqrt(1 + p**2),
    },
)
