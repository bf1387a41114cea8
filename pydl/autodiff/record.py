"""Recording: what a tensor remembers of the op that made it, and the switch that turns memory off."""

from __future__ import annotations

import functools
import inspect
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar, cast

import numpy as np

from pydl.backend import Array, device_of

__all__ = ["OPS", "Op", "Traced", "clock", "composed", "describe", "enable_grad", "is_grad_enabled", "no_grad", "raw"]

F = TypeVar("F", bound=Callable[..., Any])
clock = itertools.count(1).__next__  # one tick an array: arguments are always older than results
OPS: dict[str, Op] = {}
"""Every op by name, filled as the modules of `pydl.ops` are read; the tests walk this table."""
INTERCEPTORS: list[Callable[[Op, Sequence[Any], dict[str, Any]], Any]] = []
"""Who sees each call of an op before it is computed, and may answer it: forward passes, profiles, guards.

Empty almost always, so that an ordinary call pays for one look at an empty list.
"""
FROM_KERNELS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What NumPy raises on operands that do not fit."""
OBJECT, DOUBLE = np.dtype(object), np.dtype(np.float64)


class _Recording(threading.local):
    """Whether this thread records: a switch a thread, so that no_grad here leaves others alone."""

    on = True


_recording = _Recording()


class _Switched:
    """Turn the switch for a while: a class, because a generator costs a microsecond more."""

    __slots__ = ("before", "on")

    def __init__(self, on: bool) -> None:
        self.on = on

    def __enter__(self) -> None:
        self.before, _recording.on = _recording.on, self.on

    def __exit__(self, *error: object) -> None:
        _recording.on = self.before

    def __call__(self, function: F) -> F:
        """Decorate a function: each call has a switch of its own."""

        @functools.wraps(function)
        def inner(*args: Any, **settings: Any) -> Any:
            with _Switched(self.on):
                return function(*args, **settings)

        return cast(F, inner)


def no_grad() -> Any:
    """Compute without recording, in this thread, inside the ``with`` block (or decorated function).

    Examples
    --------
    >>> import pydl
    >>> w = pydl.tensor([1.0], requires_grad=True)
    >>> with pydl.no_grad():
    ...     y = 2 * w
    >>> y.requires_grad
    False
    """
    return _Switched(False)


def enable_grad(on: bool = True) -> Any:
    """Record inside the ``with`` block, also within `no_grad`; or do not, if `on` is false."""
    return _Switched(on)


def is_grad_enabled() -> bool:
    """Tell whether ops on tensors are recorded in this thread."""
    return _recording.on


class Traced:
    """An array that ops record: the part of a tensor that differentiation needs.

    A result holds its own op, arguments and settings. There is no node object beside it and no
    reference back to it, so that the graph is freed the moment the last result is dropped.
    """

    __slots__ = (
        "__weakref__",
        "age",  # tick of the clock at birth: arguments are older than results
        "args",  # what the op was called with: tensors, arrays, numbers
        "buffer",  # where the gradient is to be written (an optimizer's flat ∇J), or None
        "changed",  # tick of the last change in place: later than a result's age means corruption
        "data",  # the array
        "gradient",  # ∂(scalar)/∂(this), an array, or a tensor with create_graph
        "hooks",  # who wants to see the gradient when it is complete, or None
        "inputs",  # the arrays of args, as the kernel saw them
        "level",  # the transform that it belongs to, within forward passes (`forward`); otherwise not set
        "op",  # the op that made it; None for a leaf
        "primal",  # of a dual number: its value (`forward`); otherwise not set
        "requires_grad",
        "saved",  # what the kernel kept for its pull
        "settings",  # keywords of the op: axis, shape, …
        "tangent",  # of a dual number: the direction in which it changes; otherwise not set
    )
    kind: ClassVar[type[Traced]]  # what ops on this class return

    data: Array
    requires_grad: bool
    age: int
    changed: int
    op: Any
    args: Any
    inputs: Any
    settings: Any
    saved: Any
    gradient: Any
    buffer: Any
    hooks: Any  # list of hook(tensor, gradient)
    level: Any
    primal: Any
    tangent: Any

    def __init__(self, data: Array, requires_grad: bool = False) -> None:
        if requires_grad and data.dtype.kind not in "fc":
            raise TypeError(
                f"only floating-point tensors can require gradients, not dtype {data.dtype}:"
                " convert first, e.g. x.astype('float32')"
            )
        self.data, self.requires_grad, self.age = data, requires_grad, clock()
        self.op = self.args = self.gradient = self.buffer = self.hooks = None
        self.changed = 0


def raw(value: Any) -> Any:
    """Return the array of a tensor, and anything else as it is."""
    while isinstance(value, Traced):  # within forward passes, the data of a tensor may be a tensor
        value = value.data
    return value


class Op:
    """What differentiation knows of one operation: its kernel and its two rules."""

    __slots__ = ("arrays", "call", "family", "kernel", "name", "pull", "push", "saves", "writes")

    def __init__(
        self,
        kernel: Callable[..., Any],
        family: str,
        pull: Callable[..., Sequence[Any]] | None,
        push: Callable[..., Any] | None,
        arrays: int | None,
        saves: bool = False,
        writes: bool = False,
    ) -> None:
        self.name, self.kernel, self.family, self.arrays = kernel.__name__, kernel, family, arrays
        self.pull, self.push, self.saves, self.writes = pull, push, saves, writes
        self.call = _caller(self)
        if self.name in OPS:
            raise ValueError(f"two ops are named {self.name!r}")
        OPS[self.name] = self


def _caller(op: Op) -> Callable[..., Any]:
    """Return the function that users call for `op`: compute, and record where asked.

    One flat function on purpose: this is the cost of recording, about half a microsecond.
    """
    kernel, arrays, saves, recording = op.kernel, op.arrays, op.saves, _recording
    differentiable, mixes = op.pull is not None, arrays is None or arrays > 1
    parameters = inspect.signature(kernel).parameters
    names = list(parameters)[:arrays] if arrays is not None else []
    defaults = {p.name: p.default for p in parameters.values() if p.default is not inspect.Parameter.empty}
    settings_of = {k: v for k, v in defaults.items() if k not in names}
    new = object.__new__

    def bind(args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort arguments into arrays and settings, as Python itself would."""
        values = dict(zip(parameters, args, strict=False)) | given
        if len(values) != len(args) + len(given) or not all(n in values or n in defaults for n in names):
            inspect.signature(kernel).bind(*args, **given)  # raises Python's own TypeError
        found = tuple(values.pop(n) if n in values else defaults[n] for n in names)
        return found, settings_of | values

    @functools.wraps(kernel)
    def call(*args: Any, **settings: Any) -> Any:
        if arrays is None or len(args) == arrays:
            settings = settings_of | settings if settings else settings_of
        else:
            args, settings = bind(args, settings)
        if settings is not settings_of:
            for name, setting in settings.items():
                if isinstance(setting, Traced):
                    raise TypeError(
                        f"{op.name.lstrip('_')}: {name} has no derivative, and so must not be a tensor: pass"
                        f" {name}.item() or {name}.numpy()"
                    )
        if INTERCEPTORS:
            for intercept in tuple(INTERCEPTORS):  # another thread may end its own meanwhile
                answer = intercept(op, args, settings)
                if answer is not NotImplemented:
                    return answer
        kind, tracked, inputs = None, False, []
        for a in args:
            if isinstance(a, Traced):
                kind, data = a.kind, a.data
                if a.requires_grad:
                    tracked = True
                inputs.append(data)
            else:
                inputs.append(a)
        saved = None
        try:
            value = kernel(*inputs, **settings)
            if saves:
                value, saved = value
            if kind is None:
                return value
            if mixes and value.dtype is DOUBLE and data.dtype is not DOUBLE:
                value = narrowed(value, inputs)
            if value.dtype is OBJECT:  # NumPy's answer to None, text and integers beyond 64 bits
                raise TypeError("operands must be arrays, tensors or numbers of a machine's size")
        except FROM_KERNELS as error:
            raise explained(op.name, inputs, settings, error) from error
        result = new(kind)
        result.data, result.age, result.changed = value, clock(), 0
        result.gradient = result.buffer = result.hooks = None
        if tracked and differentiable and recording.on:
            result.requires_grad, result.op, result.args = True, op, args
            result.inputs, result.settings, result.saved = inputs, settings, saved
        else:
            result.requires_grad, result.op, result.args = False, None, None
        return result

    call.op = op  # type: ignore[attr-defined]
    return call


def compute(op: Op, inputs: Sequence[Any], settings: dict[str, Any]) -> Any:
    """Return the value of an op on plain arrays, with its dtype and its errors as a call has them."""
    try:
        value = op.kernel(*inputs, **settings)
    except FROM_KERNELS as error:
        raise explained(op.name, inputs, settings, error) from error
    if op.saves:
        value, _ = value
    return narrowed(value, inputs) if value.dtype is DOUBLE and op.arrays != 1 else value


def narrowed(value: Array, inputs: Sequence[Any]) -> Array:
    """Give `value` the widest floating dtype of the operands: integers do not widen float32, as in PyTorch."""
    floats = [x.dtype for x in inputs if hasattr(x, "dtype") and x.dtype.kind == "f"]
    return value.astype(np.result_type(*floats), copy=False) if floats else value


def describe(value: Any) -> str:
    """Describe an operand for an error message: dtype and shape of an array, repr of the rest."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        device = device_of(value)
        return f"{value.dtype}{tuple(value.shape)}" + (f" on {device}" if device != "cpu" else "")
    return f"{value!r:.40}"


def explained(name: str, inputs: Sequence[Any], settings: dict[str, Any], error: Exception) -> Exception:
    """Return `error` with the op's name and operands in front, as ValueError, TypeError or IndexError."""
    known = {IndexError: IndexError, ValueError: ValueError, ArithmeticError: ValueError}
    base = next((known[t] for t in known if isinstance(error, t)), TypeError)
    name, text = name.lstrip("_"), str(error)
    if text.startswith(name) and "gufunc" not in text:  # says it all already
        return base(text)
    said = ", ".join([describe(a) for a in inputs] + [f"{k}={v!r:.60}" for k, v in settings.items()])
    devices = {device_of(a) for a in inputs if hasattr(a, "shape") and a.shape != ()}
    hint = ""
    if len(devices) > 1:
        hint = f". Operands lie on different devices ({', '.join(sorted(devices))}): move them with x.to(device)"
    elif isinstance(error, AttributeError):
        hint = ". Operands must be arrays or tensors: make one, e.g. pydl.tensor([1.0, 2.0])"
    else:
        hint = next((f". {way_out}" for sign, way_out in WAYS_OUT.items() if sign in text), "")
    return base(f"{name}({said}): {text}{hint}")


WAYS_OUT = {
    "broadcast": "Counted from the last axis, lengths must be equal or 1: reshape, e.g. x[:, None], or keepdims=True",
    "not aligned": "The last axis of a must be as long as the last but one of b: transpose one, e.g. b.T",
    "core dimension": "The last axis of a must be as long as the last but one of b: transpose one, e.g. b.T",
    "Singular matrix": "Add a small multiple of the identity, or use another method",
    "positive definite": "Add a small multiple of the identity, and check that the matrix is symmetric",
}
"""What NumPy says when operands do not fit, and what to do then."""


def composed(function: F) -> F:
    """Let a function that is made of ops answer operands that are no arrays as an op does."""

    @functools.wraps(function)
    def call(*args: Any, **settings: Any) -> Any:
        try:
            return function(*args, **settings)
        except (ArithmeticError, AttributeError) as error:  # the rest comes from ops, which have explained it
            raise explained(function.__name__, args, settings, error) from error

    return cast(F, call)
