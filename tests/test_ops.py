"""Every op, by its samples: value, derivatives in both modes to second order, dtype, memory, devices."""

import numpy as np
import pytest

import pydl
from pydl import ops
from pydl.autodiff import OPS
from pydl.backend import cuda_problem, device_of, namespace, to_device, to_numpy
from tests.samples import ALL, SAMPLES
from tests.samples.derivatives import compute, directions, on_host
from tests.strict import RefusedError, StrictArray, install

install()
DEVICES = ["strict", pytest.param("cuda", marks=pytest.mark.gpu)]
SMOOTH = {name: s for name, s in ALL.items() if s.smooth and s.inputs}
# Recorded by functions of other modules, whose tests cover them.
ELSEWHERE = {"_identity"}


def each(samples):
    """Run a test over samples, named as `tests.samples.ALL` names them."""
    return pytest.mark.parametrize("sample", samples.values(), ids=samples)


@pytest.fixture
def device(request):
    """Return a device that is not the host, or skip where there is none."""
    if request.param == "cuda" and (problem := cuda_problem()):
        pytest.skip(problem)
    return request.param


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


@pytest.mark.parametrize("device", DEVICES, indirect=True)
@each(ALL)
def test_device_equals_host(sample, device):
    found = compute(sample, place=lambda array: to_device(array, device))
    assert all(device_of(y) == device for group in found for y in group)
    exact = device == "strict"
    for y, e in zip(on_host(found), on_host(compute(sample)), strict=True):
        np.testing.assert_allclose(y, e, rtol=1e-13 if exact else 1e-9, atol=1e-13 if exact else 1e-9)


def test_the_strict_device_can_fail():
    x = to_device(np.ones(2), "strict")
    assert isinstance(x, StrictArray)
    with pytest.raises(RefusedError):
        np.add(x, np.ones(2))
    assert namespace(x) is not np
