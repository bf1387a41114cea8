"""k-means: Lloyd's algorithm, seeded by k-means++."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.backend import Array, device_of, namespace, to_device, to_numpy
from pydl.models._points import checked_points
from pydl.random import default_rng

__all__ = ["Clustering", "k_means"]


@dataclass(frozen=True, eq=False)
class Clustering:
    """What k-means found.

    Parameters
    ----------
    centres : array, shape (k, d)
        The centres cⱼ, on the device and in the floating type of the data.
    labels : array of int, shape (n,)
        For each point the number of its cluster.
    inertia : numpy.ndarray
        Σᵢ ‖xᵢ − c‖², c the centre of xᵢ's cluster, after each iteration: ever less.
    converged : bool
        Whether another iteration would not lower the sum.
    """

    centres: Array
    labels: Array
    inertia: np.ndarray
    converged: bool

    def predict(self, X: Any) -> Array:
        """Return for each row of `X`, shape (n, d), the number of the nearest centre."""
        X, origin = checked_points("Clustering.predict", X, features=self.centres.shape[1]), self.centres.mean(axis=0)
        return _nearest(X - origin, self.centres - origin)

    def __repr__(self) -> str:
        k, d = self.centres.shape
        return (
            f"Clustering({len(self.labels)} points of {d} features in {k} clusters,"
            f" inertia={self.inertia[-1]:.4g} after {len(self.inertia)} iterations)"
        )


def k_means(
    X: Any,
    k: int,
    init: Any = "k-means++",
    max_iter: int = 300,
    restarts: int = 1,
    rng: int | np.random.Generator | None = None,
) -> Clustering:
    r"""Find k centres near which the points lie, by Lloyd's algorithm.

    .. math::

        \min_{c_1 \dots c_k} \sum_{i=1}^{n} \min_j \lVert x_i - c_j \rVert^2

    Two steps take turns until the sum falls no more: every point joins the cluster of its nearest centre; every
    centre moves to its cluster's mean. Neither step can raise the sum, so it ends, in a local minimum. A cluster
    that is left empty takes the point that lies farthest from its own centre (of those not alone in their
    cluster), which lowers the sum, too.

    Parameters
    ----------
    X : array or Tensor, shape (n, d)
        The points; computed in their floating type, on their device.
    k : int
        Number of clusters.
    init : {"k-means++", "random"} or array, shape (k, d)
        The first centres. "k-means++" draws one point after another, with probabilities in proportion to the
        squared distances from the nearest centre drawn so far; "random" draws k of the points.
    max_iter : int
        At most so many iterations.
    restarts : int
        How often to start anew, from other random centres; the least sum wins.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    Clustering
        Centres, labels, and the sum after each iteration.

    Raises
    ------
    ValueError
        If there are fewer distinct points than clusters, X is not finite, or an argument is out of range.

    References
    ----------
    S. P. Lloyd: Least squares quantization in PCM, IEEE Transactions on Information Theory 28 (1982).
    D. Arthur, S. Vassilvitskii: k-means++: the advantages of careful seeding, SODA (2007).

    Examples
    --------
    >>> import numpy as np
    >>> found = k_means(np.array([[0.0], [1.0], [9.0], [11.0]]), k=2, rng=0)
    >>> sorted(found.centres.ravel().tolist()), found.inertia[-1]
    ([0.5, 10.0], np.float64(2.5))
    """
    X, draw = checked_points("k_means", X), default_rng(rng)
    if not 1 <= k <= len(X):
        raise ValueError(f"k_means: k must lie between 1 and the number of points, {len(X)}, not {k}")
    if min(max_iter, restarts) < 1:
        raise ValueError(f"k_means: max_iter and restarts must be at least 1, not {max_iter} and {restarts}")
    if isinstance(init, str) and init not in _STARTS:
        raise ValueError(f"k_means: init must be one of {sorted(_STARTS)} or an array of centres, not {init!r}")

    def start() -> Array:
        if isinstance(init, str):
            return X[to_device(_STARTS[init](X, k, draw), device_of(X))]
        centres = checked_points("k_means", init, "init", features=X.shape[1])
        if len(centres) != k:
            raise ValueError(f"k_means: init has {len(centres)} centres, k={k} are expected")
        return centres.astype(X.dtype)

    runs = [_lloyd(X, start(), max_iter) for _ in range(restarts)]
    return min(runs, key=lambda run: run.inertia[-1])


def _plus_plus(X: Array, k: int, draw: np.random.Generator) -> np.ndarray:
    """Choose k rows, each with probability D²/ΣD², D the distance from the nearest row chosen so far."""
    chosen = [int(draw.integers(len(X)))]
    nearest: Any = np.inf
    while len(chosen) < k:
        nearest = np.minimum(nearest, ((X - X[chosen[-1]]) ** 2).sum(axis=1))
        D2 = to_numpy(nearest).astype(np.float64)
        if not D2.any():
            raise ValueError(f"k_means: X has only {len(chosen)} distinct points, too few for k={k} clusters")
        chosen.append(int(draw.choice(len(X), p=D2 / D2.sum())))
    return np.array(chosen)


_STARTS = {
    "k-means++": _plus_plus,
    "random": lambda X, k, draw: draw.choice(len(X), k, replace=False),
}


def _nearest(X: Array, centres: Array) -> Array:
    """Return argminⱼ ‖xᵢ − cⱼ‖² = argmaxⱼ xᵢᵀcⱼ − ½‖cⱼ‖²; it cancels less with the origin amid the points."""
    return np.argmax(X @ centres.T - (centres * centres).sum(axis=1) / 2, axis=1)


def _lloyd(X: Array, centres: Array, max_iter: int) -> Clustering:
    origin = X.mean(axis=0)
    X, centres = X - origin, centres - origin
    labels: Array = None
    sums: list[float] = []
    for _ in range(max_iter):
        joined = _fill(X, centres, _nearest(X, centres))
        members = (joined[:, None] == namespace(X).arange(len(centres))).astype(X.dtype)
        means = (members.T @ X) / members.sum(axis=0)[:, None]
        inertia = float(((X - means[joined]) ** 2).sum(dtype=np.float64))
        if sums and not inertia < sums[-1]:
            return Clustering(centres + origin, labels, np.array(sums), converged=True)
        centres, labels = means, joined
        sums.append(inertia)
    return Clustering(centres + origin, labels, np.array(sums), converged=False)


def _fill(X: Array, centres: Array, labels: Array) -> Array:
    """Give each empty cluster the point farthest from its own centre, of those not alone in their cluster."""
    host = to_numpy(labels).copy()
    sizes = np.bincount(host, minlength=len(centres))
    if sizes.all():
        return labels
    D2 = to_numpy(((X - centres[labels]) ** 2).sum(axis=1))
    for j in np.flatnonzero(sizes == 0):
        i = np.argmax(np.where(sizes[host] > 1, D2, -1))
        sizes[host[i]] -= 1
        host[i], sizes[j] = j, 1
    return to_device(host, device_of(labels))
