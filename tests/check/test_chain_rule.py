"""The exercises of backprop/chain-rule against pydl's derivatives and graphs; the notebook's bands."""

import numpy as np
import pytest

import pydl
from pydl.check import chain_rule
from tests.check.measured import measured, quoted_bands

MEASURED = measured("backprop/chain-rule")
BANDS = {"chain-careless": "share of wrong derivatives"}


@pytest.mark.parametrize("seed", range(5))
def test_derivatives_are_those_of_autodiff(seed):
    rng = np.random.default_rng(seed)
    (x,) = chain_rule.chain_product.draw(rng)
    expected = pydl.grad(lambda x: pydl.tanh(pydl.exp(x / 2)).sum())(x)
    np.testing.assert_allclose(chain_rule.chain_product.reference(x), expected, rtol=1e-12)
    at = chain_rule.two_paths.draw(rng)
    expected = pydl.grad(lambda x1, x2: (x1 + x2) * pydl.sin(x1), (0, 1))(*map(np.float64, at))
    np.testing.assert_allclose(chain_rule.two_paths.reference(*at), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_paths_are_those_of_a_recorded_network(seed):
    (widths,) = chain_rule.network_paths.draw(np.random.default_rng(seed))
    layer = inputs = [pydl.tensor(1.0, requires_grad=True) for _ in range(widths[0])]
    for k, width in enumerate(widths[1:-1]):
        total = layer[0]
        for y in layer[1:]:
            total = total + y
        layer = [total + layer[i] if width == widths[k] else pydl.tanh(total) for i in range(width)]
    y = layer[0]
    for other in layer[1:]:
        y = y + other
    graph = pydl.graphs.trace(y, {"x": inputs[0]})
    assert graph.count_paths("x") == chain_rule.network_paths.reference(widths)


def test_a_hundred_layers_take_no_time():
    assert chain_rule.network_paths.reference([2] * 102) == (2 + 1) ** 100


@pytest.mark.parametrize("seed", range(5))
def test_backward_is_the_jacobian_of_a_linear_computation(seed):
    """Node t is the sum of partial·(node s) over its edges; moved nodes enter as I + A + A² + …."""
    edges, n = chain_rule.backward_over_edges.draw(np.random.default_rng(seed))
    A = np.zeros((n, n))
    for source, target, partial in edges:
        A[target, source] += partial
    np.testing.assert_allclose(
        chain_rule.backward_over_edges.reference(edges, n), np.linalg.inv(np.eye(n) - A)[-1], rtol=1e-12
    )


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("backprop/chain-rule", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20
    assert MEASURED["quantities"]["largest deviation from the sum over paths"]["band"][1] < 1e-14
