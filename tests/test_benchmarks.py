"""The benchmarks compare like with like, and their command works. Nothing here asserts a time."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measure, report
from benchmarks.workloads.problems import WORKLOADS

ROOT = Path(__file__).resolve().parents[1]


def results(library, name):
    """Compute a workload in this process, a few steps of it."""
    functions = import_module(f"benchmarks.workloads.with_{library}")
    problem = WORKLOADS[name].problem
    step, result = getattr(functions, measure.KINDS[type(problem)])(problem)
    for _ in range(3):
        step()
    return result()


@pytest.mark.parametrize("name", WORKLOADS)
def test_libraries_agree(name):
    found = {library: results(library, name) for library in measure.installed()}
    measure.check_agreement(name, found)
    assert all(np.isfinite(a).all() and np.abs(a).max() > 1e-30 for arrays in found.values() for a in arrays)
    if name != "load":
        assert all(a.dtype == np.float32 for arrays in found.values() for a in arrays)


@pytest.mark.parametrize("name", ["W1", "W7"])
def test_disagreement_is_found(name):
    right = results("numpy", name)
    wrong = [a.copy() for a in right]
    wrong[-1] += 0.01 * np.abs(wrong[-1]).max()
    with pytest.raises(measure.BenchmarkError, match=f"{name}: array {len(right) - 1} of pydl differs"):
        measure.check_agreement(name, {"pydl": wrong, "numpy": right})


def test_training_is_compared_by_its_way():
    """Parameters that never moved are near the right ones, and yet wrong."""
    start = [a for layer in WORKLOADS["W1"].problem.layers for a in layer]
    with pytest.raises(measure.BenchmarkError):
        measure.check_agreement("W1", {"pydl": start, "numpy": results("numpy", "W1")})


def test_command_runs():
    budget = ["--rounds", "2", "--seconds", "0.0005", "--threads", "1"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "benchmarks/run.py", "--only", "W3", "record", *budget],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows] == ["", "W3", "record"]
    assert "µs above NumPy's own call" in done.stdout


def test_ratios_are_taken_within_a_round():
    both_slow_once = {"pydl": [2.0, 20.0, 2.0], "numpy": [1.0, 10.0, 1.0]}
    found = report.summary(both_slow_once)
    assert found["ratios"] == {"pydl/numpy": [2.0, 2.0, 2.0]}
    assert found["microseconds"]["pydl"][1] == 2.0


def test_readme_is_filled_between_its_marks(tmp_path):
    machine = report.machine(2, {"pydl": "0", "numpy": "2", "torch": "3"})
    times = {"pydl": [3.0, 3.0], "numpy": [1.0, 1.0], "torch": [10.0, 10.0]}
    everything = {"machine": machine, "rounds": 2, "workloads": {"W1": report.summary(times)}}
    readme = tmp_path / "README.md"
    readme.write_text(f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n")
    report.fill(readme, json.loads(json.dumps(everything)))
    text = readme.read_text()
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert "old" not in text
    assert "**0.30** (0.30–0.30) | 0.10 (0.10–0.10) | 3.00 (3.00–3.00) | 3 / 1 / 10 | reached |" in text
    readme.write_text("no marks")
    with pytest.raises(ValueError, match="lacks the marks"):
        report.fill(readme, everything)
