"""Exercises of the notebook regularization/l1."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["elastic_threshold", "largest_alpha", "lasso_step", "soft_threshold"]


def _soft(w: np.ndarray, t: float) -> np.ndarray:
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


# ---------------------------------------------------------------- the soft threshold


def _weights(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Draw weights of both signs on both sides of the threshold."""
    t = float(rng.uniform(0.3, 1))
    return rng.permutation(t * np.array([2.5, -2.0, 0.4, -0.6, 1.3])) * rng.uniform(0.9, 1.1), t


soft_threshold = Exercise(
    "soft_threshold",
    "return sign(w) max(|w| − t, 0) for each entry of w.",
    _soft,
    _weights,
    {
        "the small ones have changed their sign instead of stopping at 0: take the larger of |w| − t and 0": (
            lambda w, t: w - t * np.sign(w)
        ),
        "this is the hard threshold, which leaves the others as they are: L1 shortens those by t, too": (
            lambda w, t: np.where(np.abs(w) > t, w, 0)
        ),
        "negative weights have all become 0: work with |w|, and put the sign back": lambda w, t: np.maximum(w - t, 0),
        "the sign is lost: multiply by sign(w)": lambda w, t: np.maximum(np.abs(w) - t, 0),
    },
)

# ---------------------------------------------------------------- one proximal step


def _lasso_step(X: np.ndarray, y: np.ndarray, w: np.ndarray, lr: float, alpha: float) -> np.ndarray:
    return _soft(w + lr * X.T @ (y - X @ w) / len(y), lr * alpha)


def _samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n, d = rng.integers(8, 16), rng.integers(3, 6)
    return rng.standard_normal((n, d)) + rng.uniform(0.5, 1.5), rng.standard_normal(n) + rng.uniform(2, 4)


def _samples_and_step(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    X, y = _samples(rng)
    return X, y, rng.standard_normal((X.shape[1],)), float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.5, 2))


lasso_step = Exercise(
    "lasso_step",
    "return the soft threshold with t = εα of w − ε∇L(w), for L(w) = 1/(2N) ‖y − Xw‖².",
    _lasso_step,
    _samples_and_step,
    {
        "the threshold lacks the learning rate: it is εα": (
            lambda X, y, w, lr, alpha: _soft(w + lr * X.T @ (y - X @ w) / len(y), alpha)
        ),
        "this is the gradient of the sum: the mean over the samples divides it by N": (
            lambda X, y, w, lr, alpha: _soft(w + lr * X.T @ (y - X @ w), lr * alpha)
        ),
        "the other way round: first the gradient step, then the threshold": (
            lambda X, y, w, lr, alpha: (v := _soft(w, lr * alpha)) + lr * X.T @ (y - X @ v) / len(y)
        ),
        "this is a step along the subgradient, which does not stop at 0: use the soft threshold": (
            lambda X, y, w, lr, alpha: w + lr * (X.T @ (y - X @ w) / len(y) - alpha * np.sign(w))
        ),
        "the sign of the gradient is turned round: ∇L = −Xᵀ(y − Xw)/N, and it is subtracted": (
            lambda X, y, w, lr, alpha: _soft(w - lr * X.T @ (y - X @ w) / len(y), lr * alpha)
        ),
    },
)

# ---------------------------------------------------------------- the price at which nothing is bought


def _pulls(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    return X.T @ (y - y.mean()) / len(y)


largest_alpha = Exercise(
    "largest_alpha",
    "return the smallest α for which the lasso with a free bias has its minimum at w = 0.",
    lambda X, y: np.max(np.abs(_pulls(X, y))),
    _samples,
    {
        "the bias is missing: at w = 0 it is the mean of y, and the errors are y minus that": (
            lambda X, y: np.max(np.abs(X.T @ y)) / len(y)
        ),
        "N times too large: the loss is a mean, so its gradient has the factor 1/N": (
            lambda X, y: np.max(np.abs(_pulls(X, y))) * len(y)
        ),
        "negative pulls count as well: take the largest absolute value": lambda X, y: np.max(_pulls(X, y)),
        "at this α only one weight is sure to be 0: the strongest pull decides, not the weakest": (
            lambda X, y: np.min(np.abs(_pulls(X, y)))
        ),
    },
)

# ---------------------------------------------------------------- the threshold of the elastic net


def _weights_and_prices(rng: np.random.Generator) -> tuple[np.ndarray, float, float]:
    return *_weights(rng), float(rng.uniform(0.3, 2))


elastic_threshold = Exercise(
    "elastic_threshold",
    "return the v that minimizes ½(v − a)² + t₁|v| + (t₂/2)v², for each entry of a.",
    lambda a, t1, t2: _soft(a, t1) / (1 + t2),
    _weights_and_prices,
    {
        "the shrinking comes first here: set the derivative v − a + t₁ sign(v) + t₂v to 0 and solve for v": (
            lambda a, t1, t2: _soft(a / (1 + t2), t1)
        ),
        "the L2 part is missing: it divides by 1 + t₂": lambda a, t1, t2: _soft(a, t1),
        "this is a step against the L2 part's gradient: its minimum divides by 1 + t₂": (
            lambda a, t1, t2: _soft(a, t1) * (1 - t2)
        ),
        "the ½ of the L2 part cancels the 2 of the square: it is 1 + t₂, not 1 + 2t₂": (
            lambda a, t1, t2: _soft(a, t1) / (1 + 2 * t2)
        ),
    },
)
