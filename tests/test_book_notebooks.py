"""From a text twin to a stored notebook: what is kept, what is refused, and that a second run changes nothing."""

import nbformat
import notebooks
import pytest
import student_copies
from execute_notebooks import complaints
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_environment import ENV, ROOT

TWIN = """\
# A small notebook

```{code-cell} python
import os
import matplotlib.pyplot as plt
print("one")
print("two")
```

```{code-cell} python
---
mystnb:
  image: {alt: A straight line}
  figure: {name: fig-line, caption: It is straight.}
---
from matplotlib_inline.backend_inline import set_matplotlib_formats
set_matplotlib_formats("svg", metadata={"Date": None, "Creator": None})
plt.rcParams["svg.hashsalt"] = "test"
plt.plot([0, 1])
plt.show()
```

```{code-cell} python
os.environ["OMP_NUM_THREADS"]
```
"""
FIGURE = {"mystnb": {"image": {"alt": "a"}, "figure": {"caption": "c", "name": "fig-a"}}}
SVG = {"image/svg+xml": "<svg></svg>", "text/plain": "<Figure size 640x480 with 1 Axes>"}


def cell(*outputs, source="x", **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def printed(text, name="stdout"):
    return new_output("stream", text=text, name=name)


def drawn(**data):
    return new_output("display_data", data={**SVG, **data})


def test_building_twice_gives_the_same_bytes_and_a_changed_twin_is_found(tmp_path, monkeypatch):
    text, book = tmp_path / "text", tmp_path / "book"
    twin, path = text / "part" / "small.md", book / "part" / "small.ipynb"
    twin.parent.mkdir(parents=True)
    twin.write_text(TWIN, encoding="utf-8")
    for name, value in {**ENV, "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)

    assert notebooks.build("part/small", text, book) == []
    first = path.read_bytes()
    assert notebooks.build("part/small", text, book) == []
    assert path.read_bytes() == first
    assert notebooks.check("part/small", text, book) == []

    stored = nbformat.read(path, as_version=4)
    opening, title, prints, figure, value = stored.cells
    assert opening.metadata.tags == ["remove-cell"]
    assert "pip install" in opening.source
    assert title.source == "# A small notebook"
    assert [output.text for output in prints.outputs] == ["one\ntwo\n"]
    assert "<dc:date>" not in figure.outputs[0].data["image/svg+xml"]
    assert value.outputs[0].data["text/plain"] == "'1'"
    assert [c.execution_count for c in stored.cells if c.cell_type == "code"] == [1, 2, 3, 4]

    twin.write_text(TWIN.replace('"two"', '"three"'), encoding="utf-8")
    assert notebooks.check("part/small", text, book) == ["cell 2 differs from the text twin in its source"]
    twin.write_text(TWIN + "\nMore prose.\n", encoding="utf-8")
    assert notebooks.check("part/small", text, book) == ["has 5 cells, its text twin 6"]


def test_a_notebook_that_fails_is_not_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "bad.md").write_text("# Bad\n\n```{code-cell} python\n1 / 0\n```\n", encoding="utf-8")
    (fault,) = notebooks.build("bad", tmp_path, tmp_path)
    assert "ZeroDivisionError" in fault
    assert not (tmp_path / "bad.ipynb").exists()
    assert notebooks.check("bad", tmp_path, tmp_path) == ["has no notebook bad.ipynb"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("saved to /srv/ada/data.npz", "a path on this machine"),
        ("saved to C:\\data", "a path on this machine"),
        ("site-packages", "an installation path"),
        ("took 12.3 ms", "a timing"),
        ("Wall time: 3.21 s", "a timing"),
        ("100%|###| 5/5 [00:01, 4.1it/s]", "a timing"),
        ("<object at 0x7f3a5c0d2e80>", "an address in memory"),
    ],
)
def test_outputs_that_vary_are_refused(text, what):
    (fault,) = complaints(new_notebook(cells=[cell(printed(text))]))
    assert f"output holds {what}" in fault
    value = new_output("execute_result", data={"text/plain": text}, execution_count=1)
    assert complaints(new_notebook(cells=[cell(value)])) == [fault]


@pytest.mark.parametrize(
    "text", ["error 8.1 % after 20", "1/2 and w/o a/b", "https://a.org/b/c", "the 1980s", "</td></tr>"]
)
def test_ordinary_outputs_pass(text):
    assert complaints(new_notebook(cells=[cell(printed(text))])) == []


def test_stderr_and_unexpected_errors_are_refused():
    (fault,) = complaints(new_notebook(cells=[cell(printed("careful", name="stderr"))]))
    assert "writes to stderr: 'careful'" in fault
    error = new_output("error", ename="ValueError", evalue="no", traceback=["no"])
    (fault,) = complaints(new_notebook(cells=[cell(error)]))
    assert "raises ValueError without the tag raises-exception" in fault
    assert complaints(new_notebook(cells=[cell(error, tags=["raises-exception"])])) == []


def test_figures_need_words():
    assert complaints(new_notebook(cells=[cell(drawn(), **FIGURE)])) == []
    faults = complaints(new_notebook(cells=[new_markdown_cell("text"), cell(drawn())]))
    assert [fault.split(" in ")[0].split(" (")[0] for fault in faults] == [
        f"cell 1: shows a figure without mystnb.{part}" for part in ("image.alt", "figure.caption", "figure.name")
    ]
    (fault,) = complaints(new_notebook(cells=[cell(drawn(), drawn(), **FIGURE)]))
    assert "shows 2 outputs under one caption" in fault
    (fault,) = complaints(new_notebook(cells=[cell(drawn(**{"image/svg+xml": "x" * 200_000}), **FIGURE)]))
    assert "SVG of 195 KB, more than 100 KB" in fault


def test_student_copies_have_no_solutions():
    begin, end = student_copies.BEGIN, student_copies.END
    whole = f"{begin}\ndef f(x):\n    return 2 * x\n{end}"
    partly = f"def g(x):\n    {begin}\n    y = x + 1\n    return y\n    {end}\n\nprint(g(1))"
    book = new_notebook(
        cells=[
            new_markdown_cell("Write f."),
            new_markdown_cell("It doubles.", metadata={"tags": ["solution"]}),
            cell(printed("6\n"), source=whole, tags=["solution"]),
            cell(printed("2\n"), source=partly, tags=["solution"]),
        ]
    )
    copy = student_copies.student_copy(book)
    assert [c.source for c in copy.cells] == [
        "Write f.",
        'def g(x):\n    raise NotImplementedError("your turn: write these lines")\n\nprint(g(1))',
    ]
    assert copy.cells[1].outputs == []
    assert copy.cells[1].metadata["tags"] == []
    assert book.cells[2].source == whole
    assert book.cells[2].outputs[0].text == "6\n"


@pytest.mark.parametrize(
    ("source", "tags", "message"),
    [
        ("y = 1", ["solution"], "found no such pair"),
        (f"{student_copies.BEGIN}\ny = 1", ["solution"], "found no such pair"),
        (f"{student_copies.BEGIN}\n1\n{student_copies.END}\n{student_copies.END}", ["solution"], "has no partner"),
        (f"{student_copies.BEGIN}\n1\n{student_copies.END}", [], "needs the tag 'solution'"),
    ],
)
def test_unmarked_solutions_are_found(source, tags, message):
    with pytest.raises(ValueError, match=message):
        student_copies.student_copy(new_notebook(cells=[cell(source=source, tags=tags)]))
