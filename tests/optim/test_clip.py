"""Gradient clipping: PyTorch's numbers, wherever the gradients lie, and no waiting for the device."""

import math

import numpy as np
import pytest

import pydl
from pydl import nn, optim, training
from tests.strict import StrictArray, install

install()
X = np.random.default_rng(0).standard_normal((8, 3)).astype("float32")
SHAPES = [(4, 3), (4,), (2, 4), (2,)]
NORMS = [1, 2, 3, math.inf]


def draw(seed, scale=1.0, dtype="float32"):
    rng = np.random.default_rng(seed)
    return [(scale * rng.standard_normal(s)).astype(dtype) for s in SHAPES]


def parameters(gradients, where, dtype="float32"):
    """Return parameters with these gradients: loose, in one optimizer's ∇J, or in two groups of it."""
    ps = [nn.Parameter(np.zeros(s[::-1], dtype).T) for s in SHAPES]
    if where == "held":
        optim.SGD(ps, lr=0.1)
    elif where == "groups":
        optim.SGD([{"params": ps[:2]}, {"params": ps[2:]}], lr=0.1)
    for p, g in zip(ps, gradients, strict=True):
        if g is not None:
            pydl.astype(p, dtype).backward(g)
            assert (p.gradient is p.buffer) == (where != "loose")
    return ps


def network(seed=0):
    pydl.seed(seed)
    return nn.Sequential(nn.Linear(3, 5, activation="tanh"), nn.Linear(5, 2))


# ------------------------------------------------------------ PyTorch's numbers


CASES = {
    "large": draw(0, 10.0),
    "small": draw(1, 0.01),
    "none": [None, *draw(2)[1:]],
    "no gradient at all": [None] * 4,
    "zero": draw(3, 0.0),
    "nan": [np.where(np.arange(g.size).reshape(g.shape) == 1, np.nan, g).astype("float32") for g in draw(4)],
    "inf": [np.where(np.arange(g.size).reshape(g.shape) == 1, -np.inf, g).astype("float32") for g in draw(5)],
    "overflow": draw(6, 1e25),
}


@pytest.mark.torch
@pytest.mark.parametrize("where", ["loose", "held", "groups"])
@pytest.mark.parametrize("norm_type", NORMS)
@pytest.mark.parametrize("case", CASES)
def test_the_norm_is_clipped_as_pytorch_does(case, norm_type, where):
    torch = pytest.importorskip("torch")
    theirs = [torch.nn.Parameter(torch.zeros(s)) for s in SHAPES]
    for p, g in zip(theirs, CASES[case], strict=True):
        p.grad = None if g is None else torch.from_numpy(g.copy())
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.0, norm_type)
    with np.errstate(all="ignore"):
        ours = parameters(CASES[case], where)
        total = optim.clip_grad_norm_(ours, 1.0, norm_type)
    assert total.shape == ()
    assert total.dtype == np.float32
    np.testing.assert_allclose(total.numpy(), expected.numpy(), rtol=1e-6)
    for p, q in zip(ours, theirs, strict=True):
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("where", ["loose", "held"])
@pytest.mark.parametrize("case", [case for case in CASES if case != "no gradient at all"])  # PyTorch 2.13 fails there
def test_values_are_clipped_as_pytorch_does(case, where):
    torch = pytest.importorskip("torch")
    theirs = [torch.nn.Parameter(torch.zeros(s)) for s in SHAPES]
    for p, g in zip(theirs, CASES[case], strict=True):
        p.grad = None if g is None else torch.from_numpy(g.copy())
    torch.nn.utils.clip_grad_value_(theirs, 0.5)
    ours = parameters(CASES[case], where)
    assert optim.clip_grad_value_(ours, 0.5) is None
    for p, q in zip(ours, theirs, strict=True):
        assert (p.grad is None) == (q.grad is None)
        if p.grad is not None:
            np.testing.assert_array_equal(p.grad.numpy(), q.grad.numpy())


# ------------------------------------------------------------ what clipping does to a vector


@pytest.mark.parametrize("where", ["loose", "held", "groups"])
@pytest.mark.parametrize("norm_type", NORMS)
def test_direction_is_kept_and_the_norm_is_the_limit(norm_type, where):
    gradients = draw(7, 5.0, "float64")
    whole = np.concatenate([g.ravel() for g in gradients])
    ps = parameters(gradients, where, "float64")
    total = optim.clip_grad_norm_(ps, 2.0, norm_type).item()
    clipped = np.concatenate([p.grad.numpy().ravel() for p in ps])
    assert total == pytest.approx(np.linalg.norm(whole, norm_type), rel=1e-13)
    np.testing.assert_allclose(clipped, whole * 2 / (total + 1e-6), rtol=1e-13)
    assert 2 - 1e-6 < np.linalg.norm(clipped, norm_type) < 2


def test_a_small_gradient_keeps_its_bits():
    gradients = draw(8, 1e-3)
    ps = parameters(gradients, "held")
    optim.clip_grad_norm_(ps, 1.0)
    for p, g in zip(ps, gradients, strict=True):
        assert p.grad.numpy().tobytes() == g.tobytes()


def test_gradients_are_written_where_they_lie_and_the_step_uses_them():
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=1.0)
    (net(X) ** 2).sum().backward()
    before, grads = optimizer.groups[0].theta.copy(), optimizer.groups[0].grad.copy()
    norm = optim.clip_grad_norm_(net.parameters(), 0.25)
    assert all(p.gradient is p.buffer for p in net.parameters())
    optimizer.step()
    np.testing.assert_allclose(before - optimizer.groups[0].theta, grads * 0.25 / norm.item(), rtol=1e-4, atol=1e-7)


def test_part_of_a_group_leaves_the_rest_alone():
    ps = parameters(draw(9, 10.0), "held")
    rest = [p.grad.numpy().copy() for p in ps[1:]]
    norm = optim.clip_grad_norm_(ps[0], 1.0)
    assert norm.item() == pytest.approx(np.linalg.norm(draw(9, 10.0)[0]), rel=1e-6)
    assert np.linalg.norm(ps[0].grad.numpy()) == pytest.approx(1.0, abs=1e-5)
    for p, g in zip(ps[1:], rest, strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), g)


def test_a_parameter_that_lost_its_gradient_does_not_count():
    """Its old numbers still lie in ∇J."""
    ps = parameters(draw(10, 10.0), "held")
    ps[0].grad = None
    expected = math.sqrt(sum((p.grad.numpy() ** 2).sum() for p in ps[1:]))
    assert optim.clip_grad_norm_(ps, 1.0).item() == pytest.approx(expected, rel=1e-6)


def test_recorded_and_hand_set_gradients():
    w, v, empty = nn.Parameter([3.0]), nn.Parameter([0.0]), nn.Parameter(np.zeros((0, 2), "float32"))
    optim.SGD([w, v, empty], lr=1.0)
    ((w**2).sum() / 2 + empty.sum()).backward(create_graph=True)
    slope = w.grad
    v.grad = np.array([4.0])
    assert slope.op is not None
    assert optim.clip_grad_norm_([w, v, empty], 1.0).item() == pytest.approx(5)
    np.testing.assert_allclose([w.grad.item(), v.grad.item()], [0.6, 0.8], rtol=1e-6)
    assert slope.tolist() == [3.0], "the recorded gradient is part of a graph"
    assert w.grad.op is None


def test_gradients_of_two_dtypes_keep_them():
    narrow, wide = nn.Parameter(np.zeros(3, "float32")), nn.Parameter(np.zeros(2))
    (narrow * 3.0).sum().backward()
    (wide * np.array([0.0, 4.0])).sum().backward()
    assert optim.clip_grad_norm_([narrow, wide], 1.0).item() == pytest.approx(math.sqrt(27 + 16))
    assert (narrow.grad.dtype, wide.grad.dtype) == (np.float32, np.float64)


# ------------------------------------------------------------ devices


@pytest.mark.parametrize("norm_type", NORMS)
def test_over_the_strict_kind_without_waiting(norm_type):
    here, there = network(), network().to("strict")
    for net, x in ((here, X), (there, pydl.Tensor(X).to("strict"))):
        optim.SGD(net[0].parameters(), lr=0.1)  # one layer in ∇J, one loose
        (net(x) ** 2).sum().backward()
    expected = optim.clip_grad_norm_(here.parameters(), 1.0, norm_type)
    waited = StrictArray.synchronisations
    total = optim.clip_grad_norm_(there.parameters(), 1.0, norm_type)
    optim.clip_grad_value_(there.parameters(), 0.2)
    assert StrictArray.synchronisations == waited
    assert total.device == "strict"
    assert total.item() == pytest.approx(expected.item(), rel=1e-6)
    for p, q in zip(here.parameters(), there.parameters(), strict=True):
        np.testing.assert_allclose(q.grad.numpy(), np.clip(p.grad.numpy(), -0.2, 0.2), rtol=1e-5)


# ------------------------------------------------------------ fit


def test_fit_clips_between_backward_and_step():
    net, twin, criterion = network(), network(), nn.CrossEntropyLoss()
    labels = (X[:, 0] > 0).astype(int)
    optimizer = optim.SGD(net.parameters(), lr=0.5)
    training.fit(net, [(X, labels)] * 3, criterion, optimizer, epochs=2, clip_norm=0.1, progress=False)
    optimizer = optim.SGD(twin.parameters(), lr=0.5)
    for _ in range(6):
        optimizer.zero_grad()
        criterion(twin(X), labels).backward()
        assert optim.clip_grad_norm_(twin.parameters(), 0.1).item() > 0.1, "or the test would show nothing"
        optimizer.step()
    for p, q in zip(net.parameters(), twin.parameters(), strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())


def test_fit_counts_the_optimizers_parameters_only():
    """Gradients of others are never forgotten, and would grow."""
    net = network()
    optimizer = optim.SGD(net[1].parameters(), lr=0.1)
    training.fit(net, [(X, X[:, :2])] * 2, nn.MSELoss(), optimizer, clip_norm=1e-3, progress=False)
    size = math.sqrt(sum((p.grad.numpy() ** 2).sum() for p in net[1].parameters()))
    assert size == pytest.approx(1e-3, rel=2e-3)
    assert all((abs(p.grad.numpy()) > 1e-3).any() for p in net[0].parameters())


# ------------------------------------------------------------ errors


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_nonfinite_norm_can_be_refused(bad):
    ps = parameters(draw(11), "held")
    ps[1].grad[0] = bad
    before = [p.grad.numpy().copy() for p in ps]
    with pytest.raises(ValueError, match=rf"norm is {bad}, and nothing was clipped: .*detect_anomaly"):
        optim.clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    for p, g in zip(ps, before, strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), g)
    fine = parameters(draw(12), "loose")
    optim.clip_grad_norm_(fine, 1.0, error_if_nonfinite=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: optim.clip_grad_norm_([p], -1.0), "max_norm must be >= 0, not -1.0"),
        (lambda p: optim.clip_grad_norm_([p], math.nan), "max_norm must be >= 0, not nan"),
        (lambda p: optim.clip_grad_norm_([p], 1.0, 0), r"norm_type must be > 0 \(2, 1, math.inf, …\), not 0"),
        (lambda p: optim.clip_grad_value_([p], -0.5), "clip_value must be >= 0, not -0.5"),
        (lambda p: optim.clip_grad_norm_([], 1.0), "there are no parameters .*pass a list"),
        (lambda p: optim.clip_grad_value_(iter(()), 1.0), "there are no parameters"),
        (lambda p: optim.clip_grad_norm_([p, np.ones(2)], 1.0), "takes parameters, not ndarray"),
    ],
)
def test_what_cannot_be_teaches(call, words):
    with pytest.raises(ValueError, match=words):
        call(nn.Parameter([1.0]))
