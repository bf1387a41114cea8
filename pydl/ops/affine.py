"""The affine map of a layer, with bias and transfer function in one op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import Traced, general, raw, total
from pydl.backend import Array
from pydl.ops.activations import ONE, ZERO, sigmoid
from pydl.ops.linalg import matmul, mT
from pydl.ops.reductions import column_sums, sum

__all__ = ["TRANSFER", "linear"]

TRANSFER: dict[str, tuple[Any, Any]] = {
    "relu": (lambda y: np.maximum(y, ZERO, out=y), lambda y: y > ZERO),
    "sigmoid": (sigmoid, lambda y: y * (ONE - y)),
    "tanh": (lambda y: np.tanh(y, out=y), lambda y: ONE - y * y),
}
"""Transfer functions that `linear` can apply in place, each with its derivative in terms of its value."""


def _dot(a: Any, b: Any) -> Any:
    """Multiply matrices; the arrays' own method has a third of the op's overhead."""
    return a.dot(b) if type(a) is type(b) else matmul(a, b)


def _pull(
    g: Any,
    y: Any,
    x: Any,
    weight: Any,
    bias: Any,
    activation: str | None,
    needs: Sequence[bool],
    into: Sequence[Any],
) -> tuple[Any, Any, Any]:
    if activation is not None:
        g = g * TRANSFER[activation][1](y)
    if weight.ndim == 3:
        return _pull_members(g, x, weight, needs, into)
    gx = _dot(g, weight) if needs[0] else None
    if x.ndim != 2:
        g, x = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    gw, gb = into[1], into[2]  # where given: the optimizer's ∇J, which lies in memory as the parameters do
    try:
        if gw is not None:
            x.T.dot(g, gw.T)
        if gb is not None:
            column_sums(g, gb)
    except ValueError:  # a weight that lies as (out, in), or operands of two dtypes: no shortcut
        gw = gb = None
    if gw is None and needs[1]:
        gw = _dot(x.T, g).T
    if gb is None and needs[2]:
        gb = sum(g, axis=0) if isinstance(y, Traced) else column_sums(g)
    return gx, gw, gb


def _pull_members(g: Any, x: Any, weight: Any, needs: Sequence[bool], into: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Pull back through the layers of an ensemble: every member's products on their own."""
    gx = matmul(g, weight) if needs[0] else None
    gw, gb = into[1], into[2]
    if gw is not None:
        np.matmul(mT(x), g, out=mT(gw))
    elif needs[1]:
        gw = mT(matmul(mT(x), g))
    if gb is not None:
        np.add.reduce(g, axis=1, out=gb)
    elif needs[2]:
        gb = sum(g, axis=1)
    return gx, gw, gb


def _push(ts: Sequence[Any], y: Any, x: Any, weight: Any, bias: Any, activation: str | None) -> Any:
    """Return f′·(ẋ Wᵀ + x Ẇᵀ + ḃ)."""
    tx, tw, tb = ts
    product = matmul if weight.ndim == 3 else _dot
    terms = [product(a, mT(b)) for a, b in ((tx, weight), (x, tw)) if a is not None and b is not None]
    if tb is not None and weight.ndim == 3:
        tb = tb[:, None]
    t = total([*terms, tb]) if tb is not None else total(terms)
    if not terms:
        t = t + np.zeros_like(raw(y))
    return t if activation is None else t * TRANSFER[activation][1](y)


@general(
    _pull,
    _push,
    arrays=3,
    writes=True,
)
def linear(x: Array, weight: Array, bias: Array | None = None, activation: str | None = None) -> Array:
    """Affine map of a layer: y = f(x Wᵀ + b).

    One op for product, bias and transfer function: three records and two passes over memory less.
    The product runs fastest where W lies in memory as (in, out), which `pydl.nn.Linear` sees to.
    With a leading axis on all three, n layers of one shape run side by side: `pydl.nn.Ensemble`.

    Parameters
    ----------
    x : array or Tensor
        Inputs, shape (..., in); (n, samples, in) for n layers.
    weight : array or Tensor
        W, shape (out, in); (n, out, in) for n layers.
    bias : array or Tensor, optional
        b, shape (out,); (n, out) for n layers.
    activation : {None, "relu", "sigmoid", "tanh"}
        The transfer function f; None for the identity.

    Returns
    -------
    array or Tensor
        Shape (..., out); (n, samples, out) for n layers.

    Raises
    ------
    ValueError
        If shapes do not fit, or the transfer function is unknown.
    """
    several = weight.ndim == 3
    if x.ndim == 0 or x.shape[-1] != weight.shape[-1]:
        raise ValueError(
            f"the input has {x.shape[-1] if x.ndim else 'no'} features in its last axis, the weight expects"
            f" {weight.shape[-1]}; weight has shape ({'n, ' if several else ''}out, in) = {tuple(weight.shape)}"
        )
    if several and (x.ndim != 3 or x.shape[0] != weight.shape[0]):
        raise ValueError(
            f"{weight.shape[0]} layers side by side need inputs of shape ({weight.shape[0]}, samples,"
            f" {weight.shape[2]}), not {tuple(x.shape)}: broadcast what all of them are to see"
        )
    y = x.dot(weight.T) if x.ndim == 2 else np.matmul(x, mT(weight))
    if bias is not None:
        if bias.shape != weight.shape[:-1]:
            raise ValueError(f"the bias has shape {tuple(bias.shape)}, the weight asks for {tuple(weight.shape[:-1])}")
        y += bias[:, None] if several else bias
    if activation is None:
        return y
    if activation not in TRANSFER:
        raise ValueError(f"unknown activation {activation!r}: choose one of {sorted(TRANSFER)} or None")
    return TRANSFER[activation][0](y)
