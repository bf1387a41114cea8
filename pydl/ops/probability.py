"""Probabilities from scores, in the log domain where it matters: log-sum-exp, softmax, log-softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.autodiff import general
from pydl.backend import Array
from pydl.ops.arithmetic import equal, where
from pydl.ops.elementwise import exp
from pydl.ops.reductions import keep, sum

__all__ = ["log_softmax", "logsumexp", "softmax"]


def shifted(x: Array, axis: int | tuple[int, ...]) -> tuple[Array, Array]:
    """Return x − max x, whose exponentials cannot overflow, and the (finite) maximum."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)  # a row of −∞ has the log-sum −∞, not NaN
    return x - top, top


def _weights(y: Any, x: Any, axis: int, keepdims: bool = True) -> Any:
    """e^(x − y): the softmax, and 0 in a row of −∞."""
    return exp(x - keep(where(equal(y, -np.inf), 0, y), x, axis, keepdims))


@general(
    pull=lambda g, y, x, axis, keepdims, needs: (keep(g, x, axis, keepdims) * _weights(y, x, axis, keepdims),),
    push=(lambda t, y, x, axis, keepdims: sum(t * _weights(y, x, axis, keepdims), axis, keepdims),),
    arrays=1,
)
def logsumexp(x: Array, axis: int | tuple[int, ...], keepdims: bool = False) -> Array:
    """Logarithm of a sum of exponentials, without overflow: y = log Σᵢ e^xᵢ along an axis.

    Parameters
    ----------
    x : array or Tensor
        Any shape.
    axis : int or tuple of int
        The axis to sum along.
    keepdims : bool
        Keep the axis, with length 1.

    Returns
    -------
    array or Tensor
        The log-sums; a smooth maximum.
    """
    z, top = shifted(x, axis)
    total = np.add.reduce(np.exp(z), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):  # log 0 = −∞ is meant
        y = np.log(total) + top
    return y if keepdims else np.squeeze(y, axis=axis)


@general(
    pull=lambda g, y, x, axis, needs: (y * (g - sum(g * y, axis, keepdims=True)),),
    push=(lambda t, y, x, axis: y * (t - sum(t * y, axis, keepdims=True)),),
    arrays=1,
)
def softmax(x: Array, axis: int = -1) -> Array:
    """Normalize scores to probabilities: yᵢ = e^xᵢ / Σⱼ e^xⱼ along an axis.

    Parameters
    ----------
    x : array or Tensor
        Scores (logits), any shape.
    axis : int
        The axis that sums to 1.

    Returns
    -------
    array or Tensor
        Probabilities, of x's shape.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
    y = np.exp(shifted(x, axis)[0])
    y /= np.add.reduce(y, axis=axis, keepdims=True)
    return y


@general(
    pull=lambda g, y, x, axis, needs: (g - exp(y) * sum(g, axis, keepdims=True),),
    push=(lambda t, y, x, axis: t - sum(t * exp(y), axis, keepdims=True),),
    arrays=1,
)
def log_softmax(x: Array, axis: int = -1) -> Array:
    """Logarithm of the softmax, exact where the softmax underflows: yᵢ = xᵢ − log Σⱼ e^xⱼ.

    Parameters
    ----------
    x : array or Tensor
        Scores (logits), any shape.
    axis : int
        The axis that is normalized.

    Returns
    -------
    array or Tensor
        Log-probabilities, of x's shape.
    """
    z, _ = shifted(x, axis)
    return z - np.log(np.add.reduce(np.exp(z), axis=axis, keepdims=True))
