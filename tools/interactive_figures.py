"""Sphinx extension: the directive that places an interactive figure, with its caption and its text for paper.

.. code-block:: markdown

    :::{interactive} descent
    :name: fig-descent
    :function: double-well
    :lr: 0.1

    The caption: what the reader can see here.

    What stands here on paper, and where scripts are off: any text, an image.
    :::

The figure is numbered like others, and ``{numref}`` refers to it. Its scripts are loaded on pages that show one.
Some figures are no directives but outputs of notebooks, which bring their data along; their scripts are loaded, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

Check = Callable[[str], Any]


def one_of(*names: str) -> Check:
    """Return a check that an option is one of `names`."""
    return lambda value: directives.choice(value, names)


def some_of(most: int, *names: str) -> Check:
    """Return a check that an option names one to `most` of `names`, with blanks between."""

    def check(value: str) -> list[str]:
        given = [directives.choice(name, names) for name in value.split()]
        if not 0 < len(set(given)) == len(given) <= most:
            raise ValueError(f"got {value!r}, expected one to {most} different names, with blanks between")
        return given

    return check


def number(value: str) -> float:
    """Read an option that must be a number."""
    return float(value)


FUNCTIONS = ("parabola", "huber", "logcosh", "quartic", "double-well", "sine")
SURFACES = ("beale", "rosenbrock", "himmelblau", "saddle", "ravine", "turned_ravine", "plateau", "waves")
METHODS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "amsgrad", "nadam")
FIGURES: dict[str, tuple[list[str], dict[str, Check]]] = {
    "descent": (["kit", "descent"], {"function": one_of(*FUNCTIONS), "lr": number, "start": number}),
    "boundary": (
        ["kit", "boundary", "boundary-view"],
        {
            "rule": one_of("perceptron", "logistic"),
            "points": one_of("separable", "overlapping", "xor", "none"),
            "lr": number,
        },
    ),
    "subnetworks": (
        ["kit", "subnetworks"],
        {"transfer": one_of("relu", "tanh", "linear"), "drop": one_of("hidden", "both"), "keep": number},
    ),
    "path": (["kit", "path"], {"penalty": one_of("l2", "l1"), "alpha": number, "correlation": number}),
    "momentum": (
        ["kit", "rules", "momentum", "momentum-view"],
        {"lr": number, "momentum": number, "kappa": number, "nesterov": one_of("no", "yes")},
    ),
    "race": (
        ["kit", "rules", "functions", "contours", "race", "race-view"],
        {"function": one_of(*SURFACES), "methods": some_of(6, *METHODS), "noise": number},
    ),
}
"""Of each figure: its scripts, in order, and with which options it can begin."""


OUTPUTS = {"graph": ["kit", "graph"]}
"""Of each figure that a notebook writes into its outputs, whole: its scripts."""
PLACED = re.compile(r'class="interactive-stage" data-figure="(\w+)"')


class stage(nodes.General, nodes.Element):  # noqa: N801 (nodes are written like this)
    """Where the script draws."""


class Interactive(SphinxDirective):
    """Place an interactive figure."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Check]] = dict.fromkeys(
        ["name", *(key for _, options in FIGURES.values() for key in options)], directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        """Build the figure: stage, text for paper, caption."""
        name = self.arguments[0]
        if name not in FIGURES:
            raise self.error(f"interactive: there is no figure {name!r}; there are {', '.join(FIGURES)}")
        start = {key: value for key, value in self.options.items() if key != "name"}
        if unknown := sorted(set(start) - set(FIGURES[name][1])):
            raise self.error(f"interactive: {name} has no option {unknown[0]!r}; it has {', '.join(FIGURES[name][1])}")
        for key, value in start.items():
            try:
                start[key] = FIGURES[name][1][key](value)
            except ValueError as error:
                raise self.error(f"interactive: {name}, option {key!r}: {error}") from error
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        if len(body) < 2 or not isinstance(body[0], nodes.paragraph):
            raise self.error(f"interactive: {name} needs two paragraphs: its caption, then what stands here on paper")
        first, *rest = body.children
        caption = nodes.caption(first.rawsource, "", *first.children)
        self.set_source_info(caption)
        figure = nodes.figure("", classes=["interactive"])
        figure += [
            stage("", figure=name, start=start),
            nodes.container("", *rest, classes=["interactive-fallback"]),
            caption,
        ]
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]


def visit_stage(self: Any, node: stage) -> None:
    """Write the stage, empty: the script fills it."""
    options = escape(json.dumps(node["start"]))
    self.body.append(f'<div class="interactive-stage" data-figure="{node["figure"]}" data-options="{options}"></div>\n')
    raise nodes.SkipNode


def skip_stage(self: Any, node: stage) -> None:
    """Leave the stage out where no script runs: the text for paper stands there."""
    raise nodes.SkipNode


def add_scripts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Load scripts and style on a page that shows a figure."""
    if doctree is None:
        return
    scripts = [script for node in doctree.findall(stage) for script in FIGURES[node["figure"]][0]]
    for output in doctree.findall(nodes.raw):
        scripts += [script for name in PLACED.findall(output.astext()) for script in OUTPUTS[name]]
    if scripts:
        app.add_css_file("css/figures.css")
    for script in dict.fromkeys(scripts):
        app.add_js_file(f"js/figures/{script}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    without = (skip_stage, None)
    app.add_node(stage, html=(visit_stage, None), latex=without, text=without, man=without, texinfo=without)
    app.add_directive("interactive", Interactive)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
