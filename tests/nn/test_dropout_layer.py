"""Dropout: its laws, its two forms, derivatives through one mask, and PyTorch's trajectory under equal masks."""

import re

import numpy as np
import pytest

import pydl
from pydl import data, nn, ops, optim, training
from tests.strict import install

install()
N = 400_000
RATES = [0.1, 0.2, 0.5, 0.8]
X = np.random.default_rng(0).standard_normal((6, 5))


# ------------------------------------------------------------ laws


@pytest.mark.parametrize("inverted", [True, False])
@pytest.mark.parametrize("p", RATES)
def test_mean_and_variance(p, inverted):
    """Of N entries; each limit is five standard errors."""
    y = ops.dropout(np.full(N, 3.0), p, inverted=inverted, rng=1)
    mean = 3.0 if inverted else 3.0 * (1 - p)
    variance = p / (1 - p) * mean**2
    assert abs(y.mean() - mean) < 5 * np.sqrt(variance / N)
    kurtosis = 3 + (1 - 6 * p * (1 - p)) / (p * (1 - p))
    limit = 5 * np.sqrt((kurtosis - 1) / N) + 25 / N  # at p = ½ only the second order is left
    assert abs(y.var() / variance - 1) < limit


@pytest.mark.parametrize("p", RATES)
def test_entries_are_dropped_independently(p):
    """Neighbours, neighbours of the next draw of 64 bits, and columns: correlations as of independent numbers."""
    kept = ops.dropout(np.ones((N // 100, 100)), p, rng=2) > 0
    flat = kept.ravel() - kept.mean()
    for lag in (1, 2, 3, 4, 5, 100):
        assert abs(np.mean(flat[:-lag] * flat[lag:])) / flat.var() < 5 / np.sqrt(N)


@pytest.mark.parametrize("inverted", [True, False])
def test_the_average_of_training_is_the_evaluation(inverted):
    layer = nn.Dropout(0.3, inverted)
    pydl.seed(0)
    seen = np.mean([layer(X) for _ in range(4000)], axis=0)
    np.testing.assert_allclose(seen, layer.eval()(X), atol=5 * np.abs(X).max() * np.sqrt(0.3 / 0.7 / 4000))


def test_every_generator_of_64_bits_serves_and_one_of_32_is_refused():
    for bits in (np.random.PCG64DXSM, np.random.SFC64, np.random.Philox):
        y = ops.dropout(np.ones(N), 0.5, rng=np.random.Generator(bits(0)))
        assert abs(y.mean() - 1) < 5 / np.sqrt(N)
    with pytest.raises(ValueError, match=r"64 bits.*default_rng"):
        ops.dropout(X, rng=np.random.Generator(np.random.MT19937(0)))


# ------------------------------------------------------------ the stream, the modes


def test_one_seed_one_run():
    layer = nn.Dropout(0.5)
    pydl.seed(4)
    first = [layer(X), layer(X)]
    assert (first[0] != first[1]).any(), "each pass draws anew"
    pydl.seed(4)
    np.testing.assert_array_equal([layer(X), layer(X)], first)


def test_the_mask_does_not_depend_on_dtype_memory_or_device():
    masks = [x for dtype in ("float32", "float64") for x in (np.ones((6, 5), dtype), np.ones((5, 6), dtype).T)]
    masks = [ops.dropout(x, 0.5, rng=5) for x in masks]
    moved = pydl.tensor(np.ones((6, 5))).to("strict")
    for mask in [*masks, ops.dropout(moved, 0.5, rng=5).numpy()]:
        np.testing.assert_array_equal(mask, masks[0])


@pytest.mark.parametrize("p", [0.0, 0.5])
@pytest.mark.parametrize("inverted", [True, False])
def test_evaluation_draws_nothing(p, inverted):
    net = nn.Sequential(nn.Linear(5, 4), nn.Dropout(p, inverted)).eval()
    before = pydl.random.get_state()
    np.testing.assert_allclose(net(X).numpy(), net[0](X).numpy() * (1 if inverted else 1 - p))
    assert pydl.random.get_state() == before


def test_extremes():
    x = pydl.tensor(X, requires_grad=True)
    assert ops.dropout(x, 0) is x
    for inverted in (True, False):
        y = ops.dropout(x, 1.0, inverted=inverted)
        assert not y.numpy().any()
        assert ops.dropout(x, 1.0, training=False, inverted=False).numpy().any() == 0
    assert ops.dropout(X[:0]).shape == (0, 5)


def test_how_it_shows():
    assert repr(nn.Sequential(nn.Dropout(0.2), nn.Dropout(inverted=False))) == (
        "Sequential(\n  (0): Dropout(0.2)\n  (1): Dropout(0.5, inverted=False)\n)"
    )
    y = nn.Dropout()(pydl.tensor(X, requires_grad=True))
    assert y.op.name == "_dropout"
    assert "op=dropout" in repr(y)


# ------------------------------------------------------------ derivatives go through one mask


def test_derivatives_see_one_mask():
    """J = Σ y⁴ with y = m·x/(1 − p): gradient 4y³m/(1 − p), second derivative 12y²m²/(1 − p)², and jvp the same."""
    p = 0.4
    x, t = pydl.tensor(X, requires_grad=True), np.cos(X)
    y = ops.dropout(x, p)
    m = y.numpy() / X
    assert set(np.round(np.unique(m), 12)) == {0, round(1 / (1 - p), 12)}
    (y**4).sum().backward(create_graph=True)
    gradient, x.grad = x.grad, None
    np.testing.assert_allclose(gradient.numpy(), 4 * (m * X) ** 3 * m, rtol=1e-12)
    (gradient * t).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 12 * (m * X) ** 2 * m**2 * t, rtol=1e-12)
    value, moved = pydl.jvp(lambda x: ops.dropout(x, p), (X,), (t,))
    np.testing.assert_allclose(moved, value / X * t, rtol=1e-12)
    np.testing.assert_allclose(
        pydl.hvp(lambda x: (ops.dropout(x, p, rng=6) ** 4).sum(), (X,), (t,)),
        12 * X**2 * (ops.dropout(np.ones_like(X), p, rng=6)) ** 4 * t,
        rtol=1e-12,
    )


# ------------------------------------------------------------ errors


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), "half", None, [0.5]])
def test_what_is_no_probability(p):
    for make in (nn.Dropout, lambda p: ops.dropout(X, p)):
        with pytest.raises(ValueError, match=re.compile(r"ropout: p is the probability.*keep probability", re.S)):
            make(p)


def test_what_cannot_be_dropped():
    with pytest.raises(TypeError, match=r"floating-point numbers, not int64: convert"):
        nn.Dropout()(np.arange(3))
    with pytest.raises(TypeError, match=r"dropout.*must be arrays or tensors"):
        nn.Dropout()([1.0, 2.0])


# ------------------------------------------------------------ PyTorch


def their_dropout(torch, p):
    """Return a module of PyTorch whose mask comes from pydl's stream: drawn for the same shape, in the same order."""

    class Dropout(torch.nn.Module):
        def forward(self, x):
            return x * torch.from_numpy(ops.dropout(np.ones(x.shape, x.numpy(force=True).dtype), p))

    return Dropout()


@pytest.mark.torch
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("task", ["CE", "BCE"])
def test_training_follows_pytorch(task, dtype, tolerance):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    images, labels = data.Digits().arrays()
    images, out = images.astype(dtype), 10 if task == "CE" else 1
    labels = labels.astype("int64") if task == "CE" else (labels >= 5).astype(dtype)[:, None]
    batches = [(images[i : i + 64], labels[i : i + 64]) for i in range(0, 640, 64)]
    loss, their_loss = {
        "CE": (nn.CrossEntropyLoss(), torch.nn.CrossEntropyLoss()),
        "BCE": (nn.BCEWithLogitsLoss(), torch.nn.BCEWithLogitsLoss()),
    }[task]
    pydl.seed(0)
    pydl.set_default_dtype(dtype)
    try:
        layers = [nn.Dropout(0.2), nn.Linear(images.shape[1], 24), nn.ReLU(), nn.Dropout(0.5), nn.Linear(24, out)]
    finally:
        pydl.set_default_dtype("float32")
    net = nn.Sequential(*layers)
    kinds = {
        nn.Dropout: lambda m: their_dropout(torch, m.p),
        nn.Linear: lambda m: torch.nn.Linear(m.in_features, m.out_features),
        nn.ReLU: lambda m: torch.nn.ReLU(),
    }
    theirs = torch.nn.Sequential(*[kinds[type(m)](m) for m in layers]).to(getattr(torch, dtype))
    theirs.load_state_dict({name: torch.from_numpy(value) for name, value in net.state_dict().items()})
    settings = {"lr": 0.1, "momentum": 0.9}
    pydl.seed(1)
    history = training.fit(net, batches, loss, optim.SGD(net.parameters(), **settings), epochs=10)
    pydl.seed(1)
    optimizer, losses = torch.optim.SGD(theirs.parameters(), **settings), []
    for _ in range(10):
        for x, t in batches:
            optimizer.zero_grad()
            j = their_loss(theirs(torch.from_numpy(x)), torch.from_numpy(t))
            j.backward()
            optimizer.step()
            losses.append(j.item())
    assert len(losses) == 100
    np.testing.assert_allclose(history.steps, losses, rtol=tolerance, atol=tolerance)
    assert np.mean(losses[-10:]) < 0.7 * losses[0]
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(net.state_dict()[name], value.numpy(), rtol=0, atol=10 * tolerance)
