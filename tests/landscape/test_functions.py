"""The functions of two variables: minimizers, values known from the literature, gradients."""

import numpy as np
import pytest

import pydl
from pydl.backend import to_device, to_numpy
from pydl.landscape.functions import SURFACES
from pydl.testing import gradcheck
from tests.strict import install

install()
EACH = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


@EACH
def test_minimizers(surface):
    for point in surface.minimizers:
        theta = np.array(point)
        assert surface(theta) == pytest.approx(0, abs=1e-28)
        assert np.abs(pydl.grad(surface)(theta)).max() < 1e-12
        assert np.linalg.eigvalsh(pydl.hessian(surface)(theta)).min() > 0


@EACH
def test_nothing_in_the_window_is_lower_and_all_that_matters_is_in_it(surface):
    (left, right), (bottom, top) = surface.window
    grid = np.stack(np.meshgrid(np.linspace(left, right, 301), np.linspace(bottom, top, 301)), axis=-1)
    values = surface(grid)
    assert values.shape == (301, 301)
    assert values.min() >= 0
    for x, y in (surface.start, *surface.minimizers):
        assert left <= x <= right
        assert bottom <= y <= top


@EACH
def test_gradients_and_leading_axes(surface):
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (4, 3, 2))
    assert gradcheck(surface, points, order=2)
    np.testing.assert_allclose(surface(points)[2, 1], surface(points[2, 1]), rtol=1e-14)


@EACH
def test_on_a_device(surface):
    points = np.random.default_rng(0).uniform(-1.5, 1.5, (5, 2)).astype("float32")
    values = surface(to_device(points, "strict"))
    assert to_numpy(values).dtype == np.float32
    np.testing.assert_array_equal(to_numpy(values), surface(points))


def test_values_from_the_literature():
    """At the usual starts, Moré, Garbow & Hillstrom's (1981) functions have these values."""
    assert SURFACES["rosenbrock"](np.array([-1.2, 1.0])) == pytest.approx(24.2)
    assert SURFACES["beale"](np.array([1.0, 1.0])) == pytest.approx(14.203125)
    assert SURFACES["himmelblau"](np.zeros(2)) == 170


def test_the_turned_ravine_is_the_ravine():
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    points = np.random.default_rng(0).normal(size=(10, 2))
    np.testing.assert_allclose(SURFACES["turned_ravine"](points @ turn.T), SURFACES["ravine"](points), rtol=1e-12)
    curvatures = np.linalg.eigvalsh(pydl.hessian(SURFACES["turned_ravine"])(np.zeros(2)))
    np.testing.assert_allclose(curvatures, [1, 50], rtol=1e-12)


def test_the_saddle_is_one():
    np.testing.assert_allclose(pydl.grad(SURFACES["saddle"])(np.zeros(2)), 0, atol=1e-15)
    np.testing.assert_allclose(np.linalg.eigvalsh(pydl.hessian(SURFACES["saddle"])(np.zeros(2))), [-1, 1], rtol=1e-12)
