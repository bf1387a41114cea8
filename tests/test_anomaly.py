"""detect_anomaly: the first NaN or infinity is named, wherever it is born, and nothing else changes."""

import numpy as np
import pytest

import pydl
from pydl import nn, optim
from pydl.autodiff.record import INTERCEPTORS
from pydl.autodiff.reverse import WATCHERS

X = np.array([[0.5, 2.0], [1.0, 0.0]], "float32")


def net():
    pydl.seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))


def faults():
    x = pydl.tensor([4.0, 0.0, 1.0], requires_grad=True)
    nan = pydl.tensor([1.0, np.nan], requires_grad=True)
    yield lambda: pydl.log(x), r"step 1, forward: log of float32\(3,\) in \[0, 4\] gives -inf at index \(1,\) \(1 of 3"
    yield lambda: pydl.log(x), "log needs positive numbers"
    yield lambda: pydl.sqrt(x).sum().backward(), r"backward: the gradient of sqrt .* holds inf at index \(1,\)"
    yield lambda: (x / (x - x)).sum(), "forward: divide of .* add a small number"
    yield lambda: pydl.exp(x * 100), "exp overflows float32"
    yield lambda: nan * 2, r"multiply of .*: the operand float32\(2,\) holds nan at index \(1,\) .* already"
    yield lambda: (x * 2).backward(np.array([1, np.inf, 1], "float32")), "what arrives there holds inf"


@pytest.mark.parametrize(("compute", "message"), list(faults()))
def test_the_error_says_where(compute, message):
    with pytest.raises(pydl.AnomalyError, match=message), pydl.detect_anomaly():
        compute()
    assert INTERCEPTORS == WATCHERS == []


def test_infinities_may_be_meant():
    x = pydl.tensor([4.0, 0.0], requires_grad=True)
    with pydl.detect_anomaly(infinities=False):
        y = pydl.where(x.data > 0, pydl.log(x), 0.0).sum()
    with (
        pytest.raises(pydl.AnomalyError, match=r"forward: multiply .* 0·∞ is NaN"),
        pydl.detect_anomaly(infinities=False),
    ):
        x * pydl.log(x)
    # the branch not taken is hidden, its slope is not: 0 times 1/0
    with (
        pytest.raises(pydl.AnomalyError, match="backward: the gradient of log "),
        pydl.detect_anomaly(infinities=False),
    ):
        y.backward()


def train(model, lr, steps=10):
    optimizer = optim.SGD(model.parameters(), lr=lr)
    with pydl.detect_anomaly(model):
        for _ in range(steps):
            optimizer.zero_grad()
            nn.MSELoss()(model(X), np.ones((2, 2), "float32")).backward()
            optimizer.step()


@pytest.mark.parametrize(
    ("lr", "message"),
    [
        (1e30, r"step 2, forward: mse_loss of float32\(2, 2\) in .* gives inf"),  # the first update was finite
        (1e39, r"step 1, update: parameter '0.weight', float32\(3, 2\) holds .*; its gradient was in \[.*lower the"),
    ],
)
def test_parameter_and_step_in_training(lr, message):
    with pytest.raises(pydl.AnomalyError, match=message):
        train(net(), lr)


def test_a_parameter_that_is_broken_from_the_start():
    model = net()
    with pydl.no_grad():
        model[2].weight.copy_(np.full((2, 3), np.nan))
    message = r"linear of .*: the operand parameter '2.weight', float32\(2, 3\) holds nan .* already"
    with pytest.raises(pydl.AnomalyError, match=message):
        train(model, 0.1)


def test_a_sound_step_is_the_same_with_and_without():
    def step(guarded):
        model = net()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        with pydl.detect_anomaly(model) if guarded else pydl.enable_grad():
            for _ in range(3):
                optimizer.zero_grad()
                (model(X) ** 2).mean().backward()
                optimizer.step()
        return model.state_dict()

    for a, b in zip(step(True).values(), step(False).values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_within_transforms():
    with pytest.raises(pydl.AnomalyError, match="sqrt"), pydl.detect_anomaly():
        pydl.grad(lambda x: pydl.sqrt(x).sum())(np.zeros(2))
    with pytest.raises(pydl.AnomalyError, match="log"), pydl.detect_anomaly():
        pydl.jvp(pydl.log, (np.zeros(2),), (np.ones(2),))
