"""Max-norm: the projection's definition, in place within θ, and PyTorch's renorm."""

import numpy as np
import pytest

import pydl
from pydl import nn, optim
from pydl.errors import GraphError
from tests.strict import StrictArray, install

install()
SHAPES = [(4, 3), (1, 5), (5, 2, 3, 3)]
DTYPES = ["float32", "float64"]


def weight(shape, dtype="float64", scale=2.0):
    rows = scale * np.random.default_rng(0).standard_normal(shape).astype(dtype)
    rows[-1] *= 0.01  # one row is inside the ball
    return nn.Parameter(np.asfortranarray(rows) if rows.ndim == 2 else rows)


def norms(w):
    return np.sqrt((w.reshape(len(w), -1).astype("float64") ** 2).sum(1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("c", [0.5, 3.0, 1e6])
def test_the_nearest_point_of_the_ball(shape, dtype, c):
    W = weight(shape, dtype)
    before, eps = W.numpy().copy(), np.finfo(dtype).eps
    assert optim.max_norm_(W, c) is W
    after, old = W.numpy(), norms(before)
    assert after.dtype == dtype
    outside = old > c
    np.testing.assert_array_equal(after[~outside], before[~outside])
    np.testing.assert_allclose(norms(after)[outside], c, rtol=4 * eps)
    ratio = (np.minimum(c / old, 1)).reshape(-1, *[1] * (before.ndim - 1))
    np.testing.assert_allclose(after, before * ratio, rtol=8 * eps)
    again = W.numpy().copy()
    optim.max_norm_(W, c * (1 + 8 * eps))
    np.testing.assert_array_equal(W.numpy(), again)


def test_zeros_stay_and_nan_is_not_hidden():
    W = nn.Parameter(np.array([[0.0, 0.0], [np.nan, 1.0], [30.0, 40.0]]))
    optim.max_norm_(W, 1.0)
    np.testing.assert_array_equal(W.numpy(), [[0, 0], [np.nan, np.nan], [30 / 50, 40 / 50]])


def test_it_writes_where_the_optimizer_holds_the_weight():
    pydl.seed(0)
    net = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    opt = optim.SGD(net.parameters(), lr=5.0)
    layers = [net[0], net[2]]
    x, t = np.random.default_rng(1).standard_normal((8, 6)).astype("float32"), np.arange(8) % 2
    largest = []
    for _ in range(20):
        opt.zero_grad()
        nn.CrossEntropyLoss()(net(x), t).backward()
        opt.step()
        largest.append(max(norms(layer.weight.numpy()).max() for layer in layers))
        for layer in layers:
            optim.max_norm_(layer.weight, 1.5)
            assert np.shares_memory(layer.weight.data, opt.groups[0].theta)
            assert norms(layer.weight.numpy()).max() <= 1.5 * (1 + 1e-6)
    assert max(largest) > 2, "the rate is large enough for the constraint to act"


def test_a_graph_that_recorded_the_old_weight_refuses():
    W = weight((4, 3))
    j = (W * W).sum()
    optim.max_norm_(W, 0.5)
    with pytest.raises(GraphError, match="changed in place"):
        j.backward()


def test_on_a_device():
    W = nn.Parameter(pydl.tensor(weight((4, 3)).numpy()).to("strict").data)
    optim.max_norm_(W, 1.0)
    assert isinstance(W.data, StrictArray)
    np.testing.assert_array_equal(W.numpy(), optim.max_norm_(weight((4, 3)), 1.0).numpy())


@pytest.mark.parametrize("c", [0, -1.0, float("nan")])
def test_radii_that_are_none(c):
    with pytest.raises(ValueError, match="max_norm_: c must be > 0"):
        optim.max_norm_(weight((4, 3)), c)


@pytest.mark.parametrize(("given", "got"), [(nn.Parameter([1.0]), r"shape \(1,\)"), ([[1.0]], "list"), (None, "None")])
def test_what_is_no_weight(given, got):
    with pytest.raises(ValueError, match=rf"max_norm_ takes one weight.*{got}.*biases"):
        optim.max_norm_(given, 1.0)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_pytorchs_renorm(shape, dtype):
    """PyTorch divides by the norm + 10⁻⁷, hence its own tolerance."""
    torch = pytest.importorskip("torch")
    W = weight(shape, dtype)
    expected = torch.renorm(torch.from_numpy(W.numpy().copy()), 2, 0, 1.5)
    optim.max_norm_(W, 1.5)
    np.testing.assert_allclose(W.numpy(), expected.numpy(), rtol=1e-6)
