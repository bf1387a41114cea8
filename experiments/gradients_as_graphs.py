"""Measure, over 40 seeds, what the notebook backprop/gradients-as-graphs claims about difference quotients.

usage: python experiments/gradients_as_graphs.py   (writes gradients_as_graphs.json beside this file, about a minute)

A seed draws the weights of a small network and 30 directions. A quotient's error is the root mean square over the
directions, relative to that of the slopes. A band runs from 2 standard deviations below the smallest value over the
seeds to 2 above the largest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bands import save

import pydl

SEEDS = range(40)
DIRECTIONS = 30
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0.0, 1.0, 1.0, 0.0])
STEPS = 2.0 ** np.arange(-52, 1)  # powers of two: h itself is not rounded

Along = Callable[[float], float]


def forward(f: Along, h: float) -> float:
    """Return the forward difference quotient."""
    return (f(h) - f(0.0)) / h


def central(f: Along, h: float) -> float:
    """Return the central difference quotient."""
    return (f(h) - f(-h)) / (2 * h)


def richardson(f: Along, h: float) -> float:
    """Return two central differences, combined so that their errors in h² cancel."""
    return (4 * central(f, h / 2) - central(f, h)) / 3


def complex_step(f: Along, h: float) -> float:
    """Return the imaginary part after an imaginary step."""
    return f(1j * h).imag / h


def loss(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """Return the mean loss of the network with two inputs, three hidden units and one output."""
    W1, b1, w2, b2 = theta[:6].reshape(3, 2), theta[6:9], theta[9:12], theta[12]
    y_hat = pydl.tanh(X @ W1.T + b1) @ w2 + b2
    return 0.5 * ((y - y_hat) ** 2).mean()  # type: ignore[no-any-return]


def errors(quotient: Callable[[Along, float], float], theta: np.ndarray, V: np.ndarray, dtype: str) -> np.ndarray:
    """Return the relative error of a quotient for each step."""
    exact = V @ pydl.grad(loss)(theta, X, y)
    data, theta, V = (X.astype(dtype), y.astype(dtype)), theta.astype(dtype), V.astype(dtype)
    found = [[quotient(lambda s, v=v: loss(theta + dtyped(s, dtype) * v, *data), h) for v in V] for h in STEPS]
    return np.sqrt(np.mean((np.array(found, float) - exact) ** 2, axis=1) / np.mean(exact**2))


def dtyped(s: float | complex, dtype: str) -> np.generic | complex:
    """Return a step as a number that does not widen float32."""
    return s if isinstance(s, complex) else np.dtype(dtype).type(s)


def slope(error: np.ndarray, low: int, high: int) -> float:
    """Return the exponent of h in the error between the steps 2^low and 2^high."""
    window = (2.0**low <= STEPS) & (2.0**high >= STEPS)
    return float(np.polyfit(np.log(STEPS[window]), np.log(error[window]), 1)[0])


def one_seed(seed: int) -> dict[str, float]:
    """Return all that depends on the seed."""
    rng = np.random.default_rng(seed)
    theta, V = rng.standard_normal(13), rng.standard_normal((DIRECTIONS, 13))
    V /= np.linalg.norm(V, axis=1, keepdims=True)
    of = {f.__name__: errors(f, theta, V, "float64") for f in (forward, central, richardson, complex_step)}
    single = errors(central, theta, V, "float32")
    return {
        "order of the forward difference": slope(of["forward"], -20, -6),
        "order of the central difference": slope(of["central"], -12, -4),
        "order after extrapolation": slope(of["richardson"], -6, -3),
        "slope of the rounding floor": slope(of["forward"], -50, -35),
        "best step of the forward difference, power of two": float(np.log2(STEPS[np.argmin(of["forward"])])),
        "best step of the central difference, power of two": float(np.log2(STEPS[np.argmin(of["central"])])),
        "best error of the central difference, power of ten": float(np.log10(np.min(of["central"]))),
        "best error of the central difference in float32, power of ten": float(np.log10(np.min(single))),
        "error of the complex step": float(of["complex_step"][0]),
    }


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    runs = [one_seed(seed) for seed in SEEDS]
    quantities = save(
        __file__,
        "backprop/gradients-as-graphs",
        SEEDS,
        runs,
        margin=2,
        possible={"error of the complex step": (0.0, 1.0)},
        directions=DIRECTIONS,
    )
    for name, quantity in quantities.items():
        print(f"{name}: mean {quantity['mean']:.3g}, band {quantity['band']}")


if __name__ == "__main__":
    main()
