"""Draw the picture that opens the chapter on backpropagation: values go forward, gradients come back.

usage: python tools/backprop_picture.py        (writes book/assets/images/backprop.svg)

A network 2-2-2-1 of tanh learns two moons and is stopped on the way. The pictures of such bent planes are after
C. Olah: Neural networks, manifolds, and topology (2014).
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from notebook_environment import BOOK, prepare

PICTURE = BOOK / "assets" / "images" / "backprop.svg"
WIDTHS = (2, 2, 2, 1)
SEED, STEPS, LR, N = 9, 100, 1.0, 40
ARROW = {"arrowstyle": "-|>", "color": "#222222", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 6}

Theta = list[np.ndarray]  # W¹, b¹, W², b², …


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Return the moons, moved so that their middle is 0."""
    from pydl import data

    X, y = data.moons(N, noise=0.08, rng=0)
    return X.astype(np.float64) - [0.5, 0.25], y


def layer(level: int, theta: Theta, Y: Any) -> Any:
    """Return what layer `level` makes of the outputs of the layer before; the last one has no tanh."""
    import pydl

    A = Y @ theta[2 * level - 2].T + theta[2 * level - 1]
    return A if level == len(theta) // 2 else pydl.tanh(A)


def score(level: int, theta: Theta, Y: Any) -> Any:
    """Return the network's scores as a function of the outputs of layer `level`."""
    for above in range(level + 1, len(theta) // 2 + 1):
        Y = layer(above, theta, Y)
    return Y


def loss(level: int, theta: Theta, Y: Any, y: np.ndarray) -> Any:
    """Return J, the mean cross entropy, as a function of the outputs of layer `level`."""
    import pydl

    return pydl.binary_cross_entropy_with_logits(score(level, theta, Y), y[:, None].astype(np.float64))


def train(X: np.ndarray, y: np.ndarray, steps: int = STEPS, seed: int = SEED) -> Theta:
    """Return the weights after some steps of gradient descent on all samples."""
    import pydl

    rng = np.random.default_rng(seed)
    theta = []
    for n, m in pairwise(WIDTHS):
        theta += [rng.normal(size=(m, n)), np.zeros(m)]
    gradient = pydl.grad(lambda *theta: loss(0, list(theta), X, y), argnums=range(len(theta)))
    for _ in range(steps):
        theta = [w - LR * slope for w, slope in zip(theta, gradient(*theta), strict=True)]
    return theta


def forward(X: np.ndarray, theta: Theta) -> list[np.ndarray]:
    """Return y⁰, y¹, …: inputs and hidden outputs."""
    values = [X]
    for level in range(1, len(theta) // 2):
        values.append(layer(level, theta, values[-1]))
    return values


def backward(values: list[np.ndarray], theta: Theta, y: np.ndarray) -> list[np.ndarray]:
    """Return ∂J/∂yˡ for each layer in `values`."""
    import pydl

    return [pydl.grad(lambda Y, level=level: loss(level, theta, Y, y))(Y) for level, Y in enumerate(values)]


def draw(file: Path) -> None:
    """Draw the layers side by side: the plane with its grid, the samples, and the way each of them ought to move."""
    import matplotlib.pyplot as plt

    from pydl import plots

    plots.use_style()
    X, y = samples()
    theta = train(X, y)
    values = forward(X, theta)
    pulls = [-slope for slope in backward(values, theta, y)]
    figure, axes = plt.subplots(1, len(values), figsize=(5.7, 2.5))
    line = np.linspace(-1, 1, 15)
    for level, (ax, Y, pull) in enumerate(zip(axes, values, pulls, strict=True)):
        half = 1.95 if level == 0 else 1.2  # of the panel's side
        for fixed in np.linspace(-1, 1, 9):
            for mesh in (np.stack([line, 0 * line + fixed], 1), np.stack([0 * line + fixed, line], 1)):
                ax.plot(*forward(1.85 * mesh, theta)[level].T, color="#C3CACE", linewidth=0.7)
        side = np.linspace(-1, 1, 41) * half
        Z = score(level, theta, np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)).reshape(41, 41)
        ax.contour(side, side, Z, levels=[0], colors="#444444", linestyles="--", linewidths=1.2)
        for label, marker in ((0, "o"), (1, "s")):
            ax.plot(*Y[y == label].T, marker, color=f"C{label}", markersize=4)
        ends = Y + pull * 0.5 * half / np.linalg.norm(pull, axis=1).max()
        for start, end in zip(Y, ends, strict=True):
            if np.linalg.norm(end - start) > 0.06 * half:
                ax.annotate("", end, start, arrowprops=ARROW, annotation_clip=False)
        ax.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
        ax.axis("off")
        ax.set_title("inputs $x$" if level == 0 else f"hidden layer {level}", fontsize=10, loc="center")
    figure.suptitle("forward: values  ⟶", fontsize=11)
    figure.supxlabel("⟵  backward: gradients", fontsize=11)
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)


if __name__ == "__main__":
    prepare()
    draw(PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1024} KB")
    sys.exit(0)
