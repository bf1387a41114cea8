"""The strict array kind refuses what CuPy refuses, and computes what NumPy computes."""

import copy
import math
import pickle

import numpy as np
import pytest

from pydl import backend
from tests.strict import StrictArray, install, strict_namespace
from tests.strict import strict_namespace as xp
from tests.strict.table import TABLE

HOST = np.arange(1.0, 7.0, dtype="float32").reshape(2, 3)
install()


@pytest.fixture
def x():
    return backend.to_device(HOST, "strict")


REFUSALS = {
    # implicit conversion, host operands
    "np.asarray(x)": "implicit conversion",
    "np.ascontiguousarray(x)": "implicit conversion",
    "np.float32(x[0, 0])": "implicit conversion",
    "HOST[xp.asarray([0])]": "implicit conversion",
    "np.broadcast(x, x)": "implicit conversion",
    "x + HOST": "add of a host array",
    "HOST + x": "add of a host array",
    "HOST @ x.T": "matmul of a host array",
    "x.__iadd__(HOST)": "add of a host array",
    "x == HOST": "equal of a host array",
    "x.dot(HOST.T)": "dot of a host array",
    "np.concatenate([x, HOST])": "concatenate of a host array",
    "np.where(x > 2, x, HOST)": "where of a host array",
    "np.add.outer(x, HOST)": "outer|add of a host array",
    "xp.maximum(x, HOST)": "maximum of a host array",
    "x + [1.0, 2.0, 3.0]": "(?s)NotImplemented.*'list'",
    # out= must be strict
    "np.add(x, 1, out=HOST.copy())": "add of a host array",
    "np.add(HOST, HOST, out=x)": "add of a host array",
    "np.sum(x, axis=0, out=HOST[0].copy())": "sum of a host array",
    "np.divmod(x, 2, out=(x, x))": "two outputs",
    # functions and keywords that CuPy lacks
    "np.insert(x, 0, 1)": "no function 'insert'",
    "np.block([x, x])": "no function 'block'",
    "np.linalg.svdvals(x)": "no function 'linalg.svdvals'",
    "np.linalg.vector_norm(x)": "no function 'linalg.vector_norm'",
    "np.vecdot(x, x)": "no ufunc 'vecdot'",
    "np.sum(x, where=True)": "sum.*'where'",
    "np.max(x, initial=0)": "max.*'initial'",
    "np.clip(x, min=0, max=1)": "clip.*'a_min'",
    "np.argsort(x, stable=True)": "argsort.*'stable'",
    "np.take(x, [0], mode='clip')": "take.*'mode'",
    "np.add(x, x, where=x > 2)": "add.*'where'",
    "np.einsum('ij->i', x, out=x[:, 0])": "einsum.*'out'",
    "np.pad(x, 1, padder=2)": "pad.*'padder'",
    "x.sum(where=True)": "sum.*'where'",
    "x.item(0)": "item",
    # methods of ufuncs
    "np.multiply.at(x, 0, 2)": "no multiply.at",
    "np.add.at(x, (0, 1), 2)": r"namespace\(x\).add.at",
    "xp.subtract.at(x, xp.asarray([0]), 1.0)": "no subtract.at for float32",
    "xp.add.at(x, xp.asarray([0]), HOST)": "add.at of a host array",
    "np.maximum.reduce(x)": "no maximum.reduce",
    "np.logical_or.reduce(x)": "no logical_or.reduce",
    "np.add.reduce(x, initial=1.0)": "add.reduce.*'initial'",
    "np.maximum.accumulate(x)": "no maximum.accumulate",
    "np.multiply.reduceat(x, xp.asarray([0]))": "no multiply.reduceat",
    # indices and assignment
    "range(x.sum())": "interpreted as an integer",
    "[1, 2][xp.asarray(0)]": "list indices",
    "x.__setitem__(0, HOST[0])": "hidden copy",
    "x.__setitem__(0, [1.0, 2.0, 3.0])": "hidden copy",
    "x.__setitem__(xp.asarray([0, 0]), x)": "twice",
    "iter(x[0, 0])": "0-d array",
    "len(x[0, 0])": "unsized",
    "hash(x)": "unhashable",
    "xp.asarray(np.array(['a']))": "no arrays of <U1",
}


@pytest.mark.parametrize("expression", REFUSALS)
def test_refused_with_a_type_error_that_names_it(x, expression):
    with pytest.raises(TypeError, match=REFUSALS[expression]):
        eval(expression, globals(), {"x": x})


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("x.ctypes", "ctypes"),
        ("x.setflags", "setflags"),
        ("x.flags.writeable", "writeable"),
        ("xp.insert", "insert"),
        ("xp.random", "random"),
        ("xp.linalg.multi_dot", "linalg.multi_dot"),
        ("xp.maximum.reduce", "maximum.reduce"),
        ("xp.multiply.at", "multiply.at"),
    ],
)
def test_an_absent_name_is_an_attribute_error_that_names_it(x, expression, name):
    with pytest.raises(AttributeError, match=name):
        eval(expression, globals(), {"x": x})


AGREEING = [
    "x + 1, 2 - x, x * x, x / 3, x // 2, x % 2, x**2, 2**x, -x, +x, abs(x), divmod(x, 2), x @ x.T",
    "x < 3, x <= 3, x == 3, x != 3, x > 3, x >= 3, ~(x > 3)",
    "(x > 1) & (x < 5), (x > 5) | (x < 2), (x > 2) ^ (x > 4)",
    "x + np.float32(1), x + np.float64(1), x + 1j, x.astype('int32') + np.int8(1), x.astype('float16') + x",
    "x > np.array(3.0, 'float32')",
    "np.exp(x), np.maximum(x, 2), np.where(x > 2, x, 0.0)",
    "np.clip(x, 2, 4), np.sign(x), np.isnan(x), np.fix(x)",
    "np.sum(x), x.sum(axis=0), x.mean(axis=1, keepdims=True)",
    "np.var(x, ddof=1), x.std(), x.max(), x.argmin(axis=1)",
    "np.prod(x, axis=0), np.cumsum(x, axis=1)",
    "np.any(x > 3, axis=0), np.all(x > 0), np.linalg.norm(x, axis=1)",
    "np.add.reduce(x, axis=0)",
    "np.add.reduce(x, axis=(0, 1), keepdims=True), np.multiply.reduce(x, axis=None)",
    "np.add.accumulate(x, axis=1), np.multiply.accumulate(x), np.subtract.outer(x, x), x.cumsum(axis=1)",
    "x.T, x.reshape(3, -1), x.ravel(), x.transpose(1, 0), x.swapaxes(0, 1), x[:, None].squeeze(1), x.mT",
    "np.expand_dims(x, 0), np.moveaxis(x, 0, 1)",
    "np.broadcast_to(x, (4, 2, 3)), np.flip(x, 1), np.roll(x, 1, axis=1)",
    "np.concatenate([x, x], axis=1), np.stack((x, x))",
    "np.split(x, 3, axis=1), np.pad(x, 1, constant_values=7)",
    "x[0], x[0, 0], x[..., 1], x[::-1, 1:], x[None, 1], x[()], x[-1, -1], x[x > 3], x[[1, 0]], x[1, [0, 2]]",
    "np.take(x, [1], axis=0), x.take([2, 1], axis=1)",
    "np.repeat(x, 2, axis=0), np.tile(x, 2), np.tril(x), np.nonzero(x > 2)",
    "np.take_along_axis(x, np.argsort(-x, axis=1), 1), np.sort(-x, axis=1), np.unique(x // 2), np.argmax(x)",
    "np.einsum('ij,kj->ik', x, x), np.tensordot(x, x, axes=([1], [1]))",
    "np.dot(x, x.T), np.matmul(x, x.T), np.outer(x, x)",
    "np.linalg.inv(x @ x.T), np.linalg.det(x @ x.T), np.linalg.solve(x @ x.T, x), np.linalg.eigh(x @ x.T)",
    "np.linalg.cholesky(x @ x.T), np.linalg.slogdet(x @ x.T), np.linalg.svd(x), np.linalg.qr(x), np.trace(x)",
    "np.zeros_like(x), np.full_like(x, 2), np.ones_like(x, dtype='int8'), np.zeros(3, like=x)",
    "np.lib.stride_tricks.sliding_window_view(x, 2, axis=1)",
    "np.diagonal(x), np.diag(x), np.fft.rfft(x, axis=1)",
    "np.shape(x), np.ndim(x), np.size(x)",
    "np.result_type(x, np.float64), np.iscomplexobj(x), x.nbytes, x.strides",
    "np.allclose(x, x), np.array_equal(x, x + 1)",
    "np.count_nonzero(x > 2), x.tolist(), x[0, 0].item(), list(x[0])",
    "(x > 3) * 1.0, float(x[0, 1]), int(x[0, 1]), bool(x[0, 1]), complex(x[0, 1]), f'{x[0, 1]:.2f}', repr(x)",
]


def assert_same(strict, host):
    if isinstance(host, (tuple, list)):
        assert len(strict) == len(host)
        for a, b in zip(strict, host, strict=True):
            assert_same(a, b)
    elif isinstance(strict, StrictArray):
        assert strict.dtype == np.asarray(host).dtype
        np.testing.assert_array_equal(strict.get(), host, strict=True)
    else:
        assert not isinstance(strict, (np.ndarray, np.generic))
        assert strict == host


@pytest.mark.parametrize("expressions", AGREEING)
def test_agrees_with_numpy(x, expressions):
    assert_same(eval(expressions, globals(), {"x": x}), eval(expressions, globals(), {"x": HOST.copy()}))


@pytest.mark.parametrize(
    "expression",
    [
        "xp.zeros((2, 3)), xp.ones(3, dtype='float32'), xp.full((2,), 7), xp.eye(3), xp.tril_indices(3)",
        "xp.arange(2, 9, 3), xp.arange(3.0), xp.linspace(0, 1, 5), xp.array(HOST), xp.asfortranarray(HOST)",
        "xp.asarray([[1, 2], [3, 4]], dtype='float32'), xp.asarray(2.5), xp.asarray(HOST, 'float64')",
        "xp.float32(2) * xp.ones(2, dtype='float32'), xp.pi * xp.ones(2), xp.linalg.norm(xp.ones(4))",
        "xp.add(xp.ones(2), 1), xp.add.reduce(xp.ones(2)), xp.matmul(xp.eye(2), xp.ones(2))",
        "xp.fix(xp.ones(2)), xp.abs(xp.ones(2)), xp.add.outer(xp.ones(2), xp.ones(3))",
        "xp.ones(2)[xp.newaxis], xp.lib.stride_tricks.sliding_window_view(xp.arange(4), 2)",
    ],
)
def test_the_namespace_answers_as_numpy_does(expression):
    strict, host = (eval(expression, {"xp": module, "HOST": HOST}) for module in (strict_namespace, np))
    assert_same(strict, host)


def test_reductions_and_elements_stay_on_the_device(x):
    for value in (x.sum(), np.max(x), x[0, 0], x[xp.asarray(0), xp.asarray(1)], np.allclose(x, x)):
        assert type(value) is StrictArray
        assert value.shape == ()


def test_results_are_named_where_cupy_names_them(x):
    assert_same(np.unique_counts(x).counts, np.ones(6, int))
    assert_same(np.unique_values(x), HOST.ravel())
    assert type(np.linalg.slogdet(x @ x.T)) is tuple  # no .sign, no .logabsdet


def test_an_element_and_a_slice_are_views(x):
    x[0, 0][()] = 10
    x[1, 1:][:] = 20
    x.T[2, 0] = 30
    x.reshape(-1)[3] = 40
    assert x.tolist() == [[10, 2, 30], [40, 20, 20]]
    assert x.T.base is not None
    assert x.T.flags.f_contiguous
    assert not x.T.flags["C_CONTIGUOUS"]


def test_synchronisations_are_counted(x):
    one, mask = x[0, 0], x > 2
    waits = {
        "float": lambda: float(one), "int": lambda: int(one), "bool": lambda: bool(one), "item": one.item,
        "get": x.get, "tolist": x.tolist, "sqrt": lambda: math.sqrt(one), "mask": lambda: x[mask],
        "nonzero": lambda: np.nonzero(x), "where": lambda: np.where(mask), "repr": lambda: repr(x),
    }  # fmt: skip
    for name, wait in waits.items():
        before = StrictArray.synchronisations
        wait()
        assert StrictArray.synchronisations == before + 1, name
    before = StrictArray.synchronisations
    _ = (x @ x.T).sum(), x[:, 1], np.where(mask, x, 0), x.shape, len(x), x.astype("float64")
    assert StrictArray.synchronisations == before


def test_in_place_operators_write_and_matmul_rebinds(x):
    y = x
    y += 1
    y *= x
    assert y is x
    y @= x.T
    assert y is not x
    assert y.shape == (2, 2)
    with pytest.raises(TypeError, match="Cannot cast ufunc"):
        xp.arange(3).__itruediv__(2)


def test_out_and_unchanged_results_keep_their_identity(x):
    out = xp.empty_like(x)
    assert np.add(x, 1, out=out) is out
    assert xp.exp(x, out=out) is out
    assert x.astype("float32", copy=False) is x
    assert xp.asarray(x) is x
    assert xp.array(x) is not x


def test_indices_out_of_range_wrap_around_as_on_a_gpu(x):
    assert_same(x[[2, -3]], HOST[[0, 1]])
    assert_same(x[xp.asarray([5]), :, None], HOST[[1], :, None])
    assert_same(x[:, xp.asarray([4])], HOST[:, [1]])
    assert_same(np.take(x, [7], axis=1), HOST[:, [1]])
    assert_same(np.take_along_axis(x, xp.asarray([[3], [4]]), 1), np.array([[1], [5]], "float32"))
    with pytest.raises(IndexError):
        x[2]


def test_scatter_adds_every_duplicate(x):
    xp.add.at(x, xp.asarray([0, 0]), 1.0)
    np.add.at(x, xp.asarray([1]), x[:1])
    xp.maximum.at(x, (slice(None), xp.asarray([2])), 9.0)
    expected = np.array([[3, 4, 9], [7, 9, 11]], "float32")
    assert_same(x, expected)


def test_assignment_from_the_device_and_from_numbers(x):
    x[0] = 0
    x[1, 1] = np.float64(7)
    x[:, :1] = xp.ones((2, 1))
    x[x > 6] = -1
    x[xp.asarray([0, 0]), 1] = xp.full(2, 5)  # twice, but the same value
    x[xp.asarray([0])] += 1
    assert x.tolist() == [[2, 6, 1], [1, -1, 6]]


def test_host_and_device_memory_are_apart(x):
    there = HOST.copy()
    moved = backend.to_device(there, "strict")
    back = backend.to_numpy(moved)
    moved += 1
    np.testing.assert_array_equal(there, HOST)
    np.testing.assert_array_equal(back, HOST)
    assert backend.device_of(moved) == "strict"
    assert backend.namespace(moved) is strict_namespace
    assert backend.to_device(moved, "strict") is moved


def test_copies_and_pickles(x):
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        twin += 1
        assert_same(x, HOST)
        assert_same(twin, HOST + 1)


def test_an_operand_that_asks_to_answer_first_does(x):
    class First:
        __array_ufunc__ = None

        def __radd__(self, other):
            return "first"

    class Later:
        __array_priority__ = 1000
        __rmul__ = First.__radd__

    assert x + First() == "first"
    assert x * Later() == "first"


def test_the_table_is_that_of_the_installed_cupy():
    cupy = pytest.importorskip("cupy", reason="compares with an installed CuPy")
    from tests.strict.introspect import introspect

    if cupy.__version__ != TABLE["version"]:
        pytest.skip(f"the table is CuPy {TABLE['version']}'s: python -m tests.strict.introspect renews it")
    assert introspect() == TABLE
