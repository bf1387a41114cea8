"""Differentiate in many threads at once, in both modes: every result must equal the serial one, bit for bit.

    python tests/stress/threads.py [--threads 8] [--gradients 10000]

Every second thread computes within ``no_grad`` now and then, which must not switch off the others' recording.
The last line counts the gradients that differ; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

import pydl


def _gradient(weight: pydl.Tensor, seed: int) -> np.ndarray:
    """Return gradient and Hessian-vector product of a small network's loss; all threads share its leaf `weight`."""
    x = np.random.default_rng(seed).standard_normal((4, 3))
    hidden = pydl.tanh(pydl.linear(x, weight))

    def loss(v: pydl.Tensor) -> pydl.Tensor:
        return (hidden.detach() @ v).var() + pydl.logsumexp(v * weight.detach()[0, 0], 0)

    v = x[:, 0]
    return np.concatenate([pydl.grad(loss)(v), pydl.hvp(loss, (v,), (np.ones_like(v),))])


def disagreements(threads: int, gradients: int) -> int:
    """Return how many of the threads' gradients differ from the serial ones."""
    weight = pydl.tensor(np.random.default_rng(0).standard_normal((4, 3)), requires_grad=True)
    serial = [_gradient(weight, i) for i in range(32)]
    together = Barrier(threads)

    def work(number: int) -> int:
        together.wait(60)
        different = 0
        for i in range(gradients):
            if number % 2 and i % 3 == 0:
                with pydl.no_grad():
                    different += bool((weight * 2).requires_grad)
            different += not (weight * 2).requires_grad
            different += not np.array_equal(_gradient(weight, i % 32), serial[i % 32])
        return different

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(threads)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--gradients", type=int, default=10_000)
    given = parser.parse_args()
    different = disagreements(given.threads, given.gradients)
    print(f"{given.threads} threads × {given.gradients} gradients: {different} differ from the serial ones")
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
