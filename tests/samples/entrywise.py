"""Samples of arithmetic, functions of one number, and transfer functions."""

import math

import numpy as np

from .entry import entry, of
from .inputs import COLUMN, CUBE, EMPTY, ONE, ROW, SCALAR, X, Y, inside, normal, positive

PAIRS = (of(X, Y), of(X, ROW), of(COLUMN, ROW), of(X, ONE), of(SCALAR, X), of(EMPTY, ROW))
MIXED = (of(X, 2.0), of(2, X), of(X, 3))
ANY = (of(X), of(X[:, ::2]), of(SCALAR), of(ONE), of(EMPTY))
P, Q = positive(2, 3), positive(2, 3)
POSITIVE = (of(P), of(P.T), of(positive()), of(positive(1)), of(EMPTY))
U = inside(2, 3)
INSIDE = (of(U), of(U[::-1]), of(inside()), of(EMPTY))
TIES = of(np.array([1.0, 1.0, 2.0, -3.0]), np.array([1.0, 2.0, 2.0, -3.0]), smooth=False)
HUGE = of(np.array([-1000.0, -745.0, -88.0, -1.0, 0.0, 1.0, 88.0, 745.0, 1000.0]), smooth=False)
KINK = of(np.array([-2.0, 0.0, 3.0]), smooth=False)
TRUTH = X > 0

entry("add", lambda a, b: a + b, *PAIRS, *MIXED)
entry("subtract", lambda a, b: a - b, *PAIRS, *MIXED)
entry("multiply", lambda a, b: a * b, *PAIRS, *MIXED)
entry("divide", lambda a, b: a / b, *PAIRS, *MIXED)
entry("negative", lambda x: 0 - x, *ANY)
entry("reciprocal", lambda x: x**-1.0, *ANY)
entry("square", lambda x: x * x, *ANY, of(np.zeros(2)))
entry("sqrt", lambda x: x**0.5, *POSITIVE)
entry("absolute", lambda x: np.where(x < 0, -x, x), *ANY, KINK)
entry("power", lambda a, b: np.power(a, b), of(P, Y), of(P, ROW), of(P, ONE), of(ROW**2, COLUMN), of(X, 2), of(X, 3),
      of(X, 1), of(X, 0), of(X, -1), of(P, 0.5), of(P, -1.5), of(2.0, X), of(P, np.array([2.0, 0.0, 3.0])),
      of(EMPTY, 2), of(np.array([0.0, 0.0, 2.0]), 0, smooth=False), of(np.zeros(2), 2), of(np.zeros(2), 1),
      of(np.array([0.0, 0.0, 0.0, 2.0]), np.array([0.0, 1.0, 2.0, 0.0]), smooth=False))  # fmt: skip
entry("maximum", lambda a, b: np.where(a > b, a, b), *PAIRS, *MIXED, TIES)
entry("minimum", lambda a, b: np.where(a < b, a, b), *PAIRS, *MIXED, TIES)
entry("clip", lambda x, low=None, high=None: np.minimum(np.maximum(x, -np.inf if low is None else low),
                                                       np.inf if high is None else high),
      of(X, -0.5, 0.5), of(X, low=0), of(X, high=0.25), of(EMPTY, 0, 1),
      of(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]), 0, 1, smooth=False))  # fmt: skip
entry("where", lambda c, a, b: c * a + (1 - c) * b, of(TRUTH, X, Y), of(TRUTH, X, 0), of(TRUTH, 1.0, ROW),
      of(TRUTH[0], COLUMN, ROW), of(np.array(True), X, ONE))  # fmt: skip
for name, compare in {
    "greater": lambda a, b: a - b > 0,
    "greater_equal": lambda a, b: ~(a < b),
    "less": lambda a, b: b - a > 0,
    "less_equal": lambda a, b: ~(a > b),
    "equal": lambda a, b: (a - b) == 0,
    "not_equal": lambda a, b: (a - b) != 0,
    "logical_and": lambda a, b: (a != 0) & (b != 0),
    "logical_or": lambda a, b: (a != 0) | (b != 0),
}.items():
    entry(name, compare, of(X, Y), of(X, 0), of(COLUMN, ROW), of(EMPTY, ROW), TIES)
SPECIAL = of(np.array([np.nan, np.inf, -np.inf, 0.0, 1.5, -2.5, 3.5]), smooth=False)
entry("logical_not", lambda x: x == 0, of(X), of(np.array([0.0, 1.0])), of(EMPTY))
entry("isnan", lambda x: x != x, of(X), SPECIAL)
entry("isfinite", lambda x: np.abs(x) < np.inf, of(X), SPECIAL)
entry("sign", lambda x: (x > 0) * 1.0 - (x < 0), *ANY, KINK)
entry("floor", lambda x: -np.ceil(-x), *ANY, KINK)
entry("ceil", lambda x: -np.floor(-x), *ANY, KINK)
entry("rint", lambda x: np.round(x), *ANY, of(np.array([0.5, 1.5, -2.5]), smooth=False))

entry("exp", lambda x: math.e**x, *ANY)
entry("expm1", lambda x: np.exp(x) - 1, *ANY, of(np.array([1e-12])))
entry("log", lambda x: np.log2(x) * math.log(2), *POSITIVE)
entry("log1p", lambda x: np.log(1 + x), *POSITIVE)
entry("log2", lambda x: np.log(x) / math.log(2), *POSITIVE)
entry("log10", lambda x: np.log(x) / math.log(10), *POSITIVE)
entry("logaddexp", lambda a, b: np.maximum(a, b) + np.log(1 + np.exp(-np.abs(a - b))), *PAIRS, *MIXED,
      of(np.array([1000.0, -1000.0, 0.0]), np.array([0.0, -1000.0, 1000.0]), smooth=False))  # fmt: skip
entry("sin", lambda x: np.cos(x - math.pi / 2), *ANY)
entry("cos", lambda x: np.sin(x + math.pi / 2), *ANY)
entry("tan", lambda x: np.sin(x) / np.cos(x), *INSIDE)
entry("arcsin", lambda x: np.arctan2(x, np.sqrt(1 - x * x)), *INSIDE)
entry("arccos", lambda x: np.arctan2(np.sqrt(1 - x * x), x), *INSIDE)
entry("arctan", lambda x: np.arcsin(x / np.sqrt(1 + x * x)), *ANY)
entry("arctan2", lambda a, b: np.angle(b + 1j * a), *PAIRS)
entry("sinh", lambda x: (np.exp(x) - np.exp(-x)) / 2, *ANY)
entry("cosh", lambda x: (np.exp(x) + np.exp(-x)) / 2, *ANY)
entry("tanh", lambda x: 1 - 2 / (np.exp(2 * np.clip(x, -300, 300)) + 1), *ANY, HUGE)
entry("arctanh", lambda x: 0.5 * np.log((1 + x) / (1 - x)), *INSIDE)
erf = np.vectorize(math.erf, otypes=[float])
entry("erf", erf, *ANY, of(np.array([-7.0, -4.1, -3.9, -0.51, -0.49, 0.0, 1e-9, 0.49, 0.51, 3.9, 4.1, 7.0])))


def logistic(x):
    """Return 1/(1 + e⁻ˣ), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def gelu(x, approximate="none"):
    """Return the Gaussian error linear unit."""
    if approximate == "none":
        return x * (0.5 + 0.5 * erf(x / math.sqrt(2)))
    return x * logistic(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


entry("relu", lambda x: x * (x > 0), *ANY, KINK)
entry("leaky_relu", lambda x, negative_slope=0.01: np.where(x < 0, negative_slope, 1) * x, *ANY, KINK,
      of(X, 0.2), of(X, negative_slope=0.0))  # fmt: skip
entry("elu", lambda x, alpha=1.0: np.where(x < 0, alpha * (np.exp(np.minimum(x, 0)) - 1), x), *ANY, of(X, 0.5),
      of(np.array([-1000.0, 0.0, 1000.0]), smooth=False))  # fmt: skip
entry("selu", lambda x: 1.0507009873554805 * np.where(x < 0, 1.6732632423543772 * (np.exp(np.minimum(x, 0)) - 1), x),
      *ANY, of(np.array([-1000.0, 0.0, 1000.0]), smooth=False))  # fmt: skip
CHANNELS = normal(2, 3, 2)
entry("prelu", lambda x, w: np.where(x < 0, np.reshape(w, (-1, *[1] * (x.ndim - 2))) if w.size > 1 else w, 1) * x,
      of(X, positive(3)), of(CHANNELS, positive(3)), of(VECTOR := normal(4), positive(1)), of(X, positive(1)),
      of(np.array([-2.0, 0.0, 3.0]), positive(1), smooth=False))  # fmt: skip
entry("sigmoid", logistic, *ANY, HUGE)
entry("softplus", lambda x: np.maximum(x, 0) + np.log(1 + np.exp(-np.abs(x))), *ANY, HUGE)
entry("log_sigmoid", lambda x: np.minimum(x, 0) - np.log(1 + np.exp(-np.abs(x))), *ANY, HUGE)
entry("silu", lambda x: x * logistic(x), *ANY, HUGE)
entry("gelu", gelu, *ANY, of(X, "tanh"), of(X, approximate="tanh"), of(np.array([-50.0, 0.0, 50.0]), smooth=False))


def dropped(x, p=0.5, training=True, inverted=True, rng=0):
    """Drop by 16 random bits an entry, read from the generator's bytes."""
    if not training:
        return x if inverted else (1 - p) * x
    bits = np.frombuffer(np.random.default_rng(rng).bytes(2 * x.size + 6 & ~7), "<u2")[: x.size]
    scale = 1 / (1 - p) if inverted and p < 1 else 1
    return x * scale * (bits / 65536 >= p - 1e-5).reshape(x.shape)


entry("dropout", dropped, *[of(*a, rng=3) for a in ((X,), (X, 0.2), (X, 0.5, True, False), (CUBE, 0.9), (SCALAR,))],
      of(X.T, 0.3, rng=4), of(X, 0.0, rng=3), of(X, 0.0, inverted=False, rng=3), of(X, 1.0, rng=3, smooth=False),
      of(X, 0.3, False), of(X, 0.3, training=False, inverted=False), of(EMPTY, rng=3))  # fmt: skip
