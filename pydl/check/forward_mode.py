"""Exercises of backprop/forward-mode: a rule for duals, Newton's method, random directions, Taylor coefficients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pydl.check.exercise import Exercise
from pydl.func import grad, jvp
from pydl.ops import exp, tanh

__all__ = ["dual_power", "forward_gradient", "newton_steps", "taylor_product"]

# ---------------------------------------------------------------- the rule of a power


def _power(u: float, du: float, v: float, dv: float) -> tuple[float, float]:
    return u**v, v * u ** (v - 1) * du + u**v * np.log(u) * dv


dual_power = Exercise(
    "dual_power",
    "return the value of uᵛ, u > 0, and its tangent, for values u, v with the tangents du, dv.",
    _power,
    lambda rng: (rng.uniform(0.5, 2), rng.normal(), rng.uniform(1, 3), rng.normal()),
    {
        "the exponent moves, too: its term is uᵛ log(u) dv": lambda u, du, v, dv: (u**v, v * u ** (v - 1) * du),
        "the base moves, too: its term is v uᵛ⁻¹ du": lambda u, du, v, dv: (u**v, u**v * np.log(u) * dv),
        "the derivative with respect to the exponent has the factor log u": (
            lambda u, du, v, dv: (u**v, v * u ** (v - 1) * du + u**v * dv)
        ),
        "in the first term the exponent falls by one: v uᵛ⁻¹ du": (
            lambda u, du, v, dv: (u**v, v * u**v * du + u**v * np.log(u) * dv)
        ),
        "the tangents of u and v are missing: these are the partial derivatives, added up": (
            lambda u, du, v, dv: (u**v, v * u ** (v - 1) + u**v * np.log(u))
        ),
    },
)

# ---------------------------------------------------------------- Newton's method


class _Rising:
    """The function eˣ + ax + b with a > 0, which has exactly one zero."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    def __call__(self, x: float) -> float:
        return exp(x) + self.a * x + self.b

    def __repr__(self) -> str:
        return f"exp(x) + {self.a:.3g} x + {self.b:.3g}"


def _newton(f: Callable[..., float], x: float, steps: int, factor: float = 1.0) -> float:
    for _ in range(steps):
        value, slope = jvp(f, (x,), (1.0,))
        x = x - factor * value / slope
    return float(x)


def _wrong_way(f: Callable[..., float], x: float, steps: int) -> float:
    for _ in range(steps):
        value, slope = jvp(f, (x,), (1.0,))
        x = x - value * slope
    return float(x)


newton_steps = Exercise(
    "newton_steps",
    "return x after so many steps x ← x − f(x)/f′(x).",
    _newton,
    lambda rng: (  # np.float64: not the default dtype
        _Rising(rng.uniform(0.5, 2), rng.uniform(-3, -1)),
        np.float64(rng.uniform(-0.1, 1)),
        int(rng.integers(2, 4)),
    ),
    {
        "the step goes the wrong way: it is x − f(x)/f′(x)": lambda f, x, steps: _newton(f, x, steps, -1.0),
        "the value is divided by the slope, not multiplied with it: where f is steep, its zero is near": _wrong_way,
        "this is one step too few": lambda f, x, steps: _newton(f, x, steps - 1),
        "this is one step too many": lambda f, x, steps: _newton(f, x, steps + 1),
        "this is only one step": lambda f, x, steps: _newton(f, x, 1),
    },
)

# ---------------------------------------------------------------- a gradient from random directions


class _Loss:
    """½ Σ (Ax)ᵢ² + Σ tanh xⱼ, for a random matrix A."""

    def __init__(self, A: np.ndarray) -> None:
        self.A = A

    def __call__(self, x: np.ndarray) -> float:
        return ((self.A @ x) ** 2).sum() / 2 + tanh(x).sum()

    def __repr__(self) -> str:
        return "½‖Ax‖² + Σ tanh xⱼ"


def _slopes(f: Callable[..., float], x: np.ndarray, V: np.ndarray) -> np.ndarray:
    return np.array([jvp(f, (x,), (v,))[1] for v in V])


def _forward_gradient(f: Callable[..., float], x: np.ndarray, V: np.ndarray) -> np.ndarray:
    return _slopes(f, x, V) @ V / len(V)


forward_gradient = Exercise(
    "forward_gradient",
    "return the mean of (∇fᵀv) v over the directions v in the rows of V.",
    _forward_gradient,
    lambda rng: (_Loss(rng.standard_normal((3, 4))), rng.standard_normal(4), rng.standard_normal((6, 4))),
    {
        "this is the sum over the directions: divide by their number": (
            lambda f, x, V: _forward_gradient(f, x, V) * len(V)
        ),
        "divided by the number of inputs: the mean is over the directions, the rows of V": (
            lambda f, x, V: _forward_gradient(f, x, V) * len(V) / V.shape[1]
        ),
        "this is the mean slope, one number: each slope is multiplied by its direction first": (
            lambda f, x, V: _slopes(f, x, V).mean()
        ),
        "these are the slopes, one a direction: multiply each by its direction and take the mean": _slopes,
        "this is the gradient itself: use only the slopes along the given directions": lambda f, x, V: grad(f)(x),
    },
)

# ---------------------------------------------------------------- Taylor coefficients of a product


def _taylor_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.convolve(a, b)[: len(a)]


taylor_product = Exercise(
    "taylor_product",
    "return the K + 1 coefficients of the product of a₀ + … + a_K ε^K and b₀ + … + b_K ε^K, where ε^(K+1) = 0.",
    _taylor_product,
    lambda rng: tuple(rng.standard_normal((2, rng.integers(3, 7)))),
    {
        "coefficients do not multiply one by one: εⁱ and εʲ make εⁱ⁺ʲ": lambda a, b: a * b,
        "strike out what has a higher power than ε^K": np.convolve,
        "this is the product turned round: the first entry belongs to ε⁰": lambda a, b: _taylor_product(a, b)[::-1],
        "only the first and the last term of each sum are there: to ε^k come all pairs i + j = k": (
            lambda a, b: np.array([a[0] * b[0], *(a[0] * b[1:] + a[1:] * b[0])])
        ),
    },
)
