"""Run a notebook and keep only outputs that another machine, another day, gives again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

# What must never reach a stored output.
FORBIDDEN = [
    (re.compile(r"(?<![\w.:/~<])/(?:[\w.+-]+/)+[\w.+-]+|\b[A-Z]:\\\w+"), "a path on this machine"),
    (re.compile(r"site-packages"), "an installation path"),
    (re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|µs|us|ns)\b|\b\d+\.\d+\s?s\b|\d(?:it|batch(?:es)?)/s"), "a timing"),
    (re.compile(r"\b0x[0-9a-f]{6,}"), "an address in memory"),
]
IMAGES = ("image/svg+xml", "image/png", "image/gif", "image/apng", "image/jpeg")
LARGEST_SVG = 100 * 1024
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run `notebook` in place, with `folder` as working directory."""
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        skip_cells_with_tag="nbval-skip",
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    normalise(notebook)


def normalise(notebook: NotebookNode) -> None:
    """Drop what differs from run to run: times, counters, the way a stream was chopped."""
    notebook.metadata = nbformat.from_dict({**notebook.metadata, **KERNEL})
    code_cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    for number, cell in enumerate(code_cells, start=1):
        cell.metadata.pop("execution", None)
        cell.execution_count = number
        cell.outputs = _merge_streams(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def complaints(notebook: NotebookNode) -> list[str]:
    """Say, cell by cell, why this executed notebook may not enter the book; empty when it may."""
    return [
        f"cell {index}: {what}"
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for what in [*_output_faults(cell), *_figure_faults(cell)]
    ]


def _text(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join([output.evalue, *output.traceback])
    return "\n".join(str(value) for mime, value in output.data.items() if mime.startswith("text/"))


def _output_faults(cell: NotebookNode) -> Iterator[str]:
    raises = "raises-exception" in cell.metadata.get("tags", [])
    for output in cell.outputs:
        if output.output_type == "error" and not raises:
            yield f"raises {output.ename} without the tag raises-exception"
        if output.output_type == "stream" and output.name == "stderr":
            yield f"writes to stderr: {output.text[:80]!r}; silence it at its cause (progress=False, a fixed warning)"
        for pattern, what in FORBIDDEN:
            if found := pattern.search(_text(output)):
                yield f"output holds {what}: {found.group()[:80]!r}"


def _figure_faults(cell: NotebookNode) -> Iterator[str]:
    rich = [output for output in cell.outputs if "data" in output]
    images = [mime for output in rich for mime in output.data if mime in IMAGES]
    if not images:
        return
    options = cell.metadata.get("mystnb", {})
    wanted = {
        "mystnb.image.alt (what a reader who cannot see the figure should know)": options.get("image", {}).get("alt"),
        "mystnb.figure.caption (the takeaway)": options.get("figure", {}).get("caption"),
        "mystnb.figure.name (fig-…)": options.get("figure", {}).get("name"),
    }
    yield from (f"shows a figure without {name} in the cell's metadata" for name, given in wanted.items() if not given)
    if len(rich) > 1:
        yield f"shows {len(rich)} outputs under one caption; give each figure its own cell, and print text instead"
    for output in rich:
        size = len(output.data.get("image/svg+xml", ""))
        if size > LARGEST_SVG:
            yield f"SVG of {size // 1024} KB, more than {LARGEST_SVG // 1024} KB: draw less, or store a PNG"
