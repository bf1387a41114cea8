"""What the measuring scripts share: a band from the values of many seeds, and the file that records it."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import pydl

__all__ = ["outward", "save", "summary"]


def outward(value: float, towards: float) -> float:
    """Round `value` to three significant digits, down if `towards` is negative, else up."""
    if value == 0:
        return 0.0
    digits = 2 - math.floor(math.log10(abs(value)))
    return round((math.ceil if towards > 0 else math.floor)(value * 10**digits) / 10**digits, digits)


def summary(
    values: Sequence[float], margin: float, possible: tuple[float, float] = (-math.inf, math.inf)
) -> dict[str, Any]:
    """Describe one quantity over the seeds.

    Its band is [min − margin·sd, max + margin·sd], cut at what is `possible` and rounded `outward`.
    """
    low, high, sd = float(np.min(values)), float(np.max(values)), float(np.std(values, ddof=1))
    band = [outward(max(low - margin * sd, possible[0]), -1), outward(min(high + margin * sd, possible[1]), +1)]
    return {"min": low, "max": high, "mean": float(np.mean(values)), "sd": sd, "band": band}


def save(
    script: str,
    notebook: str,
    seeds: range,
    runs: Sequence[dict[str, float]],
    margin: float,
    possible: Mapping[str, tuple[float, float]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Write what all `runs` (one a seed) found for a `notebook`, as JSON beside the `script`; `more` says how.

    Returns the quantities' summaries.
    """
    possible = possible or {}
    quantities = {
        name: summary([run[name] for run in runs], margin, possible.get(name, (-math.inf, math.inf)))
        for name in runs[0]
    }
    result = {
        "notebook": notebook,
        "seeds": {"first": seeds[0], "last": seeds[-1], "count": len(seeds)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pydl": pydl.__version__},
        "device": pydl.default_device(),
        "rule": f"band = [min - {margin:g} sd, max + {margin:g} sd], cut at what is possible,"
        " rounded outward to three significant digits",
        **more,
        "quantities": quantities,
    }
    text = json.dumps(result, indent=2) + "\n"
    Path(script).with_suffix(".json").write_text(text, encoding="utf-8")
    return quantities
