"""Exercises of backprop/why-depth: pieces of networks of rectifiers, sawteeth, and what is made of them."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["most_pieces", "product_by_sawteeth", "sawtooth_at", "shallow_count"]

# ---------------------------------------------------------------- how many pieces there can be


def _most_pieces(widths: list[int]) -> int:
    return int(np.prod([n + 1 for n in widths]))


most_pieces = Exercise(
    "most_pieces",
    "return (n₁ + 1)(n₂ + 1) ⋯ for hidden layers of n₁, n₂, … units.",
    _most_pieces,
    lambda rng: (rng.integers(2, 9, size=rng.integers(2, 5)).tolist(),),
    {
        "n units cut an interval into n + 1 parts, not n: add 1 to each width": lambda widths: int(np.prod(widths)),
        "this adds the layers up: each layer cuts every part that the layers before it made": lambda widths: (
            1 + sum(widths)
        ),
        "the 1 belongs to each layer: it is (n₁ + 1)(n₂ + 1) ⋯, not n₁ n₂ ⋯ + 1": lambda widths: (
            int(np.prod(widths)) + 1
        ),
        "this is 2 to the number of units, the number of on-off patterns; most of them do not occur along a line": (
            lambda widths: 2 ** sum(widths)
        ),
    },
)

# ---------------------------------------------------------------- a sawtooth in one line


def _sawtooth_at(x: np.ndarray, L: int) -> np.ndarray:
    return 1 - np.abs((2**L * x) % 2 - 1)


sawtooth_at = Exercise(
    "sawtooth_at",
    "return T(T(…T(x))), the tent L times: it rises while 2ᴸx modulo 2 is below 1, and falls above.",
    _sawtooth_at,
    lambda rng: (rng.uniform(size=6), int(rng.integers(1, 7))),
    {
        "it begins at 1: T(0) is 0, so subtract from 1": lambda x, L: 1 - _sawtooth_at(x, L),
        "there are twice as many pieces as there should be: T has two, so Tᴸ has 2ᴸ": lambda x, L: _sawtooth_at(
            x, L + 1
        ),
        "there are half as many pieces as there should be: T has two, so Tᴸ has 2ᴸ": lambda x, L: _sawtooth_at(
            x, L - 1
        ),
        "this goes up and jumps back to 0: a tent comes down as it went up": lambda x, L: (2**L * x) % 1,
        "this goes up to 2 and jumps back: fold what lies above 1, by 1 − |… − 1|": lambda x, L: (2**L * x) % 2,
    },
)

# ---------------------------------------------------------------- bends of a shallow network


def _bends(w: np.ndarray, b: np.ndarray, lo: float, hi: float) -> np.ndarray:
    return (lo < -b / w) & (-b / w < hi)


def _shallow_count(w: np.ndarray, b: np.ndarray, v: np.ndarray, lo: float, hi: float) -> int:
    return 1 + int(np.sum(_bends(w, b, lo, hi) & (v != 0)))


def _draw_shallow(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Draw a network in which some output weights are 0, and some units bend outside of the interval."""
    n = int(rng.integers(6, 12))
    w = rng.uniform(0.5, 2, n) * rng.choice([-1, 1], n)
    v = rng.normal(size=n) * (np.arange(n) % 3 > 0)
    return w, -w * rng.uniform(-3, 3, n), v, -1.5, 2.0


shallow_count = Exercise(
    "shallow_count",
    "return 1 plus the number of places −bⱼ/wⱼ between lo and hi at which the output bends.",
    _shallow_count,
    _draw_shallow,
    {
        "this is the number of bends: the pieces are one more": lambda w, b, v, lo, hi: (
            _shallow_count(w, b, v, lo, hi) - 1
        ),
        "all units are counted: leave out those that bend outside of the interval, and those with vⱼ = 0": (
            lambda w, b, v, lo, hi: len(w) + 1
        ),
        "a unit with vⱼ = 0 bends, but the output does not": lambda w, b, v, lo, hi: (
            1 + int(np.sum(_bends(w, b, lo, hi)))
        ),
        "some of these units bend outside of the interval: leave them out": lambda w, b, v, lo, hi: (
            1 + int(np.sum(v != 0))
        ),
        "the net input wx + b is 0 at −b/w: the sign is missing": lambda w, b, v, lo, hi: _shallow_count(
            w, -b, v, lo, hi
        ),
    },
)

# ---------------------------------------------------------------- multiplying with sawteeth


def _squared(x: np.ndarray, L: int, first: int = 1, base: int = 4) -> np.ndarray:
    return x - sum(_sawtooth_at(x, k) / float(base) ** k for k in range(first, L + 1))


def _product(x: np.ndarray, y: np.ndarray, L: int, first: int = 1, base: int = 4) -> np.ndarray:
    middle, alone = _squared((x + y) / 2, L, first, base), _squared(x, L, first, base) + _squared(y, L, first, base)
    return 2 * middle - alone / 2


product_by_sawteeth = Exercise(
    "product_by_sawteeth",
    "return 2 S((x + y)/2) − S(x)/2 − S(y)/2 with S(x) = x − Σ Tˡ(x)/4ˡ for l = 1 … L.",
    _product,
    lambda rng: (rng.uniform(size=5), rng.uniform(size=5), int(rng.integers(1, 5))),
    {
        "this is the product itself: approximate the three squares by sawteeth": lambda x, y, L: x * y,
        "the sawteeth are divided by powers of 4, not of 2": lambda x, y, L: _product(x, y, L, base=2),
        "the sum begins at l = 1; T⁰(x)/4⁰ is x itself": lambda x, y, L: _product(x, y, L, first=0),
        "there is one sawtooth too few: the sum goes up to l = L": lambda x, y, L: _product(x, y, L - 1),
        "x + y can be larger than 1, where S is not the square: use 2 S((x + y)/2)": lambda x, y, L: (
            _squared(x + y, L) / 2 - _squared(x, L) / 2 - _squared(y, L) / 2
        ),
        "half of the single squares is subtracted: −S(x)/2 − S(y)/2": lambda x, y, L: (
            2 * _squared((x + y) / 2, L) - _squared(x, L) - _squared(y, L)
        ),
    },
)
