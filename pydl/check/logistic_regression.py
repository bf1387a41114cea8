"""Exercises of convexity/logistic-regression: scores, their loss, and two ways down.

X is the data matrix of shape (N, d + 1): one sample a row, the first column all ones. So w₀ is the bias. Labels
are 0 and 1.
"""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise
from pydl.ops import sigmoid

__all__ = ["logistic_loss", "logistic_newton_step", "penalized_logistic_gradient", "weights_in_degrees"]


def _samples(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a data matrix, labels of both classes, and weights with a bias: N from 20 to 30, one to three inputs."""
    n, d = rng.integers(20, 31), rng.integers(1, 4)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, d))])
    y = rng.permutation(np.arange(n) % 3 == 0).astype(np.int64)
    return X, y, rng.uniform(0.3, 1, d + 1) * rng.choice([-1, 1], d + 1)


# ---------------------------------------------------------------- weights for inputs in their own unit


def _weights_in_degrees(w: np.ndarray, c: float, h: float) -> tuple[float, float]:
    return w[0] - w[1] * c / h, w[1] / h


weights_in_degrees = Exercise(
    "weights_in_degrees",
    "return (bias, weight) such that bias + weight·T is w₀ + w₁(T − c)/h for every T",
    _weights_in_degrees,
    lambda rng: (rng.standard_normal(2) + 3, float(rng.uniform(20, 90)), float(rng.uniform(2, 20))),
    {
        "the bias stays as it was in your answer, but at T = 0 the score is w₀ − w₁c/h": lambda w, c, h: (
            w[0],
            w[1] / h,
        ),
        "the shift has the wrong sign: c is subtracted from T, so w₁c/h is subtracted from the bias": lambda w, c, h: (
            w[0] + w[1] * c / h,
            w[1] / h,
        ),
        "c is in degrees: divide it by h in the bias, too": lambda w, c, h: (w[0] - w[1] * c, w[1] / h),
        "one degree is only 1/h of the unit that w₁ belongs to: divide by h": lambda w, c, h: (
            w[0] - w[1] * c * h,
            w[1] * h,
        ),
    },
)

# ---------------------------------------------------------------- the loss from scores


def _losses(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, z) - y * z


def _scores_and_labels(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw scores near 0 for both labels, and two of ±800, whose exponential overflows."""
    z = np.append(rng.normal(0, 3, 8), [800.0, -800.0])
    return z, np.append(np.arange(8) % 2, rng.permutation(2))


logistic_loss = Exercise(
    "logistic_loss",
    "return the mean of log(1 + e^z) − yz. Some scores are near ±800: never exponentiate a positive number, but use"
    " log(1 + e^z) = max(z, 0) + log(1 + e^−|z|)",
    lambda z, y: _losses(z, y).mean(),
    _scores_and_labels,
    {
        "the sign is wrong: this is the mean log-likelihood, and a loss is its negative": lambda z, y: (
            -_losses(z, y).mean()
        ),
        "this is the sum over the samples: J is their mean": lambda z, y: _losses(z, y).sum(),
        "these are the losses of the single samples: J is their mean, one number": _losses,
        "the labels are exchanged: y = 1 costs log(1 + e^z) − z": lambda z, y: _losses(z, 1 - y).mean(),
        "the term −yz is missing, so the labels make no difference": lambda z, y: np.logaddexp(0, z).mean(),
        "this is the loss for labels −1 and 1: here the labels are 0 and 1": lambda z, y: np.logaddexp(
            0, -y * z
        ).mean(),
    },
)

# ---------------------------------------------------------------- the gradient with a penalty


def _gradient(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    return -X.T @ (y - sigmoid(X @ w)) / len(y)


def _penalty_slope(w: np.ndarray, alpha: float, of_bias: float = 0.0) -> np.ndarray:
    return alpha * np.append(of_bias * w[0], w[1:])


penalized_logistic_gradient = Exercise(
    "penalized_logistic_gradient",
    "return −(1/N) Xᵀ(y − ŷ) + α(0, w₁, …, w_d), with ŷ = σ(Xw)",
    lambda X, y, w, alpha: _gradient(X, y, w) + _penalty_slope(w, alpha),
    lambda rng: (*_samples(rng), float(rng.uniform(0.1, 1))),
    {
        "the bias is penalized, too: the first entry of the penalty's gradient is 0": lambda X, y, w, alpha: (
            _gradient(X, y, w) + _penalty_slope(w, alpha, of_bias=1.0)
        ),
        "there is no penalty in it: add α times the weights, except for the bias": lambda X, y, w, alpha: _gradient(
            X, y, w
        ),
        "the derivative of (α/2)w² is αw: the ½ cancels the 2": lambda X, y, w, alpha: (
            _gradient(X, y, w) + _penalty_slope(w, 2 * alpha)
        ),
        "the error has the wrong sign: it is −(y − ŷ), and the penalty's gradient is added": lambda X, y, w, alpha: (
            -_gradient(X, y, w) + _penalty_slope(w, alpha)
        ),
        "the factor 1/N is missing: J is the mean of the samples' losses": lambda X, y, w, alpha: (
            _gradient(X, y, w) * len(y) + _penalty_slope(w, alpha)
        ),
        "the penalty is divided by N, too: only the losses are averaged": lambda X, y, w, alpha: (
            _gradient(X, y, w) + _penalty_slope(w, alpha / len(y))
        ),
        "this is the gradient of linear regression: the prediction is σ(Xw), not Xw": lambda X, y, w, alpha: (
            -X.T @ (y - X @ w) / len(y) + _penalty_slope(w, alpha)
        ),
    },
)

# ---------------------------------------------------------------- Newton's step


def _newton(X: np.ndarray, y: np.ndarray, w: np.ndarray, curvature: np.ndarray, sign: float = 1.0) -> np.ndarray:
    """Return w − sign·H⁻¹∇J, where H = Xᵀ diag(curvature) X / N."""
    H = X.T @ (curvature[:, None] * X) / len(y)
    return w - sign * np.linalg.solve(H, _gradient(X, y, w))


def _slope(X: np.ndarray, w: np.ndarray) -> np.ndarray:
    y_hat = sigmoid(X @ w)
    return y_hat * (1 - y_hat)


logistic_newton_step = Exercise(
    "logistic_newton_step",
    "return w − H⁻¹∇J(w), with ∇J = −(1/N) Xᵀ(y − ŷ) and H = (1/N) Σᵢ ŷᵢ(1 − ŷᵢ) xᵢxᵢᵀ",
    lambda X, y, w: _newton(X, y, w, _slope(X, w)),
    _samples,
    {
        "this step climbs: Newton's method subtracts H⁻¹∇J": lambda X, y, w: _newton(X, y, w, _slope(X, w), sign=-1.0),
        "this is only the step H⁻¹∇J: return the new w": lambda X, y, w: w - _newton(X, y, w, _slope(X, w)),
        "this is the new w minus the old one: return the new w itself": lambda X, y, w: (
            _newton(X, y, w, _slope(X, w)) - w
        ),
        "H lacks the factors ŷ(1 − ŷ): XᵀX/N is the Hessian of linear regression": lambda X, y, w: _newton(
            X, y, w, np.ones(len(y))
        ),
        "one of H and ∇J is a mean and the other a sum: divide both by N, or neither; this step is N times too short": (
            lambda X, y, w: _newton(X, y, w, _slope(X, w) * len(y))
        ),
        "one of H and ∇J is a mean and the other a sum: divide both by N, or neither; this step is N times too long": (
            lambda X, y, w: _newton(X, y, w, _slope(X, w) / len(y))
        ),
        "this is a step of gradient descent with rate 1: multiply the gradient by the inverse of H": (
            lambda X, y, w: w - _gradient(X, y, w)
        ),
    },
)
