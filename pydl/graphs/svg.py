"""Turns a layout into the text of an SVG: boxes are variables, arrows lead through operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pydl.graphs.labels import width
from pydl.graphs.layout import Layout

__all__ = ["SMALL", "Box", "Canvas"]

SMALL = 12.0  # pixels, of operations and labels
ROW, PADDING, PILL = 17.0, 6.0, 19.0  # height of a line, room in a box, height of an operation
STEP, LABEL_STEP = 30.0, 17.0  # between layers; around the labels on edges
HEAD, PORT = 6.0, 13.0  # an arrow's head; between arrows that enter one operation
NOTE, MARGIN = 18.0, 3.0  # height of a line below the drawing; around it all

STYLE = """
.pydl-graph{--g-ink:var(--pst-color-text-base,var(--jp-content-font-color1,currentColor));overflow-x:auto;
--g-blue:#0072b2;--g-green:#00805d;--g-back:#a94400;--g-local:#6b4a8a}
:is(html[data-theme="dark"],[data-jp-theme-light="false"]) .pydl-graph{
--g-blue:#6bb9ea;--g-green:#4fcba4;--g-back:#f4935a;--g-local:#c3a5e0}
.pydl-graph svg{display:block;margin:0 auto}
.pydl-graph text{font:13px var(--book-sans,system-ui,sans-serif);font-variant-numeric:tabular-nums;
fill:var(--g-ink);text-anchor:middle}
.pydl-graph :is(.g-note,.g-pill,.g-label){font-size:12px}
.pydl-graph .g-name{font-weight:600}
.pydl-graph .g-box{fill:var(--g-ink);fill-opacity:.03;stroke:var(--g-ink);stroke-opacity:.65}
.pydl-graph .g-input .g-box{fill:var(--g-blue);fill-opacity:.13;stroke:var(--g-blue);stroke-opacity:1}
.pydl-graph .g-parameter .g-box{fill:var(--g-green);fill-opacity:.13;stroke:var(--g-green);stroke-opacity:1}
.pydl-graph .g-constant .g-box{stroke-dasharray:4 3}
.pydl-graph .g-last .g-box{stroke-width:2;stroke-opacity:1}
.pydl-graph .g-oval{fill:var(--g-ink);fill-opacity:.12}
.pydl-graph .g-line{fill:none;stroke:var(--g-ink);stroke-opacity:.65}
.pydl-graph .g-under{display:none}
.pydl-graph .g-head{fill:var(--g-ink);fill-opacity:.75}
.pydl-graph .g-gradient{fill:var(--g-back)}
.pydl-graph .g-label{fill:var(--g-local)}
"""
"""Colours are the page's own where it has a theme, light or dark; a file of its own is drawn in black."""


def _n(x: float) -> str:
    """Write a coordinate with one decimal."""
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _rect(kind: str, x: float, y: float, wide: float, high: float, rx: float) -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"'
    return f'<rect class="{kind}" {place} rx="{_n(rx)}"/>'


def _text(kind: str, x: float, y: float, content: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{_n(x)}" y="{_n(y)}">{content}</text>'


@dataclass(frozen=True)
class Box:
    """A variable as it is drawn.

    Attributes
    ----------
    rows : list of list of (str, str)
        Its lines: words, each with its kind.
    text : float
        Width of the widest line.
    pill : str
        The operation that made it, which stands before it; empty for what was not made.
    kind, told : str
        What it is; and all of it in words.
    down : bool
        The drawing's direction.
    """

    rows: list[list[tuple[str, str]]]
    text: float
    pill: str
    kind: str
    told: str
    down: bool

    @property
    def pill_width(self) -> float:
        """How wide the operation is."""
        return width(self.pill, SMALL) + 14 if self.pill else 0.0

    @property
    def inner(self) -> tuple[float, float]:
        """Size of the box itself."""
        least = self.pill_width if self.down else 0.0
        return max(self.text + 2 * PADDING, least), len(self.rows) * ROW + PADDING

    @property
    def size(self) -> tuple[float, float]:
        """Size of box and operation together."""
        wide, high = self.inner
        if not self.pill:
            return wide, high
        return (wide, high + PILL) if self.down else (wide + self.pill_width, high)


@dataclass(frozen=True)
class Canvas:
    """Draws boxes and arrows where the layout says: across and along the direction become x and y."""

    layout: Layout
    boxes: Sequence[Box]
    edges: Sequence[tuple[int, int]]
    labels: Sequence[str]
    label_sizes: Sequence[tuple[float, float]]
    down: bool

    def svg(self, title: str, description: str, notes: Sequence[str]) -> tuple[str, float]:
        """Write it all; return it with its width."""
        tops, bottoms = self.bands()
        low, high = self.layout.span
        wide, tall = (high - low, bottoms[-1]) if self.down else (bottoms[-1], high - low)
        full = max([wide, *(width(note, SMALL) for note in notes)]) + 2 * MARGIN
        x, y = (full - wide) / 2 - (low if self.down else 0), MARGIN - (0 if self.down else low)
        below = tall + 2 * MARGIN + NOTE
        size = f"{_n(full)} {_n(tall + 2 * MARGIN + (NOTE * len(notes) + 6 if notes else 0))}"
        parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{}" height="{}"'.format(*size.split())
            + f' viewBox="0 0 {size}">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f"<style>{STYLE}</style>",
            f'<g transform="translate({_n(x)} {_n(y)})">',
            *self.arrows(tops, bottoms),
            *(self.box(i, bottoms) for i in range(len(self.boxes))),
            "</g>",
            *(_text("g-note", full / 2, below + NOTE * k, escape(note)) for k, note in enumerate(notes)),
            "</svg>",
        ]
        return "\n".join(parts), full

    def bands(self) -> tuple[list[float], list[float]]:
        """Return where each layer begins and ends."""
        depth = [0.0] * (max(self.layout.layers) + 1)
        for layer, box in zip(self.layout.layers, self.boxes, strict=True):
            depth[layer] = max(depth[layer], box.size[self.down])
        step = STEP
        for route, label, size in zip(self.layout.routes, self.layout.labels, self.label_sizes, strict=True):
            if label >= 0:
                layer, step = route[label][1], LABEL_STEP
                depth[layer] = max(depth[layer], size[self.down])
        tops = [0.0]
        for d in depth[:-1]:
            tops.append(tops[-1] + d + step)
        return tops, [top + d for top, d in zip(tops, depth, strict=True)]

    def point(self, across: float, along: float) -> str:
        """Write a point."""
        return f"{_n(across)} {_n(along)}" if self.down else f"{_n(along)} {_n(across)}"

    def arrows(self, tops: Sequence[float], bottoms: Sequence[float]) -> list[str]:
        """Write the arrows; those that enter one operation lie side by side."""
        entering: dict[int, list[tuple[float, int]]] = {}
        for k, (source, target) in enumerate(self.edges):
            route = self.layout.routes[k]
            entering.setdefault(target, []).append((route[-1][0] if route else self.layout.centres[source], k))
        written = [""] * len(self.edges)
        for target, group in entering.items():
            room = self.boxes[target].size[not self.down] - 12
            apart = min(PORT, room / max(len(group) - 1, 1))
            for place, (_, k) in enumerate(sorted(group)):
                port = self.layout.centres[target] + (place - (len(group) - 1) / 2) * apart
                written[k] = self.arrow(k, port, tops, bottoms)
        return written

    def arrow(self, k: int, port: float, tops: Sequence[float], bottoms: Sequence[float]) -> str:
        """Write one arrow: curved between the layers, straight within them, open at its label."""
        source, target = self.edges[k]
        across, along = self.layout.centres[source], bottoms[self.layout.layers[source]]
        path, label = f"M{self.point(across, along)}", ""
        for place, (x, layer) in enumerate(self.layout.routes[k]):
            path += self.curve(across, along, x, tops[layer])
            across, along = x, bottoms[layer]
            if place == self.layout.labels[k]:
                label = self.label(k, x, tops[layer], along)
            path += f"{'M' if place == self.layout.labels[k] else 'L'}{self.point(x, along)}"
        layer = self.layout.layers[target]
        tip = bottoms[layer] - self.boxes[target].size[self.down]
        path += self.curve(across, along, port, tops[layer] - HEAD) + f"L{self.point(port, tip - HEAD)}"
        head = f"M{self.point(port, tip)}L{self.point(port - 3.5, tip - HEAD)}L{self.point(port + 3.5, tip - HEAD)}Z"
        return f'<g data-edge="{k}"><path class="g-line" d="{path}"/><path class="g-head" d="{head}"/>{label}</g>'

    def label(self, k: int, across: float, begin: float, end: float) -> str:
        """Write the label of an edge, and the piece of line for steps that do not show it yet."""
        middle = (begin + end) / 2
        x, y = (across, middle) if self.down else (middle, across)
        under = f'<path class="g-line g-under" d="M{self.point(across, begin)}L{self.point(across, end)}"/>'
        return under + _text("g-label", x, y + 4, escape(self.labels[k]))

    def curve(self, across: float, along: float, to_across: float, to_along: float) -> str:
        """Continue a path, leaving and arriving along the drawing's direction."""
        if abs(across - to_across) < 0.3:
            return f"L{self.point(to_across, to_along)}"
        middle = (along + to_along) / 2
        return f"C{self.point(across, middle)} {self.point(to_across, middle)} {self.point(to_across, to_along)}"

    def box(self, i: int, bottoms: Sequence[float]) -> str:
        """Write a box, flush with the end of its layer, and the operation before it."""
        box = self.boxes[i]
        (wide, high), (inner_wide, inner_high) = box.size, box.inner
        across, end = self.layout.centres[i], bottoms[self.layout.layers[i]]
        x, y = (across - wide / 2, end - high) if self.down else (end - wide, across - high / 2)
        left, top = x + wide - inner_wide, y + high - inner_high
        last = " g-last" if i == len(self.boxes) - 1 else ""
        parts = [_rect("g-box", left, top, inner_wide, inner_high, 5)]
        if box.pill:
            a, b = (across - box.pill_width / 2, y) if self.down else (x, across - PILL / 2)
            parts.append(_rect("g-oval", a, b, box.pill_width, PILL, PILL / 2))
            parts.append(_text("g-pill", a + box.pill_width / 2, b + 13.5, escape(box.pill)))
        for k, row in enumerate(box.rows):
            words = " ".join(f'<tspan class="g-{kind}">{escape(text)}</tspan>' for kind, text in row)
            parts.append(_text("", left + inner_wide / 2, top + PADDING / 2 + ROW * k + 13, words))
        told = f"<title>{escape(box.told)}</title>"
        return f'<g class="g-{box.kind}{last}" data-node="{i}">{told}{"".join(parts)}</g>'
