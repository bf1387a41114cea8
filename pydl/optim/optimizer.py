"""The base of all optimizers: one vector θ, one vector ∇J.

The parameters of a group are laid one after another into one contiguous vector θ, and stay in their
modules as views of it; their gradients likewise are views of ∇J. So an update is one formula on two
vectors: one pass over memory instead of one a parameter (for the 337 weights of a small network, 3 µs
instead of 25).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from pydl.autodiff import after_step, clock, raw
from pydl.backend import Array, to_device, to_numpy
from pydl.errors import GraphError
from pydl.tensor import Tensor

__all__ = ["Group", "Optimizer", "Rate"]

Rate = float | Callable[[int], float]
"""A learning rate: a number, or a schedule, a function of the step (0, 1, 2, …)."""

CHUNK = 1 << 15
"""Entries updated at a time: 128 KiB of float32, so that a formula's intermediate results stay in the L2 cache."""


class Group:
    """Parameters that share options, as one vector θ with its gradient and its optimizer's state.

    Attributes
    ----------
    theta, grad : array
        θ and ∇J, one axis.
    state : dict of str to array
        The optimizer's vectors, e.g. the velocity, of θ's length.
    options : dict
        Learning rate, weight decay, …
    """

    def __init__(self, parameters: Sequence[Tensor], slots: Sequence[str], options: dict[str, Any]) -> None:
        self.parameters, self.options = list(parameters), options
        first, total = self.parameters[0].data, sum(p.size for p in self.parameters)
        self.theta = np.zeros_like(first, shape=(total,))
        self.grad = np.zeros_like(self.theta)
        self.state = {name: np.zeros_like(self.theta) for name in slots}
        self.steps = [0] * len(self.parameters)  # how many updates each parameter has had
        self.bounds: list[tuple[int, int]] = []
        self.buffers: list[Array] = []
        start = 0
        for p in self.parameters:
            stop = start + p.size
            view, p.buffer = _shaped_like(p.data, self.theta[start:stop]), _shaped_like(p.data, self.grad[start:stop])
            view[...] = p.data
            p.data, p.gradient = view, None
            self.bounds.append((start, stop))
            self.buffers.append(p.buffer)
            start = stop

    def runs(self) -> list[tuple[int, int, int]]:
        """Return (start, stop, steps so far) of the pieces of θ to update.

        A parameter without a gradient is left alone. Neighbours that have one, and have had equally many
        updates, form one piece: normally that is all of θ.
        """
        now, t = clock(), self.steps[0]
        whole = self.steps.count(t) == len(self.steps)
        for p, buffer in zip(self.parameters, self.buffers, strict=True):
            if p.gradient is not None:
                p.changed = now
            whole = whole and p.gradient is buffer
        if whole:
            self.steps = [t + 1] * len(self.steps)
            return [(0, len(self.theta), t)]
        runs: list[tuple[int, int, int]] = []
        for i, p in enumerate(self.parameters):
            if p.buffer is not self.buffers[i]:
                raise GraphError(
                    "the parameters of this optimizer were handed to another one: keep one optimizer for a set of"
                    " parameters, or make a new one and drop this"
                )
            if p.gradient is None:
                continue
            if p.gradient is not p.buffer:  # set by hand, or by create_graph
                p.buffer[...] = raw(p.gradient)
            (start, stop), t = self.bounds[i], self.steps[i]
            if runs and runs[-1][1] == start and runs[-1][2] == t:
                runs[-1] = (runs[-1][0], stop, t)
            else:
                runs.append((start, stop, t))
            self.steps[i] = t + 1
        return runs


def _shaped_like(array: Array, piece: Array) -> Array:
    """View a piece of θ in the shape, and the memory order, of a parameter."""
    if array.ndim >= 2 and not array.flags.c_contiguous and array.swapaxes(-1, -2).flags.c_contiguous:
        return piece.reshape(array.swapaxes(-1, -2).shape).swapaxes(-1, -2)
    return piece.reshape(array.shape)


def _plain(option: Any) -> Any:
    """Turn a NumPy number into Python's, which leaves float32 alone: np.float64(0.1)·θ would be float64."""
    return option.item() if isinstance(option, np.generic) else option


class Optimizer:
    """Base class: holds θ and ∇J, the learning rate and the state; subclasses state one formula.

    A subclass names its state vectors in `slots` and writes `update`.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own: ``{"params": […], "weight_decay": 0}``.
    **options
        The options of all groups that do not set them.

    Raises
    ------
    ValueError
        If there is nothing to train, an option is unknown, or parameters of one group differ in dtype or device.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parameters: Iterable[Any], **options: Any) -> None:
        given = list(parameters)
        if not given:
            raise ValueError(f"{type(self).__name__} got no parameters: pass module.parameters()")
        if len(kinds := {isinstance(g, dict) for g in given}) > 1:
            raise ValueError(f"{type(self).__name__} takes parameters, or groups (dicts) of them, not some of each")
        self.step_count = 0
        checked, seen = [], set[int]()  # all is checked before any parameter moves into θ
        for group in given if kinds == {True} else [{"params": given}]:
            own = {k: v for k, v in group.items() if k != "params"}
            if unknown := sorted(set(own) - set(options)):
                raise ValueError(f"{type(self).__name__} has no options {unknown}: it has {sorted(options)}")
            parameters, own = list(group.get("params", ())), {k: _plain(v) for k, v in (options | own).items()}
            self._check(parameters, seen)
            self.check_options(own)
            checked.append((parameters, own))
        self.groups = [Group(parameters, self.slots, own) for parameters, own in checked]

    def _check(self, parameters: Sequence[Tensor], seen: set[int]) -> None:
        if not parameters:
            raise ValueError(f'{type(self).__name__}: a group without parameters: give it {{"params": […], …}}')
        kinds = set()
        for p in parameters:
            if not isinstance(p, Tensor) or p.op is not None or not p.requires_grad:
                raise ValueError(
                    f"{type(self).__name__} trains leaves that require gradients (parameters), not {p!r:.60}"
                )
            if id(p) in seen:
                raise ValueError(f"{type(self).__name__}: a parameter of shape {p.shape} was given twice")
            seen.add(id(p))
            kinds.add((str(p.dtype), p.device))
        if len(kinds) > 1:
            raise ValueError(
                f"parameters of one group must share dtype and device, not {sorted(kinds)}: make several groups"
            )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError on options outside their range; subclasses extend this.

        Parameters
        ----------
        options : dict
            Of one group.
        """
        lr = options.get("lr")
        if not callable(lr) and not (isinstance(lr, (int, float)) and lr >= 0):
            raise ValueError(f"{type(self).__name__}: lr must be a number >= 0 or a schedule, not {lr!r}")

    @property
    def lr(self) -> float:
        """The learning rate of the next step (of the first group)."""
        return self._rate(self.groups[0])

    def _rate(self, group: Group) -> float:
        lr = group.options["lr"]
        return float(lr(self.step_count) if callable(lr) else lr)

    def zero_grad(self) -> None:
        """Forget all gradients, so that the next backward pass starts from nothing."""
        for group in self.groups:
            for p in group.parameters:
                p.gradient = None

    def step(self) -> None:
        """Update θ from ∇J once. Parameters without a gradient stay as they are."""
        for group in self.groups:
            lr, slots = self._rate(group), list(group.state.values())
            for start, stop, t in group.runs():
                for i in range(start, stop, CHUNK):
                    j = min(i + CHUNK, stop)
                    self.update(group.theta[i:j], group.grad[i:j], lr, t, group.options, *[s[i:j] for s in slots])
        self.step_count += 1
        after_step(p for group in self.groups for p in group.parameters)

    def update(self, theta: Array, grad: Array, lr: float, t: int, options: dict[str, Any], *state: Array) -> None:
        """Change `theta` (and the state) in place; a subclass's formula.

        Parameters
        ----------
        theta, grad : array
            A piece of θ and the same piece of ∇J.
        lr : float
            The learning rate of this step.
        t : int
            How many updates this piece has had.
        options : dict
            The group's options.
        *state : array
            The same piece of each vector named in `slots`.

        Raises
        ------
        NotImplementedError
            If the subclass states no formula.
        """
        raise NotImplementedError(f"{type(self).__name__} needs an update method")

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the optimizer's state: steps and vectors, by group, without options and θ."""
        return {
            "step_count": self.step_count,
            "groups": [
                {"steps": list(g.steps), "state": {name: np.array(to_numpy(s)) for name, s in g.state.items()}}
                for g in self.groups
            ],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state.

        Parameters
        ----------
        state : dict
            From `state_dict` of an optimizer of the same class over parameters of the same sizes.

        Raises
        ------
        ValueError
            If the state does not fit; nothing is changed then.
        """
        if set(state) != {"step_count", "groups"}:
            raise ValueError(f"expected an optimizer's state with 'step_count' and 'groups', got {sorted(state)}")
        mine = [{name: s.shape for name, s in g.state.items()} for g in self.groups]
        theirs = [{name: np.shape(s) for name, s in g["state"].items()} for g in state["groups"]]
        if mine != theirs or any(
            len(g["steps"]) != len(h.steps) for g, h in zip(state["groups"], self.groups, strict=True)
        ):
            raise ValueError(f"the state does not fit this {type(self).__name__}: it has {theirs}, here are {mine}")
        counts = [[operator.index(n) for n in g["steps"]] for g in state["groups"]]
        self.step_count = operator.index(state["step_count"])
        for group, saved, steps in zip(self.groups, state["groups"], counts, strict=True):
            group.steps = steps
            for name, vector in group.state.items():
                vector[...] = to_device(np.asarray(saved["state"][name], vector.dtype), group.parameters[0].device)

    def __repr__(self) -> str:
        sizes = " + ".join(str(g.theta.size) for g in self.groups)
        options = ", ".join(f"{k}={v!r}" for k, v in self.groups[0].options.items())
        return f"{type(self).__name__}({sizes} weights, {options})"
