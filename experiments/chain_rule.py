"""Measure, over 40 seeds, what the notebook backprop/chain-rule claims about random expressions.

usage: python experiments/chain_rule.py   (writes chain_rule.json beside this file, about a minute)

A seed draws 200 expressions of three inputs and twelve operations. Of each it is counted in how many of its inputs
the careless backward pass, which overwrites where it should add, differs from the right one. A band runs from 2
standard deviations below the smallest value over the seeds to 2 above the largest.
"""

from __future__ import annotations

import math

import numpy as np
from bands import save

import pydl
from pydl.graphs import Graph, trace

SEEDS = range(40)
EXPRESSIONS, INPUTS, OPERATIONS = 200, 3, 12


def random_expression(rng: np.random.Generator) -> pydl.Tensor:
    """Return the result of random operations, each on random earlier variables."""
    values = [pydl.tensor(v, requires_grad=True) for v in rng.uniform(-1, 1, INPUTS)]
    for _ in range(OPERATIONS):
        a, b = (values[i] for i in rng.integers(len(values), size=2))
        values.append([pydl.sin(a), pydl.tanh(a), a + b, a * b][rng.integers(4)])
    return values[-1] + values[-2] + values[-3]


def backward(graph: Graph, careless: bool = False) -> list[float]:
    """Return the derivative of the result with respect to each node."""
    total = [0.0] * len(graph)
    total[-1] = 1.0
    for edge in reversed(graph.edges):
        share = total[edge.target] * edge.partial
        total[edge.source] = share if careless else total[edge.source] + share
    return total


def one_seed(seed: int) -> dict[str, float]:
    """Return all that depends on the seed."""
    rng = np.random.default_rng(seed)
    wrong = inputs = expressions = paths = edges = 0
    deviation = 0.0
    for _ in range(EXPRESSIONS):
        graph = trace(random_expression(rng), gradients=True)
        right, careless = backward(graph), backward(graph, careless=True)
        leaves = [i for i, node in enumerate(graph.nodes) if node.kind == "input"]
        differ = [not math.isclose(right[i], careless[i], rel_tol=1e-9, abs_tol=1e-12) for i in leaves]
        wrong, inputs, expressions = wrong + sum(differ), inputs + len(leaves), expressions + any(differ)
        edges += len(graph.edges)
        for i in leaves:
            name = graph.nodes[i].name
            ways = [math.prod(edge.partial for edge in path) for path in graph.paths(name)]
            paths += len(ways)
            scale = max(math.fsum(map(abs, ways)), 1e-300)  # what cancels cannot be known better than this
            deviation = max(deviation, abs(math.fsum(ways) - right[i]) / scale)
    return {
        "share of wrong derivatives": wrong / inputs,
        "share of wrong expressions": expressions / EXPRESSIONS,
        "largest deviation from the sum over paths": deviation,
        "paths per expression": paths / EXPRESSIONS,
        "edges per expression": edges / EXPRESSIONS,
    }


if __name__ == "__main__":
    pydl.set_default_dtype("float64")
    found = save(
        __file__,
        "backprop/chain-rule",
        SEEDS,
        [one_seed(seed) for seed in SEEDS],
        margin=2,
        possible={"share of wrong derivatives": (0, 1), "share of wrong expressions": (0, 1),
                  "largest deviation from the sum over paths": (0, math.inf)},
        expressions=EXPRESSIONS,
        inputs=INPUTS,
        operations=OPERATIONS,
    )  # fmt: skip
    for name, quantity in found.items():
        print(f"{name}: {quantity['mean']:.3g}, band {quantity['band']}")
