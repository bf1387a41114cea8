"""Small tables of measurements, as their papers print them."""

from __future__ import annotations

import numpy as np

from pydl.backend import Array, default_device, default_dtype, to_device

__all__ = ["launches"]

_FAHRENHEIT = (66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58)
_DISTRESS = (0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1)


def launches() -> tuple[Array, Array]:
    """Return the 23 launches of space shuttles before Challenger's last: temperature, and damage to rubber rings.

    They are all the earlier flights whose booster rockets could be examined, in the order in which they flew.

    Returns
    -------
    X : array of the default dtype, shape (23, 1)
        Temperature at the launch in °F.
    y : array of int64, shape (23,)
        1 if heat had damaged at least one of the six primary O-rings, else 0.

    References
    ----------
    S. R. Dalal, E. B. Fowlkes, B. Hoadley: Risk analysis of the space shuttle: pre-Challenger prediction of
    failure, Journal of the American Statistical Association 84 (1989), table 1.

    Examples
    --------
    >>> X, y = launches()
    >>> X.shape, int(y.sum()), X[y == 1].min().item()
    ((23, 1), 7, 53.0)
    """
    X = np.array(_FAHRENHEIT, default_dtype())[:, None]
    return to_device(X, default_device()), to_device(np.array(_DISTRESS), default_device())
