"""Patience: what to do when a measured error no longer falls. Lower the learning rate (`Plateau`), or stop."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from pydl.optim.optimizer import Optimizer

__all__ = ["Patience", "Plateau"]


class Patience:
    """Count how many values in a row were not better than the best before them by more than a margin.

    Parameters
    ----------
    patience : int
        After how many such values `__call__` answers True.
    min_delta : float
        The margin: a value v is better than the best b if v < b − min_delta.

    Raises
    ------
    ValueError
        If patience is below 1 or min_delta is negative.
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        self.patience, self.min_delta = operator.index(patience), float(min_delta)
        if self.patience < 1:
            raise ValueError(f"patience must be a number of epochs >= 1, not {patience}")
        if not self.min_delta >= 0:
            raise ValueError(f"min_delta must be >= 0, not {min_delta}")
        self.best: float | None = None
        self.waited = 0

    def __call__(self, value: float) -> bool:
        """Take the next `value`; return whether patience has run out. NaN is never better."""
        if value == value and (self.best is None or value < self.best - self.min_delta):
            self.best, self.waited = value, 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and how many values came since."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state` that `state_dict` gave."""
        self.best, self.waited = state["best"], state["waited"]


class Plateau:
    """ε ← γ·ε whenever a measured error has not fallen for a while: a callback for `pydl.training.fit`.

    The other schedules know the step alone; this one sees how training goes. PyTorch's
    ``ReduceLROnPlateau(threshold_mode="abs")``, whose `patience` is one less than this one: here, as in early
    stopping, it is the number of epochs without progress after which something happens.

    Parameters
    ----------
    optimizer : Optimizer
        Whose learning rates to lower; each must be a number.
    factor : float
        γ, between 0 and 1; ½ halves.
    patience : int
        After how many epochs in a row without progress.
    min_delta : float
        A value v is progress on the best b if v < b − min_delta.
    watch : str
        Which list of the history.
    min_lr : float
        No rate is lowered below this.

    Raises
    ------
    TypeError
        If the optimizer's learning rate is a schedule.
    ValueError
        If an option is out of range, or the history has no such list.

    Examples
    --------
    >>> from pydl import nn, optim
    >>> optimizer = optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1)
    >>> halve = Plateau(optimizer, patience=2)
    >>> for epoch in range(4):
    ...     halve(epoch, {"val_loss": [3.0, 1.0, 1.0, 2.0][: epoch + 1]})
    >>> optimizer.lr
    0.05
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 0.5,
        patience: int = 10,
        min_delta: float = 0.0,
        watch: str = "val_loss",
        min_lr: float = 0.0,
    ) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"Plateau: factor must lie between 0 and 1, not {factor!r}")
        if not min_lr >= 0:
            raise ValueError(f"Plateau: min_lr must be a number >= 0, not {min_lr!r}")
        if any(callable(group.options["lr"]) for group in optimizer.groups):
            raise TypeError("Plateau lowers a learning rate that is a number: this optimizer's follows a schedule")
        self.optimizer, self.factor, self.watch, self.min_lr = optimizer, factor, watch, min_lr
        self.patience = Patience(patience, min_delta)

    def __call__(self, epoch: int, history: Mapping[str, list[float]]) -> None:
        """Look at the last value in `history`, after `epoch`, and lower the rates if patience has run out."""
        if not history.get(self.watch):
            raise ValueError(
                f"Plateau: the history has no {self.watch!r}, only {list(history)}: pass validation=… to fit"
            )
        if self.patience(history[self.watch][-1]):
            self.patience.waited = 0
            for group in self.optimizer.groups:
                group.options["lr"] = min(group.options["lr"], max(self.factor * group.options["lr"], self.min_lr))

    def state_dict(self) -> dict[str, Any]:
        """Return the best value, how many epochs came since, and the rates."""
        return {**self.patience.state_dict(), "lr": [group.options["lr"] for group in self.optimizer.groups]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state` that `state_dict` gave, with as many learning rates, or raise ValueError."""
        if len(state["lr"]) != len(self.optimizer.groups):
            raise ValueError(
                f"the state has {len(state['lr'])} learning rates, this optimizer {len(self.optimizer.groups)} groups:"
                " make it with the groups it was saved with"
            )
        self.patience.load_state_dict(state)
        for group, lr in zip(self.optimizer.groups, state["lr"], strict=True):
            group.options["lr"] = lr
