"""What README.md, CONTRIBUTING.md and the book's set-up page tell people to type: every command, every block works."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "book/_text/setup.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY = "https://github.com/pydl-course/pydl"
SITE = "https://pydl-course.github.io/pydl/"


def run(*command: str, **environment: str) -> str:
    """Run a program and return what it prints; a failure shows all that it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def is_target(name: str) -> None:
    assert run("make", "--dry-run", name), f"make {name} would do nothing"


def is_repository(url: str) -> None:
    assert url == REPOSITORY


def is_clone(folder: str) -> None:
    assert folder == REPOSITORY.rpartition("/")[2]


def is_installable(requirement: str) -> None:
    name, extras, url = re.fullmatch(r"([\w-]+)(?:\[([\w,]+)\])? @ git\+(.+)", requirement).groups()
    assert name == PROJECT["name"]
    assert url == REPOSITORY
    assert set(extras.split(",") if extras else ()) <= set(PROJECT["optional-dependencies"])


def is_environment_file(name: str) -> None:
    assert yaml.safe_load((ROOT / name).read_text())["dependencies"]


def is_environment(name: str) -> None:
    assert name in {yaml.safe_load(path.read_text())["name"] for path in ROOT.glob("environment*.yml")}


def is_folder(name: str) -> None:
    assert (ROOT / name).is_dir()


def is_known(command: str) -> None:
    """Accept a command of another program that has no argument of ours."""
    assert command in ("uv venv", "uv pip install jupyterlab", ".venv/bin/python -m pip install jupyterlab")


def prints(device: str | None, code: str) -> None:
    assert run(sys.executable, "-c", code, PYDL_DEVICE=device or "cpu"), f"{code} prints nothing"


def is_uvx(program: str) -> None:
    assert program == "pre-commit install"
    assert yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]


CHECKS: dict[str, Callable[..., None]] = {
    r"make ([a-z]+)": is_target,
    r"git clone (\S+)": is_repository,
    r"cd (\S+)": is_clone,
    r'(?:uv )?pip install "(.+)"': is_installable,
    r"conda env create -f (\S+)": is_environment_file,
    r"conda activate (\S+)": is_environment,
    r'(?:PYDL_DEVICE=(\w+) )?python -c "(.+)"': prints,
    r"\.tools/bin/uvx (.+)": is_uvx,
    r"(?:\.venv/bin/)?jupyter lab (\S+)": is_folder,
    r"(uv venv|uv pip install jupyterlab|\.venv/bin/python .+)": is_known,
}
PROGRAMS = r"(?:\w+=\S+ )?(?:make|git|cd|uv|pip|conda|python3?|jupyter\S*|npm|node|\.(?:tools|venv)/\S+) .+"


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page as (language, text), in order; a notebook's cells are nbval's to check."""
    fenced = re.findall(r"^```(\S*)[^\n]*\n(.*?)^```$", (ROOT / page).read_text(), flags=re.M | re.S)
    return [(language, text) for language, text in fenced if language != "{code-cell}"]


def commands() -> list[tuple[str, str]]:
    """Return each command once per page: the lines of ``sh`` blocks, and commands in running text."""
    found = {}
    for page in PAGES:
        prose = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(), flags=re.M | re.S)
        lines = [line for language, text in blocks(page) if language == "sh" for line in text.splitlines()]
        spans = [span for span in re.findall(r"`([^`\n]+)`", prose) if re.fullmatch(PROGRAMS, span)]
        found.update(dict.fromkeys((page, line) for line in lines + spans))
    return list(found)


@pytest.mark.parametrize(("page", "command"), commands())
def test_command(page: str, command: str) -> None:
    for pattern, check in CHECKS.items():
        if match := re.fullmatch(pattern, command):
            check(*match.groups())
            return
    pytest.fail(f"{page}: no check knows {command!r}; add one to CHECKS")


def test_the_two_commands_are_named() -> None:
    assert {("README.md", "make book"), ("README.md", "make test")} <= set(commands())


@pytest.mark.parametrize("page", PAGES)
def test_languages_are_known(page: str) -> None:
    """A block in another language would escape these tests."""
    assert {language for language, _ in blocks(page)} <= {"sh", "python", "text", "bibtex"}


def test_python_blocks_print_what_is_shown() -> None:
    """The blocks run in order, as one reader would type them; each prints exactly the text block after it."""
    shown = blocks("README.md")
    mark = "\N{END OF TRANSMISSION}"
    code = f"print({mark!r})\n".join(text for language, text in shown if language == "python")
    expected = [text for (before, _), (language, text) in pairwise(shown) if (before, language) == ("python", "text")]
    printed = run(sys.executable, "-W", "error", "-c", code, PYDL_DEVICE="cpu", PYTHONIOENCODING="utf-8")
    assert printed.split(f"{mark}\n") == expected


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Links into the repository name a file, links to the book's site name a page of _toc.yml."""
    targets = re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text())
    files = [target for target in targets if "://" not in target]
    assert [target for target in files if not (ROOT / target).exists()] == []
    pages = re.findall(r"(?:file|root): (\S+)", (ROOT / "_toc.yml").read_text())
    site = [target.removeprefix(SITE) for target in targets if target.startswith(SITE)]
    assert [page for page in site if page and page.removesuffix(".html") not in pages] == []


def test_picture_is_light_enough() -> None:
    assert (ROOT / "book/assets/images/book.png").stat().st_size <= 200 * 1024
