"""Graphs that the tests of pydl.graphs share."""

import numpy as np

import pydl
from pydl import nn


def course():
    """u₃ = u₁u₂ with u₁ = x₁x₂ and u₂ = x₂ + x₃: two paths lead from x₂."""
    x1, x2, x3 = (pydl.tensor(v, requires_grad=True) for v in (2.0, 3.0, 1.0))
    u1, u2 = x1 * x2, x2 + x3
    u3 = u1 * u2
    return u3, {"x1": x1, "x2": x2, "x3": x3, "u1": u1, "u2": u2, "u3": u3}


def mlp(fused=False):
    """Three layers, with and without the transfer function inside of `linear`."""
    pydl.seed(0)
    tanh = "tanh" if fused else None
    parts = [nn.Linear(4, 8, activation=tanh), nn.Tanh(), nn.Linear(8, 8, activation=tanh), nn.Tanh(), nn.Linear(8, 3)]
    net = nn.Sequential(*[part for part in parts if not (fused and isinstance(part, nn.Tanh))])
    X = np.ones((5, 4), "float32")
    loss = nn.CrossEntropyLoss()(net(X), np.array([0, 1, 2, 0, 1]))
    return loss, {"net": net, "X": X, "J": loss}


def rnn():
    """Three steps with shared weights."""
    pydl.seed(0)
    cell, h = nn.RNNCell(1, 2), pydl.tensor(np.zeros((1, 2), "float32"))
    names = {"": cell, "h0": h}
    for t in range(3):
        x = np.full((1, 1), t + 1, "float32")
        h = cell(x, h)
        names |= {f"x{t + 1}": x, f"h{t + 1}": h}
    return (h * h).sum(), names


def random_graph(seed, size=14):
    """A random expression of four inputs: operations of one or two arguments, some used often, some with numbers."""
    rng = np.random.default_rng(seed)
    values = [pydl.tensor(v, dtype="float64", requires_grad=True) for v in rng.uniform(0.5, 1.5, 4)]
    one = [pydl.sin, pydl.tanh, pydl.exp, lambda a: a * a, lambda a: 2 * a, lambda a: a - 1, pydl.negative]
    two = [pydl.add, pydl.subtract, pydl.multiply]
    for _ in range(size):
        a, b = (values[i] for i in rng.integers(max(len(values) - 6, 0), len(values), 2))
        values.append(one[rng.integers(len(one))](a) if rng.uniform() < 0.5 else two[rng.integers(len(two))](a, b))
    y = values[-1]
    for v in values[-3:-1]:
        y = y + v
    return y


EXAMPLES = {"course": course, "mlp": mlp, "fused": lambda: mlp(True), "rnn": rnn}
