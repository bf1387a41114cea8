"""Splits: which samples a model learns from, which it is chosen by, and which it is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pydl.backend import Array, asarray, device_of, to_device, to_numpy
from pydl.data.preprocessing import as_arrays, common_length
from pydl.random import default_rng

__all__ = ["split", "train_test_split"]


def split(
    arrays: Any,
    fractions: Sequence[float],
    rng: int | np.random.Generator | None = None,
    *,
    stratify: Any = None,
    shuffle: bool = True,
) -> tuple[tuple[Array, ...], ...]:
    """Divide samples at random into parts, such as training, validation and test set, all arrays alike.

    Each row is copied once, into its part; with ``shuffle=False`` the parts are views and nothing is copied.

    Parameters
    ----------
    arrays : dataset or tuple of arrays, each of shape (N, …)
        Row i of each belongs to sample i. ``(np.arange(N),)`` gives the parts' indices.
    fractions : sequence of float, or of int
        Each part's share; they sum to 1. Or each part's number of samples; they sum to N.
    rng : int, numpy.random.Generator or None
        Where the division is drawn from; see `pydl.random.default_rng`.
    stratify : array, shape (N,), optional
        Labels of which each part shall hold its share, as nearly as whole samples allow.
    shuffle : bool
        Whether to draw the samples; otherwise the parts are consecutive, for data with an order in time.

    Returns
    -------
    tuple of tuple of array
        For each part, its arrays: ``(X_train, y_train), (X_val, y_val), (X_test, y_test)``.

    Raises
    ------
    TypeError
        If `arrays` is neither a dataset nor a tuple.
    ValueError
        If the lengths differ, the fractions do not add up, a part would be empty or lack a label.

    Examples
    --------
    >>> X, y = np.ones((150, 4)), np.arange(150) % 3
    >>> train, validation, test = split((X, y), (0.6, 0.2, 0.2), rng=0, stratify=y)
    >>> [len(X) for X, y in (train, validation, test)]
    [90, 30, 30]
    >>> np.bincount(validation[1])
    array([10, 10, 10])
    """
    known = as_arrays(arrays, "split")
    n = common_length(known)
    stops = np.cumsum([0, *_sizes(fractions, n)]).tolist()
    bounds = list(pairwise(stops))
    if not shuffle:
        if stratify is not None:
            raise ValueError("split: to hold labels' shares the samples must be drawn: shuffle=False cannot stratify")
        return tuple(tuple(array[start:stop] for array in known) for start, stop in bounds)
    order = default_rng(rng).permutation(n)
    if stratify is not None:
        order = _stratified(order, to_numpy(asarray(stratify)), bounds)
    parts = [order[start:stop] for start, stop in bounds]
    return tuple(tuple(array[to_device(rows, device_of(array))] for array in known) for rows in parts)


def _sizes(fractions: Sequence[float], n: int) -> list[int]:
    """Return the parts' sizes: they sum to n, and each is n·fraction rounded up or down."""
    given = [to_numpy(asarray(f)).item() for f in fractions]
    counts = bool(given) and all(isinstance(f, int) for f in given)
    if not given or not all(f > 0 for f in given) or abs(sum(given) - (n if counts else 1)) > 1e-6:
        raise ValueError(
            f"split: fractions={tuple(given)} of {n} samples: expected positive shares that sum to 1,"
            f" or positive numbers of samples that sum to {n}"
        )
    exact = np.array(given, dtype=np.float64) * (1 if counts else n)
    sizes = np.floor(exact + 1e-9).astype(int)
    sizes[np.argsort(sizes - exact, kind="stable")[: n - sizes.sum()]] += 1  # to the largest remainders
    if not sizes.all():
        raise ValueError(f"split: fractions={tuple(given)} of {n} samples would leave a part empty: {sizes.tolist()}")
    return [int(size) for size in sizes]


def _stratified(order: np.ndarray, labels: np.ndarray, bounds: list[tuple[int, int]]) -> np.ndarray:
    """Return `order` such that every stretch of it holds each label's share.

    The i-th of a label's n samples is put at (i + ½)/n of the way: every label is spread evenly over the whole.
    """
    if labels.shape != order.shape:
        raise ValueError(f"split: stratify needs one label a sample, shape {order.shape}, got {labels.shape}")
    _, number = np.unique(labels[order], return_inverse=True)
    counts = np.bincount(number)
    by_label = np.argsort(number, kind="stable")
    place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)  # i, label after label
    position = np.empty(len(order))
    position[by_label] = (place + 0.5) / np.repeat(counts, counts)
    order = order[np.argsort(position, kind="stable")]
    for start, stop in bounds:
        if lacking := sorted(set(labels.tolist()) - set(labels[order[start:stop]].tolist())):
            raise ValueError(
                f"split: a part of {stop - start} samples would lack label {lacking[0]!r}, of which there are"
                f" {int((labels == lacking[0]).sum())}: take larger parts, or leave stratify out"
            )
    return order


def train_test_split(
    *arrays: Any, fraction: float = 0.2, rng: int | np.random.Generator | None = None
) -> tuple[Array, ...]:
    """Divide samples at random into a training and a test part, all arrays alike.

    Parameters
    ----------
    *arrays : array, each of shape (N, …)
        Inputs, targets, …: row i of each belongs to sample i.
    fraction : float
        The share of the test part, between 0 and 1; it gets round(fraction·N) samples.
    rng : int, numpy.random.Generator or None
        Where the division is drawn from; see `pydl.random.default_rng`.

    Returns
    -------
    tuple of array
        ``X_train, X_test, y_train, y_test, …``, as scikit-learn gives them.

    Raises
    ------
    ValueError
        If the lengths differ, or one part would be empty.

    Examples
    --------
    >>> X, y = np.ones((150, 4)), np.arange(150)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, fraction=0.2, rng=0)
    >>> X_train.shape, y_test.shape
    ((120, 4), (30,))
    """
    n = common_length(tuple(asarray(array) for array in arrays))
    held_out = round(fraction * n) if 0 < fraction < 1 else 0
    if not 0 < held_out < n:
        raise ValueError(
            f"fraction={fraction} of {n} samples would leave the training or the test part empty:"
            f" expected a fraction between 0 and 1 that gives each at least one sample"
        )
    test, train = split(arrays, (held_out, n - held_out), rng)
    return tuple(part for pair in zip(train, test, strict=True) for part in pair)
