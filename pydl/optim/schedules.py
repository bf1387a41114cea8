"""Learning-rate schedules: ε as a function of the step t = 0, 1, 2, …, for the `lr` of any optimizer.

A step is one update, not one epoch: for a schedule over e epochs take ``steps = e * len(loader)``. The
optimizer counts the steps and keeps the count in its `state_dict`, so a schedule has nothing to save and
goes on after a checkpoint where it stood. Any function of the step serves; these are the common ones.

>>> from pydl import nn, optim
>>> layer = nn.Linear(2, 1)
>>> optimizer = optim.SGD(layer.parameters(), lr=linear(0.1, end=0.01, steps=100))
>>> optimizer.lr
0.1
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

__all__ = [
    "Schedule",
    "constant",
    "cosine",
    "exponential",
    "inverse_time",
    "linear",
    "one_cycle",
    "step",
    "warmup",
]


class Schedule:
    """A learning rate as a function of the step, which knows its name.

    Parameters
    ----------
    name : str
        How it is shown, e.g. in an optimizer's text.
    rate : callable
        Takes the step t = 0, 1, 2, …, returns ε_t.
    """

    def __init__(self, name: str, rate: Callable[..., float]) -> None:
        self.name, self.rate = name, rate

    def __call__(self, t: int) -> float:
        """Return ε_t for step `t`."""
        return self.rate(t)

    def __repr__(self) -> str:
        return self.name


def _checked(name: str, *, positive: Mapping[str, float] = {}, **rates: float) -> None:
    """Raise ValueError unless all `rates` are finite and >= 0, and what must be `positive` is > 0, too."""
    for key, value in rates.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name}: {key} must be a number >= 0, not {value!r}")
    for key, value in positive.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name}: {key} must be a number > 0, not {value!r}")


def constant(lr: float) -> Schedule:
    """ε_t = ε₀: return the schedule that is `lr` at every step."""
    _checked("constant", lr=lr)
    return Schedule(f"constant({lr})", lambda t: lr)


def linear(lr: float, end: float, steps: int) -> Schedule:
    """ε_t = (1 − a)·ε₀ + a·ε_τ with a = min(t/τ, 1): linear decay, then constant.

    Source: Goodfellow, Bengio & Courville (2016), equation 8.14.

    Parameters
    ----------
    lr : float
        ε₀, the first rate.
    end : float
        ε_τ, the last rate; about a hundredth of ε₀ is usual.
    steps : int
        τ.

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    ValueError
        If a rate is negative or steps is not positive.

    Examples
    --------
    >>> epsilon = linear(0.1, end=0.02, steps=4)
    >>> [round(epsilon(t), 3) for t in range(6)]
    [0.1, 0.08, 0.06, 0.04, 0.02, 0.02]
    """
    _checked("linear", lr=lr, end=end, positive={"steps": steps})

    def rate(t: int) -> float:
        a = min(t / steps, 1.0)
        return (1 - a) * lr + a * end

    return Schedule(f"linear({lr}, end={end}, steps={steps})", rate)


def step(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """ε_t = ε₀·γ^⌊t/s⌋: a factor γ every s steps.

    PyTorch's ``StepLR``.

    Parameters
    ----------
    lr : float
        ε₀.
    every : int
        s.
    factor : float
        γ.

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    ValueError
        If lr is negative, or every or factor is not positive.

    Examples
    --------
    >>> epsilon = step(1.0, every=2, factor=0.5)
    >>> [epsilon(t) for t in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    _checked("step", lr=lr, positive={"every": every, "factor": factor})
    return Schedule(f"step({lr}, every={every}, factor={factor})", lambda t: lr * factor ** (t // every))


def exponential(lr: float, factor: float) -> Schedule:
    """ε_t = ε₀·γᵗ.

    PyTorch's ``ExponentialLR``.

    Parameters
    ----------
    lr : float
        ε₀.
    factor : float
        γ, a little below 1: after 1/(1 − γ) steps about a third of ε₀ is left.

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    ValueError
        If lr is negative or factor is not positive.
    """
    _checked("exponential", lr=lr, positive={"factor": factor})
    return Schedule(f"exponential({lr}, factor={factor})", lambda t: lr * factor**t)


def inverse_time(lr: float, steps: float) -> Schedule:
    """ε_t = ε₀ / (1 + t/τ): half of ε₀ at t = τ, and Σε_t = ∞ with Σε_t² < ∞.

    Source: Robbins & Monro (1951) for the two sums; Darken & Moody (1990), "search then converge".

    Parameters
    ----------
    lr : float
        ε₀.
    steps : float
        τ.

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    ValueError
        If lr is negative or steps is not positive.
    """
    _checked("inverse_time", lr=lr, positive={"steps": steps})
    return Schedule(f"inverse_time({lr}, steps={steps})", lambda t: lr / (1 + t / steps))


def cosine(lr: float, steps: int, end: float = 0.0) -> Schedule:
    """ε_t = ε_τ + ½(ε₀ − ε_τ)(1 + cos(π·min(t/τ, 1))): half a wave, then constant.

    Source: Loshchilov & Hutter (2017), SGDR, equation 5, without restarts; PyTorch's ``CosineAnnealingLR``
    up to τ, where that rises again and this stays.

    Parameters
    ----------
    lr : float
        ε₀.
    steps : int
        τ.
    end : float
        ε_τ.

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    ValueError
        If a rate is negative or steps is not positive.

    Examples
    --------
    >>> epsilon = cosine(1.0, steps=4)
    >>> [round(epsilon(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    _checked("cosine", lr=lr, end=end, positive={"steps": steps})
    return Schedule(
        f"cosine({lr}, steps={steps}, end={end})",
        lambda t: end + 0.5 * (lr - end) * (1 + math.cos(math.pi * min(t / steps, 1.0))),
    )


def warmup(schedule: Callable[[int], float], steps: int) -> Schedule:
    """ε_t = (t + 1)/(n + 1)·s(0) for t < n, and s(t − n) from then on: n steps of climbing, then schedule s.

    Source: Goyal et al. (2017), section 2.2, gradual warm-up.

    Parameters
    ----------
    schedule : callable
        s, any function of the step.
    steps : int
        n.

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    TypeError
        If the schedule is no function.
    ValueError
        If steps is not positive.

    Examples
    --------
    >>> epsilon = warmup(step(1.0, every=2, factor=0.5), steps=3)
    >>> [epsilon(t) for t in range(7)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.5]
    """
    if not callable(schedule):
        raise TypeError(
            f"warmup takes a schedule, a function of the step, not {schedule!r}: try constant({schedule!r})"
        )
    _checked("warmup", positive={"steps": steps})
    return Schedule(
        f"warmup({schedule!r}, steps={steps})",
        lambda t: (t + 1) / (steps + 1) * schedule(0) if t < steps else schedule(t - steps),
    )


def one_cycle(
    lr: float,
    steps: int,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    anneal: str = "cos",
    three_phase: bool = False,
) -> Schedule:
    """ε_t climbs from ε/d to ε in the first share p of n steps, and falls to ε/(d·D) in the rest.

    Source: Smith & Topin (2018), "Super-convergence"; PyTorch's ``OneCycleLR``, at its last rate from step n − 1 on.

    Parameters
    ----------
    lr : float
        ε, the highest rate (PyTorch's ``max_lr``).
    steps : int
        n, the steps of the whole training (``total_steps``).
    pct_start : float
        p, the share of the climb, a fraction in spite of its name.
    div_factor, final_div_factor : float
        d and D: the first rate is ε/d, the last one D times smaller still.
    anneal : {"cos", "linear"}
        Half a cosine wave, or a line, in each phase (``anneal_strategy``).
    three_phase : bool
        Whether to fall back to ε/d as fast as it has climbed, and only then to ε/(d·D).

    Returns
    -------
    Schedule
        The function t ↦ ε_t.

    Raises
    ------
    ValueError
        If lr is negative, a factor not positive, anneal unknown, or a phase has no step of its own.

    Examples
    --------
    The momentum runs against the rate, here from 0.95 down to 0.85 and back. It is the same cycle upside down:

    >>> epsilon = one_cycle(1.0, steps=12, pct_start=0.5)
    >>> alpha = one_cycle(0.85, steps=12, pct_start=0.5, div_factor=0.85 / 0.95, final_div_factor=1)
    >>> [(round(epsilon(t), 3), round(alpha(t), 3)) for t in (0, 2, 5, 8, 11)]
    [(0.04, 0.95), (0.372, 0.915), (1.0, 0.85), (0.5, 0.9), (0.0, 0.95)]
    """
    _checked("one_cycle", lr=lr, positive={"div_factor": div_factor, "final_div_factor": final_div_factor})
    shapes: dict[str, Callable[..., Schedule]] = {"cos": cosine, "linear": linear}
    if anneal not in shapes:
        raise ValueError(f"one_cycle: anneal must be 'cos' or 'linear', not {anneal!r}")
    first, climb = lr / div_factor, pct_start * steps - 1
    knots = [(0.0, first), (climb, lr), (steps - 1.0, first / final_div_factor)]
    if three_phase:
        knots.insert(2, (2 * climb, first))
    if not all(a < b for (a, _), (b, _) in pairwise(knots)):
        raise ValueError(
            f"one_cycle: with steps={steps} and pct_start={pct_start} its phases would end at the steps"
            f" {[round(b, 3) for b, _ in knots[1:]]}: each must end after the one before it, the first after step 0"
        )
    phases = [(a, b, shapes[anneal](first, end=last, steps=b - a)) for (a, first), (b, last) in pairwise(knots)]

    def rate(t: int) -> float:
        start, _, phase = next((each for each in phases if t <= each[1]), phases[-1])
        return phase.rate(t - start)

    return Schedule(f"one_cycle({lr}, steps={steps}, pct_start={pct_start}, anneal={anneal!r})", rate)
