"""From a recorded result to its graph: find the variables, name them, walk back for the gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pydl.autodiff import Traced, raw
from pydl.backend import is_array, to_numpy
from pydl.errors import GraphError
from pydl.graphs.graph import Edge, Graph, Kind, Node
from pydl.graphs.labels import formula, number, operation, pretty

__all__ = ["trace"]


def trace(y: Any, names: Any = None, *, gradients: bool = False) -> Graph:
    """Return the graph of a recorded result.

    Nothing of the recording is used up: a backward pass works as before. The graph holds copies of all values.

    Parameters
    ----------
    y : Tensor
        A recorded result: computed from something with ``requires_grad=True``.
    names : mapping of str to Tensor, array or Module; or Module; optional
        What the variables are called. A module names its parameters, with the mapping's key in front if it has one.
    gradients : bool
        Whether to walk back from y, a scalar, and keep ∂y/∂(node) for every node between y and its leaves.

    Returns
    -------
    Graph
        All variables that y was computed from, but for plain numbers, which belong to their operations.

    Raises
    ------
    GraphError
        If nothing was recorded, the graph was freed, or a value in it was changed since.
    ValueError
        If something named is no variable of the graph, or gradients are asked for and y is no scalar.

    Examples
    --------
    >>> import pydl
    >>> x1, x2 = (pydl.tensor(v, requires_grad=True) for v in (2.0, 3.0))
    >>> u1 = x1 * x2
    >>> graph = pydl.graphs.trace(u1 + x2, {"x1": x1, "x2": x2, "u1": u1}, gradients=True)
    >>> graph
    Graph of u2: 4 nodes, 4 edges
    >>> graph["x2"].gradient.item(), graph.count_paths("x2")
    (3.0, 2)
    """
    if not isinstance(y, Traced) or y.op is None:
        what = "a leaf, which no operation made" if isinstance(y, Traced) and y.requires_grad else "not recorded"
        raise GraphError(
            f"trace needs a recorded result, and this {type(y).__name__} is {what}: compute it from a tensor made with"
            " requires_grad=True, outside of no_grad()"
        )
    variables = _variables(y)
    numbers = {_key(v): i for i, v in enumerate(variables)}
    called, parameters = _named(names, numbers)
    shares, partials, totals = _back(y, variables, numbers) if gradients else ({}, {}, {})
    edges = tuple(
        Edge(numbers[_key(a)], i, k, shares.get((i, k)), partials.get((i, k)))
        for i, v in enumerate(variables)
        for k, a in enumerate(_args(v))
        if _key(a) in numbers
    )
    nodes: list[Node] = []
    counts, taken = dict.fromkeys("cux", 0), set(called.values())
    for i, v in enumerate(variables):
        made = isinstance(v, Traced) and v.op is not None
        trained = isinstance(v, Traced) and v.requires_grad
        letter, name = "u" if made else "x" if trained else "c", called.get(i)
        while name is None:
            counts[letter] += 1
            name = f"{letter}{counts[letter]}" if f"{letter}{counts[letter]}" not in taken else None
        kind: Kind = "result" if made else "parameter" if i in parameters else "input" if trained else "constant"
        op, settings = (v.op.name.lstrip("_"), dict(v.settings)) if made else (None, {})
        found = [_operand(a, nodes, numbers) for a in _args(v) if a is not None]
        operands = tuple(text for text, _ in found)
        label = operation(op, [None if known else text for text, known in found], settings) if op else ""
        written = formula(op, operands, settings) if op else ""
        nodes.append(Node(name, kind, op, label, operands, written, settings, _copy(v), totals.get(i)))
    return Graph(tuple(nodes), edges)


def _key(value: Any) -> int:
    """Tell variables apart: tensors by age, arrays by identity (which is never as small)."""
    return value.age if isinstance(value, Traced) else -id(value)


def _args(variable: Any) -> tuple[Any, ...]:
    return variable.args if isinstance(variable, Traced) and variable.op is not None else ()


def _operand(value: Any, nodes: list[Node], numbers: Mapping[int, int]) -> tuple[str, bool]:
    """Write an argument of an op, and tell whether it is a variable."""
    if _key(value) in numbers:
        return pretty(nodes[numbers[_key(value)]].name), True
    return number(value) if np.ndim(value) == 0 and not isinstance(value, str) else "…", False


def _copy(value: Any) -> np.ndarray:
    return np.array(to_numpy(raw(value)))


def _variables(y: Traced) -> list[Any]:
    """Return y and all that it was computed from, arguments first."""
    found: dict[int, Any] = {}
    stack: list[Any] = [y]
    while stack:
        value = stack.pop()
        if _key(value) in found:
            continue
        found[_key(value)] = value
        if not isinstance(value, Traced) or value.op is None:
            continue
        if value.args is None:
            raise GraphError(
                f"the graph of this {value.op.name} result was freed by a backward pass: trace it before, call"
                " backward(retain_graph=True), or compute the result again"
            )
        variables = [a for a in value.args if isinstance(a, Traced) or (is_array(a) and np.ndim(a))]
        if any(a.changed > value.age for a in variables if isinstance(a, Traced)):
            raise GraphError(
                f"an argument of {value.op.name} was changed in place after it was recorded (by an optimizer step,"
                " x[...] = or copy_): trace before changing it, or compute the result again"
            )
        stack += reversed(variables)
    constants = [v for v in found.values() if not isinstance(v, Traced)]
    return constants + sorted((v for v in found.values() if isinstance(v, Traced)), key=lambda v: v.age)


def _named(names: Any, numbers: Mapping[int, int]) -> tuple[dict[int, str], set[int]]:
    """Return names by number, and the numbers of what modules named."""
    called: dict[int, str] = {}
    parameters: set[int] = set()
    for name, value in (names if isinstance(names, Mapping) else {"": names} if names is not None else {}).items():
        if hasattr(value, "named_parameters"):
            for path, parameter in value.named_parameters():
                if _key(parameter) in numbers:
                    called[numbers[_key(parameter)]] = f"{name}.{path}" if name else path
                    parameters.add(numbers[_key(parameter)])
        elif _key(value) in numbers:
            called[numbers[_key(value)]] = name
        else:
            raise ValueError(
                f"names: {name!r} is no variable of this graph. Was it replaced by a copy (pydl.tensor copies), or is"
                " the result computed without it?"
            )
    if len(set(called.values())) < len(called):
        raise ValueError(f"names: two variables have one name among {sorted(called.values())}")
    return called, parameters


def _back(y: Traced, variables: list[Any], numbers: Mapping[int, int]) -> tuple[dict, dict, dict]:
    """Walk back from y: what flows along each (result, argument), what the local derivatives are, and the totals."""
    if y.data.size != 1:
        raise ValueError(
            f"gradients are those of a scalar, this result has shape {tuple(y.data.shape)}: trace its .sum() or"
            " .mean(), or leave gradients=False"
        )
    shares: dict[tuple[int, int], np.ndarray] = {}
    partials: dict[tuple[int, int], float] = {}
    totals: dict[int, Any] = {len(variables) - 1: np.ones_like(y.data)}
    for i in reversed(range(len(variables))):
        node = variables[i]
        if i not in totals or not _args(node):
            continue
        for k, share in _pulled(node, totals[i]):
            shares[i, k], j = _copy(share), numbers[_key(node.args[k])]
            totals[j] = totals[j] + share if j in totals else share
        if node.data.size == 1:
            partials |= {(i, k): p.item() for k, p in _pulled(node, np.ones_like(node.data)) if p.size == 1}
    return shares, partials, {i: _copy(total) for i, total in totals.items()}


def _pulled(node: Any, g: Any) -> list[tuple[int, Any]]:
    """Return what reaches the arguments of an op by its VJP, each with the argument's place."""
    settings = dict(node.settings)
    if node.op.saves:
        settings["saved"] = node.saved
    if node.op.writes:
        settings["into"] = [None] * len(node.args)
    needs = [isinstance(a, Traced) and a.requires_grad for a in node.args]
    found = enumerate(node.op.pull(g, node.data, node.inputs, needs, settings))
    return [(k, share.astype(node.args[k].data.dtype)) for k, share in found if needs[k] and share is not None]
