"""The base of all optimizers: options, schedules, weight decay and state; a subclass states one formula.

What is trained lies as one vector θ beside one vector ∇J (`pydl.optim.group`), and `pydl.optim.kernel` runs the
formula on them.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np

from pydl.autodiff import after_step
from pydl.backend import to_device, to_numpy
from pydl.optim.group import Group
from pydl.optim.kernel import Formula, Kernel
from pydl.tensor import Tensor

__all__ = ["Optimizer", "Rate"]

Rate = float | Callable[[int], float]
"""A learning rate: a number, or a schedule, a function of the step (0, 1, 2, …)."""


def _plain(option: Any) -> Any:
    """Turn a NumPy number into Python's, which leaves float32 alone: np.float64(0.1)·θ would be float64."""
    return option.item() if isinstance(option, np.generic) else option


RANGES: dict[str, Callable[[float], bool]] = {
    ">= 0": lambda v: v >= 0,
    "in [0, 1)": lambda v: 0 <= v < 1,
    "in [0, 1]": lambda v: 0 <= v <= 1,
}


@cache
def _switches(kind: Any) -> tuple[str, ...]:
    """Name the options of a subclass whose truth decides about its formula's text, and about its state."""
    if not hasattr(kind, "formula"):
        raise NotImplementedError(f"{kind.__name__} states no formula: see pydl.optim.Optimizer for an example")
    named = (*inspect.signature(kind.formula).parameters, *filter(None, kind.slots.values()))
    return ("maximize", "weight_decay", "decoupled_weight_decay", *dict.fromkeys(named))


@cache
def _kernel(kind: Any, switches: tuple[bool, ...]) -> Kernel:
    """Make one kernel for all optimizers of a subclass, so that it is compiled once."""
    on = dict(zip(_switches(kind), switches, strict=True))
    formula = kind.formula(**{name: on[name] for name in inspect.signature(kind.formula).parameters})
    held = [option is None or on[option] for option in kind.slots.values()]
    return Kernel(formula, held, on["maximize"], on["weight_decay"], on["decoupled_weight_decay"])


class Optimizer:
    r"""Base class: holds θ and ∇J, the options and the state; a subclass states one formula.

    .. math:: g = \pm\nabla J(\theta) + \lambda\,\theta, \qquad (\theta, \text{state}) \leftarrow
        \text{formula}(\theta, g, \text{state}, \text{numbers of the step})

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own: ``{"params": […], "weight_decay": 0}``.
    lr : float or callable
        ε, the learning rate. It may be a function of the step, and so may every other number among the options.
    weight_decay : float
        λ, the factor of an L2 penalty. Where an optimizer has the option ``decoupled_weight_decay`` and it is true,
        λ stays out of g, and θ ← (1 − ελ) θ precedes the formula.
    maximize : bool
        Whether to climb: g = −∇J + λθ, as in PyTorch.
    **options
        The subclass's.

    Raises
    ------
    ValueError
        If there is nothing to train, an option is unknown or out of range, or parameters of one group differ in dtype
        or device.
    NotImplementedError
        If the class states no formula.

    Examples
    --------
    A subclass states its formula and, where that needs them, `slots`, `ranges` and `numbers`:

    >>> import numpy as np, pydl
    >>> class SignDescent(pydl.optim.Optimizer):
    ...     @staticmethod
    ...     def formula():
    ...         def sign_descent(theta, grad, lr):
    ...             theta -= lr * np.sign(grad)
    ...             return (theta,)
    ...
    ...         return sign_descent
    >>> w = pydl.nn.Parameter([3.0, -2.0])
    >>> optimizer = SignDescent([w], lr=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [2.5, -1.5]
    """

    formula: ClassVar[Callable[..., Formula]]
    """Takes, by name, whether options are on, and returns the formula: a function of θ, g, each state vector and the
    numbers, to the new θ and state. It is written for an entry, with operators and functions named ``np.…``, and also
    runs on arrays, which it may change in place. State that an option has off comes as None."""
    slots: ClassVar[dict[str, str | None]] = {}
    """The state vectors in the order of the formula's arguments, each with the option that calls for it, if any."""
    ranges: ClassVar[dict[str, str]] = {}
    """Where options must lie: names of `RANGES`."""

    def __init__(
        self, parameters: Iterable[Any], lr: Rate, weight_decay: float = 0.0, maximize: bool = False, **options: Any
    ) -> None:
        given, options = list(parameters), {"lr": lr, "weight_decay": weight_decay, "maximize": maximize} | options
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
        self.groups = [Group(parameters, own) for parameters, own in checked]
        for group in self.groups:
            self._prepare(group)

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
        """Raise ValueError on options outside their range; subclasses whose options depend on each other extend this.

        Parameters
        ----------
        options : dict
            Of one group. Functions of the step are checked at each step, by their values.
        """
        for name, wanted in {"lr": ">= 0", "weight_decay": ">= 0", **self.ranges}.items():
            value = options[name]
            for v in value if isinstance(value, (tuple, list)) else (value,):
                if not callable(v) and not (isinstance(v, (int, float)) and RANGES[wanted](v)):
                    also = " or a schedule" if name == "lr" else ""
                    raise ValueError(f"{type(self).__name__}: {name} must be a number {wanted}{also}, not {value!r}")

    @property
    def lr(self) -> float:
        """The learning rate of the next step (of the first group)."""
        lr = self.groups[0].options["lr"]
        return float(lr(self.step_count) if callable(lr) else lr)

    def _now(self, group: Group) -> dict[str, Any]:
        """Return the group's options with the values that schedules have at this step."""
        if group.options != group.prepared_for:
            self.check_options(group.options)
            self._prepare(group)
        if not group.scheduled:
            return group.options
        options = group.options | {name: _plain(group.options[name](self.step_count)) for name in group.scheduled}
        self.check_options(options)
        return options

    def _prepare(self, group: Group) -> None:
        """Choose the formula that the group's options ask for, and make the state vectors that it needs."""
        kind: Any = type(self)
        group.kernel = _kernel(kind, tuple([bool(group.options.get(name)) for name in _switches(kind)]))
        held = [name for name, is_held in zip(self.slots, group.kernel.held, strict=True) if is_held]
        group.state |= {name: np.zeros_like(group.theta) for name in held if name not in group.state}
        group.vectors = [group.theta, group.grad, *(group.state[name] if name in held else None for name in self.slots)]
        group.scheduled = [name for name, value in group.options.items() if callable(value)]
        group.prepared_for = dict(group.options)

    def zero_grad(self) -> None:
        """Forget all gradients, so that the next backward pass starts from nothing."""
        for group in self.groups:
            for p in group.parameters:
                p.gradient = None

    def step(self) -> None:
        """Update θ from ∇J once. Parameters without a gradient stay as they are."""
        current = [self._now(group) for group in self.groups]  # all are checked before any parameter moves
        for group, options in zip(self.groups, current, strict=True):
            _, decay, decoupled = group.kernel.flags
            for start, stop, t in group.runs():
                numbers = self.numbers(t + 1, options)
                if decay:
                    rate = options["weight_decay"]
                    numbers = (*numbers, 1 - options["lr"] * rate if decoupled else rate)
                vectors = group.vectors
                if stop - start < group.theta.size:
                    vectors = [v if v is None else v[start:stop] for v in vectors]
                group.kernel(vectors, numbers)
        self.step_count += 1
        after_step(p for group in self.groups for p in group.parameters)

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return what the formula takes after the state: the numbers that all entries share in a step.

        Parameters
        ----------
        t : int
            The number of this update: 1, 2, 3, …
        options : dict
            The group's options, with the values that schedules have now.

        Returns
        -------
        tuple of float
            The learning rate, unless a subclass says otherwise.
        """
        return (options["lr"],)

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
