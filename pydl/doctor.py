"""A doctor's report: what this installation has, whether it computes, and the way out of what it lacks."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pydl.backend import cuda_problem, default_device, default_dtype
from pydl.data import MNIST, FashionMNIST
from pydl.tensor import tensor

__all__ = ["facts", "info"]

NEEDED = {"matplotlib": "figures", "pooch": "finding and fetching full data sets", "tqdm": "training"}
"""Packages that pydl imports when they are needed, and for what."""
OPTIONAL = ("jupyter-book", "jupytext", "nbval", "numba", "cupy", "cupy-cuda12x", "cupy-cuda13x", "torch")
SETTINGS = ("PYDL_DEVICE", "PYDL_DATA", "PYDL_PROGRESS", "PYDL_COMPILE")
_WIDTH, _LABEL = 72, 10


class Failure(str):
    """What a question was answered with that raised."""


def facts() -> dict[str, Any]:
    """Return what `info` prints, for programs and for bug reports.

    Nothing in it raises: where a question cannot be answered, the answer says why.

    Returns
    -------
    dict
        ``"pydl"``, ``"python"``, ``"system"`` (versions), ``"blas"`` (what NumPy multiplies matrices with),
        ``"device"`` and ``"dtype"`` (of new tensors), ``"computes"`` (None, or what went wrong with a small
        gradient on that device), ``"cuda"`` (None, or what keeps the GPU from being used), ``"data"`` (the
        folder of each full data set, None if it is not here), ``"packages"`` (versions, None if not
        installed) and ``"settings"`` (the environment variables of pydl that are set).

    Examples
    --------
    >>> facts()["computes"] is None
    True
    """
    cuda = _answer(cuda_problem)
    return {
        "pydl": sys.modules["pydl"].__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "blas": _answer(_blas),
        "device": default_device(),
        "dtype": str(default_dtype()),
        "computes": _gradient_problem(default_device()),
        "cuda": _gradient_problem("cuda") if cuda is None else cuda,
        "data": {dataset.__name__: _answer(dataset.where) for dataset in (MNIST, FashionMNIST)},
        "packages": {name: _version(name) for name in ("numpy", *NEEDED, *OPTIONAL)},
        "settings": {name: os.environ[name] for name in SETTINGS if name in os.environ},
    }


def info() -> None:
    """Print what pydl runs on: versions, device, data; and the way out of what is missing.

    Folders are left out (`facts` has them), so the report can be pasted into a question as it is.
    """
    found = facts()
    lines = [f"pydl {found['pydl']} on Python {found['python']}, {found['system']}"]
    for label, text in _sections(found):
        lines += textwrap.wrap(
            " ".join(text.split()),
            _WIDTH,
            initial_indent=f"{label:{_LABEL}}",
            subsequent_indent=" " * _LABEL,
            break_on_hyphens=False,
        )
    print("\n".join(lines))


def _sections(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    versions = found["packages"]
    yield "arrays", f"NumPy {versions['numpy']}, which multiplies matrices by {found['blas']}"
    yield "device", f"{found['device']}; new tensors are {found['dtype']}"
    yield "gradient", found["computes"] or "computed, right"
    used = "in use" if found["device"] == "cuda" else "ready: PYDL_DEVICE=cuda (or auto) puts new tensors there"
    yield "GPU", found["cuda"] or used
    for name, folder in found["data"].items():
        full = "on this machine" if folder else 'fetched when size="full" is first asked for'
        yield "data", f"{name}: small set embedded; full set {folder if isinstance(folder, Failure) else full}"
    yield "packages", _listed(versions, NEEDED)
    yield "", _listed(versions, OPTIONAL)
    for name, use in NEEDED.items():
        if versions[name] is None:
            yield "missing", f"{name}, needed for {use}: pip install {name}"
    if found["settings"]:
        shown = {name: value if name != "PYDL_DATA" else "(a folder)" for name, value in found["settings"].items()}
        yield "settings", ", ".join(f"{name}={value}" for name, value in shown.items())


def _listed(versions: dict[str, str | None], names: Any) -> str:
    return ", ".join(f"{name} {versions[name]}" for name in names if versions[name] is not None)


def _answer(question: Callable[[], Any]) -> Any:
    """Ask, and take a failure for an answer: a report on a broken installation must not break itself.

    Warnings of packages imported on the way (tqdm's, where notebooks lack ipywidgets) do not belong in it.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return question()
    except Exception as error:
        return Failure(f"{type(error).__name__}: {error}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _blas() -> str:
    library = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{library['name']} {library['version']}"


def _gradient_problem(device: str) -> str | None:
    """Compute a gradient there; say what went wrong, None if it is right."""

    def gradient() -> Any:
        w = tensor([1.0, 2.0], device=device, requires_grad=True)
        (w * w).sum().backward()
        return w.grad.numpy().tolist()  # type: ignore[union-attr]

    found = _answer(gradient)
    return None if found == [2.0, 4.0] else f"device {device!r} does not compute: expected [2.0, 4.0], got {found}"
