"""Exercises of backprop/multilayer-perceptron: layers, what they count, compute and charge."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["count_parameters", "mlp_outputs", "one_layer", "parity_weights", "poisson_error"]


def _count(widths: np.ndarray) -> int:
    return int(np.sum(widths[1:] * (widths[:-1] + 1)))


count_parameters = Exercise(
    "count_parameters",
    "return the number of weights and biases of a network whose layers have the widths n₀, n₁, …, n_L",
    reference=_count,
    draw=lambda rng: (rng.integers(1, 1000, rng.integers(2, 7)),),
    mistakes={
        "the biases are missing: each unit has one": lambda widths: int(np.sum(widths[1:] * widths[:-1])),
        "the inputs have no biases: layer 0 computes nothing": lambda widths: _count(widths) + int(widths[0]),
        "this is the number of units: each of them has a weight for every unit of the layer below": lambda widths: int(
            np.sum(widths[1:])
        ),
    },
)


def _softmax(Z: np.ndarray, axis: int = 1) -> np.ndarray:
    E = np.exp(Z - Z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def _same(A: np.ndarray) -> np.ndarray:
    return A


def _outputs(X: np.ndarray, weights: Sequence[Any], biases: Sequence[Any], f: Any = np.tanh, g: Any = _softmax) -> Any:
    Y = X
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        Y = f(Y @ W.T + b)
    return g(Y @ weights[-1].T + biases[-1])


def _draw_network(rng: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    widths = rng.integers(2, 6, rng.integers(3, 6))
    weights = [rng.normal(size=(n, m)) for m, n in pairwise(widths)]
    return rng.normal(size=(rng.integers(2, 6), widths[0])), weights, [rng.normal(size=n) for n in widths[1:]]


mlp_outputs = Exercise(
    "mlp_outputs",
    "return Ŷ, one row for each row of X: tanh in every hidden layer, softmax in the last; the lists hold W¹, W², …"
    " and b¹, b², …",
    reference=_outputs,
    draw=_draw_network,
    mistakes={
        "these are the scores of the last layer: g, the softmax, is still to come": lambda X, weights, biases: _outputs(
            X, weights, biases, g=_same
        ),
        "the last layer has g in place of f, not after it: no tanh before the softmax": lambda X, weights, biases: (
            _outputs(X, weights, biases, g=lambda A: _softmax(np.tanh(A)))
        ),
        "your hidden layers have no transfer function: apply tanh to each of them": lambda X, weights, biases: _outputs(
            X, weights, biases, f=_same
        ),
        "a sample is a row: its probabilities sum to 1 along axis=1": lambda X, weights, biases: _outputs(
            X, weights, biases, g=lambda A: _softmax(A, axis=0)
        ),
    },
)


def _draw_two_layers(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    n = rng.integers(2, 6)
    return rng.normal(size=(n, n)), rng.normal(size=n), rng.normal(size=(n, n)), rng.normal(size=n)


one_layer = Exercise(
    "one_layer",
    "return (W, b) of the one layer that computes what two layers without a transfer function do",
    reference=lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1 + b2),
    draw=_draw_two_layers,
    mistakes={
        "the order is wrong: the first layer is applied first, so its matrix stands on the right": (
            lambda W1, b1, W2, b2: (W1 @ W2, W2 @ b1 + b2)
        ),
        "the first bias goes through the second layer, too": lambda W1, b1, W2, b2: (W2 @ W1, b1 + b2),
        "the first bias is lost": lambda W1, b1, W2, b2: (W2 @ W1, b2),
    },
)


def _draw_counts(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    A = rng.normal(size=(rng.integers(2, 6), rng.integers(1, 4)))
    return A, rng.poisson(np.exp(A)).astype(np.float64)


poisson_error = Exercise(
    "poisson_error",
    "return ∂J/∂A, an array of A's shape, where J is the mean over the rows of Σⱼ (exp(aⱼ) − yⱼ aⱼ)",
    reference=lambda A, Y: (np.exp(A) - Y) / len(A),
    draw=_draw_counts,
    mistakes={
        "the factor 1/N is missing: J is the mean over the samples": lambda A, Y: np.exp(A) - Y,
        "the sign is wrong: the error is ŷ − y": lambda A, Y: (Y - np.exp(A)) / len(A),
        "the prediction is ŷ = exp(a), not a": lambda A, Y: (A - Y) / len(A),
        "this is the gradient of the squared error, (ŷ − y)ŷ: this loss was chosen so that the slope of exp cancels": (
            lambda A, Y: (np.exp(A) - Y) * np.exp(A) / len(A)
        ),
    },
)


def _zigzag(n: int) -> np.ndarray:
    return np.array([1.0] + [2.0 * (-1) ** j for j in range(1, n)])


parity_weights = Exercise(
    "parity_weights",
    "return the n output weights vⱼ with which Σⱼ vⱼ relu(s − j), j = 0, …, n − 1, is 1 for odd s and 0 for even s,"
    " s = 0, …, n",
    reference=_zigzag,
    draw=lambda rng: (int(rng.integers(2, 12)),),
    mistakes={
        "the slope has to change from 1 to −1 and back, so it changes by 2": lambda n: (-1.0) ** np.arange(n),
        "the first slope is 1, from (0, 0) to (1, 1); only the later ones change by 2": lambda n: (
            2 * (-1.0) ** np.arange(n)
        ),
        "the signs are wrong: s = 1 must give 1": lambda n: -_zigzag(n),
    },
)
