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
from pydl.landscape._local import Function
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
    found = [_derivatives(f, x, kernel @ asarray(c, **like), Q, inverse) for c in directions]
    lengths = np.linalg.norm(directions, axis=1)
    third, fourth, terms = np.array(found).T
    cubic, quartic, terms = third / lengths**3, fourth / lengths**4, terms / lengths**4
    scale = max(float(np.max(np.abs(part))) for part in (eigenvalues, cubic, terms))
    if not np.isfinite(scale):
        return "undecided", "a third or fourth derivative is not finite"
    small = tol * scale
    slope, curvature = float(np.linalg.norm(g @ kernel)), float(np.max(np.abs(eigenvalues[zero])))
    size, steepest = float(np.max(np.abs(quartic))), float(np.max(np.abs(cubic)))
    if max(slope, curvature) > small:
        return "undecided", f"x is not exact: {max(slope, curvature):.1g} is left of ∇f or ∇²f on the kernel"
    # The zero of a quartic seen from a distance r has gradient φ⁗r³/6, curvature φ⁗r²/2 and third derivative φ⁗r.
    distance = max((6 * slope / size) ** (1 / 3), (2 * curvature / size) ** 0.5) if size > small else 0.0
    if steepest > max(small, 10 * size * distance):
        return "saddle", "the third derivative on the kernel is not 0"
    if steepest > small:
        return "undecided", "x is not exact enough to tell a third derivative from a fourth seen askew"
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
    """Return φ‴ and φ⁗ along u, and the size of the latter's terms, which may cancel."""

    def slope(t: Any) -> Any:
        return grad(f)(x + t * u)

    def derivative(of: Any) -> Any:
        return lambda t: jvp(of, (t,), (namespace(x).ones((), x.dtype),))[1]

    second, zero = derivative(derivative(slope)), namespace(x).zeros((), x.dtype)
    b, c = second(zero), derivative(second)(zero)
    straight, bent = float(u @ c), 3 * float(((Q.T @ b) ** 2 * inverse).sum())
    return float(u @ b), straight - bent, max(abs(straight), abs(bent))
