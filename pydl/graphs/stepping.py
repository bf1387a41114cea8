"""The forward pass and the backward pass, step by step: as data, and as a figure with buttons."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING

from pydl.graphs.drawing import ROOM, Direction, Drawing, draw
from pydl.graphs.labels import number, pretty, summary

if TYPE_CHECKING:
    from pydl.graphs.graph import Edge, Graph

__all__ = ["ENTRYWISE", "PRODUCTS", "Step", "Stepping", "step_through"]

# Of y = op(a, b, …), as Python and NumPy write it: tests evaluate these against the engine.
ENTRYWISE = {
    "add": ("1", "1"),
    "subtract": ("1", "-1"),
    "multiply": ("b", "a"),
    "divide": ("1/b", "-y/b"),
    "power": ("b * a**(b - 1)", "y * log(a)"),
    "negative": ("-1",),
    "square": ("2 * a",),
    "sqrt": ("1/(2 * y)",),
    "reciprocal": ("-y**2",),
    "exp": ("y",),
    "log": ("1/a",),
    "sin": ("cos(a)",),
    "cos": ("-sin(a)",),
    "sinh": ("cosh(a)",),
    "cosh": ("sinh(a)",),
    "tanh": ("1 - y**2",),
    "sigmoid": ("y * (1 - y)",),
    "softplus": ("sigmoid(a)",),
    "relu": ("(a > 0)",),
}
"""∂y/∂a, ∂y/∂b of operations that work entry by entry."""
PRODUCTS = {
    "matmul": ("g @ b.T", "a.T @ g"),
    "linear": ("g @ b", "g.T @ a", "g.sum(axis=0)"),
    "transpose": ("g.T",),
}
"""What flows back to a, b, … of operations on matrices, when g flows back to y."""


TRANSFER = {"relu": "(y > 0)", "tanh": "1 - y**2", "sigmoid": "y * (1 - y)"}
"""The derivative of a transfer function that `linear` applies."""
MOST = 60  # nodes


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    phase : {"start", "forward", "backward"}
        Which pass it belongs to.
    says : str
        What happens, in words and in formula.
    nodes : tuple of int
        The variables that get their value, or their share of the gradient.
    edges : tuple of int
        Along which edges.
    gradient : str
        What is known of the gradient of that variable after this step, as the drawing writes it.
    """

    phase: str
    says: str
    nodes: tuple[int, ...]
    edges: tuple[int, ...] = ()
    gradient: str = ""


@dataclass(frozen=True, repr=False)
class Stepping:
    """The figure, displayed by notebooks; where no script runs, the finished drawing stands in.

    Parameters
    ----------
    steps : tuple of Step
        What it shows, one after another.
    drawing : Drawing
        The finished drawing, with all values, gradients and local derivatives.
    """

    steps: tuple[Step, ...]
    drawing: Drawing

    def _repr_html_(self) -> str:
        options = escape(json.dumps({"steps": [asdict(step) for step in self.steps]}, ensure_ascii=False))
        return (
            '<div class="interactive">\n'
            f'<div class="interactive-stage" data-figure="graph" data-options="{options}"></div>\n'
            f'<div class="interactive-fallback">{self.drawing._repr_html_()}</div>\n</div>'
        )

    def __repr__(self) -> str:
        return f"{len(self.steps)} steps through a graph of {self.drawing.nodes} nodes"


def step_through(graph: Graph, *, direction: Direction = "down", title: str | None = None) -> Stepping:
    """Step through a graph; see `Graph.step_through`."""
    if graph.nodes[-1].gradient is None:
        raise ValueError("stepping shows the backward pass, too: trace the graph with gradients=True")
    if len(graph) > MOST:
        raise ValueError(
            f"this graph has {len(graph):,} nodes; stepping through more than {MOST} helps nobody. Take a smaller"
            " one of the same kind (fewer layers or steps), or trace an earlier result"
        )
    steps = (_start(graph), *_forward(graph), *_backward(graph))
    widest = {step.nodes[0]: "" for step in steps}
    for step in steps:
        widest[step.nodes[0]] = max(widest[step.nodes[0]], step.gradient, key=len)
    show = ("shape", "value", "gradient", "partial")
    return Stepping(steps, draw(graph, show, direction=direction, title=title, widest=widest))


def _start(graph: Graph) -> Step:
    given = tuple(i for i, node in enumerate(graph.nodes) if node.op is None)
    names = ", ".join(pretty(graph.nodes[i].name) for i in given[:8]) + (", …" if len(given) > 8 else "")
    return Step("start", f"Given: {names}. Nothing is computed yet.", given)


def _forward(graph: Graph) -> list[Step]:
    entering: dict[int, list[int]] = {}
    for k, edge in enumerate(graph.edges):
        entering.setdefault(edge.target, []).append(k)
    steps = []
    for i, node in enumerate(graph.nodes):
        if node.op is not None:
            value = summary(node.value, ROOM)
            found = f" = {value}" if value else f", of shape {node.value.shape}"
            steps.append(Step("forward", f"{pretty(node.name)} = {node.formula}{found}.", (i,), tuple(entering[i])))
    return steps


def _backward(graph: Graph) -> list[Step]:
    last = len(graph.nodes) - 1
    y = pretty(graph.nodes[last].name)
    steps = [Step("backward", f"The way back begins with ∂{y}/∂{y} = 1.", (last,), (), "∂ 1")]
    sums = {last: graph.nodes[last].gradient}
    order = sorted(range(len(graph.edges)), key=lambda k: (-graph.edges[k].target, graph.edges[k].argument))
    for k in order:
        edge = graph.edges[k]
        if edge.share is None:
            continue
        before = sums.get(edge.source)
        total = edge.share if before is None else before + edge.share
        sums[edge.source] = total
        text = summary(total, ROOM, "∂")
        says = _scalar(graph, edge, y) if edge.partial is not None else _array(graph, edge, y)
        if before is not None:
            name = pretty(graph.nodes[edge.source].name)
            says += f" Added to what {name} had already" + (
                f": {number(before.item())} + {number(edge.share.item())} = {number(total.item())}."
                if total.size == 1
                else "."
            )
        steps.append(Step("backward", says, (edge.source,), (k,), text))
    return steps


def _scalar(graph: Graph, edge: Edge, y: str) -> str:
    """Say how a gradient flows along an edge between two numbers."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    a, u, partial = pretty(source.name), pretty(target.name), number(edge.partial or 0.0)
    rule = _written(graph, edge, ENTRYWISE)
    local = f"∂{u}/∂{a} = {rule + ' = ' if rule and rule != partial else ''}{partial}"
    if edge.target == len(graph.nodes) - 1:
        return f"{local}."
    flows = f"{number(target.gradient.item())} · {partial} = {number(edge.share.item())}"  # type: ignore[union-attr]
    return f"{local}, so ∂{y}/∂{u} · ∂{u}/∂{a} = {flows} flows to {a}."


def _array(graph: Graph, edge: Edge, y: str) -> str:
    """Say how a gradient flows along an edge between arrays: a vector-Jacobian product."""
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    a, u = pretty(source.name), pretty(target.name)
    flowing = f"∂{y}/∂{u}"
    inner = {"relu": "(y > 0)", "tanh": "1 - y**2", "sigmoid": "y * (1 - y)"}.get(
        target.settings.get("activation") or ""
    )
    if product := _written(graph, edge, PRODUCTS):
        if inner:
            return f"To {a} flows {product.replace('ḡ', 'δ')}, where δ = {flowing} ⊙ ({_pretty(inner, {'y': u})})."
        return f"To {a} flows {product.replace('ḡ', flowing)}."
    if local := _written(graph, edge, ENTRYWISE):
        return f"To {a} flows {flowing}" + ("." if local == "1" else f" ⊙ ({local}).")
    if target.op in ("sum", "mean"):
        share = "" if target.op == "sum" else f", divided by {source.value.size // max(target.value.size, 1)}"
        return f"To each entry of {a} flows {flowing}{share}."
    return f"To {a} flows {flowing} times the Jacobian of {target.operation}, of shape {source.value.shape}."


def _written(graph: Graph, edge: Edge, table: dict[str, tuple[str, ...]]) -> str:
    """Write an entry of a table with the names of the variables; nothing where there is none."""
    target = graph.nodes[edge.target]
    rules = table.get(target.op or "", ())
    if edge.argument >= len(rules):
        return ""
    return _pretty(rules[edge.argument], dict(zip("ab", target.operands, strict=False)) | {"y": pretty(target.name)})


def _pretty(rule: str, names: dict[str, str]) -> str:
    """Turn a rule in Python into a formula."""
    rule = re.sub(r"\b[aby]\b", lambda found: names.get(found[0], found[0]), rule)
    for old, new in {
        "g.sum(axis=0)": "Σ ḡ", "**2": "²", "**": "^", " @ ": " ", ".T": "ᵀ", " * ": " · ", "-": "−", "2 · ": "2",
    }.items():  # fmt: skip
        rule = rule.replace(old, new)
    return re.sub(r"\bg", "ḡ", rule)
