"""The repository's frame: the files that name versions agree, and nothing is in it that should not be."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = ("3.11", "3.12", "3.13")
LONGEST_FILE = 350  # lines
LARGEST_FILE = 2600  # KiB: the embedded MNIST is 2.0 MB


def tracked() -> list[Path]:
    """Return the files that git would carry: neither ignored nor deleted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(ROOT / name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def text_of(path: Path) -> str:
    """Return a file's text, or nothing of a binary one."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")


# --- versions ---

NAMES = {"matplotlib-base": "matplotlib", "cupy": "cupy-cuda12x"}  # conda-forge's name: PyPI's
CONDA_ONLY = {"pip", "cuda-version", "jupyterlab"}


def conda(name: str) -> tuple[dict[str, SpecifierSet], list[str]]:
    """Return what an environment file asks of conda and of pip."""
    *packages, last = yaml.safe_load((ROOT / name).read_text())["dependencies"]
    wanted = {}
    for package in packages:
        title, _, version = package.partition(" ")
        exact = "==" if version[:1].isdigit() else ""
        wanted[NAMES.get(title, title)] = SpecifierSet(exact + version)
    return wanted, last["pip"]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("environment.yml", PROJECT["dependencies"]),
        ("environment-gpu.yml", PROJECT["dependencies"] + EXTRAS["cuda12"]),
    ],
)
def test_environment_agrees_with_pyproject(name: str, asked: list[str]) -> None:
    wanted, pip = conda(name)
    assert wanted.pop("python") == SpecifierSet(PROJECT["requires-python"])
    ours = {title: version for title, version in wanted.items() if title not in CONDA_ONLY}
    assert ours == {requirement.name: requirement.specifier for requirement in map(Requirement, asked)}
    assert pip == ["-e .[book,test]"]


def locked() -> list[tuple[Requirement, list[str]]]:
    """Return requirements.lock as (requirement, its hashes)."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    entries = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split("--hash=")
            entries.append((Requirement(requirement), [digest.strip() for digest in hashes]))
    return entries


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_agrees_with_pyproject(python: str) -> None:
    """On each Python there is exactly one version of everything asked for, and it satisfies what is asked."""
    machine = default_environment() | {"python_version": python, "python_full_version": f"{python}.6"}
    versions: dict[str, str] = {}
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate(machine):
            assert requirement.name not in versions, f"two versions of {requirement.name} on Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            versions[requirement.name] = pin.version
    asked = PROJECT["dependencies"] + EXTRAS["book"] + EXTRAS["test"] + PYPROJECT["build-system"]["requires"]
    for requirement in map(Requirement, asked):
        assert requirement.name in versions, f"{requirement.name} is not in requirements.lock: make lock"
        assert requirement.specifier.contains(versions[requirement.name]), f"{requirement}: make lock"


def test_lock_has_hashes() -> None:
    assert len(locked()) > 100
    for requirement, hashes in locked():
        assert hashes, requirement.name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement.name


def test_locks_name_no_addresses() -> None:
    """A lock says what, not where from: whoever has a mirror may use it."""
    for name in ("requirements.lock", "package-lock.json"):
        assert "://" not in (ROOT / name).read_text(), name
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for path, package in packages.items() if path)


# --- contents ---


def test_files_of_the_package_are_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "pydl").rglob("*.py")}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_file_is_large() -> None:
    assert [str(path) for path in tracked() if path.stat().st_size > LARGEST_FILE * 1024] == []


FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work|private)/\w"),
    "a package registry's address": re.compile(r"\b(?:pypi|pythonhosted|npmjs|anaconda)\.(?:org|com)\b"),
    "an unresolved merge": re.compile(r"^(?:<{7}|>{7}) ", re.M),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in tracked()
        if "vendor" not in path.parts and (match := FORBIDDEN[what].search(text_of(path)))
    }
    assert found == {}


def test_workflows_run_the_promised_commands() -> None:
    """What publishes the book is what verified it, and CI runs the README's command."""
    assert re.search(r"^if ! make test\b", (ROOT / ".ci/run").read_text(), re.M)
    jobs = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())["jobs"]
    assert any(step.get("run") == ".ci/run" for step in jobs["verify"]["steps"])
    assert jobs["publish"]["needs"] == "verify"
