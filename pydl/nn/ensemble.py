"""Ensemble: many networks of one shape, trained side by side as one.

A small network cannot keep a processor busy: most of the time of its training step goes into walking from one
small product to the next. Stacked, 1,000 networks 100-50-10 train 6.7 times as fast as one after another on
minibatches of 8, 3.5 times on 32, and 1.7 times on 128, where arithmetic is what counts (one thread; measured by
benchmarks/ensemble.py).

Of the two ways there are, this is the simpler. A wrapper in the manner of ``vmap`` would need a batching rule
for each op, over a hundred; here one op, `pydl.linear`, knows layers with a leading axis, and all that works entry
by entry needs to know nothing. The price: only networks whose parameters sit in `Linear` layers can be stacked.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import no_grad, raw
from pydl.backend import Array
from pydl.nn.layers import Linear
from pydl.nn.losses import CrossEntropyLoss, NLLLoss
from pydl.nn.module import Module, Parameter

__all__ = ["Ensemble", "EnsembleLoss"]

REDUCTIONS: dict[str, Callable[..., Any]] = {"mean": ops.mean, "sum": ops.sum}
"""Over a member's samples."""


class Ensemble(Module):
    r"""n networks of one shape as one: :math:`y_m = f(x_m;\,\theta_m),\; m = 1, \dots, n`.

    Each parameter of the n networks lies in one array with a leading axis, a weight as (n, out, in). A layer is
    then n products in one call, an optimizer's step one update of all. Members share nothing: trained under
    `EnsembleLoss`, each follows the trajectory that it would follow alone.

    Parameters
    ----------
    make : callable
        Makes a network, without arguments; called n times, so that members start as n networks made one after
        another would. Its parameters must belong to `Linear` layers, and it must work on samples in rows.
    n : int
        How many members.

    Attributes
    ----------
    module : Module
        A network whose parameters are all members', stacked: names are those of a member after ``"module."``.

    Raises
    ------
    TypeError
        If `make` makes no modules, or parameters or buffers lie elsewhere than in Linear layers.
    ValueError
        If n < 1, there are no parameters, or the networks made differ in their parameters' names, shapes or dtypes.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> from pydl import nn, optim
    >>> many = nn.Ensemble(lambda: nn.Sequential(nn.Linear(4, 3, activation="relu"), nn.Linear(3, 2)), 5)
    >>> x, t = np.ones((8, 4), "float32"), np.zeros(8, int)
    >>> many(x).shape
    (5, 8, 2)
    >>> loss, optimizer = nn.EnsembleLoss(nn.CrossEntropyLoss()), optim.SGD(many.parameters(), lr=0.1)
    >>> loss(many(x), t).backward()
    >>> optimizer.step()
    >>> many[2](x).shape  # a member, as an ordinary network
    (8, 2)
    """

    def __init__(self, make: Callable[[], Module], n: int) -> None:
        if n < 1:
            raise ValueError(f"Ensemble needs at least one member, not {n}")
        members = [make() for _ in range(n)]
        states = [_parameters(member) for member in members]
        for i, state in enumerate(states):
            if (here := _kinds(state)) != (first := _kinds(states[0])):
                raise ValueError(f"Ensemble: members must be of one shape, but member {i} has {here}, member 0 {first}")
        self._alone, self._n = members[0], n  # hidden from the walk over parameters: what members are copied from
        self.module = copy.deepcopy(members[0])
        for name, p in self.module.named_parameters():
            p.data = _stacked([state[name].data for state in states])

    def forward(self, x: Any) -> Any:
        """Map (samples, in), which all members see, or (n, samples, in), each its own, to (n, samples, out)."""
        shape = tuple(np.shape(raw(x)))
        if len(shape) == 2:
            x = ops.broadcast_to(x, (self._n, *shape))
        elif len(shape) != 3 or shape[0] != self._n:
            raise ValueError(
                f"Ensemble: the input must have shape (samples, in), the same for all {self._n} members, or"
                f" ({self._n}, samples, in), not {shape}"
            )
        return self.module(x)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, i: int) -> Module:
        """Return member i as a network of its own: a copy."""
        i = self._place(i)
        member = copy.deepcopy(self._alone).train(self.training)
        member.load_state_dict({name: p.data[i] for name, p in self.module.named_parameters()})
        return member

    def __setitem__(self, i: int, member: Module) -> None:
        """Overwrite member i with the parameters of a network of the same shape."""
        i = self._place(i)
        fitted = copy.deepcopy(self._alone)
        fitted.load_state_dict(member.state_dict())  # which tells what does not fit
        new = dict(fitted.named_parameters())
        with no_grad():
            for name, p in self.module.named_parameters():
                p[i] = new[name]

    def __iter__(self) -> Iterator[Module]:
        return (self[i] for i in range(self._n))

    def _place(self, i: int) -> int:
        """Return i, counted from the front."""
        if not -self._n <= i < self._n:
            raise IndexError(f"Ensemble: there is no member {i} among {self._n}: they are 0 to {self._n - 1}")
        return i % self._n

    def __repr__(self) -> str:
        return f"Ensemble({self._n} of {self._alone!r})"


class EnsembleLoss(Module):
    r"""The losses of an ensemble's members, each reduced by itself: :math:`J = \sum_m J_m(\theta_m)`.

    No member's parameters enter another's loss, so the gradient of the sum holds each member's own gradient.
    (What takes all gradients as one vector does mix members: `pydl.optim.clip_grad_norm_` scales them together.)

    Parameters
    ----------
    loss : Module
        J of one member, with its reduction over samples: ``nn.CrossEntropyLoss()``, ``nn.MSELoss()``, …
    reduction : {"sum", "none"}
        Over members: their sum, which training needs, or each member's loss, shape (n,).

    Raises
    ------
    TypeError
        If `loss` is no loss module.
    ValueError
        If a reduction is unknown, or `loss` keeps each sample's loss by ``"none"``.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> from pydl import nn
    >>> scores = np.stack([np.zeros((4, 10)), np.eye(4, 10) * 50])  # of two members, for four samples
    >>> nn.EnsembleLoss(nn.CrossEntropyLoss(), reduction="none")(scores, np.arange(4)).round(4).tolist()
    [2.3026, 0.0]
    """

    def __init__(self, loss: Module, reduction: str = "sum") -> None:
        if not isinstance(loss, Module) or not hasattr(loss, "reduction"):
            raise TypeError(f"EnsembleLoss takes a loss module such as nn.CrossEntropyLoss(), not {loss!r:.60}")
        if loss.reduction not in REDUCTIONS:
            raise ValueError(
                f"EnsembleLoss: a member's loss must be reduced by 'mean' or 'sum', not {loss.reduction!r}"
            )
        if reduction not in ("sum", "none"):
            raise ValueError(f"EnsembleLoss: reduction must be 'sum' or 'none', not {reduction!r}")
        self.loss, self.reduction = loss, reduction
        self._each = copy.copy(loss)
        self._each.reduction = "none"

    def forward(self, input: Any, target: Any) -> Any:
        """Compare (n, samples, …) with targets for all members, or for each: with the leading axis n."""
        shape, given = tuple(np.shape(raw(input))), tuple(np.shape(raw(target)))
        labels = isinstance(self.loss, (CrossEntropyLoss, NLLLoss)) and raw(target).dtype.kind in "iu"
        own = shape[:2] if labels else shape
        if len(shape) < 2 or given not in (own, own[1:]):
            raise ValueError(
                f"EnsembleLoss: predictions of shape {shape} need targets of shape {own[1:]}, the same for all"
                f" members, or {own}, not {given}"
            )
        target = ops.broadcast_to(target, own)
        rows = shape[0] * shape[1]
        each = self._each(ops.reshape(input, (rows, *shape[2:])), ops.reshape(target, (rows, *own[2:])))
        losses = REDUCTIONS[self.loss.reduction](ops.reshape(each, (shape[0], -1)), axis=1)
        return losses if self.reduction == "none" else ops.sum(losses)


def _parameters(member: Module) -> dict[str, Parameter]:
    """Return a network's parameters by name, or raise if they cannot be stacked."""
    if not isinstance(member, Module):
        raise TypeError(f"Ensemble: make must return a module, not {type(member).__name__} {member!r:.40}")
    found = dict(member.named_parameters())
    layers = [module for _, module in member.named_modules() if isinstance(module, Linear)]
    held = {id(p) for layer in layers for p in (layer.weight, layer.bias)}
    if other := [name for name, t in [*found.items(), *member.named_buffers()] if id(t) not in held]:
        raise TypeError(
            f"Ensemble: only Linear layers can hold what is stacked, but {type(member).__name__} has {other} elsewhere:"
            " train such networks one after another"
        )
    if not found:
        raise ValueError(f"Ensemble: {type(member).__name__} has no parameters to train")
    return found


def _kinds(state: dict[str, Parameter]) -> dict[str, str]:
    return {name: f"{p.dtype} {p.shape}" for name, p in state.items()}


def _stacked(pieces: list[Array]) -> Array:
    """Stack on a new first axis; matrices lie in memory as (n, in, out), where products are fastest."""
    if pieces[0].ndim == 1:
        return np.stack(pieces)
    return np.stack([piece.T for piece in pieces]).swapaxes(-1, -2)
