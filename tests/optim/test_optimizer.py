"""The base of all optimizers: one θ, one ∇J, groups, state, and who may write where."""

import copy

import numpy as np
import pytest
from numpy.lib.array_utils import byte_bounds

import pydl
from pydl import nn, optim
from pydl.optim.kernel import BLOCK
from tests.strict import install

install()
X = np.random.default_rng(0).standard_normal((8, 3)).astype("float32")
T = np.array([0, 1, 1, 0, 1, 0, 0, 1])


def network(seed=0):
    pydl.seed(seed)
    return nn.Sequential(nn.Linear(3, 5, activation="tanh"), nn.Linear(5, 2))


def loss(net):
    return pydl.cross_entropy(net(X), T)


def step(net, optimizer):
    optimizer.zero_grad()
    loss(net).backward()
    optimizer.step()


def bits(net):
    return b"".join(a.tobytes() for a in net.state_dict().values())


# ------------------------------------------------------------ θ and ∇J


def test_parameters_are_views_of_theta_in_module_order():
    net = network()
    before = bits(net)
    (group,) = optim.SGD(net.parameters(), lr=0.1).groups
    assert bits(net) == before
    start = 0
    for p, stops in zip(net.parameters(), group.bounds, strict=True):
        assert stops == (start, start + p.size)
        for array, flat in ((p.data, group.theta), (p.buffer, group.grad)):
            assert byte_bounds(array) == byte_bounds(flat[start : stops[1]])
        start += p.size
    assert start == group.theta.size == 3 * 5 + 5 + 5 * 2 + 2
    assert group.theta.flags.c_contiguous
    assert net[0].weight.data.T.flags.c_contiguous, "a weight keeps its memory order within θ"
    group.theta[:] = 7
    assert all((p.numpy() == 7).all() for p in net.parameters())


def test_gradients_land_in_the_flat_gradient_without_copies():
    net = network()
    (group,) = optim.SGD(net.parameters(), lr=0.1).groups
    for _ in range(2):  # the second pass adds in place
        loss(net).backward()
        for p, buffer in zip(net.parameters(), group.buffers, strict=True):
            assert p.gradient is p.buffer is buffer
            assert p.grad.data is buffer
    twin = network()
    loss(twin).backward()
    np.testing.assert_allclose(
        np.concatenate([p.grad.numpy().T.ravel() if p.ndim == 2 else p.grad.numpy() for p in twin.parameters()]) * 2,
        group.grad,
        rtol=1e-6,
    )


def test_gradients_of_parameters_in_any_memory_order_and_of_many_uses():
    rng = np.random.default_rng(1)
    plain, transposed = rng.standard_normal((3, 4)), rng.standard_normal((3, 4)).T.copy().T
    cube, x = rng.standard_normal((2, 3, 2)).transpose(2, 0, 1), rng.standard_normal((5, 4))
    free = [nn.Parameter(a.copy(order="K")) for a in (plain, transposed, cube)]
    held = [nn.Parameter(a.copy(order="K")) for a in (plain, transposed, cube)]
    optim.SGD(held, lr=0.1)
    for a, b, c in (free, held):
        layers = pydl.linear(x, a) * pydl.linear(x, b) + (x @ a.T) * (a * b).sum()
        (layers.sum() + (c * c).sum() * c[0].sum()).backward()
    for p, q in zip(free, held, strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
        np.testing.assert_allclose(q.grad.numpy(), p.grad.numpy(), rtol=1e-12)


def test_a_gradient_set_by_hand_or_recorded_is_used():
    w, v = nn.Parameter([1.0, 2.0]), nn.Parameter([3.0])
    optimizer = optim.SGD([w, v], lr=1.0)
    w.grad = np.array([0.25, 0.5])
    ((v * v) / 2).sum().backward(create_graph=True)
    optimizer.step()
    assert (w.tolist(), v.tolist()) == ([0.75, 1.5], [0.0])
    w.grad[...] = 1.0
    w.grad *= 2
    optimizer.step()
    assert w.tolist() == [-1.25, -0.5], "x.grad[...] writes into ∇J"


def test_many_entries_are_updated_as_one_piece_would_be():
    n = 2 * BLOCK + 17
    start = np.random.default_rng(2).standard_normal(n)
    parts = [nn.Parameter(start[:-5].copy()), nn.Parameter(start[-5:].copy())]
    options = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}
    optimizer = optim.SGD(parts, **options)
    whole, velocity = start.copy(), np.zeros(n)
    for t in range(3):
        optimizer.zero_grad()
        ((parts[0] ** 2).sum() + (parts[1] ** 2).sum()).backward()
        gradient = optimizer.groups[0].grad.copy()
        optimizer.step()
        numbers = *optimizer.numbers(t + 1, optimizer.groups[0].options), 0.01
        optimizer.groups[0].kernel.on_arrays(whole, gradient, velocity, *numbers)  # one block: all of θ
        assert whole.tobytes() == optimizer.groups[0].theta.tobytes()
    assert velocity.tobytes() == optimizer.groups[0].state["momentum_buffer"].tobytes()


def test_a_parameter_without_a_gradient_stays_as_it_is_and_so_do_its_graphs():
    w, frozen = nn.Parameter([1.0]), nn.Parameter([2.0])
    optimizer = optim.SGD([w, frozen], lr=0.5, momentum=0.9, weight_decay=0.1)
    earlier = (frozen * frozen).sum()
    (w * 1.0).sum().backward()
    optimizer.step()
    assert frozen.tolist() == [2.0]
    assert w.tolist() != [1.0]
    assert optimizer.groups[0].steps == [1, 0]
    earlier.backward()
    assert frozen.grad.tolist() == [4.0]


# ------------------------------------------------------------ changes in place


def test_values_written_between_steps_count():
    w = nn.Parameter([1.0, 2.0])
    optimizer = optim.SGD([w], lr=0.5)

    def halve():
        optimizer.zero_grad()
        (w * w / 2).sum().backward()
        optimizer.step()

    with pydl.no_grad():
        w[0] = 8.0
    halve()
    assert w.tolist() == [4.0, 1.0]
    w.copy_([16.0, 32.0])
    halve()
    assert w.tolist() == [8.0, 16.0]
    with pydl.no_grad():
        w -= 4.0
    halve()
    assert w.tolist() == [2.0, 6.0]
    assert np.shares_memory(w.data, optimizer.groups[0].theta)


@pytest.mark.parametrize("change", ["step", "copy_", "setitem"])
def test_a_change_between_forward_and_backward_is_an_error(change):
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    step(net, optimizer)
    j = loss(net)
    if change == "step":
        optimizer.step()
    elif change == "copy_":
        net[1].weight.copy_(0.0)
    else:
        with pydl.no_grad():
            net[1].weight[0, 0] = 0.0
    with pytest.raises(pydl.GraphError, match="changed in place after it was recorded"):
        j.backward()


# ------------------------------------------------------------ what is refused


def test_a_second_optimizer_takes_over_and_the_first_says_so():
    net = network()
    first, second = optim.SGD(net.parameters(), lr=0.1), optim.SGD(net.parameters(), lr=0.1)
    before = bits(net)
    loss(net).backward()
    with pytest.raises(pydl.GraphError, match="handed to another one: keep one optimizer"):
        first.step()
    assert bits(net) == before
    second.step()
    assert bits(net) != before
    part = optim.SGD(net[1].parameters(), lr=0.1)
    loss(net).backward()
    with pytest.raises(pydl.GraphError, match="handed to another one"):
        second.step()
    part.step()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (lambda w: [], r"SGD got no parameters: pass module\.parameters\(\)"),
        (lambda w: [w, w], r"a parameter of shape \(2,\) was given twice"),
        (lambda w: [{"params": [w]}, {"params": [w]}], "given twice"),
        (lambda w: [w, nn.Parameter(np.ones(1))], "must share dtype and device, not .*float32.*float64.*groups"),
        (lambda w: [w, nn.Parameter(pydl.tensor([1.0]).to("strict"))], "must share dtype and device.*'strict'"),
        (lambda w: [w * 2], "trains leaves that require gradients"),
        (lambda w: [pydl.tensor([1.0])], "trains leaves that require gradients"),
        (lambda w: w, "trains leaves that require gradients"),
        (lambda w: [np.ones(2)], "trains leaves that require gradients"),
        (lambda w: nn.Sequential(nn.Linear(1, 1)), "trains leaves that require gradients"),
        (lambda w: [{"params": [w], "rate": 1}], r"has no options \['rate'\]: it has .*'lr'"),
        (lambda w: [{"params": []}], "a group without parameters"),
        (lambda w: [{"lr": 0.1}], "a group without parameters"),
        (lambda w: [{"params": [w]}, w], "parameters, or groups .dicts. of them, not some of each"),
        (lambda w: [{"params": [w]}, {"params": [w * 2]}], "trains leaves"),
    ],
)
def test_what_cannot_be_trained_teaches_and_leaves_the_parameters_alone(parameters, message):
    w = nn.Parameter([1.0, 2.0])
    with pytest.raises(ValueError, match=message):
        optim.SGD(parameters(w), lr=0.1)
    assert w.buffer is None


def test_parameters_may_come_from_generators_and_dtypes_may_differ_between_groups():
    net, other = network(), nn.Parameter(np.ones(2))
    optimizer = optim.SGD([{"params": (p for p in net.parameters())}, {"params": iter([other])}], lr=0.1)
    assert [g.theta.dtype for g in optimizer.groups] == [np.float32, np.float64]
    assert len(optimizer.groups[0].parameters) == 4
    assert repr(optimizer).startswith("SGD(32 + 2 weights, lr=0.1, weight_decay=0.0")


def test_the_base_needs_a_formula():
    w = nn.Parameter([1.0])
    with pytest.raises(NotImplementedError, match=r"Optimizer states no formula: see pydl.optim.Optimizer for"):
        optim.Optimizer([w], lr=0.1)


# ------------------------------------------------------------ state


def resumable(seed=0):
    net = network(seed)
    groups = [
        {"params": net[0].parameters(), "weight_decay": 0.01, "dampening": 0.2},
        {"params": net[1].parameters(), "lr": lambda t: 0.5 / (1 + t), "nesterov": True},
    ]
    return net, optim.SGD(groups, lr=0.3, momentum=0.9)


def test_resuming_at_any_of_50_steps_gives_the_same_bits():
    net, optimizer = resumable()
    saved, trajectory = [], []
    for t in range(50):
        saved.append((net.state_dict(), copy.deepcopy(optimizer.state_dict())))
        if t % 7 == 3:  # steps in which the second layer has no gradient
            optimizer.zero_grad()
            (net[0](X) ** 2).sum().backward()
            optimizer.step()
        else:
            step(net, optimizer)
        trajectory.append(bits(net))
    assert len(set(trajectory)) == 50
    for t, (weights, state) in enumerate(saved):
        other, resumed = resumable(seed=1)
        step(other, resumed)  # whatever it was before does not matter
        other.load_state_dict(weights)
        resumed.load_state_dict(state)
        for later in range(t, min(t + 10, 50)):
            if later % 7 == 3:
                resumed.zero_grad()
                (other[0](X) ** 2).sum().backward()
                resumed.step()
            else:
                step(other, resumed)
            assert bits(other) == trajectory[later], f"stopped before step {t}, differs after step {later}"
        assert resumed.step_count == min(t + 10, 50)


def test_state_is_a_copy_of_plain_arrays():
    net, optimizer = resumable()
    step(net, optimizer)
    state = optimizer.state_dict()
    assert state["step_count"] == 1
    assert [g["steps"] for g in state["groups"]] == [[1, 1], [1, 1]]
    assert all(type(g["state"]["momentum_buffer"]) is np.ndarray for g in state["groups"])
    held = optimizer.groups[0].state["momentum_buffer"].copy()
    state["groups"][0]["state"]["momentum_buffer"][:] = 7
    np.testing.assert_array_equal(optimizer.groups[0].state["momentum_buffer"], held)


def test_state_crosses_devices():
    net, optimizer = resumable()
    step(net, optimizer)
    other = network().to("strict")
    there = optim.SGD([{"params": other[0].parameters()}, {"params": other[1].parameters()}], lr=0.3, momentum=0.9)
    there.load_state_dict(optimizer.state_dict())
    again = there.state_dict()
    for a, b in zip(optimizer.state_dict()["groups"], again["groups"], strict=True):
        np.testing.assert_array_equal(a["state"]["momentum_buffer"], b["state"]["momentum_buffer"])


def test_a_state_that_does_not_fit_changes_nothing():
    net, optimizer = resumable()
    step(net, optimizer)
    before = copy.deepcopy(optimizer.state_dict())
    fewer = optim.SGD(network().parameters(), lr=0.1).state_dict()
    smaller = copy.deepcopy(before)
    smaller["groups"][1]["state"]["momentum_buffer"] = np.zeros(3)
    other = copy.deepcopy(before)
    other["groups"][0]["steps"] = [1]
    for wrong in (fewer, smaller, other):
        with pytest.raises(ValueError, match="the state does not fit this SGD"):
            optimizer.load_state_dict(wrong)
    with pytest.raises(ValueError, match="expected an optimizer's state with 'step_count' and 'groups', got"):
        optimizer.load_state_dict(net.state_dict())
    now = optimizer.state_dict()
    assert now["step_count"] == before["step_count"]
    for a, b in zip(before["groups"], now["groups"], strict=True):
        assert a["steps"] == b["steps"]
        np.testing.assert_array_equal(a["state"]["momentum_buffer"], b["state"]["momentum_buffer"])


# ------------------------------------------------------------ devices


def test_a_model_trains_over_the_strict_kind_as_over_numpy():
    here, there = network(), network().to("strict")
    x = pydl.Tensor(X).to("strict")
    t = pydl.Tensor(T).to("strict")
    pair = optim.SGD(here.parameters(), lr=0.1, momentum=0.9), optim.SGD(there.parameters(), lr=0.1, momentum=0.9)
    for _ in range(20):
        step(here, pair[0])
        pair[1].zero_grad()
        pydl.cross_entropy(there(x), t).backward()
        assert all(p.gradient is p.buffer for p in there.parameters())
        pair[1].step()
    assert {p.device for p in there.parameters()} == {"strict"}
    for name, value in here.state_dict().items():
        np.testing.assert_allclose(there.state_dict()[name], value, rtol=1e-5, atol=1e-6)
