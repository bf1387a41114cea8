"""One run of a function on fresh leaves, ready to be walked: what all transforms share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pydl.autodiff import enable_grad, is_grad_enabled, linear, pull_back, push_forward, raw, reaches_beyond
from pydl.backend import Array, asarray, default_dtype
from pydl.tensor import Tensor

__all__ = ["Run", "flatten"]


@linear(lambda g, x: g)
def _identity(x: Array) -> Array:
    return x


def flatten(tree: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """Return the arrays of a nested list, tuple or dict, and the function that rebuilds it."""
    if isinstance(tree, dict):
        keys = list(tree)
        leaves, rebuild = flatten([tree[k] for k in keys])
        return leaves, lambda new: dict(zip(keys, rebuild(new), strict=True))
    if not isinstance(tree, (list, tuple)):
        return [tree], lambda new: new[0]
    parts = [flatten(t) for t in tree]
    sizes = [len(leaves) for leaves, _ in parts]

    def join(new: Sequence[Any]) -> Any:
        ends = np.cumsum(sizes).tolist()
        built = [rebuild(new[e - n : e]) for (_, rebuild), n, e in zip(parts, sizes, ends, strict=True)]
        return type(tree)(built) if not hasattr(tree, "_fields") else type(tree)(*built)

    return [x for leaves, _ in parts for x in leaves], join


def _fresh(x: Any) -> Tensor:
    """Return a new leaf with the value of `x` (recorded as its image, if x is itself traced)."""
    if isinstance(x, Tensor) and x.requires_grad:
        return _identity(x)
    array = asarray(raw(x), default_dtype() if type(x) in (int, float) else None)  # np.float64 is a float, too
    return Tensor(array, requires_grad=True)


class Run:
    """One run of a function on fresh leaves, ready to be walked."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], argnums: int | Sequence[int], has_aux: bool) -> None:
        single = isinstance(argnums, int)
        places = [argnums] if isinstance(argnums, int) else list(argnums)
        if any(not -len(args) <= i < len(args) for i in places):
            raise ValueError(f"argnums {argnums} names an argument that is not there: {len(args)} were given")
        leaves, rebuild = flatten([args[i] for i in places])
        outer = is_grad_enabled()
        with enable_grad():
            self.inputs = [_fresh(x) for x in leaves]
            new_args = list(args)
            for i, value in zip(places, rebuild(self.inputs), strict=True):
                new_args[i] = value
            result = f(*new_args)
        result, self.aux = result if has_aux else (result, None)
        self.outputs, self.rebuild_outputs = flatten(result)
        traced = [y for y in self.outputs if isinstance(y, Tensor)]
        self.graph = outer and reaches_beyond(traced, self.inputs)
        self.as_tensors = self.graph or any(isinstance(x, Tensor) for x in leaves)
        self._rebuild, self._single = rebuild, single

    def like_inputs(self, values: Sequence[Any]) -> Any:
        """Give derivatives the structure of the arguments (and zeros where there are none)."""
        filled = [np.zeros_like(x.data) if v is None else v for v, x in zip(values, self.inputs, strict=True)]
        built = self._rebuild([self.leave(v) for v in filled])
        return built[0] if self._single else tuple(built)

    def leave(self, value: Any) -> Any:
        """Return a value as the caller sees it: an array of its own, or a tensor."""
        if self.graph:
            return value if isinstance(value, Tensor) else Tensor(value)
        array = raw(value)
        if getattr(array, "base", None) is not None or not getattr(getattr(array, "flags", None), "writeable", True):
            array = array.copy()  # a view of something shared, e.g. a broadcast sum
        return Tensor(array) if self.as_tensors else array

    def output(self) -> Any:
        """Return the function's value as the caller sees it."""
        return self.rebuild_outputs([self.leave(y) for y in self.outputs])

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
