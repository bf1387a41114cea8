"""Exercises of regularization/splits-and-early-stopping: when to stop, how to divide, what may be looked at."""

from __future__ import annotations

import math

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["best_of_guessers", "early_stop", "fold", "scale_both"]


def _draw_errors(rng: np.random.Generator) -> tuple[list[float], int, float]:
    """Draw a U that falls slowly, then not at all, then rises, and at last falls deeper than before."""
    patience, slow = int(rng.integers(3, 6)), int(rng.integers(2, 4))
    fall = np.cumsum(-rng.uniform(0.3, 0.5, int(rng.integers(4, 9))))
    crawl = fall[-1] - 0.02 * np.arange(1, slow)  # lower, but by less than the margin
    rise = fall[-1] + np.sort(rng.uniform(0.1, 2, 12))
    values = np.concatenate([fall, crawl, rise, [fall[-1] - 5]]) + 10
    return [float(value) for value in values], patience, 0.1


def _early_stop(values: list[float], patience: int, min_delta: float, late: int = 0) -> tuple[int, int]:
    lowest, last = 0, 0  # epochs: of the lowest value, and of the last progress
    for epoch in range(1, len(values)):
        if values[epoch] < values[last] - min_delta:
            last = epoch
        if values[epoch] < values[lowest]:
            lowest = epoch
        if epoch - last >= patience + late:
            break
    return lowest, epoch


early_stop = Exercise(
    "early_stop",
    "return two epochs, counted from 0: that of the lowest error up to the end of training, and the one after which"
    " training ends, because `patience` epochs in a row made no progress. Progress is an error below the last best one"
    " by more than `min_delta`; the last best one is the error that made progress last",
    reference=_early_stop,
    draw=_draw_errors,
    mistakes={
        "training goes on for one epoch too many: it ends as soon as `patience` epochs have passed without"
        " progress": lambda values, patience, min_delta: _early_stop(values, patience, min_delta, late=1),
        "min_delta is not used: a gain that is smaller must not buy time": lambda values, patience, min_delta: (
            _early_stop(values, patience, 0.0)
        ),
        "this is the minimum of the whole list, but training has ended before it: what lies behind the last epoch"
        " cannot be known": lambda values, patience, min_delta: (
            int(np.argmin(values)),
            _early_stop(values, patience, min_delta)[1],
        ),
        "these are the weights of the last progress; a smaller gain after it buys no time, but its weights are better:"
        " keep those of the lowest error": lambda values, patience, min_delta: (
            _early_stop(values, patience, min_delta)[1] - patience,
            _early_stop(values, patience, min_delta)[1],
        ),
    },
)


def _draw_fold(rng: np.random.Generator) -> tuple[int, int, int]:
    k = int(rng.integers(3, 7))
    return k * int(rng.integers(3, 6)) + int(rng.integers(1, k)), k, int(rng.integers(k - 1))


def _fold(n: int, k: int, i: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([j for j in range(n) if j % k != i]), np.arange(i, n, k)


fold = Exercise(
    "fold",
    "return the indices of the training samples, then those of the validation samples, each ascending: sample j"
    " belongs to the validation set of fold j mod k, and to the training set of all other folds",
    reference=_fold,
    draw=_draw_fold,
    mistakes={
        "exchange the two: the training set is the large one": lambda n, k, i: _fold(n, k, i)[::-1],
        "the validation samples are in the training set, too: leave them out there": lambda n, k, i: (
            np.arange(n),
            _fold(n, k, i)[1],
        ),
        "the last samples are lost: n need not be a multiple of k": lambda n, k, i: _fold(n - n % k, k, i),
    },
)


def _scale(X: np.ndarray, *parts: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple((part - X.mean(axis=0)) / X.std(axis=0) for part in parts)


def _draw_parts(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    d = int(rng.integers(2, 5))
    return rng.normal(2, 3, (int(rng.integers(5, 9)), d)), rng.normal(3, 2, (int(rng.integers(5, 9)), d))


scale_both = Exercise(
    "scale_both",
    "standardize the features of both parts, (x − mean) / standard deviation, with statistics that a model in use"
    " would have; `std` divides by N, NumPy's default",
    reference=lambda X_train, X_test: _scale(X_train, X_train, X_test),
    draw=_draw_parts,
    mistakes={
        "the statistics of all samples contain the test set's: take those of the training set for both": lambda X, T: (
            _scale(np.concatenate([X, T]), X, T)
        ),
        "each part has its own statistics, so the same input means different things in the two: take those of the"
        " training set for both": lambda X, T: (*_scale(X, X), *_scale(T, T)),
        "the test part is in its own units still: it goes through the same function": lambda X, T: (*_scale(X, X), T),
        "you only subtract the mean; divide by the training set's standard deviation, too": lambda X, T: (
            X - X.mean(axis=0),
            T - X.mean(axis=0),
        ),
    },
)


def _guessers(n: int, k: int, least: int = 0) -> float:
    """Return the mean of the largest of k binomial numbers (n, ½), over n: Σ_m (1 − P(all < m)) / n."""
    below = np.cumsum([math.comb(n, m) / 2**n for m in range(n + 1)])  # P(one guesser has at most m right)
    return float(1 - np.sum(1 - below[least:n] ** k) / n)


best_of_guessers = Exercise(
    "best_of_guessers",
    "return the expected error rate, on n test samples, of the best of k models that guess each label with"
    " probability ½, independently. The number of right answers of one has the distribution function F(m) = Σ_{i ≤ m}"
    " C(n, i) / 2ⁿ, the largest of k numbers has Fᵏ, and E[R] = Σ_{m=0}^{n−1} P(R > m)",
    reference=_guessers,
    draw=lambda rng: (int(rng.integers(5, 40)), int(rng.integers(2, 30))),
    mistakes={
        "½ is the error of one guesser chosen in advance, not of the one that the test set has chosen": lambda n, k: (
            0.5
        ),
        "this is the best one's accuracy: the error is 1 minus it": lambda n, k: 1 - _guessers(n, k),
        "the sum begins at m = 0": lambda n, k: _guessers(n, k, least=1),
        "this is the number of wrong answers: divide by n": lambda n, k: n * _guessers(n, k),
    },
)
