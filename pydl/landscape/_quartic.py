"""Quartic forms on a few dimensions: found from values, sampled, and proved to be positive. All on the host.

With z(u) = (uᵢ² for all i, √2 uᵢuⱼ for all i < j), whose length is ‖u‖², a quartic form is zᵀMz.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from pydl.random import default_rng

__all__ = ["certified", "directions_for", "gram_of", "sampled"]


def directions_for(d: int) -> np.ndarray:
    """Return directions, one a row, on which the values determine a quartic form: all sums of one to four axes."""
    choices = (S for size in (1, 2, 3, 4) for S in itertools.combinations_with_replacement(range(d), size))
    return np.array([np.bincount(S, minlength=d) for S in choices], float)


def gram_of(directions: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return M, made of the form's symmetric tensor T, from the values on `directions_for`.

    Polarization: T(a, b, c, e) = 1/4! Σ (−1)^|S| φ(sum of S), S over the non-empty choices of a, b, c, e.
    """
    d, known = directions.shape[1], dict(zip(map(tuple, directions.astype(int).tolist()), values, strict=True))

    def entry(axes: tuple[int, ...]) -> float:
        choices = (S for size in (1, 2, 3, 4) for S in itertools.combinations(axes, size))
        return sum((-1) ** len(S) * known[tuple(np.bincount(S, minlength=d).tolist())] for S in choices) / 24

    weighted = [((i, j), 1.0 if i == j else math.sqrt(2)) for i, j in _pairs(d)]
    return np.array([[entry(p + q) * a * b for q, b in weighted] for p, a in weighted])


def sampled(gram: np.ndarray, d: int) -> np.ndarray:
    """Return the form's values in a thousand directions of length 1."""
    u = default_rng(0).standard_normal((1000, d))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    z = np.stack([u[:, i] * u[:, j] * (1.0 if i == j else math.sqrt(2)) for i, j in _pairs(d)], axis=1)
    return ((z @ gram) * z).sum(axis=1)


def certified(gram: np.ndarray, d: int) -> float:
    """Return a number that no value of the form on the unit sphere is below: where it is positive, so is the form.

    M is not unique: with e the indicator of the squares, (eᵀz)² = ‖u‖⁴ = ‖z‖², so I − eeᵀ makes the form 0. The bound
    is the largest λ_min(M + c(I − eeᵀ)) over c, a concave function, found by golden section. For d = 2 it finds every
    positive form: such a form is a sum of squares (Hilbert 1888), and c is the only freedom in writing it.
    """
    e = np.array([float(i == j) for i, j in _pairs(d)])
    nothing, ratio = np.eye(len(e)) - np.outer(e, e), (math.sqrt(5) - 1) / 2

    def bound(c: float) -> float:
        return float(np.linalg.eigvalsh(gram + c * nothing)[0])

    high = 2 * float(np.linalg.norm(gram))
    low = -high
    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (left, high) if bound(left) < bound(right) else (low, right)
    return bound((low + high) / 2)


def _pairs(d: int) -> list[tuple[int, int]]:
    return list(itertools.combinations_with_replacement(range(d), 2))
