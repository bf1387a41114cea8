"""Module: what it finds among its attributes, its modes, hooks, state, text, and copies of it."""

import copy
import gc
import weakref

import numpy as np
import pytest

import pydl
from pydl import nn, optim
from pydl.backend import default_device
from tests.strict import install

install()


class Branched(nn.Module):
    """Parameters in attributes, lists, tuples and dicts; one module in two places; a buffer."""

    def __init__(self):
        self.scale = nn.Parameter([2.0])
        self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]
        self.heads = {"a": nn.Linear(2, 1), "b": [nn.Parameter([1.0]), nn.Parameter([2.0])]}
        self.again = self.layers[0]
        self.pair = (nn.Parameter([3.0]), "a note", 7)
        self.mean = nn.Buffer([0.5])
        self._private = nn.Parameter([9.0])
        self.shift = self.scale
        self.last = nn.Parameter([4.0])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.again(x) * self.scale + self.heads["a"](x) + self.shift + sum(self.heads["b"]) - self.mean


NAMES = [
    "scale",
    "heads.b.0",
    "heads.b.1",
    "pair.0",
    "last",
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.weight",
    "layers.1.bias",
    "heads.a.weight",
    "heads.a.bias",
]


def mlp():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


# ------------------------------------------------------------ walking


def test_parameters_are_found_in_order_of_assignment_each_once():
    net = Branched()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [id(p) for p in net.parameters()] == [id(p) for _, p in net.named_parameters()]
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in net.parameters())
    assert [name for name, _ in net.named_buffers()] == ["mean"]


def test_modules_are_found_depth_first_each_once():
    net = Branched()
    assert [name for name, _ in net.named_modules()] == ["", "layers.0", "layers.1", "heads.a"]
    assert [name for name, _ in net.named_children()] == ["layers.0", "layers.1", "heads.a", "again"]
    assert [name for name, _ in mlp().named_modules("net")] == ["net", "net.0", "net.1", "net.2"]


def test_a_module_that_knows_its_parent_is_walked_once():
    class Child(nn.Module):
        def __init__(self, parent):
            self.parent = parent
            self.w = nn.Parameter([1.0])

    parent = nn.Sequential(nn.Linear(1, 1))
    parent.child = Child(parent)
    assert [name for name, _ in parent.named_parameters()] == ["0.weight", "0.bias", "child.w"]


def test_a_subclass_needs_no_call_of_super():
    class Plain(nn.Module):
        def __init__(self):
            self.w = nn.Parameter([2.0])

        def forward(self, x, *, twice=False):
            return self.w * x * (2 if twice else 1)

    assert Plain()(3.0).item() == 6
    assert Plain()(3.0, twice=True).item() == 12
    assert Plain().training


def test_forward_is_missing():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty needs a forward method: def forward"):
        Empty()(1)


def test_apply_calls_each_module_once_and_returns_the_module():
    net, seen = Branched(), []
    assert net.apply(seen.append) is net
    assert seen == [net, net.layers[0], net.layers[1], net.heads["a"]]


def test_parameter_from_integers_teaches():
    with pytest.raises(TypeError, match=r"convert first, e\.g\. x\.astype"):
        nn.Parameter([1, 2])


# ------------------------------------------------------------ modes, gradients, hooks


def test_modes_reach_all_modules_inside():
    net = Branched()
    assert net.eval() is net
    assert [m.training for _, m in net.named_modules()] == [False] * 4
    assert net.train() is net
    assert [m.training for _, m in net.named_modules()] == [True] * 4
    assert nn.Linear(1, 1).training, "another module is not affected"


def test_zero_grad_forgets_all():
    net = mlp()
    net(np.ones((1, 3), "float32")).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_shared_parameters_gather_one_gradient():
    net = nn.Sequential(layer := nn.Linear(2, 2, bias=False), layer)
    x = np.ones((1, 2), "float32")
    net(x).sum().backward()
    W, one = layer.weight.numpy(), np.ones((2, 1), "float32")
    expected = one @ (W @ x.T).T + (W.T @ one) @ x
    np.testing.assert_allclose(layer.weight.grad.numpy(), expected, rtol=1e-6)


def test_hooks_see_inputs_and_output_and_may_replace_it():
    layer, seen = nn.Linear(2, 1), []
    x = np.ones((3, 2), "float32")
    plain = layer(x)
    remove = layer.register_forward_hook(lambda module, inputs, output: seen.append((module, inputs, output)))
    y = layer(x)
    assert seen[0][0] is layer
    assert seen[0][1][0] is x
    assert seen[0][2] is y, "a hook that returns None leaves the output alone"
    remove_double = layer.register_forward_hook(lambda module, inputs, output: 2 * output)
    np.testing.assert_array_equal(layer(x).numpy(), 2 * plain.numpy())
    remove()
    remove_double()
    np.testing.assert_array_equal(layer(x).numpy(), plain.numpy())
    assert len(seen) == 2
    assert nn.Linear(2, 1)._hooks == [], "hooks belong to one module"


# ------------------------------------------------------------ devices


def test_to_moves_parameters_and_buffers_and_back():
    net = Branched()
    before, x = net.state_dict(), np.ones((3, 2), "float32")
    here = net(x).numpy()
    assert net.to("strict") is net
    assert {t.device for t in [*net.parameters(), net.mean]} == {"strict"}
    moved = net(pydl.Tensor(x).to("strict"))
    np.testing.assert_allclose(moved.numpy(), here, rtol=1e-6)
    net.to("cpu")
    assert {t.device for t in [*net.parameters(), net.mean]} == {"cpu"}
    assert all(np.array_equal(a, b) for a, b in zip(before.values(), net.state_dict().values(), strict=True))


def test_to_keeps_the_device_and_the_gradients_where_there_is_nothing_to_move():
    net = mlp()
    optim.SGD(net.parameters(), lr=0.1)
    net(np.ones((1, 3), "float32")).sum().backward()
    net.to(default_device())
    assert all(p.gradient is p.buffer for p in net.parameters())


def test_to_refuses_parameters_of_an_optimizer_and_moves_nothing():
    net = mlp()
    optim.SGD(net[2].parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"2\.weight belongs to an optimizer.*\.to\('strict'\) before"):
        net.to("strict")
    assert {p.device for p in net.parameters()} == {"cpu"}
    with pytest.raises(ValueError, match="unknown device 'gpu'"):
        mlp().to("gpu")


# ------------------------------------------------------------ state


def test_state_round_trip_is_exact():
    net, other = Branched(), Branched()
    state = net.state_dict()
    assert list(state) == [*NAMES, "mean"]
    assert all(type(a) is np.ndarray and a.flags.c_contiguous for a in state.values())
    other.load_state_dict(state)
    for name, value in other.state_dict().items():
        np.testing.assert_array_equal(value, state[name])
    assert other.layers[0].weight.data.flags.f_contiguous, "the memory order stays the layer's"


def test_state_is_a_copy():
    net = mlp()
    state = net.state_dict()
    state["0.bias"][:] = 7
    assert not (net[0].bias.numpy() == 7).any()
    net.load_state_dict(state)
    state["0.bias"][:] = 8
    assert (net[0].bias.numpy() == 7).all()


def test_state_may_hold_tensors_lists_and_other_floats():
    net = nn.Linear(2, 1)
    net.load_state_dict({"weight": pydl.tensor([[1.0, 2.0]], requires_grad=True), "bias": [3.0]})
    assert net.weight.tolist() == [[1, 2]]
    net.load_state_dict({"weight": np.array([[4.0, 5.0]]), "bias": net.bias})
    assert net.weight.tolist() == [[4, 5]]
    assert net.weight.dtype == np.float32


def test_all_mismatches_are_listed_and_nothing_changes():
    net, state = mlp(), mlp().state_dict()
    before = net.state_dict()
    state["0.weight"], state["2.bias"] = state["0.weight"].T, np.zeros(5, "float32")
    del state["0.bias"]
    state["extra"] = np.zeros(1)
    with pytest.raises(ValueError, match="nothing was loaded") as caught:
        net.load_state_dict(state)
    said = str(caught.value)
    for part in (
        "this Sequential",
        "missing: 0.bias",
        "unexpected: extra",
        "0.weight: saved shape (3, 4), here (4, 3)",
        "2.bias: saved shape (5,), here (2,)",
    ):
        assert part in said
    state = before | {"2.bias": np.array(["a", "b"])}
    with pytest.raises((ValueError, TypeError)):
        net.load_state_dict(state)
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_loading_within_an_optimizer_stays_within_theta():
    net, state = mlp(), mlp().state_dict()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    net.load_state_dict(state)
    assert all(np.shares_memory(p.data, optimizer.groups[0].theta) for p in net.parameters())
    np.testing.assert_array_equal(net[0].weight.numpy(), state["0.weight"])


# ------------------------------------------------------------ text


def test_repr_shows_the_tree():
    class Net(nn.Module):
        def __init__(self):
            self.body = nn.Sequential(nn.Linear(2, 3, bias=False), nn.LeakyReLU(0.2))
            self.heads = [nn.Linear(3, 1, activation="tanh"), nn.ELU()]

    assert repr(Net()) == (
        "Net(\n"
        "  (body): Sequential(\n"
        "    (0): Linear(2, 3, bias=False)\n"
        "    (1): LeakyReLU(0.2)\n"
        "  )\n"
        "  (heads.0): Linear(3, 1, activation='tanh')\n"
        "  (heads.1): ELU(1.0)\n"
        ")"
    )
    assert repr(nn.Parameter([1.0])) == "Parameter(tensor([1.], requires_grad=True))"


# ------------------------------------------------------------ containers


def test_sequential_is_a_sequence_that_composes():
    first, second = nn.Linear(2, 3), nn.ReLU()
    net = nn.Sequential(first, second)
    x = np.linspace(-1, 1, 8, dtype="float32").reshape(4, 2)
    assert (len(net), net[0], net[-1], list(net)) == (2, first, second, [first, second])
    np.testing.assert_array_equal(net(x).numpy(), np.maximum(first(x).numpy(), 0))
    assert nn.Sequential()(x) is x
    with pytest.raises(TypeError, match="Sequential takes modules; argument 1 is int 3"):
        nn.Sequential(first, 3)


# ------------------------------------------------------------ copies


@pytest.mark.parametrize("held", [False, True], ids=["free", "in an optimizer"])
def test_deepcopy_is_independent_and_keeps_sharing_and_memory_order(held):
    net = Branched()
    if held:
        optim.SGD(net.parameters(), lr=0.1)
    twin = copy.deepcopy(net)
    assert [name for name, _ in twin.named_parameters()] == NAMES
    assert twin.again is twin.layers[0]
    assert twin.shift is twin.scale
    for a, b in zip(net.parameters(), twin.parameters(), strict=True):
        assert type(b) is nn.Parameter
        assert b.requires_grad
        assert b.buffer is None
        assert not np.shares_memory(a.data, b.data)
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        assert a.data.flags.f_contiguous == b.data.flags.f_contiguous
    before, x = net.state_dict(), np.ones((2, 2), "float32")
    optimizer = optim.SGD(twin.parameters(), lr=1.0)
    twin(x).sum().backward()
    optimizer.step()
    assert all(net.state_dict()[name].tobytes() == before[name].tobytes() for name in before)
    assert any(twin.state_dict()[name].tobytes() != before[name].tobytes() for name in before)


def test_a_dropped_network_is_freed_at_once():
    net = mlp()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    gc.disable()
    try:
        net(np.ones((1, 3), "float32")).sum().backward()
        optimizer.step()
        left = weakref.ref(net[0].weight)
        del net, optimizer
        assert left() is None
    finally:
        gc.enable()
