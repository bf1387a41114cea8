"""Small sets drawn from a formula: same seed, same points, on every device.

Each function takes ``(n, noise, rng)`` and returns ``(X, y)`` on the default device. X has the default dtype
and shape (n, features). The targets y of a regression have that dtype too, and shape (n, 1); the labels of
a classification have dtype int64 and shape (n,), take turns, and are therefore equally frequent.
"""

from __future__ import annotations

import operator
from typing import TypeAlias

import numpy as np

from pydl.backend import Array, default_device, default_dtype, to_device
from pydl.random import default_rng

__all__ = ["blobs", "line", "moons", "noisy_sine", "spirals", "xor"]

Rng: TypeAlias = int | np.random.Generator | None
Pair: TypeAlias = tuple[Array, Array]


def _start(n: int, noise: float, rng: Rng) -> np.random.Generator:
    """Check the arguments that all sets share, and return the generator."""
    if operator.index(n) < 1:
        raise ValueError(f"n must be at least 1 sample, got {n}")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a finite number ≥ 0, got {noise}")
    return default_rng(rng)


def _ready(X: np.ndarray, y: np.ndarray) -> Pair:
    """Return both in their final type on the default device; a column of targets is a regression's."""
    y = y.astype(default_dtype() if y.ndim == 2 else np.int64)
    return to_device(X.astype(default_dtype()), default_device()), to_device(y, default_device())


def line(n: int = 30, noise: float = 0.1, rng: Rng = None) -> Pair:
    """Draw a line: y = 3x + 2 + u with x ~ U(−5, 5) and u ~ U(−noise, noise).

    Parameters
    ----------
    n : int
        Number of samples.
    noise : float
        Half the width of the noise.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    X : array, shape (n, 1)
        Inputs.
    y : array, shape (n, 1)
        Targets.

    Examples
    --------
    >>> X, y = line(rng=0)
    >>> X.shape, y.shape, bool((abs(y - 3 * X - 2) < 0.11).all())
    ((30, 1), (30, 1), True)
    """
    rng = _start(n, noise, rng)
    x = rng.uniform(-5, 5, (n, 1))
    return _ready(x, 3 * x + 2 + rng.uniform(-noise, noise, (n, 1)))


def noisy_sine(n: int = 30, noise: float = 0.2, rng: Rng = None) -> Pair:
    """Draw one period: y = sin(2πx) + e with x ~ U(0, 1), sorted, and e ~ N(0, noise²).

    Parameters
    ----------
    n : int
        Number of samples.
    noise : float
        Standard deviation of the noise.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    X : array, shape (n, 1)
        Inputs, ascending.
    y : array, shape (n, 1)
        Targets.

    References
    ----------
    C. M. Bishop: Pattern Recognition and Machine Learning (2006), section 1.1.
    """
    rng = _start(n, noise, rng)
    x = np.sort(rng.uniform(0, 1, (n, 1)), axis=0)
    return _ready(x, np.sin(2 * np.pi * x) + noise * rng.standard_normal((n, 1)))


def moons(n: int = 200, noise: float = 0.1, rng: Rng = None) -> Pair:
    """Draw two half circles: (cos t, sin t) and (1 − cos t, ½ − sin t), t ~ U(0, π), plus N(0, noise²).

    Parameters
    ----------
    n : int
        Number of samples, both classes together.
    noise : float
        Standard deviation of the noise in each coordinate.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    X : array, shape (n, 2)
        Points.
    y : array of int64, shape (n,)
        0 for the upper, 1 for the lower moon.
    """
    rng = _start(n, noise, rng)
    y, t = np.arange(n) % 2, rng.uniform(0, np.pi, n)
    upper, lower = np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    return _ready(np.where(y[:, None] == 0, upper, lower) + noise * rng.standard_normal((n, 2)), y)


def blobs(n: int = 200, noise: float = 0.3, rng: Rng = None, classes: int = 3) -> Pair:
    """Draw normal clouds N(μₖ, noise²·I) with centres μₖ equally spaced on the unit circle.

    Parameters
    ----------
    n : int
        Number of samples, all classes together.
    noise : float
        Standard deviation σ of each cloud; the centres of three lie √3 apart.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.
    classes : int
        Number of clouds.

    Returns
    -------
    X : array, shape (n, 2)
        Points.
    y : array of int64, shape (n,)
        The number of each point's cloud.
    """
    rng = _start(n, noise, rng)
    y = np.arange(n) % _at_least_one(classes)
    angle = 2 * np.pi * y / classes
    return _ready(np.stack([np.cos(angle), np.sin(angle)], 1) + noise * rng.standard_normal((n, 2)), y)


def spirals(n: int = 300, noise: float = 0.02, rng: Rng = None, classes: int = 2) -> Pair:
    """Draw arms r·(cos φ, sin φ), φ = 2π(1.5·r + k/classes), r ~ U(0, 1), plus N(0, noise²).

    Parameters
    ----------
    n : int
        Number of samples, all arms together.
    noise : float
        Standard deviation of the noise in each coordinate.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.
    classes : int
        Number of arms.

    Returns
    -------
    X : array, shape (n, 2)
        Points.
    y : array of int64, shape (n,)
        The number k of each point's arm.
    """
    rng = _start(n, noise, rng)
    y, r = np.arange(n) % _at_least_one(classes), rng.uniform(0, 1, n)
    angle = 2 * np.pi * (1.5 * r + y / classes)
    return _ready(np.stack([r * np.cos(angle), r * np.sin(angle)], 1) + noise * rng.standard_normal((n, 2)), y)


def xor(n: int = 4, noise: float = 0.0, rng: Rng = None) -> Pair:
    """Draw the corners of the unit square in turn, plus N(0, noise²); the label is x₁ xor x₂ of the corner.

    As it stands it returns the four points on which no line is right more than three times.

    Parameters
    ----------
    n : int
        Number of samples.
    noise : float
        Standard deviation of the noise in each coordinate.
    rng : int, numpy.random.Generator or None
        Where to draw from; see `pydl.random.default_rng`.

    Returns
    -------
    X : array, shape (n, 2)
        Points.
    y : array of int64, shape (n,)
        0 or 1.

    Examples
    --------
    >>> X, y = xor()
    >>> X.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]], [0, 1, 0, 1])
    """
    rng = _start(n, noise, rng)
    corners = np.array([[0, 0], [0, 1], [1, 1], [1, 0]])[np.arange(n) % 4]
    return _ready(corners + noise * rng.standard_normal((n, 2)), corners[:, 0] ^ corners[:, 1])


def _at_least_one(classes: int) -> int:
    if operator.index(classes) < 1:
        raise ValueError(f"classes must be at least 1, got {classes}")
    return classes
