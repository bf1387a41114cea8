"""Layers: the affine map, and what reshapes between layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pydl import ops
from pydl.nn import init as initializers
from pydl.nn.module import Module, Parameter, zeros
from pydl.tensor import Tensor

__all__ = ["Flatten", "Identity", "Linear"]


class Linear(Module):
    """Affine layer: y = f(x Wᵀ + b).

    Parameters
    ----------
    in_features, out_features : int
        Numbers of inputs and outputs.
    bias : bool
        Whether there is a b.
    activation : {None, "relu", "sigmoid", "tanh"}
        A transfer function f computed within the same op, which spares a record and a pass over memory.
    init : callable, optional
        Takes the weight and fills it, e.g. ``nn.init.kaiming_normal_``; the bias is then 0. Without it both
        are drawn from U(−1/√in, 1/√in), PyTorch's default (LeCun et al. 1998 for the scale 1/√in).

    Attributes
    ----------
    weight : Parameter
        W, shape (out_features, in_features); in memory it lies as (in, out), where products are fastest.
    bias : Parameter or None
        b, shape (out_features,).

    Examples
    --------
    >>> import numpy as np, pydl
    >>> layer = pydl.nn.Linear(3, 2)
    >>> layer(np.ones((5, 3), "float32")).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        activation: str | None = None,
        init: Callable[[Tensor], Any] | None = None,
    ) -> None:
        if min(in_features, out_features) < 1:
            raise ValueError(f"Linear needs at least one input and one output, not {in_features} and {out_features}")
        if activation is not None and activation not in ops.affine.TRANSFER:
            raise ValueError(
                f"Linear: activation must be one of {sorted(ops.affine.TRANSFER)} or None, not {activation!r}"
            )
        self.in_features, self.out_features, self.activation = in_features, out_features, activation
        self.weight = Parameter(zeros((in_features, out_features)).T)
        self.bias = Parameter(zeros((out_features,))) if bias else None
        bound = 1 / math.sqrt(in_features)
        if init is None:
            initializers.uniform_(self.weight, -bound, bound)
        else:
            init(self.weight)
        if self.bias is not None and init is None:
            initializers.uniform_(self.bias, -bound, bound)

    def forward(self, x: Any) -> Any:
        """Map (..., in_features) to (..., out_features)."""
        return ops.linear(x, self.weight, self.bias, activation=self.activation)

    def extra_repr(self) -> str:
        """Return sizes and transfer function."""
        text = f"{self.in_features}, {self.out_features}"
        return (
            text
            + ("" if self.bias is not None else ", bias=False")
            + (f", activation={self.activation!r}" if self.activation else "")
        )


class Identity(Module):
    """Return the input."""

    def forward(self, x: Any) -> Any:
        """Return x."""
        return x


class Flatten(Module):
    """Flatten all axes but the first: (N, ...) to (N, features)."""

    def forward(self, x: Any) -> Any:
        """Map (N, ...) to (N, features)."""
        return ops.reshape(x, (x.shape[0], -1))
