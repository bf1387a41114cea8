"""Prototype shapes and chains: closed forms, slopes that go on, gradients by gradcheck, errors that teach."""

import math

import numpy as np
import pytest

import pydl
from pydl.backend import to_device, to_numpy
from pydl.landscape.prototypes import SHAPES, Chain
from pydl.testing import gradcheck
from tests.strict import install

install()
B = math.log(1000)
U = np.array([0.05, 0.3, 0.45, 0.55, 0.8, 0.95])


def relu(u):
    return np.maximum(u, 0)


CLOSED = {
    "line": lambda u: -u,
    "convex": lambda u: -u + 0.45 * u**2,
    "concave": lambda u: -u - 4.5 * u**2,
    "quadratic": lambda u: u**2 - u,
    "absolute": lambda u: abs(u - 0.5) - 0.5,
    "relu": lambda u: relu(0.5 - u) - 0.5,
    "cliff": lambda u: -u + 11 * relu(u - 0.5),
    "ridge": lambda u: -u - 9 * relu(u - 0.5),
    "bend": lambda u: -relu(u - 0.5),
    "exponential": lambda u: (np.exp(-B * u) - 1) / B,
    "gaussian": lambda u: 0.125 * (1 - np.exp(2 - 8 * (u - 0.5) ** 2)),
    "laplace": lambda u: 0.25 * (1 - np.exp(2 - 4 * abs(u - 0.5))),
}


def slope(f, x):
    return pydl.grad(lambda x: f(x).sum())(np.asarray(x, float))


def test_every_shape_has_its_closed_form_here():
    assert set(CLOSED) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_values_and_end_slopes(name):
    shape = SHAPES[name]
    np.testing.assert_allclose(shape.rise(U), CLOSED[name](U), atol=1e-14)
    assert shape.rise(np.zeros(1)) == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(slope(shape.rise, [1e-9, 1 - 1e-9]), [shape.first, shape.last], atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_gradients(name):
    assert gradcheck(SHAPES[name].rise, U, order=2)


@pytest.mark.parametrize(
    ("shapes", "scale"),
    [
        ("line quadratic line", -1.0),
        ("relu bend quadratic", -3.0),
        ("convex cliff line", -0.01),
        ("laplace exponential", 2.0),
        ("concave absolute gaussian ridge", -1.0),
    ],
)
def test_a_chain_goes_on_in_value_and_slope(shapes, scale):
    chain = Chain(shapes, scale)
    joints = np.arange(1.0, chain.length)
    np.testing.assert_allclose(chain(joints - 1e-9), chain(joints + 1e-9), atol=1e-6 * abs(scale) * 100)
    before, after = slope(chain, joints - 1e-9), slope(chain, joints + 1e-9)
    np.testing.assert_allclose(before, after, rtol=1e-6, atol=1e-9)
    assert slope(chain, [1e-9])[0] == pytest.approx(scale, rel=1e-6)
    inner = np.concatenate([U + i for i in range(chain.length)])
    assert gradcheck(chain, inner, order=2)


def test_a_chain_adds_up_its_pieces():
    """Each shape continues from where the last one ended, at any scale."""
    chain = Chain("line quadratic", -4.0)
    x = np.array([-2.0, 0.5, 1.0, 1.25, 3.0])
    expected = np.where(x < 1, -4 * x, -4 + 4 * ((x - 1) ** 2 - (x - 1)))
    np.testing.assert_allclose(chain(x), expected, atol=1e-14)
    np.testing.assert_allclose(Chain("line quadratic", -8.0)(x), 2 * expected, atol=1e-13)


def test_a_bend_goes_down_as_steeply_as_before_the_plateau():
    chain = Chain("relu bend line", -2.0)
    np.testing.assert_allclose(slope(chain, [0.2, 0.8, 1.3, 1.7, 2.5]), [-2, 0, 0, -2, -2], atol=1e-12)
    np.testing.assert_allclose(slope(Chain("bend line", -2.0), [0.2, 0.8, 1.5]), [0, -2, -2], atol=1e-12)


def test_a_positive_slope_turns_it_upside_down():
    x = np.linspace(-0.5, 1.5, 21)
    np.testing.assert_allclose(Chain("gaussian", 1.0)(x), -Chain("gaussian", -1.0)(x), atol=1e-15)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [("bowl", "no shape is called bowl: there are line"), ("", "at least one"), ("line bend", "begins flat")],
)
def test_errors_teach(shapes, words):
    with pytest.raises(ValueError, match=words):
        Chain(shapes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shapes", ["relu bend quadratic", "cliff", "gaussian", "laplace exponential"])
def test_on_a_device(shapes, dtype):
    """Shapes use what CuPy has, and keep the dtype."""
    x = np.array([[0.2, 0.7], [1.3, 2.2]], dtype)
    y = Chain(shapes)(to_device(x, "strict"))
    assert to_numpy(y).dtype == dtype
    np.testing.assert_array_equal(to_numpy(y), Chain(shapes)(x))
