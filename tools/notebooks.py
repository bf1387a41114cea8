"""Build the book's notebooks from their text twins, run them, and rewrite the page of verified claims.

usage: python tools/notebooks.py [--check] [-j N] [NAME ...]

``book/_text/<chapter>/<name>.md`` is what authors edit; ``book/<chapter>/<name>.ipynb`` is made from it. A NAME is
``<chapter>/<name>``; without one, all are built. ``--check`` runs and writes nothing: it fails where a notebook
is not the one its twin describes.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import claims_page
import jupytext
import nbformat
import yaml
from execute_notebooks import complaints, execute
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from notebook_environment import BOOK, ROOT, TEXT, prepare


def twins() -> list[str]:
    """Names of all notebooks, from their text twins."""
    return sorted(path.relative_to(TEXT).with_suffix("").as_posix() for path in TEXT.rglob("*.md"))


def opening_cell() -> NotebookNode:
    """Give the silent first cell: it installs pydl where a notebook runs outside of its repository (Colab)."""
    url = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    source = (
        "import importlib.util\n\n"
        'if importlib.util.find_spec("pydl") is None:\n'
        f'    %pip install --quiet "pydl-course @ git+{url}"'
    )
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["remove-cell"]})


def from_twin(twin: Path) -> NotebookNode:
    """Read a text twin into a notebook without outputs."""
    notebook = jupytext.read(twin, fmt="md:myst")
    notebook.metadata.pop("jupytext", None)
    notebook.cells.insert(0, opening_cell())
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02d}"  # jupytext draws them at random
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def difference(notebook: NotebookNode, twin: NotebookNode) -> str | None:
    """Say where the sources of a notebook differ from those of its twin."""
    for index, (mine, theirs) in enumerate(zip(notebook.cells, twin.cells, strict=False)):
        for part in ("cell_type", "source", "metadata"):
            if mine[part] != theirs[part]:
                return f"cell {index} differs from the text twin in its {part}"
    if len(notebook.cells) != len(twin.cells):
        return f"has {len(notebook.cells)} cells, its text twin {len(twin.cells)}"
    return None


def check(name: str, text: Path = TEXT, book: Path = BOOK) -> list[str]:
    """Compare a stored notebook with its twin, and its outputs with the rules."""
    path = book / f"{name}.ipynb"
    if not path.exists():
        return [f"has no notebook {path.name}"]
    notebook = nbformat.read(path, as_version=4)
    differs = difference(notebook, from_twin(text / f"{name}.md"))
    return [*([differs] if differs else []), *complaints(notebook)]


def build(name: str, text: Path = TEXT, book: Path = BOOK) -> list[str]:
    """Run a notebook and store it; one that breaks the rules is not stored."""
    path = book / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = from_twin(text / f"{name}.md")
    try:
        execute(notebook, path.parent)
    except CellExecutionError as error:
        return [str(error)]
    nbformat.validate(notebook)
    faults = complaints(notebook)
    if not faults:
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return faults


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status is the number of notebooks at fault, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    names = options.names or twins()
    if unknown := sorted(set(names) - set(twins())):
        parser.error(f"no text twin for {', '.join(unknown)}; there are {', '.join(twins())}")
    prepare()
    status = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, faults in zip(names, pool.map(check if options.check else build, names), strict=True):
            print(f"{name}: {'ok' if not faults else 'NOT STORED' if not options.check else 'AT FAULT'}", flush=True)
            for fault in faults:
                print(f"  {fault}")
            status |= bool(faults)
    if not options.check and not status:
        claims_page.main([])
    return status


if __name__ == "__main__":
    sys.exit(main())
