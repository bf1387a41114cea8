"""Exercises of optimizers/which-optimizer: judging a run, the largest rate with curl, no free lunch, honest tuning."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["curl_limit", "honest_loss", "mean_lowest", "race_gain"]

# ---------------------------------------------------------------- the gain of an optimizer on a test


def _gain(still: np.ndarray, losses: np.ndarray, sgd: np.ndarray) -> float:
    return float(np.median(still - losses) / np.median(still - sgd, axis=1).max())


def _draw_race(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    runs, rates = int(rng.integers(7, 15)), int(rng.integers(3, 7))
    still = rng.uniform(2, 3, runs)
    losses = still * rng.uniform(0.1, 0.6, runs)
    losses[0] = 40.0  # one run has come to grief
    sgd = still * rng.uniform(0.2, 0.8, (rates, runs))
    sgd[0, 0] = 0.01  # and one has been lucky
    return still, losses, sgd


race_gain = Exercise(
    "race_gain",
    "return the median over the runs of J(start) − J(end), in units of what SGD gains in the median at its best rate",
    _gain,
    _draw_race,
    {
        "you take means over the runs: one run that came to grief then speaks for all of them": (
            lambda still, losses, sgd: float(np.mean(still - losses) / np.median(still - sgd, axis=1).max())
        ),
        "the unit is the luckiest single run of SGD: take the median over its runs first, then the best rate": (
            lambda still, losses, sgd: float(np.median(still - losses) / (still - sgd).max())
        ),
        "the sign is turned round: a gain is what the loss has fallen by": (
            lambda still, losses, sgd: -_gain(still, losses, sgd)
        ),
        "the unit is the loss that SGD is left with: it should be what SGD has gained": (
            lambda still, losses, sgd: float(np.median(still - losses) / np.median(sgd, axis=1).min())
        ),
        "the unit is SGD at its worst rate: the best rate is the one with the highest gain": (
            lambda still, losses, sgd: float(np.median(still - losses) / np.median(still - sgd, axis=1).min())
        ),
    },
)

# ---------------------------------------------------------------- the largest rate in a field with curl

curl_limit = Exercise(
    "curl_limit",
    "return the rate below which θ ← θ − ε(λθ + ωAθ) converges, where A turns the plane by 90° and λ > 0",
    lambda curvature, omega: 2 * curvature / (curvature**2 + omega**2),
    lambda rng: (float(rng.uniform(0.5, 5)), float(rng.uniform(0.5, 10))),
    {
        "this is 2/λ, the limit without curl: a step also turns, and turning makes it longer": (
            lambda curvature, omega: 2 / curvature
        ),
        "2 divided by the size of the eigenvalue λ + iω is not it: ask when |1 − ε(λ + iω)| is below 1": (
            lambda curvature, omega: 2 / np.hypot(curvature, omega)
        ),
        "half of what it should be: this ε gives the fastest convergence, the limit is twice as large": (
            lambda curvature, omega: curvature / (curvature**2 + omega**2)
        ),
        "numerator: (1 − ελ)² + ε²ω² < 1 means −2ελ + ε²(λ² + ω²) < 0, so it is 2λ that is divided": (
            lambda curvature, omega: 2 / (curvature**2 + omega**2)
        ),
    },
)

# ---------------------------------------------------------------- no free lunch


def _mean_lowest(k: int, m: int) -> float:
    return float(sum(((k - v) / k) ** m for v in range(1, k)))


mean_lowest = Exercise(
    "mean_lowest",
    "return the mean, over all functions into {0, …, k − 1}, of the lowest value that a search finds in m evaluations",
    _mean_lowest,
    lambda rng: (int(rng.integers(3, 12)), int(rng.integers(2, 6))),
    {
        "this is the lowest of m evenly spread values: the values are random, and may be equal": (
            lambda k, m: (k - 1) / (m + 1)
        ),
        "the mean of the first value alone: with more evaluations the lowest falls": lambda k, m: (k - 1) / 2,
        "the sum begins at v = 0: the chance that the lowest is at least 0 is 1, and does not count": (
            lambda k, m: _mean_lowest(k, m) + 1
        ),
        "the chance that all m values are at least v is ((k − v)/k)ᵐ: the power is the number of evaluations": (
            lambda k, m: float(sum((k - v) / k for v in range(1, k)) ** m)
        ),
    },
    rtol=1e-9,
)

# ---------------------------------------------------------------- tuning and judging on different runs


def _honest(losses: np.ndarray, n: int) -> float:
    return float(np.median(losses[np.median(losses[:, :n], axis=1).argmin(), n:]))


def _draw_sweep(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Draw rates whose order differs between the first runs, the other ones, and all of them."""
    n = 5
    while True:
        losses = rng.normal(size=(8, 12))
        first, rest, all_ = (np.median(part, axis=1).argmin() for part in (losses[:, :n], losses[:, n:], losses))
        mean, single = losses[:, :n].mean(axis=1).argmin(), losses[:, :n].min(axis=1).argmin()
        if first not in (rest, all_, mean, single):
            return losses, n


honest_loss = Exercise(
    "honest_loss",
    "choose the rate (row) with the lowest median over the first n runs (columns); return its median over the others",
    _honest,
    _draw_sweep,
    {
        "you report the loss on the runs that chose the rate: it is the lowest by choice": (
            lambda losses, n: float(np.median(losses[:, :n], axis=1).min())
        ),
        "you choose and report on the other runs: then nothing is left to judge by": (
            lambda losses, n: float(np.median(losses[:, n:], axis=1).min())
        ),
        "you choose by all runs: those that judge must have no say in the choice": (
            lambda losses, n: float(np.median(losses[np.median(losses, axis=1).argmin(), n:]))
        ),
        "you choose by the luckiest single run: take the median over the first n": (
            lambda losses, n: float(np.median(losses[losses[:, :n].min(axis=1).argmin(), n:]))
        ),
        "you choose by the mean over the first n runs: the task says median": (
            lambda losses, n: float(np.median(losses[losses[:, :n].mean(axis=1).argmin(), n:]))
        ),
    },
)
