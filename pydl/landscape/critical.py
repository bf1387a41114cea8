"""The search for critical points of any index: Levenberg and Marquardt's method on the equations ∇f = 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.backend import Array
from pydl.landscape._local import Function, checked_point, flat, gradient_at, hessian_at, value_at
from pydl.landscape.classify import CriticalPoint, classify

__all__ = ["Search", "critical_points"]


@dataclass(frozen=True, eq=False)
class Search:
    """What a search from many starts found; each start is counted once.

    Parameters
    ----------
    points : tuple of CriticalPoint
        The distinct critical points, by ascending value.
    hits : tuple of int
        For each of them, the number of starts that led to it.
    flat : tuple of CriticalPoint
        Gradient-flat points: ‖∇f‖ stalled above the gate because the gradient lies in (nearly) the Hessian's kernel.
        These are no critical points, however slowly ‖∇f‖ still falls.
    rejected : int
        Number of starts that ended neither way: out of iterations, or where f is not finite.
    """

    points: tuple[CriticalPoint, ...]
    hits: tuple[int, ...]
    flat: tuple[CriticalPoint, ...]
    rejected: int

    def __repr__(self) -> str:
        return (
            f"Search({len(self.points)} critical points from {sum(self.hits)} starts,"
            f" {len(self.flat)} gradient-flat, {self.rejected} rejected)"
        )


def critical_points(
    f: Function,
    starts: Iterable[Any],
    gtol: float | None = None,
    max_iter: int = 200,
    merge: float | None = None,
    tol: float | None = None,
) -> Search:
    r"""Search for critical points of any kind from each start.

    .. math::

        s = -(H^2 + \mu I)^{-1} H g, \qquad g = \nabla f(x),\; H = \nabla^2 f(x)

    Newton's method on ∇f = 0 is drawn to every kind of critical point, but runs away where H is nearly singular.
    The damping μ keeps its step short there, and makes each accepted step lower ½‖g‖². With μ in proportion to
    ‖g‖² the end is quadratically fast, also where critical points are not isolated. A step takes the dense Hessian:
    some hundred weights are a matter of seconds.

    ½‖g‖² has stationary points of its own, where Hg = 0 and g is not. A search ends in many of them; reported as
    critical points they would distort every statistic, so they are told apart and counted.

    Parameters
    ----------
    f : callable
        A scalar function of one array.
    starts : array of shape (m, …) or iterable of arrays
        Where to begin, one start a row.
    gtol : float, optional
        The gate: a point counts as critical if ‖∇f‖ is at most this; √ε of the starts' type unless given, which
        suits an f whose values are of the order of 1. From there the search goes on while each step at least halves
        ‖∇f‖, so most points are far more exact.
    max_iter : int
        Most steps from one start.
    merge : float, optional
        Two points count as one if they are closer than merge·(1 + √ε‖x‖); ∛ε unless given.
    tol : float, optional
        Passed to `classify`.

    Returns
    -------
    Search
        Points, hits, gradient-flat points and the number of rejects: each start is in one of them.

    Raises
    ------
    ValueError
        If there is no start, a start is a bare number or not finite, max_iter is below 1, or f returns more than one
        number.
    TypeError
        If the starts are not of a floating type.

    References
    ----------
    N. Yamashita, M. Fukushima: On the rate of convergence of the Levenberg-Marquardt method, Computing Supplementa
    15 (2001). C. G. Frye et al.: Critical point-finding methods reveal gradient-flat regions of deep network losses,
    Neural Computation 33 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> found = critical_points(lambda x: x[0] ** 3 - 3 * x[0] + x[1] ** 2, np.array([[2.0, 1.0], [-2.0, 1.0]]))
    >>> [(point.kind, round(point.value, 9)) for point in found.points]
    [('minimum', -2.0), ('saddle', 2.0)]
    """
    places = [checked_point("critical_points", x) for x in starts]
    if not places:
        raise ValueError("critical_points: there is no start: pass an array of shape (m, …), one start a row")
    if any(x.ndim == 0 for x in places):
        raise ValueError("critical_points: a start is a bare number: pass one start a row, [x] if there is only one")
    if max_iter < 1:
        raise ValueError(f"critical_points: max_iter must be at least 1, not {max_iter}")
    value_at("critical_points", f, places[0])
    eps = float(np.finfo(places[0].dtype).eps)
    gtol, merge = eps**0.5 if gtol is None else gtol, eps ** (1 / 3) if merge is None else merge
    groups: list[list[tuple[float, Array]]] = []
    stalled, rejected = [], 0
    for x in places:
        end, norm, share = _descend(*flat(f, x), gtol, max_iter)
        end = end.reshape(x.shape)
        if not np.isfinite(value_at("critical_points", f, end)):
            rejected += 1
        elif norm <= gtol:
            _join(groups, norm, end, merge, eps)
        elif share <= 10 * eps**0.25:  # ‖g‖ has its least value there to a share √ε, and Hg is of its root
            stalled.append(classify(f, end, gtol, tol))
        else:
            rejected += 1
    found = [(classify(f, min(group, key=lambda pair: pair[0])[1], gtol, tol), len(group)) for group in groups]
    found.sort(key=lambda pair: pair[0].value)
    return Search(tuple(p for p, _ in found), tuple(n for _, n in found), tuple(stalled), rejected)


def _join(groups: list[list[tuple[float, Array]]], norm: float, x: Array, merge: float, eps: float) -> None:
    """Add x to the group whose first point is near, or open a new one."""
    near = merge * (1 + eps**0.5 * float(np.linalg.norm(x.reshape(-1))))
    for group in groups:
        if float(np.linalg.norm((group[0][1] - x).reshape(-1))) <= near:
            group.append((norm, x))
            return
    groups.append([(norm, x)])


def _descend(f: Function, x: Array, gtol: float, max_iter: int) -> tuple[Array, float, float]:
    """Lower ½‖g‖² from x; return the end, ‖g‖ there, and ‖Hg‖ / ‖g‖, which is near 0 where it is gradient-flat.

    The last is told as a share of the largest curvature on the way.
    """
    g, factor, eps = gradient_at(f, x), 1e-3, float(np.finfo(x.dtype).eps)
    norm, share, stop, slow, largest = float(np.linalg.norm(g)), 1.0, False, False, 0.0
    for step in range(max_iter + 1):
        H = hessian_at(f, x)
        if not (np.isfinite(norm) and bool(np.isfinite(H).all())):
            return x, float("nan"), 1.0
        values, Q = np.linalg.eigh(H)
        along, largest = Q.T @ g, max(largest, float(np.max(np.abs(values))))
        share = float(np.linalg.norm(values * along)) / (largest * norm) if largest and norm else 0.0
        if stop or not share:
            break
        if step == max_iter:
            return x, norm, share if slow else 1.0  # a fast fall is on its way somewhere, not flat
        while True:
            mu = factor * norm**2
            s = -Q @ (values * along / (values**2 + mu))
            expected = norm**2 - float(np.linalg.norm(mu * along / (values**2 + mu))) ** 2  # of the linear model
            there = gradient_at(f, x + s)
            new = float(np.linalg.norm(there))
            gain = (norm**2 - new**2) / expected if expected > 0 and np.isfinite(new) else -1.0
            if gain > 1e-3:
                break
            factor *= 4
            if norm <= gtol or float(np.linalg.norm(s)) <= eps * (1 + float(np.linalg.norm(x))):
                return x, norm, share  # rounding is all that is left
        if gain > 0.75:
            factor = max(factor / 4, 1e-12)
        elif gain < 0.25:
            factor *= 4
        stop = new > (0.5 if new <= gtol else 1 - eps**0.5) * norm  # as good as it gets; or stalled
        slow = new > 0.99 * norm
        x, g, norm = x + s, there, new
    return x, norm, share
