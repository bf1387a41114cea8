"""The reduced function φ of a degenerate critical point, and what its derivatives of order 3 and 4 decide.

Let K be the kernel of the Hessian H and u ∈ K. For small t, f has one critical point among x + tu + w, w ⟂ K, and φ(tu)
is its value (Lyapunov and Schmidt). In suitable coordinates f = φ + ½ Σ λᵢ yᵢ², so φ and the signs of the λᵢ ≠ 0 decide
(splitting lemma: Gromoll & Meyer 1969). With w = w₂t²/2 + O(t³) and b = ∇³f[u, u, ·], the condition ∇f ∈ K reads at
order 2: b + H w₂ ∈ K. So w₂ = −H⁺b, and along u

    φ‴ = u·b,   φ⁗ = ∇⁴f[u, u, u, u] − 3 b·H⁺b.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.backend import Array, asarray, device_of, namespace, to_numpy
from pydl.func import grad, jvp
from pydl.landscape._local import Function, length_of
from pydl.landscape._quartic import certified, directions_for, gram_of, sampled
from pydl.random import default_rng

__all__ = ["decide"]

LARGEST_KERNEL = 6  # its quartic form takes 209 directions; that of a larger kernel is only sampled


def decide(f: Function, x: Array, g: Array, values: Array, Q: Array, zero: np.ndarray, tol: float) -> tuple[str, str]:
    """Return kind and reason at a degenerate critical point, the eigenvalues that are not 0 having one sign."""
    eigenvalues, like = to_numpy(values).astype(np.float64), {"dtype": x.dtype, "device": device_of(x)}
    inverse = asarray(np.where(zero, 0, 1 / np.where(zero, 1, eigenvalues)), **like)
    kernel = Q[:, asarray(np.flatnonzero(zero), device=device_of(x))]
    d, sign = int(zero.sum()), int(np.sign(eigenvalues[~zero][:1]).sum())  # the sign is 0 if all eigenvalues are
    small_kernel = d <= LARGEST_KERNEL
    directions = directions_for(d) if small_kernel else default_rng(0).standard_normal((4, d))
    lengths = np.linalg.norm(directions, axis=1)

    def along(c: np.ndarray, r: float = 0.0) -> tuple[float, float, float]:
        u = kernel @ asarray(c, **like)
        return _derivatives(f, x + asarray(r, **like) * u, u, Q, inverse)

    found = np.array([along(c) for c in directions])
    third, fourth, terms = found.T
    cubic, quartic = third / lengths**3, fourth / lengths**4
    if not np.isfinite(found).all():
        return "undecided", "a third or fourth derivative is not finite"
    slope, curvature = length_of(g @ kernel), float(np.max(np.abs(eigenvalues[zero])))
    largest, size, steepest = (float(np.max(np.abs(part))) for part in (eigenvalues, quartic, cubic))
    small = tol * max(largest, float(np.max(terms)))
    if max(slope, curvature) > tol * max(largest, size, steepest):
        return "undecided", f"x is not exact: {max(slope, curvature):.1g} is left of ∇f or ∇²f on the kernel"
    # The zero of a quartic seen from a distance r has gradient φ⁗r³/6, curvature φ⁗r²/2 and third derivative φ⁗r.
    distance = max((6 * slope / size) ** (1 / 3), (2 * curvature / size) ** 0.5) if size > small else 0.0
    if steepest > max(small, 10 * size * distance):
        return "saddle", "the third derivative on the kernel is not 0"
    if steepest > small:
        return "undecided", "x is not exact enough to tell a third derivative from a fourth seen askew"
    # The zero of a fifth or a sixth has a fourth, too, seen from beside; that one changes on the way to it.
    size_along = np.where(np.abs(quartic) > small, np.abs(quartic), np.inf)
    slopes, bends = directions @ to_numpy(g @ kernel) / lengths, directions**2 @ eigenvalues[zero] / lengths**2
    ways = np.cbrt(6 * np.abs(slopes) / size_along), np.sqrt(2 * np.abs(bends) / size_along), np.abs(cubic) / size_along
    way, eps = np.max(ways, axis=0), float(np.finfo(x.dtype).eps)
    moved = {i: along(directions[i], way[i] / lengths[i])[1] for i in np.flatnonzero(way > eps * (1 + length_of(x)))}
    drift = max((abs(there - fourth[i]) / lengths[i] ** 4 for i, there in moved.items()), default=0.0)
    if size > small and not size > 4 * drift:
        return "undecided", "x is not exact enough to tell a fourth derivative from a fifth seen askew"
    small = max(small, 4 * drift)
    gram = gram_of(directions, fourth) if small_kernel else None
    if gram is not None:
        quartic = np.append(quartic, sampled(gram, d))
    seen = {side for side in (1, -1) if float(np.max(side * quartic)) > small}
    if not seen:
        return "undecided", "orders 3 and 4 are 0 on the kernel, too"
    if len(signs := seen | ({sign} if sign else set())) == 2:
        return "saddle", "the reduced fourth derivative has another sign"
    side = signs.pop()
    if gram is not None and certified(side * gram, d) > small:
        kind, word = ("minimum", "positive") if side > 0 else ("maximum", "negative")
        return kind, f"the reduced fourth derivative is {word}"
    return "undecided", "the reduced fourth derivative may be 0 somewhere"


def _derivatives(f: Function, x: Array, u: Array, Q: Array, inverse: Array) -> tuple[float, float, float]:
    """Return φ‴ and φ⁗ along u, and the size of what they are made of, for u of length 1.

    Rounding turns u a little out of the kernel, so what counts is the length of ∇³f[u, u, ·] and ∇⁴f[u, u, u, ·].
    """

    def slope(t: Any) -> Any:
        return grad(f)(x + t * u)

    def derivative(of: Any) -> Any:
        return lambda t: jvp(of, (t,), (namespace(x).ones((), x.dtype),))[1]

    second, zero = derivative(derivative(slope)), namespace(x).zeros((), x.dtype)
    b, c = second(zero), derivative(second)(zero)
    bent, length = 3 * float(((Q.T @ b) ** 2 * inverse).sum()), length_of(u)
    terms = length_of(b) / length**2, length_of(c) / length**3, abs(bent) / length**4
    return float(u @ b), float(u @ c) - bent, max(terms)
