"""Measure the update of ten million parameters: pydl in blocks and compiled, PyTorch and its fused form.

usage: python benchmarks/updates.py [millions of parameters …]
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch

from pydl import nn, optim

THREADS, ROUNDS = 2, 21
RULES = {
    "SGD, momentum": ("SGD", {"lr": 1e-3, "momentum": 0.9}, 5),  # reads θ, ∇J, v; writes θ, v
    "Adam": ("Adam", {"lr": 1e-3}, 7),  # reads θ, ∇J, m, r; writes θ, m, r
}


def with_pydl(name: str, options: dict[str, float], start: np.ndarray, gradient: np.ndarray, patience: float):
    """Return pydl's step, compiled from the first (patience 0) or never (infinity)."""
    p = nn.Parameter(start)
    optimizer = getattr(optim, name)([p], **options)
    p.grad = gradient
    kernel = optimizer.groups[0].kernel

    def step() -> None:
        p.gradient = p.buffer  # ∇J lies ready, as a backward pass leaves it
        kernel.patience = patience
        optimizer.step()

    p.buffer[...] = gradient
    return step, p.numpy


def with_torch(name: str, options: dict[str, float], start: np.ndarray, gradient: np.ndarray, fused: bool):
    """Return PyTorch's step."""
    p = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = getattr(torch.optim, name)([p], **options, fused=fused)
    p.grad = torch.from_numpy(gradient)
    return optimizer.step, lambda: p.detach().numpy()


def adding(size: int) -> tuple[Callable[[], None], int]:
    """Return a += b on four numbers a parameter by as many threads, and the bytes that it moves: what memory gives.

    Like an update it writes where it has read; a copy would also have to fetch what it overwrites.
    """
    a, b = np.zeros(4 * size, np.float32), np.ones(4 * size, np.float32)
    parts = [slice(a.size * k // THREADS, a.size * (k + 1) // THREADS) for k in range(THREADS)]

    def add() -> None:
        threads = [threading.Thread(target=np.add, args=(a[i], b[i], a[i])) for i in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return add, 3 * a.nbytes


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes, the data of other calls having left the cache."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(size: int) -> None:
    """Print a table for this number of parameters."""
    rng = np.random.default_rng(0)
    start, gradient = (rng.standard_normal(size, dtype=np.float32) for _ in range(2))
    for title, (name, options, passes) in RULES.items():
        add, added = adding(size)
        ways = {
            "pydl, compiled": with_pydl(name, options, start, gradient, 0),
            "pydl, blocks": with_pydl(name, options, start, gradient, float("inf")),
            "PyTorch, fused": with_torch(name, options, start, gradient, True),
            "PyTorch": with_torch(name, options, start, gradient, False),
        }
        for step, _ in ways.values():
            for _ in range(3):
                step()
        results = [result() for _, result in ways.values()]
        worst = max(float(np.abs(r - results[-1]).max()) for r in results)
        if worst > 1e-6:
            raise SystemExit(f"{title}: the libraries disagree by {worst}")
        runs = {way: step for way, (step, _) in ways.items()} | {"add": add}
        times = np.array([[seconds(run) for run in runs.values()] for _ in range(ROUNDS)])
        ratios = np.quantile(times / times[:, 2:3], [0.25, 0.5, 0.75], axis=0)
        rate = np.median(added / times[:, -1])
        for k, way in enumerate(ways):
            low, middle, high = ratios[:, k]
            moved = np.median(passes * start.nbytes / times[:, k])
            print(
                f"| {title} | {way} | {np.median(times[:, k]) * 1e3:.1f} | **{middle:.2f}** ({low:.2f}–{high:.2f}) |"
                f" {moved / 1e9:.0f} | {moved / rate:.0%} |"
            )
        print(f"(a += b on {THREADS} threads: {rate / 1e9:.0f} GB/s)")


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    print("| rule | way | ms | share of fused PyTorch's time | GB/s | of a += b |")
    for millions in map(float, sys.argv[1:]) if sys.argv[1:] else [10]:
        measure(int(millions * 1e6))
