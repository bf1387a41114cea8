"""Write the page of verified claims from the outputs of the stored notebooks.

usage: python tools/claims_page.py [--check]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import yaml
from notebook_environment import BOOK, ROOT

PAGE = BOOK / "claims.md"
# what pydl.claims.claim prints
PRINTED = re.compile(
    r"^✓ (?P<id>[\w.-]+): (?P<sentence>.+)\n  measured (?P<value>\S+), band \[(?P<low>\S+), (?P<high>\S+)\]$", re.M
)
HEAD = """\
# Verified claims

Whatever this book asserts and a computation can decide is checked by one. Each line below was printed by a cell of a
notebook: the sentence, the value that was measured, and the band it must fall in. The notebooks are executed again
whenever the book changes; a value outside of its band stops the book. Where a value depends on chance, its band was
measured over at least 20 seeds; where it does not, the band is argued from the arithmetic. So the claims hold on other
hardware and with other library versions, too.
"""


class Claim(NamedTuple):
    """One verified sentence."""

    id: str
    sentence: str
    value: str
    low: str
    high: str


def parse(text: str) -> list[Claim]:
    """Find the claims in what a cell printed."""
    return [Claim(**match.groupdict()) for match in PRINTED.finditer(text)]


def pages(entry: dict | list) -> Iterator[str]:
    """Walk a table of contents in reading order."""
    for part in entry if isinstance(entry, list) else [entry]:
        if file := part.get("root") or part.get("file"):
            yield file
        for key in ("parts", "chapters", "sections"):
            yield from pages(part.get(key, []))


def claims_of(path: Path) -> list[Claim]:
    """Claims that a stored notebook printed, in order."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = (output for cell in cells if cell.cell_type == "code" for output in cell.outputs)
    return [claim for output in outputs if output.output_type == "stream" for claim in parse(output.text)]


def title_of(path: Path) -> str:
    """First heading of a stored notebook."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# (.+)$", cell.source, re.M)):
            return found[1].strip()
    raise ValueError(f"{path.name} has no title: its first markdown cell must begin with '# '")


def _escape(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>$|~])", r"\\\1", text)


def page(book: Path, names: list[str]) -> str:
    """Write the page for these notebooks, given in reading order."""
    blocks, seen = [HEAD], Counter()
    for name in names:
        path = book / f"{name}.ipynb"
        claims = claims_of(path) if path.exists() else []
        if not claims:
            continue
        seen.update(claim.id for claim in claims)
        rows = [
            f"| [{_escape(c.sentence)}](#claim-{c.id.lower()}) | {c.value} | {_escape(f'[{c.low}, {c.high}]')} |"
            for c in claims
        ]
        head = ["| claim | measured | band |", "|:--|--:|--:|"]
        title = [f"## {title_of(path)}", "", f"[Open the notebook]({name}.ipynb).", ""]
        blocks.append("\n".join([*title, *head, *rows, ""]))
    if twice := [id for id, times in seen.items() if times > 1]:
        raise ValueError(f"claims need ids of their own; used more than once: {', '.join(twice)}")
    blocks[0] += f"\n{len(seen)} claims are verified.\n" if len(seen) != 1 else "\n1 claim is verified.\n"
    return "\n".join(blocks)


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or say that it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    text = page(BOOK, list(pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))))
    current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
    if options.check:
        print("claims.md is current" if current else "claims.md is out of date: python tools/claims_page.py")
        return int(not current)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
