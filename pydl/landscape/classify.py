"""Minimum, maximum or saddle: by the Hessian's eigenvalues, and by higher derivatives where these do not decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.backend import Array, to_numpy
from pydl.landscape._local import Function, checked_point, flat, gradient_at, hessian_at, length_of, value_at
from pydl.landscape._reduced import decide

__all__ = ["CriticalPoint", "classify"]


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A point, and what the derivatives of f say about it.

    Parameters
    ----------
    x : array
        The point.
    value : float
        f(x).
    grad_norm : float
        ‖∇f(x)‖.
    eigenvalues : numpy.ndarray, shape (n,)
        Of the Hessian, ascending.
    kind : {"minimum", "maximum", "saddle", "undecided", "not critical"}
        "minimum" and "maximum" are strict local ones; a "saddle" is a critical point with higher and lower values
        arbitrarily near.
    index : int
        Number of negative eigenvalues (Morse index), those that count as 0 left out.
    nullity : int
        Number of eigenvalues that count as 0: the point is degenerate where it is not 0.
    reason : str
        What decided, in words.
    """

    x: Array
    value: float
    grad_norm: float
    eigenvalues: np.ndarray
    kind: str
    index: int
    nullity: int
    reason: str

    def __repr__(self) -> str:
        return (
            f"CriticalPoint({self.kind}, index {self.index}, nullity {self.nullity}, value {self.value:.4g},"
            f" ‖∇f‖ {self.grad_norm:.2g}: {self.reason})"
        )


def classify(f: Function, x: Any, gtol: float | None = None, tol: float | None = None) -> CriticalPoint:
    r"""Tell what kind of critical point x is.

    .. math::

        \nabla f(x) = 0, \qquad
        \lambda_i > 0 \text{ for all } i:\ \text{minimum}, \quad
        \lambda_i < 0:\ \text{maximum}, \quad
        \lambda_1 < 0 < \lambda_n:\ \text{saddle}

    Where eigenvalues are 0 and the others have one sign, f is replaced by its reduced function on the kernel of the
    Hessian, which has the same kind of point (splitting lemma). Is its third derivative not 0 in one direction, the
    point is a saddle. Otherwise its fourth derivative decides: a minimum, say, if it is positive in all directions
    and so are the other eigenvalues, a saddle if the signs differ. "All directions" is proved, not sampled: with up
    to six zero eigenvalues by a sum of squares. What remains is "undecided": x⁶, or a valley with a flat bottom.

    Rounding and an inexact x blur what is 0. An eigenvalue counts as 0 up to tol·max|λ|. As x is known only to
    within a Newton step s and the rounding of its entries, an eigenvalue decides only if it is more than four times
    as large as the change of the Hessian on that way, in the spirit of Kantorovich's theorem. The gradient and the
    curvature along the kernel must be 0 up to tol beside the higher derivatives that decide, and what they leave
    must not place the true point so far off that these derivatives change; otherwise the point is "undecided", too.

    Parameters
    ----------
    f : callable
        A scalar function of one array, made of pydl's or NumPy's functions; smooth at x (at the kink of a ReLU the
        derivatives are those of one side, and so is the verdict).
    x : array or Tensor
        The point, of any shape.
    gtol : float, optional
        The gate: ‖∇f‖ above it is "not critical". √ε unless given (1.5e-8 in float64, 3.5e-4 in float32), which
        suits an f whose values are of the order of 1; for another, multiply it by their size.
    tol : float, optional
        How far rounding reaches, relative to the largest derivative (x in its own units); 100·n·ε unless given: n·ε
        for finding the eigenvalues, and the rest because intermediate results may be larger than the Hessian.

    Returns
    -------
    CriticalPoint
        Kind, index, eigenvalues and reason.

    Raises
    ------
    ValueError
        If x, f or its derivatives are not finite, or f returns more than one number.
    TypeError
        If x is not of a floating type.

    References
    ----------
    D. Gromoll, W. Meyer: On differentiable functions with isolated critical points, Topology 8 (1969): the splitting
    lemma. J. M. Ortega: The Newton-Kantorovich theorem, American Mathematical Monthly 75 (1968).

    Examples
    --------
    >>> import numpy as np
    >>> classify(lambda x: -(x**4).sum(), np.zeros(2)).kind
    'maximum'
    >>> classify(lambda x: x[0] ** 3 + x[1] ** 2, np.zeros(2)).kind
    'saddle'
    """
    x = checked_point("classify", x)
    g_of, v = flat(f, x)
    value, g, H = value_at("classify", g_of, v), gradient_at(g_of, v), hessian_at(g_of, v)
    if not (np.isfinite(value) and bool(np.isfinite(g).all()) and bool(np.isfinite(H).all())):
        raise ValueError("classify: f or a derivative is NaN or infinite here: choose another point, or rewrite f")
    eps, norm = float(np.finfo(v.dtype).eps), length_of(g)
    gtol = eps**0.5 if gtol is None else gtol
    tol = 100 * v.size * eps if tol is None else tol
    on_device, Q = np.linalg.eigh(H)
    eigenvalues = to_numpy(on_device)
    largest = float(np.max(np.abs(eigenvalues)))
    zero = np.abs(eigenvalues) <= tol * largest

    def verdict(kind: str, reason: str, zero: np.ndarray = zero) -> CriticalPoint:
        index = int(np.sum((eigenvalues < 0) & ~zero))
        return CriticalPoint(x, value, norm, eigenvalues, kind, index, int(zero.sum()), reason)

    if norm > gtol:
        return verdict("not critical", f"the gradient is longer than {gtol:.2g}")
    step = Q @ (-(Q.T @ g) * _inverse(on_device, tol * largest))
    drift = length_of(hessian_at(g_of, v + step + eps * np.abs(v)) - H)
    if not np.isfinite(drift):
        return verdict("undecided", "the Hessian is not finite a Newton step away")
    zero |= np.abs(eigenvalues) <= 4 * drift
    signs = {int(s) for s in np.sign(eigenvalues[~zero])}
    if len(signs) == 2:
        return verdict("saddle", "eigenvalues of both signs")
    if not zero.any():
        sign = signs.pop()
        return verdict("minimum" if sign > 0 else "maximum", f"all eigenvalues {'>' if sign > 0 else '<'} 0")
    return verdict(*decide(g_of, v, g, on_device, Q, zero, tol))


def _inverse(values: Array, cut: float) -> Array:
    """Return 1/λ, and 0 where λ counts as 0."""
    small = np.abs(values) <= cut
    return np.where(small, 0.0, 1 / np.where(small, 1.0, values)).astype(values.dtype)
