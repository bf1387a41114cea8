"""Samples of recurrent layers: whole sequences in one op."""

import numpy as np

from .entry import entry, of
from .entrywise import logistic
from .inputs import inside

TRANSFER = {"tanh": np.tanh, "relu": lambda a: a * (a > 0)}


def rnn(x, h, weight, nonlinearity="tanh"):
    """Return all states, step by step and sample by sample."""
    y = np.zeros(x.shape)
    for n in range(x.shape[1]):
        state = h[n]
        for t in range(len(x)):
            y[t, n] = state = TRANSFER[nonlinearity](weight @ state + x[t, n])
    return y


def lstm(x, h, c, weight):
    """Return all outputs and all cells, step by step and sample by sample."""
    y = np.zeros((2, *x.shape[:2], h.shape[1]))
    for n in range(x.shape[1]):
        out, cell = h[n], c[n]
        for t in range(len(x)):
            a_i, a_f, a_g, a_o = (weight @ out + x[t, n]).reshape(4, -1)
            y[1, t, n] = cell = logistic(a_f) * cell + logistic(a_i) * np.tanh(a_g)
            y[0, t, n] = out = logistic(a_o) * np.tanh(cell)
    return y


def gru(x, h, weight, bias=None):
    """Return all states, step by step and sample by sample."""
    y = np.zeros((*x.shape[:2], h.shape[1]))
    for n in range(x.shape[1]):
        state = h[n]
        for t in range(len(x)):
            q_r, q_z, q_n = (weight @ state + (0 if bias is None else bias)).reshape(3, -1)
            x_r, x_z, x_n = x[t, n].reshape(3, -1)
            candidate = np.tanh(x_n + logistic(x_r + q_r) * q_n)
            share = logistic(x_z + q_z)
            y[t, n] = state = (1 - share) * candidate + share * state
    return y


def sizes(blocks):
    """Yield (x, h, W) for several steps and samples, for one of each, and for no sample."""
    for steps, samples, units in ((4, 3, 2), (1, 1, 1), (2, 0, 3)):
        yield (inside(steps, samples, blocks * units), inside(samples, units), inside(blocks * units, units))


# far from the kink: pre-activations of ±1 and a weight that moves them by less
SIGNS = np.where(inside(3, 2, 3) > 0, 1.0, -1.0)
entry("rnn", rnn, *[of(*s) for s in sizes(1)], of(SIGNS, np.full((2, 3), 0.5), inside(3, 3) / 10, "relu"),
      of(SIGNS, inside(2, 3), inside(3, 3), nonlinearity="tanh"))  # fmt: skip
entry("lstm", lstm, *[of(x, h, inside(*h.shape), w) for x, h, w in sizes(4)],
      of(400 * SIGNS[:, :, [0, 1, 2, 0]], inside(2, 1), inside(2, 1), inside(4, 1), smooth=False))  # fmt: skip
entry("gru", gru, *[of(x, h, w, inside(len(w))) for x, h, w in sizes(3)], *[of(*s) for s in sizes(3)],
      of(400 * SIGNS, inside(2, 1), inside(3, 1), bias=None, smooth=False))  # fmt: skip
