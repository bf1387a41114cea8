"""Sets drawn from a formula: shapes, types, seeds, and the law each promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydl.random
from pydl.data import blobs, line, moons, noisy_sine, spirals, xor

REGRESSION = [line, noisy_sine]
CLASSES = [moons, blobs, spirals, xor]


@pytest.mark.parametrize("make", REGRESSION + CLASSES)
@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 60), noise=st.floats(0, 2), seed=st.integers(0, 2**63))
def test_shapes_types_and_seeds(make, n, noise, seed):
    X, y = make(n, noise, seed)
    assert X.dtype == np.float32
    assert X.shape == (n, 1 if make in REGRESSION else 2)
    assert (y.dtype, y.shape) == ((np.float32, (n, 1)) if make in REGRESSION else (np.int64, (n,)))
    assert np.isfinite(X).all()
    again = make(n, noise, np.random.default_rng(seed))
    np.testing.assert_array_equal(X, again[0])
    np.testing.assert_array_equal(y, again[1])


@pytest.mark.parametrize("make", REGRESSION + CLASSES)
def test_the_package_stream_is_the_default(make):
    pydl.random.seed(3)
    first, second = make(20, 0.1), make(20, 0.1)
    assert (first[0] != second[0]).any()
    pydl.random.seed(3)
    np.testing.assert_array_equal(first[0], make(20, 0.1)[0])


@pytest.mark.parametrize("make", CLASSES)
def test_classes_are_balanced(make):
    assert np.ptp(np.bincount(make(n=601, rng=0)[1])) <= 1
    if make in (blobs, spirals):
        assert np.bincount(make(n=50, rng=0, classes=5)[1]).tolist() == [10] * 5


def test_line_follows_its_formula():
    X, y = line(20_000, 0.1, 0)
    rest = y - 3 * X - 2
    assert np.abs(rest).max() < 0.1 + 1e-5
    assert rest.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.03)
    assert X.min() == pytest.approx(-5, abs=0.01)
    assert X.max() == pytest.approx(5, abs=0.01)


def test_noisy_sine_follows_its_formula():
    X, y = noisy_sine(20_000, 0.2, 0)
    assert (np.diff(X[:, 0]) >= 0).all()
    assert (y - np.sin(2 * np.pi * X)).std() == pytest.approx(0.2, rel=0.03)
    assert (y - np.sin(2 * np.pi * X)).mean() == pytest.approx(0, abs=0.01)


def test_moons_lie_on_their_circles_without_noise():
    X, y = moons(500, 0, 0)
    np.testing.assert_allclose(np.hypot(*X[y == 0].T), 1, rtol=1e-5)
    np.testing.assert_allclose(np.hypot(*(X[y == 1] - [1, 0.5]).T), 1, rtol=1e-5)
    assert X[y == 0, 1].min() >= -1e-6
    assert X[y == 1, 1].max() <= 0.5 + 1e-6


def test_blobs_have_their_centres_and_spread():
    X, y = blobs(30_000, 0.3, 0)
    for k in range(3):
        angle = 2 * np.pi * k / 3
        np.testing.assert_allclose(X[y == k].mean(0), [np.cos(angle), np.sin(angle)], atol=0.01)
        np.testing.assert_allclose(X[y == k].std(0), 0.3, rtol=0.03)


def test_spirals_turn_with_the_radius():
    X, y = spirals(500, 0, 0)
    r, angle = np.hypot(*X.T), np.arctan2(X[:, 1], X[:, 0])
    turns = np.cos(angle - 2 * np.pi * (1.5 * r + y / 2))
    np.testing.assert_allclose(turns[r > 0.01], 1, atol=1e-4)


def test_no_line_beats_three_quarters_on_xor():
    X, y = xor()
    best = 0
    for angle in np.linspace(0, 2 * np.pi, 73):
        for offset in np.linspace(-2, 2, 81):
            best = max(best, ((X @ [np.cos(angle), np.sin(angle)] > offset) == y).mean())
    assert best == 0.75


@pytest.mark.parametrize("make", REGRESSION + CLASSES)
def test_bad_arguments_teach(make):
    with pytest.raises(ValueError, match="n must be at least 1 sample, got 0"):
        make(0)
    with pytest.raises(TypeError):
        make(2.5)
    for noise in (-0.1, np.inf, np.nan):
        with pytest.raises(ValueError, match="noise must be a finite number"):
            make(5, noise)
    if make in (blobs, spirals):
        with pytest.raises(ValueError, match="classes must be at least 1, got 0"):
            make(5, classes=0)
