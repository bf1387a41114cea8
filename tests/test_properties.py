"""Properties that hold for any shapes, axes and indices, searched by Hypothesis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pydl
from tests.stress.bad_input import attempt, cases

settings.register_profile("short", max_examples=60, deadline=None, database=None, derandomize=True)
settings.load_profile("short")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
FULL = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
BROADCASTABLE = hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)


def values(shape, seed=0):
    """Return random numbers; drawn by NumPy, for Hypothesis would spend its search on them."""
    return np.asarray(np.random.default_rng(seed).standard_normal(shape))


def assert_adjoint(f, x):
    """⟨g, J·t⟩ = ⟨Jᵀg, t⟩, and J·t is the central difference."""
    t = values(x.shape, 1)
    y, moved = pydl.jvp(f, (x,), (t,))
    g = values(y.shape, 2)
    (pulled,) = pydl.vjp(f, x)[1](g)
    assert pulled.shape == x.shape
    np.testing.assert_allclose(np.sum(pulled * t), np.sum(g * moved), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(moved, pydl.testing.numerical_jvp(f, [x], [t]), rtol=1e-5, atol=1e-6)


@given(BROADCASTABLE, st.sampled_from([pydl.add, pydl.subtract, pydl.multiply, pydl.maximum, pydl.logaddexp]))
def test_broadcasting(shapes, op):
    a, b = (values(s, i) for i, s in enumerate(shapes.input_shapes))
    assert op(a, b).shape == shapes.result_shape
    assert_adjoint(lambda x: op(x, b), a)
    assert_adjoint(lambda x: op(a, x), b)


@given(st.data(), st.sampled_from(["sum", "mean", "max", "min", "var", "std", "norm", "logsumexp"]), st.booleans())
def test_reductions_along_any_axes(data, name, keepdims):
    x = values(data.draw(FULL))
    axes = data.draw(hnp.valid_tuple_axes(x.ndim, min_size=1))
    axis = data.draw(st.sampled_from([axes, axes[0]]))
    f = getattr(pydl, name)
    expected = np.sum(x, axis, keepdims=keepdims).shape
    assert f(x, axis=axis, keepdims=keepdims).shape == expected
    if name != "std" or np.all(np.std(x, axis) > 1e-3):
        assert_adjoint(lambda x: f(x, axis=axis, keepdims=keepdims), x)


@given(st.data())
def test_basic_indexing(data):
    x = values(data.draw(SHAPES))
    index = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    np.testing.assert_array_equal(pydl.Tensor(x)[index].numpy(), x[index])
    assert_adjoint(lambda x: pydl.getitem(x, index), x)


@given(st.data())
def test_indexing_by_arrays(data):
    x = values(data.draw(FULL))
    index = data.draw(
        st.one_of(
            hnp.integer_array_indices(x.shape, result_shape=hnp.array_shapes(max_dims=2, max_side=4)),
            hnp.arrays(bool, x.shape),
        )
    )
    np.testing.assert_array_equal(pydl.Tensor(x)[index].numpy(), x[index])
    assert_adjoint(lambda x: pydl.getitem(x, index), x)


@given(st.data())
def test_assignment_is_numpys(data):
    x = values(data.draw(FULL))
    index = data.draw(hnp.basic_indices(x.shape))
    tensor = pydl.tensor(x)
    tensor[index] = 7
    x[index] = 7
    np.testing.assert_array_equal(tensor.numpy(), x)


@given(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3))
def test_matmul_over_any_batches(shapes):
    a, b = (values(s, i) for i, s in enumerate(shapes.input_shapes))
    np.testing.assert_allclose(pydl.matmul(a, b), np.matmul(a, b), rtol=1e-12, atol=1e-12)
    assert_adjoint(lambda x: pydl.matmul(x, b), a)
    assert_adjoint(lambda x: pydl.matmul(a, x), b)


@given(st.data())
def test_shapes_come_back(data):
    x = values(data.draw(SHAPES))
    axes = tuple(data.draw(st.permutations(range(x.ndim))))
    assert_adjoint(lambda x: pydl.transpose(x, axes), x)
    np.testing.assert_array_equal(pydl.transpose(pydl.transpose(x, axes), np.argsort(axes).tolist()), x)
    np.testing.assert_array_equal(pydl.reshape(pydl.ravel(x), x.shape), x)
    shape = data.draw(hnp.broadcastable_shapes(x.shape, max_dims=4, max_side=4).filter(lambda s: fits(x.shape, s)))
    assert_adjoint(lambda x: pydl.broadcast_to(x, shape), x)


def fits(shape, wide):
    try:
        return np.broadcast_shapes(shape, wide) == wide
    except ValueError:
        return False


@given(FULL, st.integers(-3, 3), st.floats(-1e6, 1e6), st.sampled_from(["float32", "float64"]))
def test_softmax_is_a_distribution_and_shifts_do_nothing(shape, axis, shift, dtype):
    x = values(shape).astype(dtype)
    if not -x.ndim <= axis < x.ndim:
        with pytest.raises((ValueError, IndexError)):
            pydl.softmax(x, axis)
        return
    p = pydl.softmax(x, axis)
    assert p.dtype == dtype
    np.testing.assert_allclose(p.sum(axis), 1, rtol=1e-5)
    shifted = x + np.asarray(shift, dtype)
    np.testing.assert_allclose(pydl.softmax(shifted, axis), pydl.softmax(shifted - shifted.max(), axis), rtol=1e-4)
    np.testing.assert_allclose(np.exp(pydl.log_softmax(x, axis)), p, rtol=1e-4)
    expected = x - pydl.logsumexp(x, axis, keepdims=True)
    np.testing.assert_allclose(pydl.log_softmax(x, axis), expected, rtol=1e-3, atol=1e-5)


NUMBERS = hnp.arrays("float64", (5,), elements=st.floats(-1e3, 1e3))


@given(NUMBERS, st.sampled_from(["relu", "sigmoid", "softplus", "gelu"]))
def test_transfer_functions_are_finite_with_bounded_slopes(x, name):
    slope = pydl.grad(lambda x: getattr(pydl, name)(x).sum())(x)
    assert np.all(np.isfinite(slope))
    assert np.all((slope > -0.2) & (slope < 1.2))


@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 2**31))
def test_cross_entropy_is_log_softmax_of_the_label(n, classes, seed):
    draw = np.random.default_rng(seed)
    z, labels = 100 * draw.standard_normal((n, classes)), draw.integers(0, classes, n)
    losses = pydl.cross_entropy(z, labels, reduction="none")
    np.testing.assert_allclose(losses, -pydl.log_softmax(z)[np.arange(n), labels], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(losses, pydl.nll_loss(pydl.log_softmax(z), labels, "none"), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(losses, pydl.cross_entropy(z, np.eye(classes)[labels], "none"), rtol=1e-9, atol=1e-9)
    assert np.all(losses >= 0)


@settings(max_examples=500)
@given(cases())
def test_bad_input_raises_only_what_it_may(case):
    assert attempt(*case)
