"""Exercises of the notebook convexity/rbf-networks: bumps, where they sit, how wide they are, and how they move."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["centre_gradient", "common_width", "gas_step", "k_means_step", "rbf_design_matrix"]

Arrays = tuple[np.ndarray, ...]


def _squared_distances(X: np.ndarray, mu: np.ndarray) -> np.ndarray:
    return ((X[:, None] - mu) ** 2).sum(axis=-1)


# ---------------------------------------------------------------- the design matrix


def _draw_network(rng: np.random.Generator) -> Arrays:
    """Draw samples, centres and widths: 5 to 8 samples of 1 to 3 inputs, 2 to 4 kernels."""
    n, d, k = rng.integers((5, 1, 2), (9, 4, 5)).tolist()
    return rng.normal(size=(n, d)), rng.normal(size=(k, d)), rng.uniform(0.5, 2, k)


def _design(X: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(X)), np.exp(-_squared_distances(X, mu) / (2 * sigma**2))])


rbf_design_matrix = Exercise(
    "rbf_design_matrix",
    "return Φ of shape (N, k + 1): a column of ones, then exp(−‖xᵢ − μⱼ‖²/2σⱼ²), one sample a row.",
    _design,
    _draw_network,
    {
        "φ₀ is missing: put a column of ones before the others": lambda X, mu, sigma: _design(X, mu, sigma)[:, 1:],
        "φ₀ is the first feature: put the column of ones before the others": lambda X, mu, sigma: np.roll(
            _design(X, mu, sigma), -1, axis=1
        ),
        "the 2 below the fraction is missing: it is 2σ²": lambda X, mu, sigma: _design(X, mu, sigma / np.sqrt(2)),
        "σ is not squared: it is 2σ²": lambda X, mu, sigma: _design(X, mu, np.sqrt(sigma)),
        "the distance is not squared: it is ‖x − μ‖², without the root": lambda X, mu, sigma: np.column_stack(
            [np.ones(len(X)), np.exp(-np.sqrt(_squared_distances(X, mu)) / (2 * sigma**2))]
        ),
        "one sample a row, one feature a column: yours is the transpose": lambda X, mu, sigma: _design(X, mu, sigma).T,
    },
)

# ---------------------------------------------------------------- one width for all


def _distances(mu: np.ndarray, to_itself: float) -> np.ndarray:
    return np.sqrt(_squared_distances(mu, mu)) + np.diag(np.full(len(mu), to_itself))


def _nearest_distances(mu: np.ndarray) -> np.ndarray:
    return _distances(mu, np.inf).min(axis=1)


def _common_width(mu: np.ndarray) -> float:
    return float(_nearest_distances(mu).mean())


common_width = Exercise(
    "common_width",
    "return the mean, over the centres, of the distance from the nearest other centre.",
    _common_width,
    lambda rng: (rng.normal(size=(rng.integers(4, 8), rng.integers(1, 4))),),
    {
        "each centre is its own nearest one here, at distance 0: leave out the diagonal": lambda mu: 0.0,
        "these are squared distances: take the root before the mean": lambda mu: (_nearest_distances(mu) ** 2).mean(),
        "this is the mean distance of all pairs: only the nearest other centre counts": lambda mu: (
            _distances(mu, 0.0).sum() / (len(mu) * (len(mu) - 1))
        ),
        "these are the distances of the single centres: return their mean, one number": _nearest_distances,
        "this is the smallest of all distances: take the smallest for each centre, then the mean": lambda mu: (
            _nearest_distances(mu).min()
        ),
    },
)

# ---------------------------------------------------------------- a step of k-means


def _draw_clusters(rng: np.random.Generator) -> Arrays:
    """Draw samples, and centres of which the last is too far away to be nearest to any sample."""
    n, d, k = rng.integers((12, 2, 2), (20, 4, 4)).tolist()
    X = rng.normal(size=(n, d))
    return X, np.concatenate([X[:k] + 0.1, X[:1] + 50])


def _nearest_centres(X: np.ndarray, mu: np.ndarray) -> np.ndarray:
    return _squared_distances(X, mu).argmin(axis=1)


def _sums_and_sizes(X: np.ndarray, mu: np.ndarray) -> Arrays:
    joined = _nearest_centres(X, mu)[:, None] == np.arange(len(mu))
    return joined.T @ X, joined.sum(axis=0)[:, None]


def _lloyd_step(X: np.ndarray, mu: np.ndarray, elsewhere: float | None = None) -> np.ndarray:
    """Return the means; a centre without samples moves `elsewhere`, or stays."""
    sums, sizes = _sums_and_sizes(X, mu)
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), mu if elsewhere is None else elsewhere)


def _sums(X: np.ndarray, mu: np.ndarray) -> np.ndarray:
    sums, sizes = _sums_and_sizes(X, mu)
    return np.where(sizes > 0, sums, mu)


k_means_step = Exercise(
    "k_means_step",
    "assign each sample to its nearest centre, then return the means; a centre without samples stays where it is.",
    _lloyd_step,
    _draw_clusters,
    {
        "these are the sums of the samples: divide by their number": _sums,
        "a centre without samples moved to 0: it should stay where it is": lambda X, mu: _lloyd_step(X, mu, 0.0),
        "these are the nearest samples: a centre moves to the mean of all samples that are nearest to it": (
            lambda X, mu: X[_squared_distances(X, mu).argmin(axis=0)]
        ),
        "these are the numbers of the nearest centres: return where the centres move": _nearest_centres,
        "only the first step is there: the centres are where they were": lambda X, mu: mu,
    },
)

# ---------------------------------------------------------------- a signal for the gas


def _draw_gas(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Draw nodes, edges (each node has one at least, to the next in a ring, and not all), a signal and two rates."""
    m, d = rng.integers((5, 1), (9, 4)).tolist()
    nodes = rng.normal(size=(m, d))
    ring = np.roll(np.eye(m, dtype=bool), 1, axis=0)
    return nodes, ring | ring.T, rng.normal(size=d), float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.001, 0.01))


def _gas_step(
    nodes: np.ndarray, connected: np.ndarray, x: np.ndarray, lr_nearest: float, lr_neighbours: float
) -> np.ndarray:
    winner = ((nodes - x) ** 2).sum(axis=1).argmin()
    rate = np.where(connected[winner], lr_neighbours, 0.0)
    rate[winner] = lr_nearest
    return nodes + rate[:, None] * (x - nodes)


gas_step = Exercise(
    "gas_step",
    "move the node nearest to x by lr_nearest of the way to x, its neighbours by lr_neighbours, and no other node.",
    _gas_step,
    _draw_gas,
    {
        "the neighbours do not move: they are the nodes n with connected[winner, n]": (
            lambda nodes, connected, x, a, b: _gas_step(nodes, connected, x, a, 0.0)
        ),
        "the rates are exchanged: the nearest node takes the large step": (
            lambda nodes, connected, x, a, b: _gas_step(nodes, connected, x, b, a)
        ),
        "all nodes move: only those that have an edge with the winner are its neighbours": (
            lambda nodes, connected, x, a, b: _gas_step(nodes, np.ones_like(connected), x, a, b)
        ),
        "the nodes move away from the signal: the direction is x − node": (
            lambda nodes, connected, x, a, b: 2 * nodes - _gas_step(nodes, connected, x, a, b)
        ),
        "these are the moves: add them to the positions": (
            lambda nodes, connected, x, a, b: _gas_step(nodes, connected, x, a, b) - nodes
        ),
    },
)

# ---------------------------------------------------------------- where the centres are pulled


def _draw_regression(rng: np.random.Generator) -> Arrays:
    X, mu, sigma = _draw_network(rng)
    return X, rng.normal(size=len(X)), mu, sigma, rng.normal(size=len(mu) + 1)


def _pulled(
    X: np.ndarray, mu: np.ndarray, sigma: np.ndarray, w: np.ndarray, error: np.ndarray, power: int = 2
) -> np.ndarray:
    """Return −(1/N) Σᵢ errorᵢ wⱼ φⱼ(xᵢ) (xᵢ − μⱼ)/σⱼ^power."""
    pull = error[:, None] * _design(X, mu, sigma)[:, 1:] * w / sigma**power
    return -np.einsum("ij,ijd->jd", pull, X[:, None] - mu) / len(X)


def _centre_gradient(X: np.ndarray, y: np.ndarray, mu: np.ndarray, sigma: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _pulled(X, mu, sigma, w[1:], y - _design(X, mu, sigma) @ w)


centre_gradient = Exercise(
    "centre_gradient",
    "return −(1/N) Σᵢ (yᵢ − ŷᵢ) wⱼ φⱼ(xᵢ) (xᵢ − μⱼ)/σⱼ², an array of the shape of mu.",
    _centre_gradient,
    _draw_regression,
    {
        "the sign is turned round: if ŷ is too small and wⱼ > 0, a step against the gradient must move the centre"
        " towards the sample": lambda X, y, mu, sigma, w: -_centre_gradient(X, y, mu, sigma, w),
        "the factor 1/N is missing: J is the mean over the samples": lambda X, y, mu, sigma, w: (
            _centre_gradient(X, y, mu, sigma, w) * len(X)
        ),
        "the weight wⱼ is missing: a bump moves ŷ by wⱼ times its own change": lambda X, y, mu, sigma, w: _pulled(
            X, mu, sigma, np.ones_like(sigma), y - _design(X, mu, sigma) @ w
        ),
        "the inner derivative is (x − μ)/σ²: σ² is missing": lambda X, y, mu, sigma, w: _pulled(
            X, mu, sigma, w[1:], y - _design(X, mu, sigma) @ w, power=0
        ),
        "ŷ has no bias here: w₀ belongs to the error y − ŷ, although it does not depend on the centres": (
            lambda X, y, mu, sigma, w: _pulled(X, mu, sigma, w[1:], y - _design(X, mu, sigma)[:, 1:] @ w[1:])
        ),
        "twice what it should be: with the ½ in J the square's factor 2 is gone": lambda X, y, mu, sigma, w: (
            2 * _centre_gradient(X, y, mu, sigma, w)
        ),
    },
)
