"""Exercises of convexity/softmax-regression: scores, probabilities and the cross entropy between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["cross_entropy_from_scores", "score_gradient", "softmax_rows", "temperature", "two_class_weights"]


def _scores(rng: np.random.Generator) -> np.ndarray:
    """Draw a few rows of scores near 0, or near 1000."""
    return rng.normal(size=(rng.integers(2, 6), rng.integers(2, 5))) + rng.choice([0.0, 1000.0])


def _labels(rng: np.random.Generator, Z: np.ndarray) -> np.ndarray:
    return rng.integers(0, Z.shape[1], len(Z))


def _exponentials(Z: np.ndarray) -> np.ndarray:
    return np.exp(Z - Z.max(axis=1, keepdims=True))


def _softmax(Z: np.ndarray) -> np.ndarray:
    E = _exponentials(Z)
    return E / E.sum(axis=1, keepdims=True)


softmax_rows = Exercise(
    "softmax_rows",
    "turn each row of scores into probabilities. Some scores are near 1000, where exp overflows: the softmax of a"
    " row does not change when you subtract the row's largest score first",
    reference=_softmax,
    draw=lambda rng: (_scores(rng),),
    mistakes={
        "you divide by the sum over all entries; each row is a distribution of its own: sum along axis=1": lambda Z: (
            _exponentials(Z) / _exponentials(Z).sum()
        ),
        "your columns sum to 1, but the scores of one sample stand in a row: sum along axis=1": lambda Z: (
            _softmax(Z.T).T
        ),
        "these are the logarithms of the probabilities: take the exponential at the end": lambda Z: np.log(_softmax(Z)),
    },
)


temperature = Exercise(
    "temperature",
    "divide the scores by T, then turn each row into probabilities",
    reference=lambda Z, T: _softmax(Z / T),
    draw=lambda rng: (_scores(rng), float(rng.uniform(0.2, 5))),
    mistakes={
        "you multiply the scores by T; a high temperature should make the probabilities more equal": lambda Z, T: (
            _softmax(Z * T)
        ),
        "divide the scores by T, not the probabilities: those must still sum to 1": lambda Z, T: _softmax(Z) / T,
        "T is not used: the probabilities are those of T = 1": lambda Z, T: _softmax(Z),
    },
)


def _losses(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    top = Z.max(axis=1)
    return np.log(_exponentials(Z).sum(axis=1)) + top - Z[np.arange(len(y)), y]


def _draw_classification(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    Z = _scores(rng)
    Z[0] *= 1000  # a probability that underflows to 0
    return Z, _labels(rng, Z)


cross_entropy_from_scores = Exercise(
    "cross_entropy_from_scores",
    "return the mean over the samples of log Σⱼ exp(zⱼ) − z_y. Never form the probabilities: some of them are too"
    " small for a float, and the logarithm of 0 is −∞. Take the row's largest score out of the sum instead",
    reference=lambda Z, y: _losses(Z, y).mean(),
    draw=_draw_classification,
    mistakes={
        "the sign is wrong: this is the mean log-likelihood, and a loss is its negative": lambda Z, y: (
            -_losses(Z, y).mean()
        ),
        "this is the sum over the samples: J is their mean": lambda Z, y: _losses(Z, y).sum(),
        "these are the losses of the single samples: J is their mean, one number": _losses,
        "the largest score m is lost: log Σ exp(z) = m + log Σ exp(z − m)": lambda Z, y: (
            _losses(Z, y) - Z.max(axis=1)
        ).mean(),
    },
)


def _draw_targets(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    Z = _scores(rng)
    return Z, rng.dirichlet(np.ones(Z.shape[1]), len(Z))


score_gradient = Exercise(
    "score_gradient",
    "return ∂J/∂Z, an array of Z's shape, for J = −(1/N) Σᵢ Σⱼ tᵢⱼ log ŷᵢⱼ, where each row of T sums to 1",
    reference=lambda Z, T: (_softmax(Z) - T) / len(Z),
    draw=_draw_targets,
    mistakes={
        "the factor 1/N is missing: J is the mean over the samples": lambda Z, T: _softmax(Z) - T,
        "the sign is wrong: raising the score of a likely target must lower J": lambda Z, T: (T - _softmax(Z)) / len(Z),
        "this is −t(1 − ŷ): it follows each score into its own class's probability only, but every score moves all"
        " the probabilities, through the sum below the fraction": lambda Z, T: (_softmax(Z) - 1) * T / len(Z),
        "you divide by the number of entries: J is a mean over samples, not over scores": lambda Z, T: (
            (_softmax(Z) - T) / Z.size
        ),
    },
)


def _draw_two_classes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(2, rng.integers(2, 6))), rng.normal(size=2)


def _two_class_weights(W: np.ndarray, b: np.ndarray) -> tuple[Any, Any]:
    return W[1] - W[0], b[1] - b[0]


two_class_weights = Exercise(
    "two_class_weights",
    "return (w, a) such that σ(wᵀx + a) is the probability that softmax regression with W and b gives class 1",
    reference=_two_class_weights,
    draw=_draw_two_classes,
    mistakes={
        "this gives the probability of class 0: exchange the two": lambda W, b: _two_class_weights(W[::-1], b[::-1]),
        "these are class 1's own weights: the scores of class 0 are not 0, and only differences count": lambda W, b: (
            W[1],
            b[1],
        ),
    },
)
