"""Measure the bands of the notebook convexity/rbf-networks over 20 seeds, into rbf_networks.json.

usage: OMP_NUM_THREADS=1 python experiments/rbf_networks.py

Seed s draws the data set s, in place of the notebook's data set 0. Where the notebook takes a mean or a median over
the data sets 0 … 19, seed s takes it over 20s … 20s + 19; and over centres drawn with the seeds 10s … 10s + 9, where
the notebook has 0 … 9. Quantities have the names of the notebook's claims. Each band reaches one standard deviation
beyond the smallest and the largest value.
"""

from __future__ import annotations

import numpy as np
from bands import save

import pydl
from pydl import data, models
from pydl.training import error_rate

SEEDS = range(20)
NOISE = 0.2
CE = "cross-entropy"

Pair = tuple[np.ndarray, np.ndarray]


def pairs(draw: object, n: int, seed: int) -> tuple[Pair, Pair]:
    """Draw training and test set."""
    return draw(n, noise=NOISE, rng=seed), draw(2000, noise=NOISE, rng=1000 + seed)


def squared_distances(X: np.ndarray, mu: np.ndarray) -> np.ndarray:
    """Return ‖xᵢ − μⱼ‖²."""
    return ((X[:, None] - mu) ** 2).sum(axis=-1)


def quantization_error(X: np.ndarray, mu: np.ndarray) -> float:
    """Return the mean squared distance from the nearest centre."""
    return float(squared_distances(X, mu).min(axis=1).mean())


def bumps(X: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return φⱼ(xᵢ)."""
    return np.exp(-squared_distances(X, mu) / (2 * sigma**2))


def with_ones(features: np.ndarray) -> np.ndarray:
    """Put φ₀ before them."""
    return np.column_stack([np.ones(len(features)), features])


# ---------------------------------------------------------------- one data set


def moons(seed: int) -> dict[str, float]:
    """Classify with and without bumps, and with one input in millimetres; place centres."""
    (X, y), (X_test, y_test) = pairs(data.moons, 200, seed)
    mu = models.place_centres(X, 12, "k-means", rng=seed)
    sigma = models.choose_widths(mu)
    errors = []
    for phi in (with_ones, lambda X: with_ones(bumps(X, mu, sigma))):
        Phi, W = phi(X), np.zeros((2, len(phi(X[:1])[0])))
        lr = 2 * len(y) / np.linalg.norm(Phi, 2) ** 2
        for _ in range(1000):
            W += lr * (data.one_hot(y) - pydl.softmax(Phi @ W.T)).T @ Phi / len(y)
        errors.append(error_rate(phi(X_test) @ W.T, y_test))
    unit = np.array([1000, 1])
    net = models.two_phase(X * unit, y, 12, loss=CE, rng=seed)
    E = {
        way: np.mean([quantization_error(X, models.place_centres(X, 16, way, rng=10 * seed + i)) for i in range(10)])
        for way in ("random", "k-means", "growing-neural-gas")
    }
    return {
        "rbf-moons-linear": errors[0],
        "rbf-moons-bumps": errors[1],
        "rbf-k-means-against-random": E["k-means"] / E["random"],
        "rbf-gas-against-k-means": E["growing-neural-gas"] / E["k-means"],
        "rbf-units": error_rate(net(X_test * unit).numpy(), y_test),
    }


def signal(rng: np.random.Generator) -> np.ndarray:
    """Draw from a disc, a ring or a segment."""
    part = rng.choice(["disc", "ring", "segment"], p=[0.4, 0.35, 0.25])
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    if part == "disc":
        return [-1.6, 0] + 0.9 * np.sqrt(rng.uniform()) * direction
    if part == "ring":
        return [0.6, 0] + 0.9 * direction
    return np.array([2.1, rng.uniform(-0.9, 0.9)])


def gas(seed: int) -> dict[str, float]:
    """Let the gas grow; count its connected parts by walking, and loops as edges − nodes + 1 of a part."""
    rng = np.random.default_rng(seed)
    grown = models.GrowingNeuralGas([signal(rng), signal(rng)], max_nodes=80).fit(signal, 16_000, rng=rng)
    part = np.arange(len(grown.nodes))
    for _ in part:  # the smallest number of a node spreads along the edges
        for i, j in grown.edges:
            part[[i, j]] = min(part[i], part[j])
    x = grown.nodes[:, 0]

    def loops(low: float, high: float) -> int:
        inside = (low < x) & (x < high)
        return int(inside[grown.edges[:, 0]].sum() - inside.sum() + len(np.unique(part[inside])))

    return {
        "rbf-gas-parts": len(np.unique(part)),
        "rbf-gas-ring": loops(-0.5, 1.8),
        "rbf-gas-segment": loops(1.8, 3),
    }


def widths_and_constant(seed: int) -> dict[str, float]:
    """Fit eight bumps of three widths; then without φ₀, to targets 100 higher."""
    (X, y), (X_test, y_test) = pairs(data.noisy_sine, 30, seed)
    mu = models.place_centres(X, 8, "k-means", rng=seed)

    def test_error(Phi: np.ndarray, Phi_test: np.ndarray, shift: float = 0) -> float:
        w = np.linalg.lstsq(Phi, y + shift, rcond=None)[0]
        return float(np.mean((Phi_test @ w - y_test - shift) ** 2))

    phi = {factor: [bumps(Z, mu, models.choose_widths(mu, factor)) for Z in (X, X_test)] for factor in (0.2, 1, 16)}
    return {
        "rbf-too-narrow": np.log10(test_error(*map(with_ones, phi[0.2])) / test_error(*map(with_ones, phi[1]))),
        "rbf-too-wide": np.log10(np.linalg.cond(with_ones(phi[16][0]))),
        "rbf-no-constant": np.log10(test_error(*phi[1], shift=100) / test_error(*phi[1])),
    }


def valleys(seed: int) -> dict[str, float]:
    """Fit one bump from two starts; then three in three phases, and exchange two of them."""
    X, y = data.noisy_sine(30, noise=NOISE, rng=seed)

    def J(theta: np.ndarray) -> object:
        rest = y - theta[1] * pydl.exp(-((X - theta[0]) ** 2) / (2 * 0.15**2))
        return ((rest - rest.mean()) ** 2).mean() / 2

    gradient, hessian, ends = pydl.grad(J), pydl.hessian(J), []
    for theta in (np.array([0.4, 0.3]), np.array([0.6, -0.3])):
        for _ in range(5000):
            theta = theta - 0.08 * gradient(theta)
        ends.append(theta)

    mu, log_sigma, W, b = (p.numpy() for p in models.three_phase(X, y, 3, rng=seed, steps=500).parameters())

    def loss(mu: np.ndarray, log_sigma: np.ndarray, W: np.ndarray) -> float:
        return float(np.mean((y - bumps(X, mu, np.exp(log_sigma)) @ W.T - b) ** 2) / 2)

    order = [2, 1, 0]
    halfway = (mu + mu[order]) / 2, (log_sigma + log_sigma[order]) / 2, (W + W[:, order]) / 2
    return {
        "rbf-minima-curvature": min(np.linalg.eigvalsh(hessian(end))[0] for end in ends),
        "rbf-minima-distance": abs(ends[0][0] - ends[1][0]),
        "rbf-pass-curvature": np.linalg.eigvalsh(hessian(np.array([0.5, 0.0])))[0],
        "rbf-halfway": np.log10(loss(*halfway) / loss(mu, log_sigma, W)),
    }


# ---------------------------------------------------------------- twenty data sets


def sine_errors(seed: int) -> list[float]:
    """Return test errors of 2, 5 and 30 kernels."""
    train, (X_test, y_test) = pairs(data.noisy_sine, 30, seed)
    nets = (models.two_phase(*train, k, "k-means", rng=seed) for k in (2, 5, 30))
    return [np.mean((net(X_test).numpy() - y_test) ** 2) for net in nets]


def phases(seed: int, k: int) -> list[tuple[float, float]]:
    """Return test error and test loss after two phases, and after three."""
    (X, y), (X_test, y_test) = pairs(data.moons, 200, seed)
    net = models.two_phase(X, y, k, loss=CE, rng=seed)
    scores = [net(X_test).numpy()]
    models.third_phase(net, X, y, loss=CE, steps=200)
    scores.append(net(X_test).numpy())
    return [(error_rate(z, y_test), float(pydl.cross_entropy(z, y_test))) for z in scores]


def twenty(first: int) -> dict[str, float]:
    """Return what the notebook says about twenty data sets."""
    seeds = range(first, first + 20)
    two_kernels, five, thirty = np.median([sine_errors(seed) for seed in seeds], axis=0)
    four, twelve = (np.array([phases(seed, k) for seed in seeds]) for k in (4, 12))
    return {
        "rbf-two-kernels": two_kernels,
        "rbf-five-kernels": five,
        "rbf-kernel-per-sample": np.log10(thirty / five),
        "rbf-two-phases": four[:, 0, 0].mean(),
        "rbf-three-phases": four[:, 1, 0].mean(),
        "rbf-three-beat-two": np.sum(four[:, 1, 0] < four[:, 0, 0]),
        "rbf-third-phase-overfits": twelve[:, 1, 1].mean() / twelve[:, 0, 1].mean(),
    }


def one_seed(seed: int) -> dict[str, float]:
    """Return all that depends on the seed."""
    return moons(seed) | gas(seed) | widths_and_constant(seed) | valleys(seed) | twenty(20 * seed)


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    save(__file__, "convexity/rbf-networks", SEEDS, [one_seed(seed) for seed in SEEDS], margin=1)


if __name__ == "__main__":
    main()
