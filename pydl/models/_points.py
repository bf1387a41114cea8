"""Sets of points: checked on entry, and how far they are from others."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import raw
from pydl.backend import Array, asarray, default_dtype, to_numpy

__all__ = ["checked_points", "checked_points_on_host", "squared_distances"]


def checked_points(who: str, X: Any, name: str = "X", features: int | None = None, dtype: Any = None) -> Array:
    """Return `X` as an array of floats, shape (n, d), or say what is wrong with it.

    Device and floating type stay, unless a `dtype` is given. `who` asks, `name` is what it calls the argument,
    and `features`, where given, is the d that it expects.
    """
    X = asarray(raw(X), dtype)
    if X.dtype.kind != "f":
        X = X.astype(default_dtype())
    if X.ndim != 2 or 0 in X.shape:
        hint = "; for points with one feature, reshape(-1, 1)" if X.ndim == 1 and X.size else ""
        raise ValueError(f"{who}: {name} must have shape (n, d), one point a row, not {tuple(X.shape)}{hint}")
    if features is not None and X.shape[1] != features:
        raise ValueError(f"{who}: {name} has {X.shape[1]} features a point, {features} are expected")
    if not bool(np.isfinite(X).all()):
        bad = int((~np.isfinite(X)).any(axis=1).sum())
        raise ValueError(f"{who}: {name} has NaN or infinity in {bad} of its {len(X)} rows: remove or impute them")
    return X


def checked_points_on_host(who: str, X: Any, name: str = "X", features: int | None = None) -> np.ndarray:
    """Return `X` as NumPy's float64, shape (n, d); `who`, `name` and `features` as for `checked_points`."""
    return to_numpy(checked_points(who, X, name, features, np.float64)).copy()


def squared_distances(x: Any, c: Any) -> Any:
    """Return ‖xᵢ − cⱼ‖² = ‖xᵢ‖² − 2 xᵢᵀcⱼ + ‖cⱼ‖² of all rows of `x`, shape (..., d), and of `c`, shape (k, d).

    One matrix product, and no array of n·k·d differences. The price is rounding: ‖x‖² is large where the points
    lie far from 0, and their distance is what remains of it. So the origin moves to the centres' mean first,
    which changes no distance, and no derivative. A distance of 0 may come out a few units of rounding below 0.
    """
    origin = raw(c).mean(axis=0)
    x, c = x - origin, c - origin
    return ops.sum(x * x, axis=-1, keepdims=True) - 2 * (x @ c.T) + ops.sum(c * c, axis=-1)
