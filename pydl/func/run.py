"""One run of a function on fresh leaves, ready to be walked back: what the reverse transforms share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pydl.autodiff import (
    ReverseLevel,
    enable_grad,
    forward_levels,
    is_grad_enabled,
    is_live,
    level_of,
    linear,
    pull_back,
    raw,
    reaches_beyond,
)
from pydl.backend import Array, asarray, default_dtype
from pydl.tensor import Tensor

__all__ = ["Run", "checked_tangents", "flatten", "leave", "rebuild", "value_of"]


@linear(lambda g, x: g)
def _identity(x: Array) -> Array:
    return x


CONTAINERS = (list, tuple, dict)


def flatten(tree: Any) -> list[Any]:
    """Return the arrays of a nested list, tuple or dict, in order."""
    if not isinstance(tree, CONTAINERS):
        return [tree]
    leaves: list[Any] = []
    for part in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(part, CONTAINERS):
            leaves += flatten(part)
        else:
            leaves.append(part)
    return leaves


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Return a tree like `tree` with other leaves."""
    if isinstance(tree, dict):
        return {key: rebuild(part, leaves) for key, part in tree.items()}
    if not isinstance(tree, (list, tuple)):
        return next(leaves)
    parts = [rebuild(part, leaves) if isinstance(part, CONTAINERS) else next(leaves) for part in tree]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def value_of(x: Any) -> Any:
    """Return an argument as a value to differentiate at: Python numbers become arrays of the default dtype."""
    return asarray(x, default_dtype()) if type(x) in (int, float) else x  # np.float64 is a float, too


def leave(value: Any, as_tensors: bool) -> Any:
    """Return a value as the caller sees it: an array of its own or a tensor; a live tensor as it is."""
    if is_live(value):
        return value
    array = raw(value)
    if hasattr(array, "copy"):  # it may be a view, the caller's cotangent, or two results at once
        array = array.copy(order="K")  # 5 % of a gradient of 269,322 weights, which lie transposed
    return Tensor(array) if as_tensors else array


def checked_tangents(name: str, places: Sequence[Any], directions: Sequence[Any]) -> None:
    """Raise ValueError unless each direction has the shape of its place."""
    if len(places) != len(directions):
        raise ValueError(f"the {name}s have another structure: {len(directions)} arrays for {len(places)}")
    for x, t in zip(places, directions, strict=True):
        if np.shape(raw(t)) != np.shape(raw(x)):
            of = "argument" if name == "tangent" else "output"
            raise ValueError(f"the {name} has shape {np.shape(raw(t))}, the {of} {np.shape(raw(x))}: they must agree")


class Run:
    """One run of a function on fresh leaves, ready to be walked back.

    Within a forward pass the run is a level of its own, and what it records is made of dual numbers. Outside,
    tensors that require gradients are arguments like others, and the walk is recorded where it depends on them.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], argnums: int | Sequence[int], has_aux: bool) -> None:
        places = [argnums] if isinstance(argnums, int) else list(argnums)
        if any(not -len(args) <= i < len(args) for i in places):
            raise ValueError(f"argnums {argnums} names an argument that is not there: {len(args)} were given")
        self.tree = args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in places)
        given, outer = [value_of(x) for x in flatten(self.tree)], is_grad_enabled()
        self.level = ReverseLevel() if forward_levels() else None
        with enable_grad():
            self.inputs = [self._fresh(x) for x in given]
            new_args, leaves = list(args), iter(self.inputs)
            for i in places:
                new_args[i] = rebuild(args[i], leaves)
            result = f(*new_args)
        self.result: Any
        self.aux: Any
        self.result, self.aux = result if has_aux else (result, None)
        self.outputs = flatten(self.result)
        traced = [y for y in self.outputs if isinstance(y, Tensor)]
        self.graph = outer and self.level is None and reaches_beyond(traced, self.inputs)
        self.as_tensors = self.graph or any(isinstance(x, Tensor) for x in given)

    def _fresh(self, x: Any) -> Any:
        """Return a new leaf with the value of `x` (recorded as its image, if x is itself recorded)."""
        if self.level:
            return self.level.leaf(x)
        return _identity(x) if is_live(x) else Tensor(x, requires_grad=True)

    def like_inputs(self, values: Sequence[Any]) -> Any:
        """Give derivatives the structure of the arguments (and zeros where there are none)."""
        pairs = zip(values, self.inputs, strict=True)
        found = (np.zeros_like(raw(x)) if v is None else v for v, x in pairs)
        return rebuild(self.tree, (leave(v, self.as_tensors) for v in found))

    def output(self) -> Any:
        """Return the function's value as it is outside this run."""
        return rebuild(self.result, (leave(self._outside(y), self.as_tensors) for y in self.outputs))

    def _outside(self, y: Any) -> Any:
        if self.level:
            return y.data if level_of(y) is self.level else y
        return y if self.graph else raw(y)

    def pull(self, cotangents: Sequence[Any], retain: bool = False) -> list[Any]:
        """Reverse mode over all outputs."""
        checked_tangents("cotangent", self.outputs, cotangents)
        totals: list[Any] = [None] * len(self.inputs)
        self._follow(True)
        for y, g in zip(self.outputs, cotangents, strict=True):
            if not (isinstance(y, Tensor) and y.requires_grad and level_of(y) is self.level):
                continue
            keep = retain or len(self.outputs) > 1
            graph = self.graph or (self.level is None and is_grad_enabled() and is_live(g))
            g = g if is_live(g) else raw(g)
            parts = pull_back(y, g, self.inputs, create_graph=graph, retain_graph=keep)
            totals = [p if t is None else t if p is None else t + p for t, p in zip(totals, parts, strict=True)]
        self._follow(False)
        return totals

    def _follow(self, on: bool) -> None:
        """Between walks, this run's own leaves are constants to everyone else."""
        for x in self.inputs:
            if x.op is None:
                x.requires_grad = on
