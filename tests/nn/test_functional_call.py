"""A module as a function of its parameters: gradients, Hessians, and everything put back."""

import numpy as np
import pytest

import pydl
from pydl import nn

X = np.random.default_rng(0).standard_normal((6, 2))
T = np.random.default_rng(1).standard_normal((6, 1))


def network():
    pydl.seed(0)
    net = nn.Sequential(nn.Linear(2, 3, activation="tanh"), nn.Linear(3, 1))
    for p in net.parameters():
        p.data = p.data.astype("float64")
    return net


def loss(net, parameters):
    return ((nn.functional_call(net, parameters, X) - T) ** 2).mean()


def test_value_and_gradient_are_the_networks_own():
    net = network()
    j = ((net(X) - T) ** 2).mean()
    j.backward()
    value, slopes = pydl.value_and_grad(lambda p: loss(net, p))(net.state_dict())
    assert value == j.item()
    for name, p in net.named_parameters():
        np.testing.assert_allclose(slopes[name], p.grad.numpy(), rtol=1e-14, atol=1e-16)


def test_hessian_and_its_products():
    net = network()
    W = net[1].weight.numpy().copy()
    t = np.random.default_rng(2).standard_normal(W.shape)

    def f(w):  # the other parameters as plain arrays: the Hessian is not to be differentiated by them
        return loss(net, net.state_dict() | {"1.weight": w})

    H = pydl.hessian(f)(W)
    hidden = net[0](X).numpy()
    np.testing.assert_allclose(H.reshape(3, 3), 2 * hidden.T @ hidden / len(X), rtol=1e-12)
    np.testing.assert_allclose(pydl.hvp(f, (W,), (t,)), np.tensordot(H, t, 2), rtol=1e-12)
    first = net[0].weight.numpy().copy()
    assert pydl.testing.gradcheck(lambda w: loss(net, {"0.weight": w}), first)


def test_parameters_in_lists_tuples_and_dicts_are_replaced():
    class Net(nn.Module):
        def __init__(self):
            self.ws = [nn.Parameter([1.0]), (nn.Parameter([2.0]), {"c": nn.Parameter([3.0])})]
            self.same = self.ws[0]

        def forward(self, x):
            return (self.ws[0] * x + self.ws[1][0] * x**2 + self.ws[1][1]["c"] * x**3 + self.same).sum()

    net = Net()
    slopes = pydl.grad(lambda p: nn.functional_call(net, p, 2.0))(net.state_dict())
    assert {name: g.tolist() for name, g in slopes.items()} == {"ws.0": [3], "ws.1.0": [4], "ws.1.1.c": [8]}


def test_the_module_is_left_as_it_was_also_after_an_error():
    net = network()
    places = [dict(m.__dict__) for _, m in net.named_modules()]
    nn.functional_call(net, {"0.bias": np.zeros(3)}, X)
    with pytest.raises(ValueError, match="linear"):
        nn.functional_call(net, {"0.weight": np.zeros((3, 5))}, X)
    for (_, m), before in zip(net.named_modules(), places, strict=True):
        assert m.__dict__.keys() == before.keys()
        assert all(m.__dict__[name] is value for name, value in before.items())


def test_what_a_forward_pass_notes_on_its_module_stays():
    class Counting(nn.Module):
        def __init__(self):
            self.w, self.calls, self.seen = nn.Parameter([1.0]), 0, []

        def forward(self, x):
            self.calls += 1
            self.seen.append(x)
            return self.w * x

    net = Counting()
    assert nn.functional_call(net, {"w": np.array([3.0])}, 2.0).tolist() == [6]
    assert (net.calls, net.seen) == (1, [2.0])


def test_an_unknown_name_teaches():
    with pytest.raises(ValueError, match=r"\['bias'\] are no parameters of Sequential: it has \['0.weight', '0.bias'"):
        nn.functional_call(network(), {"bias": np.zeros(1)}, X)
