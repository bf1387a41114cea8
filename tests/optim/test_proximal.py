"""The proximal step: its definition, exact zeros, and where it writes."""

import numpy as np
import pytest

import pydl
from pydl import nn, optim
from tests.strict import StrictArray, install

install()
W = np.array([[3.0, -4.0, 0.5], [-0.5, 1.0, 0.0]], "float32")


@pytest.mark.parametrize("t", [0.0, 0.5, 1.0, 10.0, np.inf])
def test_it_is_the_formula_with_exact_zeros(t):
    w = nn.Parameter(W.copy())
    optim.soft_threshold_([w], t)
    expected = np.sign(W) * np.maximum(np.abs(W) - np.float32(t), 0)
    np.testing.assert_array_equal(w.numpy(), expected)
    assert ((w.numpy() == 0) == (np.abs(W) <= t)).all()
    assert w.dtype == np.float32


def test_it_minimizes_what_defines_the_proximal_step():
    """No v of a fine grid has a smaller ½(v − w)² + t|v|."""
    grid, t = np.linspace(-5, 5, 10_001), 0.7
    for start in (2.0, 0.6, -0.1, -3.0):
        w = nn.Parameter(np.array([start]))
        optim.soft_threshold_(w, t)

        def cost(v, start=start):
            return (v - start) ** 2 / 2 + t * np.abs(v)

        assert cost(w.numpy()[0]) <= cost(grid).min()


def test_it_writes_within_the_optimizer_and_leaves_the_rest_alone():
    net = nn.Linear(3, 2)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    place, bias = net.weight.data, net.bias.numpy().copy()
    net.weight.copy_(W)
    optim.soft_threshold_([net.weight], 1.0)
    assert net.weight.data is place
    assert np.shares_memory(place, optimizer.groups[0].theta)
    np.testing.assert_array_equal(net.weight.numpy(), np.sign(W) * np.maximum(np.abs(W) - 1, 0))
    np.testing.assert_array_equal(net.bias.numpy(), bias)


def test_a_graph_that_needs_the_old_values_refuses():
    w = nn.Parameter(W.copy())
    optim.SGD([w], lr=0.1)
    J = (w * w).sum()
    optim.soft_threshold_(w, 0.1)
    with pytest.raises(pydl.errors.GraphError):
        J.backward()


def test_nan_stays_and_is_not_hidden_as_zero():
    w = nn.Parameter(np.array([[np.nan, 0.1]], "float32"))
    optim.soft_threshold_([w], 1.0)
    np.testing.assert_array_equal(w.numpy(), [[np.nan, 0.0]])


def test_on_arrays_of_another_kind():
    w = nn.Parameter(StrictArray(W.copy()))
    optim.soft_threshold_([w], 1.0)
    assert isinstance(w.data, StrictArray)


@pytest.mark.parametrize(
    ("parameters", "t", "message"),
    [
        ([W], -1.0, "t must"),
        ([W], np.nan, "t must"),
        ([], 1.0, "no param"),
        ([W], 1.0, "takes parameters, not ndarray"),
    ],
)
def test_errors_teach(parameters, t, message):
    with pytest.raises(ValueError, match=message):
        optim.soft_threshold_(parameters, t)
