"""Measure an ensemble: 1,000 networks 100-50-10 trained as one, against one after another.

usage: python benchmarks/ensemble.py [samples in a minibatch …]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from pydl import nn, optim

MEMBERS, STEPS, ROUNDS, MINIBATCHES = 1000, 10, 11, (1, 8, 32, 128)


def network() -> nn.Module:
    """Return one of the networks."""
    return nn.Sequential(nn.Linear(100, 50, activation="relu"), nn.Linear(50, 10))


def training(model: nn.Module, loss: nn.Module, x: np.ndarray, t: np.ndarray) -> Callable[[], None]:
    """Return a function that takes some steps of gradient descent."""
    optimizer = optim.SGD(model.parameters(), lr=0.05)

    def run() -> None:
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss(model(x), t).backward()
            optimizer.step()

    return run


def seconds(runs: list[Callable[[], None]]) -> float:
    """Return how long one step of all takes."""
    start = time.perf_counter()
    for run in runs:
        run()
    return (time.perf_counter() - start) / STEPS


def measure(samples: int) -> np.ndarray:
    """Return the seconds of a step, together and one after another, by round; rounds are interleaved."""
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((samples, 100)).astype("float32"), rng.integers(0, 10, samples)
    together = [training(nn.Ensemble(network, MEMBERS), nn.EnsembleLoss(nn.CrossEntropyLoss()), x, t)]
    alone = [training(network(), nn.CrossEntropyLoss(), x, t) for _ in range(MEMBERS)]
    seconds(together), seconds(alone)  # warm up
    return np.array([(seconds(together), seconds(alone)) for _ in range(ROUNDS)])


if __name__ == "__main__":
    for samples in map(int, sys.argv[1:]) if sys.argv[1:] else MINIBATCHES:
        times = measure(samples)
        low, middle, high = np.quantile(times[:, 1] / times[:, 0], (0.25, 0.5, 0.75))
        together, alone = 1e3 * np.median(times, axis=0)
        print(f"| {samples} | {together:.1f} | {alone:.1f} | **{middle:.1f}** ({low:.1f}–{high:.1f}) |", flush=True)
