"""Planes: orthonormal, true to distances, and honest about what they hide."""

import numpy as np
import pytest

import pydl
from pydl import backend
from pydl.landscape import Plane
from tests.strict import install

install()


def bowl(theta):
    return (theta**2).sum()


def test_directions_are_orthonormal_even_from_nearly_parallel_ones():
    rng = np.random.default_rng(0)
    u = rng.standard_normal((4, 5))
    v = u + 1e-9 * rng.standard_normal((4, 5))
    plane = Plane(np.zeros((4, 5)), u, v)
    gram = [[(a * b).sum() for b in (plane.u, plane.v)] for a in (plane.u, plane.v)]
    np.testing.assert_allclose(gram, np.eye(2), atol=1e-14)


def test_the_plane_through_three_points_holds_them():
    points = np.random.default_rng(1).standard_normal((3, 7))
    plane = Plane.through(*points)
    seen = plane.project(points)
    np.testing.assert_allclose(seen.distances, 0, atol=1e-14)
    assert abs(seen.share - 1) < 1e-14
    np.testing.assert_allclose(seen.coordinates[0], 0, atol=1e-14)
    assert seen.coordinates[1, 1] == pytest.approx(0, abs=1e-14)
    assert seen.coordinates[2, 1] > 0
    gaps = np.linalg.norm(points[:, None] - points, axis=-1)
    np.testing.assert_allclose(np.linalg.norm(seen.coordinates[:, None] - seen.coordinates, axis=-1), gaps, atol=1e-13)
    for place, point in zip(seen.coordinates, points, strict=True):
        np.testing.assert_allclose(plane.point(*place), point, atol=1e-13)


def test_grid_is_f_on_the_plane_with_rows_along_v():
    plane = Plane(np.zeros((2, 2)), np.array([[1.0, 0], [0, 0]]), np.array([[0, 0], [0, 2.0]]))
    values = plane.grid(lambda W: W[0, 0] + 10 * W[1, 1], s=[0, 1, 2], t=np.array([0.0, 3.0]))
    np.testing.assert_array_equal(values, [[0, 1, 2], [30, 31, 32]])
    weight = pydl.tensor(2.0, requires_grad=True)  # what f is made of may require gradients; none is recorded
    np.testing.assert_allclose(plane.grid(lambda W: weight * bowl(W), [1.0], [0.0]), [[2.0]])


def test_principal_plane_keeps_the_variance_of_numpys_pca():
    rng = np.random.default_rng(2)
    walk = np.cumsum(rng.standard_normal((50, 6)) * [4, 3, 2, 1, 0.5, 0.1], axis=0)
    centred = walk - walk.mean(axis=0)
    variances = np.linalg.eigvalsh(np.cov(centred.T))[::-1]
    seen = Plane.principal(walk).project(walk)
    assert seen.share == pytest.approx(variances[:2].sum() / variances.sum(), rel=1e-10)
    np.testing.assert_allclose(seen.coordinates.var(axis=0, ddof=1), variances[:2], rtol=1e-10)
    np.testing.assert_allclose(
        (seen.coordinates**2).sum(axis=1) + seen.distances**2, (centred**2).sum(axis=1), rtol=1e-10
    )
    for seed in range(5):
        assert (
            Plane(walk.mean(axis=0), *np.random.default_rng(seed).standard_normal((2, 6))).project(walk).share
            <= seen.share
        )


def test_lists_of_points_and_random_planes():
    points = [np.full((2, 3), float(i)) + np.eye(2, 3) * i**2 for i in range(4)]
    assert Plane.principal(points).project(points).share == pytest.approx(1)
    first, second = Plane.random(points[0], rng=3), Plane.random(points[0], rng=3)
    np.testing.assert_array_equal(first.u, second.u)
    assert first.u.shape == (2, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_and_device_stay(dtype):
    walk = backend.to_device(np.random.default_rng(0).standard_normal((5, 2, 2)).astype(dtype), "strict")
    for plane in (Plane.principal(walk), Plane.through(*walk[:3]), Plane.random(walk[0], rng=0)):
        for array in (plane.origin, plane.u, plane.v, plane.point(0.5, 1.0)):
            assert (array.dtype, backend.device_of(array)) == (dtype, "strict")
        assert plane.grid(bowl, [0.0, 1.0], [0.0]).shape == (1, 2)
        assert plane.project(walk).coordinates.shape == (5, 2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Plane(np.zeros(3), np.ones(3), 2 * np.ones(3)), ValueError, "the directions are parallel"),
        (lambda: Plane(np.zeros(3), np.zeros(3), np.ones(3)), ValueError, "the directions are parallel"),
        (lambda: Plane(np.zeros(3), np.ones(3), np.ones(2)), ValueError, "need one shape"),
        (lambda: Plane.through(np.zeros(2), np.ones(2), 3 * np.ones(2)), ValueError, "parallel"),
        (lambda: Plane.principal(np.ones((5, 3))), ValueError, "all points of the trajectory are the same"),
        (lambda: Plane.principal(np.zeros(5)), ValueError, "one point a row"),
        (lambda: Plane.principal(np.zeros((1, 5))), ValueError, "needs three points"),
        (lambda: Plane.random(np.zeros(1)), ValueError, "at least two weights"),
        (lambda: Plane.random(np.zeros(2, int)), TypeError, "floating type"),
        (lambda: Plane.random(np.zeros(3), 0).project(np.zeros((2, 4))), ValueError, "the plane's"),
        (lambda: Plane.random(np.zeros(3), 0).grid(lambda v: v, [0.0], [0.0]), ValueError, "one number"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call()
