"""Measure what the notebook backprop/reverse-mode claims about training, and time what it counts.

usage: python experiments/reverse_mode.py        (writes reverse_mode.json beside this file, about one minute)

Each seed draws its own spiral and its own weights. A quantity's band is [min − sd, max + sd] over the seeds, cut at
what is possible and rounded outward to three significant digits. Times are taken by turns; each ratio is that of the
medians over the rounds, on one thread.
"""

from __future__ import annotations

import functools
import os
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from bands import save

import pydl
from pydl import nn, optim

SEEDS, ROUNDS = range(40), 41
N, HIDDEN, STEPS, LR = 240, 32, 3000, 1.0
INPUTS, OUTPUTS, UNITS = (1, 4, 16, 64, 256), 16, 1024
DEPTH, SEGMENTS, SAMPLES, WIDTH = 64, 8, 100, 64
POSSIBLE = {"training error": (0.0, 1.0), "loss at the end": (0.0, np.inf)}


def train(seed: int) -> dict[str, float]:
    """Train the notebook's network on one spiral, by the same steps."""
    X, y = pydl.data.spirals(N, classes=3, rng=seed)
    Y = pydl.data.one_hot(y, classes=3).astype(np.float64)
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(0, 3, (HIDDEN, 2)), rng.normal(0, 1, HIDDEN)
    theta = [W1, b1, rng.normal(0, HIDDEN**-0.5, (3, HIDDEN)), np.zeros(3)]

    def J(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        Z = pydl.tanh(X @ W1.T + b1) @ W2.T + b2
        return (pydl.log(pydl.exp(Z).sum(axis=1)).sum() - (Y * Z).sum()) * (1 / N)

    both = pydl.value_and_grad(J, (0, 1, 2, 3))
    for _ in range(STEPS):
        loss, grads = both(*theta)
        theta = [w - LR * g for w, g in zip(theta, grads, strict=True)]
    W1, b1, W2, b2 = theta
    wrong = (np.tanh(X @ W1.T + b1) @ W2.T + b2).argmax(axis=1) != y
    return {"training error": float(wrong.mean()), "loss at the end": float(loss)}


def medians(runs: list[Callable[[], object]], rounds: int = ROUNDS) -> np.ndarray:
    """Return the median time of each, taken by turns, after one turn that does not count."""
    times = np.empty((rounds + 1, len(runs)))
    for row in times:
        for i, run in enumerate(runs):
            began = time.thread_time()
            run()
            row[i] = time.thread_time() - began
    return np.median(times[1:], axis=0)


def gradient_over_value(rng: np.random.Generator) -> float:
    """Return the time of value and gradient of the network with 269,322 weights, in times of its value."""
    images, labels = rng.standard_normal((100, 784)), rng.integers(0, 10, 100)
    model = nn.Sequential(
        nn.Linear(784, 256, activation="tanh"), nn.Linear(256, 256, activation="tanh"), nn.Linear(256, 10)
    )
    loss, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1)

    def value() -> None:
        with pydl.no_grad():
            loss(model(images), labels)

    def both() -> None:
        optimizer.zero_grad()
        loss(model(images), labels).backward()

    value_time, both_time = medians([value, both])
    return float(both_time / value_time)


def forward_over_reverse(n: int, rng: np.random.Generator) -> dict[str, float]:
    """Return what the Jacobian of a network costs by forward mode, in units of reverse mode: counted and timed."""
    U, V = rng.standard_normal((UNITS, n)) / n, rng.standard_normal((OUTPUTS, UNITS)) / UNITS
    x = rng.standard_normal(n)

    def f(x: Any) -> Any:
        return pydl.tanh(V @ pydl.tanh(U @ x))

    cost = pydl.profile(f, x)
    modes = [functools.partial(pydl.jacobian(f, mode=mode), x) for mode in ("forward", "reverse")]
    forward, reverse = medians(modes)
    return {
        "counted": cost.jacobian_ops("forward") / cost.jacobian_ops("reverse"),
        "timed": float(forward / reverse),
    }


def checkpoints_over_plain(rng: np.random.Generator) -> float:
    """Return the time of a gradient with eight checkpoints through 64 layers, in times of one without."""
    x, W = rng.standard_normal((SAMPLES, WIDTH)), rng.standard_normal((WIDTH, WIDTH)) / np.sqrt(WIDTH)

    def layers(x: Any, W: Any, L: int = DEPTH) -> Any:
        for _ in range(L):
            x = pydl.tanh(x @ W.T)
        return x

    def checkpointed() -> tuple[Any, Any]:
        segment = functools.partial(layers, L=DEPTH // SEGMENTS)
        y, kept = x, []
        for _ in range(SEGMENTS):
            kept.append(y)
            y = segment(y, W)
        y_bar, W_bar = np.ones_like(y), 0
        while kept:
            y_bar, share = pydl.vjp(segment, kept.pop(), W)[1](y_bar)
            W_bar = W_bar + share
        return y_bar, W_bar

    plain = pydl.grad(lambda x, W: layers(x, W).sum(), (0, 1))
    with_them, without = medians([checkpointed, lambda: plain(x, W)])
    return float(with_them / without)


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    pydl.set_default_device("cpu")
    pydl.set_default_dtype("float64")
    rng = np.random.default_rng(0)
    times = {
        "value and gradient over value": gradient_over_value(rng),
        "checkpoints over plain": checkpoints_over_plain(rng),
        "forward over reverse": {str(n): forward_over_reverse(n, rng) for n in INPUTS},
    }
    print(times)
    quantities = save(
        __file__,
        "backprop/reverse-mode",
        SEEDS,
        [train(seed) for seed in SEEDS],
        margin=1,
        possible=POSSIBLE,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, one thread",
        recipe={"N": N, "hidden": HIDDEN, "steps": STEPS, "lr": LR},
        rounds=ROUNDS,
        times=times,
    )
    for name, found in quantities.items():
        print(f"{name}: {found}")


if __name__ == "__main__":
    main()
