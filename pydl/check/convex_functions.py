"""Exercises of the notebook convexity/convex-functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pydl.check.exercise import Exercise

__all__ = [
    "chord_violations",
    "composition_is_convex",
    "ridge_constants",
    "robbins_monro",
    "subdifferential_of_abs",
]

# ---------------------------------------------------------------- the chord test

Function = Callable[[np.ndarray], np.ndarray]


class Landscape:
    """A function of the rows of an array, with a name to print."""

    def __init__(self, name: str, f: Function) -> None:
        self.name, self.f = name, f

    def __call__(self, W: np.ndarray) -> np.ndarray:
        return self.f(W)

    def __repr__(self) -> str:
        return self.name


LANDSCAPES = (
    Landscape("the function ‖w‖²", lambda W: np.sum(W**2, axis=-1)),
    Landscape("the function Σⱼ sin wⱼ", lambda W: np.sum(np.sin(W), axis=-1)),
    Landscape("the function Σⱼ wⱼ³", lambda W: np.sum(W**3, axis=-1)),
)


def _between(W: np.ndarray, V: np.ndarray, s: np.ndarray) -> np.ndarray:
    return (1 - s)[:, None] * W + s[:, None] * V


def _rises(f: Function, W: np.ndarray, V: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return by how much f rises above its chords."""
    return f(_between(W, V, s)) - ((1 - s) * f(W) + s * f(V))


def _draw_chords(rng: np.random.Generator) -> tuple[Landscape, np.ndarray, np.ndarray, np.ndarray]:
    n = 31  # odd, so that "holds" and "is violated" are never equally frequent
    W, V = 2 * rng.standard_normal((2, n, 3))
    return LANDSCAPES[rng.integers(len(LANDSCAPES))], W, V, rng.uniform(0.05, 0.95, n)


chord_violations = Exercise(
    "chord_violations",
    "count the pairs for which f((1 − s) w + s v) > (1 − s) f(w) + s f(v) + 1e-9.",
    lambda f, W, V, s: int(np.sum(_rises(f, W, V, s) > 1e-9)),
    _draw_chords,
    {
        "this counts where the function is below its chord, which convexity allows: a violation is above it": (
            lambda f, W, V, s: int(np.sum(_rises(f, W, V, s) <= 1e-9))
        ),
        "the share s belongs to V in both places: with f at (1 − s) w + s v, the chord is (1 − s) f(w) + s f(v)": (
            lambda f, W, V, s: int(np.sum(f(_between(V, W, s)) > (1 - s) * f(W) + s * f(V) + 1e-9))
        ),
        "this is the share of the pairs: return their number": (
            lambda f, W, V, s: float(np.mean(_rises(f, W, V, s) > 1e-9))
        ),
        "only the middle of each chord was tested: use the shares s": (
            lambda f, W, V, s: int(np.sum(_rises(f, W, V, np.full_like(s, 0.5)) > 1e-9))
        ),
    },
)

# ---------------------------------------------------------------- subgradients of |x|


def _subdifferential_of_abs(x: float) -> tuple[float, float]:
    return (-1.0, 1.0) if x == 0 else (float(np.sign(x)), float(np.sign(x)))


subdifferential_of_abs = Exercise(
    "subdifferential_of_abs",
    "return the lowest and the highest g with |v| ≥ |x| + g (v − x) for all v.",
    _subdifferential_of_abs,
    lambda rng: (float(rng.integers(-1, 2) * rng.uniform(0.5, 2)),),
    {
        "at 0 there is more than the slope 0: every line g v with −1 ≤ g ≤ 1 stays below |v|": (
            lambda x: (float(np.sign(x)), float(np.sign(x)))
        ),
        "away from 0 the function has a derivative, and this is the only slope: sign(x)": lambda x: (-1.0, 1.0),
        "the lowest slope comes first": lambda x: _subdifferential_of_abs(x)[::-1],
        "at 0 there is more than the slope 1, that of the right half: lines with −1 ≤ g < 1 stay below |v|, too": (
            lambda x: (1.0, 1.0) if x >= 0 else (-1.0, -1.0)
        ),
    },
    trials=40,  # a third of them at the kink
)

# ---------------------------------------------------------------- compositions


def _composition_is_convex(g_is: str, g_goes: str, f_is: str) -> bool:
    matching = (g_goes, f_is) in {("up", "convex"), ("down", "concave")}
    return g_is == "convex" and (f_is == "affine" or matching)


def _draw_shapes(rng: np.random.Generator) -> tuple[str, str, str]:
    g_is, g_goes = rng.choice(["convex", "concave"]), rng.choice(["up", "down", "both"])
    return str(g_is), str(g_goes), str(rng.choice(["convex", "concave", "affine"]))


composition_is_convex = Exercise(
    "composition_is_convex",
    "return whether g(f(w)) is convex for every g and f of these kinds.",
    _composition_is_convex,
    _draw_shapes,
    {
        "a convex function of a convex function need not be convex: (w² − 1)² is not. Where does g go?": (
            lambda g_is, g_goes, f_is: g_is == "convex" and f_is != "concave"
        ),
        "an affine f bends nothing, so it does not matter which way g goes": (
            lambda g_is, g_goes, f_is: g_is == "convex" and (g_goes, f_is) in {("up", "convex"), ("down", "concave")}
        ),
        "an affine f is both convex and concave, but it does matter that g is convex: with f(w) = w, g(f(w)) is g(w)": (
            lambda g_is, g_goes, f_is: f_is == "affine" or _composition_is_convex(g_is, g_goes, f_is)
        ),
        "one case is missing: −f is convex if f is concave, and g(z) = h(−z) with h increasing is decreasing": (
            lambda g_is, g_goes, f_is: f_is != "concave" and _composition_is_convex(g_is, g_goes, f_is)
        ),
    },
    trials=200,  # each of the 18 cases about eleven times
)

# ---------------------------------------------------------------- the constants of ridge regression


def _extremes(matrix: np.ndarray) -> tuple[float, float]:
    """Return the smallest and the largest eigenvalue."""
    eigenvalues = np.linalg.eigvalsh(matrix)
    return float(eigenvalues[0]), float(eigenvalues[-1])


def _ridge_constants(X: np.ndarray, alpha: float) -> tuple[float, float]:
    return _extremes(X.T @ X / len(X) + alpha * np.eye(X.shape[1]))


def _draw_ridge(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    n, d = (3, 5) if rng.uniform() < 0.3 else (int(rng.integers(6, 12)), int(rng.integers(2, 5)))
    return rng.standard_normal((n, d)), float(rng.uniform(0.1, 1))


ridge_constants = Exercise(
    "ridge_constants",
    "return μ and L of J(w) = 1/(2N) ‖y − Xw‖² + (α/2) ‖w‖².",
    _ridge_constants,
    _draw_ridge,
    {
        "the Hessian of a mean has the factor 1/N: it is XᵀX/N + αI": (
            lambda X, alpha: _extremes(X.T @ X + alpha * np.eye(X.shape[1]))
        ),
        "the second derivative of (α/2) w² is α, not 2α": (
            lambda X, alpha: tuple(value + alpha for value in _ridge_constants(X, alpha))
        ),
        "the penalty bends J, too: every eigenvalue grows by α": lambda X, alpha: _extremes(X.T @ X / len(X)),
        "J is α-strongly convex, but with enough samples it is more: the data bend it, too": (
            lambda X, alpha: (alpha, _ridge_constants(X, alpha)[1])
        ),
        "first μ, the smallest eigenvalue, then L, the largest": lambda X, alpha: _ridge_constants(X, alpha)[::-1],
    },
)

# ---------------------------------------------------------------- the conditions of Robbins and Monro


def _diverges(p: float, q: float) -> bool:
    return p < 1 or (p == 1 and q <= 1)


def _draw_exponents(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.choice([0, 0.25, 0.5, 0.75, 1, 1.5])), float(rng.choice([0, 0.4, 0.5, 0.75, 1, 2]))


robbins_monro = Exercise(
    "robbins_monro",
    "return whether Σ εₜ = ∞, and whether Σ εₜ² < ∞, for εₜ = 1/(tᵖ (ln t)ᑫ), t ≥ 2.",
    lambda p, q: (_diverges(p, q), not _diverges(2 * p, 2 * q)),
    _draw_exponents,
    {
        "the logarithm decides where the power of t does not: at p = 1 for the sum, at p = ½ for the squares": (
            lambda p, q: (p <= 1, p > 0.5)
        ),
        "at p = 1 and q = 1 the sum is still infinite: ∫ du/u is": (
            lambda p, q: (p < 1 or (p == 1 and q < 1), not _diverges(2 * p, 2 * q))
        ),
        "squaring doubles both exponents, that of the logarithm, too": (
            lambda p, q: (_diverges(p, q), not _diverges(2 * p, q))
        ),
        "the second truth value is turned round: it says whether the sum of the squares is finite": (
            lambda p, q: (_diverges(p, q), _diverges(2 * p, 2 * q))
        ),
    },
    trials=300,  # each of the 36 cases about eight times
)
