"""The four families: how an op is stated, as a table of derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from pydl.autodiff.record import Op, raw

__all__ = ["bilinear", "constant", "elementwise", "general", "linear", "total", "unbroadcast"]

F = TypeVar("F", bound=Callable[..., Any])


def elementwise(*partials: Any) -> Callable[[F], F]:
    """State y = f(x…), entry by entry, with one partial derivative an argument.

    Parameters
    ----------
    *partials : callable, number or None
        ∂y/∂xᵢ as ``lambda y, x1, x2, …, **settings: …``; a number where it is constant; None for an
        argument that has none (a condition, say).
    """

    def pull(g: Any, y: Any, xs: Sequence[Any], needs: Sequence[bool], settings: dict[str, Any]) -> list[Any]:
        return [
            unbroadcast(_times(g, partial, y, xs, settings), x) if need and partial is not None else None
            for partial, x, need in zip(partials, xs, needs, strict=True)
        ]

    def push(ts: Sequence[Any], y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> Any:
        terms = [
            _times(t, p, y, xs, settings) for t, p in zip(ts, partials, strict=True) if not (t is None or p is None)
        ]
        return _fill(total(terms), y) if terms else None

    return _family("elementwise", pull, push, len(partials))


def _times(g: Any, partial: Any, y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> Any:
    if callable(partial):
        return g * partial(y, *xs, **settings)
    return g if partial == 1 else -g if partial == -1 else g * partial


def unbroadcast(g: Any, x: Any) -> Any:
    """Sum `g` over the axes along which `x` was broadcast: the adjoint of broadcasting."""
    shape = x.shape
    if g.shape != shape:
        extra = g.ndim - len(shape)
        axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 != g.shape[i + extra]))
        g = g.sum(axis=axes, keepdims=True).reshape(shape)
    return g


def _fill(t: Any, y: Any) -> Any:
    """Broadcast a tangent to the shape of its value."""
    return t if t.shape == y.shape else t + np.zeros_like(raw(y))


def linear(adjoint: Any, arrays: int | None = 1) -> Callable[[F], F]:
    """State y = Lx with the adjoint Lᵀ: ⟨g, Lx⟩ = ⟨Lᵀg, x⟩. Its derivative is L itself.

    Parameters
    ----------
    adjoint : callable
        ``lambda g, x, **settings: Lᵀg``; of `x` only shape and dtype may be used. With ``arrays=None``
        (any number of arguments) it takes and returns one entry an argument: ``lambda g, xs, …``.
    """

    def pull(g: Any, y: Any, xs: Sequence[Any], needs: Sequence[bool], settings: dict[str, Any]) -> Any:
        return adjoint(g, xs, **settings) if arrays is None else (adjoint(g, *xs, **settings),)

    def declare(kernel: F) -> F:
        def push(ts: Sequence[Any], y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> Any:
            return call(*[np.zeros_like(raw(x)) if t is None else t for t, x in zip(ts, xs, strict=True)], **settings)

        call = _family("linear", pull, push, arrays)(kernel)
        return call

    return declare


def bilinear(adjoint_a: Any, adjoint_b: Any) -> Callable[[F], F]:
    """State y = B(a, b), linear in each argument, with the adjoints ``lambda g, a, b, **settings``."""

    def pull(g: Any, y: Any, xs: Sequence[Any], needs: Sequence[bool], settings: dict[str, Any]) -> list[Any]:
        return [
            unbroadcast(adjoint(g, *xs, **settings), x) if need else None
            for adjoint, x, need in zip((adjoint_a, adjoint_b), xs, needs, strict=True)
        ]

    def declare(kernel: F) -> F:
        def push(ts: Sequence[Any], y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> Any:
            (ta, tb), (a, b) = ts, xs
            if tb is None:
                return call(ta, b, **settings)
            return call(a, tb, **settings) if ta is None else call(ta, b, **settings) + call(a, tb, **settings)

        call = _family("bilinear", pull, push, 2)(kernel)
        return call

    return declare


def general(
    pull: Callable[..., Sequence[Any]],
    push: Callable[..., Any] | Sequence[Callable[..., Any] | None],
    arrays: int | None,
    saves: bool = False,
    writes: bool = False,
) -> Callable[[F], F]:
    """State y = f(x…) with both rules.

    Parameters
    ----------
    pull : callable
        ``lambda g, y, *xs, needs, **settings`` returns ∂/∂x for every argument (None where not needed).
        With ``saves`` it gets ``saved=``: what the kernel returned beside y, or None under create_graph.
        With ``writes`` it gets ``into=``: for each argument a buffer to write its gradient into, or None.
    push : sequence of callable or None, or callable
        One ``lambda t, y, *xs, **settings: ∂y/∂xᵢ·t`` an argument, whose terms are summed; or one rule for all,
        ``lambda ts, y, *xs, **settings``, with None for the arguments that do not move.
    arrays : int or None
        How many of the kernel's parameters are arrays; None for any number.
    """

    def push_all(ts: Sequence[Any], y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> Any:
        if callable(push):
            return push(ts, y, *xs, **settings)
        terms = [rule(t, y, *xs, **settings) for t, rule in zip(ts, push, strict=True) if t is not None and rule]
        return total(terms) if terms else None

    def pull_all(g: Any, y: Any, xs: Sequence[Any], needs: Sequence[bool], settings: dict[str, Any]) -> Any:
        return pull(g, y, *xs, needs=needs, **settings)

    return _family("general", pull_all, push_all, arrays, saves, writes)


def total(terms: Sequence[Any]) -> Any:
    """Sum the terms of a derivative."""
    return functools.reduce(lambda s, t: s + t, terms)


def constant(arrays: int) -> Callable[[F], F]:
    """State an op without a derivative (comparisons, argmax, floor): its result is never recorded."""
    return _family("constant", None, None, arrays)


def _family(family: str, pull: Any, push: Any, arrays: int | None, saves: bool = False, writes: bool = False) -> Any:
    return lambda kernel: Op(kernel, family, pull, push, arrays, saves, writes).call
