"""A live census: what a network's layers put out, what gradients come back, and which units are dead."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import to_numpy
from pydl.nn.module import Module, Parameter
from pydl.nn.tally import Tally
from pydl.ops.affine import TRANSFER
from pydl.tensor import Tensor

__all__ = ["Census", "LayerCount"]

FLAT = 0.05
"""An output is saturated where the slope of its transfer function is at most this share of the steepest."""
STEEPEST = {"relu": 1.0, "sigmoid": 0.25, "tanh": 1.0}
COLUMNS = {
    "units": "units",
    "samples": "samples",
    "mean": "mean",
    "std": "std",
    "saturated": "sat.",
    "dead": "dead",
    "gradient_norm": "‖∂J/∂y‖",
    "weight_gradient_norm": "‖∂J/∂w‖",
}


class LayerCount:
    """What a census knows of one layer.

    Attributes
    ----------
    name : str
        The layer's name in its network.
    module : Module
        The layer itself.
    outputs, gradients : Tally
        All entries of y and of ∂J/∂y.
    samples, passes : int
        Rows of y counted, and backward passes.
    """

    def __init__(self, name: str, module: Module) -> None:
        self.name, self.module = name, module
        self.forget()

    def forget(self) -> None:
        """Count anew."""
        self.outputs, self.gradients = Tally(), Tally()
        self.samples = self.passes = self.flat = 0
        self.weight_squares, self.weight_passes = 0.0, dict[int, int]()
        self.active: np.ndarray | None = None  # by unit: was any output other than 0
        self.reached: np.ndarray | None = None  # by unit: was any gradient other than 0

    def see_output(self, y: np.ndarray) -> None:
        """Count outputs `y`, shape (..., units)."""
        rows = y.reshape(-1, y.shape[-1])
        self.samples += len(rows)
        self.outputs.add(rows)
        self.active = _either(self.active, (rows != 0).any(axis=0))
        if (f := _transfer(self.module)) is not None:
            self.flat += int((TRANSFER[f][1](rows) <= FLAT * STEEPEST[f]).sum())

    def see_gradient(self, g: np.ndarray) -> None:
        """Count gradients `g` = ∂J/∂y of the same shape."""
        rows = g.reshape(-1, g.shape[-1])
        self.passes += 1
        self.gradients.add(rows)
        self.reached = _either(self.reached, (rows != 0).any(axis=0))

    def see_weight_gradient(self, p: Parameter, g: np.ndarray) -> None:
        """Count the gradient `g` of a parameter `p`."""
        self.weight_squares += float((g.astype(np.float64) ** 2).sum())
        self.weight_passes[id(p)] = self.weight_passes.get(id(p), 0) + 1

    @property
    def units(self) -> int:
        """How many units the layer has: the length of y's last axis; 0 if nothing was seen."""
        return 0 if self.active is None else len(self.active)

    @property
    def mean(self) -> float:
        """Mean of the outputs; NaN if there were none."""
        return self.outputs.mean if self.outputs.count else math.nan

    @property
    def std(self) -> float:
        """Standard deviation of the outputs, over units and samples."""
        return self.outputs.std

    @property
    def saturated(self) -> float:
        """Share of outputs y where f′ ≤ 5 % of its maximum; NaN where the layer's f′ is not known from y."""
        known = _transfer(self.module) is not None and self.outputs.count
        return self.flat / self.outputs.count if known else math.nan

    @property
    def dead_units(self) -> np.ndarray:
        """By unit, whether its output was 0, or no gradient reached it, on every sample seen."""
        dead = np.zeros(0, dtype=bool) if self.active is None else ~self.active
        return dead if self.reached is None else dead | ~self.reached

    @property
    def dead(self) -> int:
        """How many units are dead."""
        return int(self.dead_units.sum())

    @property
    def gradient_norm(self) -> float:
        """‖∂J/∂y‖ over all samples of a pass, as root mean square over passes; NaN if none went backward."""
        return math.sqrt(self.gradients.square_sum / self.passes) if self.passes else math.nan

    @property
    def weight_gradient_norm(self) -> float:
        """‖∂J/∂w‖ over all parameters of the layer, as root mean square over passes; NaN if it has none."""
        passes = max(self.weight_passes.values(), default=0)
        return math.sqrt(self.weight_squares / passes) if passes else math.nan

    def row(self) -> dict[str, float]:
        """Return the figures by name."""
        return {column: getattr(self, column) for column in COLUMNS}


class Census:
    """Watch the layers of a network while it computes and learns, without changing a bit of it.

    Outputs y are what a layer returns: of ``Linear(…, activation="relu")``, the values after the rectifier.
    Units are counted along y's last axis. Where a layer returns several values, the first is y. Each output is
    copied to the host, so a census makes a GPU wait.

    Passes are counted in the mode (training or evaluation) that the network has when the census begins, so
    that `pydl.fit` may evaluate on validation data beside it.

    Parameters
    ----------
    module : Module
        The network.
    layers : type or tuple of type, optional
        Which modules to watch, e.g. ``nn.ReLU``; all without modules inside them, if not given.

    Attributes
    ----------
    layers : dict of str to LayerCount
        The figures of each layer by its name, in the network's order.
    history : list of dict
        What `snapshot` kept: by layer, the figures by name.

    Raises
    ------
    ValueError
        If the network has no such layer.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> from pydl import nn
    >>> pydl.seed(0)
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> with nn.Census(net) as census:
    ...     net(np.ones((4, 2), "float32")).sum().backward()
    >>> census.layers["1"].dead, census.layers["1"].units
    (1, 3)
    """

    def __init__(self, module: Module, layers: type | tuple[type, ...] | None = None) -> None:
        wanted = [
            (name, m)
            for name, m in module.named_modules()
            if (next(m.named_children(), None) is None if layers is None else isinstance(m, layers))
        ]
        if not wanted:
            raise ValueError(f"Census: {type(module).__name__} has no layer of {layers!r}; its modules are {module!r}")
        self.module = module
        self.layers = {name: LayerCount(name, m) for name, m in wanted}
        self.history: list[dict[str, dict[str, float]]] = []
        self._open: list[Callable[[], None]] = []  # what ends the watch

    def __enter__(self) -> Census:
        if self._open:
            raise ValueError("Census: this one is counting already; make a second one for a second network")
        mode = self.module.training
        for layer in self.layers.values():
            self._open += [layer.module.register_forward_hook(self._forward_hook(layer, mode))]
            trained = [p for p in layer.module.parameters() if p.requires_grad]
            self._open += [p.register_hook(self._weight_hook(layer, p)) for p in trained]
        return self

    def __exit__(self, *error: object) -> None:
        for close in self._open:
            close()
        self._open = []

    def _forward_hook(self, layer: LayerCount, mode: bool) -> Callable[..., None]:
        def hook(module: Module, inputs: tuple[Any, ...], output: Any) -> None:
            y = output[0] if isinstance(output, tuple) else output
            if self.module.training == mode and np.ndim(raw(y)) > 0:
                layer.see_output(to_numpy(raw(y)))
                if isinstance(y, Tensor) and y.requires_grad:
                    y.register_hook(lambda g: layer.see_gradient(to_numpy(raw(g))) if self._open else None)

        return hook

    def _weight_hook(self, layer: LayerCount, p: Parameter) -> Callable[[Any], None]:
        return lambda g: layer.see_weight_gradient(p, to_numpy(raw(g)))

    def snapshot(self) -> dict[str, dict[str, float]]:
        """Keep the figures so far in `history`, and count anew: after each step, or as a callback of `fit`.

        Returns
        -------
        dict of str to dict
            The figures by layer.
        """
        self.history.append(self.summary())
        for layer in self.layers.values():
            layer.forget()
        return self.history[-1]

    def summary(self) -> dict[str, dict[str, float]]:
        """Return all figures: by layer, by name (units, samples, mean, std, saturated, dead, gradient norms)."""
        return {name: layer.row() for name, layer in self.layers.items()}

    def _table(self) -> list[list[str]]:
        titles = ["layer", *COLUMNS.values()]
        rows = [
            [f"{name} {type(layer.module).__name__}".strip(), *map(_short, layer.row().values())]
            for name, layer in self.layers.items()
        ]
        return [titles, *rows]

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in table
        )

    def _repr_html_(self) -> str:
        head, *rows = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in self._table()]
        head = head.replace("<td>", '<th scope="col">').replace("</td>", "</th>")
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"
        )


def _either(before: np.ndarray | None, now: np.ndarray) -> np.ndarray:
    if before is not None and before.shape != now.shape:
        raise ValueError(
            f"Census: a layer had {len(before)} units and now has {len(now)}: units are counted along the last axis of"
            " its output, which must keep its length"
        )
    return now if before is None else before | now


def _transfer(module: Module) -> str | None:
    """Return the name of a layer's transfer function, if its slope is known from its value."""
    name = getattr(module, "activation", type(module).__name__.lower())
    return name if name in TRANSFER else None


def _short(number: float) -> str:
    if number != number:
        return "–"
    return str(number) if isinstance(number, int) else f"{number:.3g}"
