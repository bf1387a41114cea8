"""Exercises of regularization/dropout: the mask's scale and variance, the average of sub-networks, max-norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["dropout_variance", "geometric_mean", "inverted_dropout", "max_norm", "scaled_weights"]


def _draw_mask(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    keep = float(rng.uniform(0.2, 0.9))
    shape = (int(rng.integers(3, 6)), int(rng.integers(3, 6)))
    mask = (rng.random(shape) < keep).astype(float)
    mask.flat[:2] = 1, 0  # at least one of each
    return rng.normal(size=shape), mask, keep


inverted_dropout = Exercise(
    "inverted_dropout",
    "return what inverted dropout makes of Y in training: 0 where the mask is 0, and scaled where it is 1",
    reference=lambda Y, m, keep: m * Y / keep,
    draw=_draw_mask,
    mistakes={
        "the kept entries are not scaled: this is the classical form, which scales at test time": lambda Y, m, keep: (
            m * Y
        ),
        "you divide by the probability of dropping; the mean is right if kept entries are divided by the probability"
        " of keeping": lambda Y, m, keep: m * Y / (1 - keep),
        "you multiply by the keep probability in training; that belongs to the test time of the classical form": (
            lambda Y, m, keep: m * Y * keep
        ),
        "the mask is the wrong way round: 1 means kept": lambda Y, m, keep: (1 - m) * Y / keep,
    },
)


scaled_weights = Exercise(
    "scaled_weights",
    "return the weights of a layer whose inputs were dropped in training, in the classical form, for test time",
    reference=lambda W, keep: keep * W,
    draw=lambda rng: (rng.normal(size=(rng.integers(2, 5), rng.integers(2, 5))), float(rng.uniform(0.2, 0.9))),
    mistakes={
        "nothing is scaled: at test time all inputs are there, and the net input is 1/p times too large": (
            lambda W, keep: W
        ),
        "you divide: at test time more inputs are there than in training, so the weights must shrink": (
            lambda W, keep: W / keep
        ),
        "you multiply by the probability of dropping; an input was there with the probability of keeping": (
            lambda W, keep: (1 - keep) * W
        ),
    },
)


def _draw_unit(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    n = int(rng.integers(3, 8))
    return rng.normal(size=n), rng.normal(size=n), float(rng.choice([0.2, 0.3, 0.6, 0.8]))


dropout_variance = Exercise(
    "dropout_variance",
    "return the variance, over the masks, of the net input Σⱼ wⱼ mⱼ yⱼ / p of a unit",
    reference=lambda w, y, keep: (1 - keep) / keep * np.sum((w * y) ** 2),
    draw=_draw_unit,
    mistakes={
        "this is the variance of the classical form: the scale 1/p is missing, and counts squared": lambda w, y, keep: (
            keep * (1 - keep) * np.sum((w * y) ** 2)
        ),
        "you square the sum; the masks are independent, so the variances of the terms add up: sum the squares": (
            lambda w, y, keep: (1 - keep) / keep * np.sum(w * y) ** 2
        ),
        "keep and drop are exchanged: the rarer an input is kept, the larger the variance": lambda w, y, keep: (
            keep / (1 - keep) * np.sum((w * y) ** 2)
        ),
        "this is the standard deviation: do not take the root": lambda w, y, keep: np.sqrt(
            (1 - keep) / keep * np.sum((w * y) ** 2)
        ),
    },
)


def _draw_predictions(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    masks, classes = int(rng.integers(3, 9)), int(rng.integers(2, 5))
    return rng.dirichlet(np.full(classes, 0.7), masks) * 0.999 + 0.001 / classes, rng.dirichlet(np.ones(masks))


def _geometric(Y: np.ndarray, P: np.ndarray) -> Any:
    return np.exp(P @ np.log(Y))


geometric_mean = Exercise(
    "geometric_mean",
    "return the renormalized geometric mean of the rows of Y, weighted by P: k probabilities that sum to 1",
    reference=lambda Y, P: _geometric(Y, P) / _geometric(Y, P).sum(),
    draw=_draw_predictions,
    mistakes={
        "this is the arithmetic mean: average the logarithms, and take the exponential": lambda Y, P: P @ Y,
        "it does not sum to 1 yet: divide by its sum": _geometric,
        "the masks are not equally likely: weight the logarithms by P": lambda Y, P: (
            np.exp(np.log(Y).mean(axis=0)) / np.exp(np.log(Y).mean(axis=0)).sum()
        ),
    },
)


def _row_norms(W: np.ndarray) -> Any:
    return np.sqrt((W**2).sum(axis=1, keepdims=True))


def _draw_rows(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    W = rng.normal(size=(rng.integers(3, 6), rng.integers(3, 6)))
    W[0] *= 0.2
    return W, float(rng.uniform(0.8, 1.2))


max_norm = Exercise(
    "max_norm",
    "return W with every row that is longer than c scaled down to the norm c",
    reference=lambda W, c: W * np.minimum(1, c / _row_norms(W)),
    draw=_draw_rows,
    mistakes={
        "rows inside the ball must stay as they are; you scale all to norm c": lambda W, c: W * c / _row_norms(W),
        "the incoming weights of a unit are a row of W; you limit the columns": lambda W, c: (
            (W.T * np.minimum(1, c / _row_norms(W.T))).T
        ),
        "you limit the norm of the whole matrix; each unit has a ball of its own": lambda W, c: (
            W * np.minimum(1, c / np.sqrt((W**2).sum()))
        ),
        "you limit each weight by itself; it is the norm of the row that must not exceed c": lambda W, c: np.clip(
            W, -c, c
        ),
    },
)
