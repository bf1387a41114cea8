"""Draw the picture that opens the chapter on regularization: one model, thirty samples, five ways to train it.

usage: python tools/regularization_picture.py        (writes book/assets/images/regularization.svg)

The model has one Gaussian bump on each sample. Each way of training has a closed form or ends by itself, so nothing is
drawn by chance but the samples. The closed form of dropout in a linear model is in Srivastava et al. (2014), 9.1.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import numpy as np
from notebook_environment import BOOK, prepare

PICTURE = BOOK / "assets" / "images" / "regularization.svg"
N, NOISE, WIDTH, SEED = 30, 0.2, 0.06, 14
L2, L1, KEEP = 2.0, 0.09, 0.5
LIMIT = 1.0  # of the weights' axes


def samples(seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets: a sine with noise."""
    from pydl import data

    X, y = data.noisy_sine(N, noise=NOISE, rng=seed)
    return X[:, 0].astype(float), y[:, 0].astype(float)


def bumps(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the features: one bump on each centre."""
    return np.exp(-((x[:, None] - centres) ** 2) / (2 * WIDTH**2))


def unpenalized(C: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Return the weights of the smallest squared error."""
    return np.linalg.lstsq(C, r, rcond=None)[0]


def stopped(C: np.ndarray, r: np.ndarray, D: np.ndarray, s: np.ndarray, most: int = 20_000) -> np.ndarray:
    """Return the weights at which the error on other samples (D, s) is least, along gradient descent from 0."""
    lr, w = 1 / np.linalg.norm(C, 2) ** 2, np.zeros(C.shape[1])
    best, least = w, np.inf
    for _ in range(most):
        w = w - lr * C.T @ (C @ w - r)
        if (error := np.mean((D @ w - s) ** 2)) < least:
            best, least = w, error
    return best


def ridge(C: np.ndarray, r: np.ndarray, price: float | np.ndarray = L2) -> np.ndarray:
    """Return the weights that minimize ½‖Cw − r‖² + ½ Σ price·w²."""
    return np.linalg.solve(C.T @ C + np.diag(np.broadcast_to(price, C.shape[1])), C.T @ r)


def lasso(C: np.ndarray, r: np.ndarray, alpha: float = L1, sweeps: int = 5_000) -> np.ndarray:
    """Return the weights that minimize ½‖Cw − r‖² + α‖w‖₁, by coordinate descent."""
    w, squares = np.zeros(C.shape[1]), np.sum(C**2, axis=0)
    for _ in range(sweeps):
        before = w.copy()
        for j, c in enumerate(C.T):
            a = c @ (r - C @ w) + squares[j] * w[j]
            w[j] = np.sign(a) * max(abs(a) - alpha, 0) / squares[j]
        if np.abs(w - before).max() < 1e-13:
            break
    return w


def dropped(C: np.ndarray, r: np.ndarray, keep: float = KEEP) -> np.ndarray:
    """Return the weights that minimize the mean of ½‖C(m⊙w)/p − r‖² over all masks m of dropout."""
    return ridge(C, r, (1 - keep) / keep * np.sum(C**2, axis=0))


@functools.cache
def fits() -> dict[str, tuple[float, np.ndarray]]:
    """Return bias and weights of each way to train; the bias is free, so that centred features decide the weights."""
    (x, y), (other, truth) = samples(), samples(SEED + 1)
    features = bumps(x, x)
    mean, C, r = features.mean(axis=0), features - features.mean(axis=0), y - y.mean()
    weights = {
        "as it comes": unpenalized(C, r),
        "stopped early": stopped(C, r, bumps(other, x) - mean, truth - y.mean()),
        "L2": ridge(C, r),
        "L1": lasso(C, r),
        "dropout": dropped(C, r),
    }
    return {name: (float(y.mean() - mean @ w), w) for name, w in weights.items()}


def distance(bias: float, w: np.ndarray) -> float:
    """Return how far the curve is from the sine, as a root mean square."""
    line = np.linspace(0, 1, 501)
    return float(np.sqrt(np.mean((bias + bumps(line, samples()[0]) @ w - np.sin(2 * np.pi * line)) ** 2)))


def draw(file: Path) -> None:
    """Draw the curves, and below each of them the weights, at the place of their bump."""
    import matplotlib.pyplot as plt

    from pydl import plots

    plots.use_style()
    x, y = samples()
    line = np.linspace(0, 1, 501)
    found = fits()
    figure, axes = plt.subplots(2, len(found), figsize=(5.8, 2.8), sharex=True, height_ratios=(3, 2))
    for (above, below), (name, (bias, w)) in zip(axes.T, found.items(), strict=True):
        above.plot(line, np.sin(2 * np.pi * line), color="#9AA3A8", linewidth=1.2)
        above.plot(x, y, "o", color="C0", markersize=2)
        above.plot(line, bias + bumps(line, x) @ w, color="C1", linewidth=1.2)
        above.set(ylim=(-2, 2), xticks=[], yticks=[])
        above.set_title(name, fontsize=10, loc="center")
        zero = w == 0
        below.axhline(0, color="#9AA3A8", linewidth=0.8)
        below.vlines(x[~zero], 0, w[~zero].clip(-2 * LIMIT, 2 * LIMIT), color="C0", linewidth=1.5)
        below.plot(x[zero], w[zero], "o", color="white", markeredgecolor="#444444", markersize=3)
        below.set(ylim=(-LIMIT, LIMIT), xticks=[], yticks=[])
        for ax in (above, below):
            ax.grid(False)
    axes[0, 0].set_ylabel("curve")
    axes[1, 0].set_ylabel("weights")
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)


if __name__ == "__main__":
    prepare()
    draw(PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1024} KB")
    sys.exit(0)
