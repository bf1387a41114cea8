"""Reporting: medians and quartiles of the ratios, as JSON and as the table of the README."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads.problems import WORKLOADS

__all__ = ["fill", "machine", "summary", "table"]

BEGIN, END = "<!-- results: written by run.py --write -->", "<!-- end of results -->"
NAMES = {"pydl": "pydl", "numpy": "NumPy by hand", "torch": "PyTorch"}


def machine(threads: int, versions: dict[str, str]) -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def _cpu() -> str:
    """Return the processor's name, as well as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _quartiles(values: np.ndarray, digits: int) -> list[float]:
    return [round(float(q), digits) for q in np.percentile(values, [25, 50, 75])]


def summary(times: dict[str, list[float]]) -> dict[str, Any]:
    """Return [first quartile, median, third quartile] of times and of the ratios within a round.

    Parameters
    ----------
    times : dict of str to list of float
        Microseconds a step, by library, a number a round.
    """
    t = {lib: np.array(values) for lib, values in times.items()}
    pairs = [(a, b) for a, b in (("pydl", "torch"), ("numpy", "torch"), ("pydl", "numpy")) if a in t and b in t]
    return {
        "microseconds": {lib: _quartiles(values, 3) for lib, values in t.items()},
        "ratios": {f"{a}/{b}": _quartiles(t[a] / t[b], 4) for a, b in pairs},
    }


def _distance(goal: float | None, reached: float | None) -> str:
    if goal is None or reached is None:
        return ""
    return "reached" if reached <= goal else f"{reached / goal:.2f} × the goal"


def _cell(quartiles: list[float] | None) -> str:
    return "–" if quartiles is None else f"{quartiles[1]:.2f} ({quartiles[0]:.2f}–{quartiles[2]:.2f})"


def _line(name: str, result: dict[str, Any]) -> str:
    goal, ratios = WORKLOADS[name].goal, result["ratios"]
    reached = ratios.get("pydl/torch")
    times = [result["microseconds"].get(lib) for lib in NAMES]
    cells = [
        name,
        WORKLOADS[name].title,
        "" if goal is None else f"{goal:.2f}",
        "–" if reached is None else f"**{reached[1]:.2f}** ({reached[0]:.2f}–{reached[2]:.2f})",
        _cell(ratios.get("numpy/torch")),
        _cell(ratios["pydl/numpy"]),
        " / ".join("–" if t is None else f"{t[1]:.3g}" if t[1] < 1000 else f"{t[1]:.0f}" for t in times),
        _distance(goal, reached and reached[1]),
    ]
    return "| " + " | ".join(cells) + " |"


def table(results: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    on = results["machine"]
    libraries = ", ".join(f"{lib} {version}" for lib, version in on["versions"].items())
    lines = [
        f"{on['date']}, {on['cpu']}, {on['cores']} cores, {on['threads']} threads, {on['system']},"
        f" Python {on['python']}, {libraries}; {results['rounds']} rounds.",
        "",
        "| | workload | goal | pydl / PyTorch | NumPy / PyTorch | pydl / NumPy | µs each | distance |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(name, result) for name, result in results["workloads"].items()),
    ]
    if record := results["workloads"].get("record"):
        t = {lib: quartiles[1] for lib, quartiles in record["microseconds"].items()}
        lines += ["", f"Recording costs {t['pydl'] - t['numpy']:.2f} µs above NumPy's own call (goal: 1 µs)."]
    return "\n".join(lines)


def fill(readme: Path, results: dict[str, Any]) -> None:
    """Put the table into the README, between its two marks."""
    text = readme.read_text()
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (mark and end):
        raise ValueError(f"{readme.name} lacks the marks {BEGIN!r} and {END!r} between which the results go")
    readme.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}")
