"""Measure what `pydl.fit` adds to the loop over batches written by hand, with the networks of the workloads.

    python benchmarks/fit_overhead.py

Both train the same network on the same batches, in turn, in one process of one thread; a ratio compares two turns of
one round, in the processor's time, which other programs disturb less than the clock's. The hand-written loop is the
book's four lines and nothing else: it keeps no losses.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

import pydl
from benchmarks.workloads.problems import WORKLOADS, Training
from benchmarks.workloads.with_pydl import network
from pydl import nn, optim

EPOCH = 64  # batches in one


def loops(p: Training, epochs: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return training by hand, and by `fit`, over the same batches."""
    batches = [(pydl.Tensor(x), pydl.Tensor(t)) for x, t in p.batches] * (EPOCH // len(p.batches))
    loss = nn.CrossEntropyLoss() if p.classes else nn.MSELoss()
    hand, fitted = network(p.layers, "relu", None), network(p.layers, "relu", None)
    mine = optim.SGD(hand.parameters(), lr=p.lr, momentum=p.momentum)
    theirs = optim.SGD(fitted.parameters(), lr=p.lr, momentum=p.momentum)

    def by_hand() -> None:
        for _ in range(epochs):
            for x, t in batches:
                mine.zero_grad()
                loss(hand(x), t).backward()
                mine.step()

    return by_hand, lambda: pydl.fit(fitted, batches, loss, theirs, epochs=epochs, progress=False)


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what fit adds to the loop written by hand.")
    parser.add_argument("--only", nargs="+", choices=["W1", "W2", "W3"], default=["W2", "W1", "W3"])
    parser.add_argument("--rounds", type=int, default=61, help="how often each has its turn (61)")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a turn (0.1)")
    asked = parser.parse_args()
    for name in asked.only:
        problem = WORKLOADS[name].problem
        by_hand, _ = loops(problem, 1)
        epochs = max(1, round(asked.seconds / min(seconds(by_hand) for _ in range(3))))
        by_hand, fit = loops(problem, epochs)
        steps = epochs * EPOCH
        times = np.array([(seconds(by_hand), seconds(fit)) for _ in range(asked.rounds)])
        low, middle, high = np.percentile(times[:, 1] / times[:, 0], (25, 50, 75)) - 1
        print(
            f"{name}: fit adds {middle:+.1%} ({low:+.1%} to {high:+.1%}),"
            f" {1e6 * np.median(times[:, 1] - times[:, 0]) / steps:.1f} µs a step"
            f" to {1e6 * np.median(times[:, 0]) / steps:.0f}"
        )


if __name__ == "__main__":
    main()
