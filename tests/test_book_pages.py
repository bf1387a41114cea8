"""How claims and solutions, printed and marked in notebooks, arrive on the book's pages."""

import subprocess
import sys

import book_elements
import claims_page
import nbformat
import pytest
from execute_notebooks import KERNEL
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_environment import ROOT

PRINTED = "before\n✓ line.fit: w * x_1 fits [almost] always\n  measured 0.0123, band [-∞, 0.05]\nafter\n"


def store(path, text, title="A title"):
    cells = [
        new_markdown_cell(f"# {title}\n\nText."),
        new_code_cell("claim(...)", outputs=[new_output("stream", name="stdout", text=text)]),
        new_code_cell("# BEGIN SOLUTION\nanswer = 42\n# END SOLUTION", metadata={"tags": ["solution"]}),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), path)


def test_claims_are_read_from_what_cells_print():
    (claim,) = claims_page.parse(PRINTED)
    assert claim == claims_page.Claim("line.fit", "w * x_1 fits [almost] always", "0.0123", "-∞", "0.05")
    assert claims_page.parse("✓ a sentence that only begins like a claim\n") == []


def test_page_groups_and_links_claims(tmp_path):
    store(tmp_path / "part" / "line.ipynb", PRINTED)
    store(tmp_path / "part" / "none.ipynb", "nothing claimed\n", title="Without claims")
    text = claims_page.page(tmp_path, ["intro", "part/none", "part/line"])
    assert "1 claim is verified." in text
    assert "## A title\n\n[Open the notebook](part/line.ipynb)." in text
    assert r"| [w \* x\_1 fits \[almost\] always](#claim-line.fit) | 0.0123 | \[-∞, 0.05\] |" in text
    assert "Without claims" not in text


def test_an_id_used_twice_is_an_error(tmp_path):
    store(tmp_path / "a.ipynb", PRINTED)
    store(tmp_path / "b.ipynb", PRINTED)
    with pytest.raises(ValueError, match=r"more than once: line\.fit"):
        claims_page.page(tmp_path, ["a", "b"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("the norm |x|, of ``a | b``", r"the norm \|x\|, of ``a | b``"),
        ("**y** (*array*) – f(*primals)", r"**y** (*array*) – f(\*primals)"),
        ("shape (*x.shape, *y.shape)", r"shape (\*x.shape, \*y.shape)"),
        (">>> f(*a) | b", ">>> f(*a) | b"),
        ("2*x and *emphasis*", "2*x and *emphasis*"),
    ],
)
def test_docstrings_keep_their_formulas(written, kept):
    lines = [written]
    book_elements.keep_formulas(None, "function", "f", None, None, lines)
    assert lines == [kept]


def test_contents_are_walked_in_reading_order():
    chapters = [{"file": "a", "sections": [{"file": "b"}, {"glob": "c*"}]}, {"file": "d"}]
    toc = {"root": "intro", "parts": [{"chapters": chapters}]}
    assert list(claims_page.pages(toc)) == ["intro", "a", "b", "d"]


def test_pages_show_claims_with_targets_and_fold_solutions(tmp_path):
    store(tmp_path / "line.ipynb", PRINTED)
    index = "# Claims\n\n[sentence](#claim-line.fit)\n\n```{toctree}\nline\n```\n"
    (tmp_path / "index.md").write_text(index, encoding="utf-8")
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'tools')!r})\n"
        "extensions = ['myst_nb', 'book_elements']\nnb_execution_mode = 'off'\n",
        encoding="utf-8",
    )
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-b", "html", str(tmp_path), str(tmp_path / "html")],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "html" / "line.html").read_text(encoding="utf-8")
    assert 'id="claim-line.fit"' in page
    assert "w * x_1 fits [almost] always" in page
    assert "<strong>0.0123</strong>, band [-∞, 0.05]" in page
    assert page.index("before") < page.index("claim-line.fit") < page.index("after\n")
    assert "<summary" in page
    assert "Solution" in page
    assert "BEGIN SOLUTION" not in page
    assert 'href="line.html#claim-line.fit"' in (tmp_path / "html" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "complaint"), [("Traced", ""), ("Trced", "finds no Trced in _modules/pydl/autodiff")])
def test_links_to_source_lead_there(tmp_path, name, complaint):
    reference = "```{eval-rst}\n.. automodule:: pydl.autodiff.record\n   :members:\n```\n"
    index = "# Sources\n\n```{toctree}\npart/page\n```\n"
    page = f"# A page\n\n{{source}}`autodiff.record:{name}` and {{source}}`the file <autodiff.record>`\n\n{reference}"
    (tmp_path / "part").mkdir()
    (tmp_path / "index.md").write_text(index, encoding="utf-8")
    (tmp_path / "part" / "page.md").write_text(page, encoding="utf-8")
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT / 'tools')!r})\n"
        "extensions = ['myst_nb', 'sphinx.ext.viewcode', 'book_elements']\n",
        encoding="utf-8",
    )
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(tmp_path), str(tmp_path / "html")],
        capture_output=True,
        text=True,
    )
    assert complaint in built.stderr
    assert (built.returncode == 0) == (not complaint)
    if not complaint:
        text = (tmp_path / "html" / "part" / "page.html").read_text(encoding="utf-8")
        assert 'href="../_modules/pydl/autodiff/record.html#Traced"' in text
        assert 'href="../_modules/pydl/autodiff/record.html"' in text
