"""Functions of one number (and arctan2), entry by entry: each under its derivative."""

from __future__ import annotations

import math

import numpy as np

from pydl.autodiff import elementwise
from pydl.backend import Array

__all__ = [
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "sin",
    "sinh",
    "tan",
    "tanh",
]


@elementwise(lambda y, x: y)
def exp(x: Array) -> Array:
    """Exponential of `x`: y = eˣ."""
    return np.exp(x)


@elementwise(lambda y, x: y + 1)
def expm1(x: Array) -> Array:
    """Exponential minus one, exact for small x: y = eˣ − 1."""
    return np.expm1(x)


@elementwise(lambda y, x: 1 / x)
def log(x: Array) -> Array:
    """Natural logarithm of `x`: y = log x."""
    return np.log(x)


@elementwise(lambda y, x: 1 / (1 + x))
def log1p(x: Array) -> Array:
    """Logarithm of one plus x, exact for small x: y = log(1 + x)."""
    return np.log1p(x)


@elementwise(lambda y, x: 1 / (math.log(2) * x))
def log2(x: Array) -> Array:
    """Logarithm to base 2: y = log₂ x."""
    return np.log2(x)


@elementwise(lambda y, x: 1 / (math.log(10) * x))
def log10(x: Array) -> Array:
    """Logarithm to base 10: y = log₁₀ x."""
    return np.log10(x)


@elementwise(lambda y, a, b: exp(a - y), lambda y, a, b: exp(b - y))
def logaddexp(a: Array, b: Array) -> Array:
    """Add in the log domain, without overflow: y = log(eᵃ + eᵇ)."""
    return np.logaddexp(a, b)


@elementwise(lambda y, x: cos(x))
def sin(x: Array) -> Array:
    """Sine of the angle `x` in radians: y = sin x."""
    return np.sin(x)


@elementwise(lambda y, x: -sin(x))
def cos(x: Array) -> Array:
    """Cosine of the angle `x` in radians: y = cos x."""
    return np.cos(x)


@elementwise(lambda y, x: 1 + y * y)
def tan(x: Array) -> Array:
    """Tangent of an angle in radians: y = tan x."""
    return np.tan(x)


@elementwise(lambda y, x: (1 - x * x) ** -0.5)
def arcsin(x: Array) -> Array:
    """Inverse sine, in radians: sin y = x, −1 ≤ x ≤ 1."""
    return np.arcsin(x)


@elementwise(lambda y, x: -((1 - x * x) ** -0.5))
def arccos(x: Array) -> Array:
    """Inverse cosine, in radians: cos y = x, −1 ≤ x ≤ 1."""
    return np.arccos(x)


@elementwise(lambda y, x: 1 / (1 + x * x))
def arctan(x: Array) -> Array:
    """Inverse tangent, in radians: tan y = x."""
    return np.arctan(x)


@elementwise(lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b))
def arctan2(a: Array, b: Array) -> Array:
    """Angle of the point (b, a) in radians, in all four quadrants: tan y = a / b."""
    return np.arctan2(a, b)


@elementwise(lambda y, x: cosh(x))
def sinh(x: Array) -> Array:
    """Hyperbolic sine: y = (eˣ − e⁻ˣ)/2."""
    return np.sinh(x)


@elementwise(lambda y, x: sinh(x))
def cosh(x: Array) -> Array:
    """Hyperbolic cosine: y = (eˣ + e⁻ˣ)/2."""
    return np.cosh(x)


@elementwise(lambda y, x: 1 - y * y)
def tanh(x: Array) -> Array:
    """Hyperbolic tangent of `x`: y = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)."""
    return np.tanh(x)


@elementwise(lambda y, x: 1 / (1 - x * x))
def arctanh(x: Array) -> Array:
    """Inverse hyperbolic tangent: tanh y = x, −1 < x < 1."""
    return np.arctanh(x)


# W. J. Cody (1969), Rational Chebyshev approximations for the error function, Math. Comp. 23:
# numerators and denominators, highest power first, on |x| ≤ ½, ½ < |x| ≤ 4 and |x| > 4.
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip


def _ratio(table: tuple[tuple[float, ...], tuple[float, ...]], z: Array) -> Array:
    """Evaluate a rational function by Horner's scheme."""
    values = []
    for coefficients in table:
        value = coefficients[0] + 0 * z
        for c in coefficients[1:]:
            value = value * z + c
        values.append(value)
    return values[0] / values[1]


@elementwise(lambda y, x: 2 / math.sqrt(math.pi) * exp(-x * x))
def erf(x: Array) -> Array:
    """Error function: y = 2/√π ∫₀ˣ exp(−t²) dt, to full double precision (Cody 1969).

    NumPy has none; the approximation is built of arithmetic alone and so runs on every device.
    """
    size = np.absolute(x)
    near = x * _ratio(_NEAR, np.minimum(size, 0.5) ** 2)
    middle = np.clip(size, 0.5, 4.0)
    far = np.clip(size, 4.0, 6.0)  # beyond 6, erf is 1 to the last bit
    inverse = 1 / (far * far)
    tail_middle = np.exp(-middle * middle) * _ratio(_MIDDLE, middle)
    tail_far = np.exp(-far * far) / far * (1 / math.sqrt(math.pi) - inverse * _ratio(_FAR, inverse))
    tail = np.where(size <= 4, tail_middle, tail_far)
    return np.where(size <= 0.5, near, np.sign(x) * (1 - tail))
