"""Layouts: layers point one way, nothing overlaps, nothing is left out, chains are straight."""

import itertools

import numpy as np
import pytest

from pydl.graphs.layout import _crossings, _pooled, arrange

GAP = 10.0


def random_dag(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 40))
    edges = [(int(rng.integers(max(t - 8, 0), t)), t) for t in range(1, n) for _ in range(rng.integers(1, 4))]
    sizes = rng.uniform(20, 120, n).tolist()
    labels = (rng.uniform(10, 40, len(edges)) * (seed % 2)).tolist()
    return sizes, edges, labels


@pytest.mark.parametrize("seed", range(30))
def test_nothing_overlaps_and_edges_point_one_way(seed):
    sizes, edges, labels = random_dag(seed)
    layout = arrange(sizes, edges, labels, GAP)
    items = [(layout.layers[i], x, sizes[i]) for i, x in enumerate(layout.centres)]
    for k, (source, target) in enumerate(edges):
        places = [layout.layers[source], *(layer for _, layer in layout.routes[k]), layout.layers[target]]
        assert places == list(range(places[0], places[-1] + 1))
        assert len(places) > 1
        if labels[k]:
            assert layout.routes[k][layout.labels[k]][1] % 2 == 1, "labels have layers of their own"
        items += [
            (layer, x, labels[k] if i == layout.labels[k] else 0) for i, (x, layer) in enumerate(layout.routes[k])
        ]
    assert len(layout.centres) == len(sizes)
    for (layer, a, wide), (below, b, broad) in itertools.pairwise(sorted(items)):
        if layer == below:
            assert b - a >= (wide + broad) / 2 + GAP - 1e-9
    low, high = layout.span
    assert low == pytest.approx(min(x - w / 2 for _, x, w in items))
    assert high == pytest.approx(max(x + w / 2 for _, x, w in items))
    assert layout == arrange(sizes, edges, labels, GAP), "equal graphs have equal layouts"


def test_a_chain_is_straight_beside_its_parameters():
    """Layers of a network: a chain of inputs, each with a weight and a bias at its side."""
    sizes, edges, x = [80.0], [], 0
    for _ in range(6):
        w, b, y = len(sizes), len(sizes) + 1, len(sizes) + 2
        sizes += [100.0, 80.0, 90.0]
        edges += [(x, y), (w, y), (b, y)]
        x = y
    layout = arrange(sizes, edges, [0.0] * len(edges), GAP)
    chain = [layout.centres[i] for i in (0, 3, 6, 9, 12, 15, 18)]
    assert np.ptp(chain) < 2
    assert layout.span[1] - layout.span[0] < 90 + 100 + 80 + 2 * GAP + 10
    assert layout.layers[-1] == 6


def test_a_long_edge_is_a_straight_line():
    layout = arrange([50.0] * 8, [(i, i + 1) for i in range(7)] + [(0, 7)], [0.0] * 8, GAP)
    lane = [x for x, _ in layout.routes[-1]]
    assert len(lane) == 6
    assert np.ptp(lane) < 1e-9


def test_sorting_removes_crossings():
    """A ladder whose rungs were named in the wrong order has a drawing without crossings."""
    n = 6
    rng = np.random.default_rng(0)
    top, bottom = rng.permutation(n).tolist(), (n + rng.permutation(n)).tolist()
    edges = [(top[i], bottom[i]) for i in range(n)] + [(top[i], bottom[i + 1]) for i in range(n - 1)]
    layout = arrange([20.0] * (2 * n), edges, [0.0] * len(edges), GAP)
    order = [
        sorted(range(n), key=lambda i: layout.centres[i]),
        sorted(range(n, 2 * n), key=lambda i: layout.centres[i]),
    ]
    after = [[t for s, t in edges if s == i] for i in range(2 * n)]
    assert _crossings(order, after) == 0
    assert _crossings([order[0], order[1][::-1]], after) > 0


def test_crossings_are_counted_as_pairs_of_edges_are():
    rng = np.random.default_rng(1)
    after = [[int(t) for t in 10 + rng.integers(0, 8, rng.integers(0, 4))] for _ in range(10)] + [[]] * 8
    order = [rng.permutation(10).tolist(), (10 + rng.permutation(8)).tolist()]
    place = {item: k for row in order for k, item in enumerate(row)}
    ends = [(place[s], place[t]) for s in range(10) for t in after[s]]
    expected = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(ends, 2))
    assert _crossings(order, after) == expected > 0


def test_pooling_is_the_monotone_least_squares_fit():
    rng = np.random.default_rng(2)
    for _ in range(20):
        wanted, weights = rng.normal(size=7), rng.uniform(0.1, 3, 7)
        found = np.array(_pooled(wanted.tolist(), weights.tolist()))
        assert (np.diff(found) >= 0).all()
        # optimal among monotone sequences, a cone: the residual is orthogonal to the fit, and no generator improves it
        residual = weights * (wanted - found)
        assert abs(residual @ found) < 1e-9
        assert abs(residual.sum()) < 1e-9
        assert all(residual[k:].sum() < 1e-9 for k in range(7))
