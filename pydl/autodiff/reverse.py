"""Reverse mode: walk the recorded graph from an output back to the leaves, with vector-Jacobian products.

Age replaces graph search. A result is younger than its arguments, so descending age is a reverse
topological order. The walk is a loop: no recursion, at any depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from pydl.autodiff.record import Traced, describe, enable_grad
from pydl.backend import asarray
from pydl.errors import GraphError

__all__ = ["WATCHERS", "pull_back", "reaches_beyond"]

WATCHERS: list[Callable[[Traced, Any, Sequence[Any]], None]] = []
"""Who sees, in each walk, a result, its gradient, and the gradients of its arguments as they are computed."""


def pull_back(
    output: Traced,
    cotangent: Any,
    targets: Sequence[Traced] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
) -> list[Any]:
    """Reverse mode: carry ``cotangent`` = ∂·/∂output back through the graph.

    Parameters
    ----------
    output : Traced
        The recorded result to start from.
    cotangent : array or Traced
        ∂·/∂output, of output's shape.
    targets : sequence of Traced, optional
        Stop at these and return their gradients (None where output does not depend on one).
        Without targets, every leaf's `gradient` is added to, and the list is empty.
    create_graph : bool
        Record the walk itself, so that gradients can be differentiated again.
    retain_graph : bool
        Keep what ops saved. Otherwise each record is dropped as soon as it was used: memory is
        reused while it is still in the cache, and a second walk raises `GraphError`.

    Returns
    -------
    list
        One gradient a target.
    """
    if create_graph:
        with enable_grad():
            return _pull_back(output, cotangent, targets, True, True)
    return _pull_back(output, cotangent, targets, False, retain_graph)


def _pull_back(output: Traced, cotangent: Any, targets: Any, graph: bool, retain: bool) -> list[Any]:
    stop = {} if targets is None else {t.age: t for t in targets}
    oldest = min(stop, default=0)
    # what flows back, by age: [tensor, gradient, whether the gradient's memory is ours to add into]
    pending: dict[int, list[Any]] = {output.age: [output, cotangent, False]}
    queue: list[int] = [] if output.op is None or output.age in stop else [-output.age]
    while queue:
        age = -heappop(queue)
        node, g, _ = pending.pop(age)
        op, args, settings = node.op, node.args, node.settings
        if args is None:
            raise GraphError(
                f"the graph of this {op.name} result {describe(node.data)} was freed by an earlier backward pass:"
                " call backward(retain_graph=True) the first time, or compute the result again"
            )
        if node.hooks:
            g = _hooked(node, g)
        needs: list[bool] = []
        into: list[Any] = []
        newest = node.changed
        for a in args:
            if isinstance(a, Traced):
                if a.changed > newest:
                    newest = a.changed
                if a.requires_grad and a.age >= oldest:
                    needs.append(True)
                    # an empty buffer is offered to the rule, which may write the gradient straight into it
                    empty = a.buffer is not None and a.gradient is None and not graph and a.age not in pending
                    into.append(a.buffer if empty else None)
                    continue
            needs.append(False)
            into.append(None)
        if newest > age:
            raise GraphError(
                f"a value of {op.name} {describe(node.data)} was changed in place after it was recorded (by an"
                " optimizer step, x[...] = or copy_), so its gradient would be wrong: go backward before changing"
                " it, or compute the result again"
            )
        if op.saves:
            settings = settings | {"saved": None if graph else node.saved}
        if op.writes:
            settings = settings | {"into": into}
        grads = op.pull(g, node if graph else node.data, args if graph else node.inputs, needs, settings)
        if WATCHERS:
            for watch in tuple(WATCHERS):
                watch(node, g, grads)
        for a, ga, need in zip(args, grads, needs):  # noqa: B905  (strict costs 0.1 µs)
            if not need or ga is None:
                continue
            if ga.dtype != a.data.dtype:  # operands of several dtypes: each gets a gradient of its own
                ga = ga.astype(a.data.dtype)
            entry = pending.get(a.age)
            if entry is None:
                pending[a.age] = [a, ga, ga is a.buffer]
                if a.op is not None and a.age not in stop:
                    heappush(queue, -a.age)
            elif entry[2] and not graph and not isinstance(ga, Traced):
                entry[1] += ga
            else:  # the first gradient may be shared with others, the sum is ours
                entry[1], entry[2] = entry[1] + ga, True
        if not retain:
            node.args = node.inputs = node.saved = None
    if targets is not None:
        return [pending[t.age][1] if t.age in pending else None for t in targets]
    for leaf, g, _ in pending.values():  # what was not walked is a leaf
        _deposit(leaf, g, graph)
    return []


def _hooked(node: Traced, g: Any) -> Any:
    """Show the gradient of a tensor, now complete, to its hooks; what one returns replaces it."""
    for hook in node.hooks:
        replaced = hook(node, g)
        g = g if replaced is None else replaced
    return g


def _deposit(leaf: Traced, g: Any, graph: bool) -> None:
    """Add `g` to the gradient of a leaf, within its buffer where it has one."""
    if leaf.hooks:
        g = _hooked(leaf, g)
    if leaf.gradient is not None:
        if leaf.gradient is leaf.buffer and not graph:
            leaf.buffer += g
        else:
            leaf.gradient = leaf.gradient + g
    elif graph:
        leaf.gradient = g
    elif leaf.buffer is None:
        leaf.gradient = asarray(g).copy(order="K")  # what arrives may be read-only, or another leaf's gradient too
    else:
        if g is not leaf.buffer:
            leaf.buffer[...] = g
        leaf.gradient = leaf.buffer


def reaches_beyond(outputs: Sequence[Traced], inputs: Sequence[Traced]) -> bool:
    """Tell whether the outputs depend on anything that requires a gradient other than the inputs.

    If so, a derivative with respect to the inputs may itself be differentiated, and must be recorded.
    """
    if any(x.op is not None for x in inputs):
        return True
    seeds = {x.age: x for x in inputs}
    seen, stack = set(seeds), [y for y in outputs if y.requires_grad]
    while stack:
        node = stack.pop()
        if node.age in seen:
            continue
        if node.op is None or node.args is None:
            return True
        seen.add(node.age)
        stack += [a for a in node.args if isinstance(a, Traced) and a.requires_grad]
    return False
