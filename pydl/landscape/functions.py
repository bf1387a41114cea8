"""Functions of two variables to race optimizers on: small enough to draw, each hard in its own way.

================= =====================================================================================
`beale`           flat plains, a narrow curved valley, walls of height 10⁴ in the corners
`rosenbrock`      a curved valley, steep across and flat along
`himmelblau`      four equal minima: the start decides which
`saddle`          two equal minima, and between them a saddle whose ridge a start may hit
`ravine`          a quadratic of condition number 50 along the axes
`turned_ravine`   the same, turned by 45°: rates for each coordinate no longer help
`plateau`         a hollow in a plain: far away, the gradient says nearly nothing
`waves`           a bowl with waves on it: many local minima
================= =====================================================================================

`SURFACES` has them by name. The figure of the race draws the same functions in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

from pydl.ops import cos, exp

__all__ = [
    "SURFACES",
    "Surface",
    "beale",
    "himmelblau",
    "plateau",
    "ravine",
    "rosenbrock",
    "saddle",
    "turned_ravine",
    "waves",
]

Interval = tuple[float, float]
CONDITION = 50.0
"""The condition number κ of the ravines."""


@dataclass(frozen=True)
class Surface:
    """A function of two variables, with what is known of it.

    Its value at θ is ``surface(theta)``: the last axis of θ holds x and y, leading axes are points. It is made of
    pydl's operations, so that `pydl.grad` and the rest differentiate it.

    Parameters
    ----------
    name : str
        What it is called.
    formula : str
        f(x, y) as one writes it.
    f : callable
        Takes x and y, two arrays or tensors of one shape, returns f(x, y) of that shape.
    minimizers : tuple of (float, float)
        All points where f is smallest; its smallest value is 0.
    window : ((float, float), (float, float))
        The part of the plane to draw: an interval of x, and one of y.
    start : (float, float)
        A start from which it is hard.
    source : str
        Where it comes from.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> from pydl.landscape.functions import rosenbrock
    >>> float(rosenbrock(np.array([-1.2, 1.0])).round(1))
    24.2
    >>> pydl.grad(rosenbrock)(np.array([1.0, 1.0]))
    array([0., 0.])
    """

    name: str
    formula: str
    f: Callable[[Any, Any], Any]
    minimizers: tuple[Interval, ...]
    window: tuple[Interval, Interval]
    start: tuple[float, float]
    source: str

    def __call__(self, theta: Any) -> Any:
        """Return f at each point of `theta`, whose last axis holds x and y."""
        return self.f(theta[..., 0], theta[..., 1])


def _square(half: float) -> tuple[Interval, Interval]:
    return (-half, half), (-half, half)


beale = Surface(
    "beale",
    "(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²",
    lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2,
    minimizers=((3.0, 0.5),),
    window=((-1.0, 5.0), (-3.0, 3.0)),
    start=(1.0, 1.5),
    source="Beale (1958); Moré, Garbow & Hillstrom (1981), problem 5, where the start is (1, 1)",
)
rosenbrock = Surface(
    "rosenbrock",
    "(1 - x)² + 100 (y - x²)²",
    lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    minimizers=((1.0, 1.0),),
    window=((-2.0, 2.0), (-1.0, 3.0)),
    start=(-1.2, 1.0),
    source="Rosenbrock (1960); Moré, Garbow & Hillstrom (1981), problem 1",
)
himmelblau = Surface(
    "himmelblau",
    "(x² + y - 11)² + (x + y² - 7)²",
    lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
    minimizers=(
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    ),
    window=_square(6.0),
    start=(-0.5, -1.0),
    source="Himmelblau (1972), Applied Nonlinear Programming",
)
saddle = Surface(
    "saddle",
    "x²/2 + (y² - 1)²/4",
    lambda x, y: x * x / 2 + (y * y - 1) ** 2 / 4,
    minimizers=((0.0, 1.0), (0.0, -1.0)),
    window=_square(2.0),
    start=(-1.6, 0.01),
    source="ours: near (0, 0) it is (x² - y²)/2 + 1/4, and far away it is bounded from below",
)
ravine = Surface(
    "ravine",
    "(x² + 50 y²)/2",
    lambda x, y: (x * x + CONDITION * y * y) / 2,
    minimizers=((0.0, 0.0),),
    window=_square(4.0),
    start=(-3.5, 1.0),
    source="ours: a quadratic of condition number 50",
)
turned_ravine = Surface(
    "turned_ravine",
    "(u² + 50 v²)/2 with u = (x + y)/√2, v = (y - x)/√2",
    lambda x, y: ravine.f((x + y) * sqrt(0.5), (y - x) * sqrt(0.5)),
    minimizers=((0.0, 0.0),),
    window=_square(4.0),
    start=(-3.2, -1.8),
    source="ours: the ravine, turned by 45°",
)
plateau = Surface(
    "plateau",
    "1 - exp(-x²/4 - y²/2)",
    lambda x, y: 1 - exp(-x * x / 4 - y * y / 2),
    minimizers=((0.0, 0.0),),
    window=_square(4.0),
    start=(-3.0, 2.0),
    source="ours: a Gaussian hollow",
)
waves = Surface(
    "waves",
    "(x² + y²)/8 + (2 - cos 3x - cos 3y)/4",
    lambda x, y: (x * x + y * y) / 8 + (2 - cos(3 * x) - cos(3 * y)) / 4,
    minimizers=((0.0, 0.0),),
    window=_square(4.0),
    start=(-3.4, 2.9),
    source="after Rastrigin (1974), with lower and longer waves",
)

SURFACES = {s.name: s for s in (beale, rosenbrock, himmelblau, saddle, ravine, turned_ravine, plateau, waves)}
"""All of them by name.

:meta hide-value:
"""
