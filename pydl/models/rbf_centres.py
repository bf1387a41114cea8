"""The first phase of an RBF network's training: where the bumps sit, and how wide they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pydl.models._points import checked_points_on_host, squared_distances
from pydl.models.growing_neural_gas import GrowingNeuralGas
from pydl.models.k_means import k_means
from pydl.random import default_rng

__all__ = ["choose_widths", "place_centres"]

Rng = int | np.random.Generator | None


def _grid(X: np.ndarray, k: int, draw: np.random.Generator) -> np.ndarray:
    d = X.shape[1]
    side = round(k ** (1 / d))
    if side**d != k:
        below = side - (side**d > k)
        raise ValueError(
            f"place_centres: a grid in {d} dimensions has sideᵈ nodes, {k} is no such number:"
            f" take {below**d} or {(below + 1) ** d}"
        )
    if side == 1:
        return (X.min(axis=0, keepdims=True) + X.max(axis=0)) / 2
    axes = [np.linspace(low, high, side) for low, high in zip(X.min(axis=0), X.max(axis=0), strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(k, d)


def _samples(X: np.ndarray, k: int, draw: np.random.Generator) -> np.ndarray:
    return X[draw.choice(len(X), k, replace=False)]


def _gas(X: np.ndarray, k: int, draw: np.random.Generator) -> np.ndarray:
    """Grow to k nodes and learn as long again; nodes can die, so that growth is watched, not calculated."""
    gas = GrowingNeuralGas(_samples(X, 2, draw), max_nodes=k)
    gas.fit(X, steps=2 * k * gas.insert_every, rng=draw)
    gas.fit(X, steps=8 * k * gas.insert_every, rng=draw, callback=lambda gas: len(gas.nodes) == k)
    if len(gas.nodes) < k:
        raise ValueError(
            f"place_centres: after {gas.signals} signals the gas still has {len(gas.nodes)} nodes, not {k}:"
            " take fewer kernels, or grow a GrowingNeuralGas with a greater max_age and pass its nodes as centres"
        )
    return gas.nodes


_PLACES: dict[str, Callable[[np.ndarray, int, np.random.Generator], np.ndarray]] = {
    "grid": _grid,
    "random": _samples,
    "k-means": lambda X, k, draw: k_means(X, k, rng=draw).centres,
    "growing-neural-gas": _gas,
}


def place_centres(X: Any, kernels: int, method: str = "k-means", rng: Rng = None) -> np.ndarray:
    """Place the centres μ where the data are: phase 1.

    Parameters
    ----------
    X : array or Tensor, shape (n, d)
        Inputs.
    kernels : int
        The number k of centres, at most n.
    method : {"k-means", "growing-neural-gas", "random", "grid"}
        The means of `k_means`; the nodes of a `GrowingNeuralGas` that has grown to k nodes (k ≥ 2) and learnt as
        long again; k different samples; or a regular grid over the box that the samples span, whose k must be
        a d-th power.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    numpy.ndarray, shape (k, d)
        μ, float64 on the host.

    Raises
    ------
    ValueError
        If the method is unknown, or k fits neither it nor the number of samples.

    Examples
    --------
    >>> place_centres([[0.0], [0.1], [1.0]], 3, "grid").tolist()
    [[0.0], [0.5], [1.0]]
    """
    X = checked_points_on_host("place_centres", X)
    if method not in _PLACES:
        raise ValueError(f"place_centres: method must be one of {sorted(_PLACES)}, not {method!r}")
    least = 2 if method == "growing-neural-gas" else 1
    if not least <= kernels <= len(X):
        raise ValueError(
            f"place_centres: {method} takes from {least} kernel(s) to as many as there are samples, {len(X)},"
            f" not {kernels}"
        )
    return _PLACES[method](X, kernels, default_rng(rng))


def choose_widths(centres: Any, factor: float = 1.0, neighbours: int = 2) -> np.ndarray:
    r"""Choose widths from distances: σⱼ is `factor` times the mean distance from the nearest other centres.

    .. math::

        \sigma_j = \frac{\text{factor}}{p} \sum_{i \in N_p(j)} \lVert \mu_i - \mu_j \rVert

    So a bump reaches to its neighbours, and is narrow where the centres are dense.

    Parameters
    ----------
    centres : array or Tensor, shape (k, d)
        μ, k ≥ 2.
    factor : float
        Larger: smoother functions, but features that resemble each other.
    neighbours : int
        p; if there are fewer other centres, all of them count.

    Returns
    -------
    numpy.ndarray, shape (k,)
        σ, in the units of x.

    Raises
    ------
    ValueError
        If there is but one centre, or centres coincide so that a width would be 0, or an argument is no
        positive number.

    References
    ----------
    J. Moody, C. J. Darken: Fast learning in networks of locally-tuned processing units, Neural Computation 1
    (1989), section 2: P nearest neighbours.

    Examples
    --------
    >>> choose_widths([[0.0], [1.0], [3.0]], neighbours=1).tolist()
    [1.0, 1.0, 2.0]
    """
    mu = checked_points_on_host("choose_widths", centres, "centres")
    if len(mu) < 2:
        raise ValueError("choose_widths: one centre has no neighbour: give the width yourself, widths=…")
    if not (factor > 0 and neighbours >= 1):
        raise ValueError(f"choose_widths: factor > 0 and neighbours >= 1 are needed, not {factor} and {neighbours}")
    D2 = squared_distances(mu, mu)
    np.fill_diagonal(D2, np.inf)
    nearest = np.argsort(D2, axis=1)[:, : min(neighbours, len(mu) - 1)]
    sigma = factor * np.linalg.norm(mu[nearest] - mu[:, None], axis=2).mean(axis=1)
    if not sigma.min() > 0:
        raise ValueError(
            "choose_widths: centres coincide, their width would be 0: place them by k-means, or take more neighbours"
        )
    return sigma
