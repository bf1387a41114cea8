"""Factorizations of symmetric matrices: eigenvalues and Cholesky.

Derivative rules after Giles (2008), *Collected matrix derivative results for forward and reverse
mode algorithmic differentiation*, and, for Cholesky, Murray (2016), arXiv:1602.07527.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import composed, general, raw
from pydl.backend import Array, namespace
from pydl.ops.arithmetic import equal, reciprocal, where
from pydl.ops.indexing import concatenate, diagonal
from pydl.ops.linalg import inv, matmul, mT

__all__ = ["cholesky", "eigh", "eigvalsh"]


def _eigh_parts(y: Any) -> tuple[Any, Any]:
    return y[..., 0], y[..., 1:]


def _gaps(w: Any) -> Any:
    """1/(wⱼ − wᵢ), and 0 where they are equal."""
    gap = w[..., None, :] - w[..., :, None]
    return where(equal(gap, 0), 0, reciprocal(where(equal(gap, 0), 1, gap)))


def _eigh_pull(g: Any, y: Any, a: Any, needs: Sequence[bool]) -> tuple[Any]:
    (gw, gv), (w, v) = _eigh_parts(g), _eigh_parts(y)
    eye = namespace(raw(w)).eye(w.shape[-1], dtype=w.dtype)
    inner = gw[..., None, :] * eye + _gaps(w) * matmul(mT(v), gv)
    return (matmul(matmul(v, inner), mT(v)),)


def _eigh_push(t: Any, y: Any, a: Any) -> Any:
    w, v = _eigh_parts(y)
    rotated = matmul(matmul(mT(v), t), v)
    return concatenate([diagonal(rotated)[..., None], matmul(v, _gaps(w) * rotated)], axis=-1)


@general(_eigh_pull, (_eigh_push,), arrays=1)
def _eigh(a: Array) -> Array:
    """One array [w | V]: an op has one result."""
    w, v = np.linalg.eigh(a)
    return np.concatenate([w[..., None], v], axis=-1)


@composed
def eigh(a: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of a symmetric matrix: a = V diag(w) Vᵀ.

    Only the lower triangle is read. Derivatives of eigenvectors need distinct eigenvalues.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n), symmetric.

    Returns
    -------
    w : array or Tensor
        Eigenvalues in ascending order, shape (..., n).
    v : array or Tensor
        Eigenvectors as columns, shape (..., n, n).
    """
    return _eigh_parts(_eigh(a))


@composed
def eigvalsh(a: Array) -> Array:
    """Eigenvalues of a symmetric matrix, in ascending order.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n), symmetric.

    Returns
    -------
    array or Tensor
        Shape (..., n).
    """
    return eigh(a)[0]


def _half_triangle(x: Any) -> Any:
    """Lower triangle with half the diagonal: the part of a symmetric matrix that Cholesky keeps."""
    ones = np.ones_like(raw(x))
    return x * ((np.tril(ones) + np.tril(ones, -1)) * 0.5)


def _cholesky_pull(g: Any, y: Any, a: Any, needs: Sequence[bool]) -> tuple[Any]:
    inverse = inv(y)
    s = matmul(matmul(mT(inverse), _half_triangle(matmul(mT(y), g))), inverse)
    return ((s + mT(s)) * 0.5,)


def _cholesky_push(t: Any, y: Any, a: Any) -> Any:
    inverse = inv(y)
    return matmul(y, _half_triangle(matmul(matmul(inverse, t), mT(inverse))))


@general(_cholesky_pull, (_cholesky_push,), arrays=1)
def cholesky(a: Array) -> Array:
    """Factor a symmetric positive definite matrix: a = y yᵀ with y lower triangular.

    Parameters
    ----------
    a : array or Tensor
        Shape (..., n, n), symmetric positive definite.

    Returns
    -------
    array or Tensor
        The factor, of a's shape.

    Raises
    ------
    ValueError
        If a is not positive definite.
    """
    return np.linalg.cholesky(a)
