"""Write small Sphinx inventories of the outside names that the API pages link to, so that a build needs no network.

usage: python tools/make_inventories.py
"""

from __future__ import annotations

import sys
import zlib

from notebook_environment import BOOK

PYTHON_TYPES = ["bool", "bytes", "dict", "float", "int", "list", "object", "set", "slice", "str", "tuple"]
PYTHON_ERRORS = ["AssertionError", "Exception", "IndexError", "OSError", "RuntimeError", "TypeError", "ValueError"]
PYTHON_ABC = [f"collections.abc.{name}" for name in ("Callable", "Iterable", "Iterator", "Mapping", "Sequence")]
NUMPY = ["dtype", "ndarray"]

# project: (title, version, [(name, role, address below the project's root)])
INVENTORIES = {
    "python": (
        "Python",
        "3",
        [
            *[(name, "py:class", f"library/functions.html#{name}") for name in PYTHON_TYPES],
            *[(name, "py:exception", f"library/exceptions.html#{name}") for name in PYTHON_ERRORS],
            *[(name, "py:class", f"library/collections.abc.html#{name}") for name in PYTHON_ABC],
            ("None", "py:data", "library/constants.html#None"),
            ("pathlib.Path", "py:class", "library/pathlib.html#pathlib.Path"),
            ("sequence", "std:term", "glossary.html#term-sequence"),
        ],
    ),
    "numpy": (
        "NumPy",
        "2",
        [
            *[(f"numpy.{name}", "py:class", f"reference/generated/numpy.{name}.html#numpy.{name}") for name in NUMPY],
            ("numpy.random.Generator", "py:class", "reference/random/generator.html#numpy.random.Generator"),
        ],
    ),
}


def content(project: str) -> tuple[str, str]:
    """Give an inventory's head and body."""
    title, version, names = INVENTORIES[project]
    head = (
        f"# Sphinx inventory version 2\n# Project: {title}\n# Version: {version}\n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    return head, "".join(f"{name} {role} 1 {address} -\n" for name, role, address in sorted(names))


def main() -> int:
    """Write all inventories."""
    for project in INVENTORIES:
        head, body = content(project)
        (BOOK / "_inv").mkdir(exist_ok=True)
        (BOOK / "_inv" / f"{project}.inv").write_bytes(head.encode() + zlib.compress(body.encode(), 9))
    return 0


if __name__ == "__main__":
    sys.exit(main())
