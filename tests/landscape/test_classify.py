"""classify: the second-derivative test, degenerate points by higher order, and honesty about what is not known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydl
from pydl import backend
from pydl.landscape import classify
from tests.strict import install

install()
ORIGIN = np.zeros(2)


def of(form):
    """Return a function of a vector from one of x and y."""
    return lambda theta: form(theta[0], theta[1])


# The kind at the origin, as analysis proves it.
KNOWN = {
    "x²+y²": (lambda x, y: x**2 + y**2, "minimum", 0, 0),
    "−(x²+y²)": (lambda x, y: -(x**2 + y**2), "maximum", 2, 0),
    "x²−y²": (lambda x, y: x**2 - y**2, "saddle", 1, 0),
    "x⁴+y⁴": (lambda x, y: x**4 + y**4, "minimum", 0, 2),
    "−(x⁴+y⁴)": (lambda x, y: -(x**4 + y**4), "maximum", 0, 2),
    "x³+y²": (lambda x, y: x**3 + y**2, "saddle", 0, 1),
    "x³−y²": (lambda x, y: x**3 - y**2, "saddle", 1, 1),
    "x²−y⁴": (lambda x, y: x**2 - y**4, "saddle", 0, 1),
    "x²+y⁴": (lambda x, y: x**2 + y**4, "minimum", 0, 1),
    "−x²−y⁴": (lambda x, y: -(x**2) - y**4, "maximum", 1, 1),
    "y⁴−x²": (lambda x, y: y**4 - x**2, "saddle", 1, 1),
    "monkey saddle": (lambda x, y: x**3 - 3 * x * y**2, "saddle", 0, 2),
    "x⁴−y⁴": (lambda x, y: x**4 - y**4, "saddle", 0, 2),
    # Straight lines through 0 show a minimum; on the parabola y = 2x² it is a maximum.
    "Peano": (lambda x, y: (y - x**2) * (y - 3 * x**2), "saddle", 0, 1),
    "bent minimum": (lambda x, y: (y - x**2) ** 2 + x**4, "minimum", 0, 1),
    "bent maximum": (lambda x, y: -((y - x**2) ** 2) - x**4, "maximum", 1, 1),
    "quartic form > 0": (lambda x, y: x**4 + y**4 - 1.99 * x**2 * y**2, "minimum", 0, 2),
    "quartic form of both signs": (lambda x, y: x**4 + y**4 - 2.01 * x**2 * y**2, "saddle", 0, 2),
    # True minima that orders 3 and 4 do not decide, and functions that are constant along a curve.
    "x⁶+y²": (lambda x, y: x**6 + y**2, "undecided", 0, 1),
    "flat parabola": (lambda x, y: (y - x**2) ** 2, "undecided", 0, 1),
    "x²y²": (lambda x, y: x**2 * y**2, "undecided", 0, 2),
    "x⁴": (lambda x, y: x**4 + 0 * y, "undecided", 0, 2),
    "constant": (lambda x, y: 0 * x + 0 * y, "undecided", 0, 2),
    "slope": (lambda x, y: x + y**2, "not critical", 0, 1),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_points(name):
    form, kind, index, nullity = KNOWN[name]
    found = classify(of(form), ORIGIN)
    assert (found.kind, found.index, found.nullity) == (kind, index, nullity), found
    assert found.value == 0
    np.testing.assert_array_equal(found.x, ORIGIN)


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(sorted(KNOWN)), seed=st.integers(0, 10**6), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_kind_survives_a_turn_and_a_factor(name, seed, scale):
    """A rotation of the axes and a positive factor change neither the kind nor index and nullity."""
    form, kind, index, nullity = KNOWN[name]
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = classify(lambda theta: scale * of(form)(turn @ theta), ORIGIN)
    assert (found.kind, found.index, found.nullity) == (kind, index, nullity), found


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), kernel=st.integers(1, 3), sign=st.sampled_from([1, -1]))
def test_bending_the_coordinates_changes_nothing(seed, kernel, sign):
    """f = Q(z) + quartic(u) in bent coordinates z = y + bilinear(u, u) + …: the reduced function is what it was."""
    rng = np.random.default_rng(seed)
    B, C = rng.standard_normal((2, kernel, kernel)), rng.standard_normal((kernel, 2))
    quartic = rng.uniform(0.5, 2, kernel)

    def f(theta):
        u, y = theta[:kernel], theta[kernel:]
        z = y + (B @ u) @ u + (u @ C) * y
        return (z**2).sum() + sign * (quartic * u**4).sum()

    assert classify(f, np.zeros(kernel + 2)).kind == ("minimum" if sign > 0 else "saddle")
    assert classify(lambda theta: -f(theta), np.zeros(kernel + 2)).kind == ("maximum" if sign > 0 else "saddle")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12))
def test_index_of_a_quadratic_is_the_count_of_its_negative_eigenvalues(seed, n):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n))
    A = A + A.T
    values = np.linalg.eigvalsh(A)
    found = classify(lambda v: (A @ v) @ v / 2, np.zeros(n))
    np.testing.assert_allclose(found.eigenvalues, values, atol=1e-13 * n)
    assert found.index == int((values < 0).sum())
    assert found.kind == {0: "minimum", n: "maximum"}.get(found.index, "saddle")


def test_a_valley_stays_undecided_wherever_one_stands_in_it():
    for x in np.geomspace(0.1, 10, 12):
        found = classify(lambda t: (t[0] * t[1] - 1) ** 2, np.array([x, 1 / x]))
        assert (found.kind, found.nullity) == ("undecided", 1), (x, found)


@pytest.mark.parametrize("away", [1e-5, 1e-7, 1e-9])
def test_a_degenerate_point_seen_from_beside_is_never_misjudged(away):
    """x³ has a positive second derivative right of 0, and x⁴ a third one: neither may decide."""
    start = np.array([away, 0.0])
    assert classify(of(lambda x, y: x**3 + y**2), start, gtol=1.0).kind == "undecided"
    assert classify(of(lambda x, y: x**4 + y**2), start, gtol=1.0).kind in ("undecided", "minimum")
    assert classify(of(lambda x, y: y**2 - x**4), start, gtol=1.0).kind in ("undecided", "saddle")


@pytest.mark.parametrize("power", [5, 6])
@pytest.mark.parametrize("other", [2, 4])
def test_a_fourth_derivative_that_fades_on_the_way_to_the_zero_does_not_decide(power, other):
    """From beside, x⁵ + y² and x⁵ + y⁴ have positive derivatives of order 4, and yet they are saddles."""
    for away in (3e-10, 3e-8, 1e-6, 1e-4):
        start = backend.to_device(np.array([away, 0.0]), "strict")
        found = classify(of(lambda x, y: x**power + y**other), start, gtol=1.0)
        assert found.kind == "undecided", (away, found)


def test_an_x_that_is_rounded_does_not_decide():
    """No number of single precision is nearer to the minimum, and the Hessian there has eigenvalues of both signs."""
    place = np.array([200, 100], np.float32)

    def f(theta):
        x, y = theta[0] - place[0] + np.float32(1e-9), theta[1] - place[1]
        return x**4 + y**4 - np.float32(1.99) * x**2 * y**2

    assert classify(f, place).kind in ("undecided", "minimum")


@pytest.mark.parametrize("power", [2.5, 3.5])
def test_derivatives_that_are_infinite_are_not_called_zero(power):
    with np.errstate(all="ignore"):
        found = classify(of(lambda x, y: pydl.absolute(x) ** power + y**2), ORIGIN)
    assert (found.kind, found.reason) == ("undecided", "a third or fourth derivative is not finite")


def test_large_kernels_are_sampled_and_only_a_saddle_is_certain():
    assert classify(lambda v: (v**4).sum(), np.zeros(6)).kind == "minimum"
    assert classify(lambda v: (v**4).sum(), np.zeros(7)).kind == "undecided"
    assert classify(lambda v: (v**3).sum(), np.zeros(7)).kind == "saddle"
    assert classify(lambda v: v[0] ** 2 - (v[1:] ** 4).sum(), np.zeros(9)).kind == "saddle"


def test_the_gate_and_the_words():
    bowl = of(lambda x, y: x**2 + y**2)
    beside = np.array([1e-4, 0.0])
    assert classify(bowl, beside).kind == "not critical"
    found = classify(bowl, beside, gtol=1e-3)
    assert found.kind == "minimum"
    assert repr(found).startswith("CriticalPoint(minimum, index 0, nullity 0, value 1e-08, ‖∇f‖ 0.0002: all eigen")


def test_any_shape_lists_and_tensors():
    f = lambda W: ((W @ W.T) ** 2).sum() + (W**2).sum()  # noqa: E731
    for x in (np.zeros((2, 3)), pydl.tensor(np.zeros((2, 3))), [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]):
        found = classify(f, x)
        assert (found.kind, found.x.shape, found.eigenvalues.shape) == ("minimum", (2, 3), (6,))


@pytest.mark.parametrize("name", ["x²−y²", "x⁴+y⁴", "x³+y²", "Peano", "flat parabola"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_and_device_stay(name, dtype):
    form, kind, index, nullity = KNOWN[name]
    found = classify(of(form), backend.to_device(ORIGIN.astype(dtype), "strict"))
    assert (found.kind, found.index, found.nullity) == (kind, index, nullity)
    assert backend.device_of(found.x) == "strict"
    assert found.x.dtype == dtype


@pytest.mark.parametrize(
    ("f", "x", "error", "words"),
    [
        (lambda v: v, ORIGIN, ValueError, r"classify: f must return one number, it returns shape \(2,\)"),
        (lambda v: v.sum(), np.zeros(2, int), TypeError, "needs a floating type, not int64"),
        (lambda v: v.sum(), np.array([np.nan]), ValueError, "the point holds NaN or infinity"),
        (lambda v: v.sum(), np.zeros(0), ValueError, "the point is empty"),
        (lambda v: pydl.sqrt(v).sum(), np.zeros(1), ValueError, "a derivative is NaN or infinite here"),
    ],
)
def test_errors_teach(f, x, error, words):
    with pytest.raises(error, match=words), np.errstate(all="ignore"):
        classify(f, x)
