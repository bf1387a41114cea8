"""The look of the book's figures."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["use_style"]


def use_style(format: str = "svg") -> None:
    """Draw figures as the book does, reproducibly: its style, and SVG (or PNG) without dates.

    Parameters
    ----------
    format : {"svg", "png"}
        What notebooks store; PNG for dense pictures, whose SVG would be large.

    Raises
    ------
    ValueError
        If the format is another.
    """
    import matplotlib.style

    if format not in ("svg", "png"):
        raise ValueError(f"use_style: format must be 'svg' or 'png', not {format!r}")
    matplotlib.style.use(Path(__file__).with_name("book.mplstyle"))
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:  # in a notebook: how figures are stored
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        metadata = {"Date": None, "Creator": None} if format == "svg" else {"Software": None}
        set_matplotlib_formats(format, metadata=metadata, bbox_inches="tight")
