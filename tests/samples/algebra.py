"""Samples of linear algebra and of the affine map."""

import numpy as np

import pydl

from .entry import entry, of
from .entrywise import logistic
from .inputs import COLUMN, CUBE, EMPTY, ONE, ROW, SCALAR, SQUARE, SQUARES, VECTOR, X, normal, regular

A, B = normal(2, 3), normal(3, 4)
BATCH = normal(5, 1, 3, 2)
entry("matmul", lambda a, b: np.einsum("i,i" if a.ndim == b.ndim == 1 else "i,...ij->...j" if a.ndim == 1
                                       else "...ij,j->...i" if b.ndim == 1 else "...ij,...jk->...ik", a, b),
      of(A, B), of(A, ROW), of(ROW, B), of(ROW, ROW + 1), of(CUBE, normal(4, 2)), of(CUBE, normal(4)),
      of(ROW, CUBE[:, :, :2]), of(BATCH, normal(2, 2, 4)), of(normal(2, 3), BATCH), of(B.T, A.T), of(EMPTY, B),
      of(normal(2, 0), normal(0, 3)))  # fmt: skip
entry("outer", lambda a, b: np.multiply.outer(a, b), of(VECTOR, ROW), of(ROW, ROW), of(ONE, ROW))
entry("trace", lambda x: np.einsum("...ii", x), of(SQUARE), of(SQUARES), of(normal(1, 1)))
entry("solve", lambda a, b: np.linalg.inv(a) @ b, of(SQUARE, ROW), of(SQUARE, B), of(SQUARES, normal(2, 3, 2)),
      of(SQUARE, normal(2, 3, 1)), of(SQUARES, normal(3, 2)), of(SQUARE.T, ROW))  # fmt: skip
entry("inv", lambda a: np.linalg.solve(a, np.broadcast_to(np.eye(a.shape[-1]), a.shape)), of(SQUARE), of(SQUARES))
entry("det", lambda a: np.prod(np.linalg.eigvals(a), -1).real, of(SQUARE), of(SQUARES), of(regular(1, 1)), of(-SQUARE))
entry("slogdet", lambda a: (np.sign(np.linalg.det(a)), np.log(np.abs(np.linalg.det(a)))), of(SQUARE), of(SQUARES),
      of(-SQUARE))  # fmt: skip
LENGTHS = tuple(of(*s.args, **s.settings, **({"ord": p} if p != 2 else {}))
                for p in (2, 1, np.inf)
                for s in (of(CUBE), of(X, axis=1), of(CUBE, axis=(0, 2), keepdims=True), of(ROW),
                          of(SCALAR)))  # fmt: skip
POWERS = {1: lambda x, axis, keepdims: np.abs(x).sum(axis, keepdims=keepdims),
          2: lambda x, axis, keepdims: np.sqrt((x**2).sum(axis, keepdims=keepdims)),
          np.inf: lambda x, axis, keepdims: np.abs(x).max(axis, keepdims=keepdims)}  # fmt: skip
entry("norm", lambda x, ord=2, axis=None, keepdims=False: POWERS[ord](x, axis, keepdims), *LENGTHS,
      of(np.zeros(3), smooth=False), of(np.array([[0.0, 0.0], [3.0, 4.0]]), axis=1, smooth=False),
      of(np.array([0.0, -1.0]), 1, smooth=False), of(np.array([2.0, -2.0]), np.inf, smooth=False))  # fmt: skip
SUMS = {
    "matrix product": ("ij,jk->ik", A, B),
    "implicit": ("ij,jk", A, B),
    "transposed": ("ji", A),
    "trace": ("ii->", SQUARE),
    "diagonal": ("ii->i", SQUARE),
    "sum": ("ij->", A),
    "row sums": ("ij->i", A),
    "three operands": ("i,ij,j->", normal(2), A, ROW),
    "batch": ("...ij,...jk->...ik", CUBE, normal(2, 4, 2)),
    "batch of one": ("...ij,jk->...ik", CUBE, normal(4, 2)),
    "outer": ("i,j->ij", ROW, VECTOR),
    "entrywise": ("ij,ij->ij", A, A + 1),
    "summed within": ("ij,k->k", A, ROW),
}


def summed(subscripts, *operands):
    """Return the sum by broadcasting all operands over all labels, one einsum without optimization."""
    return np.einsum(subscripts, *operands, optimize=False)


entry("einsum", summed, *[of(*args) for args in SUMS.values()])


def symmetric(function):
    """Let a function of symmetric matrices take any: finite differences leave the symmetric ones."""
    return lambda a: function(a + a.swapaxes(-1, -2))


def definite(function):
    """Let a function of positive definite matrices take any."""
    return lambda a: function(a @ a.swapaxes(-1, -2))


SPREAD, SPREADS = np.diag([1.0, 2.0, 4.0]) + normal(3, 3) / 8, np.diag([1.0, 2.0, 4.0]) + normal(2, 3, 3) / 16
entry("eigh", symmetric(np.linalg.eigh), of(SPREAD), of(SPREADS), call=symmetric(pydl.eigh))
entry("eigvalsh", symmetric(lambda a: np.sort(np.linalg.eigvals(a), -1)), of(SPREAD), of(SPREADS),
      call=symmetric(pydl.eigvalsh))  # fmt: skip


def factor(a):
    """Return the Cholesky factor, column by column."""
    lower = np.zeros_like(a)
    for j in range(a.shape[-1]):
        rest = a[..., j:, j] - np.einsum("...ik,...k->...i", lower[..., j:, :j], lower[..., j, :j])
        lower[..., j:, j] = rest / np.sqrt(rest[..., :1])
    return lower


entry("cholesky", definite(factor), of(SQUARE), of(SQUARES), of(normal(1, 1)), call=definite(pydl.cholesky))

TRANSFER = {None: lambda y: y, "relu": lambda y: y * (y > 0), "sigmoid": logistic, "tanh": np.tanh}


def affine(x, weight, bias=0, activation=None):
    """Return f(x Wᵀ + b), of one layer or of several side by side."""
    if weight.ndim == 3:
        biases = [None] * len(weight) if np.ndim(bias) < 2 else bias
        return np.stack([affine(*layer, activation) for layer in zip(x, weight, biases, strict=True)])
    return TRANSFER[activation](np.einsum("...i,oi->...o", x, weight) + (0 if bias is None else bias))


W, BIAS = normal(4, 3), normal(4)
entry("linear", affine, of(X, W, BIAS), of(X, W), of(ROW, W, BIAS), of(normal(2, 2, 3), W, BIAS), of(EMPTY, W, BIAS),
      of(X, W, None), of(X, W, bias=None), of(X, np.asfortranarray(W), BIAS), of(COLUMN, normal(4, 1), BIAS),
      *[of(X, W, BIAS, activation=name) for name in TRANSFER], of(normal(2, 2, 3), W, BIAS, "tanh"),
      *[of(normal(2, 5, 3), normal(2, 4, 3), normal(2, 4), activation=name) for name in TRANSFER],
      of(normal(2, 5, 3), normal(2, 3, 4).swapaxes(1, 2)))  # fmt: skip
