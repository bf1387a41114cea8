"""Measure what the notebook convexity/logistic-regression claims about separable data, into logistic_regression.json.

usage: python experiments/logistic_regression.py

Each seed draws its own forty points of two clouds, which a line can separate. Gradient descent starts from 0 and takes
100,000 steps, for all seeds at once. The margin γ it is compared with is scikit-learn's, by a support vector
machine; so are the two optima that the notebook quotes. A band runs from half a standard deviation below the smallest
value to half a one above the largest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from bands import save
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import pydl
from pydl.backend import to_numpy

SEEDS = range(100)
N, NOISE, LR, ALPHA = 40, 0.25, 1.0, 0.01
SHOWN = 26  # the seed that the notebook shows: its first steps point far from the widest margin
STEPS = (100, 10_000, 100_000)
POSSIBLE = {f"margin after {steps} steps, relative": (-1.0, 1.0) for steps in ("100", "100,000")}


def clouds(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the points, with a column of ones, and their labels."""
    points, y = pydl.data.blobs(N, noise=NOISE, classes=2, rng=seed)
    return np.column_stack([np.ones(N), points]), y


def widest_margin(Z: np.ndarray) -> float:
    """Return γ, the largest value over all directions u of length 1 that min uᵀz over the rows z can have."""
    both, signs = np.vstack([Z, -Z]), np.repeat([1, -1], len(Z))  # mirrored, so that the machine's own bias is 0
    w = SVC(kernel="linear", C=1e8, tol=1e-10).fit(both, signs).coef_[0]
    return float(np.min(Z @ w) / np.linalg.norm(w))


def descend(Z: np.ndarray) -> dict[int, np.ndarray]:
    """Return w for all seeds, shape (seeds, 3), after each number of STEPS; Z holds (2yᵢ − 1)xᵢ."""
    w, found = np.zeros((len(Z), Z.shape[2])), {}
    for step in range(1, STEPS[-1] + 1):
        margins = np.matmul(Z, w[:, :, None])
        w = w + LR * np.mean(Z / (1 + np.exp(margins)), axis=1)
        if step in STEPS:
            found[step] = w
    return found


def one_seed(Z: np.ndarray, w: dict[int, np.ndarray]) -> dict[str, float]:
    """Compare one seed's weights with what the widest margin promises."""
    gamma = widest_margin(Z)
    norm = {step: np.linalg.norm(v) for step, v in w.items()}
    last = STEPS[-1]
    losses = np.logaddexp(0, -Z @ w[last])
    return {
        "widest margin": gamma,
        "growth over the last tenfold, times gamma / log 10": (norm[last] - norm[10_000]) * gamma / np.log(10),
        "margin after 100 steps, relative": np.min(Z @ w[100]) / norm[100] / gamma,
        "margin after 100,000 steps, relative": np.min(Z @ w[last]) / norm[last] / gamma,
        "loss after 100,000 steps, times lr gamma^2 t": np.mean(losses) * LR * gamma**2 * last,
    }


def optimum(X: np.ndarray, y: np.ndarray, alpha: float) -> list[float]:
    """Return scikit-learn's (bias, weights) of J + (α/2)‖w‖², the bias free; it multiplies that by C = 1/(αN)."""
    C = 1 / (alpha * len(y)) if alpha else np.inf
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X[:, 1:], y)
    return [round(float(v), 9) for v in (*model.intercept_, *model.coef_[0])]


def launches() -> tuple[np.ndarray, np.ndarray]:
    """Return the launches: a column of ones beside the temperature in tens of degrees above 70 °F, and the labels."""
    fahrenheit, y = map(to_numpy, pydl.data.launches())
    return np.column_stack([np.ones(len(y)), (fahrenheit.astype(np.float64) - 70) / 10]), y


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    pydl.set_default_dtype("float64")
    samples = [clouds(seed) for seed in SEEDS]
    Z = np.stack([(2 * y - 1)[:, None] * X for X, y in samples])
    found = descend(Z)
    runs = [one_seed(Z[i], {step: w[i] for step, w in found.items()}) for i in range(len(SEEDS))]
    more: dict[str, Any] = {
        "recipe": {"points": N, "noise": NOISE, "lr": LR, "steps": STEPS[-1]},
        "scikit-learn": sklearn.__version__,
        "optima": {
            "launches": optimum(*launches(), 0),
            f"clouds of seed {SHOWN}, alpha = {ALPHA}": optimum(*clouds(SHOWN), ALPHA),
        },
    }
    save(__file__, "convexity/logistic-regression", SEEDS, runs, margin=0.5, possible=POSSIBLE, **more)


if __name__ == "__main__":
    main()
