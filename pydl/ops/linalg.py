"""Linear algebra: products, systems of equations, determinants, norms.

Derivative rules after Giles (2008), *Collected matrix derivative results for forward and reverse
mode algorithmic differentiation*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import bilinear, composed, general, raw, unbroadcast
from pydl.backend import Array
from pydl.ops.arithmetic import absolute, equal, where
from pydl.ops.indexing import diagonal
from pydl.ops.reductions import Axis, keep, plain_axis, sum
from pydl.ops.reductions import max as max_

__all__ = [
    "det",
    "inv",
    "matmul",
    "norm",
    "outer",
    "slogdet",
    "solve",
    "trace",
]


def mT(x: Any) -> Any:
    """Transpose the last two axes."""
    return x.swapaxes(-1, -2)


def _adjoint_left(g: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b
    return matmul(b, g[..., None])[..., 0] if a.ndim == 1 else matmul(g, mT(b))


def _adjoint_right(g: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return a * g if b.ndim == 1 else a[:, None] * g[..., None, :]
    return g[..., None] * a if b.ndim == 1 and a.ndim > 2 else matmul(mT(a), g)  # a batch: the caller sums over it


@bilinear(_adjoint_left, _adjoint_right)
def matmul(a: Array, b: Array) -> Array:
    """Matrix product: y = a b, over leading batch axes; vectors as in NumPy.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, k) or (k,).
    b : array or Tensor
        Shape (..., k, m) or (k,).

    Returns
    -------
    array or Tensor
        Shape (..., n, m), without the axis that a vector lacks.
    """
    if a.ndim == b.ndim == 2:
        return a.dot(b)  # a third of matmul's overhead
    return np.matmul(a, b)


@composed
def outer(a: Array, b: Array) -> Array:
    """Outer product of two vectors: yᵢⱼ = aᵢ bⱼ.

    Parameters
    ----------
    a : array or Tensor
        Shape (n,).
    b : array or Tensor
        Shape (m,).

    Returns
    -------
    array or Tensor
        Shape (n, m).
    """
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"outer: two vectors are needed, not shapes {tuple(a.shape)} and {tuple(b.shape)}")
    return a[:, None] * b


@composed
def trace(x: Array) -> Array:
    """Sum of the diagonal: y = Σᵢ xᵢᵢ.

    Parameters
    ----------
    x : array or Tensor
        Shape (..., n, n).

    Returns
    -------
    array or Tensor
        Shape (...).
    """
    return sum(diagonal(x), -1)


def _columns(a: Any, b: Any) -> tuple[Any, bool]:
    """Return the right-hand sides as columns, and whether `b` was a single vector."""
    return (b[:, None], True) if b.ndim == 1 else (b, False)


def _solve_pull(g: Any, y: Any, a: Any, b: Any, needs: Sequence[bool]) -> tuple[Any, Any]:
    gb = solve(mT(a), g)
    ga = None
    if needs[0]:
        left, _ = _columns(a, gb)
        right, _ = _columns(a, y)
        ga = unbroadcast(-matmul(left, mT(right)), a)
    return ga, unbroadcast(gb, b) if needs[1] else None


@general(
    _solve_pull,
    push=(lambda t, y, a, b: -solve(a, matmul(t, y)), lambda t, y, a, b: solve(a, t)),
    arrays=2,
)
def solve(a: Array, b: Array) -> Array:
    """Solve a system of linear equations: a y = b.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n), invertible.
    b : array or Tensor
        Shape (n,) or (..., n, m).

    Returns
    -------
    array or Tensor
        y, of b's shape.

    Raises
    ------
    ValueError
        If a is singular.
    """
    return np.linalg.solve(a, b)


@general(
    pull=lambda g, y, a, needs: (-matmul(matmul(mT(y), g), mT(y)),),
    push=(lambda t, y, a: -matmul(matmul(y, t), y),),
    arrays=1,
)
def inv(a: Array) -> Array:
    """Invert a matrix: y = a⁻¹. To solve equations, `solve` is faster and more exact.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n), invertible.

    Returns
    -------
    array or Tensor
        The inverse, of a's shape.

    Raises
    ------
    ValueError
        If a is singular.
    """
    return np.linalg.inv(a)


@general(
    pull=lambda g, y, a, needs: ((g * y)[..., None, None] * mT(inv(a)),),
    push=(lambda t, y, a: y * trace(matmul(inv(a), t)),),
    arrays=1,
)
def det(a: Array) -> Array:
    """Determinant: y = |a|; its derivative y·tr(a⁻¹ȧ) needs an invertible matrix.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n).

    Returns
    -------
    array or Tensor
        Shape (...).
    """
    return np.linalg.det(a)


@general(
    pull=lambda g, y, a, needs: (g[..., None, None] * mT(inv(a)),),
    push=(lambda t, y, a: trace(matmul(inv(a), t)),),
    arrays=1,
)
def _logabsdet(a: Array) -> Array:
    return np.linalg.slogdet(a)[1]


@composed
def slogdet(a: Array) -> tuple[Array, Array]:
    """Sign and logarithm of the determinant, without overflow: a's determinant is sign·e^y.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n).

    Returns
    -------
    sign : array
        −1, 0 or 1, shape (...); it has no derivative.
    y : array or Tensor
        log |det a|, shape (...).
    """
    y = _logabsdet(a)
    return np.linalg.slogdet(raw(a))[0], y


def _norm_direction(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """x/‖x‖, and 0 at the origin, where the norm has no derivative (0 is its least subgradient)."""
    length = keep(y, x, axis, keepdims)
    return x / where(equal(length, 0), np.inf, length)


@general(
    pull=lambda g, y, x, axis, keepdims, needs: (keep(g, x, axis, keepdims) * _norm_direction(y, x, axis, keepdims),),
    push=(lambda t, y, x, axis, keepdims: sum(t * _norm_direction(y, x, axis, keepdims), axis, keepdims),),
    arrays=1,
)
def _norm2(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    return np.sqrt(np.add.reduce(x * x, axis=plain_axis(axis), keepdims=keepdims))  # type: ignore[call-overload]


@composed
def norm(x: Array, ord: float = 2, axis: Axis = None, keepdims: bool = False) -> Array:
    """Vector norm over axes: (Σᵢ |xᵢ|ᵖ)^(1/p) for p = 1, 2 or ∞.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    ord : {2, 1, inf}
        The order p; 2 over two axes is the Frobenius norm.
    axis : int or sequence of int, optional
        The axes to reduce; all if not given.
    keepdims : bool
        Keep the reduced axes, with length 1.

    Returns
    -------
    array or Tensor
        The norms, in the units of x; the derivative at 0 is taken as 0.
    """
    if ord == 2:
        return _norm2(x, axis, keepdims)
    if ord == 1:
        return sum(absolute(x), axis, keepdims)
    if ord == np.inf:
        return max_(absolute(x), axis, keepdims)
    raise ValueError(f"norm: ord must be 1, 2 or inf, not {ord!r}")
