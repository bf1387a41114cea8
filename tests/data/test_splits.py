"""Splits are exact, seeded and stratified, and copy no more than they must."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydl.data import Digits, split, train_test_split


@settings(max_examples=60, deadline=None)
@given(shares=st.lists(st.integers(1, 20), min_size=1, max_size=5), n=st.integers(40, 200), seed=st.integers(0, 2**32))
def test_parts_share_all_samples_out(shares, n, seed):
    fractions = [share / sum(shares) for share in shares]
    X = np.arange(n)
    if min(fractions) * n < 1:
        return
    parts = split((X, np.stack([X, -X], 1)), fractions, seed)
    assert len(parts) == len(shares)
    for (part, pairs), fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - fraction * n) < 1
        np.testing.assert_array_equal(pairs, np.stack([part, -part], 1))
    np.testing.assert_array_equal(np.sort(np.concatenate([part for part, _ in parts])), X)
    for again, (part, _) in zip(split((X,), fractions, seed), parts, strict=True):
        np.testing.assert_array_equal(again[0], part)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(10, 60), min_size=1, max_size=6),
    shares=st.sampled_from([(0.5, 0.5), (0.6, 0.2, 0.2), (0.25, 0.75)]),
    seed=st.integers(0, 2**32),
)
def test_stratified_parts_hold_each_labels_share(counts, shares, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    X = np.arange(len(labels))
    parts = split((X, labels), shares, seed, stratify=labels)
    np.testing.assert_array_equal(np.sort(np.concatenate([part for part, _ in parts])), X)
    for (part, mine), share in zip(parts, shares, strict=True):
        assert abs(len(part) - share * len(X)) < 1
        np.testing.assert_array_equal(mine, labels[part])
        # one sample from rounding within a label at each end, and what the other labels' rounding moves the cut
        found = np.bincount(mine, minlength=len(counts))
        assert (abs(found - share * np.array(counts)) <= 1 + np.array(counts) * (len(counts) + 2) / len(X)).all()


def test_any_sample_can_come_into_any_part():
    labels = np.arange(12) % 3
    for stratify in (None, labels):
        hits = sum(np.isin(np.arange(12), split((np.arange(12),), (6, 6), i, stratify=stratify)[0]) for i in range(400))
        assert (abs(hits - 200) < 5 * 10).all()  # five deviations of a fair coin


def test_in_order_nothing_is_copied():
    X = np.arange(10.0)
    first, last = split((X,), (0.8, 0.2), shuffle=False)
    assert np.shares_memory(first[0], X)
    np.testing.assert_array_equal(last[0], [8, 9])


def test_a_dataset_and_numbers_of_samples():
    (images, labels), (rest, _) = split(Digits(), (1000, 797), rng=0)
    assert (images.shape, labels.shape, rest.shape) == ((1000, 1, 8, 8), (1000,), (797, 1, 8, 8))


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ((0.5, 0.4), "positive shares that sum to 1"),
        ((5, 4), "positive numbers of samples that sum to 10"),
        ((), "positive shares"),
        ((1.5, -0.5), "positive shares"),
        ((0.98, 0.02), r"would leave a part empty: \[10, 0\]"),
    ],
)
def test_fractions_that_do_not_divide_teach(fractions, words):
    with pytest.raises(ValueError, match=words):
        split((np.arange(10),), fractions)


def test_split_refuses():
    with pytest.raises(TypeError, match="split needs a dataset or a tuple of arrays, got ndarray"):
        split(np.arange(10), (0.5, 0.5))
    with pytest.raises(ValueError, match="one label a sample, shape \\(10,\\), got \\(9,\\)"):
        split((np.arange(10),), (0.5, 0.5), stratify=np.arange(9))
    with pytest.raises(ValueError, match="a part of 5 samples would lack label True, of which there are 1"):
        split((np.arange(10),), (0.5, 0.5), stratify=np.arange(10) == 3)
    with pytest.raises(ValueError, match="shuffle=False cannot stratify"):
        split((np.arange(10),), (0.5, 0.5), stratify=np.arange(10), shuffle=False)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 200), fraction=st.floats(0.01, 0.99), seed=st.integers(0, 2**32))
def test_train_test_split_takes_each_sample_once(n, fraction, seed):
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


def test_train_test_split_refuses_what_it_cannot_divide():
    with pytest.raises(ValueError, match=r"one entry per sample .*, got shapes \[\(3, 2\), \(4,\)\]"):
        train_test_split(np.zeros((3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match=r"got shapes \[\(\)\]"):
        train_test_split(1.0)
    with pytest.raises(ValueError, match=r"got shapes \[\]"):
        train_test_split()
    with pytest.raises(ValueError, match="fraction=20 of 100 samples"):
        train_test_split(np.zeros(100), fraction=20)
