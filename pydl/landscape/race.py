"""Unit tests for optimizers: problems put together from prototype shapes, and how to race on them.

After Schaul, Antonoglou & Silver (2014): a problem isolates one difficulty, is small, and its true loss is known, so
that an optimizer that sees only noisy gradients can be judged exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import Array, device_of, to_device, to_numpy
from pydl.func import grad
from pydl.landscape.noise import Change, Noise
from pydl.landscape.prototypes import Chain
from pydl.random import default_rng
from pydl.tensor import Tensor

__all__ = ["VERDICTS", "Problem", "Race", "race", "rotation", "verdict"]


def rotation(d: int, rng: int | np.random.Generator | None = None) -> np.ndarray:
    """Return a random rotation of d dimensions: an orthogonal matrix with determinant 1, all equally likely.

    Source: Stewart (1980), The efficient generation of random orthogonal matrices: QR of a Gaussian matrix.

    Parameters
    ----------
    d : int
        Number of dimensions.
    rng : int, numpy.random.Generator or None
        Where from; None for the package's stream.

    Returns
    -------
    array
        Q of shape (d, d), on the host.

    Examples
    --------
    >>> import numpy as np
    >>> Q = rotation(3, rng=0)
    >>> bool(np.allclose(Q.T @ Q, np.eye(3))), round(float(np.linalg.det(Q)), 9)
    (True, 1.0)
    """
    Q, R = np.linalg.qr(default_rng(rng).standard_normal((d, d)))
    Q = Q * np.sign(np.diag(R))  # without this, QR's own choice of signs would favour some rotations
    if np.linalg.det(Q) < 0:
        Q[:, 0] *= -1
    return Q


@dataclass(frozen=True)
class Problem:
    r"""A loss of d coordinates and the noisy field that an optimizer sees in place of its gradient.

    .. math::

        L_t(\theta) &= s_t \sum_{j=1}^{d} f_j(z_j - c_t), \qquad z = Q^\top\theta \\
        g_t &= a \odot \big(\nabla L_t + \omega\, Q A (z - m)\big) + b

    The f_j are chains of prototype shapes, Q is a rotation, c_t and s_t are the change, a and b the noise. A turns
    pairs of coordinates by 90°; its field runs in circles around the middle m of the chains, has curl, and so is the
    gradient of no function, as the updates of temporal-difference learning are not. Leading axes of θ are
    independent runs.

    Parameters
    ----------
    chains : sequence of Chain
        f_1, …, f_d.
    noise : Noise, optional
        Distribution of a and b; none means a = 1, b = 0.
    turned : int, optional
        Seed of the rotation Q; none means Q = I.
    curl : float
        ω, the strength of the field that runs in circles.
    change : Change, optional
        How c_t and s_t go; none means 0 and 1.
    start : ((float, float), …)
        The interval, for each z_j or one for all, from which runs start, evenly distributed.

    Raises
    ------
    ValueError
        If there are no chains, or curl meets an odd number of coordinates.

    References
    ----------
    Schaul, Antonoglou & Silver (2014), Unit Tests for Stochastic Optimization, section 2. They join coordinates by a
    p-norm; this is p = 1 for shapes lifted above 0. The form of the curl, and the starts, are ours.

    Examples
    --------
    >>> import numpy as np
    >>> bowl = Problem([Chain("quadratic"), Chain("quadratic", slope=-50.0)], turned=0)
    >>> theta = bowl.starts(1000, rng=0)
    >>> theta.shape, bowl.loss(theta).shape, bowl.field(theta).shape
    ((1000, 2), (1000,), (1000, 2))
    """

    chains: Sequence[Chain]
    noise: Noise | None = None
    turned: int | None = None
    curl: float = 0.0
    change: Change | None = None
    start: tuple[tuple[float, float], ...] = ((0.0, 0.2),)

    def __post_init__(self) -> None:
        if not self.chains:
            raise ValueError("a problem needs a chain for each coordinate, and got none")
        if self.curl and self.d % 2:
            raise ValueError(f"curl turns pairs of coordinates, and there are {self.d}: give an even number of chains")

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return len(self.chains)

    @property
    def Q(self) -> np.ndarray:
        """The rotation."""
        return np.eye(self.d) if self.turned is None else rotation(self.d, self.turned)

    def _at(self, t: int) -> tuple[float, float]:
        return (0.0, 1.0) if self.change is None else self.change.at(t)

    def loss(self, theta: Any, t: int = 0) -> Any:
        """Return L_t at each point of `theta`, shape (…, d), at step `t`: the true loss, without noise."""
        shift, scale = self._at(t)
        z = theta if self.turned is None else theta @ _beside(self.Q, theta)
        z = z - shift if shift else z
        total: Any = 0.0
        first = 0
        for chain, same in itertools.groupby(self.chains):  # neighbours of one chain are computed together
            count = len(list(same))
            total = total + chain(z[..., first : first + count]).sum(axis=-1)
            first += count
        return total * scale if scale != 1 else total

    def field(self, theta: Array, t: int = 0) -> Array:
        """Return what the optimizer sees on average (without Cauchy's outliers) at `theta` and step `t`."""
        g = grad(lambda theta: self.loss(theta, t).sum())(theta)
        if self.curl:
            g = g + (theta - _beside(self.Q @ self.middle, theta)) @ _beside(self.curl * self.circulation.T, theta)
        return g

    @property
    def middle(self) -> np.ndarray:
        """The middle m of the chains, in coordinates z."""
        return np.array([chain.length / 2 for chain in self.chains])

    @property
    def circulation(self) -> np.ndarray:
        """The matrix Q A Qᵀ, which is antisymmetric."""
        A = np.kron(np.eye(self.d // 2), np.array([[0.0, -1.0], [1.0, 0.0]]))
        return self.Q @ A @ self.Q.T

    def starts(self, runs: int, rng: int | np.random.Generator | None = None) -> np.ndarray:
        """Return where `runs` start, shape (runs, d), drawn from `rng`, on the host."""
        low, high = np.broadcast_to(self.start, (self.d, 2)).T
        return default_rng(rng).uniform(low, high, (runs, self.d)) @ self.Q.T


def _beside(matrix: np.ndarray, theta: Any) -> Array:
    """Return a host matrix on θ's device, in its dtype."""
    array = raw(theta)
    return to_device(matrix.astype(array.dtype), device_of(array))


@dataclass(frozen=True)
class Race:
    """What a race recorded.

    Parameters
    ----------
    losses : array
        Shape (rates, runs): true loss at the end, the mean over the last steps.
    still : array
        Shape (runs,): the same for a run that never left its start.
    """

    losses: np.ndarray
    still: np.ndarray


def race(
    problem: Problem,
    optimizer: Callable[[list[dict[str, Any]]], Any],
    rates: Sequence[Any],
    steps: int = 100,
    runs: int = 20,
    rng: int | np.random.Generator | None = None,
    last: int = 10,
    average: Callable[[Any], Any] | None = None,
) -> Race:
    """Run an optimizer on a problem, all learning rates and all runs at once.

    First-order rules act entry by entry, so independent runs are just more entries: each rate is a group with one
    parameter of shape (runs, d). All rates, and all optimizers that are given the same number as `rng`, meet the
    same starts and the same noise, so that they differ by nothing but themselves.

    Parameters
    ----------
    problem : Problem
        Where.
    optimizer : callable
        Takes groups ``{"params": […], "lr": …}``, returns an optimizer of them.
    rates : sequence of float or callable
        Learning rates, or schedules.
    steps : int
        How many updates.
    runs : int
        How many independent runs for each rate.
    rng : int, numpy.random.Generator or None
        For starts and noise.
    last : int
        Over how many of the last steps the true loss is averaged.
    average : callable, optional
        Takes the optimizer, returns a `pydl.optim.Average` of it, whose point is then the one judged.

    Returns
    -------
    Race
        The true losses at the end; inf where a run left the range of numbers.

    Raises
    ------
    ValueError
        If there are no more steps than are averaged at the end.
    """
    if not 0 < last <= steps:
        raise ValueError(f"race: the last {last} of {steps} steps cannot be averaged")
    rng = default_rng(rng)
    start = problem.starts(runs, rng)
    parameters = [Tensor(start.copy(), requires_grad=True) for _ in rates]
    opt = optimizer([{"params": [p], "lr": lr} for p, lr in zip(parameters, rates, strict=True)])
    mean = average(opt) if average is not None else None

    def points() -> np.ndarray:
        return np.stack([to_numpy(p.data) for p in parameters])

    losses, still = np.zeros((len(parameters), runs)), np.zeros(runs)
    with np.errstate(all="ignore"):  # a rate that is too large may leave the range of numbers: that is a result
        for t in range(steps):
            g = problem.field(points(), t)
            if problem.noise is not None:
                a, b = problem.noise.draw(rng, start.shape)
                g = a * g + b
            for p, own in zip(parameters, g, strict=True):
                p.grad = own
            opt.step()
            if mean is not None:
                mean.update()
            if t >= steps - last:
                if mean is None:
                    now = points()
                else:
                    with mean.applied():
                        now = points()
                losses += problem.loss(now, t) / last
                still += problem.loss(start, t) / last
    return Race(np.where(np.isnan(losses), np.inf, losses), still)


VERDICTS = ("fails", "slow", "unsteady", "works", "on a par", "better")
"""The verdicts of `verdict`, from worst to best."""


def verdict(gain: np.ndarray) -> np.ndarray:
    """Judge the gains of repeated runs, measured in units of what tuned SGD gains.

    =========== ==========================================================================
    fails       the median is worse than standing still, or a quarter of the runs is not a number
    slow        the median is below 0.1
    unsteady    the median is not, but more than a quarter of the runs is
    works       the median is below 0.9
    on a par    the median lies between 0.9 and 1.1
    better      the median is above 1.1
    =========== ==========================================================================

    After Schaul, Antonoglou & Silver (2014, section 3): the limits 0.1 and one quarter are theirs. They call fast
    what is beyond 2 and tell no finer.

    Parameters
    ----------
    gain : array
        Shape (…, runs).

    Returns
    -------
    array of int
        Shape (…): indices into `VERDICTS`.

    Examples
    --------
    >>> import numpy as np
    >>> [VERDICTS[i] for i in verdict(np.array([[1.0, 1.02, 0.98], [0.05, 0.7, 0.6], [-1.0, -2.0, 0.5]]))]
    ['on a par', 'unsteady', 'fails']
    """
    finite = np.isfinite(gain)
    middle = np.median(np.where(finite, gain, -np.inf), axis=-1)
    poor = np.mean(~finite | (gain < 0.1), axis=-1)
    broken = np.mean(~finite, axis=-1) > 0.25
    return np.select(
        [broken | (middle < 0), middle < 0.1, poor > 0.25, middle < 0.9, middle <= 1.1], [0, 1, 2, 3, 4], default=5
    )
