"""Exercises of convexity/perceptron-and-xor: one correction, their number, the pocket, and the dual form."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["correction_bound", "dual_perceptron", "perceptron_update", "pocket_weights"]


def _extended(X: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(X)), X])


def _draw_update(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw a sample on either side, or weights 0: the line that is not there yet."""
    x = np.append(1.0, rng.normal(size=rng.integers(1, 5)))
    return rng.normal(size=x.size) * rng.choice([0, 1, 1]), x, int(rng.integers(0, 2))


def _update(w: np.ndarray, x: np.ndarray, y: int) -> np.ndarray:
    t = 2 * y - 1
    return w + t * x if t * (w @ x) <= 0 else w


perceptron_update = Exercise(
    "perceptron_update",
    "return w + t x if t wᵀx ≤ 0, otherwise w, with t = 2y − 1",
    reference=_update,
    draw=_draw_update,
    mistakes={
        "you add y x: with y = 0 nothing ever moves. The rule wants the sign t = 2y − 1": lambda w, x, y: (
            w + y * x if (2 * y - 1) * (w @ x) <= 0 else w
        ),
        "you correct every sample; those with t wᵀx > 0 are right, and their w must stay": lambda w, x, y: (
            w + (2 * y - 1) * x
        ),
        "a score of exactly 0 is a mistake, for either label: with < in place of ≤, w = 0 would never move": (
            lambda w, x, y: w + (2 * y - 1) * x * ((2 * y - 1) * (w @ x) < 0)
        ),
        "at a score of exactly 0, y − ŷ is 0 for y = 0, but the rule corrects there, too: use t": lambda w, x, y: (
            w + (y - int(w @ x > 0)) * x
        ),
        "the sign is wrong: this pushes the sample further to the wrong side": lambda w, x, y: 2 * w - _update(w, x, y),
    },
    trials=60,
)


def _draw_separable(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    w = rng.normal(size=rng.integers(2, 5))
    X = rng.normal(size=(rng.integers(6, 15), len(w) - 1)) * 2
    X[0] += (0.5 - _extended(X)[0] @ w) * w[1:] / (w[1:] @ w[1:])  # one sample has the label 1,
    X[1] -= (0.5 + _extended(X)[1] @ w) * w[1:] / (w[1:] @ w[1:])  # one has 0
    return X, (_extended(X) @ w > 0).astype(int), w


def _bound(X: np.ndarray, y: np.ndarray, w: np.ndarray, length: float | None = None, ones: bool = True) -> float:
    scores = (2 * y - 1) * (_extended(X) @ w)
    R = np.linalg.norm(_extended(X) if ones else X, axis=1).max()
    return float((R * (np.linalg.norm(w) if length is None else length) / scores.min()) ** 2)


correction_bound = Exercise(
    "correction_bound",
    "return (R/γ)², with R the length of the longest extended input and γ = minᵢ tᵢ wᵀxᵢ / ‖w‖",
    reference=_bound,
    draw=_draw_separable,
    mistakes={
        "γ is the margin of u = w/‖w‖, which has length 1: divide by the length of w": lambda X, y, w: _bound(
            X, y, w, length=1.0
        ),
        "‖w‖ contains the bias: γ is a distance between extended inputs": lambda X, y, w: _bound(
            X, y, w, length=float(np.linalg.norm(w[1:]))
        ),
        "R is the length of the extended inputs: the 1 counts": lambda X, y, w: _bound(X, y, w, ones=False),
        "this is R/γ: the bound is its square": lambda X, y, w: _bound(X, y, w) ** 0.5,
        "this is (γ/R)²: a wide margin must make the bound small": lambda X, y, w: 1 / _bound(X, y, w),
    },
)


def _draw_overlapping(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    y = rng.permutation(np.arange(20) % 2)
    return rng.normal(size=(20, 2)) + y[:, None], y, int(rng.integers(2, 5))


def _pocket(
    X: np.ndarray, y: np.ndarray, epochs: int, last: bool = False, each: bool = True, strictly: bool = True
) -> np.ndarray:
    X, t = _extended(X), 2 * y - 1
    w = pocket = np.zeros(X.shape[1])
    fewest = np.sum((X @ w > 0) != y)
    for _ in range(epochs):
        for i in range(len(X)):
            corrected = t[i] * (w @ X[i]) <= 0
            if corrected:
                w = w + t[i] * X[i]
            if corrected if each else i == len(X) - 1:
                wrong = np.sum((X @ w > 0) != y)
                if wrong < fewest or (wrong == fewest and not strictly):
                    fewest, pocket = wrong, w
    return w if last else pocket


pocket_weights = Exercise(
    "pocket_weights",
    "of all w after each correction, and w = 0, return the first with the fewest answers ŷ ≠ y",
    reference=_pocket,
    draw=_draw_overlapping,
    mistakes={
        "these are the last weights: no line separates these samples, and an earlier one was better": lambda X, y, e: (
            _pocket(X, y, e, last=True)
        ),
        "you look into the pocket only after each epoch: do it after each correction": lambda X, y, e: _pocket(
            X, y, e, each=False
        ),
        "of equally good weights you keep the latest, not the first: compare with <": lambda X, y, e: _pocket(
            X, y, e, strictly=False
        ),
    },
)


def _draw_kernel(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    X, y, epochs = _draw_overlapping(rng)
    return (1 + X @ X.T) ** 2, y, epochs


def _dual(K: np.ndarray, y: np.ndarray, epochs: int, signed: bool = True, at_zero: bool = True) -> np.ndarray:
    t = 2 * y - 1
    alpha = np.zeros(len(y))
    for _ in range(epochs):
        for j in range(len(y)):
            signed_score = t[j] * np.sum(alpha * (t if signed else y) * K[:, j])
            alpha[j] += signed_score < 0 or (signed_score == 0 and at_zero)
    return alpha


dual_perceptron = Exercise(
    "dual_perceptron",
    "return α: αⱼ grows by 1 whenever tⱼ Σᵢ αᵢ tᵢ Kᵢⱼ ≤ 0, for the samples in turn",
    reference=_dual,
    draw=_draw_kernel,
    mistakes={
        "at the start all scores are 0, and 0 is a mistake: with < nothing ever happens": lambda K, y, e: _dual(
            K, y, e, at_zero=False
        ),
        "the scores sum up αᵢ tᵢ Kᵢⱼ with the signs tᵢ = 2yᵢ − 1, not with the labels": lambda K, y, e: _dual(
            K, y, e, signed=False
        ),
        "these are αᵢ tᵢ: the counts alone are asked for": lambda K, y, e: _dual(K, y, e) * (2 * y - 1),
        "this is a single epoch": lambda K, y, e: _dual(K, y, 1),
    },
)
