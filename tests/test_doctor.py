"""The doctor's report: true where all is well, and still a report where something is broken."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pydl
from pydl import doctor
from pydl.data import MNIST

ROOT = Path(__file__).resolve().parents[1]


def report(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what info prints, unwrapped."""
    pydl.info()
    return " ".join(capsys.readouterr().out.split())


def test_facts_are_true() -> None:
    found = doctor.facts()
    assert found["pydl"] == pydl.__version__
    assert found["device"] == pydl.default_device()
    assert found["dtype"] == str(pydl.default_dtype())
    assert found["computes"] is None
    assert found["packages"]["numpy"] == np.__version__
    assert found["packages"]["tqdm"] == importlib.metadata.version("tqdm")


def test_report_begins_with_versions_and_fits_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert pydl.info() is None
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"pydl {pydl.__version__} on Python {sys.version_info.major}.")
    assert {line[:10].strip() for line in lines[1:]} >= {"arrays", "device", "gradient", "GPU", "data", "packages"}
    assert max(map(len, lines)) <= 72


def test_package_that_is_missing_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = importlib.metadata.version

    def without_matplotlib(name: str) -> str:
        if name == "matplotlib":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    assert "missing" not in report(capsys)
    monkeypatch.setattr(importlib.metadata, "version", without_matplotlib)
    assert doctor.facts()["packages"]["matplotlib"] is None
    assert "missing matplotlib, needed for figures: pip install matplotlib" in report(capsys)


def test_data_found_and_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(MNIST, "where", lambda: None)
    assert 'MNIST: small set embedded; full set fetched when size="full"' in report(capsys)
    monkeypatch.setattr(MNIST, "where", lambda: str(tmp_path))
    assert doctor.facts()["data"]["MNIST"] == str(tmp_path)
    text = report(capsys)
    assert " MNIST: small set embedded; full set on this machine" in text
    assert str(tmp_path) not in text


def test_questions_that_fail_become_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied() -> str:
        raise PermissionError("no entry")

    monkeypatch.setattr(MNIST, "where", denied)
    monkeypatch.setattr(doctor, "cuda_problem", denied)
    text = report(capsys)
    assert "GPU PermissionError: no entry" in text
    assert " MNIST: small set embedded; full set PermissionError: no entry" in text


def test_device_that_answers_but_cannot_compute_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where CuPy sees a GPU, but the libraries it compiles with are missing."""
    tensor = doctor.tensor

    def broken(data: object, device: str, requires_grad: bool) -> pydl.Tensor:
        if device == "cuda":
            raise RuntimeError("no compiler")
        return tensor(data, device=device, requires_grad=requires_grad)

    monkeypatch.setattr(doctor, "cuda_problem", lambda: None)
    monkeypatch.setattr(doctor, "tensor", broken)
    expected = "device 'cuda' does not compute: expected [2.0, 4.0], got RuntimeError: no compiler"
    assert doctor.facts()["cuda"] == expected
    assert expected in report(capsys)
    monkeypatch.setattr(doctor, "tensor", lambda data, device, requires_grad: tensor(data, requires_grad=True))
    assert "GPU ready: PYDL_DEVICE=cuda (or auto) puts new tensors there" in report(capsys)


def test_settings_are_shown_without_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYDL_PROGRESS", "0")
    monkeypatch.setenv("PYDL_DATA", str(tmp_path))
    assert doctor.facts()["settings"]["PYDL_DATA"] == str(tmp_path)
    text = report(capsys)
    assert "PYDL_DATA=(a folder), PYDL_PROGRESS=0" in text
    assert str(tmp_path) not in text


def test_runs_without_the_packages_that_are_imported_late() -> None:
    code = "import sys; sys.modules.update(pooch=None, matplotlib=None, tqdm=None); import pydl; pydl.info()"
    environment = {name: value for name, value in os.environ.items() if name != "PYDL_DATA"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=environment | {"PYDL_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "gradient  computed, right" in done.stdout
