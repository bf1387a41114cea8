"""Splits are exact and seeded, labels become unit vectors, and only training data sets the scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydl.data import MNIST, Standardize, one_hot, train_test_split


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 200), fraction=st.floats(0.01, 0.99), seed=st.integers(0, 2**32))
def test_split_takes_each_sample_once(n, fraction, seed):
    if not 0 < round(fraction * n) < n:
        with pytest.raises(ValueError, match="would leave the training or the test part empty"):
            train_test_split(np.arange(n), fraction=fraction, rng=seed)
        return
    X = np.arange(n)
    X_train, X_test, Y_train, Y_test = train_test_split(X, np.stack([X, -X], 1), fraction=fraction, rng=seed)
    assert len(X_test) == round(fraction * n)
    np.testing.assert_array_equal(np.sort(np.concatenate([X_train, X_test])), X)
    np.testing.assert_array_equal(Y_train, np.stack([X_train, -X_train], 1))
    np.testing.assert_array_equal(Y_test, np.stack([X_test, -X_test], 1))
    np.testing.assert_array_equal(X_test, train_test_split(X, fraction=fraction, rng=seed)[1])


def test_split_refuses_what_it_cannot_divide():
    with pytest.raises(ValueError, match=r"one entry per sample .*, got shapes \[\(3, 2\), \(4,\)\]"):
        train_test_split(np.zeros((3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match=r"got shapes \[\(\)\]"):
        train_test_split(1.0)
    with pytest.raises(ValueError, match=r"got shapes \[\]"):
        train_test_split()
    with pytest.raises(ValueError, match="fraction=20 of 100 samples"):
        train_test_split(np.zeros(100), fraction=20)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_one_hot_marks_exactly_the_label(labels):
    Y = one_hot(labels, 10)
    assert (Y.shape, Y.dtype) == ((len(labels), 10), np.float32)
    assert Y.argmax(1).tolist() == labels
    assert (Y.sum(1) == 1).all()
    assert set(np.unique(Y)) <= {0, 1}
    assert one_hot(labels).shape[1] == max(labels) + 1


@pytest.mark.parametrize(
    ("labels", "kind", "words"),
    [
        ([0.0, 1.0], TypeError, "labels must be integers, got dtype float32"),
        ([[0, 1]], ValueError, r"labels must have shape \(N,\) with N > 0, got \(1, 2\)"),
        (np.array([], int), ValueError, "N > 0"),
        ([0, 3], ValueError, "labels from 0 to 3, expected 0 to 2 for 3 classes"),
        ([-1, 2], ValueError, "labels from -1 to 2"),
    ],
)
def test_one_hot_refuses(labels, kind, words):
    with pytest.raises(kind, match=words):
        one_hot(labels, 3)


def test_standardized_training_data_have_mean_0_and_deviation_1():
    X, _ = MNIST(train=False).arrays()
    scale = Standardize(X)
    Z = scale(X)
    assert Z.dtype == np.float32
    constant = X.std(0) == 0
    assert constant.any()
    assert (Z[:, constant] == 0).all()
    np.testing.assert_allclose(Z.mean(0, dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose(Z[:, ~constant].std(0, dtype=float), 1, rtol=1e-4)
    np.testing.assert_allclose(scale.inverse(Z), X, atol=1e-5)


def test_test_data_are_scaled_by_the_training_statistics():
    train, test = np.array([[0.0], [2.0]]), np.array([[10.0], [12.0]])
    scale = Standardize(train)
    np.testing.assert_array_equal(scale(test), [[9.0], [11.0]])
    np.testing.assert_array_equal(scale(train), [[-1.0], [1.0]])


def test_sums_in_double_precision():
    X = np.full((60_000, 1), 0.1, np.float32) + np.tile(np.float32([[0], [1e-3]]), (30_000, 1))
    exact = X.astype(np.float64)
    np.testing.assert_allclose(Standardize(X).mean, exact.mean(0, keepdims=True), rtol=1e-7)
    np.testing.assert_allclose(Standardize(X).std, exact.std(0, keepdims=True), rtol=1e-6)


def test_standardize_refuses():
    with pytest.raises(ValueError, match="needs floats with at least one sample, got uint8"):
        Standardize(np.zeros((3, 2), np.uint8))
    with pytest.raises(ValueError, match=r"at least one sample, got float64 of shape \(0, 2\)"):
        Standardize(np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"fitted on \(N, \(2,\)\) inputs, got \(3, 4\)"):
        Standardize(np.zeros((3, 2)))(np.zeros((3, 4)))
