"""Exercises of the notebook backprop/chain-rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["backward_over_edges", "chain_product", "network_paths", "two_paths"]

# ---------------------------------------------------------------- along a single path


def _chain_product(x: np.ndarray) -> np.ndarray:
    u = np.exp(x / 2)
    return (1 - np.tanh(u) ** 2) * u / 2


chain_product = Exercise(
    "chain_product",
    "return the derivative of y = tanh(exp(x/2)), entry by entry.",
    _chain_product,
    lambda rng: (rng.uniform(-2, 2, 5),),
    {
        "the edge from x to x/2 is missing: its local derivative is ½": lambda x: 2 * _chain_product(x),
        "the edge of exp is missing: its local derivative is exp(x/2)": lambda x: (1 - np.tanh(np.exp(x / 2)) ** 2) / 2,
        "1 − tanh² is taken at x: each local derivative is taken at the argument of its own operation, here exp(x/2)": (
            lambda x: (1 - np.tanh(x) ** 2) * np.exp(x / 2) / 2
        ),
        "the local derivatives are added: along a path they are multiplied": (
            lambda x: (1 - np.tanh(np.exp(x / 2)) ** 2) + np.exp(x / 2) + 0.5
        ),
        "this is y itself: multiply the local derivatives of the three operations": lambda x: np.tanh(np.exp(x / 2)),
    },
)

# ---------------------------------------------------------------- two paths


def _two_paths(x1: float, x2: float) -> tuple[float, float]:
    return float(np.sin(x1) + (x1 + x2) * np.cos(x1)), float(np.sin(x1))


two_paths = Exercise(
    "two_paths",
    "return ∂u₃/∂x₁ and ∂u₃/∂x₂ of u₃ = (x₁ + x₂) sin x₁.",
    _two_paths,
    lambda rng: (float(rng.uniform(-2, 2)), float(rng.uniform(-2, 2))),
    {
        "of the two paths from x₁ only the one through u₁ = x₁ + x₂ is there: add the one through u₂ = sin x₁": (
            lambda x1, x2: (np.sin(x1), np.sin(x1))
        ),
        "of the two paths from x₁ only the one through u₂ = sin x₁ is there: add the one through u₁ = x₁ + x₂": (
            lambda x1, x2: ((x1 + x2) * np.cos(x1), np.sin(x1))
        ),
        "the two paths from x₁ are multiplied: products are taken along a path, sums over paths": (
            lambda x1, x2: (np.sin(x1) * (x1 + x2) * np.cos(x1), np.sin(x1))
        ),
        "the derivative of sin is cos, without a minus": (
            lambda x1, x2: (np.sin(x1) - (x1 + x2) * np.cos(x1), np.sin(x1))
        ),
        "the pair is the wrong way round: first the derivative with respect to x₁": (
            lambda x1, x2: _two_paths(x1, x2)[::-1]
        ),
    },
)

# ---------------------------------------------------------------- counting without walking


def _network_paths(widths: Sequence[int], first: int = 1) -> int:
    ways = [1] * first + [0] * (widths[0] - first)
    for n, m in pairwise(widths[:-1]):
        ways = [sum(ways) + (ways[i] if n == m else 0) for i in range(m)]
    return sum(ways)


def _draw_widths(rng: np.random.Generator) -> tuple[list[int]]:
    """Draw a network in which some neighbouring layers are equally wide, inputs included."""
    widths = [int(n) for n in rng.integers(2, 5, rng.integers(3, 7))]
    equal = int(rng.integers(1, len(widths) - 1))
    widths[equal] = widths[equal - 1]
    return (widths,)


network_paths = Exercise(
    "network_paths",
    "return the number of paths from the first input to the first output, with a shortcut around each hidden layer"
    " that is as wide as the layer before it.",
    _network_paths,
    _draw_widths,
    {
        "the shortcuts are missing: a unit with a shortcut is reached once more by each path to the unit below it": (
            lambda widths: int(np.prod(widths[1:-1]))
        ),
        "these are the paths from all inputs: only those from the first are asked for": (
            lambda widths: _network_paths(widths, first=widths[0])
        ),
        "these are the paths to all outputs: only those to the first are asked for": (
            lambda widths: _network_paths(widths) * widths[-1]
        ),
        "this is the number of weights: paths multiply from layer to layer, they do not add up": (
            lambda widths: int(sum(n * m for n, m in pairwise(widths)))
        ),
    },
)

# ---------------------------------------------------------------- all derivatives, for any graph

Edges = list[tuple[int, int, float]]


def _walk(edges: Edges, n: int, order: list[int], careless: bool = False) -> np.ndarray:
    """Go over the edges in an order and add up (or overwrite) what arrives at their sources."""
    total = np.zeros(n)
    total[-1] = 1
    for k in order:
        source, target, partial = edges[k]
        total[source] = total[target] * partial + (0 if careless else total[source])
    return total


def _from_the_end(edges: Edges) -> list[int]:
    return sorted(range(len(edges)), key=lambda k: -edges[k][1])


def _backward_over_edges(edges: Edges, n: int) -> np.ndarray:
    return _walk(edges, n, _from_the_end(edges))


def _draw_edges(rng: np.random.Generator) -> tuple[Edges, int]:
    """Draw a graph in which every node is used, most of them several times, and shuffle its edges."""
    n = int(rng.integers(5, 9))
    edges = [(i, i + 1) for i in range(n - 1)] + [(i, int(rng.integers(i + 2, n))) for i in range(n - 2)]
    edges += [edges[int(rng.integers(len(edges)))]]  # one argument that is used twice
    return [(*edges[int(k)], float(rng.uniform(0.5, 2))) for k in rng.permutation(len(edges))], n


backward_over_edges = Exercise(
    "backward_over_edges",
    "return the derivatives of the last of n nodes with respect to each node, from edges (source, target, partial).",
    _backward_over_edges,
    _draw_edges,
    {
        "a share overwrites the one before it: where several paths meet, add (+=)": (
            lambda edges, n: _walk(edges, n, _from_the_end(edges), careless=True)
        ),
        "the edges are taken as they come: before a node passes its derivative on, all edges that leave it must have"
        " been used, so take those with the last targets first": lambda edges, n: _walk(edges, n, [*range(len(edges))]),
        "the edges are taken in reverse, but the list is in no order: sort it by the targets": (
            lambda edges, n: _walk(edges, n, [*reversed(range(len(edges)))])
        ),
        "the edges are taken from the first target on: the way back begins at the last": (
            lambda edges, n: _walk(edges, n, _from_the_end(edges)[::-1])
        ),
        "these are the derivatives of all nodes with respect to the first: the last with respect to all is asked for": (
            lambda edges, n: _walk([(n - 1 - t, n - 1 - s, p) for s, t, p in edges], n, _from_the_end(
                [(n - 1 - t, n - 1 - s, p) for s, t, p in edges]))[::-1]
        ),
        "the last node's derivative with respect to itself is 1, not 0": lambda edges, n: np.concatenate(
            [_backward_over_edges(edges, n)[:-1], [0.0]]
        ),
    },
)  # fmt: skip
