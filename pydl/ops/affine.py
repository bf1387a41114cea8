"""The affine map of a layer, with bias and transfer function in one op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pydl.autodiff import Traced, general, raw, total
from pydl.backend import Array
from pydl.ops.activations import ONE, ZERO, sigmoid
from pydl.ops.linalg import matmul
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


def _push(ts: Sequence[Any], y: Any, x: Any, weight: Any, bias: Any, activation: str | None) -> Any:
    """Return f′·(ẋ Wᵀ + x Ẇᵀ + ḃ)."""
    tx, tw, tb = ts
    terms = [_dot(a, b.T) for a, b in ((tx, weight), (x, tw)) if a is not None and b is not None]
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

    Parameters
    ----------
    x : array or Tensor
        Inputs, shape (..., in).
    weight : array or Tensor
        W, shape (out, in).
    bias : array or Tensor, optional
        b, shape (out,).
    activation : {None, "relu", "sigmoid", "tanh"}
        The transfer function f; None for the identity.

    Returns
    -------
    array or Tensor
        Shape (..., out).

    Raises
    ------
    ValueError
        If shapes do not fit, or the transfer function is unknown.
    """
    if x.ndim == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"the input has {x.shape[-1] if x.ndim else 'no'} features in its last axis, the weight expects"
            f" {weight.shape[1]}; weight has shape (out, in) = {tuple(weight.shape)}"
        )
    y = x.dot(weight.T) if x.ndim == 2 else np.matmul(x, weight.T)
    if bias is not None:
        if bias.shape != weight.shape[:1]:
            raise ValueError(f"the bias has shape {tuple(bias.shape)}, the weight asks for {tuple(weight.shape[:1])}")
        y += bias
    if activation is None:
        return y
    if activation not in TRANSFER:
        raise ValueError(f"unknown activation {activation!r}: choose one of {sorted(TRANSFER)} or None")
    return TRANSFER[activation][0](y)
