"""Finding the op, the shape, the parameter and the step at which the first NaN or infinity appears."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pydl.autodiff.record import INTERCEPTORS, Op, Traced, describe, raw
from pydl.autodiff.reverse import WATCHERS
from pydl.errors import AnomalyError

__all__ = ["after_step", "detect_anomaly"]

WAYS_OUT = {
    "log": "log needs positive numbers: take log_softmax or cross_entropy of the scores, or add a small number",
    "sqrt": "the slope of sqrt is infinite at 0: add a small number under the root",
    "divide": "a divisor is 0 or tiny: add a small number to it",
    "reciprocal": "a divisor is 0 or tiny: add a small number to it",
    "exp": "exp overflows float32 beyond 88: subtract the maximum first, as softmax and logsumexp do",
    "power": "a power of 0 or of a negative number has no finite value or slope here",
    "multiply": "0·∞ is NaN: where an op is infinite, guard its argument, since where(…) only hides its value",
}
"""What to do about the usual suspects."""


class _Guard:
    """What one `detect_anomaly` block knows: names of parameters, and how many steps have been made."""

    def __init__(self, named: Iterable[tuple[str, Any]], infinities: bool) -> None:
        self.names = {id(tensor): name for name, tensor in named}
        self.sound = np.isfinite if infinities else lambda array: ~np.isnan(array)
        self.thread, self.busy, self.steps = threading.get_ident(), False, 0

    def faulty(self, array: Any) -> bool:
        """Tell whether an array holds what should not be there."""
        return getattr(getattr(array, "dtype", None), "kind", "") in "fc" and not bool(self.sound(array).all())

    def forward(self, op: Op, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        """Compute an op's value, and look at it."""
        if self.busy or threading.get_ident() != self.thread:
            return NotImplemented
        self.busy = True
        try:
            y = op.call(*args, **settings)
        finally:
            self.busy = False
        if self.faulty(raw(y)):
            culprit = next((a for a in args if self.faulty(raw(a))), None)
            begin = f"{op.name.lstrip('_')} of {self.operands(args)}"
            if culprit is None:
                self.fail("forward", f"{begin} gives {self.where(raw(y))}", op)
            self.fail("forward", f"{begin}: the operand {self.name(culprit)} holds {self.where(raw(culprit))} already")
        return y

    def backward(self, node: Traced, g: Any, grads: Sequence[Any]) -> None:
        """Look at the gradients that a rule has computed."""
        if threading.get_ident() != self.thread:
            return
        for a, ga in zip(node.args, grads, strict=False):
            if ga is not None and self.faulty(raw(ga)):
                begin = f"the gradient of {node.op.name.lstrip('_')} with respect to {self.name(a)}"
                if self.faulty(raw(g)):
                    self.fail("backward", f"{begin}: what arrives there holds {self.where(raw(g))} already")
                operands = f"with operands {self.operands(node.args)}"
                self.fail("backward", f"{begin}, {operands}, holds {self.where(raw(ga))}", node.op)

    def after_step(self, parameters: Iterable[Any]) -> None:
        """Look at the parameters that an optimizer has changed."""
        if threading.get_ident() != self.thread:
            return
        for p in parameters:
            if self.faulty(p.data):
                g = raw(p.gradient)
                size = "" if g is None else f"; its gradient was {self.span(g)}"
                self.fail("update", f"{self.name(p)} holds {self.where(p.data)}{size}: lower the learning rate or clip")
        self.steps += 1

    def fail(self, phase: str, what: str, op: Op | None = None) -> None:
        """Raise the error."""
        way_out = WAYS_OUT.get(op.name.lstrip("_"), "") if op else ""
        raise AnomalyError(f"step {self.steps + 1}, {phase}: {what}" + (f". {way_out}" if way_out else ""))

    def name(self, x: Any) -> str:
        """Name a parameter, or describe an operand."""
        known = self.names.get(id(x))
        return f"parameter {known!r}, {describe(raw(x))}" if known else describe(raw(x))

    def operands(self, args: Sequence[Any]) -> str:
        """Name all operands, each with its range."""
        return " and ".join(f"{self.name(a)} {self.span(raw(a))}".strip() for a in args if a is not None)

    def span(self, array: Any) -> str:
        """Give the smallest and the largest entry."""
        if not (hasattr(array, "dtype") and array.size and array.dtype.kind in "fiu"):
            return ""
        return f"in [{float(array.min()):.3g}, {float(array.max()):.3g}]"

    def where(self, array: Any) -> str:
        """Tell the first faulty entry, and how many there are."""
        faults = np.argwhere(~self.sound(array))
        index = tuple(int(i) for i in faults[0])
        first = f"{float(array[index]):.3g}" + (f" at index {index}" if index else "")
        return f"{first} ({len(faults)} of {array.size} entries of {describe(array)})"


_guards: list[_Guard] = []


def after_step(parameters: Iterable[Any]) -> None:
    """Let the guards look at parameters that an optimizer has just changed.

    Parameters
    ----------
    parameters : iterable of Tensor
        The optimizer's.
    """
    for guard in _guards:
        guard.after_step(parameters)


@contextmanager
def detect_anomaly(module: Any = None, infinities: bool = True) -> Iterator[None]:
    """Raise at the first NaN or infinity that an op, a gradient or an update produces in this thread.

    The error names the op with the shapes and ranges of its operands, the parameter among them if there is
    one, and the step. Looking at every value costs a step of training 10 % (784-256-10, 128 samples) to 90 % (very
    small networks) more time.

    Parameters
    ----------
    module : Module, optional
        Whose parameters are called by their names in the error.
    infinities : bool
        Whether ±∞ is an anomaly, too; False where a computation means it, as in masks.

    Yields
    ------
    None
        For ``with pydl.detect_anomaly(net): …``.

    Raises
    ------
    AnomalyError
        At the first anomaly.

    Examples
    --------
    >>> import pydl
    >>> x = pydl.tensor([1.0, 0.0], requires_grad=True)
    >>> with pydl.detect_anomaly():
    ...     pydl.sqrt(x).sum().backward()
    Traceback (most recent call last):
    pydl.errors.AnomalyError: step 1, backward: the gradient of sqrt with respect to float32(2,), ...
    """
    guard = _Guard(module.named_parameters() if module is not None else (), infinities)
    INTERCEPTORS.append(guard.forward)
    WATCHERS.append(guard.backward)
    _guards.append(guard)
    try:
        with np.errstate(all="ignore"):  # the error says more than NumPy's warning
            yield
    finally:
        INTERCEPTORS.remove(guard.forward)
        WATCHERS.remove(guard.backward)
        _guards.remove(guard)
