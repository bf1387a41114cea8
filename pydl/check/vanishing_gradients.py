"""Exercises of backprop/vanishing-gradients: products of slopes, and how fast they fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["chain_slope", "error_norms", "gradient_bound", "layers_until"]


def _sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def _chain(factor: Callable[[float, float, float], float]) -> Callable[..., float]:
    """Return the product over layers of factor(w, y, y below)."""

    def slope(x: float, w: np.ndarray, b: np.ndarray) -> float:
        product = 1.0
        for weight, bias in zip(w, b, strict=True):
            y = _sigmoid(weight * x + bias)
            product *= factor(weight, y, x)
            x = y
        return product

    return slope


def _draw_chain(rng: np.random.Generator) -> tuple[float, np.ndarray, np.ndarray]:
    layers = rng.integers(2, 8)
    return float(rng.normal()), 3 * rng.normal(size=layers), rng.normal(size=layers)


chain_slope = Exercise(
    "chain_slope",
    "return ∂yᴸ/∂x, the product over the layers of w f′(a), with f′ = y(1 − y) at each layer's own y",
    reference=_chain(lambda w, y, below: w * y * (1 - y)),
    draw=_draw_chain,
    mistakes={
        "you take f′ = ¼ everywhere: that is the slope at a = 0 only; each layer has its own, y(1 − y)": _chain(
            lambda w, y, below: w / 4
        ),
        "the weights are missing: each layer contributes w times f′(a)": _chain(lambda w, y, below: y * (1 - y)),
        "f′ is taken one layer too low: it belongs to the layer's output y, not to its input": _chain(
            lambda w, y, below: w * below * (1 - below)
        ),
        "this is yᴸ itself, the value of the chain; its slope is asked for": lambda x, w, b: _value(x, w, b),
    },
)


def _value(x: float, w: np.ndarray, b: np.ndarray) -> float:
    for weight, bias in zip(w, b, strict=True):
        x = _sigmoid(weight * x + bias)
    return x


def _draw_limit(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.uniform(0.1, 0.95)), float(10 ** rng.uniform(-30, -2))


layers_until = Exercise(
    "layers_until",
    "return the smallest whole number L with factorᴸ < limit: take logarithms on both sides, and mind that"
    " log(factor) is negative",
    reference=lambda factor, limit: np.floor(np.log(limit) / np.log(factor)) + 1,
    draw=_draw_limit,
    mistakes={
        "one layer too few: you round down, and the gradient is still above the limit": lambda factor, limit: np.floor(
            np.log(limit) / np.log(factor)
        ),
        "a number of layers is whole: round up": lambda factor, limit: np.log(limit) / np.log(factor),
        "the two logarithms are exchanged: L·log(factor) < log(limit)": lambda factor, limit: (
            np.floor(np.log(factor) / np.log(limit)) + 1
        ),
    },
    rtol=1e-9,
)


def _draw_matrices(rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
    n = rng.integers(2, 6, size=rng.integers(3, 6))
    return [rng.normal(size=(rows, columns)) for columns, rows in pairwise(n)], float(rng.uniform(0.1, 1.5))


def _bound(norm: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    return lambda weights, c: np.prod([c * norm(W) for W in weights])


gradient_bound = Exercise(
    "gradient_bound",
    "return the product over the layers of c·‖W‖₂, where ‖W‖₂ is the largest singular value: np.linalg.norm(W, 2)",
    reference=_bound(lambda W: np.linalg.norm(W, 2)),
    draw=_draw_matrices,
    mistakes={
        "np.linalg.norm(W) is the root of the sum of squares, which is larger: the bound asks for the largest singular"
        " value, np.linalg.norm(W, 2)": _bound(np.linalg.norm),
        "c enters once for each layer": lambda weights, c: c * np.prod([np.linalg.norm(W, 2) for W in weights]),
        "the slopes are missing: each layer contributes c·‖W‖₂": lambda weights, c: np.prod(
            [np.linalg.norm(W, 2) for W in weights]
        ),
        "np.linalg.norm(W, 1) is the largest column sum; for the largest singular value write np.linalg.norm(W,"
        " 2)": _bound(lambda W: np.linalg.norm(W, 1)),
    },
)


def _norms(
    step: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> Callable[..., np.ndarray]:
    """Return the function that applies step(W, a, a below, delta) from the top layer down."""

    def norms(weights: Sequence[np.ndarray], a: Sequence[np.ndarray], delta: np.ndarray) -> np.ndarray:
        found = [np.linalg.norm(delta)]
        for i in range(len(weights) - 1, 0, -1):
            delta = step(weights[i], a[i], a[i - 1], delta)
            found.append(np.linalg.norm(delta))
        return np.array(found[::-1])

    return norms


def _draw_errors(rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    n, layers = int(rng.integers(2, 5)), int(rng.integers(2, 6))
    weights = [rng.normal(size=(n, n)) for _ in range(layers)]  # square, so that a missing transpose is found by value
    return weights, [rng.normal(size=n) for _ in range(layers)], rng.normal(size=n)


def _slope(a: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(a) ** 2


error_norms = Exercise(
    "error_norms",
    "return the norms of δ¹, …, δᴸ, with δˡ⁻¹ = f′(aˡ⁻¹) ⊙ (Wˡᵀ δˡ) and f′(a) = 1 − tanh² a",
    reference=_norms(lambda W, a, below, delta: _slope(below) * (W.T @ delta)),
    draw=_draw_errors,
    mistakes={
        "the transpose is missing: backward goes through Wᵀ": _norms(
            lambda W, a, below, delta: _slope(below) * (W @ delta)
        ),
        "f′ is taken at aˡ: δˡ has it already; below the weights it is layer l − 1 that bends": _norms(
            lambda W, a, below, delta: _slope(a) * (W.T @ delta)
        ),
        "f′ is missing: δ is the gradient at the net input, below the transfer function": _norms(
            lambda W, a, below, delta: W.T @ delta
        ),
        "the order is reversed: the first entry belongs to layer 1": lambda weights, a, delta: _norms(
            lambda W, a, below, delta: _slope(below) * (W.T @ delta)
        )(weights, a, delta)[::-1],
    },
)
