"""Samples of shapes, indexing and reductions."""

import numpy as np

import pydl

from .entry import entry, of
from .inputs import COLUMN, CUBE, EMPTY, ONE, SCALAR, VECTOR, X, Y, normal

entry("reshape", lambda x, shape: np.array(x.ravel().tolist()).reshape(shape), of(X, (3, 2)), of(X.T, -1),
      of(CUBE, (4, -1)), of(SCALAR, (1, 1)), of(EMPTY, (3, 0)))  # fmt: skip
entry("ravel", lambda x: x.flatten(), of(X), of(X.T), of(SCALAR), of(EMPTY))
entry("transpose", lambda x, axes=None: np.einsum("ijk->kji", x) if axes is None else np.moveaxis(x, axes, (0, 1, 2)),
      of(CUBE), of(CUBE, (1, 2, 0)), of(CUBE, axes=[2, 0, 1]), of(CUBE, (0, -1, 1)))  # fmt: skip
entry("swapaxes", lambda x, i, j: np.moveaxis(x, i, j) if abs(i - j) == 1 else x.transpose(2, 1, 0), of(CUBE, 0, 1),
      of(CUBE, 0, 2), of(X, -1, -2))  # fmt: skip
entry("moveaxis", lambda x, i, j: np.rollaxis(x, i) if j == 0 else x.transpose(2, 0, 1), of(CUBE, 2, 0),
      of(CUBE, -1, 0), of(CUBE, (0, 1), (1, 2)))  # fmt: skip
entry("expand_dims", lambda x, axis: x[:, None] if axis == 1 else x[None, ..., None], of(X, 1), of(X, (0, -1)),
      of(EMPTY, 1))  # fmt: skip
entry("squeeze", lambda x, axis=None: x.reshape([n for n in x.shape if n > 1]), of(COLUMN), of(COLUMN, 1),
      of(COLUMN[None], (0, 2)), of(X), of(ONE))  # fmt: skip
entry("broadcast_to", lambda x, shape: x + np.zeros(shape), of(COLUMN, (2, 3)), of(ONE, (4,)), of(SCALAR, (2, 2)),
      of(X, (2, 2, 3)), of(COLUMN, (3, 2, 2)), of(X, (2, 3)), of(ONE, (0,)))  # fmt: skip
entry("astype", lambda x, dtype: np.array(x, dtype), of(X, "float64"), of(EMPTY, np.float64))
entry("flip", lambda x, axis=None: x[::-1, ::-1] if axis is None else x[:, ::-1] if axis == 1 else x[::-1, ::-1],
      of(X), of(X, 1), of(X, (0, 1)), of(EMPTY))  # fmt: skip


def rolled(x, shift, axis=None):
    """Return x with its entries shifted, by indices."""
    if axis is None:
        return x.ravel()[(np.arange(x.size) - shift) % max(x.size, 1)].reshape(x.shape)
    for s, a in zip(np.atleast_1d(shift), np.atleast_1d(axis), strict=True):
        x = np.take(x, (np.arange(x.shape[a]) - s) % x.shape[a], a)
    return x


entry("roll", rolled, of(X, 1), of(X, -2, 1), of(X, (1, 2), (0, 1)), of(CUBE, 5, -1), of(EMPTY, 1))

HERE = np.tri(3, 3, dtype=bool)
SQUARE = normal(3, 3)
entry("tril", lambda x, k=0: x * (np.arange(x.shape[-1]) - np.arange(x.shape[-2])[:, None] <= k), of(SQUARE),
      of(SQUARE, 1), of(CUBE, -1), of(X, k=0))  # fmt: skip
entry("triu", lambda x, k=0: x * (np.arange(x.shape[-1]) - np.arange(x.shape[-2])[:, None] >= k), of(SQUARE),
      of(SQUARE, -1), of(CUBE, 1), of(X, k=0))  # fmt: skip


def padded(x, pad_width, value=0.0):
    """Return x inside a larger array of `value`."""
    y = np.full([a + n + b for (a, b), n in zip(pad_width, x.shape, strict=True)], float(value))
    y[tuple(slice(a, a + n) for (a, _), n in zip(pad_width, x.shape, strict=True))] = x
    return y


entry("pad", padded, of(X, [(1, 2), (0, 1)]), of(VECTOR, ((2, 0),), value=-1.5), of(EMPTY, [(1, 0), (0, 0)]),
      of(X, [(0, 0), (0, 0)]))  # fmt: skip

INDICES = {
    "integer": (X, 1),
    "slice": (X, slice(None, None, -2)),
    "axes": (X, (None, slice(1), Ellipsis)),
    "element": (X, (1, -1)),
    "rows": (X, np.array([1, 1, 0, -1])),
    "list": (X, [0, 0]),
    "pairs": (X, (np.array([0, 1, 0]), np.array([2, 2, 2]))),
    "mixed": (CUBE, (slice(None), np.array([0, 2, 0]), slice(1, 3))),
    "mask": (X, X > 0),
    "nothing": (X, X > 100),
    "empty": (EMPTY, (slice(None), 1)),
}


def gathered(x, index):
    """Return x[index] by way of the flat positions."""
    places = np.arange(x.size).reshape(x.shape)[tuple(index) if isinstance(index, tuple) else index]
    return x.ravel()[places]


def scattered(x, index, shape):
    """Return zeros with x added at the index, one entry after the other."""
    places = np.arange(int(np.prod(shape))).reshape(shape)[index]
    return np.bincount(places.ravel(), x.ravel(), int(np.prod(shape))).reshape(shape)


entry("getitem", gathered, *[of(x, index) for x, index in INDICES.values()])
entry("index_add", scattered, *[of(np.array(x[i]), i, shape=x.shape) for x, i in list(INDICES.values())[:-2]])
entry("take_along_axis", np.take_along_axis, of(X, np.array([[0, 2], [1, 1]]), 1), of(X, np.array([[0, 1, 1]]), 0),
      of(CUBE, np.argsort(CUBE, -1), axis=-1))  # fmt: skip
entry("diagonal", lambda x: np.einsum("...ii->...i", x), of(SQUARE), of(normal(2, 3, 3)))
JOINS = (of(X, Y), of(X, Y, X, axis=1), of(X, axis=0), of(EMPTY, X), of(X, Y, axis=-1))
entry("concatenate", lambda *xs, axis=0: np.append(xs[0], np.concatenate(xs[1:], axis), axis) if len(xs) > 1 else xs[0],
      *JOINS, call=lambda *xs, axis=0: pydl.concatenate(xs, axis))  # fmt: skip
entry("stack", lambda *xs, axis=0: np.moveaxis(np.array(xs), 0, axis), of(X, Y), of(X, Y, X, axis=1), of(X, Y, axis=-1),
      of(EMPTY, EMPTY), of(SCALAR, normal()), call=lambda *xs, axis=0: pydl.stack(xs, axis))  # fmt: skip
entry("split", np.split, of(X, 3, 1), of(X, 2), of(CUBE, 2, axis=-1), of(EMPTY, 3, 1))
entry("repeat", lambda x, n, axis: np.take(x, np.arange(x.shape[axis]).repeat(n), axis), of(X, 2, 0), of(X, 3, -1),
      of(X, 1, 1), of(EMPTY, 2, 0))  # fmt: skip
entry("tile", lambda x, n, axis: np.take(x, np.arange(n * x.shape[axis]) % max(x.shape[axis], 1), axis), of(X, 2, 0),
      of(X, 3, -1), of(X, 1, 1))  # fmt: skip

AXES = (of(CUBE), of(CUBE, 1), of(CUBE, (0, -1)), of(CUBE, 0, keepdims=True), of(CUBE, None, keepdims=True), of(X.T, 0),
        of(X, [0, 1]), of(SCALAR), of(ONE, 0))  # fmt: skip
NONE = (of(EMPTY), of(EMPTY, 0), of(EMPTY.T, 0), of(EMPTY, 1))


def axes_of(axis):
    """Return the axes as NumPy wants them."""
    return tuple(axis) if isinstance(axis, list) else axis


def variance(x, axis=None, correction=0, keepdims=False):
    """Return the variance, by NumPy's own."""
    return np.var(x, axis=axes_of(axis), ddof=correction, keepdims=keepdims)


entry("sum", lambda x, axis=None, keepdims=False: np.sum(x, axes_of(axis), keepdims=keepdims), *AXES, *NONE)
entry("mean", lambda x, axis=None, keepdims=False: np.mean(x, axes_of(axis), keepdims=keepdims), *AXES,
      of(X, 1))  # fmt: skip
MOMENTS = (of(CUBE), of(CUBE, 1), of(CUBE, (0, -1), 1), of(CUBE, 0, keepdims=True), of(VECTOR, 0, correction=1))
entry("var", variance, *MOMENTS, of(np.full(3, 2.0)))
entry("std", lambda x, *args, **settings: np.sqrt(variance(x, *args, **settings)), *MOMENTS,
      of(np.full((2, 3), 2.0), 1, smooth=False))  # fmt: skip
EQUAL = (of(np.array([[2.0, 2.0, 1.0], [0.0, -1.0, 0.0]]), 1, smooth=False), of(np.ones((2, 3)), smooth=False),
         of(np.ones((2, 3)), (0, 1), True, smooth=False))  # fmt: skip
entry("max", lambda x, axis=None, keepdims=False: np.maximum.reduce(x, axes_of(axis), keepdims=keepdims), *AXES, *EQUAL)
entry("min", lambda x, axis=None, keepdims=False: np.minimum.reduce(x, axes_of(axis), keepdims=keepdims), *AXES, *EQUAL)
entry("prod", np.prod, of(X), of(CUBE, 1), of(X, -1, keepdims=True), of(VECTOR, keepdims=True), of(EMPTY, 0), of(EMPTY),
      of(SCALAR), of(np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]]), 1))  # fmt: skip
entry("cumsum", lambda x, axis: np.add.accumulate(x, axis), of(X, 0), of(CUBE, -2), of(VECTOR, 0), of(EMPTY, 0))
FIRST = of(np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]]), 1)
entry("argmax", lambda x, axis=None: np.argsort(-x, axis, kind="stable").take(0, axis if axis is not None else 0),
      of(X, 1), of(VECTOR), of(CUBE, axis=0), FIRST)  # fmt: skip
entry("argmin", lambda x, axis=None: np.argsort(x, axis, kind="stable").take(0, axis if axis is not None else 0),
      of(X, 1), of(VECTOR), of(CUBE, axis=0), FIRST)  # fmt: skip
