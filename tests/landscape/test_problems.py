"""Noise and problems: moments, true gradients, curl, rotation, change."""

import functools

import numpy as np
import pytest

import pydl
from pydl import optim
from pydl.backend import to_device, to_numpy
from pydl.landscape import SUITE
from pydl.landscape.noise import Additive, Cauchy, Drift, Flip, MaskOut, Multiplicative, Rescale
from pydl.landscape.problems import Problem, rotation
from pydl.landscape.prototypes import Chain
from pydl.landscape.races import race
from pydl.testing import gradcheck
from tests.strict import install

install()
PROBLEMS = {name: problem for group in SUITE.values() for name, problem in group.items()}
MANY = {name: problem for name, problem in PROBLEMS.items() if problem.d > 1}
BOWLS = [Chain("quadratic", -s) for s in (1.0, 5.0, 20.0, 0.1)]
SGD = functools.partial(optim.SGD, lr=0.1)


def drawn(noise, n=200_000):
    a, b = noise.draw(np.random.default_rng(0), (n,))
    return np.broadcast_to(a, n), np.broadcast_to(b, n)


# ------------------------------------------------------------------------------------------------ noise


def test_moments_of_the_noises():
    """Bands are five standard errors of 200,000 draws."""
    a, b = drawn(Additive(0.3))
    assert (a == 1).all()
    assert abs(b.mean()) < 5 * 0.3 / 447
    assert b.std() == pytest.approx(0.3, abs=5 * 0.3 / 632)
    a, b = drawn(Multiplicative(0.5))
    assert (a > 0).all()
    assert (b == 0).all()
    sd = np.sqrt(np.exp(0.25) - 1)
    assert a.mean() == pytest.approx(1, abs=5 * sd / 447)
    assert np.log(a).std() == pytest.approx(0.5, abs=5 * 0.5 / 632)
    a, b = drawn(MaskOut(0.9))
    assert set(np.unique(a)) == {0.0, 1.0}
    assert a.mean() == pytest.approx(0.1, abs=5 * 0.3 / 447)
    a, b = drawn(Cauchy(2.0))
    assert np.mean(np.abs(b) < 2) == pytest.approx(0.5, abs=5 * 0.5 / 447)
    assert np.mean(np.abs(b) > 80) == pytest.approx(1 - 2 / np.pi * np.arctan(40), abs=5 * 0.125 / 447)


@pytest.mark.parametrize("make", [Additive, Multiplicative, Cauchy, MaskOut])
def test_sizes_out_of_range(make):
    with pytest.raises(ValueError, match=make.__name__):
        make(-0.1)


def test_mask_out_needs_some_gradients():
    with pytest.raises(ValueError, match="MaskOut: p"):
        MaskOut(1.0)


# ------------------------------------------------------------------------------------------------ problems


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_field_is_the_gradient_of_the_true_loss(name):
    problem = PROBLEMS[name]
    theta = problem.starts(3, rng=1)
    for t in (0, 30):
        assert gradcheck(lambda theta, t=t: problem.loss(theta, t), theta, order=1)
        expected = pydl.grad(lambda theta, t=t: problem.loss(theta, t).sum())(theta)
        circling = problem.field(theta, t) - expected
        if problem.curl:  # at right angles to the way from the middle: it neither approaches nor retreats
            way = theta - problem.Q @ problem.middle
            np.testing.assert_allclose((circling * way).sum(axis=1), 0, atol=1e-12)
            np.testing.assert_allclose(
                np.linalg.norm(circling, axis=1), problem.curl * np.linalg.norm(way, axis=1), rtol=1e-12
            )
        else:
            np.testing.assert_array_equal(circling, 0)


def test_curl_is_no_gradient():
    """A gradient's Jacobian, the Hessian, is symmetric; here it is not, and a closed walk does work."""
    for turned in (None, 5):
        plain, curled = Problem(BOWLS, turned=turned), Problem(BOWLS, turned=turned, curl=2.0)
        theta = plain.starts(1, rng=0)[0]

        def jacobian(problem, theta=theta, h=1e-5):
            return np.stack(
                [(problem.field(theta + h * e) - problem.field(theta - h * e)) / (2 * h) for e in np.eye(4)]
            )

        np.testing.assert_allclose(jacobian(plain), jacobian(plain).T, atol=1e-8)
        antisymmetric = (jacobian(curled) - jacobian(curled).T) / 2
        np.testing.assert_allclose(np.linalg.svd(antisymmetric, compute_uv=False), 2.0, rtol=1e-6)


def test_rotation_turns_and_keeps_lengths():
    for d in (2, 5, 10):
        Q = rotation(d, rng=3)
        np.testing.assert_allclose(Q.T @ Q, np.eye(d), atol=1e-14)
        assert np.linalg.det(Q) == pytest.approx(1)
        assert np.abs(Q).max() < 0.9999
        np.testing.assert_array_equal(Q, rotation(d, rng=3))


def test_all_rotations_are_equally_likely():
    """In the plane, the angle is uniform: mean cosine and sine 0, mean cosine of the double angle, too."""
    rng = np.random.default_rng(0)
    angles = [np.arctan2(Q[1, 0], Q[0, 0]) for Q in (rotation(2, rng) for _ in range(4000))]
    for k in (1, 2, 3):
        assert abs(np.exp(1j * k * np.array(angles)).mean()) < 4 / np.sqrt(4000)


def test_a_turned_problem_is_the_same_problem():
    plain, turned = Problem(BOWLS), Problem(BOWLS, turned=7)
    theta, same = plain.starts(6, rng=0), turned.starts(6, rng=0)
    np.testing.assert_allclose(turned.loss(same), plain.loss(theta), rtol=1e-12)
    np.testing.assert_allclose(turned.field(same) @ turned.Q, plain.field(theta), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(same, axis=1), np.linalg.norm(theta, axis=1), rtol=1e-13)


def test_gradient_descent_does_not_see_a_rotation_and_adam_does():
    plain, turned = (Problem(BOWLS, turned=seed) for seed in (None, 7))
    a, b = (race(p, SGD, [0.01, 0.03], runs=5, rng=0).losses for p in (plain, turned))
    np.testing.assert_allclose(a, b, rtol=1e-9)
    a, b = (race(p, optim.Adam, [0.01, 0.03], runs=5, rng=0).losses for p in (plain, turned))
    assert np.abs(a - b).max() > 0.01


def test_neighbours_of_one_chain_are_computed_together():
    chains = [Chain("quadratic"), Chain("quadratic"), Chain("absolute"), Chain("quadratic", -3.0)]
    theta = np.random.default_rng(0).normal(size=(5, 4))
    expected = sum(chain(theta[:, j]) for j, chain in enumerate(chains))
    np.testing.assert_allclose(Problem(chains).loss(theta), expected, rtol=1e-13)


def test_changes():
    assert [Drift(0.5).at(t) for t in (0, 3)] == [(0, 1), (1.5, 1)]
    assert [Flip(2.0, every=2).at(t) for t in range(5)] == [(0, 1), (0, 1), (2, 1), (2, 1), (0, 1)]
    assert [Rescale(9.0, every=2).at(t) for t in range(5)] == [(0, 1), (0, 1), (0, 9), (0, 9), (0, 1)]
    still, theta = Problem([Chain("quadratic")]), np.array([[0.3]])
    moved, scaled = (Problem([Chain("quadratic")], change=c) for c in (Drift(0.5), Rescale(9.0, every=2)))
    np.testing.assert_allclose(moved.loss(theta + 1.5, t=3), still.loss(theta), rtol=1e-13)
    np.testing.assert_allclose(scaled.field(theta, t=2), 9 * still.field(theta), rtol=1e-13)


def test_problems_that_make_no_sense():
    with pytest.raises(ValueError, match="a chain for each coordinate"):
        Problem([])
    with pytest.raises(ValueError, match="an even number of chains"):
        Problem([Chain("line")] * 3, curl=1.0)


@pytest.mark.parametrize("name", MANY)
def test_on_a_device(name):
    problem = MANY[name]
    theta = problem.starts(4, rng=0).astype("float32")
    there = to_device(theta, "strict")
    np.testing.assert_array_equal(to_numpy(problem.loss(there)), problem.loss(theta))
    field = problem.field(there)
    assert to_numpy(field).dtype == np.float32
    np.testing.assert_array_equal(to_numpy(field), problem.field(theta))
