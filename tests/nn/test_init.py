"""Initial values: the laws their docstrings state, over many draws, and PyTorch's bounds."""

import math

import numpy as np
import pytest

import pydl
from pydl import nn
from pydl.nn import init
from tests.strict import install

install()
SHAPES = [(300, 200), (20, 30, 10, 5)]
SQRT2 = math.sqrt(2)


def uniform(bound):
    return 0.0, bound**2 / 3, bound


def normal(std, mean=0.0):
    return mean, std**2, None


def weight(*shape):
    return nn.Parameter(np.full(shape, np.nan, "float64"))


# law → (what draws it, the expected (mean, variance, bound) from fan_in and fan_out)
LAWS = {
    "uniform_": (lambda w: init.uniform_(w, -2.0, 2.0), lambda i, o: uniform(2.0)),
    "normal_": (lambda w: init.normal_(w, 3.0, 0.5), lambda i, o: normal(0.5, 3.0)),
    "xavier_uniform_": (init.xavier_uniform_, lambda i, o: uniform(math.sqrt(6 / (i + o)))),
    "xavier_uniform_ ×4": (lambda w: init.xavier_uniform_(w, 4.0), lambda i, o: uniform(4 * math.sqrt(6 / (i + o)))),
    "xavier_normal_": (init.xavier_normal_, lambda i, o: normal(math.sqrt(2 / (i + o)))),
    "kaiming_uniform_": (init.kaiming_uniform_, lambda i, o: uniform(SQRT2 * math.sqrt(3 / i))),
    "kaiming_normal_": (init.kaiming_normal_, lambda i, o: normal(SQRT2 / math.sqrt(i))),
    "kaiming_normal_ ×1": (lambda w: init.kaiming_normal_(w, 1.0), lambda i, o: normal(1 / math.sqrt(i))),
}


def check_law(draws, mean, variance, bound):
    """Hold mean and variance against their sampling errors: 5 standard errors, false once in two million."""
    n = draws.size
    kurtosis = 3.0 if bound is None else 1.8  # of the normal and of the uniform law
    assert abs(draws.mean() - mean) < 5 * math.sqrt(variance / n)
    assert abs(draws.var() - variance) < 5 * variance * math.sqrt((kurtosis - 1) / n)
    if bound is not None:  # P(no entry beyond 0.999·bound) = 0.999ⁿ
        assert np.abs(draws - mean).max() <= bound
        assert n < 10_000 or np.abs(draws - mean).max() > 0.999 * bound


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("law", LAWS)
def test_laws(law, shape):
    pydl.seed(1)
    fill, expected = LAWS[law]
    field = math.prod(shape[2:])
    w = weight(*shape)
    assert fill(w) is w
    check_law(w.numpy(), *expected(shape[1] * field, shape[0] * field))


@pytest.mark.parametrize("n", [3, 50, 784])
def test_linear_draws_pytorchs_default(n):
    pydl.seed(2)
    layers = [nn.Linear(n, 20) for _ in range(20_000 // n + 50)]
    bound = 1 / math.sqrt(n)
    check_law(np.concatenate([layer.weight.numpy().ravel() for layer in layers]).astype(float), *uniform(bound))
    biases = np.concatenate([layer.bias.numpy() for layer in layers]).astype(float)
    check_law(biases, *uniform(bound))


@pytest.mark.torch
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
def test_scales_are_pytorchs(name, shape):
    torch = pytest.importorskip("torch")
    theirs = torch.empty(shape, dtype=torch.float64)
    settings = {"nonlinearity": "relu"} if name.startswith("kaiming") else {}
    getattr(torch.nn.init, name)(theirs, **settings)
    pydl.seed(3)
    ours = getattr(init, name)(weight(*shape)).numpy()
    n = ours.size  # two samples of one law: the errors of both variances add
    assert abs(ours.var() / theirs.numpy().var() - 1) < 5 * math.sqrt(2 * 2 / n)
    if "uniform" in name:
        np.testing.assert_allclose(np.abs(ours).max(), theirs.abs().max().item(), rtol=2e-3)


def test_constants():
    w = weight(2, 3)
    assert init.ones_(w).tolist() == [[1, 1, 1]] * 2
    assert init.zeros_(w).tolist() == [[0, 0, 0]] * 2
    assert init.constant_(w, 0.1).tolist() == [[0.1] * 3] * 2
    assert w.requires_grad


def test_the_seed_decides_on_every_device_and_in_every_memory_order():
    def drawn(w):
        pydl.seed(5)
        return init.normal_(w).numpy().tobytes("C")

    plain, transposed = weight(3, 4), nn.Parameter(np.zeros((4, 3)).T)
    there = nn.Parameter(pydl.tensor(np.zeros((3, 4))).to("strict"))
    assert drawn(plain) == drawn(transposed) == drawn(there)
    assert there.device == "strict"
    assert init.normal_(plain, rng=7).tolist() == init.normal_(transposed, rng=np.random.default_rng(7)).tolist()


def test_a_layer_takes_its_initializer():
    pydl.seed(0)
    layer = nn.Linear(3, 2, init=init.ones_)
    assert layer.weight.tolist() == [[1, 1, 1]] * 2
    assert layer.bias.tolist() == [0, 0]
    assert np.ptp(nn.Linear(100, 100, init=init.kaiming_normal_).weight.numpy()) > 0.5
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh()).apply(lambda m: isinstance(m, nn.Linear) and init.zeros_(m.weight))
    assert net[0].weight.tolist() == [[0, 0]] * 2


def test_filling_within_theta_stays_there():
    layer = nn.Linear(3, 2)
    optimizer = pydl.optim.SGD(layer.parameters(), lr=0.1)
    init.ones_(layer.weight)
    assert optimizer.groups[0].theta[:6].tolist() == [1] * 6


def test_a_vector_has_no_fans():
    with pytest.raises(ValueError, match=r"shape \(3,\) has no fans: a weight has shape \(out, in, \.\.\.\)"):
        init.xavier_normal_(weight(3))
