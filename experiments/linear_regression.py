"""Measure, over many data sets, what the notebook convexity/linear-regression claims about one.

usage: python experiments/linear_regression.py        (writes linear_regression.json beside this file)

Each seed draws its own thirty points. A quantity's band is [min − sd, max + sd] over the seeds, cut at what is
possible and rounded outward to three significant digits. Fresh seeds then tell how many draws a band misses.
"""

import numpy as np
from bands import save

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


def main() -> None:
    """Run all seeds, write the summary, and say how many fresh draws the bands miss."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs = [measure(seed) for seed in SEEDS]
    quantities = save(__file__, "convexity/linear-regression", SEEDS, runs, margin=1, possible=POSSIBLE)
    fresh = [measure(seed) for seed in FRESH]
    for name, quantity in quantities.items():
        low, high = quantity["band"]
        outside = sum(not low <= run[name] <= high for run in fresh)
        print(f"{name}: band [{low}, {high}] misses {outside} of {len(FRESH)} fresh draws")


if __name__ == "__main__":
    main()
