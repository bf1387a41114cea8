"""Stepping: each value once, each share of a gradient once, and what is said is what the engine computes."""

import json
import re
from html import unescape

import numpy as np
import pytest

import pydl
from pydl.autodiff import OPS
from pydl.graphs import trace
from pydl.graphs.drawing import ROOM
from pydl.graphs.labels import summary
from pydl.graphs.stepping import ENTRYWISE, PRODUCTS, TRANSFER
from pydl.ops.affine import TRANSFER as TRANSFERS
from tests.graphs.examples import EXAMPLES, course, random_graph

NAMES = {name: getattr(np, name) for name in ("log", "cos", "sin", "cosh", "sinh")} | {"sigmoid": pydl.sigmoid}


@pytest.mark.parametrize("op", ENTRYWISE)
def test_local_derivatives_are_those_of_the_engine(op):
    rules, rng = ENTRYWISE[op], np.random.default_rng(0)
    tensors = [pydl.tensor(v, requires_grad=True) for v in rng.uniform(0.3, 2, (len(rules), 5))]
    y = OPS[op].call(*tensors)
    y.backward(np.ones(5))
    known = dict(zip("ab", (t.numpy() for t in tensors), strict=False)) | {"y": y.numpy()} | NAMES
    for tensor, rule in zip(tensors, rules, strict=True):
        np.testing.assert_allclose(tensor.grad.numpy(), eval(rule, {}, known) * np.ones(5), rtol=1e-12)


@pytest.mark.parametrize("activation", [None, *TRANSFER])
@pytest.mark.parametrize("op", PRODUCTS)
def test_products_are_those_of_the_engine(op, activation):
    shapes = {"matmul": [(4, 3), (3, 2)], "linear": [(4, 3), (2, 3), (2,)], "transpose": [(4, 3)]}[op]
    rng = np.random.default_rng(0)
    tensors = [pydl.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]
    settings = {"activation": activation} if op == "linear" else {}
    y = OPS[op].call(*tensors, **settings)
    g = rng.normal(size=y.shape)
    y.backward(g)
    if op == "linear" and activation:
        g = g * eval(TRANSFER[activation], {}, {"y": y.numpy()})
    known = dict(zip("ab", (t.numpy() for t in tensors), strict=False)) | {"g": g}
    for tensor, rule in zip(tensors, PRODUCTS[op], strict=True):
        np.testing.assert_allclose(tensor.grad.numpy(), eval(rule, {}, known), rtol=1e-12)


def test_transfer_functions_are_all_known():
    assert set(TRANSFER) == set(TRANSFERS)


def test_the_steps_of_the_course():
    said = [(step.phase, step.says) for step in trace(*course(), gradients=True).step_through().steps]
    assert said == [
        ("start", "Given: x₁, x₂, x₃. Nothing is computed yet."),
        ("forward", "u₁ = x₁ × x₂ = 6."),
        ("forward", "u₂ = x₂ + x₃ = 4."),
        ("forward", "u₃ = u₁ × u₂ = 24."),
        ("backward", "The way back begins with ∂u₃/∂u₃ = 1."),
        ("backward", "∂u₃/∂u₁ = u₂ = 4."),
        ("backward", "∂u₃/∂u₂ = u₁ = 6."),
        ("backward", "∂u₂/∂x₂ = 1, so ∂u₃/∂u₂ · ∂u₂/∂x₂ = 6 · 1 = 6 flows to x₂."),
        ("backward", "∂u₂/∂x₃ = 1, so ∂u₃/∂u₂ · ∂u₂/∂x₃ = 6 · 1 = 6 flows to x₃."),
        ("backward", "∂u₁/∂x₁ = x₂ = 3, so ∂u₃/∂u₁ · ∂u₁/∂x₁ = 4 · 3 = 12 flows to x₁."),
        (
            "backward",
            "∂u₁/∂x₂ = x₁ = 2, so ∂u₃/∂u₁ · ∂u₁/∂x₂ = 4 · 2 = 8 flows to x₂. Added to what x₂ had already: 6 + 8 = 14.",
        ),
    ]


GRAPHS = EXAMPLES | {f"random {seed}": lambda seed=seed: (random_graph(seed), None) for seed in range(6)}


@pytest.mark.parametrize("name", GRAPHS)
def test_every_value_and_every_share_has_its_step(name):
    graph = trace(*GRAPHS[name](), gradients=True)
    steps = graph.step_through().steps
    valued = [i for step in steps if step.phase != "backward" for i in step.nodes]
    assert sorted(valued) == list(range(len(graph)))
    for step in steps:  # arguments have their values first, results their gradients
        if step.phase == "forward":
            arguments = [edge.source for edge in graph.edges if edge.target == step.nodes[0]]
            assert all(valued.index(i) < valued.index(step.nodes[0]) for i in arguments)
    walked = [step.edges[0] for step in steps if step.phase == "backward" and step.edges]
    assert sorted(walked) == [k for k, edge in enumerate(graph.edges) if edge.share is not None]
    for when, k in enumerate(walked):
        later = [graph.edges[i].source for i in walked[when + 1 :]]
        assert graph.edges[k].target not in later, "a gradient is complete before it flows on"
    last = {step.nodes[0]: step.gradient for step in steps if step.phase == "backward"}
    assert last == {
        i: summary(node.gradient, ROOM, "∂") for i, node in enumerate(graph.nodes) if node.gradient is not None
    }


def test_products_and_transfer_functions_are_named():
    said = [step.says for step in trace(*EXAMPLES["fused"](), gradients=True).step_through().steps]
    assert "To net.1.weight flows δᵀ u₁, where δ = ∂J/∂u₂ ⊙ (1 − u₂²)." in said
    assert "To u₂ flows ∂J/∂u₃ net.2.weight." in said
    assert "To net.2.bias flows Σ ∂J/∂u₃." in said
    said = [step.says for step in trace(*EXAMPLES["mlp"](), gradients=True).step_through().steps]
    assert "To u₁ flows ∂J/∂u₂ ⊙ (1 − u₂²)." in said


def test_what_a_page_gets():
    stepping = trace(*course(), gradients=True).step_through(title="The course's graph")
    html = stepping._repr_html_()
    (options,) = re.findall(r'class="interactive-stage" data-figure="graph" data-options="([^"]*)"', html)
    assert [step["says"] for step in json.loads(unescape(options))["steps"]] == [step.says for step in stepping.steps]
    assert "<title>The course's graph</title>" in unescape(html)
    assert html.count("<svg") == 1, "the finished drawing stands in where no script runs"
    assert repr(stepping) == "11 steps through a graph of 6 nodes"


def test_errors_teach():
    with pytest.raises(ValueError, match="trace the graph with gradients=True"):
        trace(*course()).step_through()
    y = pydl.tensor(1.0, requires_grad=True)
    for _ in range(60):
        y = 1 * y
    with pytest.raises(ValueError, match=r"61 nodes; stepping through more than 60 helps nobody"):
        trace(y, gradients=True).step_through()
