"""Hooks of modules: what comes before a forward pass, and that those of one module are its own."""

import copy

import numpy as np
import pytest

from pydl import nn

X = np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2)


def test_a_pre_hook_sees_the_inputs_and_may_replace_them():
    layer, seen = nn.Linear(2, 1), []
    plain = layer(X).numpy()
    remove = layer.register_forward_pre_hook(lambda module, inputs: seen.append((module, inputs)))
    np.testing.assert_array_equal(layer(X).numpy(), plain)
    ((module, (x,)),) = seen
    assert module is layer
    assert x is X, "a hook that returns None leaves the inputs alone"
    remove_one = layer.register_forward_pre_hook(lambda module, inputs: 2 * inputs[0])
    remove_all = layer.register_forward_pre_hook(lambda module, inputs: (inputs[0] + 1,))
    np.testing.assert_array_equal(layer(X).numpy(), layer.forward(2 * X + 1).numpy())
    assert len(seen) == 2
    for end in (remove, remove_one, remove_all):
        end()
    np.testing.assert_array_equal(layer(X).numpy(), plain)
    assert len(seen) == 2


def test_pre_hooks_come_before_the_forward_pass_and_forward_hooks_see_what_they_made():
    order, layer = [], nn.ReLU()
    layer.register_forward_hook(lambda module, inputs, output: order.append(("after", inputs[0], output)))
    layer.register_forward_pre_hook(lambda module, inputs: order.append("before") or -inputs[0])
    y = layer(X)
    assert [order[0], order[1][0]] == ["before", "after"]
    np.testing.assert_array_equal(order[1][1], -X)
    assert order[1][2] is y
    np.testing.assert_array_equal(y, np.maximum(-X, 0))


@pytest.mark.parametrize("kind", ["register_forward_hook", "register_forward_pre_hook"])
def test_hooks_belong_to_one_module(kind):
    first, second = nn.Linear(2, 1), nn.Linear(2, 1)
    calls = []
    remove = getattr(first, kind)(lambda *args: calls.append(len(args)))
    second(X)
    assert calls == []
    twin = copy.deepcopy(first)
    first(X)
    remove()
    first(X)
    assert len(calls) == 1
    twin(X)
    assert len(calls) == 2, "a copy has the hooks of its original, and keeps them"


def test_the_gradient_of_a_layers_output_through_a_forward_hook():
    """Module hooks and tensor hooks together are PyTorch's full backward hook."""
    net, seen = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), {}

    def watch(module, inputs, output):
        output.register_hook(lambda g: seen.setdefault(module, g.numpy().copy()))

    for module in net:
        module.register_forward_hook(watch)
    net(X).sum().backward()
    np.testing.assert_array_equal(seen[net[2]], np.ones((3, 1), "float32"))
    np.testing.assert_array_equal(seen[net[1]], np.tile(net[2].weight.numpy(), (3, 1)))
    np.testing.assert_allclose(seen[net[0]].T @ X, net[0].weight.grad.numpy(), rtol=1e-5)
