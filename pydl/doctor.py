"""A doctor's report: what this installation has, and what to do about what it lacks."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

from pydl.backend import cuda_problem, default_device, default_dtype

__all__ = ["info"]

PACKAGES = ("numpy", "matplotlib", "pooch", "tqdm", "jupyter-book", "nbval", "cupy-cuda12x", "cupy-cuda13x", "torch")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def info() -> dict[str, Any]:
    """Print what pydl runs on: versions, device, data; and the way out of what is missing.

    Returns
    -------
    dict
        The same facts: ``"python"``, ``"packages"``, ``"device"``, ``"dtype"``, ``"cuda"`` (None, or what
        keeps the GPU from being used) and ``"data"`` (where each full data set was found).
    """
    from pydl.data import MNIST, FashionMNIST

    facts: dict[str, Any] = {
        "pydl": _version("pydl-course"),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "device": default_device(),
        "dtype": str(default_dtype()),
        "cuda": cuda_problem(),
        "data": {cls.__name__: cls.where() for cls in (MNIST, FashionMNIST)},
    }
    print(f"pydl {facts['pydl']} on Python {facts['python']}")
    print(f"device   {facts['device']}, new tensors are {facts['dtype']}")
    print(f"GPU      {facts['cuda'] or 'ready: set PYDL_DEVICE=cuda to use it'}")
    for name, place in facts["data"].items():
        full = "on this machine" if place else 'not on this machine yet: size="full" fetches it'
        print(f"data     {name}: small set embedded; full set {full}")
    for name, version in facts["packages"].items():
        print(f"package  {name} {version}")
    return facts
