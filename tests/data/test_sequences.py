"""The adding problem: shapes, seeds, marks, sums, and what they cost who does not look."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydl
from pydl.data import DataLoader, adding_problem


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 40), length=st.integers(2, 30), seed=st.integers(0, 2**63))
def test_two_marked_values_are_added(n, length, seed):
    X, y = adding_problem(n, length, seed)
    assert (X.shape, y.shape, X.dtype, y.dtype) == ((n, length, 2), (n, 1), np.float32, np.float32)
    values, marks = X[:, :, 0], X[:, :, 1]
    assert (values >= 0).all()
    assert (values <= 1).all()
    assert set(np.unique(marks)) <= {0, 1}
    assert (marks[:, : length // 2].sum(axis=1) == 1).all()
    assert (marks[:, length // 2 :].sum(axis=1) == 1).all()
    for sequence, target in zip(X, y[:, 0], strict=True):
        first, second = np.flatnonzero(sequence[:, 1])
        assert target == pytest.approx(sequence[first, 0] + sequence[second, 0], abs=1e-6)
    again = adding_problem(n, length, np.random.default_rng(seed))
    np.testing.assert_array_equal(X, again[0])
    np.testing.assert_array_equal(y, again[1])


def test_every_step_is_marked_equally_often_within_its_half():
    X, _ = adding_problem(50_000, 9, 0)
    np.testing.assert_allclose(X[:, :4, 1].mean(axis=0), 1 / 4, atol=0.01)
    np.testing.assert_allclose(X[:, 4:, 1].mean(axis=0), 1 / 5, atol=0.01)


def test_who_does_not_look_pays_a_sixth():
    _, y = adding_problem(50_000, 20, 0)
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, abs=0.003)


def test_the_package_stream_is_the_default():
    pydl.seed(3)
    first, second = adding_problem(5, 6), adding_problem(5, 6)
    assert (first[0] != second[0]).any()
    pydl.seed(3)
    np.testing.assert_array_equal(first[0], adding_problem(5, 6)[0])


def test_it_comes_in_batches_that_a_network_takes():
    for x, y in DataLoader(adding_problem(10, 7), batch_size=5):
        output, _ = pydl.nn.LSTM(2, 3, batch_first=True)(x)
        assert output[:, -1].shape == (5, 3)
        assert y.shape == (5, 1)


def test_bad_arguments_teach():
    with pytest.raises(ValueError, match="n must be at least 1 sequence, got 0"):
        adding_problem(0, 10)
    with pytest.raises(ValueError, match="length must be at least 2, one step for each mark, got 1"):
        adding_problem(5, 1)
    with pytest.raises(TypeError):
        adding_problem(2.5, 10)
