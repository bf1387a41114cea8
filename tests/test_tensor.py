"""Tensor: making, reading, operators, indexing, changing in place, and what it answers to Python and NumPy."""

import copy

import numpy as np
import pytest

import pydl
from pydl.errors import GraphError
from tests.strict import install

install()


@pytest.fixture
def x():
    return pydl.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


# ------------------------------------------------------------ making


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, "float32"), ([1.0, 2.0], "float32"), (np.array([1.0]), "float64"), (np.float64(2), "float64"),
        (np.float32(2), "float32"), (3, "int64"), ([1, 2], "int64"), (True, "bool"), ([], "float32"),
        (np.arange(3, dtype="uint8"), "uint8"), (np.ones(2, "float16"), "float16"),
    ],
)  # fmt: skip
def test_dtype(data, dtype):
    assert pydl.tensor(data).dtype == dtype
    assert pydl.Tensor(data).dtype == dtype
    assert pydl.tensor(data, dtype="float64").dtype == "float64"


def test_the_default_dtype_can_be_changed():
    pydl.set_default_dtype("float64")
    try:
        assert pydl.tensor([1.0]).dtype == "float64"
    finally:
        pydl.set_default_dtype("float32")


def test_tensor_copies_and_Tensor_does_not():
    array = np.ones(3)
    assert pydl.Tensor(array).data is array
    copied = pydl.tensor(array)
    array[0] = 5
    assert copied.numpy()[0] == 1
    assert pydl.tensor(copied).data is not copied.data


def test_attributes(x):
    assert (x.shape, x.ndim, x.size, x.device, x.is_leaf) == ((2, 3), 2, 6, "cpu", True)
    assert x.T.shape == (3, 2)
    assert not x.T.is_leaf
    assert x.grad is None


# ------------------------------------------------------------ operators and methods

OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_operators_with_tensors_arrays_and_numbers(x, operator):
    a = x.numpy()
    for other in (pydl.tensor([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0], "float32"), np.float32(2), 2, 2.5):
        plain = other.numpy() if isinstance(other, pydl.Tensor) else other
        for y, e in ((operator(x, other), operator(a, plain)), (operator(other, x), operator(plain, a))):
            assert isinstance(y, pydl.Tensor)
            np.testing.assert_allclose(y.numpy(), e, rtol=1e-6)
            assert y.dtype == e.dtype


def test_unary_and_matrix_operators(x):
    a = x.numpy()
    np.testing.assert_array_equal((-x).numpy(), -a)
    np.testing.assert_array_equal(abs(-x).numpy(), a)
    np.testing.assert_array_equal((x @ x.T).numpy(), a @ a.T)
    np.testing.assert_array_equal((a @ x.T).numpy(), a @ a.T)
    even = pydl.tensor([True, False])
    np.testing.assert_array_equal((~even & even | even).numpy(), [True, False])


METHODS = {
    "sum": lambda x: x.sum(0), "mean": lambda x: x.mean(axis=1), "max": lambda x: x.max(), "min": lambda x: x.min(1),
    "prod": lambda x: x.prod(), "argmax": lambda x: x.argmax(1), "argmin": lambda x: x.argmin(0),
    "cumsum": lambda x: x.cumsum(1), "exp": lambda x: x.exp() if isinstance(x, pydl.Tensor) else np.exp(x),
    "clip": lambda x: x.clip(2, 3), "reshape": lambda x: x.reshape(3, -1), "reshape tuple": lambda x: x.reshape((6,)),
    "transpose": lambda x: x.transpose(), "transpose axes": lambda x: x.transpose(1, 0),
    "transpose tuple": lambda x: x.transpose((1, 0)), "ravel": lambda x: x.ravel(),
    "swapaxes": lambda x: x.swapaxes(0, 1), "squeeze": lambda x: x[:1].squeeze(),
    "squeeze axis": lambda x: x[:, :1].squeeze(1), "astype": lambda x: x.astype("f8"),
    "item": lambda x: x[1, 2], "row": lambda x: x[1], "column": lambda x: x[:, -1], "rows": lambda x: x[[1, 0, 1]],
    "mask": lambda x: x[np.asarray(x.shape) == 2], "new axis": lambda x: x[:, None], "ellipsis": lambda x: x[..., 0],
}  # fmt: skip


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_methods_are_numpys(x, method):
    y, e = method(x), method(x.numpy())
    assert isinstance(y, pydl.Tensor)
    assert y.shape == e.shape
    np.testing.assert_allclose(y.numpy(), e, rtol=1e-6)


def test_tensors_index_tensors(x):
    rows = pydl.tensor([1, 0, 1])
    np.testing.assert_array_equal(x[rows].numpy(), x.numpy()[[1, 0, 1]])
    np.testing.assert_array_equal(x[x > 2].numpy(), [3, 4, 5, 6])
    np.testing.assert_array_equal(x[rows, rows].numpy(), [5, 1, 5])
    assert [10, 20, 30][pydl.tensor(2)] == 30
    assert x[1][pydl.tensor(2)].item() == 6


# ------------------------------------------------------------ in place


def test_leaves_change_in_place_only_within_no_grad(x):
    with pytest.raises(GraphError, match="no_grad"):
        x += 1
    with pytest.raises(GraphError, match="no_grad"):
        x[0] = 1
    with pydl.no_grad():
        same = x
        x += 1
        x[0, 0] = 100
        x *= pydl.tensor(2.0)
    assert x is same
    np.testing.assert_array_equal(x.numpy(), [[200, 6, 8], [10, 12, 14]])


def test_assignment_takes_what_numpy_takes():
    x = pydl.tensor(np.zeros((3, 4)))
    x[1] = 5
    x[:, 0] = [1, 2, 3]
    x[x > 4] = -1
    x[[0, 2], [1, 1]] = pydl.tensor([7.0, 8.0])
    x[pydl.tensor(2), 3] = np.float32(9)
    np.testing.assert_array_equal(x.numpy(), [[1, 7, 0, 0], [2, -1, -1, -1], [3, 8, 0, 9]])


def test_a_total_that_is_added_to_is_recorded(x):
    total = pydl.tensor(0.0)
    for row in x:
        total += row.sum()
    total.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.ones((2, 3)))


def test_assignment_of_a_value_with_a_gradient_is_refused(x):
    plain = pydl.tensor(np.zeros(3, "float32"))
    with pytest.raises(GraphError, match="concatenate"):
        plain[0] = x[0, 0]
    with pydl.no_grad():
        plain[0] = x[0, 0]
    assert plain[0].item() == 1


def test_the_gradient_can_be_changed_in_place(x):
    (x * x).sum().backward()
    x.grad[0] = 0
    x.grad *= 0.5
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 0, 0], [4, 5, 6]])
    x.grad = np.ones((2, 3))
    assert x.grad.dtype == "float32"
    with pytest.raises(ValueError, match=r"\(2, 3\), not \(3,\)"):
        x.grad = np.ones(3)


def test_integers_do_not_take_fractions_in_place():
    x = pydl.tensor([1, 2, 3])
    with pytest.raises(TypeError, match=r"float64.*int64"):
        x /= 2
    x *= 2
    np.testing.assert_array_equal(x.numpy(), [2, 4, 6])


def test_views_keep_their_values_when_the_tensor_changes():
    x = pydl.tensor(np.arange(4.0))
    view, detached = x[1:3], x.detach()
    x[...] = 0
    np.testing.assert_array_equal(view.numpy(), [1, 2])
    np.testing.assert_array_equal(detached.numpy(), [0, 1, 2, 3])


def test_copy_broadcasts_converts_and_refuses(x):
    with pydl.no_grad():
        x.copy_(np.array([1, 2, 3]))
    assert x.dtype == "float32"
    np.testing.assert_array_equal(x.numpy(), [[1, 2, 3], [1, 2, 3]])
    with pytest.raises(ValueError, match="broadcast"):
        x.copy_(np.ones(4))
    with pytest.raises(GraphError, match="recorded result"):
        (x * 2).copy_(0)


# ------------------------------------------------------------ leaving and copying


def test_detach_clone_and_deepcopy(x):
    assert not x.detach().requires_grad
    (x.clone() * 2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((2, 3), 2))
    twin = copy.deepcopy({"w": x, "again": x})
    assert twin["w"] is twin["again"]
    assert twin["w"].requires_grad
    assert twin["w"].grad is None
    assert not np.shares_memory(twin["w"].data, x.data)


def test_numpy_is_a_read_only_view(x):
    array = x.numpy()
    assert np.shares_memory(array, x.data)
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 5


def test_to_moves_and_converts(x):
    assert x.to("float32") is x
    assert x.to("cpu") is x
    assert x.to("float64").dtype == "float64"
    moved = x.to("strict")
    assert moved.device == "strict"
    assert moved.is_leaf
    assert moved.requires_grad
    np.testing.assert_array_equal(moved.to("cpu").numpy(), x.numpy())
    with pytest.raises(ValueError, match="unknown device 'gpu'"):
        x.to("gpu")


def test_requires_grad_can_be_switched(x):
    x.requires_grad_(False)
    assert not (x * 2).requires_grad
    assert x.requires_grad_().requires_grad
    with pytest.raises(GraphError, match="leaves"):
        (x * 2).requires_grad_()
    with pytest.raises(TypeError, match="int64"):
        pydl.tensor([1, 2]).requires_grad_()


# ------------------------------------------------------------ Python's questions


def test_numbers_and_truth():
    one = pydl.tensor([[2.5]])
    assert (float(one), int(one), one.item(), bool(one)) == (2.5, 2, 2.5, True)
    assert f"{one:.2f}" == "2.50"
    assert f"{pydl.tensor([1, 2])}" == "tensor([1, 2])"
    assert pydl.tensor([[1, 2]]).tolist() == [[1, 2]]
    assert range(5)[pydl.tensor(3)] == 3
    for call, error in [
        (lambda: bool(pydl.tensor([1, 2])), ValueError),
        (lambda: pydl.tensor([1.0, 2.0]).item(), ValueError),
        (lambda: float(pydl.tensor([1.0, 2.0])), ValueError),
        (lambda: len(pydl.tensor(1.0)), TypeError),
        (lambda: range(5)[pydl.tensor(1.0)], TypeError),
    ]:
        with pytest.raises(error):
            call()


def test_length_iteration_and_hash(x):
    assert len(x) == 2
    rows = list(x)
    assert [row.shape for row in rows] == [(3,), (3,)]
    assert all(row.requires_grad for row in rows)
    assert len({x, x, rows[0]}) == 2
    with pytest.raises(TypeError, match="no length"):
        list(pydl.tensor(1.0))


def test_repr(x):
    assert repr(pydl.tensor([1.0, 2.5])) == "tensor([1. , 2.5])"
    assert repr(pydl.tensor([1, 2])) == "tensor([1, 2])"
    assert repr(pydl.tensor(np.ones(1))) == "tensor([1.], dtype=float64)"
    assert repr(x[0]) == "tensor([1., 2., 3.], op=getitem)"
    assert repr(pydl.tensor(1.0, requires_grad=True)) == "tensor(1., requires_grad=True)"
    assert "device=strict" in repr(x.detach().to("strict"))
    assert "..." in repr(pydl.tensor(np.zeros(10_000)))


# ------------------------------------------------------------ NumPy's questions


def test_numpy_functions_on_tensors_are_recorded(x):
    a = x.numpy()
    for y, e in (
        (np.exp(x), np.exp(a)),
        (np.sum(x, axis=0), np.sum(a, axis=0)),
        (np.where(a > 2, x, 0), np.where(a > 2, a, 0)),
        (np.concatenate([x, x]), np.concatenate([a, a])),
        (np.multiply(a, x), a * a),
        (np.float32(2) * x, 2 * a),
        (np.linalg.inv(x[:, :2]), np.linalg.inv(a[:, :2])),
    ):
        assert isinstance(y, pydl.Tensor)
        assert y.requires_grad
        np.testing.assert_allclose(y.numpy(), e, rtol=1e-5)


def test_numpy_functions_without_a_derivative_are_refused_where_one_would_be_lost(x):
    for call in (lambda: np.sort(x), lambda: np.fmod(x, 2), lambda: np.asarray(x), lambda: np.linalg.norm(x, 2)):
        with pytest.raises(TypeError, match=r"derivative|asked to"):
            call()
    plain = x.detach()
    np.testing.assert_array_equal(np.sort(plain), np.sort(x.numpy()))
    np.testing.assert_array_equal(np.asarray(plain), x.numpy())
    assert np.linalg.norm(plain, 2) == np.linalg.norm(x.numpy(), 2)  # the spectral norm, as NumPy means it


def test_numpy_may_ask_for_the_shape(x):
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
    np.testing.assert_array_equal(np.zeros_like(x), np.zeros((2, 3)))


@pytest.mark.parametrize(
    "mixed",
    [
        lambda x, n: x * n, lambda x, n: n * x, lambda x, n: x - n, lambda x, n: n / x, lambda x, n: x @ n.T,
        lambda x, n: pydl.concatenate([x, n]), lambda x, n: pydl.maximum(x, n), lambda x, n: pydl.where(n > 2, x, n),
        lambda x, n: pydl.einsum("ij,ij->i", x, n), lambda x, n: x * pydl.tensor(n),
    ],
)  # fmt: skip
def test_integers_do_not_widen_float32(x, mixed):
    n = np.arange(6).reshape(2, 3)
    assert mixed(x, n).dtype == "float32"
    assert mixed(x.to("float64"), n).dtype == "float64"
    mixed(x, n).sum().backward()
    assert x.grad.dtype == "float32"
