"""The environment in which the book's notebooks run: one for storing outputs, the same one for checking them.

The CPU's own kernels alone moved a final loss from 1.68e-8 to 1.82e-8 between two machines, so
linear algebra and NumPy are held to one arithmetic path that every x86-64 machine of the last ten years has.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
TEXT = BOOK / "_text"

ENV = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "HASWELL",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "PYTHONHASHSEED": "0",
    "PYDL_PROGRESS": "0",  # no bars in stored outputs
    "TZ": "UTC",
    "COLUMNS": "80",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MATPLOTLIBRC": os.devnull,  # no settings of the user's
}


def prepare() -> None:
    """Set the environment for kernels started from here, and build what would otherwise speak up inside a cell."""
    os.environ.update(ENV)
    # this checkout is what the notebooks import, whatever else is installed
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    # a first import on a new machine builds the font cache, and says so on stderr
    import matplotlib.font_manager  # noqa: F401

    if os.name == "posix":
        _connect_by_files()


def _connect_by_files() -> None:
    """Let kernels meet their clients at files of their own.

    A port is chosen while it is free, and taken a moment later. Of two kernels that start at once with the same one,
    one never answers.
    """
    from jupyter_client.manager import KernelManager

    folder = Path(tempfile.mkdtemp(prefix="kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    started, numbers = KernelManager.__init__, itertools.count()

    def start(self: KernelManager, *args: Any, **kwargs: Any) -> None:
        started(self, *args, **{"transport": "ipc", "ip": str(folder / f"{os.getpid()}-{next(numbers)}"), **kwargs})

    KernelManager.__init__ = start  # type: ignore[method-assign]
