"""Sequences drawn from a formula, on which networks with a memory are tested."""

from __future__ import annotations

import operator

import numpy as np

from pydl.backend import Array, default_device, default_dtype, to_device
from pydl.random import default_rng

__all__ = ["adding_problem"]


def adding_problem(n: int, length: int, rng: int | np.random.Generator | None = None) -> tuple[Array, Array]:
    """Draw sequences of pairs (value, mark); the target is the sum of the two values that are marked.

    Values are U(0, 1). The mark is 1 at two steps, one drawn from the first half and one from the second, and 0
    elsewhere. To answer 1 without looking costs a mean squared error of 1/6, the variance of the sum.

    Parameters
    ----------
    n : int
        Number of sequences.
    length : int
        Number of steps L of each, at least 2.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    X : array, shape (n, length, 2)
        Values and marks, in the default dtype.
    y : array, shape (n, 1)
        Sums, between 0 and 2.

    Raises
    ------
    ValueError
        If there is no sequence, or too little room for two marks.

    Notes
    -----
    This is the form of Arjovsky, Shah & Bengio, Unitary evolution recurrent neural networks (2016), section 5.1,
    like that of Le, Jaitly & Hinton (2015), whose two marks may stand anywhere. In the first one, Hochreiter &
    Schmidhuber, Long short-term memory (1997), experiment 4, values are U(−1, 1), the ends are marked by −1, lengths
    vary, and the sum is scaled to (0, 1).

    Examples
    --------
    >>> X, y = adding_problem(3, length=8, rng=0)
    >>> X.shape, y.shape, X[:, :, 1].sum(axis=1).tolist()
    ((3, 8, 2), (3, 1), [2.0, 2.0, 2.0])
    """
    if operator.index(n) < 1:
        raise ValueError(f"n must be at least 1 sequence, got {n}")
    if operator.index(length) < 2:
        raise ValueError(f"length must be at least 2, one step for each mark, got {length}")
    rng, rows, half = default_rng(rng), np.arange(n), length // 2
    values, marks = rng.uniform(0, 1, (n, length)), np.zeros((n, length))
    marks[rows, rng.integers(0, half, n)] = marks[rows, rng.integers(half, length, n)] = 1
    X, y = np.stack([values, marks], axis=2), np.sum(values * marks, axis=1, keepdims=True)
    return tuple(to_device(a.astype(default_dtype()), default_device()) for a in (X, y))
