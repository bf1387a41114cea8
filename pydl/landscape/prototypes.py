"""Prototype shapes: what the loss may look like along one coordinate, and chains of such shapes.

Schaul, Antonoglou & Silver (2014, section 2) test optimizers on functions that are put together from
simple local shapes. Each shape lives on an interval of length 1. A chain lays several of them side by side, so
that value and slope go on where one ends and the next begins; one number, the slope at the left end, sets the
scale of all of them.

=========== ============================ ======================= ==============================
shape       slope from left to right     formula, slope −1       what it stands for
=========== ============================ ======================= ==============================
line        −1                           −u                      a long even descent
convex      −1 → −0.1                    −u + 0.45 u²            a descent that flattens
concave     −1 → −10                     −u − 4.5 u²             a descent that steepens
quadratic   −1 → 0 → 1                   u² − u                  a smooth minimum
absolute    −1, then 1                   abs(u − ½) − ½          a kink at the minimum (L1)
relu        −1, then 0                   max(½ − u, 0) − ½       a plateau behind a slope
cliff       −1, then 10                  −u + 11 max(u − ½, 0)   a steep wall that throws back
ridge       −1, then −10                 −u − 9 max(u − ½, 0)    an edge behind which it drops
bend        0, then −1                   −max(u − ½, 0)          the end of a plateau
exponential −1 → −0.001                  (e^(−bu) − 1)/b         a gradient that fades
gaussian    −1 → −2.2 → 0 → 2.2 → 1      a Gaussian, turned over a bowl with flat shoulders
laplace     −1 → −7.4, then 7.4 → 1      a Laplace density, too  a bowl with a cusp
=========== ============================ ======================= ==============================

The paper names the shapes and draws them; its numbers are partly in the authors' programs only. Where we follow
those: the factor 10 of cliff, ridge and convex, and e^(−b) = 1/1000. Our choices: kinks sit in the middle of the
interval, and the two bowls start two standard deviations from their centre (Laplace: two scale lengths).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydl.ops import absolute, clip, exp, expm1, relu

__all__ = ["SHAPES", "Chain", "Shape"]

STEEP = 10.0
"""The factor between the slopes on the two sides of a cliff or a ridge, and along the convex and concave arcs."""
FADING = math.log(1000.0)
"""b: over its interval, the slope of the exponential falls to a thousandth."""
WIDTH = 0.25
"""Standard deviation of the Gaussian bowl, and scale length of the Laplace bowl."""


@dataclass(frozen=True)
class Shape:
    """A function on [0, 1] that begins at 0 and goes down with slope −1 (or begins flat).

    Parameters
    ----------
    name : str
        What it is called in a chain.
    rise : callable
        u ↦ f(u), entry by entry, made of pydl's operations; defined for all u, so that the outer shapes of a chain
        go on beyond its ends.
    first, last : float
        f′(0) and f′(1).
    """

    name: str
    rise: Callable[[Any], Any]
    first: float
    last: float


def _gaussian(u: Any) -> Any:
    """Rise of a Gaussian that is turned over, with slope −1 at two standard deviations from its centre ½."""
    height = WIDTH * math.exp(2.0) / 2.0  # slope at distance 2σ: height·e^(−2)·2/σ
    return height * (math.exp(-2.0) - exp(-((u - 0.5) ** 2) / (2 * WIDTH**2)))


def _laplace(u: Any) -> Any:
    """Rise of a Laplace density that is turned over, with slope −1 at two scale lengths from its centre ½."""
    height = WIDTH * math.exp(2.0)
    return height * (math.exp(-2.0) - exp(-absolute(u - 0.5) / WIDTH))


_ALL = (
    Shape("line", lambda u: -u, -1.0, -1.0),
    Shape("convex", lambda u: 0.5 * (1 - 1 / STEEP) * u * u - u, -1.0, -1 / STEEP),
    Shape("concave", lambda u: 0.5 * (1 - STEEP) * u * u - u, -1.0, -STEEP),
    Shape("quadratic", lambda u: u * u - u, -1.0, 1.0),
    Shape("absolute", lambda u: absolute(u - 0.5) - 0.5, -1.0, 1.0),
    Shape("relu", lambda u: relu(0.5 - u) - 0.5, -1.0, 0.0),
    Shape("cliff", lambda u: (STEEP + 1) * relu(u - 0.5) - u, -1.0, STEEP),
    Shape("ridge", lambda u: -(STEEP - 1) * relu(u - 0.5) - u, -1.0, -STEEP),
    Shape("bend", lambda u: -relu(u - 0.5), 0.0, -1.0),
    Shape("exponential", lambda u: expm1(-FADING * u) / FADING, -1.0, -math.exp(-FADING)),
    Shape("gaussian", _gaussian, -1.0, 1.0),
    Shape("laplace", _laplace, -1.0, 1.0),
)
SHAPES = {shape.name: shape for shape in _ALL}
"""All shapes by name.

:meta hide-value:
"""


@dataclass(frozen=True)
class Chain:
    r"""Shapes side by side, as one function of one coordinate.

    .. math:: f(x) = \sum_{i=0}^{n-1} s_i\, f_i\big(\min(\max(x - i, 0), 1)\big)

    The i-th shape lives on [i, i + 1]. It adds what it rises on the part of its interval that lies to the left of x;
    the first shape goes on to the left without end, the last one to the right. The factors s_i make the slope go on
    where two shapes meet. A shape that begins flat, the bend, must follow one that ends flat; it goes down as
    steeply as the last slope before. A point exactly on a junction has the slopes of both sides added.

    Parameters
    ----------
    shapes : str
        Their names, separated by spaces, from left to right: keys of `SHAPES`.
    slope : float
        Slope at the left end, x = 0: the scale of the whole chain. Positive turns it upside down.

    Raises
    ------
    ValueError
        If a name is unknown, or the slopes of two neighbours cannot be made equal.

    References
    ----------
    Schaul, Antonoglou & Silver (2014), Unit Tests for Stochastic Optimization, section 2; the sum is ours.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> plateau = Chain("relu bend line", slope=-2.0)
    >>> x = np.array([0.25, 1.2, 2.5])
    >>> plateau(x)
    array([-0.5, -1. , -3. ])
    >>> abs(pydl.grad(lambda x: plateau(x).sum())(x))
    array([2., 0., 2.])
    """

    shapes: str
    slope: float = -1.0

    def __post_init__(self) -> None:
        self.pieces  # noqa: B018  (raises where the shapes do not fit)

    @cached_property
    def pieces(self) -> tuple[tuple[Shape, float], ...]:
        """Each shape with its factor s_i."""
        names = self.shapes.split()
        if unknown := sorted(set(names) - set(SHAPES)):
            raise ValueError(f"no shape is called {', '.join(unknown)}: there are {', '.join(SHAPES)}")
        if not names:
            raise ValueError(f"a chain needs at least one shape: {', '.join(SHAPES)}")
        found: list[tuple[Shape, float]] = []
        slope, steepest = float(self.slope), -float(self.slope)
        for name in names:
            shape = SHAPES[name]
            if shape.first:
                scale = slope / shape.first
            elif found and slope:
                raise ValueError(f"{name} begins flat, but {self.shapes!r} comes to it with slope {slope:g}")
            else:
                scale = steepest
            found.append((shape, scale))
            slope, steepest = scale * shape.last, scale or steepest
        return tuple(found)

    @property
    def length(self) -> int:
        """The number of shapes, which is the length of the chain."""
        return len(self.pieces)

    def __call__(self, x: Any) -> Any:
        """Return f at each entry of `x`."""
        if self.length == 1:
            shape, scale = self.pieces[0]
            return scale * shape.rise(x)
        total: Any = 0.0
        for i, (shape, scale) in enumerate(self.pieces):
            low, high = None if i == 0 else 0.0, None if i == self.length - 1 else 1.0
            total = total + scale * shape.rise(clip(x - i, low, high))
        return total
