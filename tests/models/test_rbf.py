"""The network computes its formula, in both precisions and on devices, and its derivatives are right."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

import pydl
from pydl import backend, nn, optim
from pydl.models import RBFNetwork
from tests.strict import install

install()
RNG = np.random.default_rng(0)
CENTRES, WIDTHS, X = RNG.standard_normal((4, 2)), RNG.uniform(0.5, 2, 4), RNG.standard_normal((7, 2))


def filled(net, seed=1):
    draw = np.random.default_rng(seed)
    net.weight.copy_(draw.standard_normal(net.weight.shape))
    net.bias.copy_(draw.standard_normal(net.bias.shape))
    return net


def test_computes_its_formula():
    net = filled(RBFNetwork(CENTRES, WIDTHS, 3))
    for x in X:
        phi = [np.exp(-sum((x - mu) ** 2) / (2 * sigma**2)) for mu, sigma in zip(CENTRES, WIDTHS, strict=True)]
        np.testing.assert_allclose(net.features(x).numpy(), phi, rtol=1e-12)
        np.testing.assert_allclose(net(x).numpy(), net.weight.numpy() @ phi + net.bias.numpy(), rtol=1e-12)


def test_features_are_scikit_learns_kernel():
    net = RBFNetwork(CENTRES, 0.7)
    np.testing.assert_allclose(net.features(X).numpy(), rbf_kernel(X, CENTRES, gamma=1 / (2 * 0.7**2)), rtol=1e-12)


def test_starts_from_zero_and_copies_what_it_is_given():
    centres = CENTRES.copy()
    net = RBFNetwork(centres, WIDTHS, 2, trainable=True)
    net.centres.data[0] = 99
    assert (centres == CENTRES).all()
    assert (net(X).numpy() == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(2,), (5, 2), (3, 5, 2)])
def test_batches_and_precision(dtype, shape):
    net = filled(RBFNetwork(CENTRES.astype(dtype), WIDTHS, 3, trainable=True))
    x = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    y = net(pydl.tensor(x))
    assert (y.shape, y.dtype) == ((*shape[:-1], 3), dtype)
    y.sum().backward()
    assert all(p.grad.dtype == dtype for p in net.parameters())
    wide = filled(RBFNetwork(CENTRES, WIDTHS, 3))(x.astype("float64"))
    np.testing.assert_allclose(y.numpy(), wide.numpy(), atol=1e-12 if dtype == "float64" else 1e-5)


def test_far_from_the_origin_single_precision_still_holds():
    near = RBFNetwork(CENTRES.astype("float32"), WIDTHS).features(X.astype("float32")).numpy()
    far = RBFNetwork((CENTRES + 1024).astype("float32"), WIDTHS).features((X + 1024).astype("float32")).numpy()
    np.testing.assert_allclose(far, near, atol=1e-3)  # the shifted inputs themselves are off by up to 6e-5


def test_derivatives_to_second_order():
    net = filled(RBFNetwork(CENTRES, WIDTHS, 3, trainable=True))
    names = list(net.state_dict())
    assert names == ["centres", "log_widths", "weight", "bias"]

    def f(x, *parameters):
        return nn.functional_call(net, dict(zip(names, parameters, strict=True)), x)

    on_a_centre = np.concatenate([X, CENTRES[:1]])
    assert pydl.testing.gradcheck(f, on_a_centre, *net.state_dict().values())


@pytest.mark.parametrize("name", ["centres", "log_widths"])
def test_gradients_of_centres_and_widths_by_differences(name):
    net, h = filled(RBFNetwork(CENTRES, WIDTHS, 1, trainable=True)), 1e-6
    (net(X) ** 2).mean().backward()
    parameter = getattr(net, name)
    start, slope = parameter.numpy().copy(), parameter.grad.numpy()
    for i in np.ndindex(start.shape):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[i] += sign * h
            parameter.copy_(moved)
            values.append(float((net(X) ** 2).mean()))
        assert slope[i] == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-6, abs=1e-9)
        parameter.copy_(start)


def test_bound_on_the_slope_of_a_log_width():
    r = np.linspace(0, 30, 3001)
    phi = np.exp(-(r**2) / 2)
    assert (phi * r**2).max() == pytest.approx(2 / np.e, rel=1e-4)


def test_fixed_and_trainable():
    net = RBFNetwork(CENTRES, WIDTHS)
    assert [n for n, _ in net.named_parameters()] == ["weight", "bias"]
    assert [n for n, _ in net.named_buffers()] == ["centres", "log_widths"]
    saved = net.state_dict()
    assert net.unfreeze() is net
    assert [n for n, _ in net.named_parameters()] == ["centres", "log_widths", "weight", "bias"]
    assert list(net.named_buffers()) == []
    net.load_state_dict(saved)
    np.testing.assert_allclose(net.widths.numpy(), WIDTHS)


def test_unfreezing_twice_keeps_the_parameters_an_optimizer_holds():
    net = RBFNetwork(CENTRES, WIDTHS).unfreeze()
    before = net.parameters()
    assert all(a is b for a, b in zip(net.unfreeze().parameters(), before, strict=True))


def test_widths_stay_positive_in_training():
    net = filled(RBFNetwork(CENTRES, 0.05, trainable=True))
    optimizer = optim.SGD(net.parameters(), lr=1.0)
    for _ in range(50):
        optimizer.zero_grad()
        ((net(X) - 3.0) ** 2).mean().backward()
        optimizer.step()
        assert (net.widths.numpy() > 0).all()


def test_moves_to_a_device_and_trains_there():
    here = filled(RBFNetwork(CENTRES.astype("float32"), WIDTHS, 2, trainable=True))
    there = filled(RBFNetwork(CENTRES.astype("float32"), WIDTHS, 2, trainable=True))
    there.to("strict")
    x = X.astype("float32")
    for net, device in ((here, "cpu"), (there, "strict")):
        (net(pydl.Tensor(backend.to_device(x, device))) ** 2).mean().backward()
    for p, q in zip(here.parameters(), there.parameters(), strict=True):
        assert q.grad.device == "strict"
        np.testing.assert_allclose(backend.to_numpy(q.grad.data), p.grad.numpy(), rtol=1e-5, atol=1e-6)


def test_text():
    assert repr(RBFNetwork(CENTRES, WIDTHS, 3)) == "RBFNetwork(2, 4 kernels, 3)"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: RBFNetwork(CENTRES, [1.0, 2.0]), r"4 centres need one width or 4, not shape \(2,\)"),
        (lambda: RBFNetwork(CENTRES, [1.0, 0.0, 1.0, 1.0]), "the least is 0.0; 0 comes from centres that coincide"),
        (lambda: RBFNetwork(CENTRES, -1.0), "widths must be positive"),
        (lambda: RBFNetwork(CENTRES, np.nan), "widths must be positive"),
        (lambda: RBFNetwork(CENTRES, 1.0, 0), "outputs must be at least 1"),
        (lambda: RBFNetwork([1.0, 2.0], 1.0), r"centres must have shape \(n, d\)"),
        (lambda: RBFNetwork(CENTRES * np.nan, 1.0), "centres has NaN"),
        (lambda: RBFNetwork(CENTRES, 1.0)(X[:, :1]), r"have shape \(..., 2\), not \(7, 1\)"),
    ],
)
def test_refuses(act, words):
    with pytest.raises(ValueError, match=words):
        act()
