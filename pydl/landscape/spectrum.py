"""The spectrum of the Hessian: all of it from the dense matrix, its ends and its density by Lanczos' method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.backend import Array, asarray, device_of, namespace, to_numpy
from pydl.func import hvp
from pydl.landscape._local import Function, checked_point, flat, hessian_at, value_at
from pydl.random import default_rng

__all__ = ["Extremes", "density", "lanczos", "spectrum"]


def spectrum(f: Function, x: Any) -> np.ndarray:
    r"""Compute all eigenvalues of the Hessian.

    .. math:: \nabla^2 f(x)\, v = \lambda v

    The dense Hessian of n weights takes n backward walks and n² numbers; from some thousand weights on,
    `lanczos` and `density` are the way.

    Parameters
    ----------
    f : callable
        A scalar function of one array.
    x : array or Tensor
        Where to look, of any shape; n numbers in all.

    Returns
    -------
    numpy.ndarray, shape (n,)
        The eigenvalues, ascending, on the host.

    Raises
    ------
    ValueError
        If x or the Hessian there is not finite, or f returns more than one number.
    TypeError
        If x is not of a floating type.

    Examples
    --------
    >>> import numpy as np
    >>> spectrum(lambda x: x[0] ** 2 - x[1] ** 2, np.array([0.0, 0.0]))
    array([-2.,  2.])
    """
    f, x = flat(f, checked_point("spectrum", x))
    value_at("spectrum", f, x)
    H = hessian_at(f, x)
    if not bool(np.isfinite(H).all()):
        raise ValueError("spectrum: the Hessian holds NaN or infinity here: look at a point nearby, or rewrite f")
    return to_numpy(np.linalg.eigvalsh(H))


@dataclass(frozen=True, eq=False)
class Extremes:
    """Both ends of a spectrum, as `lanczos` found them.

    Parameters
    ----------
    smallest, largest : numpy.ndarray, shape (k,)
        The k smallest and the k largest eigenvalues, each ascending.
    smallest_vectors, largest_vectors : array, shape (n, k)
        Their eigenvectors, one a column, on the device of x.
    residual : float
        The largest ‖∇²f v − λv‖ of these pairs: within this distance of each λ there is an eigenvalue.
    steps : int
        How many Hessian-vector products it took.
    converged : bool
        Whether the residual came below the tolerance.
    """

    smallest: np.ndarray
    largest: np.ndarray
    smallest_vectors: Array
    largest_vectors: Array
    residual: float
    steps: int
    converged: bool


def lanczos(
    f: Function,
    x: Any,
    k: int = 1,
    tol: float | None = None,
    max_steps: int | None = None,
    rng: int | np.random.Generator | None = None,
) -> Extremes:
    r"""Find the k smallest and the k largest eigenvalues of the Hessian by products with vectors only.

    .. math:: \nabla^2 f(x)\, Q_m = Q_m T_m + \beta_m q_{m+1} e_m^\top

    Each step costs one Hessian-vector product and adds one column to the orthonormal Qₘ; the eigenvalues of the
    small tridiagonal Tₘ approach those of the Hessian from its ends inward. Every new column is made orthogonal
    to all earlier ones twice, so rounding makes no false copies of eigenvalues. An eigenvalue that occurs several
    times can be found once only, unless the steps go on to n.

    Parameters
    ----------
    f : callable
        A scalar function of one array.
    x : array or Tensor
        Where to look, of any shape; n numbers in all.
    k : int
        How many eigenvalues from each end.
    tol : float, optional
        Stop when all 2k residuals ‖∇²f v − λv‖ are below tol·max|λ|; √ε of the type of x unless given. The error
        of a well separated eigenvalue is then of the order of tol².
    max_steps : int, optional
        At most so many products; min(n, 20k + 200) unless given.
    rng : int, numpy.random.Generator or None
        Where the first column is drawn from; see `pydl.random.default_rng`.

    Returns
    -------
    Extremes
        Eigenvalues, eigenvectors, and how far to trust them.

    Raises
    ------
    ValueError
        If k or max_steps is out of range, x or a product is not finite, or f returns more than one number.
    TypeError
        If x is not of a floating type.

    References
    ----------
    C. Lanczos: An iteration method for the solution of the eigenvalue problem of linear differential and integral
    operators, Journal of Research of the National Bureau of Standards 45 (1950).
    B. N. Parlett: The Symmetric Eigenvalue Problem (1998), chapter 13.

    Examples
    --------
    >>> import numpy as np
    >>> ends = lanczos(lambda x: (np.arange(50.0) * x * x).sum() / 2, np.zeros(50), rng=0)
    >>> bool(abs(ends.largest[0] - 49) < 1e-9)
    True
    """
    f, x = flat(f, checked_point("lanczos", x))
    value_at("lanczos", f, x)
    n = x.size
    if not 1 <= k <= n:
        raise ValueError(f"lanczos: k must lie between 1 and the number of weights, {n}, not {k}")
    most = min(n, 20 * k + 200 if max_steps is None else max_steps)
    if most < min(2 * k, n):
        raise ValueError(f"lanczos: {most} steps give no {2 * k} eigenvalues: raise max_steps, or lower k")
    tol = float(np.finfo(x.dtype).eps) ** 0.5 if tol is None else tol
    columns, diagonal, off = [], [], []
    values = vectors = np.empty(0)
    residual = np.inf
    for q, a, b in _steps(f, x, most, default_rng(rng)):
        columns.append(q)
        diagonal.append(a)
        off.append(b)
        if (m := len(diagonal)) < min(2 * k, n) or (m % 5 and m < most):
            continue
        values, vectors = np.linalg.eigh(_tridiagonal(diagonal, off))
        ends = [i for i in range(m) if i < k or i >= m - k]
        residual = float(np.max(np.abs(b * vectors[-1, ends])))
        if residual <= tol * np.max(np.abs(values)):
            break
    Q = np.stack(columns, axis=1)
    small = Q @ asarray(vectors[:, :k], x.dtype, device_of(x))
    large = Q @ asarray(vectors[:, -k:], x.dtype, device_of(x))
    converged = residual <= tol * np.max(np.abs(values))
    return Extremes(values[:k], values[-k:], small, large, residual, len(columns), bool(converged))


def density(
    f: Function, x: Any, probes: int = 8, steps: int = 64, rng: int | np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    r"""Estimate how the eigenvalues are distributed, by stochastic Lanczos quadrature.

    .. math:: \frac1n \sum_{i=1}^n g(\lambda_i) \approx \sum_j \omega_j\, g(t_j)

    Lanczos' method from a random direction q gives a Gauss quadrature for qᵀg(∇²f)q, exact for polynomials g up
    to degree 2·steps − 1; the mean over directions on the sphere is the left side. A histogram of t with weights ω
    shows the spectrum of a Hessian that is too large to write down.

    Parameters
    ----------
    f : callable
        A scalar function of one array.
    x : array or Tensor
        Where to look, of any shape.
    probes : int
        How many random directions.
    steps : int
        Hessian-vector products for each; at most n are made.
    rng : int, numpy.random.Generator or None
        Where the directions are drawn from; see `pydl.random.default_rng`.

    Returns
    -------
    nodes : numpy.ndarray
        The places tⱼ, ascending.
    weights : numpy.ndarray
        The shares ωⱼ ≥ 0, whose sum is 1.

    Raises
    ------
    ValueError
        If probes or steps is below 1, x or a product is not finite, or f returns more than one number.
    TypeError
        If x is not of a floating type.

    References
    ----------
    B. Ghorbani, S. Krishnan, Y. Xiao: An investigation into neural net optimization via Hessian eigenvalue density,
    ICML (2019), algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> nodes, weights = density(lambda x: (x**2).sum(), np.zeros(100), probes=2, rng=0)
    >>> bool(np.allclose(nodes[weights > 1e-9], 2.0))
    True
    """
    f, x = flat(f, checked_point("density", x))
    value_at("density", f, x)
    if min(probes, steps) < 1:
        raise ValueError(f"density: probes and steps must be at least 1, not {probes} and {steps}")
    draw = default_rng(rng)
    nodes, weights = [], []
    for _ in range(probes):
        _, diagonal, off = zip(*_steps(f, x, min(steps, x.size), draw), strict=True)
        values, vectors = np.linalg.eigh(_tridiagonal(diagonal, off))
        nodes.append(values)
        weights.append(vectors[0] ** 2 / probes)
    order = np.argsort(np.concatenate(nodes))
    return np.concatenate(nodes)[order], np.concatenate(weights)[order]


def _tridiagonal(diagonal: Sequence[float], off: Sequence[float]) -> np.ndarray:
    return np.diag(diagonal) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1)


def _steps(f: Function, x: Array, most: int, draw: np.random.Generator) -> Iterator[tuple[Array, float, float]]:
    """Yield the columns qₘ of Lanczos' method with αₘ and βₘ; where βₘ is 0, go on from a fresh direction."""
    eps, size = float(np.finfo(x.dtype).eps), 0.0
    Q = namespace(x).zeros((most, x.size), x.dtype)  # as rows, which lie together

    def clean(v: Array, m: int) -> Array:
        for _ in range(2):  # once leaves what rounding made of a small remainder, twice is enough
            v = v - Q[:m].T @ (Q[:m] @ v)
        return v

    def fresh(m: int) -> Array:
        v = clean(asarray(draw.standard_normal(x.size), x.dtype, device_of(x)), m)
        return v / np.linalg.norm(v)

    q = fresh(0)
    for m in range(most):
        Q[m] = q
        product = hvp(f, (x,), (q,))
        a = float(q @ product)
        if not np.isfinite(a):
            raise ValueError("the Hessian holds NaN or infinity here: look at a point nearby, or rewrite f")
        r = clean(product, m + 1)
        b = float(np.linalg.norm(r))
        size = max(size, abs(a) + b)
        if b <= 10 * x.size**0.5 * eps * size:  # the columns so far span an invariant subspace
            b = 0.0
        yield q, a, b
        if m + 1 < most:
            q = r / b if b else fresh(m + 1)
