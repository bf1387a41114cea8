"""Exercises of backprop/reverse-mode: rules that pull adjoints back, a tape to repair, and the price of checkpoints."""

from __future__ import annotations

import numpy as np

from pydl.check.exercise import Exercise

__all__ = ["adjoints", "halving_evaluations", "layer_pull", "softmax_pull", "softplus_pull"]


def _draw_softplus(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    g, x = rng.normal(0, 2, (2, rng.integers(2, 6)))
    return g, np.logaddexp(0, x), x


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


softplus_pull = Exercise(
    "softplus_pull",
    "return the adjoint of x for y = log(1 + eˣ): the adjoint g of y times dy/dx",
    reference=lambda g, y, x: g * _sigmoid(x),
    draw=_draw_softplus,
    mistakes={
        "this is dy/dx alone; the chain rule multiplies it with g, the adjoint of y": lambda g, y, x: _sigmoid(x),
        "this is the inner derivative eˣ times g; that of the logarithm, 1/(1 + eˣ), is missing": lambda g, y, x: (
            g * np.exp(x)
        ),
        "this is the outer derivative 1/(1 + eˣ) times g; the inner one, eˣ, is missing": lambda g, y, x: (
            g * _sigmoid(-x)
        ),
        "the sigmoid is to be taken of the argument x, not of the result y": lambda g, y, x: g * _sigmoid(y),
    },
)


def _draw_layer(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    N, d, k = rng.integers(2, 6, 3)
    return rng.normal(size=(N, k)), rng.normal(size=(N, d)), rng.normal(size=(k, d))


layer_pull = Exercise(
    "layer_pull",
    "return the adjoints of X, W and b for Y = XWᵀ + b, of their shapes: N × d, k × d and k",
    reference=lambda G, X, W: (G @ W, G.T @ X, G.sum(axis=0)),
    draw=_draw_layer,
    mistakes={
        "the third value is G itself: but b was added to every row, so it receives their sum": lambda G, X, W: (
            G @ W,
            G.T @ X,
            G,
        ),
        "the third value is a mean over the rows: each copy of b counts in full, so add them up": lambda G, X, W: (
            G @ W,
            G.T @ X,
            G.mean(axis=0),
        ),
        "the second value is the adjoint of Wᵀ: transpose it": lambda G, X, W: (G @ W, X.T @ G, G.sum(axis=0)),
        "W and X have changed places: return the adjoints of X, W and b": lambda G, X, W: (
            G.T @ X,
            G @ W,
            G.sum(axis=0),
        ),
    },
)


def _draw_softmax(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    shape = rng.integers(2, 6), rng.integers(2, 6)
    E = np.exp(rng.normal(size=shape))
    return rng.normal(size=shape), E / E.sum(axis=1, keepdims=True)


softmax_pull = Exercise(
    "softmax_pull",
    "return Z̄ with z̄ⱼ = Σ_c ȳ_c y_c (δ_cj − yⱼ) in each row, where ȳ is a row of G",
    reference=lambda G, Y: Y * (G - (G * Y).sum(axis=1, keepdims=True)),
    draw=_draw_softmax,
    mistakes={
        "you use the diagonal of the Jacobian only: each score moves the other probabilities, too": lambda G, Y: (
            G * Y * (1 - Y)
        ),
        "the sum runs over all entries, but each row is a softmax of its own: sum along axis=1": lambda G, Y: (
            Y * (G - (G * Y).sum())
        ),
        "a factor yⱼ is missing before the bracket": lambda G, Y: G - (G * Y).sum(axis=1, keepdims=True),
        "the inner sum is over ȳ_c y_c, not over ȳ_c alone": lambda G, Y: Y * (G - G.sum(axis=1, keepdims=True)),
        "ŷ − y is the gradient of softmax and cross entropy together; here G is any adjoint": lambda G, Y: Y - G,
    },
)


def _walk(D: np.ndarray, backward: bool, add: bool) -> np.ndarray:
    u_bar = np.zeros(len(D))
    u_bar[-1] = 1.0
    for j in range(len(D))[:: -1 if backward else 1]:
        for i in np.flatnonzero(D[j]):
            u_bar[i] = u_bar[j] * D[j, i] + (u_bar[i] if add else 0)
    return u_bar


def _draw_graph(rng: np.random.Generator) -> tuple[np.ndarray]:
    n = rng.integers(5, 9)
    D = np.tril(rng.normal(size=(n, n)) * (rng.uniform(size=(n, n)) < 0.6), -1)
    D[np.arange(1, n), np.arange(n - 1)] = rng.normal(size=n - 1)  # everything leads to the last result
    return (D,)


adjoints = Exercise(
    "adjoints",
    "return ūᵢ = Σⱼ ūⱼ D[j, i] for all i, with 1 for the last. Two things must change: the order in which the results"
    " are visited, and what happens when a second adjoint arrives",
    reference=lambda D: _walk(D, backward=True, add=True),
    draw=_draw_graph,
    mistakes={
        "only the direct derivatives of the last result are here: the walk begins at the first, whose adjoint is not"
        " known yet. Begin at the last, and look at what happens to a second arrival": lambda D: _walk(
            D, backward=False, add=False
        ),
        "the order is right now, but a later arrival overwrites an earlier one: add it": lambda D: _walk(
            D, backward=True, add=False
        ),
        "this is forward mode: how all results move when the first one does": lambda D: _walk(
            D[::-1, ::-1].T, backward=True, add=True
        )[::-1],
    },
)


def _evaluations(L: int, one: int = 1, up: int = 0) -> int:
    if L == 1:
        return one
    first = (L + up) // 2
    return first + _evaluations(L - first, one, up) + _evaluations(first, one, up)


halving_evaluations = Exercise(
    "halving_evaluations",
    "return E(L): E(1) = 1, and otherwise ⌊L/2⌋ for the first part, plus E of the second part, plus E of the first",
    reference=_evaluations,
    draw=lambda rng: (int(rng.integers(1, 300)),),
    mistakes={
        "these are the evaluations of a record of everything; each halving runs the first part once more": lambda L: L,
        "a single layer is not free: it is computed once more, with a record, before its pull": lambda L: _evaluations(
            L, one=0
        ),
        "this halves once only: both parts are halved again, until a single layer is left": lambda L: (
            L + L // 2 if L > 1 else 1
        ),
        "the first part has ⌊L/2⌋ layers, rounded down": lambda L: _evaluations(L, up=1),
    },
)
