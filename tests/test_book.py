"""The book as it is stored: nothing missing, nothing stale, nothing fetched."""

import json
import re
import subprocess
import sys
import zlib

import api_pages
import claims_page
import make_inventories
import notebooks
import pytest
import vendor
import yaml
from notebook_environment import BOOK, ROOT, TEXT

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))


def named(paths) -> set[str]:
    names = {path.relative_to(BOOK).with_suffix("").as_posix() for path in paths}
    return {name for name in names if not name.startswith(f"{TEXT.name}/") and ".ipynb_checkpoints" not in name}


def listed() -> set[str]:
    globs = re.findall(r"glob: (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return set(claims_page.pages(TOC)) | named(path for glob in globs for path in BOOK.glob(glob))


def stored() -> set[str]:
    return named([*BOOK.rglob("*.md"), *BOOK.rglob("*.ipynb")])


def test_contents_and_pages_agree():
    assert listed() - stored() == set(), "listed in _toc.yml, but not in book/"
    assert stored() - listed() == set(), "in book/, but not listed in _toc.yml"


def test_every_notebook_has_a_text_twin():
    assert named(BOOK.rglob("*.ipynb")) == set(notebooks.twins())


@pytest.mark.parametrize("name", notebooks.twins())
def test_notebook_is_its_twin_executed(name):
    assert notebooks.check(name) == []


def test_claims_page_is_current_and_ids_are_unique():
    assert claims_page.main(["--check"]) == 0


def test_every_public_module_has_its_api_page():
    assert "pydl.backend" in api_pages.modules()
    assert api_pages.main(["--check"]) == 0


@pytest.mark.parametrize("project", make_inventories.INVENTORIES)
def test_inventories_are_current(project):
    head, body = make_inventories.content(project)
    data = (BOOK / "_inv" / f"{project}.inv").read_bytes()
    assert data.startswith(head.encode())
    assert zlib.decompress(data[len(head.encode()) :]).decode() == body


def test_npm_lock_file_has_no_addresses():
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "://" not in lock
    packages = {
        name.removeprefix("node_modules/"): entry for name, entry in json.loads(lock)["packages"].items() if name
    }
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert {name: entry["version"] for name, entry in packages.items()} == wanted
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())


def test_vendored_files_are_there_with_their_licences():
    assert (BOOK / "assets" / CONFIG["sphinx"]["config"]["mathjax_path"]).stat().st_size > 1_000_000
    assert len(list((vendor.VENDOR / "mathjax").rglob("*.woff"))) == 23
    licences = {folder.name: (folder / "LICENSE").read_text(encoding="utf-8") for folder in vendor.VENDOR.iterdir()}
    assert set(licences) == {"mathjax", "source-serif-4"}
    assert "Apache License" in licences["mathjax"]
    assert "SIL OPEN FONT LICENSE" in licences["source-serif-4"].upper()


def test_addresses_of_the_site_are_one():
    base, config = CONFIG["html"]["baseurl"], CONFIG["sphinx"]["config"]
    assert config["ogp_site_url"] == base
    assert base.endswith(config["notfound_urls_prefix"])


def test_plain_sphinx_builds_the_same_book(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run(
        [*command, "-c", "tools/plain_sphinx", "-d", str(tmp_path / "trees"), "book", str(tmp_path / "html")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    assert {name for name in listed() if not (tmp_path / "html" / f"{name}.html").exists()} == set()
