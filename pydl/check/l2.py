"""Exercises of the notebook regularization/l2."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["bias_shortfall", "decayed_step", "effective_parameters", "shrunk_weights"]

# ---------------------------------------------------------------- one step with weight decay


def _decayed_step(w: np.ndarray, grad: np.ndarray, lr: float, alpha: float) -> np.ndarray:
    return (1 - lr * alpha) * w - lr * grad


def _weights_and_slopes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float, float]:
    k = rng.integers(2, 6)
    return rng.standard_normal(k), rng.standard_normal(k), float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.5, 2))


decayed_step = Exercise(
    "decayed_step",
    "return the weights after one step of gradient descent on L + (α/2)‖w‖², given ∇L.",
    _decayed_step,
    _weights_and_slopes,
    {
        "the decay lacks the learning rate: the step is ε times the whole gradient, ε(∇L + αw)": (
            lambda w, grad, lr, alpha: (1 - alpha) * w - lr * grad
        ),
        "twice too much decay: the ½ of the penalty cancels the 2 of the square": (
            lambda w, grad, lr, alpha: _decayed_step(w, grad, lr, 2 * alpha)
        ),
        "the weights grow: the penalty's gradient αw is subtracted, as ∇L is": (
            lambda w, grad, lr, alpha: _decayed_step(w, grad, lr, -alpha)
        ),
        "there is no decay in it: add αw to ∇L": lambda w, grad, lr, alpha: _decayed_step(w, grad, lr, 0.0),
    },
)

# ---------------------------------------------------------------- the minimum in the eigenbasis


def _shrunk_weights(H: np.ndarray, w_star: np.ndarray, alpha: float) -> np.ndarray:
    return np.linalg.solve(H + alpha * np.eye(len(H)), H @ w_star)


def _quadratic(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Draw a Hessian of eigenvalues from 0.1 to 10, a minimum and a strength between the eigenvalues."""
    k = int(rng.integers(2, 6))
    Q = np.linalg.qr(rng.standard_normal((k, k)))[0]
    eigenvalues = np.exp(rng.uniform(np.log(0.1), np.log(10), k))
    return Q @ np.diag(eigenvalues) @ Q.T, rng.standard_normal(k), float(rng.uniform(0.3, 3))


shrunk_weights = Exercise(
    "shrunk_weights",
    "return the minimum of ½(w − w★)ᵀH(w − w★) + (α/2)‖w‖².",
    _shrunk_weights,
    _quadratic,
    {
        "the factors belong to the components Qᵀw★ along the eigenvectors, and you apply them to w★ itself": (
            lambda H, w_star, alpha: np.linalg.eigvalsh(H) / (np.linalg.eigvalsh(H) + alpha) * w_star
        ),
        "you have α/(λ + α): that is the part that is lost; λ/(λ + α) is what remains": (
            lambda H, w_star, alpha: w_star - _shrunk_weights(H, w_star, alpha)
        ),
        "the right-hand side lacks H: (H + αI) w̃ = H w★": (
            lambda H, w_star, alpha: np.linalg.solve(H + alpha * np.eye(len(H)), w_star)
        ),
        "this is still in the eigenbasis: multiply by Q to come back": (
            lambda H, w_star, alpha: np.linalg.eigh(H)[1].T @ _shrunk_weights(H, w_star, alpha)
        ),
    },
)

# ---------------------------------------------------------------- the effective number of parameters


def _count(features: np.ndarray, alpha: float) -> float:
    eigenvalues = np.linalg.svd(features, compute_uv=False) ** 2
    return float(np.sum(eigenvalues / (eigenvalues + alpha)))


def _features(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    shape = rng.integers(6, 12), rng.integers(2, 6)
    return rng.standard_normal(shape) + rng.uniform(1, 2), float(rng.uniform(0.5, 5))


effective_parameters = Exercise(
    "effective_parameters",
    "return Σᵢ λᵢ/(λᵢ + α), where the λᵢ are the eigenvalues of CᵀC and C is Φ minus the means of its columns.",
    lambda Phi, alpha: _count(Phi - Phi.mean(axis=0), alpha),
    _features,
    {
        "the features are not centred: a free bias takes the mean of each column away first": _count,
        "centred along the wrong axis: each feature is a column, so its mean is over axis 0": (
            lambda Phi, alpha: _count(Phi - Phi.mean(axis=1, keepdims=True), alpha)
        ),
        "these are singular values of C: the eigenvalues of CᵀC are their squares": (
            lambda Phi, alpha: float(
                np.sum((s := np.linalg.svd(Phi - Phi.mean(axis=0), compute_uv=False)) / (s + alpha))
            )
        ),
        "H is divided by N here: with the sum of squared errors it is CᵀC": (
            lambda Phi, alpha: _count(Phi - Phi.mean(axis=0), alpha * len(Phi))
        ),
    },
)

# ---------------------------------------------------------------- how far a penalized bias falls short


def _bias_shortfall(y: np.ndarray, alpha: float) -> float:
    return float(alpha / (len(y) + alpha) * np.mean(y))


def _targets(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return rng.standard_normal(rng.integers(3, 12)) + rng.uniform(3, 10), float(rng.uniform(0.5, 3))


bias_shortfall = Exercise(
    "bias_shortfall",
    "return mean(y) − w₀ for the w₀ that minimizes ½ Σᵢ (yᵢ − w₀)² + (α/2) w₀².",
    _bias_shortfall,
    _targets,
    {
        "this is the prediction w₀ itself: the shortfall is mean(y) − w₀": (
            lambda y, alpha: np.mean(y) - _bias_shortfall(y, alpha)
        ),
        "this is αȳ/N: the residual's mean is α w₀/N, and w₀ is already smaller than ȳ": (
            lambda y, alpha: alpha / len(y) * np.mean(y)
        ),
        "here α stands beside the mean of the errors: the loss is their sum, so N and α add": (
            lambda y, alpha: alpha / (1 + alpha) * np.mean(y)
        ),
        "the sign is turned round: with positive targets the prediction is too low, and the shortfall positive": (
            lambda y, alpha: -_bias_shortfall(y, alpha)
        ),
    },
)
