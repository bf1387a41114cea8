"""The figures themselves: each draws on axes that it is given, or on new ones, and returns them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import to_numpy

__all__ = ["confusion_matrix", "contours", "image_grid", "learning_curves"]


def axes_or_new(ax: Any) -> Any:
    """Return the given axes, or new ones."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots()
    return ax


def learning_curves(history: Mapping[str, Sequence[float]], ax: Any = None, ylabel: str = "loss") -> Any:
    """Draw each list of a history over the epochs, and mark the smallest validation value.

    Parameters
    ----------
    history : mapping of str to sequence of float
        E.g. from `pydl.training.fit`; restrict it to curves of one unit.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes if not given.
    ylabel : str
        What the numbers are.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = axes_or_new(ax)
    for name, values in history.items():
        epochs = np.arange(1, len(values) + 1)
        (line,) = ax.plot(epochs, values, label=name.replace("val_", "validation "))
        if name.startswith("val_") and np.isfinite(values).any():
            best = int(np.nanargmin(values))
            ax.plot(epochs[best], values[best], "o", color=line.get_color())
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.legend()
    return ax


def image_grid(
    images: Any, titles: Sequence[str] | None = None, columns: int = 10, diverging: bool = False, size: float = 0.75
) -> Any:
    """Show images of one size side by side, on one common scale.

    Parameters
    ----------
    images : array
        Shape (N, H, W).
    titles : sequence of str, optional
        One an image.
    columns : int
        How many in a row.
    diverging : bool
        Whether the values have a sign: colours then run from blue over white (0) to red.
    size : float
        Width of an image in inches.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    import matplotlib.pyplot as plt

    images = to_numpy(raw(images))
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, size * rows * (1.3 if titles else 1.0)), squeeze=False
    )
    low, high = float(np.min(images)), float(np.max(images))
    if diverging:
        high = max(abs(low), abs(high))
        low = -high
    scale = {"cmap": "RdBu_r" if diverging else "gray_r", "vmin": low, "vmax": high}
    for i, ax in enumerate(axes.flat):
        ax.axis("off")
        if i < len(images):
            ax.imshow(images[i], interpolation="nearest", **scale)
            if titles:
                ax.set_title(titles[i], fontsize=8, loc="center", pad=2)
    return figure


def confusion_matrix(labels: Any, predictions: Any, classes: Sequence[str], ax: Any = None) -> Any:
    """Count how often each class was taken for each: rows are true classes, columns predictions.

    Errors are shaded by their share of the row; the diagonal is left white, so that errors show.

    Parameters
    ----------
    labels, predictions : array of int
        Shape (N,).
    classes : sequence of str
        Names of the classes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes if not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = axes_or_new(ax)
    k = len(classes)
    counts = np.zeros((k, k), dtype=int)
    np.add.at(counts, (to_numpy(raw(labels)), to_numpy(raw(predictions))), 1)
    shade = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * (1 - np.eye(k))
    ax.imshow(shade, cmap="Oranges", vmin=0, vmax=max(shade.max() * 1.6, 1e-9))
    for i in range(k):
        for j in range(k):
            if counts[i, j]:
                ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8)
    ax.set(xticks=range(k), yticks=range(k), xticklabels=classes, yticklabels=classes)
    ax.set(xlabel="predicted", ylabel="true")
    ax.grid(False)
    ax.tick_params(length=0)
    return ax


def contours(
    f: Callable[[np.ndarray, np.ndarray], np.ndarray],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    path: Any = None,
    levels: Any = 12,
    ax: Any = None,
) -> Any:
    """Draw the level lines of a function of two numbers, and a path on them.

    Parameters
    ----------
    f : callable
        Takes two arrays of one shape, returns one of that shape.
    xlim, ylim : (float, float)
        The window.
    path : array, optional
        Shape (steps, 2): points visited, from the first (ring) to the last (dot).
    levels : int or sequence of float
        How many level lines, or which.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes if not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = axes_or_new(ax)
    x, y = np.meshgrid(np.linspace(*xlim, 121), np.linspace(*ylim, 121))
    ax.contour(x, y, f(x, y), levels=levels, colors="#8A949B", linewidths=0.8)
    if path is not None:
        path = to_numpy(raw(path))
        ax.plot(path[:, 0], path[:, 1], "-", marker=".", markersize=3, linewidth=1.2)
        ax.plot(*path[0], "o", color="C0", markerfacecolor="white")
        ax.plot(*path[-1], "o", color="C0")
    ax.set(xlim=xlim, ylim=ylim)
    ax.grid(False)
    return ax
