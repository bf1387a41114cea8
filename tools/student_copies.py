"""Write copies of the notebooks for students: the exercises without their solutions, nothing executed.

usage: python tools/student_copies.py [FOLDER]        (default: _build/students)

In a cell tagged ``solution`` the lines between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` are the solution. Where the
cell holds nothing else it is dropped; otherwise a placeholder takes the solution's place.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from notebook_environment import BOOK, ROOT

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
_SOLUTION = re.compile(rf"^(?P<indent>[ \t]*){BEGIN}\n(?:(?!\s*{BEGIN}).*\n)*?[ \t]*{END}[ \t]*$", re.M)
_PLACEHOLDER = 'raise NotImplementedError("your turn: write these lines")'


def without_solution(source: str) -> str | None:
    """Take the solution out of a cell's source; None when nothing else is in it.

    Raises
    ------
    ValueError
        Markers are missing or do not pair up.
    """
    rest, cuts = _SOLUTION.subn(rf"\g<indent>{_PLACEHOLDER}", source)
    if not cuts:
        raise ValueError(f"a cell tagged 'solution' marks its solution with {BEGIN!r} and {END!r}; found no such pair")
    if BEGIN in rest or END in rest:
        raise ValueError(f"a {BEGIN!r} or {END!r} has no partner in this cell:\n{source}")
    kept = [line for line in rest.splitlines() if line.strip() not in ("", _PLACEHOLDER)]
    return rest if kept else None


def student_copy(notebook: NotebookNode) -> NotebookNode:
    """Copy a notebook without solutions and outputs."""
    copy = nbformat.from_dict(notebook)
    copy.cells = []
    for cell in nbformat.from_dict(notebook).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if "solution" in tags:
            source = without_solution(cell.source) if cell.cell_type == "code" else None
            if source is None:
                continue
            cell.source = source
            cell.metadata["tags"] = [tag for tag in tags if tag != "solution"]
        elif BEGIN in cell.source or END in cell.source:
            raise ValueError(f"a cell with {BEGIN!r} needs the tag 'solution':\n{cell.source}")
        copy.cells.append(cell)
    return copy


def main(arguments: list[str]) -> int:
    """Write a copy of every notebook of the book."""
    folder = Path(arguments[0]) if arguments else ROOT / "_build" / "students"
    for path in sorted(BOOK.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        target = folder / path.relative_to(BOOK)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = nbformat.writes(student_copy(nbformat.read(path, as_version=4)))
        target.write_text(text + "\n", encoding="utf-8")
        print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
