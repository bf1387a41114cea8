"""Growing Neural Gas does the paper's steps, keeps its graph in order, and lies where the signals come from."""

import itertools

import numpy as np
import pytest

import pydl
from pydl.models import GrowingNeuralGas, k_means


def ring(n, rng):
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(0.9, 1.1, (n, 1))


def disc(n, rng):
    angle, radius = rng.uniform(0, 2 * np.pi, n), np.sqrt(rng.uniform(0, 1, n))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def state(gas):
    """Return positions, errors, and {edge: age}."""
    edges = {tuple(edge): age for edge, age in zip(gas.edges.tolist(), gas.ages.tolist(), strict=True)}
    return gas.nodes.ravel().tolist(), gas.errors.tolist(), edges


def close(found, nodes, errors, edges):
    np.testing.assert_allclose(found[0], nodes, rtol=1e-12)
    np.testing.assert_allclose(found[1], errors, rtol=1e-12)
    assert found[2] == edges


def test_three_signals_by_hand():
    gas = GrowingNeuralGas([[0.0], [10.0]], insert_every=2, lr_nearest=0.2, lr_neighbours=0.1, error_decay=0.5)
    gas.adapt([1.0])  # 0 wins, without neighbours; the edge is made; its error 1 decays by half
    close(state(gas), [0.2, 10.0], [0.5, 0], {(0, 1): 0})
    gas.adapt([9.0])  # 1 wins and draws 0 along; then node 2 between both, errors 1 and ½ halved, all halved
    close(state(gas), [1.08, 9.8, 5.44], [0.125, 0.25, 0.25], {(0, 2): 0, (1, 2): 0})
    gas.adapt([1.0])  # 0 wins, 2 is second and its neighbour; 1 is none any more
    close(state(gas), [1.064, 9.8, 4.996], [(0.125 + 0.08**2) / 2, 0.125, 0.125], {(0, 2): 0, (1, 2): 0})


def test_edges_age_and_die_and_take_lonely_nodes_along():
    gas = GrowingNeuralGas([[0.0], [1.0], [10.0]], lr_nearest=0, lr_neighbours=0, max_age=1)
    gas.adapt([6.0])
    assert state(gas)[2] == {(1, 2): 0}
    gas.adapt([0.6])  # 1 wins, 0 is second: the edge to 2 grows older
    assert state(gas)[2] == {(0, 1): 0, (1, 2): 1}
    gas.adapt([0.4])  # 0 wins: only its own edges grow older
    assert state(gas)[2] == {(0, 1): 0, (1, 2): 1}
    gas.adapt([0.6])  # 2 > max_age
    assert state(gas)[2] == {(0, 1): 0}
    assert gas.nodes.tolist() == [[0.0], [1.0]]
    assert len(gas.errors) == 2


def test_an_edge_of_the_greatest_age_lives():
    star = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
    gas = GrowingNeuralGas(star, lr_nearest=0, lr_neighbours=0, max_age=2)
    for signal in ([0.1, 0.0], [0.0, 0.1], [-0.1, 0.0], [-0.1, 0.0]):
        gas.adapt(signal)
    assert state(gas)[2] == {(0, 1): 2, (0, 2): 0}  # the edge to (1, 0) was 3, and is gone with that node
    assert gas.nodes.tolist() == [star[0], star[2], star[3]]


def test_insertion_splits_the_edge_of_the_largest_errors():
    gas = GrowingNeuralGas([[0.0], [4.0], [9.0]], 4, lr_nearest=0, lr_neighbours=0, error_share=0.25, error_decay=1)
    for signal in (1.9, 2.1, 7.0):  # errors 1.9², 1.9², 2²; edges (0, 1) and (1, 2)
        gas.adapt([signal])
    gas.adapt([3.0])  # node 1 gets 1 more: it is q, and f is 2
    close(state(gas), [0, 4, 9, 6.5], [3.61, 4.61 / 4, 1, 4.61 / 4], {(0, 1): 0, (1, 3): 0, (2, 3): 0})


def test_insertion_looks_among_neighbours_only():
    gas = GrowingNeuralGas([[0.0], [4.0], [9.0]], 4, lr_nearest=0, lr_neighbours=0, error_share=0.25, error_decay=1)
    for signal in (1.9, 3.5, 12.0, 8.0):  # node 2 is q; node 0 has a larger error than 1, but no edge to 2
        gas.adapt([signal])
    close(state(gas), [0, 4, 9, 6.5], [3.61, 0.0625, 2.5, 2.5], {(0, 1): 0, (1, 3): 0, (2, 3): 0})


def test_published_parameters_are_the_defaults():
    gas = GrowingNeuralGas([[0.0], [1.0]])
    assert (gas.insert_every, gas.lr_nearest, gas.lr_neighbours) == (100, 0.2, 0.006)
    assert (gas.error_share, gas.max_age, gas.error_decay, gas.max_nodes) == (0.5, 50, 0.995, None)


@pytest.mark.parametrize("sample", [ring, disc])
def test_the_graph_stays_in_order(sample):
    rng = np.random.default_rng(0)
    X = sample(2000, rng)
    X[1000:] += 1.0  # the distribution moves, and edges die young, so that nodes die
    gas = GrowingNeuralGas(X[:2], insert_every=50, max_age=2, max_nodes=60)
    sizes = []

    def check(gas):
        m, edges, ages = len(gas.nodes), gas.edges, gas.ages
        assert gas.errors.shape == (m,)
        assert (gas.errors >= 0).all()
        assert (edges[:, 0] < edges[:, 1]).all()
        assert set(edges.ravel().tolist()) == set(range(m))  # no node without an edge
        assert (gas._age == gas._age.T).all()
        assert (np.diag(gas._age) == -1).all()
        assert 0 <= ages.min() <= ages.max() <= gas.max_age
        sizes.append(m)

    for part in (X[:1000], X[1000:], X[:1000]):
        gas.fit(part, 1500, rng=rng, callback=check)
    assert gas.signals == len(sizes) == 4500
    steps = np.diff(sizes)
    assert steps.max() == 1
    assert steps.min() < 0
    assert max(sizes) <= 60
    assert not ((steps > 0) & (np.arange(2, 4501) % 50 != 0)).any()


@pytest.mark.parametrize("sample", [ring, disc])
@pytest.mark.parametrize("seed", range(3))
def test_nodes_lie_better_than_random_ones(sample, seed):
    """Over 40 seeds the error was at most 0.44 (ring), 0.60 (disc) of random nodes', 1.02 to 1.15 of k-means'."""
    rng = np.random.default_rng(seed)
    X, k = sample(1000, rng), 30
    gas = GrowingNeuralGas(X[:2], max_nodes=k).fit(X, steps=6000, rng=rng)
    assert len(gas.nodes) == k
    random = GrowingNeuralGas(X[rng.choice(1000, k, replace=False)])
    best = k_means(X, k, restarts=5, rng=rng).inertia[-1] / len(X)
    error = gas.quantization_error(X)
    assert best < error < 1.25 * best
    assert error < 0.7 * random.quantization_error(X)


def test_quantization_error_is_the_mean_squared_distance():
    gas = GrowingNeuralGas([[0.0, 0.0], [10.0, 0.0]])
    assert gas.quantization_error([[3.0, 4.0], [10.0, 1.0], [0.0, 0.0]]) == pytest.approx(26 / 3)


def test_a_seed_fixes_the_run():
    X = disc(300, np.random.default_rng(0))
    first, again, other = (GrowingNeuralGas(X[:2]).fit(X, 1000, rng=seed) for seed in (1, 1, 2))
    assert state(first) == state(again)
    assert state(first) != state(other)
    pydl.seed(5)
    a = GrowingNeuralGas(X[:2]).fit(X, 300)
    pydl.seed(5)
    assert state(a) == state(GrowingNeuralGas(X[:2]).fit(X, 300))


def test_a_sampler_stands_for_a_distribution():
    gas = GrowingNeuralGas([[0.0, 0.0], [1.0, 1.0]], max_nodes=10)
    gas.fit(lambda rng: disc(1, rng)[0] + 5, steps=3000, rng=0)
    assert np.linalg.norm(gas.nodes - 5, axis=1).max() < 1


def test_the_callback_sees_copies_and_can_stop():
    seen = []

    def watch(gas):
        seen.append(gas.nodes)
        return gas.signals == 7

    gas = GrowingNeuralGas([[0.0], [1.0]]).fit(pydl.tensor([[3.0], [4.0]]), steps=100, rng=0, callback=watch)
    assert gas.signals == len(seen) == 7
    assert all((a != b).any() for a, b in itertools.pairwise(seen))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda gas: GrowingNeuralGas([[0.0]]), "two nodes at least"),
        (lambda gas: GrowingNeuralGas([[0.0], [np.nan]]), "nodes has NaN"),
        (lambda gas: GrowingNeuralGas([[0.0], [1.0]], insert_every=0), "insert_every and max_age"),
        (lambda gas: GrowingNeuralGas([[0.0], [1.0]], lr_nearest=1.2), r"lie in \[0, 1\], not \(1.2"),
        (lambda gas: GrowingNeuralGas([[0.0], [1.0]], max_nodes=1), "less than the 2 nodes"),
        (lambda gas: gas.adapt([1.0]), r"a signal must have shape \(2,\), not \(1,\)"),
        (lambda gas: gas.adapt([1.0, np.inf]), "not finite"),
        (lambda gas: gas.fit([[1.0]], 1), "1 features a point, 2 are expected"),
        (lambda gas: gas.fit([[1.0, 1.0]], -1), "steps must be >= 0"),
        (lambda gas: gas.fit(lambda rng: rng.random(3), 1), r"not \(3,\)"),
    ],
)
def test_refuses(act, words):
    gas = GrowingNeuralGas([[0.0, 0.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match=words):
        act(gas)
    assert gas.signals == 0
