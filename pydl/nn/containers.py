"""Containers: modules one after another, and modules beside a shortcut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.nn.module import Module

__all__ = ["Residual", "Sequential"]


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


class Residual(Module):
    """Residual connection: y = x + f(x) (He et al. 2016, eq. 1).

    The module f learns what to change about x, and gradients reach x undiminished beside it: ∂y/∂x = I + f′(x).

    Parameters
    ----------
    module : Module
        f, whose outputs have the shape of its inputs.

    Raises
    ------
    TypeError
        If the module is none.

    Examples
    --------
    >>> from pydl import nn
    >>> nn.Residual(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8)))
    Residual(
      (module): Sequential(
        (0): Linear(8, 8)
        (1): ReLU()
        (2): Linear(8, 8)
      )
    )
    """

    def __init__(self, module: Module) -> None:
        if not callable(module):
            raise TypeError(f"Residual takes a module, not {type(module).__name__} {module!r:.40}")
        self.module = module

    def forward(self, x: Any) -> Any:
        """Add the module's output to x."""
        y = self.module(x)
        if np.shape(raw(y)) != np.shape(raw(x)):
            raise ValueError(
                f"Residual: f maps shape {tuple(np.shape(raw(x)))} to {tuple(np.shape(raw(y)))}, but y = x + f(x) needs"
                " both alike: give f as many outputs as inputs, or change the width by a layer before it"
            )
        return x + y
