"""Early stopping: train until a measured error no longer falls, and keep the best weights."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from pydl.nn import Module
from pydl.optim.plateau import Patience
from pydl.training.history import History
from pydl.training.metrics import Metric, accuracy

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """A callback that keeps the weights of the lowest error, and ends training when it has not fallen for a while.

    What is kept is always the minimum, however small the gain: `min_delta` decides only how long to go on.
    `pydl.training.fit` makes one of these from its `patience`. The idea and its trade-off between time and
    error are measured in Prechelt (1998), "Early stopping, but when?".

    Parameters
    ----------
    model : Module
        Whose parameters and buffers to copy, into the memory of the host.
    patience : int
        After how many epochs in a row without progress to stop.
    min_delta : float
        A value v is progress on the best b if v < b − min_delta.
    stop_on : str
        Which list of the history, of numbers that are better when lower.
    """

    def __init__(self, model: Module, patience: int, min_delta: float = 0.0, stop_on: str = "val_loss") -> None:
        self.model, self.stop_on = model, stop_on
        self.patience = Patience(patience, min_delta)
        self.lowest = math.inf
        self.weights: dict[str, Any] | None = None

    def check(self, validation: Any, metrics: Mapping[str, Metric]) -> None:
        """Raise ValueError, before any work, if `validation` and `metrics` will not give what to stop on."""
        names = ["loss", *(f"val_{name}" for name in ("loss", *metrics) if validation is not None)]
        if self.stop_on not in names:
            raise ValueError(
                f"fit: early stopping watches {self.stop_on!r}, but only {names} are measured:"
                f" pass validation=…, or another stop_on=…"
            )
        if metrics.get(self.stop_on.removeprefix("val_")) is accuracy:
            raise ValueError("fit: early stopping keeps the lowest value, the worst of accuracy: take error_rate")

    def __call__(self, epoch: int, history: History) -> bool:
        """Look at `epoch`, the last in `history`; return whether to stop."""
        value = history[self.stop_on][-1]
        if value < self.lowest:
            self.lowest, history.best_epoch, self.weights = value, epoch, self.model.state_dict()
        return self.patience(value)

    def restore(self) -> None:
        """Give the model the weights of its best epoch."""
        if self.weights is not None:
            self.model.load_state_dict(self.weights)
        elif self.patience.waited:
            warnings.warn(
                f"fit: {self.stop_on} was never finite, so no epoch is the best: the weights are the last ones",
                RuntimeWarning,
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """Return the count of epochs, the lowest value and the weights that gave it."""
        return {**self.patience.state_dict(), "lowest": self.lowest, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state` that `state_dict` gave."""
        self.patience.load_state_dict(state)
        self.lowest, self.weights = state["lowest"], state["weights"]
