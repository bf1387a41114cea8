"""Exercises of optimizers/stochastic-gradient-descent: minibatches, their noise, and the length of a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["best_step", "minibatch_gradient", "minibatch_noise", "noise_floor"]


def _samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a data matrix with its column of ones, and targets; N from 8 to 15."""
    n, d = rng.integers(8, 16), rng.integers(1, 4)
    return np.column_stack([np.ones(n), rng.standard_normal((n, d))]), rng.standard_normal(n)


# ---------------------------------------------------------------- the gradient of a minibatch


def _gradients(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the gradient of each sample's (y − xᵀθ)², one a row."""
    return -2 * (y - X @ theta)[:, None] * X


def _minibatch_gradient(X: np.ndarray, y: np.ndarray, theta: np.ndarray, batch: np.ndarray) -> np.ndarray:
    return _gradients(X, y, theta)[batch].mean(axis=0)


def _draw_minibatch(rng: np.random.Generator) -> tuple[Any, ...]:
    X, y = _samples(rng)
    return X, y, rng.standard_normal(X.shape[1]), rng.choice(len(y), rng.integers(2, 6), replace=False)


minibatch_gradient = Exercise(
    "minibatch_gradient",
    "return the gradient of the mean of (yᵢ − xᵢᵀθ)² over the samples in the batch.",
    _minibatch_gradient,
    _draw_minibatch,
    {
        "divided by N, the size of the data set: the mean is over the M samples of the batch": (
            lambda X, y, theta, batch: _minibatch_gradient(X, y, theta, batch) * len(batch) / len(y)
        ),
        "this is the gradient of the sum: divide by M, so that ε keeps its meaning when M changes": (
            lambda X, y, theta, batch: _minibatch_gradient(X, y, theta, batch) * len(batch)
        ),
        "half of what it should be: without a ½ in the loss, the square's factor 2 stays": (
            lambda X, y, theta, batch: _minibatch_gradient(X, y, theta, batch) / 2
        ),
        "the sign is turned round: the inner derivative of y − xᵀθ with respect to θ is −x": (
            lambda X, y, theta, batch: -_minibatch_gradient(X, y, theta, batch)
        ),
        "this is the gradient of the whole data set: take the rows X[batch] and y[batch] first": (
            lambda X, y, theta, batch: _gradients(X, y, theta).mean(axis=0)
        ),
    },
)

# ---------------------------------------------------------------- the best step along the gradient


def _best_step(H: np.ndarray, g: np.ndarray) -> float:
    return g @ g / (g @ H @ g)


def _draw_quadratic(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    d = rng.integers(2, 5)
    A = rng.standard_normal((d + 2, d))
    return A.T @ A, rng.standard_normal(d)


best_step = Exercise(
    "best_step",
    "return the ε for which J(θ − εg) = J(θ) − ε gᵀg + ½ε² gᵀHg is smallest.",
    _best_step,
    _draw_quadratic,
    {
        "at this ε all is lost again: it is twice the best, where the parabola is as high as at ε = 0": (
            lambda H, g: 2 * _best_step(H, g)
        ),
        "the fraction is upside down: gᵀHg/gᵀg is the curvature along g, and more curvature means a shorter step": (
            lambda H, g: 1 / _best_step(H, g)
        ),
        "half of the best step: differentiate ½ε² gᵀHg, and the ½ goes": lambda H, g: _best_step(H, g) / 2,
        "this is 1/λ_max, which is safe in every direction; along g one may often go further": (
            lambda H, g: 1 / np.linalg.eigvalsh(H)[-1]
        ),
    },
)

# ---------------------------------------------------------------- the noise of a minibatch


def _sigma2(G: np.ndarray) -> float:
    return np.sum((G - G.mean(axis=0)) ** 2, axis=1).mean()


def _minibatch_noise(G: np.ndarray, M: int) -> float:
    return _sigma2(G) / M * (len(G) - M) / (len(G) - 1)


def _draw_gradients(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    n = int(rng.integers(6, 15))
    return rng.standard_normal((n, rng.integers(2, 5))) + 1, int(rng.integers(2, n))


minibatch_noise = Exercise(
    "minibatch_noise",
    "return E‖g − ∇J‖² = σ²/M · (N − M)/(N − 1) for M different samples, with σ² = (1/N) Σᵢ ‖∇Lᵢ − ∇J‖².",
    _minibatch_noise,
    _draw_gradients,
    {
        "this is right for draws with replacement: without, a factor (N − M)/(N − 1) joins it, 0 for M = N": (
            lambda G, M: _sigma2(G) / M
        ),
        "this does not fall with M: the mean of M draws has an M-th of the variance of one": lambda G, M: _sigma2(G),
        "the squared lengths of the gradients themselves: subtract their mean, ∇J, first": (
            lambda G, M: np.sum(G**2, axis=1).mean() / M * (len(G) - M) / (len(G) - 1)
        ),
        "this is a mean over the entries: the squared length of a deviation is the sum over its entries": (
            lambda G, M: _minibatch_noise(G, M) / G.shape[1]
        ),
        "σ² divides by N, not by N − 1: it is over all samples there are, not an estimate from some of them": (
            lambda G, M: _minibatch_noise(G, M) * len(G) / (len(G) - 1)
        ),
    },
)

# ---------------------------------------------------------------- the noise floor


def _noise_floor(X: np.ndarray, y: np.ndarray, lr: float, M: int) -> float:
    each = _gradients(X, y, np.linalg.lstsq(X, y, rcond=None)[0])
    return lr / (4 * M) * (each**2).sum(axis=1).mean()


def _draw_floor(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float, int]:
    return *_samples(rng), float(rng.uniform(0.001, 0.01)), int(rng.integers(2, 6))


noise_floor = Exercise(
    "noise_floor",
    "return ε/(4M) · tr C, where C is the covariance of ∇Lᵢ at the minimum of J(θ) = (1/N) Σᵢ (yᵢ − xᵢᵀθ)².",
    _noise_floor,
    _draw_floor,
    {
        "M is not in it: the mean of M gradients has an M-th of the variance": (
            lambda X, y, lr, M: _noise_floor(X, y, lr, M) * M
        ),
        "the gradient of (y − xᵀθ)² is −2r x: its square has a factor 4, which cancels that of ε/(4M)": (
            lambda X, y, lr, M: _noise_floor(X, y, lr, M) / 4
        ),
        "four times too high: the balance gives ε/(4M) · tr C, half from HS + SH = εC/M, half from ½ tr(HS)": (
            lambda X, y, lr, M: _noise_floor(X, y, lr, M) * 4
        ),
        "these are the gradients at θ = 0: the noise that keeps θ from its rest is that at the minimum θ★": (
            lambda X, y, lr, M: lr / (4 * M) * (_gradients(X, y, np.zeros(X.shape[1])) ** 2).sum(axis=1).mean()
        ),
    },
)
