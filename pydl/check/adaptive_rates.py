"""Exercises of optimizers/adaptive-rates: effective rates, bias correction, Adam, AdamW, a step's unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["adadelta_step", "adam_step", "adamw_step", "corrected_mean", "effective_rates"]


def _draw_history(rng: np.random.Generator) -> tuple[np.ndarray, float, float]:
    G = rng.normal(size=(rng.integers(3, 9), rng.integers(2, 5))) * np.exp(rng.normal(size=1))
    return G, float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.1, 0.5))


effective_rates = Exercise(
    "effective_rates",
    "return Adagrad's effective rate of each weight after the gradients in the rows of G, with the rate lr and δ",
    reference=lambda G, lr, delta: lr / (np.sqrt((G**2).sum(axis=0)) + delta),
    draw=_draw_history,
    mistakes={
        "you take the mean of the squares; Adagrad takes their sum, which only grows": lambda G, lr, delta: (
            lr / (np.sqrt((G**2).mean(axis=0)) + delta)
        ),
        "the root is missing: without it the rate has the wrong unit": lambda G, lr, delta: (
            lr / ((G**2).sum(axis=0) + delta)
        ),
        "δ stands under the root; in Adagrad it is added to the root": lambda G, lr, delta: (
            lr / np.sqrt((G**2).sum(axis=0) + delta)
        ),
        "you square the sum; gradients of both signs must not cancel: sum the squares": lambda G, lr, delta: (
            lr / (np.abs(G.sum(axis=0)) + delta)
        ),
        "you sum over the weights; each weight has the sum of its own column": lambda G, lr, delta: (
            lr / (np.sqrt((G**2).sum(axis=1)) + delta)
        ),
    },
)


def _running_mean(G: np.ndarray, beta: float) -> Any:
    m = np.zeros(G.shape[1])
    for g in G:
        m = beta * m + (1 - beta) * g
    return m


def _draw_stream(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    return 1 + rng.normal(size=(rng.integers(3, 9), rng.integers(2, 5))), float(rng.uniform(0.5, 0.9))


corrected_mean = Exercise(
    "corrected_mean",
    "return Adam's m̂ after the gradients in the rows of G: the running mean with β₁ from m = 0, bias-corrected",
    reference=lambda G, beta: _running_mean(G, beta) / (1 - beta ** len(G)),
    draw=_draw_stream,
    mistakes={
        "this is m, still biased towards the 0 it started from: divide by what its weights sum to": _running_mean,
        "you divide by 1 − β₁ at every step; the missing share β₁ᵗ shrinks with the step t": lambda G, beta: (
            _running_mean(G, beta) / (1 - beta)
        ),
        "t counts from 1: after T gradients the exponent is T, not T − 1": lambda G, beta: (
            _running_mean(G, beta) / (1 - beta ** (len(G) - 1))
        ),
        "all gradients count alike here; in a running mean the older ones fade": lambda G, beta: G.mean(axis=0),
    },
)


def _draw_adam(rng: np.random.Generator) -> tuple[Any, ...]:
    n = int(rng.integers(2, 6))
    theta, g, m = rng.normal(size=(3, n))
    return theta, g, m, rng.uniform(0.1, 2, size=n), int(rng.integers(2, 9)), float(rng.uniform(0.1, 1))


def _adam(
    theta: np.ndarray, g: np.ndarray, m: np.ndarray, r: np.ndarray, t: int, lr: float, keep: bool = False
) -> tuple[Any, Any, Any]:
    m, r = 0.9 * m + 0.1 * g, 0.999 * r + 0.001 * g * g
    m_hat, r_hat = m / (1 - 0.9**t), r / (1 - 0.999**t)
    theta = theta - lr * m_hat / (np.sqrt(r_hat) + 1e-8)
    return (theta, m_hat, r_hat) if keep else (theta, m, r)


def _uncorrected(
    theta: np.ndarray, g: np.ndarray, m: np.ndarray, r: np.ndarray, t: int, lr: float
) -> tuple[Any, Any, Any]:
    m, r = 0.9 * m + 0.1 * g, 0.999 * r + 0.001 * g * g
    return theta - lr * m / (np.sqrt(r) + 1e-8), m, r


def _without_root(
    theta: np.ndarray, g: np.ndarray, m: np.ndarray, r: np.ndarray, t: int, lr: float
) -> tuple[Any, Any, Any]:
    _, m, r = _uncorrected(theta, g, m, r, t, lr)
    return theta - lr * m / (1 - 0.9**t) / (r / (1 - 0.999**t) + 1e-8), m, r


adam_step = Exercise(
    "adam_step",
    "return θ, m and r after step t of Adam with the rate lr, β₁ = 0.9, β₂ = 0.999 and δ = 1e-8",
    reference=_adam,
    draw=_draw_adam,
    mistakes={
        "the corrected means replace m and r; correct copies, or the next step corrects them again": (
            lambda theta, g, m, r, t, lr: _adam(theta, g, m, r, t, lr, keep=True)
        ),
        "the bias correction is missing: divide m by 1 − β₁ᵗ and r by 1 − β₂ᵗ": _uncorrected,
        "the root is missing in the denominator": _without_root,
        "you correct with t − 1; t is 1 in the first step": lambda theta, g, m, r, t, lr: _adam(
            theta, g, m, r, t - 1, lr
        ),
        "you step with the new r and the old m; both are updated first": lambda theta, g, m, r, t, lr: (
            theta - lr * m / (1 - 0.9**t) / (np.sqrt((0.999 * r + 0.001 * g * g) / (1 - 0.999**t)) + 1e-8),
            0.9 * m + 0.1 * g,
            0.999 * r + 0.001 * g * g,
        ),
    },
)


def _draw_decay(rng: np.random.Generator) -> tuple[Any, ...]:
    theta, m_hat = rng.normal(size=(2, int(rng.integers(2, 6))))
    return theta, m_hat, rng.uniform(0.1, 2, size=len(theta)), float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.2, 1))


adamw_step = Exercise(
    "adamw_step",
    "return θ after a step of AdamW with the corrected means m̂ and r̂, the rate lr, the decay α and δ = 1e-8",
    reference=lambda theta, m, r, lr, alpha: (1 - lr * alpha) * theta - lr * m / (np.sqrt(r) + 1e-8),
    draw=_draw_decay,
    mistakes={
        "the decay is divided by √r with the rest: take it out of the fraction": lambda theta, m, r, lr, alpha: (
            theta - lr * (m + alpha * theta) / (np.sqrt(r) + 1e-8)
        ),
        "the decay is not multiplied by the rate; it is ε α": lambda theta, m, r, lr, alpha: (
            (1 - alpha) * theta - lr * m / (np.sqrt(r) + 1e-8)
        ),
        "the weight decays after the step here; it is the old θ that shrinks": lambda theta, m, r, lr, alpha: (
            (1 - lr * alpha) * (theta - lr * m / (np.sqrt(r) + 1e-8))
        ),
        "there is no decay at all: this is Adam": lambda theta, m, r, lr, alpha: theta - lr * m / (np.sqrt(r) + 1e-8),
        "the weights grow: the sign of the decay is wrong": lambda theta, m, r, lr, alpha: (
            (1 + lr * alpha) * theta - lr * m / (np.sqrt(r) + 1e-8)
        ),
    },
)


def _draw_adadelta(rng: np.random.Generator) -> tuple[Any, ...]:
    n = int(rng.integers(2, 6))
    r, s = rng.uniform(0.1, 2, size=(2, n))
    return rng.normal(size=n), r, 1e-5 * s, float(rng.uniform(0.5, 0.95))


def _adadelta(
    g: np.ndarray, r: np.ndarray, s: np.ndarray, beta: float, gradient_in_s: bool = False, late: bool = False
) -> tuple[Any, Any, Any]:
    old, r = r, beta * r + (1 - beta) * g * g
    step = np.sqrt(s + 1e-6) / np.sqrt((old if late else r) + 1e-6) * g
    return step, r, beta * s + (1 - beta) * (g * g if gradient_in_s else step * step)


def _early(g: np.ndarray, r: np.ndarray, s: np.ndarray, beta: float) -> tuple[Any, Any, Any]:
    _, r, s = _adadelta(g, r, s, beta)
    return np.sqrt(s + 1e-6) / np.sqrt(r + 1e-6) * g, r, s


adadelta_step = Exercise(
    "adadelta_step",
    "return Adadelta's step Δ, and the new r and s, with δ = 1e-6",
    reference=_adadelta,
    draw=_draw_adadelta,
    mistakes={
        "s is the running mean of squared steps, not of squared gradients": lambda g, r, s, beta: _adadelta(
            g, r, s, beta, gradient_in_s=True
        ),
        "the step must use the new r, which knows the present gradient": lambda g, r, s, beta: _adadelta(
            g, r, s, beta, late=True
        ),
        "s cannot know the present step before it is taken: use the old s in the numerator": _early,
        "δ stands under both roots here, not beside them": lambda g, r, s, beta: (
            (np.sqrt(s) + 1e-6) / (np.sqrt(beta * r + (1 - beta) * g * g) + 1e-6) * g,
            beta * r + (1 - beta) * g * g,
            beta * s + (1 - beta) * ((np.sqrt(s) + 1e-6) / (np.sqrt(beta * r + (1 - beta) * g * g) + 1e-6) * g) ** 2,
        ),
        "the numerator is missing: this step has the unit of RMSProp's, where ε would stand": lambda g, r, s, beta: (
            g / np.sqrt(beta * r + (1 - beta) * g * g + 1e-6),
            beta * r + (1 - beta) * g * g,
            beta * s + (1 - beta) * g * g / (beta * r + (1 - beta) * g * g + 1e-6),
        ),
    },
)
