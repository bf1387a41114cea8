"""What may disturb a gradient: noise, and a loss that changes while it is descended.

A noise makes of the exact gradient g a random one, a ⊙ g + b: it draws the factor a and the offset b. Which four
there are is Schaul, Antonoglou & Silver's (2014, section 2); the ways to change are theirs in kind and ours in detail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

__all__ = ["Additive", "Cauchy", "Change", "Drift", "Flip", "MaskOut", "Multiplicative", "Noise", "Rescale"]


class Noise(Protocol):
    """A distribution of factors and offsets for gradients."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return the factor a and the offset b for a gradient of `shape`, drawn from `rng`: arrays, or a number."""
        ...


def _check(name: str, **sizes: float) -> None:
    for key, value in sizes.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name}: {key} must be a number >= 0, not {value!r}")


@dataclass(frozen=True)
class Additive:
    """a = 1, b = σξ with ξ standard normal: noise that does not care how large the gradient is.

    Parameters
    ----------
    sigma : float
        σ, in units of the gradient.

    Raises
    ------
    ValueError
        If σ is negative.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = Additive(0.1).draw(np.random.default_rng(0), (2,))
    >>> a, b.round(3)
    (1.0, array([ 0.013, -0.013]))
    """

    sigma: float

    def __post_init__(self) -> None:
        _check("Additive", sigma=self.sigma)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return 1 and σξ of `shape`, from `rng`."""
        return 1.0, self.sigma * rng.standard_normal(shape)


@dataclass(frozen=True)
class Multiplicative:
    """a = exp(σξ − σ²/2), b = 0: noise as large as the gradient; a is never negative and has mean 1.

    The authors' programs take exp(σξ), whose mean is exp(σ²/2).

    Parameters
    ----------
    sigma : float
        σ, the standard deviation of log a.

    Raises
    ------
    ValueError
        If σ is negative.
    """

    sigma: float

    def __post_init__(self) -> None:
        _check("Multiplicative", sigma=self.sigma)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return exp(σξ − σ²/2) of `shape`, from `rng`, and 0."""
        return np.exp(self.sigma * rng.standard_normal(shape) - self.sigma**2 / 2), 0.0


@dataclass(frozen=True)
class Cauchy:
    """a = 1, b Cauchy distributed: outliers so large that the mean of the gradient does not exist.

    Parameters
    ----------
    scale : float
        Half of all offsets are smaller than this in size, one in 63 is larger than 40 times this.

    Raises
    ------
    ValueError
        If the scale is negative.
    """

    scale: float

    def __post_init__(self) -> None:
        _check("Cauchy", scale=self.scale)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return 1 and offsets of `shape`, from `rng`."""
        return 1.0, self.scale * rng.standard_cauchy(shape)


@dataclass(frozen=True)
class MaskOut:
    """a = 0 with probability p, else 1; b = 0: entries without a gradient, as dropout and rectifiers make them.

    Parameters
    ----------
    p : float
        Probability of a 0, below 1.

    Raises
    ------
    ValueError
        If p is not in [0, 1).
    """

    p: float

    def __post_init__(self) -> None:
        if not 0 <= self.p < 1:
            raise ValueError(f"MaskOut: p must lie in [0, 1), not {self.p!r}")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return zeros and ones of `shape`, from `rng`, and 0."""
        return (rng.random(shape) >= self.p).astype(np.float64), 0.0


class Change(Protocol):
    """A way in which a loss changes: at step t it is scale·J(θ − shift)."""

    def at(self, t: int) -> tuple[float, float]:
        """Return shift and scale at step `t`."""
        ...


@dataclass(frozen=True)
class Drift:
    """The minimum moves steadily: shift = speed·t in every coordinate.

    Parameters
    ----------
    speed : float
        Per step.
    """

    speed: float

    def at(self, t: int) -> tuple[float, float]:
        """Return shift and scale at step `t`."""
        return self.speed * t, 1.0


@dataclass(frozen=True)
class Flip:
    """The minimum jumps to and fro: shift = 0, by, 0, by, … for `every` steps each.

    Parameters
    ----------
    by : float
        How far, in every coordinate.
    every : int
        Steps between two jumps.
    """

    by: float
    every: int

    def at(self, t: int) -> tuple[float, float]:
        """Return shift and scale at step `t`."""
        return self.by * (t // self.every % 2), 1.0


@dataclass(frozen=True)
class Rescale:
    """The whole loss is multiplied: scale = 1, factor, 1, factor, … for `every` steps each.

    Parameters
    ----------
    factor : float
        By how much.
    every : int
        Steps between two changes.
    """

    factor: float
    every: int

    def at(self, t: int) -> tuple[float, float]:
        """Return shift and scale at step `t`."""
        return 0.0, self.factor if t // self.every % 2 else 1.0
