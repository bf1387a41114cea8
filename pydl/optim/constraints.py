"""Constraints on weights: what brings them back after a step has led outside."""

from __future__ import annotations

import math

import numpy as np

from pydl.autodiff import clock
from pydl.tensor import Tensor

__all__ = ["max_norm_"]


def max_norm_(weight: Tensor, c: float) -> Tensor:
    r"""Shrink the incoming weights of each unit to a norm of at most c; the direction stays.

    .. math:: w_j \leftarrow \min\left(1, \frac{c}{\lVert w_j \rVert_2}\right) w_j

    This projects every row of W onto the ball of radius c, in place, where the weight lies in the optimizer's θ.
    Call it after ``step()``. The constraint is Srebro & Shraibman's (2005); with dropout it allows large learning
    rates without the weights blowing up (Srivastava et al. 2014, section 5.1).

    Parameters
    ----------
    weight : Tensor
        W, shape (units, inputs, ...), e.g. a layer's ``weight``: one row a unit.
    c : float
        The radius, > 0; the paper uses 3 to 4. (In float32 the squares overflow from a norm of 1.8·10¹⁹, which
        makes the row 0; NaN stays NaN.)

    Returns
    -------
    Tensor
        The weight.

    Raises
    ------
    ValueError
        If `weight` is no tensor of at least two axes, or `c` is not positive.

    Examples
    --------
    >>> import pydl
    >>> W = pydl.nn.Parameter([[3.0, 4.0], [0.3, 0.4]])
    >>> pydl.optim.max_norm_(W, 1.0)
    Parameter(tensor([[0.6, 0.8],
            [0.3, 0.4]], requires_grad=True))
    """
    if not isinstance(weight, Tensor) or weight.ndim < 2:
        got = f"shape {weight.shape}" if isinstance(weight, Tensor) else f"{type(weight).__name__} {weight!r:.60}"
        raise ValueError(
            f"max_norm_ takes one weight of shape (units, inputs, ...), e.g. layer.weight, not {got}: biases are left"
            " free, and several weights take one call each"
        )
    if not c > 0:
        raise ValueError(f"max_norm_: c must be > 0, not {c!r}")
    w = weight.data
    squares = np.einsum("ij,ij->i", rows := w.reshape(len(w), math.prod(w.shape[1:])), rows)
    # Rows inside the ball are multiplied by exactly 1; the floor only keeps a row of zeros from dividing by 0.
    scale = np.minimum(c / np.sqrt(np.maximum(squares, np.finfo(w.dtype).tiny)), 1)
    w *= scale.astype(w.dtype).reshape(-1, *[1] * (w.ndim - 1))
    weight.changed = clock()
    return weight
