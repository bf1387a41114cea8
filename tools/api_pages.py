"""Write the API reference's pages, one for every public module of pydl.

usage: python tools/api_pages.py [--check]

A page holds the module's docstring and that of each public name: everything is said in the source, nothing here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from notebook_environment import BOOK, ROOT

API = BOOK / "api"
INDEX = """\
# API reference

The companion package, module by module. Every page is written from the docstrings, and each name links to its source:
the package is part of the course, and is meant to be read.
"""


def modules(package: Path = ROOT / "pydl") -> list[str]:
    """Names of all public modules, the package itself first; private parts (``_name``) are left out."""
    found = (path.relative_to(package.parent).with_suffix("") for path in package.rglob("*.py"))
    names = {".".join(path.parts).removesuffix(".__init__") for path in found}
    return sorted(name for name in names if "._" not in name)


def page(module: str, package: bool) -> str:
    """Write one module's page; a package shows its own definitions only, its modules have pages of their own."""
    options = "   :members:\n   :show-inheritance:\n" + ("   :ignore-module-all:\n" if package else "")
    return f"# {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n{options}```\n"


def wanted(names: list[str]) -> dict[str, str]:
    """Give the text of every file in ``book/api``."""
    listing = "\n".join(f"- [`{name}`]({name}.md)" for name in names)
    packages = {name.rpartition(".")[0] for name in names}
    pages = {f"{name}.md": page(name, name in packages) for name in names}
    return {"index.md": f"{INDEX}\n{listing}\n", **pages}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are out of date."""
    files = wanted(modules())
    stored = {path.name: path.read_text(encoding="utf-8") for path in API.glob("*.md")}
    if "--check" in arguments:
        stale = sorted(name for name in files.keys() | stored.keys() if files.get(name) != stored.get(name))
        print(f"out of date: {', '.join(stale)}; python tools/api_pages.py" if stale else "api pages are current")
        return int(bool(stale))
    API.mkdir(exist_ok=True)
    for name in stored.keys() - files.keys():
        (API / name).unlink()
    for name, text in files.items():
        (API / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
