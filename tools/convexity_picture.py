"""Draw the picture that opens the chapter on convexity: what a score costs, under four losses.

usage: python tools/convexity_picture.py        (writes book/assets/images/convexity.svg)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from notebook_environment import BOOK, prepare

PICTURE = BOOK / "assets" / "images" / "convexity.svg"
WINDOW = (-5.0, 4.0)
ENDS = np.array([-4.6, 0.4])  # of the chord

Loss = Callable[[np.ndarray], np.ndarray]


def losses() -> dict[str, Loss]:
    """Give the losses of a sample with label 1, as functions of its score z; the last is not convex."""
    import pydl

    return {
        "squared error of the score": lambda z: (1 - z) ** 2 / 2,
        "cross entropy": lambda z: pydl.softplus(-z),
        "perceptron": lambda z: np.maximum(0, -z),
        "squared error after the sigmoid": lambda z: (1 - pydl.sigmoid(z)) ** 2 / 2,
    }


def draw(file: Path) -> None:
    """Draw the four curves, with their names, and the chord that one of them crosses."""
    import matplotlib.pyplot as plt

    from pydl import plots

    plots.use_style()
    z = np.linspace(*WINDOW, 181)
    names = {  # of the loss: where its name stands
        "squared error of the score": (1.0, 2.75, "center"),
        "cross entropy": (2.3, 0.25, "left"),
        "perceptron": (-3.35, 2.75, "right"),
        "squared error after the sigmoid": (-4.9, 0.68, "left"),
    }
    figure, ax = plt.subplots(figsize=(6.4, 3.6))
    for (name, loss), colour in zip(losses().items(), ("C0", "C2", "C3", "C1"), strict=True):
        ax.plot(z, loss(z), color=colour)
        x, y, side = names[name]
        ax.text(x, y, name, color=colour, ha=side)
    trap = losses()["squared error after the sigmoid"]
    ax.plot(ENDS, trap(ENDS), "o--", color="#444444", linewidth=1, markersize=4)
    ax.set(xlabel="score $z$ of a sample with label 1", ylabel="loss", xlim=WINDOW, ylim=(-0.1, 3.6))
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)


if __name__ == "__main__":
    prepare()
    draw(PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1024} KB")
    sys.exit(0)
