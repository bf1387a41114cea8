"""Forward mode: dual numbers. While a function runs, each value carries its tangent along.

A dual number x + ẋε, with ε² = 0, is a value and the direction in which it changes: f(x + ẋε) =
f(x) + f′(x)ẋ·ε (Clifford 1873; Wengert 1964). An op on duals computes its value and, by its push, its
tangent. Nothing is recorded and nothing kept: a tangent lives as long as its value.

Transforms nest. Each `jvp` under way, and each gradient that is taken inside one, is a *level* of its
own. A value of an inner level is made of values of the outer ones: a dual number of a primal and a
tangent, a recorded tensor of its `data`. An op peels its operands level by level, the innermost first,
so that perturbations are not confused (Siskind & Pearlmutter 2005).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from pydl.autodiff.record import INTERCEPTORS, Op, Traced, clock, compute, enable_grad, is_grad_enabled, raw

__all__ = ["ForwardLevel", "ReverseLevel", "forward_levels", "is_live", "level_of"]


class _Open(threading.local):
    """How many forward passes are under way in this thread."""

    count = 0


_open = _Open()
_everywhere, _lock = [0], threading.Lock()  # … and in all threads: as long as one is, calls are peeled


def forward_levels() -> int:
    """Return how many forward passes are under way in this thread."""
    return _open.count


def level_of(x: Any) -> Any:
    """Return the level that a value belongs to, or None: arrays, and tensors outside all forward passes."""
    return getattr(x, "level", None)


def is_live(x: Any) -> bool:
    """Tell whether anything outside may differentiate with respect to this value."""
    return isinstance(x, Traced) and (x.requires_grad or level_of(x) is not None)


class _Level:
    """One transform under way.

    Attributes
    ----------
    age : int
        When it was opened: inner levels are younger.
    records : bool
        Whether ops were recorded outside, and so are on what this level's values are made of.
    """

    def __init__(self) -> None:
        self.age, self.records = clock(), is_grad_enabled()

    def outside(self) -> Any:
        """Compute as it was outside this level: the switch of recording as it stood there."""
        return enable_grad(self.records)


class ForwardLevel(_Level):
    """A forward pass: opened by ``with``, it makes duals of inputs and carries tangents through ops."""

    def __enter__(self) -> ForwardLevel:
        with _lock:
            if _everywhere[0] == 0:
                INTERCEPTORS.insert(0, _peel)
            _everywhere[0] += 1
        _open.count += 1
        self.switch = enable_grad()
        self.switch.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.switch.__exit__(*error)
        _open.count -= 1
        with _lock:
            _everywhere[0] -= 1
            if _everywhere[0] == 0:
                INTERCEPTORS.remove(_peel)

    def dual(self, primal: Any, tangent: Any) -> Traced:
        """Return primal + tangent·ε of this level; either is an array or, where outer levels differentiate, live."""
        value = raw(primal)
        if tangent.dtype != value.dtype:
            tangent = tangent.astype(value.dtype)
        x = Traced.kind.__new__(Traced.kind)
        x.data, x.age, x.changed, x.requires_grad = value, clock(), 0, False
        x.op = x.args = x.gradient = x.buffer = x.hooks = None
        x.level, x.primal, x.tangent = self, primal, tangent
        return x

    def apply(self, op: Op, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        """f(x + ẋε) = f(x) + f′(x)ẋ·ε."""
        xs, ts, plain = [], [], INTERCEPTORS[-1] is _peel  # plain: nobody outside differentiates, or looks on
        for a in args:
            t = None
            if isinstance(a, Traced):
                if getattr(a, "level", None) is self:
                    a, t = a.primal, a.tangent
                elif not is_live(a):
                    a = a.data
                plain = plain and not (isinstance(a, Traced) or isinstance(t, Traced))
            xs.append(a)
            ts.append(t)
        push = op.push if is_grad_enabled() else None
        if plain:
            y = compute(op, xs, settings)
            tangent = push(ts, y, xs, settings) if push else None
        else:
            with self.outside():
                y = op.call(*xs, **settings)
                tangent = push(ts, y, xs, settings) if push else None
        if tangent is not None:
            return self.dual(y, tangent)
        return y if isinstance(y, Traced) else _tensor(y)


class ReverseLevel(_Level):
    """A gradient that is taken inside a forward pass: it records ops on values of the levels outside it."""

    def leaf(self, x: Any, requires_grad: bool = True) -> Traced:
        """Return a leaf of this level whose value is `x`, of an outer level."""
        kind = Traced.kind
        leaf = kind.__new__(kind)
        Traced.__init__(leaf, x if is_live(x) else raw(x), requires_grad)
        leaf.level = self
        return leaf

    def apply(self, op: Op, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        """Compute the value outside, and record here."""
        mine = [level_of(a) is self for a in args]
        inputs: list[Any] = [a.data if m else a for a, m in zip(args, mine, strict=True)]
        with self.outside():
            value = (
                op.call(*inputs, **settings)
                if any(isinstance(x, Traced) for x in inputs)
                else compute(op, inputs, settings)
            )
        tracked = any(m and a.requires_grad for a, m in zip(args, mine, strict=True))
        if not (tracked and op.pull and is_grad_enabled()):
            return value if isinstance(value, Traced) else _tensor(value)
        y = self.leaf(value)
        y.op, y.settings, y.saved = op, settings, None
        # what an outer level may differentiate is a constant here
        y.args = [a if m or not isinstance(a, Traced) else self.leaf(a, False) for a, m in zip(args, mine, strict=True)]
        y.inputs = inputs
        return y


def _tensor(array: Any) -> Traced:
    """Return a constant: ops on tensors return tensors."""
    make: Any = Traced.kind
    return make(array)


def _peel(op: Op, args: Sequence[Any], settings: dict[str, Any]) -> Any:
    """Let the innermost level among the operands apply the op; without one, it is an ordinary call."""
    innermost, age = None, 0
    for a in args:
        level = getattr(a, "level", None) if isinstance(a, Traced) else None
        if level is not None and level.age > age:
            innermost, age = level, level.age
    return NotImplemented if innermost is None else innermost.apply(op, args, settings)
