"""Measure pydl beside NumPy by hand and, where it is installed, PyTorch.

    python benchmarks/run.py [--write]

Takes about three minutes; leave the machine alone meanwhile. What is measured, and how, is in README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.measure import BenchmarkError, installed, measure, workers  # noqa: E402
from benchmarks.report import fill, machine, summary, table  # noqa: E402
from benchmarks.workloads.problems import WORKLOADS  # noqa: E402


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure pydl beside NumPy by hand and PyTorch.")
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="which workloads")
    parser.add_argument("--threads", type=int, default=2, help="threads of every library (2)")
    parser.add_argument("--rounds", type=int, default=21, help="how often each library has its turn (21)")
    parser.add_argument("--seconds", type=float, default=0.06, help="length of a turn (0.06)")
    parser.add_argument("--write", action="store_true", help="put the results into results.json and README.md")
    return parser.parse_args(arguments)


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Measure, show a line as soon as it is there, and return all results."""
    with workers(installed(), asked.threads) as started:
        versions = {lib: worker.ask("version") for lib, worker in started.items()}
        workloads = {}
        for name, times in measure(started, asked.only, asked.rounds, asked.seconds):
            workloads[name] = summary(times)
            ratios = "  ".join(f"{pair} {q[1]:5.2f}" for pair, q in workloads[name]["ratios"].items())
            print(f"{name:8}{ratios}", flush=True)
    return {"machine": machine(asked.threads, versions), "rounds": asked.rounds, "workloads": workloads}


def main() -> None:
    asked = options()
    if (busy := os.getloadavg()[0]) > 0.5:
        print(f"other programs are running (load {busy:.1f}): ratios to PyTorch will be too low", file=sys.stderr)
    try:
        results = run(asked)
    except BenchmarkError as error:
        sys.exit(f"benchmarks: {error}")
    print("\n" + table(results))
    if asked.write:
        (HERE / "results.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
        fill(HERE / "README.md", results)


if __name__ == "__main__":
    main()
