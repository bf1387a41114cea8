"""Exercises of optimizers/critical-points: the index, higher derivatives, valley floors, and the way past a saddle."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["kind_of_one_weight", "morse_index", "steps_past_saddle", "valley_floor"]

# ---------------------------------------------------------------- the index


def _index(H: np.ndarray) -> int:
    return int(np.sum(np.linalg.eigvalsh(H) < 0))


def _hessian(rng: np.random.Generator) -> tuple[np.ndarray]:
    """Draw a symmetric matrix of any index, none of whose eigenvalues is near 0."""
    n = int(rng.integers(2, 7))
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    H = (Q * (rng.choice([-1.0, 1.0], n) * rng.uniform(0.3, 2, n))) @ Q.T
    return ((H + H.T) / 2,)


morse_index = Exercise(
    "morse_index",
    "return the number of negative eigenvalues of the symmetric matrix H.",
    reference=_index,
    draw=_hessian,
    mistakes={
        "you count negative entries of the diagonal: these say how J bends along the axes; take the eigenvalues": (
            lambda H: np.sum(np.diag(H) < 0)
        ),
        "you count the positive eigenvalues: the index counts the directions that lead down": lambda H: (
            len(H) - _index(H)
        ),
        "this is the share α of negative eigenvalues: the index is their number": lambda H: _index(H) / len(H),
        "a determinant knows only whether the index is even or odd: count the negative eigenvalues": lambda H: int(
            np.linalg.det(H) < 0
        ),
    },
)

# ---------------------------------------------------------------- one weight, higher derivatives


def _kind(derivatives: np.ndarray) -> float:
    first = int(np.flatnonzero(derivatives)[0])
    return 0.0 if first % 2 else float(np.sign(derivatives[first]))


def _derivatives(rng: np.random.Generator) -> tuple[np.ndarray]:
    """Draw the derivatives of order 2 to 7, the first few of them 0."""
    values = rng.choice([-1.0, 1.0], 6) * rng.uniform(0.5, 3, 6)
    values[: rng.integers(0, 5)] = 0
    return (values,)


kind_of_one_weight = Exercise(
    "kind_of_one_weight",
    "return 1 for a minimum, −1 for a maximum, 0 for neither, from the derivatives of order 2, 3, 4, …",
    reference=_kind,
    draw=_derivatives,
    mistakes={
        "you ask the second derivative only: where it is 0, the next one that is not 0 decides": lambda derivatives: (
            np.sign(derivatives[0])
        ),
        "an odd order makes neither a minimum nor a maximum: vᵏ then changes its sign with v": lambda derivatives: (
            np.sign(derivatives[np.flatnonzero(derivatives)[0]])
        ),
        "the parity is turned round: entry 0 of the array is the derivative of order 2, which is even": (
            lambda derivatives: (
                np.sign(derivatives[np.flatnonzero(derivatives)[0]]) if np.flatnonzero(derivatives)[0] % 2 else 0
            )
        ),
        "the sign is turned round: a positive derivative of even order makes a minimum": lambda derivatives: (
            -_kind(derivatives)
        ),
    },
)

# ---------------------------------------------------------------- the floor of a valley

valley_floor = Exercise(
    "valley_floor",
    "return c where c·x⁴ is the height of p/2·y² + q·x²·y + s·x⁴ on its floor, the minimum in y for each x.",
    reference=lambda p, q, s: s - q**2 / (2 * p),
    draw=lambda rng: tuple(float(v) for v in (rng.uniform(0.5, 3), rng.uniform(-3, 3), rng.uniform(-2, 4))),
    mistakes={
        "this is the height on the straight line y = 0: the floor bends, find y = η(x) from ∂f/∂y = 0": (
            lambda p, q, s: s
        ),
        "the sign of the second term is wrong: the floor is the lowest y, so bending can only lead further down": (
            lambda p, q, s: s + q**2 / (2 * p)
        ),
        "a factor ½ is missing: on the floor, p/2·η² + q·x²·η is −q²x⁴/p + q²x⁴/2p": lambda p, q, s: s - q**2 / p,
        "this is the fourth derivative φ⁗ = 24c: divide it by 4!": lambda p, q, s: 24 * s - 12 * q**2 / p,
    },
)

# ---------------------------------------------------------------- the way past a saddle


def _steps(lr: float, lam: float, a: float, r: float) -> float:
    return float(np.ceil(np.log(r / a) / np.log(1 - lr * lam)))


def _saddle(rng: np.random.Generator) -> tuple[float, float, float, float]:
    r = float(rng.uniform(0.5, 2))
    return float(rng.uniform(0.02, 0.3)), -float(rng.uniform(0.3, 2)), r * 10 ** float(rng.uniform(-9, -3)), r


steps_past_saddle = Exercise(
    "steps_past_saddle",
    "return the number of whole steps until a coordinate that starts at a, with eigenvalue lam < 0, is at least r.",
    reference=_steps,
    draw=_saddle,
    mistakes={
        "this is the time of infinitely small steps, ln(r/a)/ε|λ|: a step multiplies by 1 + ε|λ|, not by e^(ε|λ|)": (
            lambda lr, lam, a, r: np.ceil(np.log(r / a) / (-lr * lam))
        ),
        "count whole steps: round up, because after the fraction the coordinate has not reached r yet": (
            lambda lr, lam, a, r: np.log(r / a) / np.log(1 - lr * lam)
        ),
        "one step too few: round up, not down": lambda lr, lam, a, r: _steps(lr, lam, a, r) - 1,
        "the step multiplies by 1 − ε·lam, and lam is negative, so the factor is above 1": (
            lambda lr, lam, a, r: np.ceil(np.log(r / a) / np.log(1 + lr * lam))
        ),
        "the logarithms have base 10 and base e: take the same for both": (
            lambda lr, lam, a, r: np.ceil(np.log10(r / a) / np.log(1 - lr * lam))
        ),
    },
)
