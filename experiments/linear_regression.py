"""Measure, over many data sets, what the notebook convexity/linear-regression claims about one.

usage: python experiments/linear_regression.py        (writes linear_regression.json beside this file)

Each seed draws its own thirty points. A quantity's band is [min − sd, max + sd] over the seeds, cut at what is
possible and rounded outward to three significant digits. Fresh seeds then tell how many draws a band misses.
"""

import json
import math
import platform
from pathlib import Path

import numpy as np

import pydl

SEEDS, FRESH = range(1000), range(1000, 11000)
N = 30
POSSIBLE = {"smallest eigenvalue": (0.0, 1.0)}  # the mean of 1² is on the Hessian's diagonal


def measure(seed: int) -> dict[str, float]:
    """Fit one draw of the line in closed form, with and without the column of ones."""
    x, y = (column[:, 0] for column in pydl.data.line(N, rng=seed))
    X = np.column_stack([np.ones(N), x])
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    eigenvalues = np.linalg.eigvalsh(X.T @ X / N)
    residual = y - x * (x @ y) / (x @ x)  # of the best line through the origin
    return {
        "bias": w[0],
        "slope": w[1],
        "smallest loss": np.mean((y - X @ w) ** 2) / 2,
        "smallest eigenvalue": eigenvalues[0],
        "condition number": eigenvalues[1] / eigenvalues[0],
        "smallest loss through the origin": np.mean(residual**2) / 2,
        "mean residual through the origin": np.mean(residual),
    }


def outward(value: float, towards: float) -> float:
    """Round to three significant digits, up or down."""
    digits = 2 - math.floor(math.log10(abs(value)))
    return round((math.ceil if towards > 0 else math.floor)(value * 10**digits) / 10**digits, digits)


def summary(name: str, values: np.ndarray, fresh: np.ndarray) -> dict[str, object]:
    """Describe one quantity over the seeds, and count the fresh ones outside of its band."""
    least, most = POSSIBLE.get(name, (-math.inf, math.inf))
    sd = np.std(values, ddof=1)
    low, high = max(np.min(values) - sd, least), min(np.max(values) + sd, most)
    band = [outward(low, -1), outward(high, +1)]
    found = {"min": np.min(values), "max": np.max(values), "mean": np.mean(values), "sd": sd}
    outside = int(np.sum((fresh < band[0]) | (fresh > band[1])))
    return {key: float(value) for key, value in found.items()} | {"band": band, "fresh outside": outside}


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs, fresh = ([measure(seed) for seed in seeds] for seeds in (SEEDS, FRESH))
    result = {
        "notebook": "convexity/linear-regression",
        "seeds": {"first": SEEDS[0], "last": SEEDS[-1], "count": len(SEEDS), "fresh": len(FRESH)},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pydl": pydl.__version__},
        "device": "cpu",
        "rule": "band = [min - sd, max + sd], cut at what is possible, rounded outward to three significant digits",
        "quantities": {
            name: summary(name, *(np.array([run[name] for run in part]) for part in (runs, fresh))) for name in runs[0]
        },
    }
    text = json.dumps(result, indent=2) + "\n"
    Path(__file__).with_suffix(".json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
