"""Measure the bands of the notebook regularization/l2 over 40 draws of its samples, into l2.json.

usage: OMP_NUM_THREADS=1 python experiments/l2.py

Quantities have the names of the notebook's claims. Each band reaches one standard deviation beyond the smallest and the
largest value.
"""

from __future__ import annotations

import numpy as np
from bands import save

import pydl

SEEDS = range(40)
N, WIDTH, ALPHA, SHIFT = 30, 0.06, 2.0, 10.0
LINE = np.linspace(0, 1, 501)[:, None]
SINE = np.sin(2 * np.pi * LINE[:, 0])
COUNTS = (0, N)
POSSIBLE = {
    "l2-memorized": (0, np.inf),
    "l2-sine-error": (0, np.inf),
    "l2-silenced": COUNTS,
    "l2-effective-parameters": COUNTS,
}


def rms(errors: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(errors**2)))


def measure(seed: int) -> dict[str, float]:
    """Fit one draw: without a penalty, with it, with it N times as strong, and with a price on the bias."""
    X, y = pydl.data.noisy_sine(N, noise=0.2, rng=seed)
    y = y[:, 0]

    def features(x: np.ndarray) -> np.ndarray:
        return np.exp(-((x - X.T) ** 2) / (2 * WIDTH**2))

    Phi = features(X)
    C, centred = Phi - Phi.mean(axis=0), y - y.mean()

    def predict(w: np.ndarray, x: np.ndarray) -> np.ndarray:
        return y.mean() + (features(x) - Phi.mean(axis=0)) @ w

    def ridge(alpha: float) -> np.ndarray:
        return np.linalg.solve(C.T @ C + alpha * np.eye(N), C.T @ centred)

    w_star, w_tilde = np.linalg.lstsq(C, centred, rcond=None)[0], ridge(ALPHA)
    eigenvalues = np.linalg.svd(C, compute_uv=False) ** 2
    ones = np.column_stack([np.ones(N), Phi])
    priced = np.linalg.solve(ones.T @ ones + ALPHA * np.eye(N + 1), ones.T @ (y + SHIFT))
    return {
        "l2-memorized": rms(y - predict(w_star, X)),
        "l2-wild-weights": np.log10(np.abs(w_star).max()),
        "l2-wild-curve": np.log10(rms(SINE - predict(w_star, LINE))),
        "l2-fit-error": rms(y - predict(w_tilde, X)),
        "l2-sine-error": rms(SINE - predict(w_tilde, LINE)),
        "l2-per-sample": rms(y - predict(ridge(N * ALPHA), X)),
        "l2-effective-parameters": float(np.sum(eigenvalues / (eigenvalues + ALPHA))),
        "l2-silenced": int(np.sum(eigenvalues < ALPHA)),
        "l2-condition": np.linalg.cond(C.T @ C + ALPHA * np.eye(N)),
        "l2-underfit": float(np.mean(y + SHIFT - ones @ priced)),
    }


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs = [measure(seed) for seed in SEEDS]
    for name, quantity in save(__file__, "regularization/l2", SEEDS, runs, margin=1, possible=POSSIBLE).items():
        print(name, quantity)


if __name__ == "__main__":
    main()
