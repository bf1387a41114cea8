"""Drawings: well-formed, complete, legible, the same bytes each time."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties, findfont, get_font

import pydl
from pydl.graphs import labels, trace
from tests.graphs.examples import EXAMPLES, course, random_graph

SVG = "{http://www.w3.org/2000/svg}"
SHOW = ("shape", "value", "gradient", "partial")


def parsed(drawing):
    return ElementTree.fromstring(drawing.svg)


def rectangle(element):
    x, y, wide, high = (float(element.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + wide, y + high


def texts(root):
    """Yield each text with its font size and its box, by the package's own estimate of widths."""
    for text in root.iter(f"{SVG}text"):
        size = 12 if text.get("class") in ("g-note", "g-pill", "g-label") else 13
        words = [(part.text or "", "g-name" in part.get("class", "")) for part in text.iter() if part.text]
        wide = sum(labels.width(word, size, bold) for word, bold in words) + 4 * (len(words) - 1)
        x, y = float(text.get("x")), float(text.get("y"))
        yield "".join(word for word, _ in words), size, (x - wide / 2, y - size, x + wide / 2, y + 3)


def overlap(a, b, slack=0.2):
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack


def inside(a, b, slack=0.2):
    return a[0] >= b[0] - slack and a[1] >= b[1] - slack and a[2] <= b[2] + slack and a[3] <= b[3] + slack


GRAPHS = EXAMPLES | {f"random {seed}": lambda seed=seed: (random_graph(seed), None) for seed in range(8)}


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", GRAPHS)
def test_all_is_drawn_and_nothing_overlaps(name, direction):
    graph = trace(*GRAPHS[name](), gradients=True)
    drawing = graph.draw(SHOW, direction=direction)
    root = parsed(drawing)
    nodes = root.findall(f".//{SVG}g[@data-node]")
    edges = root.findall(f".//{SVG}g[@data-edge]")
    assert [int(node.get("data-node")) for node in nodes] == list(range(len(graph)))
    assert [int(edge.get("data-edge")) for edge in edges] == list(range(len(graph.edges)))

    boxes = []
    for node, known in zip(nodes, graph.nodes, strict=True):
        rects = [rectangle(rect) for rect in node.iter(f"{SVG}rect")]
        assert len(rects) == (2 if known.op else 1)
        for _, _, place in texts(node):
            assert any(inside(place, rect) for rect in rects), "a word stands in its box"
        boxes.append(
            (min(r[0] for r in rects), min(r[1] for r in rects), max(r[2] for r in rects), max(r[3] for r in rects))
        )
        if known.op:
            assert not overlap(*rects, slack=0.5)
    written = [place for edge in edges for _, _, place in texts(edge)]
    assert len(written) == sum(edge.partial is not None for edge in graph.edges)
    everything = boxes + written
    for i, a in enumerate(everything):
        assert not any(overlap(a, b) for b in everything[:i])

    x, y = map(float, re.search(r"translate\((\S+) (\S+)\)", drawing.svg).groups())
    wide, high = float(root.get("width")), float(root.get("height"))
    for a, b, c, d in everything:
        assert inside((a + x, b + y, c + x, d + y), (0, 0, wide, high))

    for edge, known in zip(edges, graph.edges, strict=True):
        line = [float(v) for v in re.findall(r"-?[\d.]+", edge.find(f"{SVG}path[@class='g-line']").get("d"))]
        tip = [float(v) for v in re.findall(r"-?[\d.]+", edge.find(f"{SVG}path[@class='g-head']").get("d"))][:2]
        begins, ends = boxes[known.source], boxes[known.target]
        along = 1 if direction == "down" else 0
        assert line[along] == pytest.approx(begins[along + 2], abs=0.2), "it begins at its argument's box"
        assert tip[along] == pytest.approx(ends[along], abs=0.2), "it ends at the operation"
        assert ends[1 - along] <= tip[1 - along] <= ends[3 - along]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_bytes_each_time(name):
    first, second = (trace(*EXAMPLES[name](), gradients=True).draw(SHOW).svg for _ in range(2))
    assert first == second


def test_networks_fit_a_telephone():
    for name in ("course", "mlp", "fused"):
        drawing = trace(*EXAMPLES[name](), gradients=True).draw()
        assert drawing.width <= 330
        assert "tabindex" not in drawing._repr_html_()
        assert min(size for _, size, _ in texts(parsed(drawing))) >= 12
    wide = trace(*EXAMPLES["rnn"](), gradients=True).draw(direction="right")
    assert 'tabindex="0" role="group" aria-label="Graph, scrolls sideways"' in wide._repr_html_()


def real_width(text, size, bold):
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(size, 72)
    return sum(font.load_char(ord(c)).linearHoriAdvance / 65536 for c in text)


@pytest.mark.parametrize("bold", [False, True])
def test_widths_are_upper_bounds_for_the_widest_usual_font(bold):
    words = [
        "net.0.weight",
        "(8, 4)",
        "‖∂‖ 0.0565",
        "cross entropy",
        "linear, tanh",
        "= −1.2·10⁻⁵",
        "u₁₂ = 0.25",
        "WMm",
    ]
    words += ["sum, axis 0", "= [0.123, −0.456]", "x₁", "∂ −0.889", "∂ in a box: derivative of J; ‖∂‖: its norm"]
    for word in words:
        real = real_width(word, 13.0, bold)
        assert real <= labels.width(word, 13.0, bold) + 0.5
        assert labels.width(word, 13.0, bold) <= 1.25 * real + 2


def test_numbers_have_three_digits():
    written = {-0.0: "0", 12.0: "12", -0.12345: "−0.123", 1.5e-7: "1.5·10⁻⁷", -2e12: "−2·10¹²"}
    assert {x: labels.number(x) for x in written} == written
    assert [labels.number(x) for x in (np.nan, np.inf, -np.inf)] == ["NaN", "∞", "−∞"]
    assert [labels.pretty(name) for name in ("u3", "x12", "layer.0.weight", "W", "u_1")] == [
        "u₃", "x₁₂", "layer.0.weight", "W", "u₁",
    ]  # fmt: skip


def test_small_arrays_are_written_out_large_ones_summed_up():
    assert labels.summary(np.array([1.0, -2.5]), 94) == "[1, −2.5]"
    assert labels.summary(np.array([[3.0]]), 94) == "3"
    assert labels.summary(np.ones(5), 94) == labels.summary(np.ones((2, 2)), 94) == ""
    assert labels.summary(np.array([1.2345, -2.3456, 3.4567]), 60, "∂") == "‖∂‖ 4.36"
    assert labels.summary(np.full((3, 3), 2.0), 94, "∂") == "‖∂‖ 6"


def test_shows_what_is_asked_for():
    graph = trace(*course(), gradients=True)
    plain = "".join(parsed(graph.draw(())).itertext())
    assert "∂" not in "".join(text for text, _, _ in texts(parsed(graph.draw(()))))
    assert "u₃ = u₁ × u₂ = 24; derivative 1" in plain, "readers who cannot see it are told all"
    full = [text for text, _, _ in texts(parsed(graph.draw(SHOW)))]
    assert "∂ in a box: derivative of u₃" in full
    assert "on an arrow: local derivative" in full
    assert parsed(graph.draw(title="Two & three")).find(f"{SVG}title").text == "Two & three"


def test_a_file_is_a_drawing_of_its_own(tmp_path):
    drawing = trace(*course()).draw()
    drawing.save(tmp_path / "graph.svg")
    root = ElementTree.parse(tmp_path / "graph.svg").getroot()
    assert root.get("class") == "pydl-graph"
    assert root.find(f"{SVG}style") is not None
    assert repr(drawing) == "Drawing of a graph: 6 nodes, 6 edges"


def test_errors_teach():
    graph = trace(*course())
    with pytest.raises(
        ValueError, match=r"no 'colour' to show; choose from \('shape', 'value', 'gradient', 'partial'\)"
    ):
        graph.draw(("colour",))
    with pytest.raises(ValueError, match="must be 'down' or 'right', not 'up'"):
        graph.draw(direction="up")
    y = pydl.tensor(1.0, requires_grad=True)
    for _ in range(300):
        y = 1 * y
    with pytest.raises(ValueError, match=r"301 nodes; a drawing of more than 200 cannot be read\. Draw a smaller one"):
        trace(y).draw()
    assert trace(y).draw(limit=400).nodes == 301
