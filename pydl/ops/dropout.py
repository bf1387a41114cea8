"""Dropout: entries set to 0 at random, by a mask that derivatives of every order share."""

from __future__ import annotations

import math

import numpy as np

from pydl.autodiff import composed, elementwise, raw
from pydl.backend import Array, device_of, to_device
from pydl.random import default_rng

__all__ = ["dropout"]


@elementwise(lambda y, x, mask: mask)
def _dropout(x: Array, mask: Array) -> Array:
    return x * mask


@composed
def dropout(
    x: Array,
    p: float = 0.5,
    training: bool = True,
    inverted: bool = True,
    rng: int | np.random.Generator | None = None,
) -> Array:
    r"""Drop each entry with probability p: y = m·x/(1 − p), with m = 0 for the dropped entries, else 1.

    .. math:: y_i = \frac{m_i\,x_i}{1 - p}, \qquad P(m_i = 0) = p, \qquad
        \mathbb{E}[y_i] = x_i, \qquad \mathrm{Var}[y_i] = \frac{p}{1 - p}\,x_i^2

    Within one call the mask is fixed: the gradient, and every higher derivative, goes through the entries that
    were kept. p is PyTorch's; the *keep probability* of Srivastava et al. is 1 − p.

    Parameters
    ----------
    x : array or Tensor
        Any shape, of floating-point numbers.
    p : float
        The probability of dropping an entry, in [0, 1]. Each mask entry takes 16 random bits, so it is rounded to
        a multiple of 2⁻¹⁶.
    training : bool
        Whether to drop. If not, y = x, or (1 − p)·x in the classical form.
    inverted : bool
        Whether to scale by 1/(1 − p) in training, so that there is nothing to do at test time. If not, it is the
        classical form (Srivastava et al. 2014, section 4): y = m·x in training, (1 − p)·x at test time.
    rng : int, numpy.random.Generator or None
        Where the mask comes from: None for the package's own stream, which `pydl.seed` starts. A number gives
        the same mask in every call.

    Returns
    -------
    array or Tensor
        Of x's shape and dtype; x itself where there is nothing to do.

    Raises
    ------
    TypeError
        If `x` does not hold floating-point numbers.
    ValueError
        If `p` is no probability, or `rng` draws fewer than 64 bits at a time.

    Notes
    -----
    Hinton et al. (2012); Srivastava et al. (2014), *Dropout: a simple way to prevent neural networks from
    overfitting*, JMLR 15. The mask is drawn on the host and moved to x's device.

    Examples
    --------
    >>> import pydl
    >>> x = pydl.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    >>> y = pydl.dropout(x, 0.5, rng=3)
    >>> y
    tensor([2., 4., 0., 0.], op=dropout)
    >>> y.sum().backward()
    >>> x.grad
    tensor([2., 2., 0., 0.])
    """
    keep = 1 - probability("dropout", p)
    if x.dtype.kind != "f":
        raise TypeError(f"dropout: x must hold floating-point numbers, not {x.dtype}: convert, x.astype('float32')")
    if not training:
        return x if inverted or p == 0 else x * keep
    if p == 0:
        return x
    mask = to_device(_kept(tuple(x.shape), p, default_rng(rng)), device_of(raw(x)))
    mask = mask * x.dtype.type(1 / keep if inverted and keep else 1)
    return _dropout(x, mask=mask)


def probability(caller: str, p: float) -> float:
    """Return p if it is a probability."""
    if not (isinstance(p, (int, float, np.floating)) and 0 <= p <= 1):
        raise ValueError(
            f"{caller}: p is the probability of dropping an entry and lies in [0, 1], not {p!r:.40}"
            " (a keep probability q is p = 1 - q)"
        )
    return float(p)


def _kept(shape: tuple[int, ...], p: float, rng: np.random.Generator) -> np.ndarray:
    """Return True with probability 1 − p for each entry, on the host.

    Raw random bits, four entries to a draw of 64: three times as fast as comparing ``rng.random(dtype="float32")``.
    """
    if isinstance(rng.bit_generator, np.random.MT19937):  # the upper half of its raw 64 bits is 0
        raise ValueError("dropout needs a generator of 64 bits a draw, not MT19937: np.random.default_rng(seed)")
    n, threshold = math.prod(shape), round(p * 2**16)
    if threshold == 2**16:
        return np.zeros(shape, bool)
    bits = rng.bit_generator.random_raw((n + 3) // 4).view(np.uint16)
    return (bits[:n] >= np.uint16(threshold)).reshape(shape)
