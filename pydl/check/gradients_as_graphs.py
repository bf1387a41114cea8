"""Exercises of backprop/gradients-as-graphs: difference quotients, and Hessians that are never formed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pydl.check.exercise import Exercise
from pydl.func import grad, hvp, jvp
from pydl.ops import sin, tanh

__all__ = ["best_central_step", "extrapolated_slope", "hvp_reverse_over_forward", "largest_curvature"]

# ---------------------------------------------------------------- extrapolation


class _Wave:
    """The function sin(ax) + bx⁵, whose difference quotients have errors of all even orders."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    def __call__(self, x: float) -> float:
        return sin(self.a * x) + self.b * x**5

    def __repr__(self) -> str:
        return f"sin({self.a:.3g} x) + {self.b:.3g} x⁵"


def _central(f: Callable[[float], float], x: float, h: float) -> float:
    return (f(x + h) - f(x - h)) / (2 * h)


def _weighted(near: float, far: float) -> Callable[..., float]:
    """Return the rule near·D(h) + far·D(2h)."""
    return lambda f, x, h: near * _central(f, x, h) + far * _central(f, x, 2 * h)


extrapolated_slope = Exercise(
    "extrapolated_slope",
    "combine the central differences D(h) and D(2h) so that their errors in h² cancel.",
    _weighted(4 / 3, -1 / 3),
    lambda rng: (_Wave(rng.uniform(1, 3), rng.uniform(0.5, 1)), rng.uniform(0.5, 1), rng.uniform(0.1, 0.3)),
    {
        "the two are taken the wrong way round: the error of D(2h) is the larger one, so it counts less": (
            _weighted(-1 / 3, 4 / 3)
        ),
        "this is the mean: the errors are ch² and 4ch², and a mean of them is not 0": _weighted(0.5, 0.5),
        "the weights 2 and −1 suit errors in h; the error of a central difference is in h²": _weighted(2.0, -1.0),
        "divide by 3, the sum of the weights 4 and −1": _weighted(4.0, -1.0),
        "this is D(h) alone": _weighted(1.0, 0.0),
        "this uses D(h/2) and D(h); the task asks for D(h) and D(2h)": (
            lambda f, x, h: _weighted(4 / 3, -1 / 3)(f, x, h / 2)
        ),
    },
)

# ---------------------------------------------------------------- the best step


def _best_central_step(f: float, f3: float, eps: float) -> float:
    return (3 * eps * abs(f) / abs(f3)) ** (1 / 3)


best_central_step = Exercise(
    "best_central_step",
    "return the h > 0 for which |f‴| h²/6 + ε|f|/h is smallest.",
    _best_central_step,
    lambda rng: (rng.normal() + 3, rng.normal() - 3, 10.0 ** rng.uniform(-16, -6)),
    {
        "this is the step at which the two errors are equal: set the derivative of their sum to 0": (
            lambda f, f3, eps: (6 * eps * abs(f) / abs(f3)) ** (1 / 3)
        ),
        "the best step of a forward difference has a square root; the error in h² leads to a cube root": (
            lambda f, f3, eps: (3 * eps * abs(f) / abs(f3)) ** 0.5
        ),
        "this is the order of magnitude: the bound's factors |f|, |f‴| and 1/6 count, too": (
            lambda f, f3, eps: eps ** (1 / 3)
        ),
        "a step is positive: take the absolute values of f and f‴": lambda f, f3, eps: -_best_central_step(f, f3, eps),
    },
)

# ---------------------------------------------------------------- Hessian times vector


class _Network:
    """The mean loss ½(y − w tanh(Wx))² of a small network, over a few samples."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.X, self.y = rng.standard_normal((6, 2)), rng.standard_normal(6)

    def __call__(self, theta: Any) -> Any:
        y_hat = tanh(self.X @ theta[:6].reshape((3, 2)).T) @ theta[6:]
        return 0.5 * ((self.y - y_hat) ** 2).mean()

    def __repr__(self) -> str:
        return "the loss of a small network"


def _drawn(rng: np.random.Generator) -> tuple[Any, ...]:
    return _Network(rng), rng.standard_normal(9), rng.standard_normal(9)


def _reverse_over_forward(J: Callable[[Any], Any], theta: np.ndarray, v: np.ndarray) -> np.ndarray:
    return grad(lambda t: jvp(J, (t,), (v,))[1])(theta)


hvp_reverse_over_forward = Exercise(
    "hvp_reverse_over_forward",
    "return Hv, the gradient of ∇Jᵀv, where forward mode gives ∇Jᵀv.",
    _reverse_over_forward,
    _drawn,
    {
        "this is ∇Jᵀv, one number: take its gradient with respect to θ": lambda J, theta, v: jvp(J, (theta,), (v,))[1],
        "this is the gradient of J: differentiate its product with v once more": lambda J, theta, v: grad(J)(theta),
        "this is the curvature vᵀHv: two times forward mode leaves one number": lambda J, theta, v: (
            v @ _reverse_over_forward(J, theta, v)
        ),
        "here the direction is θ, not v": lambda J, theta, v: _reverse_over_forward(J, theta, theta),
    },
)

# ---------------------------------------------------------------- the largest curvature


def _power(J: Callable[[Any], Any], theta: np.ndarray, v: np.ndarray, steps: int) -> np.ndarray:
    for _ in range(steps):
        product = hvp(J, (theta,), (v,))
        v = product / np.linalg.norm(product)
    return v


def _curvature(J: Callable[[Any], Any], theta: np.ndarray, v: np.ndarray, steps: int) -> float:
    v = _power(J, theta, v, steps)
    return float(v @ hvp(J, (theta,), (v,)))


largest_curvature = Exercise(
    "largest_curvature",
    "return vᵀHv after so many times v ← Hv/‖Hv‖.",
    _curvature,
    lambda rng: (*_drawn(rng), int(rng.integers(2, 5))),
    {
        "this is the norm of Hv, which loses the sign of the curvature: take vᵀHv": lambda J, theta, v, steps: (
            np.linalg.norm(hvp(J, (theta,), (_power(J, theta, v, steps),)))
        ),
        "this is one step too few": lambda J, theta, v, steps: _curvature(J, theta, v, steps - 1),
        "this is one step too many": lambda J, theta, v, steps: _curvature(J, theta, v, steps + 1),
        "this is v itself: return the curvature vᵀHv along it": _power,
        "this is Hv: multiply it by v for the curvature vᵀHv": lambda J, theta, v, steps: hvp(
            J, (theta,), (_power(J, theta, v, steps),)
        ),
    },
    trials=10,
)
