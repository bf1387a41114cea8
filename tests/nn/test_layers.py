"""Layers and losses: the ops of their formulas, PyTorch's numbers, and errors that teach."""

import numpy as np
import pytest

import pydl
from pydl import nn, ops, optim
from tests.strict import install

install()
RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 3))
ACTIVATIONS = {
    "ReLU": (nn.ReLU(), ops.relu),
    "LeakyReLU": (nn.LeakyReLU(0.2), lambda x: ops.leaky_relu(x, 0.2)),
    "PReLU": (nn.PReLU(), lambda x: ops.prelu(x, np.array([0.25], "float32"))),
    "ELU": (nn.ELU(1.5), lambda x: ops.elu(x, 1.5)),
    "SELU": (nn.SELU(), ops.selu),
    "SiLU": (nn.SiLU(), ops.silu),
    "Sigmoid": (nn.Sigmoid(), ops.sigmoid),
    "Tanh": (nn.Tanh(), ops.tanh),
    "Softplus": (nn.Softplus(), ops.softplus),
    "GELU": (nn.GELU(), ops.gelu),
    "GELU tanh": (nn.GELU("tanh"), lambda x: ops.gelu(x, "tanh")),
    "Softmax": (nn.Softmax(axis=0), lambda x: ops.softmax(x, 0)),
    "LogSoftmax": (nn.LogSoftmax(), lambda x: ops.log_softmax(x, -1)),
    "Flatten": (nn.Flatten(), lambda x: ops.reshape(x, (5, -1))),
    "Identity": (nn.Identity(), lambda x: x),
}
LOSSES = {
    "MSELoss": (nn.MSELoss, ops.mse_loss, RNG.standard_normal((5, 3))),
    "CrossEntropyLoss": (nn.CrossEntropyLoss, ops.cross_entropy, np.array([0, 2, 1, 1, 0])),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, ops.binary_cross_entropy_with_logits, RNG.random((5, 3))),
    "NLLLoss": (nn.NLLLoss, ops.nll_loss, np.array([0, 2, 1, 1, 0])),
}


def double(*shape, **settings):
    """Return a Linear layer in float64."""
    layer = nn.Linear(*shape, **settings)
    layer.weight.data = layer.weight.data.astype("float64")
    if layer.bias is not None:
        layer.bias.data = layer.bias.data.astype("float64")
    return layer


# ------------------------------------------------------------ transfer functions and losses as modules


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_op(name):
    module, op = ACTIVATIONS[name]
    for dtype in ("float32", "float64"):
        x = X.astype(dtype)
        a, b = pydl.tensor(x, requires_grad=True), pydl.tensor(x, requires_grad=True)
        y, expected = module(a), op(b)
        np.testing.assert_array_equal(y.numpy(), expected.numpy())
        y.sum().backward()
        expected.sum().backward()
        np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())
    moved = pydl.tensor(X).to("strict")
    if not module.parameters():
        np.testing.assert_array_equal(module(moved).numpy(), op(pydl.tensor(X)).numpy())


def test_every_layer_and_loss_is_tested_here():
    public = {name for module in (nn.activations, nn.layers, nn.losses) for name in module.__all__}
    assert public == {name.partition(" ")[0] for name in ACTIVATIONS} | set(LOSSES) | {"Linear"}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_its_op(name, reduction):
    module, op, target = LOSSES[name]
    a, b = pydl.tensor(X, requires_grad=True), pydl.tensor(X, requires_grad=True)
    j, expected = module(reduction=reduction)(a, target), op(b, target, reduction=reduction)
    np.testing.assert_array_equal(j.numpy(), expected.numpy())
    j.sum().backward()
    expected.sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


@pytest.mark.parametrize("name", LOSSES)
def test_an_unknown_reduction_teaches(name):
    with pytest.raises(ValueError, match=f"{name}: reduction must be 'mean', 'sum' or 'none', not 'average'"):
        LOSSES[name][0]("average")


@pytest.mark.parametrize("name", ["elu", "selu", "sigmoid"])
def test_small_slopes_are_small_and_not_zero(name):
    """In float32, y + α is 0 below x = −17: a gradient that vanishes must not be lost."""
    x = np.array([-5.0, -16.0, -20.0, -60.0], "float32")
    slope = pydl.grad(lambda x: getattr(ops, name)(x).sum())(x)
    at_zero = {"elu": 1.0, "selu": 1.0507009873554805 * 1.6732632423543772, "sigmoid": 1 / (1 + np.exp(-5.0)) ** 2}
    np.testing.assert_allclose(slope[:1], at_zero[name] * np.exp(-5.0), rtol=1e-5)
    np.testing.assert_allclose(slope[2] / slope[1], np.exp(-4.0), rtol=1e-5)
    np.testing.assert_allclose(slope[3] / slope[2], np.exp(-40.0), rtol=1e-5)


def test_the_slope_of_a_prelu_is_learned():
    layer = nn.PReLU(3, init=0.5)
    y = layer(X.astype("float32"))
    y.sum().backward()
    np.testing.assert_allclose(y.numpy(), np.where(X > 0, X, 0.5 * X), rtol=1e-6)
    np.testing.assert_allclose(layer.weight.grad.numpy(), np.minimum(X, 0).sum(axis=0), rtol=1e-5)


# ------------------------------------------------------------ Linear


def test_linear_lies_in_memory_as_in_out():
    layer = nn.Linear(4, 3)
    assert layer.weight.shape == (3, 4)
    assert layer.weight.data.T.flags.c_contiguous
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    assert nn.Linear(4, 3, bias=False).bias is None
    pydl.set_default_dtype("float64")
    try:
        assert nn.Linear(4, 3).weight.dtype == np.float64
    finally:
        pydl.set_default_dtype("float32")


@pytest.mark.parametrize("held", [False, True], ids=["free", "in an optimizer"])
@pytest.mark.parametrize("shape", [(3,), (5, 3), (1, 3), (2, 4, 3), (0, 3)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_linear_by_hand(bias, shape, held):
    layer, x = double(3, 2, bias=bias), pydl.tensor(RNG.standard_normal(shape), requires_grad=True)
    W, b = layer.weight.numpy().copy(), layer.bias.numpy().copy() if bias else 0
    if held:
        optim.SGD(layer.parameters(), lr=0.1)
    y = layer(x)
    np.testing.assert_allclose(y.numpy(), x.numpy() @ W.T + b, rtol=1e-13, atol=1e-14)
    g = RNG.standard_normal(y.shape)
    for times in (1, 2):  # the second pass adds
        layer(x).backward(g)
        rows, inputs = g.reshape(-1, 2), x.numpy().reshape(-1, 3)
        np.testing.assert_allclose(layer.weight.grad.numpy(), times * rows.T @ inputs, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(x.grad.numpy(), times * g @ W, rtol=1e-12, atol=1e-13)
        if bias:
            np.testing.assert_allclose(layer.bias.grad.numpy(), times * rows.sum(axis=0), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("held", [False, True], ids=["free", "in an optimizer"])
@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_a_fused_transfer_function_equals_the_separate_one(name, held):
    pydl.seed(0)
    fused = double(3, 4, activation=name)
    pydl.seed(0)
    plain = double(3, 4)
    if held:
        optim.SGD(fused.parameters(), lr=0.1)
    a, b = pydl.tensor(X, requires_grad=True), pydl.tensor(X, requires_grad=True)
    y, expected = fused(a), getattr(ops, name)(plain(b))
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-14)
    (y * y).sum().backward()
    (expected * expected).sum().backward()
    for found, right in zip([a, *fused.parameters()], [b, *plain.parameters()], strict=True):
        np.testing.assert_allclose(found.grad.numpy(), right.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 4, 3)], ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_pytorchs(bias, shape):
    torch = pytest.importorskip("torch")
    layer, theirs = double(3, 2, bias=bias), torch.nn.Linear(3, 2, bias=bias, dtype=torch.float64)
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in layer.state_dict().items()})
    x = RNG.standard_normal(shape)
    a, b = pydl.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    (layer(a) ** 3).sum().backward()
    (theirs(b) ** 3).sum().backward()
    np.testing.assert_allclose(layer(a).numpy(), theirs(b).detach().numpy(), rtol=1e-13, atol=1e-15)
    for found, right in zip([a, *layer.parameters()], [b, *theirs.parameters()], strict=True):
        np.testing.assert_allclose(found.grad.numpy(), right.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
def test_linear_over_the_strict_kind(activation):
    layer = double(3, 2, activation=activation)
    there = double(3, 2, activation=activation)
    there.load_state_dict(layer.state_dict())
    there.to("strict")
    (layer(X) ** 2).sum().backward()
    (there(pydl.tensor(X).to("strict")) ** 2).sum().backward()
    for a, b in zip(layer.parameters(), there.parameters(), strict=True):
        assert b.grad.device == "strict"
        np.testing.assert_array_equal(a.grad.numpy(), b.grad.numpy())


@pytest.mark.parametrize("held", [False, True], ids=["free", "in an optimizer"])
def test_float64_inputs_to_a_float32_layer(held):
    layer = nn.Linear(3, 2)
    if held:
        optim.SGD(layer.parameters(), lr=0.1)
    layer(X).sum().backward()
    assert layer.weight.grad.dtype == np.float32
    np.testing.assert_allclose(layer.weight.grad.numpy(), np.tile(X.sum(axis=0), (2, 1)), rtol=1e-5)


def test_linear_refuses_what_cannot_be():
    with pytest.raises(ValueError, match="at least one input and one output, not 0 and 3"):
        nn.Linear(0, 3)
    with pytest.raises(ValueError, match=r"must be one of \['relu', 'sigmoid', 'tanh'\] or None, not 'swish'"):
        nn.Linear(2, 3, activation="swish")
    with pytest.raises(ValueError, match=r"the input has 4 features.*the weight expects 3.*\(out, in\) = \(2, 3\)"):
        nn.Linear(3, 2)(np.ones((5, 4), "float32"))
