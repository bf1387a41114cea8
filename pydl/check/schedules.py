"""Exercises of the notebook optimizers/schedules."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["corrected_average", "halve_on_plateau", "stationary_variance", "warmup_then_cosine"]

# ---------------------------------------------------------------- the noise floor


def _stationary_variance(lam: float, lr: float, sigma: float) -> float:
    return lr * sigma**2 / (lam * (2 - lr * lam))


def _walk(rng: np.random.Generator) -> tuple[float, float, float]:
    lam = rng.uniform(0.2, 3)
    return float(lam), float(rng.uniform(0.2, 1.8) / lam), float(rng.uniform(1.2, 2))


stationary_variance = Exercise(
    "stationary_variance",
    "return the variance at rest of w ← (1 − ελ)w − εn, where n has variance σ².",
    _stationary_variance,
    _walk,
    {
        "this is the limit for small ε: keep the ε²λ² of (1 − ελ)²": lambda lam, lr, sigma: lr * sigma**2 / (2 * lam),
        "the noise is multiplied by ε before it is added, so its variance is ε²σ², not εσ²": (
            lambda lam, lr, sigma: sigma**2 / (lam * (2 - lr * lam))
        ),
        "this is the floor of the loss, ½λV: the variance V itself is asked for": (
            lambda lam, lr, sigma: lr * sigma**2 / (2 * (2 - lr * lam))
        ),
        "this is the standard deviation: the variance is its square": (
            lambda lam, lr, sigma: np.sqrt(_stationary_variance(lam, lr, sigma))
        ),
        "a variance is multiplied by the square of the factor, (1 − ελ)², not by 1 − ελ": (
            lambda lam, lr, sigma: lr * sigma**2 / lam
        ),
    },
)

# ---------------------------------------------------------------- warm-up, then cosine


def _rates(lr: float, n: int, T: int, first: int = 1, shift: bool = True, waves: float = 0.5) -> np.ndarray:
    t, begin = np.arange(T), n if shift else 0
    wave = 0.5 * lr * (1 + np.cos(2 * waves * np.pi * (t - begin) / (T - begin)))
    return np.where(t < n, (t + first) / (n + first) * lr, wave)


warmup_then_cosine = Exercise(
    "warmup_then_cosine",
    "return the T rates: (t + 1)/(n + 1)·ε for t < n, then half a cosine wave from ε at step n towards 0 at step T.",
    lambda lr, n, T: _rates(lr, n, T),
    lambda rng: (float(rng.uniform(0.1, 1)), int(rng.integers(3, 10)), int(rng.integers(20, 60))),
    {
        "your first rate is 0, which wastes a step: climb by (t + 1)/(n + 1), so that step n is the first at ε": (
            lambda lr, n, T: _rates(lr, n, T, first=0)
        ),
        "your wave began at step 0, under the climb: at step n it must stand at ε, so shift it to (t − n)/(T − n)": (
            lambda lr, n, T: _rates(lr, n, T, shift=False)
        ),
        "this is a whole wave, which rises again to ε: half a wave ends at cos π": (
            lambda lr, n, T: _rates(lr, n, T, waves=1.0)
        ),
        "this is a quarter of a wave, which ends at ½ε: half a wave ends at cos π": (
            lambda lr, n, T: _rates(lr, n, T, waves=0.25)
        ),
    },
)

# ---------------------------------------------------------------- halving on plateau


def _plateau(losses: Any, lr: float, patience: int, previous: bool = False, anew: bool = True, more: int = 0) -> Any:
    lowest, waited, lrs = np.inf, 0, []
    for J in losses:
        waited = 0 if lowest > J else waited + 1
        lowest = J if previous else min(J, lowest)
        if waited >= patience + more:
            lr, waited = lr / 2, 0 if anew else waited
        lrs.append(lr)
    return np.array(lrs)


def _losses(rng: np.random.Generator) -> tuple[np.ndarray, float, int]:
    """Draw losses that fall, with noise, and then stay for a while."""
    falling = np.maximum(np.linspace(3, 0, 40), 1.0)
    return falling + 0.3 * rng.standard_normal(40), float(rng.uniform(0.1, 1)), int(rng.integers(2, 4))


halve_on_plateau = Exercise(
    "halve_on_plateau",
    "return the rate after each epoch, halved when `patience` losses in a row were not below the lowest before them.",
    _plateau,
    _losses,
    {
        "compare with the lowest loss so far, not with the one before: a noisy loss often falls from one epoch to the"
        " next without any progress": lambda losses, lr, patience: _plateau(losses, lr, patience, previous=True),
        "after a halving the counting begins anew: give the new rate its own patience": (
            lambda losses, lr, patience: _plateau(losses, lr, patience, anew=False)
        ),
        "one epoch too late: with a patience of 2, the second epoch in a row without progress halves the rate": (
            lambda losses, lr, patience: _plateau(losses, lr, patience, more=1)
        ),
    },
)

# ---------------------------------------------------------------- an average without a favourite


def _weighted(thetas: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return weights @ thetas / weights.sum()


def _powers(thetas: np.ndarray, decay: float) -> np.ndarray:
    return decay ** np.arange(len(thetas) - 1, -1, -1.0)


corrected_average = Exercise(
    "corrected_average",
    "return the average of the rows θ₁, …, θₙ with weights dⁿ⁻ⁱ, scaled to the sum 1.",
    lambda thetas, decay: _weighted(thetas, _powers(thetas, decay)),
    lambda rng: (rng.standard_normal((int(rng.integers(4, 12)), 3)) + 2, float(rng.uniform(0.5, 0.95))),
    {
        "too small: started from 0, the weights sum to 1 − dⁿ only, so divide by that": (
            lambda thetas, decay: (1 - decay) * _powers(thetas, decay) @ thetas
        ),
        "θ₁ counts too much: started from θ₁, its weight is dⁿ⁻¹ where (1 − d)dⁿ⁻¹ would be its share": (
            lambda thetas, decay: _weighted(
                thetas, _powers(thetas, decay) * np.r_[1, np.full(len(thetas) - 1, 1 - decay)]
            )
        ),
        "all rows count alike in your average: the weights are dⁿ⁻ⁱ": (
            lambda thetas, decay: _weighted(thetas, np.ones(len(thetas)))
        ),
        "turned round: the last row has the weight d⁰ = 1, the first dⁿ⁻¹": (
            lambda thetas, decay: _weighted(thetas[::-1], _powers(thetas, decay))
        ),
        "the weights sum to 1/(1 − d), or nearly: divide by their sum": (
            lambda thetas, decay: _powers(thetas, decay) @ thetas
        ),
    },
)
