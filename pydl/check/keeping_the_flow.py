"""Exercises of backprop/keeping-the-flow: clipping, shortcuts, and a cell that remembers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["clip_norm", "forget_bias", "lstm_step", "residual_slope", "value_cosine"]


def _norm(grads: list[np.ndarray]) -> Any:
    return np.sqrt(sum(np.sum(g**2) for g in grads))


def _draw_gradients(rng: np.random.Generator) -> tuple[list[np.ndarray], float]:
    grads = [rng.normal(size=rng.integers(1, 4, size=rng.integers(1, 3))) for _ in range(rng.integers(2, 5))]
    return grads, float(_norm(grads) * rng.choice([0.1, 0.5, 3.0]))


clip_norm = Exercise(
    "clip_norm",
    "multiply every gradient by min(1, c/‖·‖), where ‖·‖ is the norm of all entries of all gradients together",
    reference=lambda grads, c: [g * min(1, c / _norm(grads)) for g in grads],
    draw=_draw_gradients,
    mistakes={
        "each gradient is clipped by its own norm: the factors differ, and the direction of the whole turns": (
            lambda grads, c: [g * min(1, c / _norm([g])) for g in grads]
        ),
        "a gradient that is short enough must stay as it is: min(1, c/norm)": lambda grads, c: [
            g * c / _norm(grads) for g in grads
        ],
        "this clips every entry; the direction turns": lambda grads, c: [np.clip(g, -c, c) for g in grads],
        "the root is missing: c is compared with the squared norm": lambda grads, c: [
            g * min(1, c / _norm(grads) ** 2) for g in grads
        ],
    },
)


def _residual(factor: Callable[[float, float], float], step: Callable[[float, float], float]) -> Callable[..., float]:
    """Return the product over the layers of factor(w, y), with y ← step(y, change)."""

    def slope(x: float, w: np.ndarray, b: np.ndarray) -> float:
        y, product = x, 1.0
        for weight, bias in zip(w, b, strict=True):
            change = float(np.tanh(weight * y + bias))
            product, y = product * factor(weight, change), step(y, change)
        return product

    return slope


def _draw_chain(rng: np.random.Generator) -> tuple[float, np.ndarray, np.ndarray]:
    layers = rng.integers(2, 8)
    return float(rng.normal()), rng.normal(size=layers), rng.normal(size=layers)


residual_slope = Exercise(
    "residual_slope",
    "return the product over the layers of 1 + w(1 − tanh²(w y + b)), each at its own y",
    reference=_residual(lambda w, change: 1 + w * (1 - change**2), lambda y, change: y + change),
    draw=_draw_chain,
    mistakes={
        "the shortcut is missing in the slope: each factor is 1 + w f′(a)": _residual(
            lambda w, change: w * (1 - change**2), lambda y, change: y + change
        ),
        "the shortcut is missing in the values: yˡ = yˡ⁻¹ + tanh(…), and f′ belongs to this y": _residual(
            lambda w, change: 1 + w * (1 - change**2), lambda y, change: change
        ),
        "the weight is missing: each factor is 1 + w f′(a)": _residual(
            lambda w, change: 2 - change**2, lambda y, change: y + change
        ),
        "the slope of tanh is 1 − tanh², not tanh(1 − tanh)": _residual(
            lambda w, change: 1 + w * change * (1 - change), lambda y, change: y + change
        ),
    },
)


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


forget_bias = Exercise(
    "forget_bias",
    "solve σ(b)^steps = share for b: first the gate f, the steps-th root of share, then the b with σ(b) = f",
    reference=lambda steps, share: _logit(share ** (1 / steps)),
    draw=lambda rng: (int(rng.integers(2, 500)), float(rng.uniform(0.05, 0.95))),
    mistakes={
        "this is the gate f itself; asked for is the bias b with σ(b) = f": lambda steps, share: share ** (1 / steps),
        "the share is to be left after all steps, not after each: take the root first": lambda steps, share: _logit(
            share
        ),
        "the sign is wrong: σ(b) = f gives b = log(f/(1 − f)), positive for an open gate": lambda steps, share: (
            -_logit(share ** (1 / steps))
        ),
        "the root is the power 1/steps; dividing by steps does not undo a product": lambda steps, share: _logit(
            share / steps
        ),
    },
)


def _draw_gradient(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.normal(size=rng.integers(2, 9)) * 10 ** rng.uniform(-2, 2),)


value_cosine = Exercise(
    "value_cosine",
    "what is left of g is c·sign(g): return gᵀ sign(g) / (‖g‖ ‖sign(g)‖)",
    reference=lambda g: np.sum(np.abs(g)) / np.linalg.norm(g) / np.sqrt(len(g)),
    draw=_draw_gradient,
    mistakes={
        "the signs of n entries have the norm √n: divide by it, too": lambda g: np.sum(np.abs(g)) / np.linalg.norm(g),
        "this is the angle; its cosine is asked for": lambda g: np.arccos(
            np.clip(np.sum(np.abs(g)) / np.linalg.norm(g) / np.sqrt(len(g)), -1, 1)
        ),
        "clipping keeps the signs: gᵀ sign(g) is the sum of the |gⱼ|, not of the gⱼ": lambda g: (
            np.sum(g) / np.linalg.norm(g) / np.sqrt(len(g))
        ),
        "the norm of the signs is √n, not n": lambda g: np.sum(np.abs(g)) / np.linalg.norm(g) / len(g),
    },
)


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def _lstm(order: str = "ifgo", old_cell: bool = False, bounded: bool = True, write: bool = True) -> Callable[..., Any]:
    """Return a step of an LSTM, or of one with a mistake."""

    def step(
        x: np.ndarray, h: np.ndarray, c: np.ndarray, W_x: np.ndarray, W_h: np.ndarray, b: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        a = dict(zip(order, np.split(x @ W_x.T + h @ W_h.T + b, 4, axis=1), strict=True))
        new = _sigmoid(a["f"]) * c + (_sigmoid(a["i"]) if write else 1) * np.tanh(a["g"])
        shown = c if old_cell else new
        return _sigmoid(a["o"]) * (np.tanh(shown) if bounded else shown), new

    return step


def _draw_step(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    N, d, H = rng.integers(2, 5, size=3)
    shapes = ((N, d), (N, H), (N, H), (4 * H, d), (4 * H, H), (4 * H,))
    return tuple(rng.normal(size=shape) for shape in shapes)


lstm_step = Exercise(
    "lstm_step",
    "return h and c after one step: c ← σ(a_f) ⊙ c + σ(a_i) ⊙ tanh(a_g), then h = σ(a_o) ⊙ tanh(c), with"
    " (a_i, a_f, a_g, a_o) = x W_xᵀ + h W_hᵀ + b",
    reference=_lstm(),
    draw=_draw_step,
    mistakes={
        "the output shows the old cell: compute h from the new c": _lstm(old_cell=True),
        "the cell is shown through tanh: h = σ(a_o) ⊙ tanh(c)": _lstm(bounded=False),
        "the input gate is missing: what enters the cell is σ(a_i) ⊙ tanh(a_g)": _lstm(write=False),
        "the rows come in the order i, f, g, o; you have taken the output gate third": _lstm(order="ifog"),
        "the rows come in the order i, f, g, o; you have exchanged input and forget gate": _lstm(order="figo"),
        "the order of the results is h, then c": lambda *args: _lstm()(*args)[::-1],
    },
)
