"""Problems for optimizers, put together from prototype shapes: each isolates one difficulty.

After Schaul, Antonoglou & Silver (2014): a problem is small, and its true loss is known, so that an optimizer that sees
only noisy gradients can be judged exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import Array, device_of, to_device
from pydl.func import grad
from pydl.landscape.noise import Change, Noise
from pydl.landscape.prototypes import Chain
from pydl.random import default_rng

__all__ = ["Problem", "rotation"]


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

        J_t(\theta) &= s_t \sum_{j=1}^{d} f_j(z_j - c_t), \qquad z = Q^\top\theta \\
        g_t &= a \odot \big(\nabla J_t + \omega\, Q A (z - m)\big) + b

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
        """Return J_t at each point of `theta`, shape (…, d), at step `t`: the true loss, without noise."""
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
