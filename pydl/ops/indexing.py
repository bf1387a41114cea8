"""Selecting, adding and joining: indexing and its adjoint, triangles, borders, concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import composed, general, linear, raw
from pydl.backend import Array, namespace
from pydl.ops.shapes import broadcast_to, expand_dims, reshape

__all__ = [
    "concatenate",
    "diagonal",
    "getitem",
    "index_add",
    "pad",
    "repeat",
    "split",
    "stack",
    "take_along_axis",
    "tile",
    "tril",
    "triu",
]


@linear(lambda g, x, k: tril(g, k))
def tril(x: Array, k: int = 0) -> Array:
    """Keep the lower triangle of the last two axes, zero elsewhere.

    Parameters
    ----------
    x : array or Tensor
        Shape (..., n, m).
    k : int
        Keep entries with column − row ≤ k.

    Returns
    -------
    array or Tensor
        The triangle, of x's shape.
    """
    return np.tril(x, k)


@linear(lambda g, x, k: triu(g, k))
def triu(x: Array, k: int = 0) -> Array:
    """Keep the upper triangle of the last two axes, zero elsewhere.

    Parameters
    ----------
    x : array or Tensor
        Shape (..., n, m).
    k : int
        Keep entries with column − row ≥ k.

    Returns
    -------
    array or Tensor
        The triangle, of x's shape.
    """
    return np.triu(x, k)


def _unpad(x: Any, pad_width: Sequence[tuple[int, int]]) -> Any:
    return getitem(x, tuple(slice(a, n - b) for (a, b), n in zip(pad_width, x.shape, strict=True)))


@general(
    pull=lambda g, y, x, pad_width, value, needs: (_unpad(g, pad_width),),
    push=(lambda t, y, x, pad_width, value: pad(t, pad_width),),
    arrays=1,
)
def pad(x: Array, pad_width: Sequence[tuple[int, int]], value: float = 0.0) -> Array:
    """Surround with a constant.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    pad_width : sequence of (int, int)
        For each axis, how many entries before and after.
    value : float
        What to fill with.

    Returns
    -------
    array or Tensor
        x with its border.
    """
    if len(pad_width) != x.ndim:
        raise ValueError(f"pad_width needs one (before, after) pair an axis: got {len(pad_width)} for {x.ndim} axes")
    return np.pad(x, pad_width, constant_values=value)


def plain_index(index: Any) -> Any:
    """Take tensors and lists inside an index as the arrays that they are."""
    if isinstance(index, tuple):
        return tuple(plain_index(i) for i in index)
    return np.asarray(index) if isinstance(index, list) else raw(index)


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, (int, slice, np.integer)) for p in parts)


@linear(lambda g, x, index: _index_add(g, index=index, shape=x.shape))
def _getitem(x: Array, index: Any) -> Array:
    return x[index]


@composed
def getitem(x: Array, index: Any) -> Array:
    """Select entries, ``x[index]``, with all of NumPy's indexing.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    index : int, slice, None, Ellipsis, array of int or bool, or a tuple of these
        What to select.

    Returns
    -------
    array or Tensor
        The selection: a view for ints and slices, a copy for arrays.

    Raises
    ------
    IndexError
        If an index is out of range. (On a GPU, arrays of indices wrap around instead: CuPy does not look.)
    """
    return _getitem(x, index=plain_index(index))


@linear(lambda g, x, index, shape: _getitem(g, index=index))
def _index_add(x: Array, index: Any, shape: Sequence[int]) -> Array:
    total = np.zeros_like(x, shape=tuple(shape))
    if _is_basic(index):
        total[index] = x
    else:
        namespace(total).add.at(total, index, x)
    return total


@composed
def index_add(x: Array, index: Any, shape: Sequence[int]) -> Array:
    """Add entries into an array of zeros: the adjoint of `getitem`.

    Parameters
    ----------
    x : array or Tensor
        What to add, of the shape that ``zeros(shape)[index]`` has.
    index : int, slice, None, Ellipsis, array of int or bool, or a tuple of these
        Where to; an entry that is named twice gets both.
    shape : sequence of int
        The result's shape.

    Returns
    -------
    array or Tensor
        Zeros, with x added at the index.
    """
    return _index_add(x, index=plain_index(index), shape=shape)


@composed
def take_along_axis(x: Array, indices: Array, axis: int) -> Array:
    """Select one entry a place along an axis: y[…, i, …] = x[…, indices[…, i, …], …].

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    indices : array of int
        As many axes as x, equal to x's shape (or 1) outside `axis`.
    axis : int
        The axis to select along.

    Returns
    -------
    array or Tensor
        The selected entries, of the indices' shape.
    """
    indices = raw(indices)
    xp, places = namespace(indices), []
    for i, n in enumerate(indices.shape):
        places.append(xp.arange(n).reshape([-1 if j == i else 1 for j in range(indices.ndim)]))
    places[axis] = indices
    return getitem(x, tuple(places))


@composed
def diagonal(x: Array) -> Array:
    """Return the diagonal of the last two axes.

    Parameters
    ----------
    x : array or Tensor
        Shape (..., n, n).

    Returns
    -------
    array or Tensor
        Shape (..., n).
    """
    i = namespace(raw(x)).arange(min(x.shape[-2:]))
    return getitem(x, (Ellipsis, i, i))


def _pieces(g: Any, xs: Sequence[Any], axis: int) -> list[Any]:
    """Cut a gradient into the pieces that concatenation joined."""
    before, start, pieces = (slice(None),) * (axis % g.ndim), 0, []
    for x in xs:
        stop = start + x.shape[axis]
        pieces.append(getitem(g, (*before, slice(start, stop))))
        start = stop
    return pieces


@linear(lambda g, xs, axis: _pieces(g, xs, axis), arrays=None)
def _concatenate(*arrays: Array, axis: int) -> Array:
    return np.concatenate(arrays, axis=axis)


@composed
def concatenate(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Join arrays along an axis that they have.

    Parameters
    ----------
    arrays : sequence of array or Tensor
        Equal shapes outside `axis`.
    axis : int
        The axis to join along.

    Returns
    -------
    array or Tensor
        The joined array.
    """
    return _concatenate(*arrays, axis=axis)


@composed
def stack(arrays: Sequence[Array], axis: int = 0) -> Array:
    """Join arrays of one shape along a new axis.

    Parameters
    ----------
    arrays : sequence of array or Tensor
        Equal shapes.
    axis : int
        Where the new axis stands in the result.

    Returns
    -------
    array or Tensor
        The joined array.
    """
    return _concatenate(*[expand_dims(a, axis) for a in arrays], axis=axis)


@composed
def split(x: Array, sections: int, axis: int = 0) -> list[Array]:
    """Cut into equal pieces along an axis.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    sections : int
        How many pieces; must divide the axis' length.
    axis : int
        The axis to cut.

    Returns
    -------
    list
        The pieces, views of x.
    """
    n = x.shape[axis]
    if n % sections:
        raise ValueError(f"split: an axis of length {n} does not divide into {sections} equal pieces")
    before, step = (slice(None),) * (axis % x.ndim), n // sections
    return [getitem(x, (*before, slice(i, i + step))) for i in range(0, n, step)]


@composed
def repeat(x: Array, repeats: int, axis: int) -> Array:
    """Repeat each entry in place along an axis: a, b → a, a, b, b.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    repeats : int
        How often.
    axis : int
        Along which axis.

    Returns
    -------
    array or Tensor
        The repeated entries.
    """
    axis %= x.ndim
    wide = broadcast_to(expand_dims(x, axis + 1), (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]))
    return reshape(wide, (*x.shape[:axis], x.shape[axis] * repeats, *x.shape[axis + 1 :]))


@composed
def tile(x: Array, repeats: int, axis: int) -> Array:
    """Repeat the whole array along an axis: a, b → a, b, a, b.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    repeats : int
        How often.
    axis : int
        Along which axis.

    Returns
    -------
    array or Tensor
        The repeated array.
    """
    return _concatenate(*[x] * repeats, axis=axis)
