"""The way out: the same book built by plain Sphinx, without jupyter-book, from the same _config.yml and _toc.yml.

usage: python -m sphinx -W -n --keep-going -b html -c tools/plain_sphinx book _build/plain
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
sys.path[:0] = [str(ROOT / folder) for folder in book["sphinx"]["local_extensions"].values()]

globals().update(book["sphinx"]["config"])
extensions = [name for name in extensions if name not in ("jupyter_book", "sphinx_comments")]  # noqa: F821
extensions.append("sphinx_multitoc_numbering")
author, copyright, html_title = book["author"], book["copyright"], book["title"]
html_baseurl = book["html"]["baseurl"]
html_theme = "sphinx_book_theme"
html_theme_options = {
    **html_theme_options,  # noqa: F821
    **{key: value for key, value in book["html"].items() if key.startswith("use_") and key.endswith("_button")},
    "extra_footer": book["html"]["extra_footer"],
    "home_page_in_toc": book["html"]["home_page_in_navbar"],
    "launch_buttons": book["launch_buttons"],
    "path_to_docs": book["repository"]["path_to_book"],
    "repository_branch": book["repository"]["branch"],
    "repository_url": book["repository"]["url"],
}
external_toc_path = str(ROOT / "_toc.yml")
external_toc_exclude_missing = book["only_build_toc_files"]
exclude_patterns = book["exclude_patterns"]
myst_enable_extensions = book["parse"]["myst_enable_extensions"]
nb_execution_mode = book["execute"]["execute_notebooks"]
suppress_warnings = ["myst.domains"]
# Sphinx looks beside this file for what the book's own folder holds
html_static_path = [str(BOOK / folder) for folder in html_static_path]  # noqa: F821
bibtex_bibfiles = [str(BOOK / name) for name in book["bibtex_bibfiles"]]
