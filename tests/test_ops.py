"""Every op, by its samples: value, derivatives in both modes to second order, dtype, memory, devices."""

import numpy as np
import pytest

import pydl
from pydl import ops
from pydl.autodiff import OPS
from pydl.backend import cuda_problem, device_of, to_device, to_numpy
from tests.samples import ALL, SAMPLES
from tests.samples.derivatives import compute, directions, on_host
from tests.strict import install

install()
NO_GPU = cuda_problem()
SMOOTH = {name: s for name, s in ALL.items() if s.smooth and s.inputs}
# Recorded by functions of other modules, whose tests cover them.
ELSEWHERE = {"_identity"}


def each(samples):
    """Run a test over samples, named as `tests.samples.ALL` names them."""
    return pytest.mark.parametrize("sample", samples.values(), ids=samples)


# ------------------------------------------------------------ the registry is complete


def public_functions():
    return {name for name in dir(ops) if not name.startswith("_") and callable(getattr(ops, name))}


def recorded_by(sample):
    """Return the names of the ops that the graphs of a sample's results hold."""
    results = sample.run([pydl.Tensor(x, requires_grad=True) for x in sample.inputs])
    stack, names, seen = [r for r in results if isinstance(r, pydl.Tensor)], set(), set()
    while stack:
        node = stack.pop()
        if node.op is not None and node.age not in seen:
            seen.add(node.age)
            names.add(node.op.name)
            stack += [a for a in node.args if isinstance(a, pydl.Tensor)]
    return names


def test_every_public_function_has_samples():
    assert public_functions() == set(SAMPLES)


def test_every_op_is_reached_by_a_checked_sample():
    checked = {name for s in SMOOTH.values() for name in recorded_by(s)}
    constant = {name for name, op in OPS.items() if op.family == "constant"}
    assert set(OPS) - checked - constant == ELSEWHERE
    assert constant <= set(SAMPLES)


# ------------------------------------------------------------ values


@each(ALL)
def test_value(sample):
    results = sample.run(sample.inputs)
    expected = sample.run(sample.inputs, sample.reference)
    assert len(results) == len(expected)
    for y, e in zip(results, expected, strict=True):
        assert isinstance(y, (np.ndarray, np.generic)), "arrays in, arrays out"
        assert y.shape == np.shape(e)
        np.testing.assert_allclose(y, e, rtol=1e-12, atol=1e-12)


@each(ALL)
def test_tensors_in_tensors_out(sample):
    raw = sample.run(sample.inputs)
    for requires_grad in (False, True):
        tensors = sample.run([pydl.Tensor(x, requires_grad) for x in sample.inputs])
        for y, e in zip(tensors, raw, strict=True):
            has_derivative = isinstance(y, pydl.Tensor)
            assert has_derivative or sample.name == "slogdet"  # the sign has none
            np.testing.assert_array_equal(to_numpy(y.data if has_derivative else y), e)
            assert not (has_derivative and y.requires_grad and not requires_grad)


# ------------------------------------------------------------ derivatives


@each(SMOOTH)
def test_derivatives_against_finite_differences(sample):
    def joined(*xs):
        parts = [pydl.ravel(y) for y in sample.run(xs) if y.dtype.kind == "f"]
        return pydl.concatenate(parts) if parts else np.zeros(0)

    assert pydl.testing.gradcheck(joined, *sample.inputs, atol=1e-6)


@each({name: s for name, s in ALL.items() if s.inputs})
def test_both_modes_agree(sample):
    """At ties and extremes too: ⟨g, J·t⟩ = ⟨Jᵀg, t⟩."""
    values, gradients, tangents = compute(sample)
    values = [v for v in values if v.dtype.kind == "f"]
    forward = sum(np.sum(g * t) for g, t in zip(directions(values, 1), tangents, strict=True))
    backward = sum(np.sum(g * t) for g, t in zip(gradients, directions(gradients, 2), strict=True))
    np.testing.assert_allclose(backward, forward, rtol=1e-9, atol=1e-9)


@each({name: s for name, s in ALL.items() if s.inputs})
def test_backward_twice_gives_the_same_and_changes_nothing(sample):
    leaves = [pydl.Tensor(x.copy(), requires_grad=True) for x in sample.inputs]
    results = [r for r in sample.run(leaves) if isinstance(r, pydl.Tensor) and r.requires_grad]
    values = [r.numpy().copy() for r in results]
    seen = []
    for retain in (True, False):
        for leaf in leaves:
            leaf.grad = None
        for y, g in zip(results, directions(results, 3), strict=True):
            y.backward(g, retain_graph=retain or y is not results[-1])
        seen.append([None if leaf.grad is None else leaf.grad.numpy().copy() for leaf in leaves])
    for first, second in zip(*seen, strict=True):
        np.testing.assert_array_equal(first, second)
    for leaf, x in zip(leaves, sample.inputs, strict=True):
        np.testing.assert_array_equal(leaf.data, x)
    for y, value in zip(results, values, strict=True):
        np.testing.assert_array_equal(y.data, value)


@each(SMOOTH)
def test_recorded_gradients_equal_the_fast_ones(sample):
    """create_graph takes other branches (what kernels saved is not used): the numbers must agree."""
    fast, recorded = ([pydl.Tensor(x, requires_grad=True) for x in sample.inputs] for _ in range(2))
    for leaves, graph in ((fast, False), (recorded, True)):
        for y in sample.run(leaves):
            if isinstance(y, pydl.Tensor) and y.requires_grad:
                y.backward(directions([y], 4)[0], create_graph=graph, retain_graph=True)
    for a, b in zip(fast, recorded, strict=True):
        assert (a.grad is None) == (b.grad is None)
        if a.grad is not None:
            np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), rtol=1e-12, atol=1e-12)


# ------------------------------------------------------------ kinks, ties and extremes, by number

HALF, INF = 0.5, np.inf
EDGES = {  # expression, input, value, gradient of the value's sum
    "abs at 0": (lambda x: abs(x), [-1, 0, 2], [1, 0, 2], [-1, 0, 1]),
    "relu at 0": (pydl.relu, [-1, 0, 2], [0, 0, 2], [0, 0, 1]),
    "leaky_relu at 0": (lambda x: pydl.leaky_relu(x, 0.25), [-4, 0, 2], [-1, 0, 2], [0.25, 0.25, 1]),
    "sign": (lambda x: x * pydl.sign(x), [-1, 0, 2], [1, 0, 2], [-1, 0, 1]),
    "x**0 at 0": (lambda x: x**0, [0, 2], [1, 1], [0, 0]),
    "x**0 at 0, by an array": (lambda x: x ** np.zeros(2), [0, 2], [1, 1], [0, 0]),
    "x**1 at 0": (lambda x: x**1, [0, 2], [0, 2], [1, 1]),
    "x**2 at 0": (lambda x: x**2, [0, 2], [0, 4], [0, 4]),
    "0**x": (lambda x: np.zeros(3) ** x, [0, 1, 2], [1, 0, 0], [0, 0, 0]),
    "clip on its limits": (lambda x: x.clip(0, 1), [-1, 0, 0.5, 1, 2], [0, 0, 0.5, 1, 1], [0, 1, 1, 1, 0]),
    "maximum, tied": (lambda x: pydl.maximum(x, np.ones(3)), [0, 1, 2], [1, 1, 2], [0, HALF, 1]),
    "minimum, tied": (lambda x: pydl.minimum(x, np.ones(3)), [0, 1, 2], [0, 1, 1], [1, HALF, 0]),
    "maximum with itself": (lambda x: pydl.maximum(x, x), [3, 4], [3, 4], [1, 1]),
    "max, two tied": (lambda x: x.max(), [2, 1, 2], 2, [HALF, 0, HALF]),
    "min, all tied": (lambda x: x.min(), [3, 3, 3, 3], 3, [0.25] * 4),
    "norm at 0": (pydl.norm, [0, 0], 0, [0, 0]),
    "norm 1 at 0": (lambda x: pydl.norm(x, 1), [0, -2], 2, [0, -1]),
    "norm of the largest, tied": (lambda x: pydl.norm(x, np.inf), [2, -2], 2, [HALF, -HALF]),
    "std of equal entries": (lambda x: x.std(), [2, 2, 2], 0, [0, 0, 0]),
    "prod, one zero": (lambda x: x.prod(), [0, 3, 4], 0, [12, 0, 0]),
    "prod, two zeros": (lambda x: x.prod(), [0, 0, 4], 0, [0, 0, 0]),
    "sigmoid at ±1000": (pydl.sigmoid, [-1000, 0, 1000], [0, HALF, 1], [0, 0.25, 0]),
    "softplus at ±1000": (pydl.softplus, [-1000, 1000], [0, 1000], [0, 1]),
    "log_sigmoid at ±1000": (pydl.log_sigmoid, [-1000, 1000], [-1000, 0], [1, 0]),
    "tanh at ±1000": (pydl.tanh, [-1000, 1000], [-1, 1], [0, 0]),
    "softmax at 1000": (lambda x: pydl.softmax(x)[0], [1000, 1000], HALF, [0.25, -0.25]),
    "softmax at ±1e30": (lambda x: pydl.softmax(x), [1e30, -1e30], [1, 0], [0, 0]),
    "log_softmax at 1000": (lambda x: pydl.log_softmax(x)[1], [1000, 0], -1000, [-1, 1]),
    "log_softmax at ±1e30": (lambda x: pydl.log_softmax(x)[0], [1e30, -1e30], 0, [0, 0]),
    "logsumexp at 1e30": (lambda x: pydl.logsumexp(x, 0), [1e30, -1e30, 0], 1e30, [1, 0, 0]),
    "logsumexp at 1000": (lambda x: pydl.logsumexp(x, 0), [1000, 1000], 1000 + np.log(2), [HALF, HALF]),
    "logsumexp of −∞ and a number": (lambda x: pydl.logsumexp(x, 0), [-INF, 3], 3, [0, 1]),
    "logsumexp of −∞ alone": (lambda x: pydl.logsumexp(x, 0), [-INF, -INF], -INF, [0, 0]),
    "logaddexp at ±1000": (lambda x: pydl.logaddexp(x, 0.0), [-1000, 1000], [0, 1000], [0, 1]),
    "bce, wrong by 1000": (lambda x: pydl.binary_cross_entropy_with_logits(x, np.array([1, 0]), "sum"),
                           [-1000, 1000], 2000, [-1, 1]),
    "bce, right by 1000": (lambda x: pydl.binary_cross_entropy_with_logits(x, np.array([0, 1]), "sum"),
                           [-1000, 1000], 0, [0, 0]),
    "cross_entropy, wrong by 1000": (lambda x: pydl.cross_entropy(x.reshape(1, 2), np.array([1])),
                                     [1000, 0], 1000, [1, -1]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "x", "value", "gradient"), EDGES.values(), ids=EDGES)
def test_kinks_ties_and_extremes(function, x, value, gradient, dtype):
    leaf = pydl.tensor(np.array(x, dtype), requires_grad=True)
    y = function(leaf)
    y.backward(np.ones(y.shape))
    np.testing.assert_allclose(y.numpy(), value, rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(leaf.grad.numpy(), gradient, rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize(
    "expression",
    [
        lambda x: x + 2, lambda x: 2 - x, lambda x: 2 * x, lambda x: x * 0.5, lambda x: x / 3, lambda x: 1 / x,
        lambda x: x**2, lambda x: 2.0**x, lambda x: x.mean(), lambda x: x.var(0), lambda x: x.std(1), lambda x: x @ x.T,
        lambda x: x[0], lambda x: pydl.where(x > 1, x, 0), lambda x: pydl.maximum(x, 1), lambda x: x.clip(0, 1),
        lambda x: pydl.pad(x, [(1, 1), (0, 0)], value=2), lambda x: np.sqrt(x) + np.float32(2),
        lambda x: pydl.leaky_relu(x, 0.1), lambda x: pydl.elu(x, 0.5), lambda x: pydl.gelu(x), lambda x: x.sum() * 2,
        lambda x: pydl.norm(x), lambda x: pydl.mse_loss(x, np.zeros((2, 2))),
        lambda x: pydl.cross_entropy(x, np.array([[0.5, 0.5], [1.0, 0.0]])),
        lambda x: pydl.cross_entropy(x, np.array([0, 1])),
    ],
)  # fmt: skip
def test_expressions_keep_float32(expression):
    x = pydl.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = expression(x)
    assert y.dtype == "float32"
    y.sum().backward()
    assert x.grad.dtype == "float32"


# ------------------------------------------------------------ dtype and memory


@each(ALL)
def test_float32_is_kept(sample):
    if sample.name == "astype":
        pytest.skip("astype changes the dtype by design")
    narrow, wide = compute(sample, "float32"), compute(sample)
    for group, expected in zip(narrow, wide, strict=True):
        for y, e in zip(group, expected, strict=True):
            assert y.dtype == ("float32" if e.dtype == "float64" else e.dtype)
    if sample.smooth and sample.name not in ("floor", "ceil", "rint"):
        for y, e in zip(narrow[0], wide[0], strict=True):
            np.testing.assert_allclose(y, e, rtol=2e-4, atol=2e-5)


def spread(x):
    """Return x in memory with gaps, axes reversed."""
    wide = np.full([2 * n for n in x.shape[::-1]], np.nan).T
    view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view


@each({name: s for name, s in ALL.items() if s.inputs})
def test_any_memory_order(sample):
    for y, e in zip(on_host(compute(sample, place=spread_floats)), on_host(compute(sample)), strict=True):
        np.testing.assert_allclose(y, e, rtol=1e-13, atol=1e-13)


def spread_floats(array):
    return spread(array) if array.dtype.kind == "f" and array.ndim else array


# ------------------------------------------------------------ devices


def agrees_with_the_host(sample, device, tolerance):
    found = compute(sample, place=lambda array: to_device(array, device))
    assert all(device_of(y) == device for group in found for y in group)
    for y, e in zip(on_host(found), on_host(compute(sample)), strict=True):
        np.testing.assert_allclose(y, e, rtol=tolerance, atol=tolerance)


@each(ALL)
def test_strict_device(sample):
    agrees_with_the_host(sample, "strict", 1e-13)


@pytest.mark.gpu
@each(ALL if NO_GPU is None else {"all": pytest.param(None, marks=pytest.mark.skip(reason=str(NO_GPU)))})
def test_cuda_device(sample):
    agrees_with_the_host(sample, "cuda", 1e-9)


def test_the_strict_device_refuses_what_cupy_refuses():
    x = pydl.Tensor(to_device(np.ones(2), "strict"))
    with pytest.raises(TypeError, match=r"add.*host array"):
        pydl.add(x, np.ones(2))


def test_backward_stays_on_the_device():
    for shape in [(), (1,), (2, 3)]:
        x = pydl.Tensor(to_device(np.ones(shape), "strict"), requires_grad=True)
        for loss in (x.sum(), (x * x).mean(), x.max()):
            x.grad = None
            loss.backward()
            assert x.grad.device == "strict"
