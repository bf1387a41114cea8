"""Averages of iterates: the mean of the points that a noisy walk visits lies nearer to the goal than the last one."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pydl.autodiff import clock
from pydl.backend import Array, device_of, to_device, to_numpy
from pydl.errors import GraphError
from pydl.optim.kernel import BLOCK
from pydl.optim.optimizer import Optimizer
from pydl.tensor import Tensor

__all__ = ["Average"]


class Average:
    r"""Average the iterates θ₁, θ₂, … of an optimizer: all of them equally, or the late ones more.

    .. math:: \bar\theta \leftarrow \bar\theta + c_n\,(\theta_n - \bar\theta), \qquad n = 1, 2, \dots

    =============================== =========================== ==================================================
    what                            cₙ                          what θ̄ then is
    =============================== =========================== ==================================================
    ``Average(optimizer)``          1/n                         (θ₁ + … + θₙ)/n, the running mean
    ``decay=d``                     1 − d, but c₁ = 1           dⁿ⁻¹·θ₁ + (1 − d)·Σᵢ₌₂ dⁿ⁻ⁱ·θᵢ
    ``decay=d``, bias_correction    (1 − d)/(1 − dⁿ)            Σᵢ dⁿ⁻ⁱ·θᵢ / Σᵢ dⁿ⁻ⁱ
    =============================== =========================== ==================================================

    The running mean is Ruppert's (1988) and Polyak & Juditsky's (1992): with a learning rate that falls slower than
    1/t it is asymptotically as good as the best 1/t. The second row is PyTorch's ``AveragedModel`` with
    ``get_ema_multi_avg_fn``, the first its default. In the third, no iterate counts more than a later one, as in Adam
    (Kingma & Ba 2015, section 3). It costs one more vector of θ's length and a pass over memory a step. Buffers,
    such as the running statistics of a normalization, are not averaged.

    Parameters
    ----------
    parameters : Optimizer, or iterable of Parameter
        Whose θ to average; that of an optimizer lies in one piece and is averaged fastest.
    decay : float, optional
        d, between 0 and 1: about 1/(1 − d) iterates count. Without it, all count equally.
    start : int
        How many iterates to leave out first; until then, θ̄ is the last one.
    bias_correction : bool
        Whether, with a decay, θ₁ gets no more than its share.

    Raises
    ------
    TypeError
        If there is something else among the parameters.
    ValueError
        If there are none, or an option is out of range.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([0.0])
    >>> optimizer = pydl.optim.SGD([w], lr=1.0)
    >>> average = Average(optimizer)
    >>> for g in (-1.0, -1.0, -4.0):
    ...     w.grad = [g]
    ...     optimizer.step()
    ...     average.update()
    >>> with average.applied():
    ...     w.item()
    3.0
    >>> w.item()
    6.0

    In training: ``fit(…, after_step=[average.update])``.
    """

    def __init__(
        self,
        parameters: Optimizer | Iterable[Tensor],
        decay: float | None = None,
        start: int = 0,
        bias_correction: bool = False,
    ) -> None:
        if decay is not None and not 0 < decay < 1:
            raise ValueError(f"Average: decay must lie between 0 and 1, not {decay!r}; None averages all equally")
        if bias_correction and decay is None:
            raise ValueError("Average: bias_correction belongs to a decay: without one, all iterates count equally")
        if operator.index(start) < 0:
            raise ValueError(f"Average: start must be a number of steps >= 0, not {start}")
        self.optimizer = parameters if isinstance(parameters, Optimizer) else None
        self.parameters = _leaves(parameters)
        self.decay, self.start, self.bias_correction = decay, start, bias_correction
        self.steps, self._applied = 0, False
        self._means = [np.zeros_like(theta) for theta in self._thetas()]

    def _thetas(self) -> list[Array]:
        """Return what is averaged, as it lies in memory now: each group's θ, or each parameter."""
        if self.optimizer is None:
            return [p.data for p in self.parameters]
        for group in self.optimizer.groups:
            if any(p.buffer is not b for p, b in zip(group.parameters, group.buffers, strict=True)):
                raise GraphError(
                    "the parameters of this average's optimizer were handed to another one: average that one's"
                )
        return [group.theta for group in self.optimizer.groups]

    def _pieces(self) -> Iterator[tuple[Array, Array]]:
        """Yield θ and θ̄ in pieces that stay in the cache, whatever their order in memory."""
        for theta, mean in zip(self._thetas(), self._means, strict=True):
            theta, mean = theta.reshape(theta.shape or 1), mean.reshape(mean.shape or 1)
            rows = max(BLOCK * len(theta) // max(theta.size, 1), 1)
            for i in range(0, len(theta), rows):
                yield theta[i : i + rows], mean[i : i + rows]

    def update(self) -> None:
        """Take θ, as it is now, into the average: call it after each step.

        Raises
        ------
        GraphError
            If the averages are in θ's place, or the parameters belong to another optimizer now.
        """
        self._refuse_if_applied("update()")
        self.steps += 1
        n = max(self.steps - self.start, 1)
        if n == 1:
            weight = 1.0
        elif self.decay is None:
            weight = 1 / n
        else:
            weight = (1 - self.decay) / (1 - self.decay**n if self.bias_correction else 1)
        for theta, mean in self._pieces():
            if n == 1:
                mean[...] = theta  # exactly, also where θ̄ is infinite or NaN
            else:
                mean += weight * (theta - mean)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the averages into θ's place for the length of a ``with``, to evaluate or save them.

        θ comes back at the end, bit for bit, also after an error. No memory is needed: the two change places. Do not
        train within it: an optimizer's step would move the averages.

        Yields
        ------
        None
            Nothing: the model itself has the averaged weights.

        Raises
        ------
        ValueError
            If nothing has been averaged yet.
        GraphError
            If they are in place already, or the parameters belong to another optimizer now.
        """
        self._refuse_if_applied("applied()")
        if not self.steps:
            raise ValueError("Average: nothing has been averaged: call update() after each step of the optimizer")
        self._swap()
        self._applied = True
        try:
            yield
        finally:
            self._applied = False
            self._swap()

    def _swap(self) -> None:
        for theta, mean in self._pieces():
            kept = theta.copy()
            theta[...] = mean
            mean[...] = kept
        for p in self.parameters:
            p.changed = clock()

    def _refuse_if_applied(self, what: str) -> None:
        if self._applied:
            raise GraphError(f"Average.{what} within `with average.applied():`, where the averages are in θ's place")

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the averages, and how many iterates came; GraphError within `applied`."""
        self._refuse_if_applied("state_dict()")
        return {"steps": self.steps, "means": [np.array(to_numpy(mean)) for mean in self._means]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved average, bit for bit.

        Parameters
        ----------
        state : dict
            From `state_dict` of an average over parameters of the same shapes, made in the same way.

        Raises
        ------
        ValueError
            If the state does not fit; nothing is changed then.
        GraphError
            If the averages are in θ's place.
        """
        self._refuse_if_applied("load_state_dict()")
        if set(state) != {"steps", "means"}:
            raise ValueError(f"expected an average's state with 'steps' and 'means', got {sorted(state)}")
        mine, theirs = [mean.shape for mean in self._means], [np.shape(mean) for mean in state["means"]]
        if mine != theirs:
            raise ValueError(f"the state does not fit this average: it has the shapes {theirs}, here are {mine}")
        self.steps = operator.index(state["steps"])
        for mean, saved in zip(self._means, state["means"], strict=True):
            mean[...] = to_device(np.asarray(saved, mean.dtype), device_of(mean))

    def __repr__(self) -> str:
        kind = "equal weights" if self.decay is None else f"decay={self.decay}"
        return f"Average({sum(p.size for p in self.parameters)} weights, {kind}, {self.steps} steps)"


def _leaves(parameters: Any) -> list[Tensor]:
    """Return an optimizer's parameters, or the given ones, each of them once and a leaf."""
    if isinstance(parameters, Optimizer):
        return [p for group in parameters.groups for p in group.parameters]
    given = list(parameters) if isinstance(parameters, Iterable) else [parameters]
    if not given:
        raise ValueError("Average got no parameters: pass an optimizer, or module.parameters()")
    if wrong := [p for p in given if not isinstance(p, Tensor) or p.op is not None]:
        raise TypeError(
            f"Average takes an optimizer or a list of parameters, e.g. module.parameters(), not"
            f" {type(wrong[0]).__name__} {wrong[0]!r:.60}"
        )
    if len({id(p) for p in given}) < len(given):
        raise ValueError("Average: a parameter was given twice")
    return given
