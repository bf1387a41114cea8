"""Where the nodes of a drawing lie: layers, few crossings, straight chains (Sugiyama et al. 1981).

Nodes get layers, so that edges point one way; an edge over several layers is held in each of them by a
*bend*, an item without size. The items of a layer are ordered to cross few edges, then moved as near to
their neighbours as the boxes allow. Nothing is drawn at random: equal graphs have equal layouts.
"""

from __future__ import annotations

import math
from bisect import bisect, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Layout", "arrange"]

SWEEPS = 12  # over the layers, to remove crossings
ROUNDS = 200  # over the layers, to straighten
# How much a neighbour pulls, by how many of the two are bends: long edges are to be straight before short ones are
# (after Gansner et al. 1993, section 4.1). A leaf with one edge follows its operation and does not pull, unless it is
# the only argument, or the first of three: the input of a layer.
PULL, LEAF_PULL = (1.0, 0.5, 16.0), 1e-3


@dataclass(frozen=True)
class Layout:
    """Places, across and along the direction of the drawing.

    Attributes
    ----------
    centres : list of float
        Across, of each node.
    layers : list of int
        Of each node.
    routes : list of list of (float, int)
        Of each edge, from source to target, the bends: where, across, in which layer.
    labels : list of int
        Of each edge, which of its bends holds the label; −1 where there is none.
    span : (float, float)
        The least and the greatest place, across.
    """

    centres: list[float]
    layers: list[int]
    routes: list[list[tuple[float, int]]]
    labels: list[int]
    span: tuple[float, float]


def arrange(sizes: Sequence[float], edges: Sequence[tuple[int, int]], labels: Sequence[float], gap: float) -> Layout:
    """Arrange nodes in layers.

    Parameters
    ----------
    sizes : sequence of float
        Width of each node, across; nodes are in topological order.
    edges : sequence of (int, int)
        From node to node, upward in number.
    labels : sequence of float
        Width of each edge's label; 0 where it has none. If there are any, every other layer is theirs.
    gap : float
        The least distance of two neighbours in a layer.

    Returns
    -------
    Layout
        Where all lies.
    """
    layer = _layers(len(sizes), edges)
    if any(labels):
        layer = [2 * k for k in layer]
    widths, level = list(sizes), list(layer)
    short: list[tuple[int, int]] = []  # edges between items of neighbouring layers
    bends: list[list[int]] = []
    for (source, target), label in zip(edges, labels, strict=True):
        inner = list(range(len(widths), len(widths) + layer[target] - layer[source] - 1))
        widths += [0.0] * len(inner)
        level += range(layer[source] + 1, layer[target])
        if label and inner:
            widths[inner[_middle(inner)]] = label
        bends.append(inner)
        short += zip([source, *inner], [*inner, target], strict=True)
    order = _ordered(_start(len(widths), level, short), short)
    x = _places(order, widths, short, len(sizes), gap)
    _straighten(x, bends, order, widths, level, gap)
    ends = [(c - w / 2, c + w / 2) for c, w in zip(x, widths, strict=True)]
    return Layout(
        x[: len(sizes)],
        layer,
        [[(x[i], level[i]) for i in inner] for inner in bends],
        [_middle(inner) if label and inner else -1 for inner, label in zip(bends, labels, strict=True)],
        (min(low for low, _ in ends), max(high for _, high in ends)),
    )


def _middle(bends: Sequence[int]) -> int:
    """Choose the bend for the label: of those in odd layers, which are every other one, that in the middle."""
    return len(bends) // 4 * 2


def _neighbours(n: int, edges: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    before: list[list[int]] = [[] for _ in range(n)]
    after: list[list[int]] = [[] for _ in range(n)]
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    return before, after


def _layers(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Count layers from the arguments on; then put each node right before the first operation that needs it."""
    before, after = _neighbours(n, edges)
    layer = [0] * n
    for i in range(n):
        layer[i] = max((layer[a] + 1 for a in before[i]), default=0)
    for i in reversed(range(n)):
        layer[i] = min((layer[t] - 1 for t in after[i]), default=layer[i])
    return layer


def _start(n: int, level: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Order the items of each layer as a walk from the last one meets them, arguments first, in their order."""
    before, after = _neighbours(n, edges)
    order: list[list[int]] = [[] for _ in range(max(level) + 1)]
    seen: set[int] = set()
    last = max(range(n), key=lambda i: level[i])
    stack = [*(i for i in range(n) if i != last), last]
    while stack:
        item = stack.pop()
        if item not in seen:
            seen.add(item)
            order[level[item]].append(item)
            stack += [*reversed(after[item]), *reversed(before[item])]
    return order


def _ordered(order: list[list[int]], edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Sort each layer by the mean place of its neighbours, down and up; keep the order with the fewest crossings."""
    n = sum(map(len, order))
    before, after = _neighbours(n, edges)
    best, fewest = [list(row) for row in order], _crossings(order, after)
    for sweep in range(SWEEPS):
        sides = (before, range(len(order))) if sweep % 2 == 0 else (after, reversed(range(len(order))))
        neighbours, rows = sides
        place = {item: float(k) for row in order for k, item in enumerate(row)}
        for k in rows:
            mean = {i: sum(place[j] for j in neighbours[i]) / len(neighbours[i]) for i in order[k] if neighbours[i]}
            order[k].sort(key=lambda i: mean.get(i, place[i]))
            place |= {item: float(p) for p, item in enumerate(order[k])}
        _exchange(order, before, after)
        crossings = _crossings(order, after)
        if crossings < fewest:
            best, fewest = [list(row) for row in order], crossings
    return best


def _exchange(order: Sequence[list[int]], *sides: list[list[int]]) -> None:
    """Swap neighbours in a layer for as long as that removes crossings (Gansner et al. 1993, section 3)."""
    place = {item: k for row in order for k, item in enumerate(row)}
    better = True
    while better:
        better = False
        for row in order:
            for k in range(len(row) - 1):
                a, b = row[k], row[k + 1]
                ends = [(place[i], place[j]) for side in sides for i in side[a] for j in side[b]]
                if sum((i > j) - (i < j) for i, j in ends) > 0:
                    row[k], row[k + 1], better = b, a, True
                    place[a], place[b] = k + 1, k


def _crossings(order: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> int:
    """Count the pairs of edges that cross: inversions, layer by layer."""
    count = 0
    for row, below in pairwise(order):
        place = {item: k for k, item in enumerate(below)}
        met: list[int] = []
        for item in row:
            ends = sorted(place[t] for t in after[item])
            count += sum(len(met) - bisect(met, end) for end in ends)
            for end in ends:
                insort(met, end)
    return count


def _places(
    order: Sequence[Sequence[int]], widths: Sequence[float], edges: Sequence[tuple[int, int]], nodes: int, gap: float
) -> list[float]:
    """Minimize Σ pull·(xₛ − xₜ)² over the edges, layer by layer, under the distances that boxes need."""
    n = len(widths)
    before, after = _neighbours(n, edges)
    pulls: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for source, target in edges:
        pull = PULL[(source >= nodes) + (target >= nodes)]
        leaf = not before[source] and len(after[source]) == 1
        leaf &= len(before[target]) == 2 or source != before[target][0]
        pulls[source].append((target, LEAF_PULL if leaf else pull))
        pulls[target].append((source, LEAF_PULL if leaf else pull))
    x = [0.0] * n
    for row in order:
        at = 0.0
        for left, right in zip([row[0], *row], row, strict=False):
            at += (widths[left] + widths[right]) / 2 + gap if left != right else 0.0
            x[right] = at
    for sweep in range(ROUNDS):
        for row in order if sweep % 2 == 0 else reversed(order):
            wanted, weights, offsets, offset = [], [], [], 0.0
            for k, i in enumerate(row):
                offset += (widths[row[k - 1]] + widths[i]) / 2 + gap if k else 0.0
                weight = sum(p for _, p in pulls[i])
                wanted.append((sum(p * x[j] for j, p in pulls[i]) / weight if weight else x[i]) - offset)
                weights.append(weight or LEAF_PULL)
                offsets.append(offset)
            for i, place, offset in zip(row, _pooled(wanted, weights), offsets, strict=True):
                x[i] = place + offset
    return x


def _straighten(
    x: list[float],
    bends: Sequence[Sequence[int]],
    order: Sequence[Sequence[int]],
    widths: Sequence[float],
    level: Sequence[int],
    gap: float,
) -> None:
    """Put the bends of each long edge on one line, where their neighbours leave room for that; changes `x`."""
    place = {item: k for row in order for k, item in enumerate(row)}
    for inner in [inner for inner in bends if inner] * 4:  # one that moves makes room for others
        low, high = -math.inf, math.inf
        for i in inner:
            row, k = order[level[i]], place[i]
            if k:
                low = max(low, x[row[k - 1]] + (widths[row[k - 1]] + widths[i]) / 2 + gap)
            if k + 1 < len(row):
                high = min(high, x[row[k + 1]] - (widths[row[k + 1]] + widths[i]) / 2 - gap)
        if low <= high:
            line = min(max(sum(x[i] for i in inner) / len(inner), low), high)
            for i in inner:
                x[i] = line


def _pooled(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Minimize Σ weight·(x − wanted)² under x₁ ≤ x₂ ≤ …: pool adjacent violators (Barlow et al. 1972)."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, count
    for mean, weight in zip(wanted, weights, strict=True):
        count = 1
        while blocks and blocks[-1][0] > mean:
            m, w, c = blocks.pop()
            mean, weight, count = (m * w + mean * weight) / (w + weight), w + weight, c + count
        blocks.append((mean, weight, count))
    return [mean for mean, _, count in blocks for _ in range(count)]
