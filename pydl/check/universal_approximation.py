"""Exercises of backprop/universal-approximation: bumps and staircases of sigmoids, and their relatives of ramps."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["relu_weights", "step_weights", "unit_bump", "units_needed"]

Arrays = tuple[np.ndarray, ...]

# ---------------------------------------------------------------- a bump of height one


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(z / 2)


def _bump(x: np.ndarray, a: float, b: float, s: float) -> np.ndarray:
    return _sigmoid(s * (x - a)) - _sigmoid(s * (x - b))


def _unit_bump(x: np.ndarray, a: float, b: float, s: float) -> np.ndarray:
    return _bump(x, a, b, s) / np.tanh(s * (b - a) / 4)


def _draw_bump(rng: np.random.Generator) -> tuple[np.ndarray, float, float, float]:
    a, width, s = rng.uniform((-2, 0.5, 0.5), (1, 3, 4)).tolist()
    return rng.uniform(-3, 5, 6), a, a + width, s


unit_bump = Exercise(
    "unit_bump",
    "return (σ(s(x − a)) − σ(s(x − b))) divided by its largest value, the one at x = (a + b)/2.",
    _unit_bump,
    _draw_bump,
    {
        "its height is not 1 yet: divide by the value in the middle, tanh(τ/2) with τ = s (b − a)/2": _bump,
        "it points downward: the step up is at a, the step down at b": lambda x, a, b, s: -_unit_bump(x, a, b, s),
        "the height is tanh(τ/2), not tanh τ, with τ = s (b − a)/2": lambda x, a, b, s: (
            _bump(x, a, b, s) / np.tanh(s * (b - a) / 2)
        ),
        "the steepness is missing in the steps: the net input is s (x − a)": lambda x, a, b, s: (
            _bump(x, a, b, 1.0) / np.tanh(s * (b - a) / 4)
        ),
        "s belongs to x and to a: the net input is s (x − a), so the bias is −s a": lambda x, a, b, s: (
            (_sigmoid(s * x - a) - _sigmoid(s * x - b)) / np.tanh(s * (b - a) / 4)
        ),
    },
)

# ---------------------------------------------------------------- the weights of a staircase


def _step_weights(c: np.ndarray) -> tuple[float, np.ndarray]:
    return float(c[0]), np.diff(c)


step_weights = Exercise(
    "step_weights",
    "return b = c₀ and the array of the vⱼ = cⱼ − cⱼ₋₁ for j = 1 … n.",
    _step_weights,
    lambda rng: (rng.normal(size=rng.integers(4, 9)),),
    {
        "these weights are the heights: but all steps to the left of x count, so the heights would add up": lambda c: (
            float(c[0]),
            c[1:],
        ),
        "the output needs a bias: left of the first step the height is c₀, not 0": lambda c: (0.0, np.diff(c)),
        "the steps go the wrong way: from cⱼ₋₁ up to cⱼ it is cⱼ − cⱼ₋₁": lambda c: (float(c[0]), -np.diff(c)),
        "there are n steps for n + 1 heights: the first height is the bias, and has no step": lambda c: (
            float(c[0]),
            np.diff(c, prepend=0.0),
        ),
    },
)

# ---------------------------------------------------------------- how many units


def _cells(length: float, allowed: float) -> int:
    """Return how many cells keep Λ h/2 within what is `allowed`; `length` is Λ (hi − lo)."""
    return int(np.ceil(length / (2 * allowed)))


def _for_cells(Lambda: float, s: float, eps: float) -> float:
    return eps - 2 * np.log(2) * Lambda / s


def _units_needed(Lambda: float, lo: float, hi: float, s: float, eps: float) -> int:
    return _cells(Lambda * (hi - lo), _for_cells(Lambda, s, eps)) - 1


def _draw_guarantee(rng: np.random.Generator) -> tuple[float, float, float, float, float]:
    """Draw a task in which softness takes a fifth to a half of ε."""
    Lambda, lo, length, eps, share = rng.uniform((1, -3, 1, 0.01, 0.2), (5, 0, 4, 0.1, 0.5)).tolist()
    return Lambda, lo, lo + length, 2 * np.log(2) * Lambda / (share * eps), eps


units_needed = Exercise(
    "units_needed",
    "return the smallest n for which Λ (h/2 + 2 ln 2/s) ≤ ε with h = (hi − lo)/(n + 1).",
    _units_needed,
    _draw_guarantee,
    {
        "this is the number of cells: n + 1 cells have n borders between them, and each border is a unit": (
            lambda Lambda, lo, hi, s, eps: _units_needed(Lambda, lo, hi, s, eps) + 1
        ),
        "the softness of the steps takes a part of ε: for the cells there remains ε − 2 ln 2 Λ/s": (
            lambda Lambda, lo, hi, s, eps: _cells(Lambda * (hi - lo), eps) - 1
        ),
        "a point is at most half a cell from the middle of its cell: the error is Λ h/2, not Λ h": (
            lambda Lambda, lo, hi, s, eps: _cells(Lambda * (hi - lo), _for_cells(Lambda, s, eps) / 2) - 1
        ),
        "rounded down, the cells are too wide: round up": lambda Lambda, lo, hi, s, eps: (
            _units_needed(Lambda, lo, hi, s, eps) - 1
        ),
        "this is not a whole number of units: round the number of cells up": lambda Lambda, lo, hi, s, eps: (
            Lambda * (hi - lo) / (2 * _for_cells(Lambda, s, eps)) - 1
        ),
    },
)

# ---------------------------------------------------------------- ramps in place of steps


def _slopes(t: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.diff(c) / np.diff(t)


def _relu_weights(t: np.ndarray, c: np.ndarray) -> tuple[float, np.ndarray]:
    return float(c[0]), np.diff(_slopes(t, c), prepend=0.0)


def _draw_points(rng: np.random.Generator) -> Arrays:
    n = int(rng.integers(4, 9))
    return rng.normal() + np.cumsum(rng.uniform(0.2, 1, n)), rng.normal(size=n)


relu_weights = Exercise(
    "relu_weights",
    "return b = c₀ and the array of the vⱼ: v₀ is the first slope, and each further vⱼ is the change of slope at tⱼ.",
    _relu_weights,
    _draw_points,
    {
        "these are the slopes: but all ramps to the left of x count, so the slopes would add up": lambda t, c: (
            float(c[0]),
            _slopes(t, c),
        ),
        "the output needs a bias: at t₀ all rectifiers are 0, and the value is c₀": lambda t, c: (
            0.0,
            _relu_weights(t, c)[1],
        ),
        "these are differences of the values: divide them by the distances of the inputs to get slopes": lambda t, c: (
            float(c[0]),
            np.diff(np.diff(c), prepend=0.0),
        ),
        "the first ramp is missing: v₀ is the slope between t₀ and t₁": lambda t, c: (
            float(c[0]),
            np.diff(_slopes(t, c)),
        ),
    },
)
