"""The graph of a recorded result: its nodes and edges, its gradients, its paths."""

import math

import numpy as np
import pytest

import pydl
from pydl.graphs import trace
from tests.graphs.examples import EXAMPLES, course, mlp, random_graph

SEEDS = range(12)


def test_the_example_of_the_course():
    y, names = course()
    graph = trace(y, names, gradients=True)
    assert [node.name for node in graph.nodes] == ["x1", "x2", "x3", "u1", "u2", "u3"]
    assert [(e.source, e.target, e.argument) for e in graph.edges] == [
        (0, 3, 0), (1, 3, 1), (1, 4, 0), (2, 4, 1), (3, 5, 0), (4, 5, 1),
    ]  # fmt: skip
    assert [node.value.item() for node in graph.nodes] == [2, 3, 1, 6, 4, 24]
    assert [node.gradient.item() for node in graph.nodes] == [12, 14, 6, 4, 6, 1]
    assert [edge.partial for edge in graph.edges] == [3, 2, 1, 1, 4, 6]
    assert [edge.share.item() for edge in graph.edges] == [12, 8, 6, 6, 4, 6]
    assert graph["u1"].formula == "x₁ × x₂"
    assert (graph["x1"].kind, graph["u3"].kind, graph["u3"].op) == ("input", "result", "multiply")
    assert repr(graph) == "Graph of u3: 6 nodes, 6 edges"


def brute_force(graph, source, target):
    if source == target:
        return 1
    return sum(brute_force(graph, edge.target, target) for edge in graph.edges if edge.source == source)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_paths_as_brute_force_does(seed):
    graph = trace(random_graph(seed))
    for i, source in enumerate(graph.nodes):
        for k, target in enumerate(graph.nodes):
            count = graph.count_paths(source.name, target.name)
            assert count == brute_force(graph, i, k)
            paths = list(graph.paths(source.name, target.name))
            assert len(set(paths)) == len(paths) == count
            for path in paths:
                places = [i, *(edge.target for edge in path)]
                assert places == [*(edge.source for edge in path), k]


@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_sums_over_paths_of_products_along_them(seed):
    graph = trace(random_graph(seed), gradients=True)
    for node in graph.nodes:
        total = math.fsum(math.prod(edge.partial for edge in path) for path in graph.paths(node.name))
        assert node.gradient is not None
        assert node.gradient.item() == pytest.approx(total, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", EXAMPLES)
def test_gradients_are_those_of_backward_and_the_recording_stays(name):
    y, names = EXAMPLES[name]()
    graph = trace(y, names, gradients=True)
    leaves = [v for v in names.values() if isinstance(v, pydl.Tensor) and v.is_leaf and v.requires_grad]
    leaves += [p for v in names.values() if isinstance(v, pydl.nn.Module) for p in v.parameters()]
    assert leaves
    assert all(leaf.grad is None for leaf in leaves)
    y.backward()
    found = [node.gradient for node in graph.nodes if node.kind in ("input", "parameter")]
    assert len(found) == len(leaves)
    for leaf in leaves:
        expected = leaf.grad.numpy()
        assert any(g.dtype == expected.dtype and np.array_equal(g, expected) for g in found)


def test_gradients_of_results_between():
    y, names = mlp()
    graph = trace(y, names, gradients=True)
    u3 = graph["u3"]
    tail = pydl.grad(lambda u: pydl.cross_entropy(names["net"][4](pydl.tanh(u)), np.array([0, 1, 2, 0, 1])))
    np.testing.assert_allclose(u3.gradient, tail(u3.value).numpy(), rtol=1e-5, atol=1e-7)
    assert graph["X"].kind == "constant"
    assert graph["X"].gradient is None
    assert graph["net.0.weight"].kind == "parameter"
    assert graph["net.0.weight"].shape == (8, 4)


def test_a_graph_is_a_copy():
    y, names = course()
    graph = trace(y, names)
    with pydl.no_grad():
        names["x1"] += 1
    assert graph["x1"].value == 2
    assert graph["x1"].gradient is None


def test_names_and_operations():
    x = pydl.tensor([1.0, 4.0], requires_grad=True)
    constant = np.array([3.0, 5.0], "float32")
    y = ((2 * x + 1) ** 2 / constant).sum(axis=0)
    graph = trace(pydl.linear(x, constant[None], None, activation="tanh").sum() + y, {"u2": y})
    assert [node.operation for node in graph.nodes if node.op] == [
        "2 ×", "+ 1", "^ 2", "÷", "sum, axis 0", "linear, tanh", "sum", "+",
    ]  # fmt: skip
    assert [node.name for node in graph.nodes] == ["c1", "c2", "x1", "u1", "u3", "u4", "u5", "u2", "u6", "u7", "u8"]


def test_deep_graphs_need_no_recursion():
    x = pydl.tensor(1.0, dtype="float64", requires_grad=True)
    y = x
    for _ in range(10_000):
        y = y * 0.5 + y * 0.5
    graph = trace(y, {"x": x}, gradients=True)
    assert len(graph) == 30_001
    assert graph["x"].gradient == 1.0
    assert graph.count_paths("x") == 2**10_000
    assert len(next(graph.paths("x"))) == 20_000


ERRORS = {
    "leaf, which no operation made": lambda: trace(pydl.tensor(1.0, requires_grad=True)),
    "this Tensor is not recorded": lambda: trace(pydl.tensor(1.0) * 2),
    "this ndarray is not recorded": lambda: trace(np.ones(3)),
}


@pytest.mark.parametrize("text", ERRORS)
def test_what_is_not_recorded(text):
    with pytest.raises(pydl.GraphError, match=text):
        ERRORS[text]()


def test_errors_teach():
    y, names = course()
    with pytest.raises(ValueError, match=r"'x4' is no variable of this graph\. Was it replaced by a copy"):
        trace(y, names | {"x4": pydl.tensor(1.0)})
    loss, of = mlp()
    with pytest.raises(ValueError, match="two variables have one name among"):
        trace(loss, {"": of["net"], "0.weight": of["X"]})
    with pytest.raises(ValueError, match=r"no node of this graph is called 'z'; there are x1, x2, x3"):
        trace(y, names).count_paths("z")
    with pytest.raises(ValueError, match=r"shape \(2,\): trace its \.sum\(\)"):
        trace(2 * pydl.tensor([1.0, 2.0], requires_grad=True), gradients=True)
    y.backward()
    with pytest.raises(pydl.GraphError, match=r"freed by a backward pass: trace it before"):
        trace(y)
    y, names = course()
    with pydl.no_grad():
        names["x1"] += 1
    with pytest.raises(pydl.GraphError, match="changed in place after it was recorded"):
        trace(y)
