"""One run of a function on fresh leaves, ready to be walked: what all transforms share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pydl.autodiff import enable_grad, is_grad_enabled, linear, pull_back, push_forward, raw, reaches_beyond
from pydl.backend import Array, asarray, default_dtype
from pydl.tensor import Tensor

__all__ = ["Run", "flatten"]


@linear(lambda g, x: g)
def _identity(x: Array) -> Array:
    return x


def flatten(tree: Any) -> list[Any]:
    """Return the arrays of a nested list, tuple or dict, in order."""
    if isinstance(tree, dict):
        tree = tree.values()
    elif not isinstance(tree, (list, tuple)):
        return [tree]
    return [leaf for part in tree for leaf in flatten(part)]


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return a tree like `tree` with other leaves."""
    if isinstance(tree, dict):
        return {key: rebuild(part, leaves) for key, part in tree.items()}
    if not isinstance(tree, (list, tuple)):
        return next(leaves)
    parts = [rebuild(part, leaves) for part in tree]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def _fresh(x: Any) -> Tensor:
    """Return a new leaf with the value of `x` (recorded as its image, if x is itself traced)."""
    if isinstance(x, Tensor) and x.requires_grad:
        return _identity(x)
    if type(x) in (int, float):  # np.float64 is a float, too
        x = asarray(x, default_dtype())
    return Tensor(x, requires_grad=True)


class Run:
    """One run of a function on fresh leaves, ready to be walked."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], argnums: int | Sequence[int], has_aux: bool) -> None:
        places = [argnums] if isinstance(argnums, int) else list(argnums)
        if any(not -len(args) <= i < len(args) for i in places):
            raise ValueError(f"argnums {argnums} names an argument that is not there: {len(args)} were given")
        self.tree = args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in places)
        given, outer = flatten(self.tree), is_grad_enabled()
        with enable_grad():
            self.inputs = [_fresh(x) for x in given]
            new_args, leaves = list(args), iter(self.inputs)
            for i in places:
                new_args[i] = rebuild(args[i], leaves)
            result = f(*new_args)
        self.result: Any
        self.aux: Any
        self.result, self.aux = result if has_aux else (result, None)
        self.outputs = flatten(self.result)
        traced = [y for y in self.outputs if isinstance(y, Tensor)]
        self.graph = outer and reaches_beyond(traced, self.inputs)
        self.as_tensors = self.graph or any(isinstance(x, Tensor) for x in given)

    def like_inputs(self, values: Sequence[Any]) -> Any:
        """Give derivatives the structure of the arguments (and zeros where there are none)."""
        pairs = zip(values, self.inputs, strict=True)
        return rebuild(self.tree, (self.leave(np.zeros_like(x.data) if v is None else v) for v, x in pairs))

    def leave(self, value: Any) -> Any:
        """Return a value as the caller sees it: an array of its own, or a tensor."""
        if self.graph:
            return value if isinstance(value, Tensor) else Tensor(value)
        array = raw(value)
        if hasattr(array, "copy"):  # it may be a view, the caller's cotangent, or two results at once
            array = array.copy()
        return Tensor(array) if self.as_tensors else array

    def output(self, values: Sequence[Any] | None = None) -> Any:
        """Return the function's value (or other values of its structure) as the caller sees it."""
        return rebuild(self.result, map(self.leave, self.outputs if values is None else values))

    def pull(self, cotangents: Sequence[Any], retain: bool = False) -> list[Any]:
        """Reverse mode over all outputs."""
        totals: list[Any] = [None] * len(self.inputs)
        for y, g in zip(self.outputs, cotangents, strict=True):
            if not (isinstance(y, Tensor) and y.requires_grad):
                continue
            if np.shape(raw(g)) != y.shape:
                raise ValueError(f"the cotangent has shape {np.shape(raw(g))}, the output {y.shape}: they must agree")
            keep = retain or len(self.outputs) > 1
            parts = pull_back(y, g if self.graph else raw(g), self.inputs, create_graph=self.graph, retain_graph=keep)
            totals = [p if t is None else t if p is None else t + p for t, p in zip(totals, parts, strict=True)]
        return totals

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """Forward mode to all outputs."""
        for x, t in zip(self.inputs, tangents, strict=True):
            if np.shape(raw(t)) != x.shape:
                raise ValueError(f"the tangent has shape {np.shape(raw(t))}, the argument {x.shape}: they must agree")
        graph = self.graph or (is_grad_enabled() and any(isinstance(t, Tensor) and t.requires_grad for t in tangents))
        self.graph = graph
        seeds = [asarray(raw(t), x.dtype) if not (graph and isinstance(t, Tensor)) else t
                 for t, x in zip(tangents, self.inputs, strict=True)]  # fmt: skip
        traced = [y for y in self.outputs if isinstance(y, Tensor) and y.requires_grad]
        moved = dict(zip(map(id, traced), push_forward(traced, self.inputs, seeds, create_graph=graph), strict=True))
        return [np.zeros_like(raw(y)) if moved.get(id(y)) is None else moved[id(y)] for y in self.outputs]
