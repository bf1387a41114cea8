"""A drawing of a graph: what is written into the boxes, and the SVG as notebooks display it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydl.graphs.labels import FONT, number, pretty, shape, summary, width
from pydl.graphs.layout import arrange
from pydl.graphs.svg import SMALL, Box, Canvas

if TYPE_CHECKING:
    from pydl.graphs.graph import Graph, Node

__all__ = ["ROOM", "Direction", "Drawing", "Show", "draw"]

Direction = Literal["down", "right"]
Show = Sequence[str]
PARTS = ("shape", "value", "gradient", "partial")
ROOM = 94.0  # a box is no wider than this, if its longest word allows: three of them fit on a telephone
GAP = 10.0  # between boxes, at least
PAGE = 330.0  # the width of a telephone's page
TOLD = 60  # nodes that the description goes through


@dataclass(frozen=True, repr=False)
class Drawing:
    """A drawing of a graph, displayed by notebooks.

    Parameters
    ----------
    svg : str
        The text of the SVG.
    width : float
        In pixels.
    nodes, edges : int
        How many of them it shows.
    """

    svg: str
    width: float
    nodes: int
    edges: int

    def _repr_html_(self) -> str:
        # what scrolls must be reached by keyboard
        more = ' tabindex="0" role="group" aria-label="Graph, scrolls sideways"' if self.width > PAGE else ""
        return f'<div class="pydl-graph"{more}>\n{self.svg}\n</div>'

    def __repr__(self) -> str:
        return f"Drawing of a graph: {self.nodes} nodes, {self.edges} edges"

    def save(self, path: str | Path) -> None:
        """Write the SVG to the file `path`."""
        body = self.svg.replace("<svg ", '<svg class="pydl-graph" ', 1)
        Path(path).write_text(f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n', encoding="utf-8")


def draw(
    graph: Graph,
    show: Show,
    *,
    direction: Direction = "down",
    title: str | None = None,
    limit: int = 200,
    widest: Mapping[int, str] | None = None,
) -> Drawing:
    """Draw a graph; see `Graph.draw`. With `widest`, boxes have room for these gradients, too."""
    if unknown := sorted(set(show) - set(PARTS)):
        raise ValueError(f"show: there is no {unknown[0]!r} to show; choose from {PARTS}")
    if direction not in ("down", "right"):
        raise ValueError(f"direction must be 'down' or 'right', not {direction!r}")
    if len(graph) > limit:
        raise ValueError(
            f"this graph has {len(graph):,} nodes; a drawing of more than {limit} cannot be read. Draw a smaller one of"
            " the same kind (fewer layers, steps or samples), trace an earlier result, or pass limit="
        )
    down = direction == "down"
    boxes = [_box(node, show, down, (widest or {}).get(i, "")) for i, node in enumerate(graph.nodes)]
    labels = [number(edge.partial) if "partial" in show and edge.partial is not None else "" for edge in graph.edges]
    label_sizes = [(width(label, SMALL) + 4, 15.0) if label else (0.0, 0.0) for label in labels]
    layout = arrange(
        [box.size[not down] for box in boxes],
        [(edge.source, edge.target) for edge in graph.edges],
        [size[not down] for size in label_sizes],
        GAP,
    )
    name = title or f"Computational graph of {pretty(graph.nodes[-1].name)}"
    canvas = Canvas(layout, boxes, [(e.source, e.target) for e in graph.edges], labels, label_sizes, down)
    svg, wide = canvas.svg(name, _described(graph), _notes(graph, show))
    return Drawing(svg, wide, len(graph.nodes), len(graph.edges))


def _row_width(row: Sequence[tuple[str, str]]) -> float:
    return sum(width(text, FONT, bold=kind == "name") for kind, text in row) + 4 * (len(row) - 1)


def _box(node: Node, show: Show, down: bool, widest: str) -> Box:
    """Fill the lines of a box: as many words in each as there is room for, and the gradient below."""
    words = [("name", pretty(node.name))]
    if "shape" in show and shape(node.value):
        words.append(("shape", shape(node.value)))
    if "value" in show and (value := summary(node.value, ROOM - 10)):
        words.append(("value", f"= {value}"))
    rows: list[list[tuple[str, str]]] = [[]]
    for word in words:
        if rows[-1] and _row_width([*rows[-1], word]) > ROOM:
            rows.append([])
        rows[-1].append(word)
    if "gradient" in show and node.gradient is not None:
        rows.append([("gradient", _gradient(node))])
    return Box(rows, max(width(widest), *map(_row_width, rows)), node.operation, node.kind, _told(node), down)


def _gradient(node: Node) -> str:
    return "" if node.gradient is None else summary(node.gradient, ROOM, "∂")


def _notes(graph: Graph, show: Show) -> list[str]:
    """Say below the drawing what its signs mean."""
    gradients = [_gradient(node) for node in graph.nodes if node.gradient is not None]
    notes = []
    if "gradient" in show and gradients:
        norm = "; ‖∂‖: its norm" if any(text.startswith("‖") for text in gradients) else ""
        notes.append(f"∂ in a box: derivative of {pretty(graph.nodes[-1].name)}{norm}")
    if "partial" in show and any(edge.partial is not None for edge in graph.edges):
        notes.append("on an arrow: local derivative")
    return notes


def _told(node: Node) -> str:
    """Say all of a node in words."""
    text = pretty(node.name) + (f" = {node.formula}" if node.formula else "")
    text += f" of shape {node.value.shape}" if node.value.ndim else ""
    if value := summary(node.value, ROOM - 10):
        text += f" = {value}"
    return text + (f"; derivative {_gradient(node).removeprefix('∂ ')}" if node.gradient is not None else "")


def _described(graph: Graph) -> str:
    """Say in words what is drawn, for readers who cannot see it."""
    more = [f"And {len(graph) - TOLD} more"] if len(graph) > TOLD else []
    count = f"{len(graph.nodes)} variables, {len(graph.edges)} edges to {pretty(graph.nodes[-1].name)}"
    return ". ".join([count, *map(_told, graph.nodes[:TOLD]), *more]) + "."
