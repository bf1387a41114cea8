"""Loss functions: one fused op each, on scores (logits) where there is a choice.

Every loss takes ``reduction="mean"``, ``"sum"`` or ``"none"``. The mean is over all entries for
`mse_loss` and `binary_cross_entropy_with_logits`, and over samples for the class losses, as in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pydl.autodiff import composed, elementwise, general, raw
from pydl.backend import Array, namespace, to_numpy
from pydl.ops.activations import sigmoid
from pydl.ops.indexing import getitem
from pydl.ops.probability import log_softmax, softmax
from pydl.ops.reductions import mean, sum

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mse_loss", "nll_loss"]

_REDUCE: dict[str, Callable[[Any], Any]] = {"mean": mean, "sum": sum, "none": lambda losses: losses}


def _reducer(name: str, reduction: str, n: int) -> Callable[[Any], Any]:
    """Return the reduction of `n` losses."""
    if reduction == "mean" and n == 0:
        raise ValueError(f"{name}: the mean of no losses is undefined: give at least one sample, or reduction='sum'")
    try:
        return _REDUCE[reduction]
    except (KeyError, TypeError):  # unknown, or not even hashable
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', not {reduction!r}") from None


def _check_same_shape(name: str, input: Any, target: Any) -> None:
    if input.shape != np.shape(raw(target)):
        raise ValueError(
            f"{name}: input has shape {tuple(input.shape)}, target {tuple(np.shape(raw(target)))}; they must be equal,"
            " because broadcasting one against the other would compare every prediction with every target."
            " Reshape the target, e.g. target.reshape(-1, 1)"
        )


def _in_dtype_of(input: Any, target: Any) -> Any:
    """Return the target in the input's dtype: float64 or integer targets must not widen float32 predictions."""
    return target if raw(target).dtype == input.dtype else target.astype(input.dtype)


def _scale(y: Any, x: Any, reduction: str) -> float:
    return 1 / math.prod(x.shape) if reduction == "mean" else 1.0


def _mse_slope(y: Any, input: Any, target: Any, reduction: str) -> Any:
    return (2 * _scale(y, input, reduction)) * (input - target)


def _mse_push(t: Any, y: Any, input: Any, target: Any, reduction: str) -> Any:
    moved = t * _mse_slope(y, input, target, reduction)
    return moved if reduction == "none" else sum(moved)


def _mse_pull(
    g: Any, y: Any, input: Any, target: Any, reduction: str, needs: Sequence[bool], saved: Any
) -> tuple[Any, Any]:
    difference = input - target if saved is None else saved
    slope = (g * (2 * _scale(y, input, reduction))) * difference
    return slope if needs[0] else None, -slope if needs[1] else None


@general(
    _mse_pull,
    push=(_mse_push, lambda t, y, input, target, reduction: _mse_push(-t, y, input, target, reduction)),
    arrays=2,
    saves=True,
)
def _mse_loss(input: Array, target: Array, reduction: str) -> tuple[Array, Array]:
    difference = input - target
    if reduction == "none":
        return difference * difference, difference
    flat = np.ravel(difference)
    total = np.dot(flat, flat)  # one pass, no array of squares
    return (total if reduction == "sum" else total * (1 / flat.size)), difference


@composed
def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Mean squared error: y = (1/n) Σᵢ (ŷᵢ − tᵢ)².

    Parameters
    ----------
    input : array or Tensor
        Predictions ŷ, any shape.
    target : array or Tensor
        Targets t, of the same shape.
    reduction : {"mean", "sum", "none"}
        Mean over all n entries, their sum, or each squared error.

    Returns
    -------
    array or Tensor
        A scalar, or input's shape for ``"none"``; in the units of the target, squared.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check_same_shape("mse_loss", input, target)
    _reducer("mse_loss", reduction, math.prod(input.shape))
    return _mse_loss(input, _in_dtype_of(input, target), reduction)


@elementwise(lambda y, z, t: sigmoid(z) - t, lambda y, z, t: -z)
def _bce(z: Array, t: Array) -> Array:
    return np.logaddexp(z, 0) - t * z


@composed
def binary_cross_entropy_with_logits(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Cross entropy of a logistic model: y = −[t log σ(z) + (1 − t) log(1 − σ(z))] = log(1 + eᶻ) − t z.

    Parameters
    ----------
    input : array or Tensor
        Scores z (before the sigmoid), any shape.
    target : array or Tensor
        Probabilities or labels t in [0, 1], of the same shape.
    reduction : {"mean", "sum", "none"}
        Mean over all entries, their sum, or each loss.

    Returns
    -------
    array or Tensor
        In nats: a scalar, or input's shape for ``"none"``.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check_same_shape("binary_cross_entropy_with_logits", input, target)
    reduce = _reducer("binary_cross_entropy_with_logits", reduction, math.prod(input.shape))
    return reduce(_bce(input, _in_dtype_of(input, target)))


def check_labels(name: str, scores: Array, labels: Array) -> None:
    """Raise unless `labels` are integers in [0, classes), one a row of `scores`."""
    n, classes = scores.shape
    if labels.shape != (n,):
        raise ValueError(f"{name}: scores of shape {(n, classes)} need labels of shape ({n},), not {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: labels must be integers, not {labels.dtype}: convert them, e.g. labels.astype('int64'),"
            " or pass probabilities of the scores' shape"
        )
    if n and labels.dtype == np.int64:  # as unsigned numbers, negative ones are large: one pass finds both
        if labels.view(np.uint64).max() < classes:
            return
    elif n == 0 or (labels.min() >= 0 and labels.max() < classes):
        return
    host = to_numpy(labels)
    bad = np.flatnonzero((host < 0) | (host >= classes))
    raise IndexError(
        f"{name}: labels must lie in [0, {classes}), the number of columns of the scores, but {bad.size} of {n} do"
        f" not: labels[{bad[0]}] is {host[bad[0]]}"
    )


def one_hot_rows(labels: Array, z: Any) -> Array:
    """Return δ(label, column) as an array like `z`."""
    xp = namespace(labels)
    return (labels[:, None] == xp.arange(z.shape[1])).astype(z.dtype)


def _cross_entropy_pull(
    g: Any, y: Any, z: Any, labels: Any, reduction: str, needs: Sequence[bool], saved: Any
) -> tuple[Any, None]:
    labels = raw(labels)
    factor = 1 / z.shape[0] if reduction == "mean" else 1.0
    if saved is None:
        weight = g * factor if reduction != "none" else g[:, None]
        return (softmax(z) - one_hot_rows(labels, z)) * weight, None
    slope = saved * (g * factor)
    slope[labels, namespace(slope).arange(slope.shape[1])] -= g * factor
    return slope.T, None


def _cross_entropy_push(t: Any, y: Any, z: Any, labels: Any, reduction: str) -> Any:
    losses = sum((softmax(z) - one_hot_rows(raw(labels), z)) * t, 1)
    return _REDUCE[reduction](losses)


@general(_cross_entropy_pull, (_cross_entropy_push, None), arrays=2, saves=True)
def _cross_entropy(z: Array, labels: Array, reduction: str) -> tuple[Array, Array]:
    """Work on transposed scores: sums over classes then run along memory, 2.7 times faster than by rows."""
    check_labels("cross_entropy", z, labels)
    zt = namespace(z).ascontiguousarray(z.T)
    zt = zt - np.max(zt, axis=0)
    p = np.exp(zt)
    total = np.add.reduce(p, axis=0)
    p /= total
    losses = np.log(total) - zt[labels, namespace(z).arange(z.shape[0])]
    if reduction == "none":
        return losses, p
    return np.add.reduce(losses) * (1 / z.shape[0] if reduction == "mean" else 1.0), p


@composed
def cross_entropy(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Cross entropy of a softmax model: y = −log softmax(z)ₜ, t the label of the sample.

    Parameters
    ----------
    input : array or Tensor
        Scores z (before the softmax), shape (N, C).
    target : array of int, or array of float
        Labels in [0, C), shape (N,); or probabilities, shape (N, C): then y = −Σⱼ tⱼ log softmax(z)ⱼ.
    reduction : {"mean", "sum", "none"}
        Mean over the N samples, their sum, or each loss.

    Returns
    -------
    array or Tensor
        In nats: a scalar, or shape (N,) for ``"none"``.

    Raises
    ------
    IndexError
        If a label lies outside [0, C).
    TypeError
        If labels are not integers.
    ValueError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> round(float(pydl.cross_entropy(np.zeros((2, 10)), np.array([3, 7]))), 4)  # log 10
    2.3026
    """
    if input.ndim != 2:
        raise ValueError(f"cross_entropy: input must have shape (samples, classes), not {tuple(input.shape)}")
    reduce = _reducer("cross_entropy", reduction, input.shape[0])
    target = target if hasattr(target, "shape") else np.asarray(target)
    if target.dtype.kind == "f" and target.shape == input.shape:
        return reduce(-sum(_in_dtype_of(input, target) * log_softmax(input, 1), 1))
    return _cross_entropy(input, target, reduction)


@composed
def nll_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Negative log-likelihood: y = −log pₜ, from log-probabilities.

    Parameters
    ----------
    input : array or Tensor
        Log-probabilities, shape (N, C), e.g. from `log_softmax`.
    target : array of int
        Labels in [0, C), shape (N,).
    reduction : {"mean", "sum", "none"}
        Mean over the N samples, their sum, or each loss.

    Returns
    -------
    array or Tensor
        In nats: a scalar, or shape (N,) for ``"none"``.

    Raises
    ------
    IndexError
        If a label lies outside [0, C).
    ValueError
        If shapes do not fit.
    """
    labels = raw(target) if hasattr(target, "shape") else np.asarray(target)
    if input.ndim != 2:
        raise ValueError(f"nll_loss: input must have shape (samples, classes), not {tuple(input.shape)}")
    reduce = _reducer("nll_loss", reduction, input.shape[0])
    check_labels("nll_loss", raw(input), labels)
    return reduce(-getitem(input, (namespace(labels).arange(labels.shape[0]), labels)))
