"""Shapes: linear ops that move entries without changing them, each under its adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import composed, linear
from pydl.backend import Array

__all__ = [
    "astype",
    "broadcast_to",
    "expand_dims",
    "flip",
    "moveaxis",
    "ravel",
    "reshape",
    "roll",
    "squeeze",
    "swapaxes",
    "transpose",
]


@linear(lambda g, x, shape: reshape(g, x.shape))
def reshape(x: Array, shape: int | Sequence[int]) -> Array:
    """Give the same entries another shape, in row-major order.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    shape : int or sequence of int
        The new shape; one entry may be −1 and is worked out.

    Returns
    -------
    array or Tensor
        The entries of x in the new shape; a view where memory allows.
    """
    return np.reshape(x, shape)


@composed
def ravel(x: Array) -> Array:
    """Flatten to one axis, in row-major order.

    Parameters
    ----------
    x : array or Tensor
        Any shape.

    Returns
    -------
    array or Tensor
        Shape (x.size,).
    """
    return reshape(x, -1)


def _inverse(axes: Sequence[int] | None, ndim: int) -> list[int] | None:
    if axes is None:
        return None
    inverse = [0] * ndim
    for i, axis in enumerate(axes):
        inverse[axis] = i
    return inverse


@linear(lambda g, x, axes: transpose(g, _inverse(axes, x.ndim)))
def transpose(x: Array, axes: Sequence[int] | None = None) -> Array:
    """Permute the axes; without `axes`, reverse their order.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axes : sequence of int, optional
        axes[i] is the axis of x that becomes axis i.

    Returns
    -------
    array or Tensor
        A view with permuted axes.
    """
    return np.transpose(x, axes)


@linear(lambda g, x, axis1, axis2: swapaxes(g, axis1, axis2))
def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Exchange two axes.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis1, axis2 : int
        The axes to exchange.

    Returns
    -------
    array or Tensor
        A view with the two axes exchanged.
    """
    return np.swapaxes(x, axis1, axis2)


@linear(lambda g, x, source, destination: moveaxis(g, destination, source))
def moveaxis(x: Array, source: int | Sequence[int], destination: int | Sequence[int]) -> Array:
    """Move axes to other places; the rest keep their order.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    source, destination : int or sequence of int
        Which axes, and where to.

    Returns
    -------
    array or Tensor
        A view with moved axes.
    """
    return np.moveaxis(x, source, destination)


@linear(lambda g, x, axis: reshape(g, x.shape))
def expand_dims(x: Array, axis: int | Sequence[int]) -> Array:
    """Insert axes of length 1.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or sequence of int
        Where the new axes stand in the result.

    Returns
    -------
    array or Tensor
        A view with the new axes.
    """
    return np.expand_dims(x, axis)


@linear(lambda g, x, axis: reshape(g, x.shape))
def squeeze(x: Array, axis: int | Sequence[int] | None = None) -> Array:
    """Drop axes of length 1.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or sequence of int, optional
        Which; all of length 1 if not given.

    Returns
    -------
    array or Tensor
        A view without these axes.
    """
    return np.squeeze(x, axis)


def _sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes that broadcasting to g's shape stretched."""
    extra = g.ndim - len(shape)
    axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 != g.shape[i + extra]))
    return reshape(g.sum(axis=axes), shape) if axes else g


@linear(lambda g, x, shape: _sum_to(g, x.shape))
def broadcast_to(x: Array, shape: Sequence[int]) -> Array:
    """Repeat along axes of length 1 (and new leading axes) without copying.

    Parameters
    ----------
    x : array or Tensor
        Any shape that broadcasts to `shape`.
    shape : sequence of int
        The result's shape.

    Returns
    -------
    array or Tensor
        A read-only view.
    """
    return np.broadcast_to(x, shape)


@linear(lambda g, x, dtype: astype(g, x.dtype))
def astype(x: Array, dtype: Any) -> Array:
    """Convert to another dtype.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    dtype : str or numpy.dtype
        The new type, e.g. ``"float64"``.

    Returns
    -------
    array or Tensor
        The converted entries, in new memory.
    """
    return x.astype(dtype)


@linear(lambda g, x, axis: flip(g, axis))
def flip(x: Array, axis: int | Sequence[int] | None = None) -> Array:
    """Reverse the order of entries along axes.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or sequence of int, optional
        Which; all if not given.

    Returns
    -------
    array or Tensor
        A view in reversed order.
    """
    return np.flip(x, axis if axis is None or isinstance(axis, int) else tuple(axis))


@linear(lambda g, x, shift, axis: roll(g, -shift if np.ndim(shift) == 0 else [-s for s in shift], axis))
def roll(x: Array, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Array:
    """Shift entries along axes; what leaves at one end enters at the other.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    shift : int or sequence of int
        By how many places.
    axis : int or sequence of int, optional
        Along which axes; over the flattened array if not given.

    Returns
    -------
    array or Tensor
        The shifted entries.
    """
    return np.roll(x, shift, axis)
