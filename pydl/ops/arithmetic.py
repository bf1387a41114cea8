"""Arithmetic, comparison and selection, entry by entry, with NumPy's broadcasting.

Each op stands under its partial derivatives, one a argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.autodiff import constant, elementwise, general, unbroadcast
from pydl.backend import Array

__all__ = [
    "absolute",
    "add",
    "ceil",
    "clip",
    "divide",
    "equal",
    "floor",
    "greater",
    "greater_equal",
    "isfinite",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "power",
    "reciprocal",
    "rint",
    "sign",
    "sqrt",
    "square",
    "subtract",
    "where",
]


@elementwise(1, 1)
def add(a: Array, b: Array) -> Array:
    """Add: y = a + b."""
    return np.add(a, b)


@elementwise(1, -1)
def subtract(a: Array, b: Array) -> Array:
    """Subtract: y = a − b."""
    return np.subtract(a, b)


@elementwise(lambda y, a, b: b, lambda y, a, b: a)
def multiply(a: Array, b: Array) -> Array:
    """Multiply entry by entry: y = a·b."""
    return np.multiply(a, b)


@elementwise(lambda y, a, b: 1 / b, lambda y, a, b: -y / b)
def divide(a: Array, b: Array) -> Array:
    """Divide: y = a / b."""
    return np.divide(a, b)


@elementwise(-1)
def negative(x: Array) -> Array:
    """Change the sign: y = −x."""
    return np.negative(x)


@elementwise(lambda y, x: -y * y)
def reciprocal(x: Array) -> Array:
    """Invert: y = 1 / x."""
    return 1 / x


@elementwise(lambda y, x: 2 * x)
def square(x: Array) -> Array:
    """Square `x`: y = x²."""
    return np.square(x)


@elementwise(lambda y, x: 0.5 / y)
def sqrt(x: Array) -> Array:
    """Take the square root of `x`: y = √x."""
    return np.sqrt(x)


@elementwise(lambda y, x: sign(x))
def absolute(x: Array) -> Array:
    """Take the absolute value of `x`: y = |x|; the derivative at 0 is taken as 0."""
    return np.absolute(x)


def _power_base(y: Any, a: Any, b: Any) -> Any:
    """∂(aᵇ)/∂a = b·aᵇ⁻¹, and 0 for b = 0 even at a = 0."""
    if isinstance(b, (int, float)):
        return b * a ** (b - 1) if b else 0 * a
    return b * power(a, where(logical_and(equal(a, 0), equal(b, 0)), 1, b - 1))


def _power_exponent(y: Any, a: Any, b: Any) -> Any:
    """∂(aᵇ)/∂b = aᵇ·log a, and 0 at a = 0."""
    return y * np.log(a) if isinstance(a, (int, float)) else y * log_or_0(a)


def log_or_0(a: Any) -> Any:
    """Return log a, and 0 at a = 0, without a warning."""
    from pydl.ops.elementwise import log

    return log(where(equal(a, 0), 1, a))


@elementwise(_power_base, _power_exponent)
def power(a: Array, b: Array) -> Array:
    """Raise to a power: y = aᵇ; ∂y/∂a at b = 0 and ∂y/∂b at a = 0 are 0."""
    return a**b  # not np.power: the operator has fast paths for the exponents 2, ½ and −1


def _wins(y: Any, mine: Any, tie: Any) -> Any:
    """Derivative of a maximum: 1 for the larger argument, ½ each on a tie, as in PyTorch."""
    return mine.astype(y.dtype) + 0.5 * tie.astype(y.dtype)


@elementwise(lambda y, a, b: _wins(y, greater(a, b), equal(a, b)), lambda y, a, b: _wins(y, greater(b, a), equal(a, b)))
def maximum(a: Array, b: Array) -> Array:
    """Take the larger: y = max(a, b); on a tie each argument has derivative ½."""
    return np.maximum(a, b)


@elementwise(lambda y, a, b: _wins(y, less(a, b), equal(a, b)), lambda y, a, b: _wins(y, less(b, a), equal(a, b)))
def minimum(a: Array, b: Array) -> Array:
    """Take the smaller: y = min(a, b); on a tie each argument has derivative ½."""
    return np.minimum(a, b)


def _inside(y: Any, x: Any, low: float | None, high: float | None) -> Any:
    inside = equal(x, x) if low is None else greater_equal(x, low)
    return inside if high is None else logical_and(inside, less_equal(x, high))


@elementwise(_inside)
def clip(x: Array, low: float | None = None, high: float | None = None) -> Array:
    """Limit to an interval: y = min(max(x, low), high).

    Parameters
    ----------
    x : array or Tensor
        Values of any shape.
    low, high : float or None
        The limits; None for no limit on that side. The derivative is 1 on the limits themselves.

    Returns
    -------
    array or Tensor
        The limited values, of x's shape and dtype.

    Raises
    ------
    ValueError
        If neither limit is given.
    """
    if low is None and high is None:
        raise ValueError("at least one of low and high must be given")
    return np.clip(x, low, high)


@general(
    pull=lambda g, y, c, a, b, needs: (
        None,
        unbroadcast(where(c, g, 0), a) if needs[1] else None,
        unbroadcast(where(c, 0, g), b) if needs[2] else None,
    ),
    push=(None, lambda t, y, c, a, b: where(c, t, 0 * y), lambda t, y, c, a, b: where(c, 0 * y, t)),
    arrays=3,
)
def where(condition: Array, a: Array, b: Array) -> Array:
    """Choose: y = a where the condition holds, else b; gradients go to the chosen side only."""
    return np.where(condition, a, b)


@constant(2)
def greater(a: Array, b: Array) -> Array:
    """Compare: a > b, as booleans."""
    return np.greater(a, b)


@constant(2)
def greater_equal(a: Array, b: Array) -> Array:
    """Compare: a ≥ b, as booleans."""
    return np.greater_equal(a, b)


@constant(2)
def less(a: Array, b: Array) -> Array:
    """Compare: a < b, as booleans."""
    return np.less(a, b)


@constant(2)
def less_equal(a: Array, b: Array) -> Array:
    """Compare: a ≤ b, as booleans."""
    return np.less_equal(a, b)


@constant(2)
def equal(a: Array, b: Array) -> Array:
    """Compare: a = b, entry by entry, as booleans."""
    return np.equal(a, b)


@constant(2)
def not_equal(a: Array, b: Array) -> Array:
    """Compare: a ≠ b, entry by entry, as booleans."""
    return np.not_equal(a, b)


@constant(2)
def logical_and(a: Array, b: Array) -> Array:
    """Tell where both hold."""
    return np.logical_and(a, b)


@constant(2)
def logical_or(a: Array, b: Array) -> Array:
    """Tell where at least one holds."""
    return np.logical_or(a, b)


@constant(1)
def logical_not(x: Array) -> Array:
    """Tell where `x` does not hold."""
    return np.logical_not(x)


@constant(1)
def isnan(x: Array) -> Array:
    """Tell where `x` is not a number."""
    return np.isnan(x)


@constant(1)
def isfinite(x: Array) -> Array:
    """Tell where `x` is neither infinite nor not-a-number."""
    return np.isfinite(x)


@constant(1)
def sign(x: Array) -> Array:
    """Give the sign: −1, 0 or 1; the derivative is 0 wherever it exists, so nothing is recorded."""
    return np.sign(x)


@constant(1)
def floor(x: Array) -> Array:
    """Round down."""
    return np.floor(x)


@constant(1)
def ceil(x: Array) -> Array:
    """Round up."""
    return np.ceil(x)


@constant(1)
def rint(x: Array) -> Array:
    """Round to the nearest integer, halves to the even one."""
    return np.rint(x)
