"""Layers: the affine map, transfer functions, and what reshapes between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pydl import ops
from pydl.backend import default_device, default_dtype, to_device
from pydl.nn import init as initializers
from pydl.nn.module import Module, Parameter
from pydl.tensor import Tensor

__all__ = [
    "ELU",
    "GELU",
    "Flatten",
    "Identity",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


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
        self.weight = Parameter(_empty((in_features, out_features)).T)
        self.bias = Parameter(_empty((out_features,))) if bias else None
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


def _empty(shape: tuple[int, ...]) -> Any:
    return to_device(np.zeros(shape, default_dtype()), default_device())


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


class ReLU(Module):
    """Rectifier: y = max(x, 0)."""

    def forward(self, x: Any) -> Any:
        """Apply `pydl.relu`."""
        return ops.relu(x)


class LeakyReLU(Module):
    """Leaky rectifier: y = x for x > 0, else negative_slope·x.

    Parameters
    ----------
    negative_slope : float
        The slope left of 0.
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """Apply `pydl.leaky_relu`."""
        return ops.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the slope."""
        return f"{self.negative_slope}"


class PReLU(Module):
    """Rectifier with a learned slope: y = x for x > 0, else w·x (He et al. 2015).

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels.
    init : float
        The slope to start from.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.weight = Parameter(_empty((num_parameters,)))
        initializers.constant_(self.weight, init)

    def forward(self, x: Any) -> Any:
        """Apply `pydl.prelu`."""
        return ops.prelu(x, self.weight)


class ELU(Module):
    """Exponential linear unit: y = x for x > 0, else α(eˣ − 1).

    Parameters
    ----------
    alpha : float
        −α is the limit for x → −∞.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        """Apply `pydl.elu`."""
        return ops.elu(x, self.alpha)

    def extra_repr(self) -> str:
        """Return α."""
        return f"{self.alpha}"


class Sigmoid(Module):
    """Logistic sigmoid: y = 1/(1 + e⁻ˣ)."""

    def forward(self, x: Any) -> Any:
        """Apply `pydl.sigmoid`."""
        return ops.sigmoid(x)


class Tanh(Module):
    """Hyperbolic tangent."""

    def forward(self, x: Any) -> Any:
        """Apply `pydl.tanh`."""
        return ops.tanh(x)


class Softplus(Module):
    """Smooth rectifier: y = log(1 + eˣ)."""

    def forward(self, x: Any) -> Any:
        """Apply `pydl.softplus`."""
        return ops.softplus(x)


class GELU(Module):
    """Gaussian error linear unit: y = x·Φ(x).

    Parameters
    ----------
    approximate : {"none", "tanh"}
        The exact form or Hendrycks & Gimpel's approximation.
    """

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """Apply `pydl.gelu`."""
        return ops.gelu(x, self.approximate)


class Softmax(Module):
    """Softmax along an axis. For training, give the scores to `CrossEntropyLoss` instead.

    Parameters
    ----------
    axis : int
        The axis that sums to 1.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Apply `pydl.softmax`."""
        return ops.softmax(x, self.axis)


class LogSoftmax(Module):
    """Logarithm of the softmax along an axis.

    Parameters
    ----------
    axis : int
        The axis that is normalized.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Apply `pydl.log_softmax`."""
        return ops.log_softmax(x, self.axis)
