"""Figures of a census: how outputs are distributed, how gradients grow or shrink, where units are dead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pydl.nn.census import Census, LayerCount
from pydl.nn.tally import Tally
from pydl.plots.figures import axes_or_new

__all__ = ["activation_histograms", "dead_units", "gradient_norms"]


def activation_histograms(
    census: Census, layers: Sequence[str] | None = None, gradients: bool = False, bins: int = 64
) -> Any:
    """Draw the histogram of each layer's outputs, one below the other on one scale.

    Each is scaled to its own highest bin. Values that are exactly 0 (a rectifier's) are left out of the curve;
    their share stands beside it.

    Parameters
    ----------
    census : Census
        What was counted.
    layers : sequence of str, optional
        Names of the layers to draw; all if not given.
    gradients : bool
        Whether to draw ∂J/∂y instead of y.
    bins : int
        How many bins the widest histogram has: a power of two up to 256.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If no layer has anything to draw.
    """
    import matplotlib.pyplot as plt

    chosen = {name: census.layers[name] for name in (layers if layers is not None else census.layers)}
    tallies = {name: layer.gradients if gradients else layer.outputs for name, layer in chosen.items()}
    tallies = {name: tally for name, tally in tallies.items() if tally.counts.any()}
    if not tallies:
        what = "gradients came back" if gradients else "outputs were seen"
        raise ValueError(f"activation_histograms: no {what} in {list(chosen)}: run the network inside the census")
    limit = max(tally.limit for tally in tallies.values())
    figure, axes = plt.subplots(len(tallies), 1, sharex=True, squeeze=False, figsize=(5.6, 0.5 + 0.42 * len(tallies)))
    occupied = []
    for ax, (name, tally) in zip(axes.flat, tallies.items(), strict=True):
        counts, edges = _without_zeros(tally, max(1, int(bins * tally.limit / limit)))
        occupied += [edges[:-1][counts > 0], edges[1:][counts > 0]]
        ax.stairs(counts / max(counts.max(), 1), edges, fill=True, alpha=0.85)
        ax.set(yticks=[], ylim=(0, 1.05))
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
        note = f"std {tally.std:.2g}" + (f", {tally.zeros / tally.count:.0%} at 0" if tally.zeros else "")
        ax.text(1.02, 0.5, note, transform=ax.transAxes, va="center", fontsize=8)
        ax.spines["left"].set_visible(False)
    drawn = np.concatenate([*occupied, [0.0]])
    ax.set(xlabel="∂J/∂y" if gradients else "output y", xlim=(drawn.min() * 1.05, drawn.max() * 1.05 or 1))
    ax.ticklabel_format(axis="x", scilimits=(-3, 4))
    return figure


def _without_zeros(tally: Tally, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return counts in at most so many bins, and their edges; zeros lie in the first bin right of the middle."""
    counts = tally.counts.copy()
    counts[tally.BINS // 2] -= tally.zeros
    group = max(1, tally.BINS // bins)
    return counts.reshape(-1, group).sum(axis=1), tally.edges[::group]


def gradient_norms(
    census: Census | Mapping[str, Census],
    of: str = "outputs",
    layers: type | tuple[type, ...] | None = None,
    ax: Any = None,
) -> Any:
    """Draw the norm of the gradient in each layer, on a logarithmic scale.

    A layer that no gradient reached leaves a gap.

    Parameters
    ----------
    census : Census, or mapping of str to Census
        What was counted; of several networks, one curve each under its name.
    of : {"outputs", "weights"}
        Whether ‖∂J/∂y‖ or ‖∂J/∂w‖ (of layers that have weights).
    layers : type or tuple of type, optional
        Which of the layers to draw, e.g. ``nn.Linear``; all if not given.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes if not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If `of` is neither.
    """
    if of not in ("outputs", "weights"):
        raise ValueError(f"gradient_norms: of must be 'outputs' or 'weights', not {of!r}")
    if of == "outputs":
        ax = _curves(census, lambda layer: layer.gradient_norm, layers, ax)
    else:
        ax = _curves(census, lambda layer: layer.weight_gradient_norm, layers, ax, _has_weights)
    ax.set(yscale="log", ylabel="‖∂J/∂y‖" if of == "outputs" else "‖∂J/∂w‖")
    return ax


def dead_units(
    census: Census | Mapping[str, Census], layers: type | tuple[type, ...] | None = None, ax: Any = None
) -> Any:
    """Draw the share of dead units in each layer.

    Parameters
    ----------
    census : Census, or mapping of str to Census
        What was counted; of several networks, one curve each under its name.
    layers : type or tuple of type, optional
        Which of the layers to draw, e.g. ``nn.ReLU``; all if not given.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes if not given.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.
    """
    ax = _curves(census, lambda layer: 100 * layer.dead / max(layer.units, 1), layers, ax)
    ax.set(ylabel="dead units (%)", ylim=(-3, 103))
    return ax


def _has_weights(layer: LayerCount) -> bool:
    """Tell whether a layer has parameters."""
    return bool(layer.module.parameters())


def _curves(
    census: Any, value: Callable[[LayerCount], float], kinds: Any, ax: Any, counts: Callable[[LayerCount], bool] = bool
) -> Any:
    """Draw a figure of each layer of these kinds that `counts`, over its depth."""
    from matplotlib.ticker import MaxNLocator

    ax = axes_or_new(ax)
    several = isinstance(census, Mapping)
    for name, one in (census if several else {"": census}).items():
        chosen = [x for x in one.layers.values() if counts(x) and (kinds is None or isinstance(x.module, kinds))]
        marker = "o" if len(chosen) <= 20 else None  # many would hide the line
        ax.plot(range(1, len(chosen) + 1), [*map(value, chosen)], marker=marker, markersize=3, label=name or None)
    ax.set_xlabel("layer (1 = lowest)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if several:
        ax.legend()
    return ax
