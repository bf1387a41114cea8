"""The bar that shows how far training is."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

__all__ = ["progress_bar"]


def progress_bar(epochs: int, wanted: bool | None) -> Any:
    """Return tqdm's bar, silent unless someone is watching."""
    if wanted is None:
        watched = sys.stderr.isatty() or "ipykernel" in sys.modules
        wanted = watched and os.environ.get("PYDL_PROGRESS") != "0"
    if wanted and find_spec("ipywidgets"):  # without it, tqdm.auto warns in every notebook
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    return tqdm(total=epochs, desc="epochs", disable=not wanted, leave=False)
