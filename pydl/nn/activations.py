"""Transfer functions as modules: each calls the op of its name."""

from __future__ import annotations

from typing import Any

from pydl import ops
from pydl.nn import init as initializers
from pydl.nn.module import Module, Parameter, zeros

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "LeakyReLU",
    "LogSoftmax",
    "PReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


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
        self.weight = Parameter(zeros((num_parameters,)))
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


class SELU(Module):
    """Scaled exponential linear unit: y = λx for x > 0, else λα(eˣ − 1), with fixed λ and α."""

    def forward(self, x: Any) -> Any:
        """Apply `pydl.selu`."""
        return ops.selu(x)


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


class SiLU(Module):
    """Sigmoid linear unit: y = x·σ(x)."""

    def forward(self, x: Any) -> Any:
        """Apply `pydl.silu`."""
        return ops.silu(x)


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
