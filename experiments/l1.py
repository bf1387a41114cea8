"""Measure the bands of the notebook regularization/l1 over 40 draws of its samples, into l1.json.

usage: OMP_NUM_THREADS=1 python experiments/l1.py

Quantities have the names of the notebook's claims. Each band reaches one standard deviation beyond the smallest and the
largest value. The proximal steps are the notebook's; that they approach the optimum of a coordinate descent is tested
in tests/nn/test_penalties.py.
"""

from __future__ import annotations

import numpy as np
from bands import save

import pydl

SEEDS = range(40)
N, WIDTH, ALPHA, ELASTIC, STEPS = 30, 0.06, 0.003, 0.01, 50_000
LINE = np.linspace(0, 1, 501)[:, None]
SINE = np.sin(2 * np.pi * LINE[:, 0])
ZERO = 1e-3
POSSIBLE = {
    "l1-zeros": (0, N),
    "l1-subgradient-small": (0, N),
    "l1-elastic-zeros": (0, N),
    "l1-elastic-shares": (0, np.inf),
    "l1-sine-error": (0, np.inf),
}


def rms(errors: np.ndarray) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(errors**2)))


def soft(w: np.ndarray, t: float) -> np.ndarray:
    """Return sign(w) max(|w| − t, 0)."""
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def measure(seed: int) -> dict[str, float]:
    """Descend on one draw by proximal and by subgradient steps."""
    X, y = pydl.data.noisy_sine(N, noise=0.2, rng=seed)
    y = y[:, 0]

    def features(x: np.ndarray) -> np.ndarray:
        return np.exp(-((x - X.T) ** 2) / (2 * WIDTH**2))

    Phi = features(X)
    C, centred = Phi - Phi.mean(axis=0), y - y.mean()
    H, pull = C.T @ C / N, C.T @ centred / N
    lr = 1 / np.linalg.eigvalsh(H)[-1]

    def objective(w: np.ndarray) -> float:
        return float(np.mean((centred - C @ w) ** 2) / 2 + ALPHA * np.abs(w).sum())

    def predict(w: np.ndarray, x: np.ndarray) -> np.ndarray:
        return y.mean() + (features(x) - Phi.mean(axis=0)) @ w

    proximal = subgradient = np.zeros(N)
    for _ in range(STEPS):
        proximal = soft(proximal - lr * (H @ proximal - pull), lr * ALPHA)
        subgradient = subgradient - lr * (H @ subgradient - pull + ALPHA * np.sign(subgradient))
    elastic, rate = np.zeros(N), 1 / (1 / lr + ELASTIC)
    for _ in range(STEPS):
        elastic = soft(elastic - rate * (H @ elastic - pull + ELASTIC * elastic), rate * ALPHA)
    ridge = np.linalg.solve(H + 2 / N * np.eye(N), pull)
    return {
        "l1-zeros": int(np.sum(proximal == 0)),
        "l1-fit-error": rms(y - predict(proximal, X)),
        "l1-sine-error": rms(SINE - predict(proximal, LINE)),
        "l1-subgradient-small": int(np.sum(np.abs(subgradient) < ZERO)),
        "l1-subgradient-gap": np.log10(objective(subgradient) - objective(proximal)),
        "l1-l2-smallest": np.log10(np.abs(ridge).min()),
        "l1-elastic-zeros": int(np.sum(elastic == 0)),
        "l1-elastic-shares": np.abs(elastic).max() / np.abs(proximal).max(),
        "l1-subgradient-zeros": int(np.sum(subgradient == 0)),
    }


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs = [measure(seed) for seed in SEEDS]
    for name, quantity in save(__file__, "regularization/l1", SEEDS, runs, margin=1, possible=POSSIBLE).items():
        print(name, quantity)


if __name__ == "__main__":
    main()
