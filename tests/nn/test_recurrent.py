"""Recurrent cells and layers: PyTorch's numbers to second order, one formula in two forms, errors that teach."""

import numpy as np
import pytest

import pydl
from pydl import nn, ops
from tests.strict import install

install()
RNG = np.random.default_rng(0)
KINDS = ["RNN", "LSTM", "GRU"]
LAYERS = {  # settings of a layer
    "plain": {},
    "no bias": {"bias": False},
    "two layers": {"num_layers": 2},
    "batch first": {"batch_first": True},
    "both directions": {"bidirectional": True},
    "all": {"num_layers": 2, "bidirectional": True, "batch_first": True},
    "all but bias": {"num_layers": 2, "bidirectional": True, "bias": False},
}
L, N, INPUTS, UNITS = 4, 3, 2, 3
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}


def made(kind, dtype="float64", **settings):
    """Return a module whose parameters have a dtype."""
    pydl.set_default_dtype(dtype)
    try:
        return getattr(nn, kind)(INPUTS, UNITS, **settings)
    finally:
        pydl.set_default_dtype("float32")


def inputs_of(kind, settings, dtype, state):
    """Return x, and the initial states if there shall be some."""
    x = RNG.standard_normal((N, L, INPUTS) if settings.get("batch_first") else (L, N, INPUTS))
    rows = settings.get("num_layers", 1) * (1 + settings.get("bidirectional", False))
    states = [RNG.standard_normal((rows, N, UNITS)) for _ in range(1 + (kind == "LSTM"))] if state else []
    return [a.astype(dtype) for a in (x, *states)]


def call(module, kind, x, *states):
    """Call a cell or layer of either library; return all results."""
    state = () if not states else (states,) if kind.startswith("LSTM") else states
    results = module(x, *state)
    flat = results if isinstance(results, tuple) else (results,)
    return [y for part in flat for y in (part if isinstance(part, tuple) else (part,))]


def derivatives(outputs, leaves, grad, weights):
    """Return first derivatives of Σ⟨w, y²⟩, and of the sum of their squares."""
    first = grad(sum((w * y * y).sum() for w, y in zip(weights, outputs, strict=True)), leaves)
    return first, grad(sum((g * g).sum() for g in first), leaves)


def grad_in_pydl(y, leaves):
    for leaf in leaves:
        leaf.grad = None
    y.backward(create_graph=True)
    return [leaf.grad for leaf in leaves]


def assert_torch_agrees(kind, settings, arrays, dtype):
    torch = pytest.importorskip("torch")
    ours = made(kind, dtype, **settings)
    theirs = getattr(torch.nn, kind)(INPUTS, UNITS, dtype=getattr(torch, dtype), **settings)
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in ours.state_dict().items()})

    a, b = [pydl.tensor(x, requires_grad=True) for x in arrays], [torch.tensor(x, requires_grad=True) for x in arrays]
    mine, right = call(ours, kind, *a), call(theirs, kind, *b)
    weights = [RNG.standard_normal(y.shape).astype(dtype) for y in mine]
    found = derivatives(mine, [*a, *ours.parameters()], grad_in_pydl, weights)
    expected = derivatives(
        right,
        [*b, *theirs.parameters()],
        lambda y, leaves: torch.autograd.grad(y, leaves, create_graph=True),
        [torch.from_numpy(w) for w in weights],
    )
    for order, pairs in enumerate([(mine, right), *zip(found, expected, strict=True)]):
        for y, e in zip(*pairs, strict=True):
            assert y.shape == tuple(e.shape)
            assert y.dtype == dtype
            scale = max(1, float(e.detach().abs().max()))
            tolerance = TOLERANCE[dtype]
            np.testing.assert_allclose(
                y.numpy(), e.detach().numpy(), rtol=tolerance, atol=tolerance * scale, err_msg=f"order {order}"
            )


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:RNN module weights are not part:UserWarning")
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("state", [False, True], ids=["from zeros", "from a state"])
@pytest.mark.parametrize("settings", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_pytorchs(kind, settings, state, dtype):
    assert_torch_agrees(kind, settings, inputs_of(kind, settings, dtype, state), dtype)


@pytest.mark.torch
def test_a_rectified_layer_is_pytorchs():
    settings = {"nonlinearity": "relu", "num_layers": 2}
    assert_torch_agrees("RNN", settings, inputs_of("RNN", settings, "float64", True), "float64")


@pytest.mark.torch
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(N,), ()], ids=["batch", "one sample"])
@pytest.mark.parametrize("state", [False, True], ids=["from zeros", "from a state"])
@pytest.mark.parametrize(
    ("kind", "settings"),
    [*[(kind, {"bias": bias}) for kind in KINDS for bias in (True, False)], ("RNN", {"nonlinearity": "relu"})],
    ids=str,
)
def test_a_cell_is_pytorchs(kind, settings, state, shape, dtype):
    widths = (INPUTS, *[UNITS] * state, *[UNITS] * (state and kind == "LSTM"))
    arrays = [RNG.standard_normal((*shape, width)).astype(dtype) for width in widths]
    assert_torch_agrees(kind + "Cell", settings, arrays, dtype)


def test_parameters_have_pytorchs_names_and_shapes():
    layer = made("LSTM", num_layers=2, bidirectional=True)
    shapes = {name: p.shape for name, p in layer.named_parameters()}
    assert list(shapes)[:5] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"]
    assert shapes["weight_ih_l0"] == (4 * UNITS, INPUTS)
    assert shapes["weight_ih_l1_reverse"] == (4 * UNITS, 2 * UNITS)
    assert shapes["weight_hh_l1"] == (4 * UNITS, UNITS)
    assert shapes["bias_hh_l1"] == (4 * UNITS,)
    assert len(shapes) == 16
    assert len(made("GRU", bias=False).parameters()) == 2


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"])
def test_parameters_are_drawn_from_the_law_and_lie_in_memory_as_in_out(kind):
    pydl.seed(0)
    module = getattr(nn, kind)(50, 25)
    values = np.concatenate([value.ravel() for value in module.state_dict().values()])
    assert 0.198 < np.abs(values).max() <= 0.2  # 1/√25
    assert values.std() == pytest.approx(0.2 / np.sqrt(3), rel=0.05)
    assert all(p.data.T.flags.c_contiguous for p in module.parameters())


# ------------------------------------------------------------ layers and cells say the same


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_in_a_loop(kind):
    layer, cell = made(kind), made(kind + "Cell")
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = pydl.tensor(RNG.standard_normal((L, N, INPUTS)), requires_grad=True)
    twin, state, outputs = pydl.tensor(x.numpy(), requires_grad=True), None, []
    for t in range(L):
        state = cell(twin[t], state)
        outputs.append(state[0] if kind == "LSTM" else state)
    y, expected = layer(x)[0], ops.stack(outputs)
    np.testing.assert_allclose(y.numpy(), expected.numpy(), rtol=1e-13, atol=1e-15)
    (y**2).sum().backward()
    (expected**2).sum().backward()
    for a, b in zip([x, *layer.parameters()], [twin, *cell.parameters()], strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_in_two_parts(kind):
    layer, x = made(kind, num_layers=2), RNG.standard_normal((6, N, INPUTS))
    whole, last = layer(x)
    first, between = layer(x[:2])
    second, end = layer(x[2:], between)
    np.testing.assert_allclose(ops.concatenate([first, second]).numpy(), whole.numpy(), rtol=1e-13)
    for a, b in zip(end if kind == "LSTM" else [end], last if kind == "LSTM" else [last], strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_layer_derivatives_against_finite_differences(kind):
    layer = made(kind, num_layers=2, bidirectional=True)
    names = [name for name, _ in layer.named_parameters()][:6]

    def f(x, *values):
        y, last = pydl.nn.functional_call(layer, dict(zip(names, values, strict=True)), x)
        return y.sum(0) + sum(s.sum(0) for s in ([last] if kind != "LSTM" else last)).sum()

    values = [layer.state_dict()[name] for name in names]
    assert pydl.testing.gradcheck(f, RNG.standard_normal((3, 2, INPUTS)), *values)


@pytest.mark.parametrize("kind", [*KINDS, "RNNCell", "LSTMCell", "GRUCell"])
def test_over_the_strict_kind(kind):
    here, there = made(kind), made(kind)
    there.load_state_dict(here.state_dict())
    there.to("strict")
    x = RNG.standard_normal((L, N, INPUTS) if kind in KINDS else (N, INPUTS))
    for module, data in ((here, pydl.tensor(x)), (there, pydl.tensor(x).to("strict"))):
        (call(module, kind, data)[0] ** 2).sum().backward()
    for a, b in zip(here.parameters(), there.parameters(), strict=True):
        assert b.grad.device == "strict"
        np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kind", [*KINDS, "RNNCell", "LSTMCell", "GRUCell"])
def test_float32_in_float32_out_and_no_graph_without_asking(kind):
    module = made(kind, "float32")
    x = np.ones((L, N, INPUTS) if kind in KINDS else (N, INPUTS), "float32")
    assert all(y.dtype == np.float32 for y in call(module, kind, x))
    with pydl.no_grad():
        assert not any(y.requires_grad for y in call(module, kind, x))


def test_a_forget_gate_that_is_open_keeps_the_cell():
    cell = made("LSTMCell")
    with pydl.no_grad():
        cell.bias_ih[UNITS : 2 * UNITS] = 50  # f = 1
        cell.bias_ih[:UNITS] = -50  # i = 0
    c = RNG.standard_normal((N, UNITS))
    state = (np.zeros((N, UNITS)), c)
    for _ in range(10):
        state = cell(RNG.standard_normal((N, INPUTS)), state)
    np.testing.assert_allclose(state[1].numpy(), c, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_text(kind):
    assert repr(getattr(nn, kind)(2, 3)) == f"{kind}(2, 3)"
    layer = getattr(nn, kind)(2, 3, num_layers=2, bias=False, bidirectional=True)
    assert repr(layer) == f"{kind}(2, 3, bias=False, num_layers=2, bidirectional=True)"
    assert repr(getattr(nn, kind + "Cell")(2, 3)) == f"{kind}Cell(2, 3)"


def test_text_of_a_transfer_function():
    assert repr(nn.RNN(2, 3, nonlinearity="relu")) == "RNN(2, 3, nonlinearity='relu')"
    assert repr(nn.RNNCell(2, 3, nonlinearity="relu")) == "RNNCell(2, 3, nonlinearity='relu')"


# ------------------------------------------------------------ errors

ZEROS = np.zeros((L, N, INPUTS), "float32")
REFUSED = {
    "no input": (lambda: nn.LSTM(0, 3), ValueError, "LSTM needs input_size and hidden_size of at least 1, not 0 and 3"),
    "no unit": (lambda: nn.GRUCell(2, 0), ValueError, "GRUCell needs input_size and hidden_size of at least 1, not 2"),
    "no layer": (lambda: nn.GRU(2, 3, num_layers=0), ValueError, "GRU needs at least one layer, not 0"),
    "transfer": (lambda: nn.RNN(2, 3, nonlinearity="sigmoid"), ValueError, "RNN: nonlinearity must be .*not 'sigmoid'"),
    "transfer of a cell": (lambda: nn.RNNCell(2, 3, nonlinearity="elu"), ValueError, "RNNCell: .* not 'elu'"),
    "two axes": (lambda: nn.RNN(2, 3)(ZEROS[0]), ValueError, r"shape \(L, N, H_in\) .* H_in = 2, not \(3, 2\).*N = 1"),
    "width": (lambda: nn.RNN(5, 3)(ZEROS), ValueError, r"H_in = 5, not \(4, 3, 2\)"),
    "no step": (lambda: nn.GRU(2, 3, batch_first=True)(ZEROS[:, :0]), ValueError, r"\(N, L, H_in\) with L ≥ 1"),
    "state": (lambda: nn.GRU(2, 3)(ZEROS, np.zeros((1, 4, 3))), ValueError,
              r"GRU: h_0 has shape \(1, 4, 3\), expected \(1, 3, 3\)"),
    "cell state": (lambda: nn.LSTM(2, 3)(ZEROS, (np.zeros((1, 3, 3)), np.zeros((3, 3)))), ValueError,
                   r"LSTM: c_0 has shape \(3, 3\), expected \(1, 3, 3\)"),
    "one state of two": (lambda: nn.LSTM(2, 3)(ZEROS, np.zeros((1, 3, 3))), TypeError, r"LSTM: .*pair \(h, c\)"),
    "a cell's pair": (lambda: nn.LSTMCell(2, 3)(ZEROS[0], np.zeros((3, 3))), TypeError, r"LSTMCell: .*pair \(h, c\)"),
    "a sequence to a cell": (lambda: nn.LSTMCell(2, 3)(ZEROS), ValueError,
                             r"LSTMCell: .*\(N, 2\) or \(2,\), not \(4, 3, 2\).*use the layer"),
    "a cell's state": (lambda: nn.RNNCell(2, 3)(ZEROS[0], np.zeros((1, 3))), ValueError,
                       r"RNNCell: h has shape \(1, 3\), expected \(3, 3\)"),
    "the op's weight": (lambda: ops.lstm(ZEROS, ZEROS[0], ZEROS[0], np.zeros((6, 2))), ValueError,
                        r"lstm.*shape \(4H, H\), not \(6, 2\)"),
    "the op's inputs": (lambda: ops.gru(ZEROS, ZEROS[0], np.zeros((6, 2))), ValueError,
                        r"gru.*\(L, N, 6\) with L ≥ 1 .*, not \(4, 3, 2\)"),
    "the op's state": (lambda: ops.rnn(ZEROS, ZEROS[:, 0], np.zeros((2, 2))), ValueError,
                       r"rnn.*\(N, H\) = \(3, 2\), not \(4, 2\)"),
    "the op's bias": (lambda: ops.gru(np.zeros((4, 3, 6)), ZEROS[0], np.zeros((6, 2)), np.zeros(2)), ValueError,
                      r"gru.*bias has shape \(2,\), the weight asks for \(6,\)"),
    "the op's transfer": (lambda: ops.rnn(ZEROS, ZEROS[0], np.zeros((2, 2)), "sin"), ValueError, "rnn.*not 'sin'"),
}  # fmt: skip


@pytest.mark.parametrize(("use", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(use, error, words):
    with pytest.raises(error, match=words):
        use()
