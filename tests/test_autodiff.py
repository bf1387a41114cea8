"""The engine: memory and its freeing, order, threads, accumulation, and what it refuses."""

import gc
import threading
import weakref

import numpy as np
import pytest

import pydl
from pydl.autodiff import OPS, elementwise
from pydl.errors import GraphError
from tests.stress.depth import chain
from tests.stress.leaks import STEPS, growth
from tests.stress.threads import disagreements


@pytest.fixture
def w():
    return pydl.tensor(np.array([3.0, 4.0]), requires_grad=True)


@pytest.fixture
def without_gc():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# ------------------------------------------------------------ memory


def test_a_chain_of_20000_ops_goes_forward_backward_and_is_freed():
    assert chain(20_000) == 20_000


@pytest.mark.usefixtures("without_gc")
@pytest.mark.parametrize("create_graph", [False, True])
def test_dropping_the_loss_frees_the_graph_at_once(w, create_graph):
    hidden = pydl.tanh(w * 2)
    loss = (hidden * hidden).sum()
    watched = [weakref.ref(hidden), weakref.ref(loss)]
    loss.backward(create_graph=create_graph)
    w.grad = None
    del hidden, loss
    assert [ref() for ref in watched] == [None, None]


@pytest.mark.usefixtures("without_gc")
def test_backward_frees_the_graph_while_it_walks(w):
    hidden = w * 2
    watched = weakref.ref(hidden)
    loss = (hidden * hidden).sum()
    del hidden
    loss.backward()
    assert watched() is None
    assert loss.item() == 100


@pytest.mark.usefixtures("without_gc")
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_training_leaves_no_reference_cycle(step):
    run = step()
    run()
    gc.collect()
    for _ in range(20):
        run()
    assert gc.collect() == 0


@pytest.mark.parametrize("step", STEPS)
def test_training_does_not_leak(step):
    blocks, _ = growth(step, 1_000)
    assert blocks < 100


# ------------------------------------------------------------ threads


def test_eight_threads_agree_with_serial():
    assert disagreements(threads=8, gradients=100) == 0


def test_no_grad_is_per_thread(w):
    inside, done, seen = threading.Event(), threading.Event(), []

    def other():
        inside.wait()
        seen.append((w * 2).requires_grad)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with pydl.no_grad():
        inside.set()
        assert done.wait(10)
        assert not (w * 2).requires_grad
    thread.join()
    assert seen == [True]


def test_no_grad_nests_decorates_and_ends_on_errors(w):
    with pydl.no_grad():
        with pydl.enable_grad():
            assert (w * 2).requires_grad
        assert not pydl.is_grad_enabled()

    @pydl.no_grad()
    def doubled():
        return w * 2

    assert not doubled().requires_grad
    assert not doubled().requires_grad
    with pytest.raises(ZeroDivisionError), pydl.no_grad():
        raise ZeroDivisionError
    assert pydl.is_grad_enabled()


# ------------------------------------------------------------ what is computed


def test_shared_results_are_counted_as_often_as_they_are_used(w):
    y = w * w
    z = y + y * y + y
    z.sum().backward()
    x = w.numpy()
    np.testing.assert_allclose(w.grad.numpy(), 4 * x + 4 * x**3)


def test_a_diamond_is_walked_once_a_node(w):
    calls = []

    @elementwise(lambda y, x: calls.append(1) or 2 * x)
    def observed_square(x):
        return x * x

    try:
        y = observed_square(w)
        for _ in range(10):
            y = y + y
        y.sum().backward()
    finally:
        del OPS["observed_square"]
    assert len(calls) == 1
    np.testing.assert_allclose(w.grad.numpy(), 1024 * 2 * w.numpy())


def test_gradients_add_up_over_backward_calls_until_set_to_none(w):
    for n in (1, 2, 3):
        (w * w).sum().backward()
        np.testing.assert_array_equal(w.grad.numpy(), n * 2 * w.numpy())
    w.grad = None
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), 2 * w.numpy())


def test_retain_graph_allows_another_pass(w):
    loss = (pydl.exp(w) * w).sum()
    loss.backward(retain_graph=True)
    first = w.grad.numpy().copy()
    w.grad = None
    loss.backward()
    np.testing.assert_array_equal(w.grad.numpy(), first)


def test_a_leaf_may_be_the_output(w):
    w.backward(np.array([5.0, 6.0]))
    np.testing.assert_array_equal(w.grad.numpy(), [5, 6])
    one = pydl.tensor(2.0, requires_grad=True)
    one.backward()
    one.backward()
    assert one.grad.item() == 2


def test_leaves_that_are_not_used_get_no_gradient(w):
    other = pydl.tensor([1.0], requires_grad=True)
    (w * 2).sum().backward()
    assert other.grad is None


def test_a_non_scalar_goes_backward_with_a_gradient(w):
    (w * w).backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(w.grad.numpy(), [6, 80])


def test_each_leaf_owns_its_gradient():
    a, b = (pydl.tensor(np.ones(2), requires_grad=True) for _ in range(2))
    given = np.array([1.0, 2.0])
    (a + b).backward(given)
    a.grad[0] = 100
    given[...] = 7
    np.testing.assert_array_equal(a.grad.numpy(), [100, 2])
    np.testing.assert_array_equal(b.grad.numpy(), [1, 2])


def test_operands_of_two_dtypes_get_gradients_of_their_own():
    narrow = pydl.tensor(np.ones((2, 3), "float32"), requires_grad=True)
    wide = pydl.tensor(np.ones((2, 3)), requires_grad=True)
    for y in (
        narrow * wide,
        pydl.concatenate([narrow, wide]),
        pydl.linear(narrow, wide),
        pydl.mse_loss(narrow, wide),
        pydl.where(wide > 0, narrow, wide),
    ):
        narrow.grad = wide.grad = None
        y.sum().backward()
        assert narrow.grad.dtype == "float32"
        assert wide.grad is None or wide.grad.dtype == "float64"


def test_create_graph_gives_gradients_of_gradients(w):
    (w**3).sum().backward(create_graph=True)
    slope = w.grad
    w.grad = None
    slope.sum().backward(create_graph=True)
    curvature = w.grad
    w.grad = None
    curvature.sum().backward()
    np.testing.assert_allclose(slope.numpy(), 3 * w.numpy() ** 2)
    np.testing.assert_allclose(curvature.numpy(), 6 * w.numpy())
    np.testing.assert_allclose(w.grad.numpy(), [6, 6])


# ------------------------------------------------------------ buffers: an optimizer's ∇J


def buffered(array, order="C"):
    """Return a leaf whose gradient shall go into a buffer, full of garbage."""
    leaf = pydl.tensor(array, requires_grad=True)
    leaf.buffer = np.full(array.shape, np.nan, array.dtype, order=order)
    return leaf


LOSSES = {
    "once": lambda x, w, b: pydl.linear(x, w, b).sum(),
    "shared by two layers": lambda x, w, b: pydl.linear(pydl.linear(x, w, b, "tanh"), w, b).sum(),
    "shared by three layers": lambda x, w, b: pydl.linear(pydl.linear(pydl.linear(x, w, b), w, b), w).sum(),
    "as input and weight": lambda x, w, b: pydl.linear(w, w, b).sum(),
    "first otherwise": lambda x, w, b: pydl.linear(x, w * 2, b).sum() + (w * w).sum() + b.sum(),
    "last otherwise": lambda x, w, b: (pydl.linear(x, w, b) * w).sum(),
    "batches": lambda x, w, b: (pydl.linear(x.reshape(1, 3, 3), w, b) ** 2).sum(),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradients_go_into_buffers(loss, order, dtype):
    draw = np.random.default_rng(0)
    x, weight, bias = (draw.standard_normal(s).astype(d) for s, d in [((3, 3), dtype), ((3, 3), "f8"), (3, "f8")])
    plain = [pydl.tensor(a, requires_grad=True) for a in (weight, bias)]
    held = [buffered(a, order) for a in (weight, bias)]
    for times in (1, 2):  # the second pass adds
        for leaves in (plain, held):
            loss(x, *leaves).backward()
        for a, b in zip(plain, held, strict=True):
            assert b.gradient is b.buffer, times
            np.testing.assert_allclose(b.buffer, a.grad.numpy(), rtol=1e-12)
    for leaf in held:
        leaf.grad = None
    loss(x, *held).backward(create_graph=True)  # a recorded gradient is a tensor of its own
    for a, b in zip(plain, held, strict=True):
        np.testing.assert_allclose(2 * b.grad.numpy(), a.grad.numpy(), rtol=1e-12)


def test_freezing_and_thawing_keeps_the_buffer():
    leaf = buffered(np.ones(2))
    leaf.requires_grad_(False).requires_grad_(True)
    (leaf * 3).sum().backward()
    np.testing.assert_array_equal(leaf.buffer, [3, 3])


# ------------------------------------------------------------ changes in place


CHANGES = {
    "copy_": lambda w: w.copy_([0.0, 0.0]),
    "setitem": lambda w: w.__setitem__(0, 7.0),
    "+=": lambda w: w.__iadd__(1.0),
    "*=": lambda w: w.__imul__(2.0),
}


@pytest.mark.parametrize("in_buffer", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_between_forward_and_backward_is_an_error(w, change, in_buffer):
    if in_buffer:
        w = buffered(w.numpy().copy())
    for expression in (w * w, pydl.exp(w[:1]), w.reshape(1, 2) @ w, pydl.linear(w.reshape(1, 2), w.reshape(1, 2))):
        loss = expression.sum()
        with pydl.no_grad():
            change(w)
        with pytest.raises(GraphError, match="changed in place"):
            loss.backward()
        (w * w).sum().backward()  # and the next pass is fine


def test_a_change_of_a_constant_is_an_error_too(w):
    factor = pydl.tensor(np.array([1.0, 2.0]))
    loss = (w * factor).sum()
    factor[0] = 5
    with pytest.raises(GraphError, match="changed in place"):
        loss.backward()


def test_an_index_is_remembered_as_it_was(w):
    rows = pydl.tensor(np.array([0, 1]))
    loss = w[rows].sum()
    rows.copy_(np.array([1, 1]))
    loss.backward()
    np.testing.assert_array_equal(w.grad.numpy(), [1, 1])


def test_what_was_detached_keeps_its_values(w):
    w = buffered(w.numpy().copy())
    x = pydl.tensor(np.ones(2), requires_grad=True)
    loss = (w.detach() * x).sum()
    with pydl.no_grad():
        w.copy_([0.0, 0.0])
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 4])


def test_backward_twice_is_an_error(w):
    loss = pydl.exp(w).sum()
    loss.backward()
    with pytest.raises(GraphError, match=r"(?s)sum.*freed.*retain_graph=True"):
        loss.backward()


def test_backward_through_a_freed_part_is_an_error(w):
    shared = pydl.exp(w)
    shared.sum().backward()
    with pytest.raises(GraphError, match="exp.*freed"):  # noqa: RUF043
        (shared * 2).sum().backward()


def test_two_ops_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two ops are named 'exp'"):

        @elementwise(1)
        def exp(x):
            return x
