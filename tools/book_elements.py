"""Sphinx extension: how claims and solutions, ordinary notebook cells, appear in the book, and links to source."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from claims_page import PRINTED, Claim
from docutils import nodes
from notebook_environment import ROOT
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import ReferenceRole
from student_copies import BEGIN, END

sys.path.insert(0, str(ROOT))  # the API reference is that of this checkout


class Claims(SphinxTransform):
    """Turn printed claims into blocks of their own, each with the target ``claim-<id>``."""

    default_priority = 400  # before Sphinx collects targets

    def apply(self, **kwargs: Any) -> None:
        """Replace every stream output that holds claims."""
        for block in list(self.document.findall(nodes.literal_block)):
            if "stream" in block["classes"] and PRINTED.search(block.astext()):
                block.replace_self(self.split(block))

    def split(self, block: nodes.literal_block) -> list[nodes.Node]:
        """Cut one output into claims and the text around them."""
        text, parts, end = block.astext(), [], 0
        for match in PRINTED.finditer(text):
            parts += [self.printed(block, text[end : match.start()]), self.claim(Claim(**match.groupdict()))]
            end = match.end()
        return [part for part in [*parts, self.printed(block, text[end:])] if part is not None]

    @staticmethod
    def printed(block: nodes.literal_block, text: str) -> nodes.Node | None:
        """Keep text that is no claim as it was."""
        if not text.strip():
            return None
        rest = block.copy()
        rest.rawsource = text.strip("\n")
        rest += nodes.Text(rest.rawsource)
        return rest

    def claim(self, claim: Claim) -> nodes.container:
        """Build the block of one claim."""
        name = f"claim-{claim.id.lower()}"
        sentence = nodes.paragraph()
        sentence += [nodes.inline("", "✓", classes=["claim-mark"]), nodes.Text(f" {claim.sentence}")]
        measure = nodes.paragraph(classes=["claim-measure"])
        measure += [
            nodes.Text("measured "),
            nodes.strong("", claim.value),
            nodes.Text(f", band [{claim.low}, {claim.high}]"),
        ]
        block = nodes.container("", sentence, measure, classes=["claim"], ids=[name], names=[name])
        self.document.note_explicit_target(block)
        return block


class Solutions(SphinxTransform):
    """Fold the cells tagged ``solution`` and leave out the marker lines, which speak to machines."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Mark every solution's cell; myst-nb does the folding."""
        for cell in self.document.findall(nodes.container):
            if "tag_solution" in cell["classes"]:
                cell["hide_mode"] = "all"
                cell["prompt_show"] = cell["prompt_hide"] = "Solution"
                for code in list(cell.findall(nodes.literal_block)):
                    lines = code.astext().splitlines()
                    kept = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
                    code.rawsource = kept
                    code.children = []
                    code += nodes.Text(kept)


class Source(ReferenceRole):
    """Link to the source of pydl: ``{source}`autodiff.reverse``` to a file, ``{source}`tensor:Tensor``` to a place."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Make the link; whether it leads anywhere is known when the pages of source are written."""
        module, _, name = self.target.partition(":")
        path = f"_modules/pydl/{module.replace('.', '/')}.html"
        up = "../" * self.env.docname.count("/")
        text = self.title if self.has_explicit_title else name or f"{module.replace('.', '/')}.py"
        self.env.metadata[self.env.docname].setdefault("sources", set()).add((path, name))
        return [nodes.reference("", "", nodes.literal("", text), refuri=f"{up}{path}{name and '#'}{name}")], []


def check_sources(app: Sphinx, error: Exception | None) -> None:
    """Fail where a link to the source leads nowhere: no such file in the API reference, or no such name in it."""
    if error or app.builder.format != "html":
        return
    for docname, metadata in app.env.metadata.items():
        for path, name in sorted(metadata.get("sources", ())):
            page = Path(app.outdir, path)
            if not page.exists() or (name and f'id="{name}"' not in page.read_text(encoding="utf-8")):
                raise ExtensionError(f"{docname}: a link to the source finds no {name or 'module'} in {path}")


def skip_noise(app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what Python writes by itself about a named tuple's fields; the class says what they are."""
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


# outside of code: a bar, which begins a substitution, and a star that no other one closes, which begins emphasis
_FORMULA = re.compile(r"(``.*?``|`[^`]*`)|(?<!\\)(\||(?<=[(\s])\*(?=\w)(?!.*\w\*))")


def keep_formulas(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Let docstrings write ``|x|`` and ``f(*args)`` as they are, although they mean something to reStructuredText."""
    example = False
    for index, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if not example:
            lines[index] = _FORMULA.sub(lambda found: found[1] or f"\\{found[2]}", line)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the transforms with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_transform(Claims)
    app.add_transform(Solutions)
    app.add_role("source", Source())
    app.connect("autodoc-skip-member", skip_noise)
    app.connect("build-finished", check_sources)
    app.connect("autodoc-process-docstring", keep_formulas, priority=900)  # after napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
