"""critical_points: every kind is found, each start is counted once, flat regions are told apart."""

import numpy as np
import pytest

import pydl
from pydl import backend
from pydl.landscape import critical_points
from tests.strict import install

install()


def himmelblau(v):
    return (v[0] ** 2 + v[1] - 11) ** 2 + (v[0] + v[1] ** 2 - 7) ** 2


def test_himmelblau_has_nine_critical_points():
    starts = np.random.default_rng(0).uniform(-5, 5, (100, 2))
    found = critical_points(himmelblau, starts)
    kinds = [point.kind for point in found.points]
    assert kinds == ["minimum"] * 4 + ["saddle"] * 4 + ["maximum"]
    assert sum(found.hits) + len(found.flat) + found.rejected == 100
    minima = np.array(sorted(point.x.tolist() for point in found.points[:4]))
    known = [[-3.779310, -3.283186], [-2.805118, 3.131312], [3.0, 2.0], [3.584428, -1.848126]]
    np.testing.assert_allclose(minima, known, atol=1e-6)
    np.testing.assert_allclose(found.points[-1].x, [-0.270845, -0.923039], atol=1e-6)
    np.testing.assert_allclose(found.points[-1].value, 181.617, atol=1e-3)
    for point in found.points:
        assert point.grad_norm < 1e-12
        np.testing.assert_allclose(point.eigenvalues, np.linalg.eigvalsh(pydl.hessian(himmelblau)(point.x)), atol=1e-10)


def test_deep_linear_network_has_the_critical_points_that_are_known():
    """½‖W₂W₁ − D‖², D diagonal: W₂W₁ keeps a subset of D's entries; all but the full one are saddles.

    P. Baldi, K. Hornik: Neural networks and principal component analysis, Neural Networks 2 (1989).
    """
    d = np.array([3.0, 2.0, 1.0])

    def loss(theta):
        W1, W2 = theta[:9].reshape(3, 3), theta[9:].reshape(3, 3)
        return ((W2 @ W1 - np.diag(d)) ** 2).sum() / 2

    levels = [float((d**2)[np.array(left_out) == 1].sum()) / 2 for left_out in np.ndindex(2, 2, 2)]
    found = critical_points(loss, np.random.default_rng(0).normal(0, 0.7, (12, 18)), max_iter=100)
    assert sum(found.hits) + len(found.flat) + found.rejected == 12
    assert len(found.points) >= 8
    for point in found.points:
        level = min(levels, key=lambda value: abs(value - point.value))
        assert abs(point.value - level) < 1e-9
        if level > 0:  # every critical point above the global minimum goes down somewhere
            assert point.kind == "saddle"
            assert point.index >= 1
        else:  # minima form a manifold, which the Hessian cannot tell from a higher-order saddle
            assert point.kind == "undecided"
            assert point.nullity == 9
    assert {round(point.value, 6) for point in found.points} - {0.0}


def test_gradient_flat_points_are_no_critical_points():
    """x³/3 + x + y² has no critical point, but ‖∇f‖ has its minimum at 0, where H·∇f = 0."""
    starts = np.random.default_rng(0).normal(size=(6, 2))
    found = critical_points(lambda v: v[0] ** 3 / 3 + v[0] + v[1] ** 2, starts)
    assert (found.points, found.hits, found.rejected) == ((), (), 0)
    assert len(found.flat) == 6
    for point in found.flat:
        assert point.kind == "not critical"
        assert abs(point.grad_norm - 1) < 1e-5
    assert repr(found) == "Search(0 critical points from 0 starts, 6 gradient-flat, 0 rejected)"


def test_starts_that_end_nowhere_are_counted_as_rejected():
    found = critical_points(himmelblau, [np.array([5.0, 5.0]), np.array([-1.0, 4.0])], max_iter=1)
    assert (found.points, found.flat, found.rejected) == ((), (), 2)
    with np.errstate(all="ignore"):
        found = critical_points(lambda v: pydl.log(v).sum(), [np.array([-1.0]), np.array([1.0])])
    assert found.rejected >= 1


def test_a_fall_that_is_cut_short_is_not_called_flat():
    """From 1000 the curvature falls by six orders of magnitude: small beside the start's is not flat."""
    for max_iter in range(1, 30):
        found = critical_points(lambda v: ((v**2 - 1) ** 2).sum(), [np.array([1000.0])], max_iter=max_iter)
        assert not found.flat, max_iter
    assert found.hits == (1,)


def test_neighbours_far_from_the_origin_stay_apart():
    shift = np.array([1e6, -3e5])
    starts = shift + np.random.default_rng(0).uniform(-5, 5, (100, 2))
    assert len(critical_points(lambda v: himmelblau(v - shift), starts).points) == 9


def test_a_point_at_infinity_is_not_called_a_minimum():
    found = critical_points(lambda v: pydl.exp(v[0]) + v[1] ** 2, [np.array([0.0, 1.0])])
    assert [point.kind for point in found.points] in ([], ["undecided"])


@pytest.mark.parametrize(
    ("f", "place", "kind"),
    [
        (lambda v: v[0] ** 3 - 3 * v[0] * v[1] ** 2, [0, 0], "saddle"),
        (lambda v: (v**4).sum(), [0, 0], "minimum"),
        (lambda v: v[0] ** 3 + v[1] ** 2, [0, 0], "saddle"),
        (lambda v: (v[0] - 1.3) ** 4 + (v[1] - 0.1) ** 2 + 3.3, [1.3, 0.1], "minimum"),
    ],
    ids=["monkey saddle", "x⁴+y⁴", "x³+y²", "quartic beside the origin"],
)
def test_degenerate_points_are_found_and_decided(f, place, kind):
    found = critical_points(f, np.random.default_rng(1).normal(size=(5, 2)))
    assert [point.kind for point in found.points] == [kind]
    assert found.hits == (5,)
    np.testing.assert_allclose(found.points[0].x, place, atol=1e-9)


def test_the_end_is_quadratically_fast():
    """From near a saddle a handful of steps reach rounding: the damping fades with ‖∇f‖²."""
    saddle = np.array([3.38515418, 0.07385188])
    found = critical_points(himmelblau, [saddle + np.array([0.05, -0.05])], max_iter=6)
    assert found.points[0].grad_norm < 1e-12


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_device_and_shape_stay(dtype):
    starts = backend.to_device(np.random.default_rng(0).uniform(2, 4, (3, 1, 2)).astype(dtype), "strict")
    found = critical_points(lambda v: himmelblau(v[0]), starts)
    assert sum(found.hits) == 3
    for point in found.points:
        assert backend.device_of(point.x) == "strict"
        assert point.x.dtype == dtype
        assert point.x.shape == (1, 2)


@pytest.mark.parametrize(
    ("starts", "settings", "error", "words"),
    [
        ([], {}, ValueError, "there is no start"),
        (np.array([1.0, 2.0]), {}, ValueError, "a start is a bare number: pass one start a row"),
        ([np.zeros(2)], {"max_iter": 0}, ValueError, "max_iter must be at least 1, not 0"),
        ([np.array([1, 2])], {}, TypeError, "needs a floating type"),
        ([np.array([np.inf, 2])], {}, ValueError, "NaN or infinity"),
    ],
)
def test_errors_teach(starts, settings, error, words):
    with pytest.raises(error, match=words):
        critical_points(himmelblau, starts, **settings)
