"""History: what happened in training, by epoch and by step."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["History"]


class History(dict[str, list[float]]):
    """What happened in training: a dict of lists with one number an epoch, and the loss of every step.

    Attributes
    ----------
    steps : numpy.ndarray
        The loss of every batch, in order.
    best_epoch : int or None
        With early stopping: the place of the lowest value in the list it watched, where the weights are from.
    """

    def __init__(self) -> None:
        super().__init__(loss=[])
        self.steps: np.ndarray = np.empty(0)
        self.best_epoch: int | None = None

    @property
    def epochs(self) -> int:
        """How many epochs are in it."""
        return len(self["loss"])

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={values[-1]:.4g}" for name, values in self.items() if values)
        return f"History({self.epochs} epochs, {len(self.steps)} steps; last: {last})"

    def state_dict(self) -> dict[str, Any]:
        """Return the lists, the steps and the best epoch."""
        return {"epochs": dict(self), "steps": self.steps, "best_epoch": self.best_epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the lists, the steps and the best epoch of a `state` that `state_dict` gave."""
        epochs, steps, best_epoch = state["epochs"], state["steps"], state["best_epoch"]
        self.clear()
        self.update({name: list(values) for name, values in epochs.items()})
        self.steps, self.best_epoch = steps, best_epoch
