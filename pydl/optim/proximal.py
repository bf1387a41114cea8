"""Proximal steps: what a penalty without a derivative does to θ, in closed form and in place."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pydl.tensor import Tensor

__all__ = ["soft_threshold_"]


def soft_threshold_(parameters: Tensor | Iterable[Tensor], t: float) -> None:
    r"""Move every entry towards 0 by `t`, and to exactly 0 those that are no further away: the proximal step of L1.

    .. math::

        w \leftarrow \operatorname{sign}(w) \max(|w| - t, 0)
        = \operatorname*{argmin}_v \; \tfrac12 \lVert v - w \rVert^2 + t\,\lVert v \rVert_1

    After each gradient step of L with learning rate ε, and with t = εα, this is proximal gradient descent (ISTA) on
    J = L + α‖w‖₁: exact zeros appear, which steps against sign(w) never reach.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        What to shrink, all of it: name the weights, e.g. ``[net.weight]``, and leave out the biases.
    t : float
        The threshold εα ≥ 0, in the units of the weights.

    Raises
    ------
    ValueError
        If `t` is negative or NaN, or there are no parameters, or something else is among them.

    References
    ----------
    A. Beck, M. Teboulle: A fast iterative shrinkage-thresholding algorithm for linear inverse problems, SIAM
    Journal on Imaging Sciences 2 (2009), equations 1.4 and 1.5.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([[3.0, -4.0, 0.5]])
    >>> pydl.optim.soft_threshold_([w], 1.0)
    >>> w.detach()
    tensor([[ 2., -3.,  0.]])
    """
    if not t >= 0:
        raise ValueError(f"soft_threshold_: t must be >= 0, not {t!r}")
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    if not given:
        raise ValueError("soft_threshold_: there are no parameters (an iterator can be used only once: pass a list)")
    if wrong := [p for p in given if not isinstance(p, Tensor)]:
        raise ValueError(f"soft_threshold_ takes parameters, not {type(wrong[0]).__name__} {wrong[0]!r:.60}")
    for p in given:
        p.copy_(p.data - np.clip(p.data, -float(t), float(t)))  # w − w is an exact 0, NaN stays NaN
