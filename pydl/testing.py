"""Checking derivatives: against finite differences, in both modes, to second order.

Used by pydl's own tests, by the book, and by assignments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pydl import func
from pydl.autodiff import raw
from pydl.backend import device_of, to_device, to_numpy
from pydl.errors import PydlError

__all__ = ["GradientError", "gradcheck", "numerical_jvp"]


class GradientError(PydlError, AssertionError):
    """A derivative disagrees with finite differences."""


def numerical_jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], step: float = 1e-6) -> Any:
    """Central difference along a direction: (f(x + h·t) − f(x − h·t)) / 2h, with error O(h²).

    Parameters
    ----------
    f : callable
        A function of arrays with one array as value.
    primals : sequence of array
        Where; float64, or rounding drowns the difference.
    tangents : sequence of array
        The direction.
    step : float
        h; 1e-6 is near the best in float64 for values near 1.

    Returns
    -------
    array
        The approximate J·t.
    """
    plus = raw(f(*[x + step * t for x, t in zip(primals, tangents, strict=True)]))
    minus = raw(f(*[x - step * t for x, t in zip(primals, tangents, strict=True)]))
    return (plus - minus) / (2 * step)


def _check(name: str, found: Any, expected: Any, rtol: float, atol: float) -> None:
    a, b = (np.asarray(to_numpy(raw(v)), dtype=np.float64) for v in (found, expected))
    scale = atol + rtol * max(np.max(np.abs(a), initial=0), np.max(np.abs(b), initial=0))
    error = np.max(np.abs(a - b), initial=0)
    if a.shape != b.shape or not error <= scale:
        raise GradientError(
            f"{name}: the derivative differs from finite differences by {error:.2e}, allowed are {scale:.2e}"
            f" (computed {a.ravel()[:4]}, finite differences {b.ravel()[:4]}). Check the rule's sign, factor, and the"
            " sum over broadcast axes"
        )


def gradcheck(
    f: Callable[..., Any],
    *primals: Any,
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
    rtol: float = 1e-5,
    atol: float = 1e-7,
    step: float = 1e-6,
    rng: int = 0,
) -> bool:
    """Compare a function's derivatives with central differences along random directions.

    Forward mode must give J·t, reverse mode must satisfy ⟨g, J·t⟩ = ⟨Jᵀg, t⟩; for ``order=2`` the
    same is asked of the gradient of ⟨g, f⟩.

    Parameters
    ----------
    f : callable
        A function of arrays with one array as value, smooth near the primals.
    *primals : array
        Where to check; converted to float64.
    order : {1, 2}
        Whether second derivatives are checked too.
    modes : sequence of {"reverse", "forward"}
        Which modes to check.
    rtol, atol : float
        Allowed error: atol + rtol·(largest entry).
    step : float
        Step of the differences.
    rng : int
        Seed of the random directions.

    Returns
    -------
    bool
        True. (An unhappy check raises.)

    Raises
    ------
    GradientError
        If a derivative disagrees, with the numbers.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.testing.gradcheck(lambda x: pydl.sin(x) * x, np.array([0.3, 2.0]))
    True
    """
    draw = np.random.default_rng(rng)
    xs = [to_device(np.asarray(to_numpy(raw(x)), dtype=np.float64), device_of(raw(x))) for x in primals]
    ts = [to_device(draw.standard_normal(x.shape), device_of(x)) for x in xs]
    value = raw(f(*xs))
    expected = numerical_jvp(f, xs, ts, step)
    if "forward" in modes:
        _check("forward mode", func.jvp(f, xs, ts)[1], expected, rtol, atol)
    g = to_device(np.asarray(draw.standard_normal(value.shape)), device_of(value))
    if "reverse" in modes:
        pulled = func.vjp(f, *xs)[1](g)
        inner = sum(np.sum(p * t) for p, t in zip(pulled, ts, strict=True))
        _check("reverse mode", inner, np.sum(g * expected), rtol, atol)
    if order > 1:

        def slope(*args: Any) -> Any:  # the derivative of <g, f> along ts, itself a function
            pulled = func.grad(lambda *a: (g * f(*a)).sum(), tuple(range(len(args))))(*args)
            total = 0
            for p, t in zip(pulled, ts, strict=True):
                total = total + (p * t).sum()
            return total

        gradcheck(slope, *xs, order=order - 1, modes=modes, rtol=10 * rtol, atol=10 * atol, step=step, rng=rng + 1)
    return True
