"""Races: all learning rates and all runs of an optimizer on a problem at once, and what to say of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pydl.backend import to_numpy
from pydl.landscape.problems import Problem
from pydl.random import default_rng
from pydl.tensor import Tensor

__all__ = ["VERDICTS", "Race", "race", "verdict"]


@dataclass(frozen=True)
class Race:
    """What a race recorded.

    Parameters
    ----------
    losses : array
        Shape (rates, runs): true loss at the end, the mean over the last steps.
    still : array
        Shape (runs,): the same for a run that never left its start.
    """

    losses: np.ndarray
    still: np.ndarray


def race(
    problem: Problem,
    optimizer: Callable[[list[dict[str, Any]]], Any],
    rates: Sequence[Any],
    steps: int = 100,
    runs: int = 20,
    rng: int | np.random.Generator | None = None,
    last: int = 10,
    average: Callable[[Any], Any] | None = None,
) -> Race:
    """Run an optimizer on a problem, all learning rates and all runs at once.

    First-order rules act entry by entry, so independent runs are just more entries: each rate is a group with one
    parameter of shape (runs, d). All rates, and all optimizers that are given the same number as `rng`, meet the
    same starts and the same noise, so that they differ by nothing but themselves.

    Parameters
    ----------
    problem : Problem
        Where.
    optimizer : callable
        Takes groups ``{"params": […], "lr": …}``, returns an optimizer of them.
    rates : sequence of float or callable
        Learning rates, or schedules.
    steps : int
        How many updates.
    runs : int
        How many independent runs for each rate.
    rng : int, numpy.random.Generator or None
        For starts and noise.
    last : int
        Over how many of the last steps the true loss is averaged.
    average : callable, optional
        Takes the optimizer, returns a `pydl.optim.Average` of it, whose point is then the one judged.

    Returns
    -------
    Race
        The true losses at the end; inf where a run left the range of numbers.

    Raises
    ------
    ValueError
        If there are no more steps than are averaged at the end.
    """
    if not 0 < last <= steps:
        raise ValueError(f"race: the last {last} of {steps} steps cannot be averaged")
    rng = default_rng(rng)
    start = problem.starts(runs, rng)
    parameters = [Tensor(start.copy(), requires_grad=True) for _ in rates]
    opt = optimizer([{"params": [p], "lr": lr} for p, lr in zip(parameters, rates, strict=True)])
    mean = average(opt) if average is not None else None

    def points() -> np.ndarray:
        return np.stack([to_numpy(p.data) for p in parameters])

    losses, still = np.zeros((len(parameters), runs)), np.zeros(runs)
    with np.errstate(all="ignore"):  # a rate that is too large may leave the range of numbers: that is a result
        for t in range(steps):
            g = problem.field(points(), t)
            if problem.noise is not None:
                a, b = problem.noise.draw(rng, start.shape)
                g = a * g + b
            for p, own in zip(parameters, g, strict=True):
                p.grad = own
            opt.step()
            if mean is not None:
                mean.update()
            if t >= steps - last:
                if mean is None:
                    now = points()
                else:
                    with mean.applied():
                        now = points()
                losses += problem.loss(now, t) / last
                still += problem.loss(start, t) / last
    return Race(np.where(np.isnan(losses), np.inf, losses), still)


VERDICTS = ("fails", "slow", "unsteady", "works", "on a par", "better")
"""The verdicts of `verdict`, from worst to best."""


def verdict(gain: np.ndarray) -> np.ndarray:
    """Judge the gains of repeated runs, measured in units of what tuned SGD gains.

    =========== ==========================================================================
    fails       the median is worse than standing still, or more than a quarter of the runs is not finite
    slow        the median is below 0.1
    unsteady    the median is not, but more than a quarter of the runs is
    works       the median is below 0.9
    on a par    the median lies between 0.9 and 1.1
    better      the median is above 1.1
    =========== ==========================================================================

    After Schaul, Antonoglou & Silver (2014): the limits 0.1 and one quarter are those of their programs, which call
    excellent what is beyond 2 and tell no finer between.

    Parameters
    ----------
    gain : array
        Shape (…, runs).

    Returns
    -------
    array of int
        Shape (…): indices into `VERDICTS`.

    Examples
    --------
    >>> import numpy as np
    >>> [VERDICTS[i] for i in verdict(np.array([[1.0, 1.02, 0.98], [0.05, 0.7, 0.6], [-1.0, -2.0, 0.5]]))]
    ['on a par', 'unsteady', 'fails']
    """
    finite = np.isfinite(gain)
    middle = np.median(np.where(finite, gain, -np.inf), axis=-1)
    poor = np.mean(~finite | (gain < 0.1), axis=-1)
    broken = np.mean(~finite, axis=-1) > 0.25
    return np.select(
        [broken | (middle < 0), middle < 0.1, poor > 0.25, middle < 0.9, middle <= 1.1], [0, 1, 2, 3, 4], default=5
    )
