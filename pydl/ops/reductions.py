"""Reductions: sums, means, products and extremes along axes."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import composed, constant, general, linear
from pydl.backend import Array
from pydl.ops.arithmetic import equal, sqrt, square, where
from pydl.ops.indexing import concatenate, getitem
from pydl.ops.shapes import broadcast_to, flip, moveaxis, reshape

__all__ = ["argmax", "argmin", "cumsum", "max", "mean", "min", "prod", "std", "sum", "var"]

Axis = int | Sequence[int] | None


def keep(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Give a reduced array its lost axes back, with length 1."""
    if keepdims or x.ndim == 0:
        return g
    if axis is None:
        return reshape(g, (1,) * x.ndim)
    lost = {a % x.ndim for a in ([axis] if isinstance(axis, int) else axis)}
    return reshape(g, tuple(1 if i in lost else n for i, n in enumerate(x.shape)))


def _count(x: Any, axis: Axis) -> int:
    """How many entries each sum runs over."""
    if axis is None:
        return math.prod(x.shape)
    return math.prod(x.shape[a] for a in ([axis] if isinstance(axis, int) else axis))


def plain_axis(axis: Axis) -> int | tuple[int, ...] | None:
    """Return the axes as NumPy's reductions want them."""
    return axis if axis is None or isinstance(axis, int) else tuple(axis)


@functools.lru_cache(maxsize=64)
def _ones(n: int, dtype: Any) -> np.ndarray:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def column_sums(x: Array, out: Array | None = None) -> Array:
    """Sum a matrix over its rows as 1ᵀx: about three times np.sum's speed, for bias gradients."""
    if isinstance(x, np.ndarray):
        return _ones(x.shape[0], x.dtype).dot(x, out)
    return np.add.reduce(x, axis=0, out=out)


@linear(lambda g, x, axis, keepdims: broadcast_to(keep(g, x, axis, keepdims), x.shape))
def sum(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Sum: y = Σᵢ xᵢ along axes.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or sequence of int, optional
        The axes to sum over; all if not given.
    keepdims : bool
        Keep the summed axes, with length 1.

    Returns
    -------
    array or Tensor
        The sums, of x's dtype.
    """
    if axis == 0 and not keepdims and x.ndim == 2 and x.dtype.kind == "f":
        return column_sums(x)
    return np.add.reduce(x, axis=plain_axis(axis), keepdims=keepdims)  # type: ignore[call-overload]


@linear(lambda g, x, axis, keepdims: broadcast_to(keep(g * (1 / _count(x, axis)), x, axis, keepdims), x.shape))
def mean(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Mean: y = (1/n) Σᵢ xᵢ along axes.

    Parameters
    ----------
    x : array or Tensor
        Any shape, not empty.
    axis : int or sequence of int, optional
        The axes to average over; all if not given.
    keepdims : bool
        Keep the averaged axes, with length 1.

    Returns
    -------
    array or Tensor
        The means, of x's dtype.

    Raises
    ------
    ValueError
        If there are no entries to average.
    """
    n = _count(x, axis)
    if n == 0:
        raise ValueError("the mean of no entries is undefined")
    return np.add.reduce(x, axis=plain_axis(axis), keepdims=keepdims) * (1 / n)  # type: ignore[call-overload]


@composed
def var(x: Array, axis: Axis = None, correction: int = 0, keepdims: bool = False) -> Array:
    """Variance: y = Σᵢ (xᵢ − x̄)² / (n − correction) along axes.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or sequence of int, optional
        The axes to average over; all if not given.
    correction : int
        0 for the population's variance, 1 for Bessel's unbiased estimate (PyTorch's default).
    keepdims : bool
        Keep the averaged axes, with length 1.

    Returns
    -------
    array or Tensor
        The variances, of x's dtype.

    Raises
    ------
    ValueError
        If there are no more entries than `correction`.
    """
    n = _count(x, axis)
    if n <= correction:
        raise ValueError(f"the variance of {n} entries with correction {correction} is undefined")
    return sum(square(x - mean(x, axis, keepdims=True)), axis, keepdims=keepdims) * (1 / (n - correction))


@composed
def std(x: Array, axis: Axis = None, correction: int = 0, keepdims: bool = False) -> Array:
    """Standard deviation: the square root of `var`; its derivative is taken as 0 where all entries are equal.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or sequence of int, optional
        The axes to average over; all if not given.
    correction : int
        0 for the population's, 1 for Bessel's correction (PyTorch's default).
    keepdims : bool
        Keep the averaged axes, with length 1.

    Returns
    -------
    array or Tensor
        The deviations, in the units of x.

    Raises
    ------
    ValueError
        If there are no more entries than `correction`.
    """
    v = var(x, axis, correction, keepdims)
    equal_entries = equal(v, 0)
    return where(equal_entries, 0, sqrt(where(equal_entries, 1, v)))  # no division by 0 at any order


def _share(y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Each extreme entry's share of the derivative: ties divide it evenly, as in PyTorch's amax."""
    best = equal(x, keep(y, x, axis, keepdims)).astype(x.dtype)
    return best / sum(best, axis, keepdims=True)


def _extreme_pull(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool, needs: Sequence[bool]) -> tuple[Any]:
    return (keep(g, x, axis, keepdims) * _share(y, x, axis, keepdims),)


def _extreme_push(t: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    return sum(t * _share(y, x, axis, keepdims), axis, keepdims)


@general(_extreme_pull, (_extreme_push,), arrays=1)
def max(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Maximum along axes; equal maxima share the derivative evenly.

    Parameters
    ----------
    x : array or Tensor
        Any shape, not empty.
    axis : int or sequence of int, optional
        The axes to reduce; all if not given.
    keepdims : bool
        Keep the reduced axes, with length 1.

    Returns
    -------
    array or Tensor
        The maxima.
    """
    return np.max(x, axis=plain_axis(axis), keepdims=keepdims)


@general(_extreme_pull, (_extreme_push,), arrays=1)
def min(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Minimum along axes; equal minima share the derivative evenly.

    Parameters
    ----------
    x : array or Tensor
        Any shape, not empty.
    axis : int or sequence of int, optional
        The axes to reduce; all if not given.
    keepdims : bool
        Keep the reduced axes, with length 1.

    Returns
    -------
    array or Tensor
        The minima.
    """
    return np.min(x, axis=plain_axis(axis), keepdims=keepdims)


@composed
def prod(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """Product: y = Πᵢ xᵢ along an axis, as a tree of pairwise products.

    No rule divides by xᵢ, so zeros among the factors are no special case at any order.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int, optional
        The axis to multiply along; over all entries if not given.
    keepdims : bool
        Keep the axis, with length 1.

    Returns
    -------
    array or Tensor
        The products.
    """
    factors = reshape(x, -1) if axis is None else moveaxis(x, axis, 0)
    if factors.shape[0] == 0:
        return sum(factors, 0) + 1
    while (n := factors.shape[0]) > 1:
        pairs = getitem(factors, slice(0, n - n % 2, 2)) * getitem(factors, slice(1, None, 2))
        factors = concatenate([pairs, getitem(factors, slice(n - 1, n))]) if n % 2 else pairs
    y = getitem(factors, 0)
    return keep(y, x, axis, False) if keepdims else y


@linear(lambda g, x, axis: flip(cumsum(flip(g, axis), axis), axis))
def cumsum(x: Array, axis: int) -> Array:
    """Running sum along an axis: yᵢ = x₀ + … + xᵢ.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int
        The axis to sum along.

    Returns
    -------
    array or Tensor
        The running sums, of x's shape.
    """
    return np.cumsum(x, axis=axis)


@constant(1)
def argmax(x: Array, axis: int | None = None) -> Array:
    """Index of the maximum along an axis (the first of equal ones).

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int, optional
        The axis to search; the flattened array if not given.

    Returns
    -------
    array or Tensor
        Integers.
    """
    return np.argmax(x, axis=axis)


@constant(1)
def argmin(x: Array, axis: int | None = None) -> Array:
    """Index of the minimum along an axis (the first of equal ones).

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int, optional
        The axis to search; the flattened array if not given.

    Returns
    -------
    array or Tensor
        Integers.
    """
    return np.argmin(x, axis=axis)
