"""Containers: modules one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydl.nn.module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Modules one after another: y = fₙ(… f₂(f₁(x))).

    Parameters
    ----------
    *modules : Module
        In the order in which they are applied.

    Examples
    --------
    >>> from pydl import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    Sequential(
      (0): Linear(2, 3)
      (1): ReLU()
      (2): Linear(3, 1)
    )
    """

    def __init__(self, *modules: Module) -> None:
        for i, module in enumerate(modules):
            if not callable(module):
                raise TypeError(f"Sequential takes modules; argument {i} is {type(module).__name__} {module!r:.40}")
            self.__dict__[str(i)] = module
        self._modules = modules

    def forward(self, x: Any) -> Any:
        """Apply the modules in order."""
        for module in self._modules:
            x = module(x)
        return x

    def __getitem__(self, i: int) -> Module:
        return self._modules[i]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules)
