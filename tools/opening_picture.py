"""Draw the picture that opens the book: a gradient, followed a thousand times, learns to read digits.

usage: python tools/opening_picture.py        (writes book/assets/images/opening.svg, about half a minute)

Softmax regression on the embedded MNIST, from weights 0, by gradient descent on all samples at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from notebook_environment import BOOK, prepare

PICTURE = BOOK / "assets" / "images" / "opening.svg"
SHOWN = (1, 10, 100, 1000)
LABELS = {  # step: where its number stands, in points from the place on the map
    0: ((8, -11), "left"),
    1: ((-8, 3), "right"),
    10: ((-7, 5), "right"),
    100: ((0, 9), "center"),
    1000: ((0, -17), "center"),
}
LR = 0.5
WINDOW = ((-1.4, 12.8), (-2.1, 3.7))  # along and across, in units of the weights
FINE = 49  # points along each side of the map


def descend(X: np.ndarray, y: np.ndarray, steps: int) -> np.ndarray:
    """Train softmax regression by full-batch gradient descent; return W after 0, 1, …, `steps` steps."""
    from pydl import nn, optim

    model = nn.Linear(X.shape[1], 10, bias=False, init=nn.init.zeros_)
    optimizer, loss = optim.SGD(model.parameters(), lr=LR), nn.CrossEntropyLoss()
    path = [model.weight.numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        loss(model(X), y).backward()
        optimizer.step()
        path.append(model.weight.numpy().copy())
    return np.stack(path)


def plane(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two perpendicular unit vectors: from the start, 0, to the end, and to where the path bends most."""
    along = path[-1] / np.linalg.norm(path[-1])
    beside = path - np.tensordot(path, along, 2)[:, None, None] * along
    across = beside[np.argmax(np.sum(beside**2, (1, 2)))]
    return along, across / np.linalg.norm(across)


def loss_map(
    X: np.ndarray, y: np.ndarray, along: np.ndarray, across: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the grid (u, v) of the plane, and the mean loss at W = u·along + v·across."""
    from pydl import cross_entropy

    u, v = (np.linspace(*side, FINE, dtype=np.float32) for side in WINDOW)
    first, second = X @ along.T, X @ across.T  # scores are linear in W: two products serve the whole map
    return u, v, np.array([[float(cross_entropy(a * first + b * second, y)) for a in u] for b in v])


def error(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of samples whose largest score is not their label's."""
    return float(np.mean((X @ W.T).argmax(1) != y))


def strip(W: np.ndarray) -> np.ndarray:
    """Lay the ten rows of W side by side as images, on a scale of their own: all but a few entries in −1 to 1."""
    images = W.reshape(10, 28, 28)[:, 2:26, 3:25] / np.quantile(np.abs(W), 0.995)  # the rim is nearly empty
    return np.concatenate([np.pad(image, ((0, 0), (1, 1))) for image in images], axis=1)


def draw(path: np.ndarray, X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray, file: Path) -> None:
    """Draw the map with the path above, the weights at four places of it below."""
    import matplotlib.pyplot as plt

    from pydl import plots

    plots.use_style()
    along, across = plane(path)
    u, v, losses = loss_map(X, y, along, across)
    ways = np.stack([np.tensordot(path, direction, 2) for direction in (along, across)], axis=1)

    figure = plt.figure(figsize=(5, 5.5))
    top, *rows = figure.subplots(1 + len(SHOWN), 1, height_ratios=[3, *[1] * len(SHOWN)])
    levels = losses.min() + (losses.max() - losses.min()) * np.linspace(0, 1, 18) ** 2.5
    top.contourf(u, v, losses, levels=levels, cmap="Blues", alpha=0.85, edgecolors="white")
    top.plot(*ways.T, color="C1", linewidth=2.2)
    for step, (offset, side) in LABELS.items():
        top.plot(*ways[step], "o", color="C1", markeredgecolor="white", markersize=8)
        top.annotate(str(step or "start"), ways[step], offset, textcoords="offset points", ha=side, fontsize=11)
    top.set_aspect("equal")
    top.axis("off")
    for step, row in zip(SHOWN, rows, strict=True):
        row.imshow(strip(path[step]), cmap="RdBu_r", vmin=-1, vmax=1, interpolation="none")
        row.axis("off")
        wrong = f"{100 * error(path[step], X_test, y_test):.0f} % of new digits misread"
        row.set_title(f"after {step} step{'s' * (step > 1)}: {wrong}", fontsize=11, fontweight="normal", pad=3)
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)


def main() -> int:
    """Train, draw, and store the picture."""
    from pydl import data

    (X, y), (X_test, y_test) = data.MNIST().arrays(), data.MNIST(train=False).arrays()
    draw(descend(X, y, SHOWN[-1]), X, y, X_test, y_test, PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    prepare()
    sys.exit(main())
