"""Resuming: what fit saves after each epoch, and goes on from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pydl.checkpoint import load, save
from pydl.nn import Module
from pydl.random import default_rng
from pydl.training.history import History

__all__ = ["Resuming"]


class Resuming:
    """A checkpoint of everything on which the next epoch depends; without a path, of nothing.

    Parameters
    ----------
    path : str or path, optional
        The file.
    model : Module
        Its parameters, its buffers, and the random streams that its modules hold as attributes.
    history : History
        Filled from the file when there is one.
    callbacks : sequence of callable
        Those with ``load_state_dict()`` count.
    **others
        The optimizer and the loaders; those without ``load_state_dict()`` are left out.

    Attributes
    ----------
    ended : bool
        Whether training had come to its end, by early stopping or another callback, when the file was written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        model: Module,
        history: History,
        callbacks: Sequence[Any] = (),
        **others: Any,
    ) -> None:
        self.path, self.ended = path, False
        self.parts: dict[str, Any] = {"model": model, "history": history, "rng": default_rng()}
        for place, module in model.named_modules():
            streams = {k: v for k, v in vars(module).items() if isinstance(v, np.random.Generator)}
            self.parts |= {f"rng of {place}.{name}": stream for name, stream in streams.items()}
        others |= {f"callback {i} {type(callback).__name__}": callback for i, callback in enumerate(callbacks)}
        self.parts |= {name: other for name, other in others.items() if hasattr(other, "load_state_dict")}
        if path is not None and Path(path).expanduser().exists():
            self.ended = load(path, **self.parts)["ended"]

    def save(self, ended: bool) -> None:
        """Write the file; `ended` tells whether this was the last epoch."""
        if self.path is not None:
            save(self.path, **self.parts, ended=ended)
