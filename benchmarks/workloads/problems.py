"""What is to be computed: sizes, data and starting values, the same for every library.

Weights are kept as (in, out) in memory, weight after weight with its bias. A library may lay them out anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Array = np.ndarray
Layers = list[tuple[Array, Array]]
"""(W, b) for each layer: W of shape (in, out), b of shape (out,)."""


class Training(NamedTuple):
    """Train a ReLU network: one step is zero gradients, forward, loss, backward, update."""

    layers: Layers
    batches: list[tuple[Array, Array]]
    classes: bool  # softmax and cross entropy on labels; otherwise mean squared error
    rule: str  # "SGD", "momentum" or "Adam"
    lr: float = 0.01

    @property
    def momentum(self) -> float:
        """How much of the velocity remains."""
        return 0.9 if self.rule == "momentum" else 0.0


class Curvature(NamedTuple):
    """Multiply the Hessian of a tanh network's mean squared error by a direction."""

    layers: Layers
    direction: Layers
    x: Array
    t: Array


class Chain(NamedTuple):
    """Differentiate the mean output of a deep sigmoid network by all its weights and biases."""

    layers: Layers
    x: Array


class Product(NamedTuple):
    """Multiply two arrays entry by entry, and record it."""

    a: Array
    b: Array


class Samples(NamedTuple):
    """Hand out shuffled minibatches of samples."""

    x: Array
    t: Array
    batch: int


Problem = Training | Curvature | Chain | Product | Samples


def _layers(rng: np.random.Generator, *sizes: int) -> Layers:
    """Draw (W, b) from U(−1/√in, 1/√in)."""
    return [
        (uniform(rng, -(n**-0.5), n**-0.5, (n, m)), uniform(rng, -(n**-0.5), n**-0.5, (m,))) for n, m in pairwise(sizes)
    ]


def uniform(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> Array:
    return rng.uniform(low, high, shape).astype(np.float32)


def _classification(*sizes: int, batch: int, rule: str = "SGD", lr: float = 0.01) -> Training:
    rng = np.random.default_rng(0)
    batches = [
        (uniform(rng, 0, 1, (batch, sizes[0])), rng.integers(0, sizes[-1], batch)) for _ in range(16)
    ]  # a few MB: like a loader's output, not all of it in the cache
    return Training(_layers(rng, *sizes), batches, classes=True, rule=rule, lr=lr)


def _regression(*sizes: int, batch: int) -> Training:
    rng = np.random.default_rng(0)
    batches = [(uniform(rng, -1, 1, (batch, sizes[0])), uniform(rng, -1, 1, (batch, sizes[-1]))) for _ in range(16)]
    return Training(_layers(rng, *sizes), batches, classes=False, rule="SGD")


def _curvature(*sizes: int, samples: int) -> Curvature:
    rng = np.random.default_rng(0)
    x, t = uniform(rng, -1, 1, (samples, sizes[0])), uniform(rng, -1, 1, (samples, sizes[-1]))
    return Curvature(_layers(rng, *sizes), _layers(rng, *sizes), x, t)


def _chain(depth: int, width: int, batch: int) -> Chain:
    """Choose weights ±4/√width around the sigmoid's centre: its slope ¼ then just keeps the gradient's size."""
    rng = np.random.default_rng(0)
    layers = []
    for _ in range(depth):
        w = 4 * width**-0.5 * rng.choice(np.array([-1, 1], np.float32), (width, width))
        layers.append((w, -0.5 * w.sum(0)))
    return Chain(layers, uniform(rng, 0, 1, (batch, width)))


def _product(*shape: int) -> Product:
    rng = np.random.default_rng(0)
    return Product(uniform(rng, -1, 1, shape), uniform(rng, -1, 1, shape))


def _samples(count: int, features: int, batch: int) -> Samples:
    rng = np.random.default_rng(0)
    return Samples(uniform(rng, 0, 1, (count, features)), rng.integers(0, 10, count), batch)


@dataclass(frozen=True)
class Workload:
    """One line of the table."""

    title: str
    problem: Problem
    goal: float | None = None  # time as a share of PyTorch's, eager on two threads


WORKLOADS = {
    "W1": Workload("softmax regression 784-10, batch 64, SGD", _classification(784, 10, batch=64), 0.30),
    "W2": Workload(
        "MLP 784-256-256-10 ReLU, batch 128, momentum",
        _classification(784, 256, 256, 10, batch=128, rule="momentum"),
        0.98,
    ),
    "W2a": Workload("the same, Adam", _classification(784, 256, 256, 10, batch=128, rule="Adam", lr=1e-3), 0.92),
    "W3": Workload("MLP 2-16-16-1 ReLU, MSE, batch 32, SGD", _regression(2, 16, 16, 1, batch=32), 0.14),
    "W7": Workload("Hessian-vector product, MLP 10-10-10 tanh, 256 samples", _curvature(10, 10, 10, samples=256), 0.35),
    "W8": Workload("gradient through 50 sigmoid layers of 1 unit, batch 32", _chain(50, 1, batch=32), 0.25),
    "W8w": Workload("the same, 100 units", _chain(50, 100, batch=32), 0.65),
    "record": Workload("record one multiplication of 32×16 arrays, forward only", _product(32, 16)),
    "load": Workload("next shuffled batch of 64 from 4096×784 samples", _samples(4096, 784, batch=64)),
}
