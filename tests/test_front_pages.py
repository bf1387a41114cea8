"""What the pages before the first chapter say is so: names exist, chapters are marked as what they are."""

import re
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

import pydl

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "book/intro.md", "book/notation.md", "book/_text/setup.md")


def code(page: str) -> str:
    """Return a page's code: spans and blocks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```.*?^```$|`[^`\n]+`", text, flags=re.M | re.S))


@pytest.mark.parametrize("page", PAGES)
def test_names_of_pydl_exist(page: str) -> None:
    names = sorted(set(re.findall(r"\bpydl((?:\.[A-Za-z_]\w*)+)", code(page))))
    assert names
    for name in names:
        reduce(getattr, name.removeprefix(".").split("."), pydl)


def test_notation_lists_each_symbol_once() -> None:
    """A second meaning stands in the table of second meanings, and nowhere else."""
    text, _, _ = (ROOT / "book/notation.md").read_text(encoding="utf-8").partition("(second-jobs)=")
    cells = re.findall(r"^\| (\$.+?) \| ", text, flags=re.M)
    symbols = [symbol for cell in cells for symbol in re.findall(r"\$[^$]+\$", cell)]
    assert len(symbols) > 50
    assert sorted(symbols) == sorted(set(symbols))


def test_chapters_are_marked_as_what_they_are() -> None:
    chapters = dict(
        re.findall(r"^\d\. \*\*(.+?)\*\*(?: \((.+?)\))?\.", (ROOT / "book/intro.md").read_text("utf-8"), flags=re.M)
    )
    assert len(chapters) == 7
    listed = re.findall(r"file: (\w+/index)$", (ROOT / "_toc.yml").read_text(encoding="utf-8"), flags=re.M)
    pages = [(ROOT / "book" / f"{name}.md").read_text(encoding="utf-8") for name in listed if name != "api/index"]
    here = {re.search(r"^# (.+)$", page, flags=re.M)[1] for page in pages}
    assert {name for name, mark in chapters.items() if mark != "to come"} == here


def test_example_of_a_claim_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = re.findall(r"^pydl\.claim\(.+\)$", (ROOT / "book/intro.md").read_text(encoding="utf-8"), flags=re.M)
    loss = pydl.cross_entropy(np.zeros((1, 10)), np.array([3]))
    exec(line, {"pydl": pydl, "loss": loss})
    assert capsys.readouterr().out.startswith("✓ log-ten: ")
