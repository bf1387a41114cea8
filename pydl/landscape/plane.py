"""Planes through the space of all weights: values on a slice for contours, and trajectories projected on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pydl.autodiff import no_grad
from pydl.backend import Array, asarray, device_of, to_numpy
from pydl.landscape._local import Function, checked_point, value_at
from pydl.random import default_rng

__all__ = ["Plane", "Projection"]


class Projection(NamedTuple):
    """A trajectory as seen on a plane.

    Parameters
    ----------
    coordinates : numpy.ndarray, shape (m, 2)
        Where each point falls on the plane.
    distances : numpy.ndarray, shape (m,)
        How far each point lies from the plane: what the picture does not show.
    share : float
        The share of the summed squared distances from the plane's origin that the plane keeps, in [0, 1]; for
        `Plane.principal` of the same trajectory it is the share of its variance.
    """

    coordinates: np.ndarray
    distances: np.ndarray
    share: float


@dataclass(frozen=True, eq=False)
class Plane:
    r"""A plane in the space of θ, with two orthonormal directions.

    .. math:: \theta(s, t) = \theta_0 + s\,u + t\,v, \qquad \lVert u \rVert = \lVert v \rVert = 1,\; u^\top v = 0

    Distances on the plane are distances in the space. Make one by `through`, `random` or `principal`; from any two
    directions, `Plane(origin, u, v)` makes them orthonormal in this order (Gram and Schmidt).

    Parameters
    ----------
    origin : array or Tensor
        θ₀, of any shape.
    u, v : array or Tensor
        Two directions of the same shape, not parallel.

    Raises
    ------
    ValueError
        If the shapes differ, an array is not finite, or the directions are parallel.
    TypeError
        If the origin is not of a floating type.

    References
    ----------
    I. J. Goodfellow, O. Vinyals, A. M. Saxe: Qualitatively characterizing neural network optimization problems,
    ICLR (2015).
    H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein: Visualizing the loss landscape of neural nets, NeurIPS (2018).

    Examples
    --------
    >>> import numpy as np
    >>> plane = Plane.through(np.zeros(3), np.array([2.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    >>> plane.grid(lambda x: (x**2).sum(), s=[0.0, 1.0], t=[0.0, 3.0])
    array([[ 0.,  1.],
           [ 9., 10.]])
    """

    origin: Array
    u: Array
    v: Array

    def __post_init__(self) -> None:
        origin, u, v = (checked_point("Plane", array) for array in (self.origin, self.u, self.v))
        if not origin.shape == u.shape == v.shape:
            raise ValueError(f"Plane: origin and directions need one shape, not {origin.shape}, {u.shape}, {v.shape}")
        u, first, second = u.astype(origin.dtype), _norm(u), _norm(v)
        u = u / (first or 1.0)
        for _ in range(2):  # twice: what is left of a nearly parallel v is mostly rounding the first time
            v = v - (u * v).sum() * u
        if not first or _norm(v) <= 100 * float(np.finfo(origin.dtype).eps) * second:
            raise ValueError("Plane: the directions are parallel (or 0) and span no plane: choose another point")
        for name, array in (("origin", origin), ("u", u), ("v", (v / _norm(v)).astype(origin.dtype))):
            object.__setattr__(self, name, array)

    @classmethod
    def through(cls, a: Any, b: Any, c: Any) -> Plane:
        """Return the plane through three points: `a` is its origin, `b` lies on its first axis, `c` above that."""
        a, b, c = (checked_point("Plane.through", x) for x in (a, b, c))
        return cls(a, b - a, c - a)

    @classmethod
    def random(cls, origin: Any, rng: int | np.random.Generator | None = None) -> Plane:
        """Return a plane through `origin` in two directions drawn from `rng`, all equally likely.

        ValueError if there is only one weight.
        """
        origin, draw = checked_point("Plane.random", origin), default_rng(rng)
        if origin.size < 2:
            raise ValueError("Plane.random: a plane needs at least two weights, the origin has one")
        directions = draw.standard_normal((2, *origin.shape))
        return cls(origin, *(asarray(d, origin.dtype, device_of(origin)) for d in directions))

    @classmethod
    def principal(cls, trajectory: Any) -> Plane:
        """Return the plane through the mean of a `trajectory`, shape (m, …), that keeps most of its variance.

        ValueError if the trajectory has less than three points, only one weight, or stands still.
        """
        points = _rows("Plane.principal", trajectory)
        mean = points.mean(axis=0)
        centred = (points - mean).reshape(len(points), -1)
        if len(points) < 3 or centred.shape[1] < 2:
            raise ValueError(f"Plane.principal: needs three points or more of at least two weights, not {points.shape}")
        if not bool(centred.any()):
            raise ValueError("Plane.principal: all points of the trajectory are the same: it has no directions")
        _, _, Vt = np.linalg.svd(centred, full_matrices=False)
        return cls(mean, Vt[0].reshape(mean.shape), Vt[1].reshape(mean.shape))

    def point(self, s: float, t: float) -> Array:
        """Return θ(`s`, `t`), of the origin's shape."""
        return self.origin + s * self.u + t * self.v

    def grid(self, f: Function, s: Any, t: Any) -> np.ndarray:
        """Compute f on a grid of the plane, one point after another, recording nothing.

        Parameters
        ----------
        f : callable
            A scalar function of one array of the origin's shape.
        s : sequence of float
            Coordinates along u: the columns.
        t : sequence of float
            Coordinates along v: the rows.

        Returns
        -------
        numpy.ndarray, shape (len(t), len(s))
            The values, as Matplotlib's ``contour(s, t, values)`` takes them.

        Raises
        ------
        ValueError
            If f returns more than one number.
        """
        with no_grad():
            rows = [[value_at("Plane.grid", f, self.point(float(a), float(b))) for a in s] for b in t]
        return np.array(rows)

    def project(self, trajectory: Any) -> Projection:
        """Drop each point of a `trajectory`, shape (m, …), on the plane at a right angle; see `Projection`.

        ValueError if the points have another shape than the plane's origin.
        """
        points = _rows("Plane.project", trajectory)
        if points.shape[1:] != self.origin.shape:
            raise ValueError(
                f"Plane.project: the points have shape {tuple(points.shape[1:])}, the plane's {self.origin.shape}"
            )
        offsets = (points - self.origin).reshape(len(points), -1)
        basis = np.stack([self.u.reshape(-1), self.v.reshape(-1)])
        on = offsets @ basis.T
        total, rest = (offsets**2).sum(), ((offsets - on @ basis) ** 2).sum(axis=1)
        share = 1 - float(rest.sum() / total) if float(total) else 1.0
        return Projection(to_numpy(on), to_numpy(np.sqrt(rest)), max(share, 0.0))


def _norm(x: Array) -> float:
    return float(np.linalg.norm(x.reshape(-1)))


def _rows(name: str, trajectory: Any) -> Array:
    """Return a trajectory, an array or a list of points, as one array (m, …)."""
    if isinstance(trajectory, (list, tuple)):
        trajectory = np.stack([checked_point(name, x) for x in trajectory])
    points = checked_point(name, trajectory)
    if points.ndim < 2:
        raise ValueError(f"{name}: a trajectory has one point a row, shape (m, …); got shape {tuple(points.shape)}")
    return points
