"""A suite of unit tests for optimizers: 41 problems in six groups, each with one difficulty or two.

The choice is ours, after the blocks of Schaul, Antonoglou & Silver (2014), who combine shapes, scales and noises to
thousands.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydl.landscape.noise import Additive, Cauchy, Change, Drift, Flip, MaskOut, Multiplicative, Noise, Rescale
from pydl.landscape.problems import Problem
from pydl.landscape.prototypes import Chain

__all__ = ["SUITE"]


def _one(shapes: str, noise: Noise | None = None, scale: float = 1.0, change: Change | None = None) -> Problem:
    """One coordinate."""
    return Problem([Chain(shapes, -scale)], noise=noise, change=change)


def _many(
    shapes: str, scales: Sequence[float], noise: Noise | None = None, turned: int | None = None, curl: float = 0.0
) -> Problem:
    """The same shapes in each coordinate, each with a scale of its own."""
    return Problem([Chain(shapes, -float(scale)) for scale in scales], noise=noise, turned=turned, curl=curl)


PAIR, TEN, RAVINE, DECADES = (1.0,) * 2, (1.0,) * 10, (1.0, 50.0), tuple(0.1 * 1000 ** (j / 9) for j in range(10))
SADDLE = (Chain("quadratic"), Chain("gaussian", slope=1.0))  # a valley in one coordinate, a hilltop in the other

SUITE: dict[str, dict[str, Problem]] = {
    "shape": {
        "line": _one("line"),
        "quadratic": _one("quadratic"),
        "absolute value": _one("absolute"),
        "ReLU": _one("relu"),
        "cliff": _one("cliff"),
        "ridge, bowl": _one("ridge quadratic"),
        "exponential": _one("exponential"),
        "Gaussian bowl": _one("gaussian"),
        "Laplace bowl": _one("laplace"),
        "plateau, bowl": _one("relu bend quadratic"),
    },
    "scale": {
        "quadratic / 100": _one("quadratic", scale=0.01),
        "quadratic × 100": _one("quadratic", scale=100.0),
        "absolute × 100": _one("absolute", scale=100.0),
        "exponential / 100": _one("exponential", scale=0.01),
    },
    "noise": {
        "line + heavy": _one("line", Additive(10.0)),
        "quadratic + normal": _one("quadratic", Additive(0.3)),
        "quadratic + heavy": _one("quadratic", Additive(10.0)),
        "quadratic × factor": _one("quadratic", Multiplicative(2.0)),
        "quadratic + Cauchy": _one("quadratic", Cauchy(1.0)),
        "quadratic, mask-out": _one("quadratic", MaskOut(0.9)),
        "absolute + normal": _one("absolute", Additive(1.0)),
        "absolute + Cauchy": _one("absolute", Cauchy(1.0)),
        "Gaussian bowl + normal": _one("gaussian", Additive(1.0)),
        "cliff + normal": _one("cliff", Additive(1.0)),
        "cliff × factor": _one("cliff", Multiplicative(2.0)),
        "flat, bowl + normal": _one("bend quadratic", Additive(1.0)),
    },
    "many": {
        "saddle": Problem(SADDLE, start=((0.0, 0.2), (0.49, 0.51))),
        "saddle + normal": Problem(SADDLE, noise=Additive(0.3), start=((0.0, 0.2), (0.49, 0.51))),
        "ravine": _many("quadratic", RAVINE),
        "ravine, turned": _many("quadratic", RAVINE, turned=1),
        "10 quadratic + normal": _many("quadratic", TEN, Additive(0.3)),
        "10 scales": _many("quadratic", DECADES),
        "10 scales, turned": _many("quadratic", DECADES, turned=2),
        "10 absolute, turned": _many("absolute", TEN, Additive(1.0), turned=3),
    },
    "curl": {
        "quadratic, curl": _many("quadratic", PAIR, curl=2.0),
        "quadratic, strong curl": _many("quadratic", PAIR, curl=10.0),
        "absolute, curl + normal": _many("absolute", PAIR, Additive(0.3), curl=2.0),
    },
    "change": {
        "quadratic drifts": _one("quadratic", Additive(0.3), change=Drift(0.02)),
        "quadratic jumps": _one("quadratic", Additive(0.3), change=Flip(2.0, every=25)),
        "quadratic rescales": _one("quadratic", Additive(0.3), change=Rescale(100.0, every=25)),
        "absolute drifts": _one("absolute", Additive(0.3), change=Drift(0.02)),
    },
}
"""The problems by group and name.

:meta hide-value:
"""
