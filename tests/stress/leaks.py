"""Train with the garbage collector off: memory must not grow.

    python tests/stress/leaks.py [--steps 1000000]

Half of the steps are plain, half differentiate the gradient again (``create_graph``). The last line counts
the steps and the bytes by which memory grew; the exit status is 1 from 1 MiB on.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable

import numpy as np
import psutil

import pydl

LIMIT = 1 << 20


def _network() -> tuple[list[pydl.Tensor], Callable[[], pydl.Tensor]]:
    draw = np.random.default_rng(0)
    shapes = [(8, 4), (8,), (3, 8), (3,)]
    parameters = [pydl.Tensor(draw.standard_normal(s).astype("float32"), requires_grad=True) for s in shapes]
    x, labels = draw.standard_normal((16, 4)).astype("float32"), draw.integers(0, 3, 16)

    def loss() -> pydl.Tensor:
        w1, b1, w2, b2 = parameters
        return pydl.cross_entropy(pydl.linear(pydl.linear(x, w1, b1, "tanh"), w2, b2), labels)

    return parameters, loss


def plain() -> Callable[[], None]:
    """Return a step of gradient descent."""
    parameters, loss = _network()

    def step() -> None:
        loss().backward()
        with pydl.no_grad():
            for p in parameters:
                p -= 0.01 * p.grad
                p.grad = None

    return step


def second_order() -> Callable[[], None]:
    """Return a step that descends on J + 0.001·‖∇J‖², through the gradient's own graph."""
    parameters, loss = _network()

    def step() -> None:
        y = loss()
        y.backward(create_graph=True)
        penalty = sum((p.grad * p.grad).sum() for p in parameters)
        for p in parameters:
            p.grad = None
        (0.001 * penalty).backward()
        with pydl.no_grad():
            for p in parameters:
                p -= 0.01 * p.grad
                p.grad = None

    return step


def transforms() -> Callable[[], None]:
    """Return a step that nests the transforms of `pydl.func`."""
    x, t = np.ones(3), np.arange(3.0)

    def step() -> None:
        pydl.hvp(lambda x: (pydl.sin(x) * x**3).sum(), (x,), (t,))

    return step


STEPS = {"plain": plain, "create_graph": second_order, "transforms": transforms}


def growth(name: str, steps: int, warm_up: int = 2_500) -> tuple[int, int]:
    """Return by how many blocks and bytes `steps` steps let memory grow, the garbage collector off.

    The blocks are exact: Python's own count of what it holds. The warm-up fills its stores of small objects.
    """
    step, process = STEPS[name](), psutil.Process()
    gc.collect()
    gc.disable()
    try:
        for _ in range(warm_up):
            step()
        blocks, size = sys.getallocatedblocks(), process.memory_info().rss
        for _ in range(steps):
            step()
        return sys.getallocatedblocks() - blocks, process.memory_info().rss - size
    finally:
        gc.enable()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    steps = parser.parse_args().steps
    total = 0
    for name in ("plain", "create_graph"):
        blocks, size = growth(name, steps // 2)
        total += size
        print(f"{name}: {steps // 2} steps, {blocks} blocks and {size} bytes more", flush=True)
    print(f"{steps} training steps with gc off: memory grew by {total} bytes (limit {LIMIT})")
    return int(total >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
