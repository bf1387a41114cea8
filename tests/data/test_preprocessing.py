"""Labels become unit vectors, and only training data sets the scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydl.data import MNIST, MinMax, Standardize, one_hot


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


def test_min_max_takes_the_training_set_to_the_interval():
    train, test = np.array([[0.0, 7.0], [2.0, 7.0], [5.0, 7.0]]), np.array([[-5.0, 8.0]])
    scale = MinMax(train, -1, 1)
    np.testing.assert_allclose(scale(train), [[-1, -1], [-0.2, -1], [1, -1]], rtol=1e-15)
    np.testing.assert_allclose(scale(test), [[-3, 1]], rtol=1e-15)
    np.testing.assert_allclose(scale.inverse(scale(test)), test, rtol=1e-15)
    assert MinMax(train.astype("float32"))(train.astype("float32")).dtype == np.float32


def test_min_max_refuses():
    with pytest.raises(ValueError, match="MinMax needs floats with at least one sample, got int64"):
        MinMax(np.zeros((3, 2), np.int64))
    with pytest.raises(ValueError, match="low < high, got 1 and 1"):
        MinMax(np.zeros((3, 2)), 1, 1)
    with pytest.raises(ValueError, match=r"MinMax was fitted on \(N, \(2,\)\)"):
        MinMax(np.zeros((3, 2)))(np.zeros((3, 4)))
