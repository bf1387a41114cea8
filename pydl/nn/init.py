"""Initial values of parameters: draw on the host, write in place.

Every function takes a tensor and returns it, so that ``Linear(784, 10, init=nn.init.zeros_)`` and
``module.apply(...)`` can use it. Fans are counted as in PyTorch: a weight (out, in, …) has
fan_in = in·(product of the rest) and fan_out = out·(product of the rest).
"""

from __future__ import annotations

import math
from typing import Any

from pydl.random import default_rng
from pydl.tensor import Tensor

__all__ = [
    "constant_",
    "fans",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight.

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).

    Returns
    -------
    fan_in, fan_out : int
        How many inputs reach a unit, and how many outputs an input reaches.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.
    """
    if tensor.ndim < 2:
        raise ValueError(f"a tensor of shape {tensor.shape} has no fans: a weight has shape (out, in, ...)")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def uniform_(tensor: Tensor, low: float = 0.0, high: float = 1.0, rng: Any = None) -> Tensor:
    """Draw every entry from U(low, high).

    Parameters
    ----------
    tensor : Tensor
        What to fill.
    low, high : float
        The interval.
    rng : int or numpy.random.Generator, optional
        Where to draw from; pydl's own stream if not given.

    Returns
    -------
    Tensor
        The tensor.
    """
    return tensor.copy_(default_rng(rng).uniform(low, high, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, rng: Any = None) -> Tensor:
    """Draw every entry from N(mean, std²).

    Parameters
    ----------
    tensor : Tensor
        What to fill.
    mean, std : float
        Mean and standard deviation.
    rng : int or numpy.random.Generator, optional
        Where to draw from; pydl's own stream if not given.

    Returns
    -------
    Tensor
        The tensor.
    """
    return tensor.copy_(default_rng(rng).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, value: float) -> Tensor:
    """Set every entry to `value`.

    Parameters
    ----------
    tensor : Tensor
        What to fill.
    value : float
        With what.

    Returns
    -------
    Tensor
        The tensor.
    """
    return tensor.copy_(value)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every entry of `tensor` to 0 and return it."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Set every entry of `tensor` to 1 and return it."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, rng: Any = None) -> Tensor:
    """Draw from U(−a, a), a = gain·√(6/(fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16).

    Parameters
    ----------
    tensor : Tensor
        A weight, shape (out, in, ...).
    gain : float
        Factor for the transfer function: 4 for the logistic sigmoid, whose slope at 0 is ¼.
    rng : int or numpy.random.Generator, optional
        Where to draw from; pydl's own stream if not given.

    Returns
    -------
    Tensor
        The tensor.
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, rng: Any = None) -> Tensor:
    """Draw from N(0, σ²), σ² = gain²·2/(fan_in + fan_out) (Glorot & Bengio 2010, eq. 12).

    Parameters
    ----------
    tensor : Tensor
        A weight, shape (out, in, ...).
    gain : float
        Factor for the transfer function.
    rng : int or numpy.random.Generator, optional
        Where to draw from; pydl's own stream if not given.

    Returns
    -------
    Tensor
        The tensor.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), rng)


def kaiming_uniform_(tensor: Tensor, gain: float = math.sqrt(2), rng: Any = None) -> Tensor:
    """Draw from U(−a, a), a = gain·√(3/fan_in) (He et al. 2015, eq. 10).

    Parameters
    ----------
    tensor : Tensor
        A weight, shape (out, in, ...).
    gain : float
        Factor for the transfer function: √2 for rectifiers.
    rng : int or numpy.random.Generator, optional
        Where to draw from; pydl's own stream if not given.

    Returns
    -------
    Tensor
        The tensor.
    """
    bound = gain * math.sqrt(3 / fans(tensor)[0])
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(tensor: Tensor, gain: float = math.sqrt(2), rng: Any = None) -> Tensor:
    """Draw from N(0, σ²), σ² = gain²/fan_in (He et al. 2015, eq. 10).

    Parameters
    ----------
    tensor : Tensor
        A weight, shape (out, in, ...).
    gain : float
        Factor for the transfer function: √2 for rectifiers.
    rng : int or numpy.random.Generator, optional
        Where to draw from; pydl's own stream if not given.

    Returns
    -------
    Tensor
        The tensor.
    """
    return normal_(tensor, 0.0, gain / math.sqrt(fans(tensor)[0]), rng)
