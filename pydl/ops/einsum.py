"""Einstein's summation: every product of tensors in one notation, and its derivative in the same."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from pydl.autodiff import composed, general, raw, total, unbroadcast
from pydl.backend import Array, namespace

__all__ = ["einsum"]


def _parse(subscripts: str, operands: Sequence[Any]) -> tuple[list[str], str]:
    """Return the labels of each operand and of the result, with ellipses and the arrow written out."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"einsum: {subscripts!r} names {len(terms)} operands, but {len(operands)} were given")
    free = [c for c in ascii_letters if c not in subscripts]
    widths = [x.ndim - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True)]
    for t, w, x in zip(terms, widths, operands, strict=True):
        if w < 0 or (w and "..." not in t):
            raise ValueError(f"einsum: term {t!r} of {subscripts!r} does not fit an operand of shape {x.shape}")
    batch = "".join(free[: max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)])
    terms = [t.replace("...", batch[len(batch) - w :]) for t, w in zip(terms, widths, strict=True)]
    if not arrow:  # NumPy's rule: labels that appear once, in alphabetical order, after the batch axes
        named = "".join(terms)
        right = "..." + "".join(sorted(c for c in set(named) - set(batch) if named.count(c) == 1))
    return terms, right.replace("...", batch)


def _adjoint(g: Any, xs: Sequence[Any], i: int, terms: list[str], result: str) -> Any:
    """∂/∂xᵢ: the same sum with xᵢ's place and the result's exchanged."""
    x, labels, seen = xs[i], "", ""
    factors = [(result, g)] + [(terms[j], xs[j]) for j in range(len(xs)) if j != i]
    xp = namespace(raw(x))
    present = set("".join(t for t, _ in factors))
    free = iter(c for c in ascii_letters if c not in "".join(terms) + result)
    for c, n in zip(terms[i], x.shape, strict=True):
        if c in seen:  # a repeated label reads a diagonal: its adjoint writes one
            other = next(free)
            factors.append((c + other, xp.eye(n, dtype=x.dtype)))
            labels += other
            continue
        if c not in present:  # summed over within xᵢ alone: its adjoint repeats
            factors.append((c, xp.ones(n, dtype=x.dtype)))
        labels, seen = labels + c, seen + c
    return unbroadcast(_einsum(*[f for _, f in factors], terms=tuple(t for t, _ in factors), result=labels), x)


def _pull(g: Any, y: Any, *xs: Any, terms: tuple[str, ...], result: str, needs: Sequence[bool]) -> list[Any]:
    return [_adjoint(g, xs, i, list(terms), result) if need else None for i, need in enumerate(needs)]


def _push(ts: Sequence[Any], y: Any, *xs: Any, **settings: Any) -> Any:
    """Sum over the operands that move: the same sum with the tangent in the operand's place."""
    return total([_einsum(*xs[:i], t, *xs[i + 1 :], **settings) for i, t in enumerate(ts) if t is not None])


@general(_pull, _push, arrays=None)
def _einsum(*operands: Array, terms: tuple[str, ...], result: str) -> Array:
    return np.einsum(",".join(terms) + "->" + result, *operands, optimize=len(operands) > 1)


@composed
def einsum(subscripts: str, *operands: Array) -> Array:
    """Sum products over repeated labels: ``einsum("ik,kj->ij", a, b)`` is Σₖ aᵢₖ bₖⱼ.

    Parameters
    ----------
    subscripts : str
        Labels of each operand's axes, separated by commas, an arrow, and the result's labels; ``...``
        stands for batch axes. Without an arrow, labels that appear once form the result, in alphabetical order.
    *operands : array or Tensor
        One for each term of `subscripts`.

    Returns
    -------
    array or Tensor
        The sum.

    Raises
    ------
    ValueError
        If labels and shapes do not fit.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> float(pydl.einsum("ii->", np.eye(3)))
    3.0
    """
    operands = tuple(x if hasattr(x, "ndim") else np.asarray(x) for x in operands)
    terms, result = _parse(subscripts, operands)
    return _einsum(*operands, terms=tuple(terms), result=result)
