"""Forward mode: nothing is kept, levels nest with everything, and what is refused. (Values: tests/test_func.py.)"""

import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import pydl
from pydl.autodiff.record import INTERCEPTORS, raw

X = np.array([0.3, 0.7])
ONE = np.ones(2)


def test_nothing_is_kept_and_nothing_recorded():
    """Of a chain only the last value lives: memory does not grow with depth, as it does when recorded."""
    alive = []

    def chain(x):
        for _ in range(50):
            x = pydl.sin(x)
            alive.append(weakref.ref(x))
            assert sum(ref() is not None for ref in alive) == 1
        return x

    pydl.jvp(chain, (X,), (ONE,))
    assert INTERCEPTORS == []


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_memory_with_depth(mode):
    x = np.ones(100_000)

    def peak(depth):
        def chain(x):
            for _ in range(depth):
                x = pydl.sin(x)
            return x

        tracemalloc.start()
        pydl.jvp(chain, (x,), (x,)) if mode == "forward" else pydl.vjp(chain, x)
        bytes_ = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return bytes_ / x.nbytes

    growth = peak(40) - peak(10)
    assert growth < 1 if mode == "forward" else 29 < growth < 31


def test_within_no_grad_only_the_tangent_is_computed():
    w = pydl.tensor(2.0, requires_grad=True)
    with pydl.no_grad():
        value, moved = pydl.jvp(lambda x: w * x * x, (np.float32(3.0),), (np.float32(1.0),))
    assert (value, moved) == (18, 12)
    assert not isinstance(value, pydl.Tensor)


def test_no_grad_and_detach_within_stop_the_tangent():
    def stopped(x):
        with pydl.no_grad():
            c = x * x
        return c * x + x.detach() * x

    assert pydl.jvp(stopped, (np.array(3.0),), (np.array(1.0),))[1] == 9 + 3
    assert pydl.grad(stopped)(np.array(3.0)) == 9 + 3


def test_a_tangent_over_parameters_can_be_differentiated():
    """∂/∂w of d/dx (w x³) = 3x²; and of its square at w = 2: 2·(6x²)·3x²."""
    w = pydl.tensor(np.array(2.0), requires_grad=True)
    x = np.array(0.5)
    moved = pydl.jvp(lambda x: w * x**3, (x,), (np.array(1.0),))[1]
    (moved * moved).backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * 6 * x**2 * 3 * x**2)


def test_a_penalty_on_the_slope_inside_and_outside():
    """grad over jvp over grad, with parameters at every level: ∂/∂w of x·∂²/∂x²(w x⁴) is 12x³, by each nesting."""
    x, w = np.array(0.5), pydl.tensor(np.array(2.0), requires_grad=True)
    nestings = [
        lambda f: lambda x: pydl.jvp(pydl.grad(f), (x,), (x,))[1],
        lambda f: lambda x: x * pydl.grad(pydl.grad(f))(x),
        lambda f: lambda x: x * pydl.grad(lambda z: pydl.jvp(f, (z,), (np.array(1.0),))[1])(x),
        lambda f: lambda x: pydl.jvp(lambda z: pydl.jvp(f, (z,), (x,))[1], (x,), (np.array(1.0),))[1],
    ]
    for nest in nestings:
        w.grad = None
        nest(lambda x: w * x**4)(x).backward()
        np.testing.assert_allclose(w.grad.numpy(), 12 * x**3)
        inside = pydl.grad(lambda v: nest(lambda x: v * x**4)(x))(np.array(2.0))  # noqa: B023
        np.testing.assert_allclose(inside, 12 * x**3)


def test_the_pull_of_vjp_is_itself_differentiable():
    """⟨Jᵀg, 1⟩ is linear in g: its derivative is J·1."""
    _, pull = pydl.vjp(lambda x: x**3, X)
    np.testing.assert_allclose(pydl.grad(lambda g: pull(g)[0].sum())(ONE), 3 * X**2)
    np.testing.assert_allclose(raw(pydl.jvp(lambda g: pull(g)[0], (ONE,), (X,))[1]), 3 * X**3)


def test_outer_values_inside_an_inner_gradient():
    """d/dx [∂/∂z (z² x) at z = 3, times x] = d/dx 6x² = 12x; the leaf of the inner level is a plain number."""

    def f(x):
        return pydl.grad(lambda z: z * z * x)(np.array(3.0)) * x

    assert pydl.jvp(f, (np.array(0.5),), (np.array(1.0),))[1] == 6
    assert pydl.grad(f)(np.array(0.5)) == 6


def test_integers_do_not_widen_within_a_pass():
    x, n = np.ones(2, "float32"), np.array([1, 2])
    for f in (lambda x: x * n, lambda x: pydl.grad(lambda z: (z * z * n).sum())(x)):
        value, moved = pydl.jvp(f, (x,), (x,))
        assert value.dtype == moved.dtype == np.float32


def test_changes_in_place_are_new_values():
    def f(x):
        y = x
        y += x  # within a pass, as in a recorded one: y = y + x
        y *= x
        return y

    np.testing.assert_allclose(pydl.jvp(f, (X,), (ONE,))[1], 4 * X)


def test_a_thread_that_differentiates_forward_leaves_others_alone():
    entered, done = threading.Event(), threading.Event()
    w = pydl.tensor(X, requires_grad=True)

    def slow(x):
        y = pydl.sin(x)
        entered.set()
        done.wait(10)
        return y * x

    found = []
    thread = threading.Thread(target=lambda: found.append(pydl.jvp(slow, (X,), (ONE,))[1]))
    thread.start()
    entered.wait(10)
    (w * w).sum().backward()  # while the other thread is in the middle of its pass
    done.set()
    thread.join()
    np.testing.assert_allclose(w.grad.numpy(), 2 * X)
    np.testing.assert_allclose(found[0], np.cos(X) * X + np.sin(X))


def test_an_error_ends_the_pass():
    with pytest.raises(ValueError, match="broadcast"):
        pydl.jvp(lambda x: x + np.ones(3), (X,), (ONE,))
    assert INTERCEPTORS == []
    assert pydl.is_grad_enabled()


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: (x * x).sum().backward(), pydl.GraphError, "pydl.grad"),
        (lambda x: x.__setitem__(0, 1.0), pydl.GraphError, "no_grad"),
        (lambda x: np.linalg.matrix_rank(x), TypeError, "no derivative"),
        (lambda x: np.asarray(x), TypeError, r"\.numpy\(\)"),
    ],
)
def test_what_would_lose_the_tangent_is_refused(f, error, message):
    with pytest.raises(error, match=message):
        pydl.jvp(f, (X,), (ONE,))


# ------------------------------------------------------------ hooks


def test_hooks_see_the_complete_gradient_and_may_replace_it():
    w = pydl.tensor(X, requires_grad=True)
    seen = []
    y = w * 2
    remove = y.register_hook(lambda g: seen.append(g.numpy().copy()))
    (y * y + y).sum().backward(retain_graph=True)  # two ways lead to y: the hook sees their sum
    np.testing.assert_allclose(seen, [2 * 2 * X + 1])
    remove()
    y.register_hook(lambda g: 0 * g)
    w.grad = None
    (y * y).sum().backward()
    assert len(seen) == 1
    np.testing.assert_array_equal(w.grad.numpy(), [0, 0])


def test_hooks_on_leaves_and_recorded_gradients():
    w = pydl.tensor(np.array(3.0), requires_grad=True)
    w.register_hook(lambda g: 2 * g)
    (w**3).backward(create_graph=True)
    np.testing.assert_allclose(w.grad.item(), 2 * 27)
    slope, w.grad = w.grad, None
    slope.backward()
    np.testing.assert_allclose(w.grad.item(), 2 * 2 * 18)  # the hook doubles each gradient that arrives


def test_retained_gradients_of_results():
    w = pydl.tensor(X, requires_grad=True)
    y = w * 2
    y.retain_grad()
    y.retain_grad()
    w.retain_grad()
    (y * y).sum().backward()
    np.testing.assert_allclose(y.grad.numpy(), 4 * X)
    watched = weakref.ref(y)
    del y
    assert watched() is None, "a kept gradient keeps no graph alive"


@pytest.mark.parametrize("ask", [lambda t: t.retain_grad(), lambda t: t.register_hook(print)])
def test_hooks_where_no_gradient_arrives(ask):
    with pytest.raises(pydl.GraphError, match="no gradient will arrive"):
        ask(pydl.tensor(X))
