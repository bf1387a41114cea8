"""Exercises of the notebook convexity/linear-regression.

In all of them X is the data matrix of shape (N, d + 1): one sample a row, the first column all ones. So the
first of the d + 1 weights is the bias.
"""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["largest_stable_step", "mse_gradient", "ridge_regression", "weighted_least_squares"]


def _samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a data matrix and targets: N from 8 to 15, one to three inputs of unequal scales."""
    n, d = rng.integers(8, 16), rng.integers(1, 4)
    inputs = rng.standard_normal((n, d)) * rng.uniform(0.5, 3, d) + rng.uniform(-1, 1, d)
    return np.column_stack([np.ones(n), inputs]), rng.standard_normal(n)


# ---------------------------------------------------------------- the gradient of the mean squared error


def _mse_gradient(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    return -2 * X.T @ (y - X @ w) / len(y)


def _samples_and_weights(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    X, y = _samples(rng)
    return X, y, rng.standard_normal((X.shape[1],))


mse_gradient = Exercise(
    "mse_gradient",
    "return the gradient of (1/N) Σᵢ (yᵢ − ŷᵢ)² with respect to w, for ŷ = Xw.",
    _mse_gradient,
    _samples_and_weights,
    {
        "half of what it should be: without the ½ in the loss, the square's factor 2 stays": (
            lambda X, y, w: _mse_gradient(X, y, w) / 2
        ),
        "the sign is turned round: the inner derivative of y − ŷ with respect to w is −x": (
            lambda X, y, w: -_mse_gradient(X, y, w)
        ),
        "this is the gradient of the sum: the mean over the samples divides it by N": (
            lambda X, y, w: _mse_gradient(X, y, w) * len(y)
        ),
        "both factors are missing: the square leaves a 2, and the mean over the samples divides by N": (
            lambda X, y, w: _mse_gradient(X, y, w) * len(y) / 2
        ),
        "divided by the number of weights: the mean is over the N samples, which are the rows of X": (
            lambda X, y, w: _mse_gradient(X, y, w) * len(y) / len(w)
        ),
    },
)

# ---------------------------------------------------------------- the largest stable step


def _largest_stable_step(X: np.ndarray) -> float:
    return 2 / np.linalg.eigvalsh(X.T @ X / len(X))[-1]


largest_stable_step = Exercise(
    "largest_stable_step",
    "return the bound 2/λ_max below which gradient descent on J(w) = 1/(2N) ‖y − Xw‖² converges.",
    _largest_stable_step,
    lambda rng: _samples(rng)[:1],
    {
        "half of what it should be: 1/λ_max jumps to the bottom of the steepest direction, and twice that jump"
        " still does not climb higher than it started": lambda X: _largest_stable_step(X) / 2,
        "the Hessian of a mean has the factor 1/N: it is XᵀX/N": lambda X: _largest_stable_step(X) / len(X),
        "this is 2/λ_min: the steepest direction diverges first, so the largest eigenvalue decides": (
            lambda X: 2 / np.linalg.eigvalsh(X.T @ X / len(X))[0]
        ),
        "these are singular values of X: the eigenvalues of XᵀX are their squares": (
            lambda X: 2 / np.linalg.norm(X, 2)
        ),
    },
)

# ---------------------------------------------------------------- least squares with a weight for each sample


def _weighted_least_squares(X: np.ndarray, y: np.ndarray, s: np.ndarray) -> np.ndarray:
    return np.linalg.solve(X.T @ (s[:, None] * X), X.T @ (s * y))


def _weighted_samples(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    X, y = _samples(rng)
    return X, y, rng.uniform(0.1, 2, len(y))


weighted_least_squares = Exercise(
    "weighted_least_squares",
    "return the w that minimizes Σᵢ sᵢ (yᵢ − ŷᵢ)² with sᵢ > 0, for ŷ = Xw.",
    _weighted_least_squares,
    _weighted_samples,
    {
        "the weights of the samples make no difference to your answer: set the gradient −Σᵢ sᵢ (yᵢ − ŷᵢ) xᵢ to 0": (
            lambda X, y, s: _weighted_least_squares(X, y, np.ones_like(s))
        ),
        "each sample counts with sᵢ² now: a row of X and its y multiplied by √sᵢ weigh the squared error by sᵢ": (
            lambda X, y, s: _weighted_least_squares(X, y, s**2)
        ),
        "the weights are missing on the right-hand side: it is XᵀSy": (
            lambda X, y, s: np.linalg.solve(X.T @ (s[:, None] * X), X.T @ y)
        ),
    },
)

# ---------------------------------------------------------------- ridge regression


def _ridge_regression(X: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
    return _penalized(X, y, len(y) * alpha, of_bias=0.0)


def _penalized(X: np.ndarray, y: np.ndarray, strength: float, of_bias: float) -> np.ndarray:
    penalty = strength * np.eye(X.shape[1])
    penalty[0, 0] *= of_bias
    return np.linalg.solve(X.T @ X + penalty, X.T @ y)


def _samples_and_alpha(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    X, y = _samples(rng)
    return X, y + 2, float(rng.uniform(0.1, 1))


ridge_regression = Exercise(
    "ridge_regression",
    "return the w that minimizes 1/(2N) ‖y − Xw‖² + (α/2) Σⱼ wⱼ² over j ≥ 1: the bias w₀ is not penalized.",
    _ridge_regression,
    _samples_and_alpha,
    {
        "the bias is penalized, too, which pulls the whole fit towards 0: the first entry of the penalty's diagonal"
        " is 0": lambda X, y, alpha: _penalized(X, y, len(y) * alpha, of_bias=1.0),
        "the penalty is N times too weak: multiplied by N, the loss has XᵀX, and the penalty's α becomes Nα": (
            lambda X, y, alpha: _penalized(X, y, alpha, of_bias=0.0)
        ),
        "there is no penalty in it: add Nα to the diagonal of XᵀX, except for the bias": (
            lambda X, y, alpha: _penalized(X, y, 0.0, of_bias=0.0)
        ),
    },
)
