"""Exercises of convexity/l2-trap: squared and absolute errors of a sigmoid, and the loss that suits another one.

X is the data matrix of shape (N, d + 1): one sample a row, the first column all ones. Labels are 0 and 1.
"""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise
from pydl.ops import sigmoid

__all__ = ["absolute_error_time", "matching_loss", "squared_error_curvature", "squared_error_gradient"]


def _slope(z: np.ndarray) -> np.ndarray:
    """Return σ′(z)."""
    return sigmoid(z) * (1 - sigmoid(z))


# ---------------------------------------------------------------- the gradient of the squared error


def _samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, d = rng.integers(8, 16), rng.integers(1, 4)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, d))])
    return X, np.arange(n) % 2, rng.standard_normal(d + 1)


def _squared_error_gradient(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    z = X @ w
    return -X.T @ ((y - sigmoid(z)) * _slope(z)) / len(y)


squared_error_gradient = Exercise(
    "squared_error_gradient",
    "return the gradient of (1/2N) Σᵢ (yᵢ − ŷᵢ)² with respect to w, for ŷ = σ(Xw)",
    _squared_error_gradient,
    _samples,
    {
        "the factor σ′(z) = ŷ(1 − ŷ) is missing: this is the gradient of the cross entropy": lambda X, y, w: (
            -X.T @ (y - sigmoid(X @ w)) / len(y)
        ),
        "the sign is turned round: the inner derivative of y − ŷ is −σ′(z)x": lambda X, y, w: (
            -_squared_error_gradient(X, y, w)
        ),
        "twice what it should be: the ½ in the loss cancels the square's factor 2": lambda X, y, w: (
            2 * _squared_error_gradient(X, y, w)
        ),
        "this is the gradient of the sum: the mean over the samples divides it by N": lambda X, y, w: (
            _squared_error_gradient(X, y, w) * len(y)
        ),
        "σ′ is taken at ŷ, not at the score: σ′(z) = ŷ(1 − ŷ) needs no second sigmoid": lambda X, y, w: (
            -X.T @ ((y - sigmoid(X @ w)) * _slope(sigmoid(X @ w))) / len(y)
        ),
        "this is the gradient of linear regression: the prediction is σ(Xw), not Xw": lambda X, y, w: (
            -X.T @ (y - X @ w) / len(y)
        ),
    },
)

# ---------------------------------------------------------------- its curvature


def _scores_and_labels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(0, 3, 8), rng.permutation(np.arange(8) % 2)


def _curvature(z: np.ndarray, y: np.ndarray, of_slope: float = 1.0) -> np.ndarray:
    """Return σ′² − (y − ŷ)σ″, with the second term as often as `of_slope` says."""
    y_hat, slope = sigmoid(z), _slope(z)
    return slope * (slope - of_slope * (y - y_hat) * (1 - 2 * y_hat))


squared_error_curvature = Exercise(
    "squared_error_curvature",
    "return the second derivative of ½(y − σ(z))² with respect to z, for each score z and its label y",
    _curvature,
    _scores_and_labels,
    {
        "the term −(y − ŷ)σ″(z) is missing: σ′ depends on z, too, and the product rule has two terms": lambda z, y: (
            _curvature(z, y, of_slope=0.0)
        ),
        "the second term has the wrong sign: the derivative of −(y − ŷ)σ′ is σ′² − (y − ŷ)σ″": lambda z, y: _curvature(
            z, y, of_slope=-1.0
        ),
        "this is the curvature of the cross entropy, which is never negative": lambda z, y: _slope(z),
        "this is the first derivative: differentiate once more": lambda z, y: -(y - sigmoid(z)) * _slope(z),
        "this is right for the label 1 alone: y = 0 has another curvature": lambda z, y: _curvature(z, np.ones_like(y)),
    },
)

# ---------------------------------------------------------------- how long the absolute error takes


absolute_error_time = Exercise(
    "absolute_error_time",
    "return T(M) = ∫ dm / (σ(m)σ(−m)) from −M to 0: how long the loss |y − ŷ| takes from the margin −M to 0",
    lambda M: 2 * M + 2 * np.sinh(M),
    lambda rng: (float(rng.uniform(0.5, 8)),),
    {
        "this is the time of the cross entropy, whose slope is σ(−m)": lambda M: M + 1 - np.exp(-M),
        "this is the time of the squared error, whose slope is σ(−m)²σ(m)": lambda M: (
            np.exp(M) + 3 * M + 2.5 - 3 * np.exp(-M) - 0.5 * np.exp(-2 * M)
        ),
        "half of it: the integrand is 2 + e^m + e^−m, and each exponential gives one": lambda M: M + np.sinh(M),
        "the sign is turned round: from −M to 0 time goes forward": lambda M: -2 * M - 2 * np.sinh(M),
        "the constant 2 of the integrand 2 + e^m + e^−m is missing: it gives 2M": lambda M: 2 * np.sinh(M),
        "this is the slope's integral, not that of 1 divided by it": lambda M: 0.5 - sigmoid(np.float64(-M)),
    },
)

# ---------------------------------------------------------------- the loss that suits another sigmoid


def _algebraic(z: np.ndarray) -> np.ndarray:
    return (1 + z / np.sqrt(1 + z**2)) / 2


def _matching_loss(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (z + np.sqrt(1 + z**2)) / 2 - y * z


matching_loss = Exercise(
    "matching_loss",
    "return, for each score z and label y, the loss whose derivative with respect to z is g(z) − y, for"
    " g(z) = (1 + z/√(1 + z²))/2; it goes to 0 where the prediction is right and sure",
    _matching_loss,
    _scores_and_labels,
    {
        "this is the derivative: the loss is its integral over z": lambda z, y: _algebraic(z) - y,
        "this is the squared error, whose derivative has a factor g′(z) in it": lambda z, y: (
            0.5 * (y - _algebraic(z)) ** 2
        ),
        "this is the cross entropy of g: its derivative is g(z) − y for the logistic sigmoid only": lambda z, y: (
            -np.log(np.where(y == 1, _algebraic(z), 1 - _algebraic(z)))
        ),
        "this is the loss of the logistic sigmoid: integrate the g of this exercise": lambda z, y: (
            np.logaddexp(0, z) - y * z
        ),
        "the constant is wrong: where the prediction is right and sure, the loss must go to 0": lambda z, y: (
            _matching_loss(z, y) - 0.5
        ),
        "the term −yz is missing, so the labels make no difference": lambda z, y: _matching_loss(z, np.zeros_like(y)),
    },
)
