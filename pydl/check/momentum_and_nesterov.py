"""Exercises of optimizers/momentum-and-nesterov: the two steps, their best options, and their rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["momentum_rate", "momentum_step", "nesterov_step", "optimal_momentum"]

Pair = tuple[np.ndarray, np.ndarray]
Gradient = Callable[[np.ndarray], np.ndarray]


def _options(rng: np.random.Generator) -> tuple[float, float]:
    """Draw ε and α."""
    return float(rng.uniform(0.01, 0.2)), float(rng.uniform(0.3, 0.95))


def _hessian(rng: np.random.Generator) -> np.ndarray:
    d = rng.integers(2, 5)
    A = rng.standard_normal((d + 3, d))
    return A.T @ A


# ---------------------------------------------------------------- one step of momentum


def _momentum_step(theta: np.ndarray, v: np.ndarray, grad: np.ndarray, lr: float, alpha: float) -> Pair:
    v = alpha * v - lr * grad
    return theta + v, v


def _draw_step(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    theta, v, grad = rng.standard_normal((3, rng.integers(2, 5)))
    return theta, v, grad, *_options(rng)


momentum_step = Exercise(
    "momentum_step",
    "return the new θ and the new v: v ← αv − ε∇J, θ ← θ + v.",
    _momentum_step,
    _draw_step,
    {
        "the signs are mixed: this v points downhill already, so θ + v, not θ − v": lambda theta, v, grad, lr, alpha: (
            2 * theta - _momentum_step(theta, v, grad, lr, alpha)[0],
            _momentum_step(theta, v, grad, lr, alpha)[1],
        ),
        "the velocity climbs: the gradient points uphill, so it is −ε∇J": lambda theta, v, grad, lr, alpha: (
            _momentum_step(theta, v, -grad, lr, alpha)
        ),
        "θ moves by the old velocity: first the new v, then θ + v": lambda theta, v, grad, lr, alpha: (
            theta + v,
            alpha * v - lr * grad,
        ),
        "this is PyTorch's form, whose velocity is a sum of gradients: here ε is in v, and v in units of θ": (
            lambda theta, v, grad, lr, alpha: (theta - lr * (alpha * v + grad), alpha * v + grad)
        ),
        "this is a running mean, with 1 − α before the gradient: the book's velocity is a sum, αv − ε∇J": (
            lambda theta, v, grad, lr, alpha: _momentum_step(theta, v, grad, (1 - alpha) * lr, alpha)
        ),
    },
)

# ---------------------------------------------------------------- one step of Nesterov's momentum


def _nesterov_step(theta: np.ndarray, v: np.ndarray, gradient: Gradient, lr: float, alpha: float) -> Pair:
    return _momentum_step(theta, v, gradient(theta + alpha * v), lr, alpha)


def _ahead(theta: np.ndarray, v: np.ndarray, gradient: Gradient, lr: float, alpha: float) -> Pair:
    theta, v = _nesterov_step(theta, v, gradient, lr, alpha)
    return theta + alpha * v, v


def _draw_nesterov(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Gradient, float, float]:
    H = _hessian(rng)
    theta, v = rng.standard_normal((2, len(H)))
    return theta, v, lambda point: H @ point, *_options(rng)


nesterov_step = Exercise(
    "nesterov_step",
    "return the new θ and the new v: v ← αv − ε∇J(θ + αv), θ ← θ + v.",
    _nesterov_step,
    _draw_nesterov,
    {
        "the gradient is taken at θ: that is plain momentum; Nesterov's looks ahead, to θ + αv": (
            lambda theta, v, gradient, lr, alpha: _momentum_step(theta, v, gradient(theta), lr, alpha)
        ),
        "you look back: the point ahead is θ + αv": lambda theta, v, gradient, lr, alpha: _momentum_step(
            theta, v, gradient(theta - alpha * v), lr, alpha
        ),
        "you look too far ahead: the velocity will have shrunk by α before it acts, so θ + αv, not θ + v": (
            lambda theta, v, gradient, lr, alpha: _momentum_step(theta, v, gradient(theta + v), lr, alpha)
        ),
        "αv is counted twice: from the point ahead only −ε∇J is left to go; or go the whole new v from θ": (
            lambda theta, v, gradient, lr, alpha: _momentum_step(
                theta + alpha * v, v, gradient(theta + alpha * v), lr, alpha
            )
        ),
        "this is where the next look-ahead will be, as libraries store it: return θ itself": _ahead,
    },
)

# ---------------------------------------------------------------- Polyak's ε and α


def _roots(H: np.ndarray) -> tuple[float, float]:
    """Return √λ_min and √λ_max."""
    low, high = np.sqrt(np.linalg.eigvalsh(H)[[0, -1]])
    return low, high


def _optimal_momentum(H: np.ndarray) -> tuple[float, float]:
    low, high = _roots(H)
    return (2 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2


optimal_momentum = Exercise(
    "optimal_momentum",
    "return ε = (2/(√λ_min + √λ_max))² and α = ((√κ − 1)/(√κ + 1))².",
    _optimal_momentum,
    lambda rng: (_hessian(rng),),
    {
        "your α is the rate ρ★ itself: all directions shrink by √α, so α is its square": lambda H: (
            _optimal_momentum(H)[0],
            _optimal_momentum(H)[1] ** 0.5,
        ),
        "your ε is the best one without momentum, 2/(λ_min + λ_max): with it, one can go up to twice as far": (
            lambda H: (2 / (_roots(H)[0] ** 2 + _roots(H)[1] ** 2), _optimal_momentum(H)[1])
        ),
        "your ε is the root of what it should be: 2/(√λ_min + √λ_max) is √ε": lambda H: (
            _optimal_momentum(H)[0] ** 0.5,
            _optimal_momentum(H)[1],
        ),
        "your α has κ in the place of √κ: it is the square of gradient descent's rate": lambda H: (
            _optimal_momentum(H)[0],
            _optimal_momentum(H @ H)[1],
        ),
        "the two are exchanged: return ε first, then α": lambda H: _optimal_momentum(H)[::-1],
    },
)

# ---------------------------------------------------------------- the rate of any ε and α


def _rates(H: np.ndarray, lr: float, alpha: float) -> list[float]:
    """Return the spectral radius of [[1 + α − ελ, −α], [1, 0]] for each eigenvalue λ, ascending."""
    return [
        float(np.max(np.abs(np.linalg.eigvals([[1 + alpha - lr * eigenvalue, -alpha], [1, 0]]))))
        for eigenvalue in np.linalg.eigvalsh(H)
    ]


def _momentum_rate(H: np.ndarray, lr: float, alpha: float) -> float:
    return max(_rates(H, lr, alpha))


def _draw_rate(rng: np.random.Generator) -> tuple[np.ndarray, float, float]:
    """Draw an ε so small that all directions are monotone, or so large that the steepest one alternates.

    Then the slowest direction is never, and the fastest not always, one of those that shrink by √α.
    """
    H, alpha = _hessian(rng), float(rng.uniform(0.1, 0.8))
    small, large = rng.uniform(0.3, 0.9) * (1 - alpha**0.5) ** 2, rng.uniform(1.02, 1.2) * (1 + alpha**0.5) ** 2
    return H, float(rng.choice([small, large])) / _roots(H)[1] ** 2, alpha


momentum_rate = Exercise(
    "momentum_rate",
    "return the largest absolute value of an eigenvalue of [[1 + α − ελ, −α], [1, 0]], over all eigenvalues λ of H.",
    _momentum_rate,
    _draw_rate,
    {
        "√α is right where all roots are complex: directions that are too flat or too steep for that are slower": (
            lambda H, lr, alpha: alpha**0.5
        ),
        "this is the rate of the fastest direction: in the long run the slowest is all that is left": (
            lambda H, lr, alpha: min(_rates(H, lr, alpha))
        ),
        "this is the rate of gradient descent, max |1 − ελ|: momentum changes the roots": (
            lambda H, lr, alpha: float(np.max(np.abs(1 - lr * np.linalg.eigvalsh(H))))
        ),
        "this is the rate of the flattest direction: if ε is large, the steepest is slower": (
            lambda H, lr, alpha: _rates(H, lr, alpha)[0]
        ),
        "this is the rate of the steepest direction: if ε is small, the flattest is slower": (
            lambda H, lr, alpha: _rates(H, lr, alpha)[-1]
        ),
    },
)
