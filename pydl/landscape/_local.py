"""What every room of the package needs: f as a function of one flat θ, its gradient and its Hessian there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import Array, asarray, is_array, to_numpy
from pydl.func import grad, hessian
from pydl.tensor import Tensor

__all__ = ["Function", "checked_point", "flat", "gradient_at", "hessian_at", "length_of", "value_at"]

Function = Callable[[Any], Any]
"""A scalar function of one array of any shape: what `pydl.grad` takes."""


def checked_point(name: str, x: Any) -> Array:
    """Return x as a finite array of floating point; numbers and lists become float64: curvature needs the digits."""
    x = raw(x) if isinstance(x, Tensor) or is_array(x) else asarray(x, np.float64)
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: the point needs a floating type, not {x.dtype}: write 1.0, or use .astype(float)")
    if x.size == 0:
        raise ValueError(f"{name}: the point is empty, shape {tuple(x.shape)}: there is nothing to differentiate")
    if not bool(np.isfinite(x).all()):
        raise ValueError(f"{name}: the point holds NaN or infinity; a landscape is looked at from finite points")
    return x


def flat(f: Function, x: Array) -> tuple[Function, Array]:
    """Return f as a function of a vector, and x as that vector."""
    shape = tuple(x.shape)
    return (f, x) if len(shape) == 1 else (lambda v: f(v.reshape(shape)), x.reshape(-1))


def value_at(name: str, f: Function, x: Array) -> float:
    """Return f(x), which must be one number."""
    value = to_numpy(raw(f(x)))
    if value.size != 1:
        raise ValueError(f"{name}: f must return one number, it returns shape {value.shape}: take a sum or a mean")
    return float(value.reshape(()))


def length_of(x: Array) -> float:
    """Return ‖x‖ in double precision: in single, the squares of numbers below 1e-23 vanish."""
    return float(np.linalg.norm(to_numpy(x).astype(np.float64)))


def gradient_at(f: Function, x: Array) -> Array:
    """Return ∇f at a vector."""
    return grad(f)(x)


def hessian_at(f: Function, x: Array) -> Array:
    """Return ∇²f at a vector; symmetric to the last digit, which two orders of differentiation are not."""
    H = hessian(f)(x)
    return (H + H.T) / 2
