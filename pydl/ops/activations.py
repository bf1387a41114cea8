"""Transfer functions of neural networks, entry by entry: each under its derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pydl.autodiff import composed, elementwise
from pydl.backend import Array
from pydl.ops.arithmetic import where
from pydl.ops.elementwise import erf, exp, tanh
from pydl.ops.shapes import reshape

__all__ = ["elu", "gelu", "leaky_relu", "log_sigmoid", "prelu", "relu", "selu", "sigmoid", "silu", "softplus"]


# Constants as NumPy scalars: beside a small array a Python number costs 0.15 µs more, and float64 stays float64.
ZERO, ONE = np.float32(0), np.float32(1)
_LOWEST: dict[Any, float] = {np.dtype(name): np.log(np.finfo(name).tiny) for name in ("float32", "float64")}


@elementwise(lambda y, x: x > ZERO)
def relu(x: Array) -> Array:
    """Rectify `x`: y = max(x, 0); the derivative at 0 is 0 (Nair & Hinton 2010)."""
    return np.maximum(x, ZERO)


def _slope(y: Any, x: Any, negative_slope: float) -> Any:
    return where(x > 0, 1, negative_slope).astype(y.dtype)


@elementwise(_slope)
def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    """Rectify, leakily: y = x for x > 0, else negative_slope·x (Maas, Hannun & Ng 2013).

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    negative_slope : float
        The slope left of 0.

    Returns
    -------
    array or Tensor
        Of x's shape and dtype.
    """
    return np.where(x > 0, x, negative_slope * x)


@elementwise(lambda y, x, w: where(x > 0, 1, w), lambda y, x, w: x * (x <= 0))
def _prelu(x: Array, weight: Array) -> Array:
    return np.where(x > 0, x, weight * x)


@composed
def prelu(x: Array, weight: Array) -> Array:
    """Rectify with a learned slope: y = x for x > 0, else w·x (He et al. 2015).

    Parameters
    ----------
    x : array or Tensor
        Shape (batch, channels, ...), or any shape if there is one slope.
    weight : array or Tensor
        One slope, shape (1,), or one a channel, shape (channels,).

    Returns
    -------
    array or Tensor
        Of x's shape.
    """
    n = math.prod(weight.shape)
    if n != 1 and (x.ndim < 2 or x.shape[1] != n):
        raise ValueError(
            f"prelu: {n} slopes need as many channels in axis 1 of x, which has shape {tuple(x.shape)}; pass one"
            " slope, or one a channel"
        )
    return _prelu(x, weight if n == 1 else reshape(weight, (n, *[1] * (x.ndim - 2))))


# The derivative is αe^x, not y + α: that is 0 below x = −17 in float32, and a small gradient must not be 0.
@elementwise(lambda y, x, alpha: where(x > 0, 1, alpha * exp(where(x > 0, 0, x))))
def elu(x: Array, alpha: float = 1.0) -> Array:
    """Exponential linear unit: y = x for x > 0, else α(eˣ − 1) (Clevert, Unterthiner & Hochreiter 2016).

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    alpha : float
        −α is the limit for x → −∞.

    Returns
    -------
    array or Tensor
        Of x's shape and dtype.
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


_SELU = 1.0507009873554805, 1.6732632423543772
"""λ and α of the paper's equation 14: the pair for which mean 0 and variance 1 are a fixed point."""


@elementwise(lambda y, x: where(x > 0, _SELU[0], _SELU[0] * _SELU[1] * exp(where(x > 0, 0, x))))
def selu(x: Array) -> Array:
    """Scaled exponential linear unit of `x`: y = λ·elu(x, α), λ ≈ 1.051, α ≈ 1.673 (Klambauer et al. 2017)."""
    scale, alpha = _SELU
    return np.where(x > 0, scale * x, scale * alpha * np.expm1(np.minimum(x, 0)))


@elementwise(lambda y, x: y * (ONE - y))
def sigmoid(x: Array) -> Array:
    """Logistic sigmoid of `x`: y = 1/(1 + e⁻ˣ), with relative precision in both tails."""
    # (1 + tanh(x/2))/2 needs no care about overflow, but gives 0 instead of 2e-9 at x = -20 in float32, and a
    # vanishing gradient must be small, not 0. The limit keeps e⁻ˣ finite.
    y = np.exp(-np.maximum(x, _LOWEST.get(getattr(x, "dtype", None), -88.0)))
    y += ONE
    return np.reciprocal(y)


@elementwise(lambda y, x: sigmoid(x))
def softplus(x: Array) -> Array:
    """Smooth rectifier: y = log(1 + eˣ), without overflow (Dugas et al. 2001)."""
    return np.logaddexp(x, 0)


@composed
def log_sigmoid(x: Array) -> Array:
    """Logarithm of the sigmoid: y = −log(1 + e⁻ˣ), without overflow.

    Parameters
    ----------
    x : array or Tensor
        Any shape.

    Returns
    -------
    array or Tensor
        Of x's shape and dtype.
    """
    return -softplus(-x)


@composed
def silu(x: Array) -> Array:
    """Sigmoid linear unit: y = x·σ(x) (Elfwing, Uchibe & Doya 2018).

    Parameters
    ----------
    x : array or Tensor
        Any shape.

    Returns
    -------
    array or Tensor
        Of x's shape and dtype.
    """
    return x * sigmoid(x)


def _normal_cdf(x: Any) -> Any:
    return 0.5 * (1 + erf(x * math.sqrt(0.5)))


@elementwise(lambda y, x: _normal_cdf(x) + x * exp(-0.5 * x * x) * (1 / math.sqrt(2 * math.pi)))
def _gelu_exact(x: Array) -> Array:
    return x * _normal_cdf(x)


@composed
def gelu(x: Array, approximate: str = "none") -> Array:
    """Gaussian error linear unit: y = x·Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016).

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    approximate : {"none", "tanh"}
        ``"tanh"`` for the paper's x/2·(1 + tanh(√(2/π)(x + 0.044715 x³))).

    Returns
    -------
    array or Tensor
        Of x's shape and dtype.
    """
    if approximate == "none":
        return _gelu_exact(x)
    if approximate == "tanh":
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    raise ValueError(f"gelu: approximate must be 'none' or 'tanh', not {approximate!r}")
