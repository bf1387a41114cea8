"""The workloads in pydl, as the book writes them: nothing here knows that it is being timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np

import pydl
from pydl import nn, optim
from pydl.data import DataLoader

from .problems import Array, Chain, Curvature, Layers, Product, Samples, Training


def _parameters(layers: Layers) -> list[Array]:
    """Return W, b, W, b, …, each W of shape (out, in)."""
    return [piece for w, b in layers for piece in (w.T, b)]


def _as_problem(arrays: list[Array]) -> list[Array]:
    return [a.T if a.ndim == 2 else a for a in arrays]


def network(layers: Layers, hidden: str, last: str | None) -> nn.Sequential:
    activations = [hidden] * (len(layers) - 1) + [last]
    model = nn.Sequential(*[nn.Linear(*w.shape, activation=f) for (w, _), f in zip(layers, activations, strict=True)])
    for parameter, start in zip(model.parameters(), _parameters(layers), strict=True):
        parameter.copy_(start)
    return model


def train(p: Training) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    model = network(p.layers, "relu", None)
    loss = nn.CrossEntropyLoss() if p.classes else nn.MSELoss()
    optimizer: optim.Optimizer
    if p.rule == "Adam":
        optimizer = optim.Adam(model.parameters(), lr=p.lr)
    else:
        optimizer = optim.SGD(model.parameters(), lr=p.lr, momentum=p.momentum)
    batches = cycle([(pydl.Tensor(x), pydl.Tensor(t)) for x, t in p.batches])

    def step() -> None:
        x, t = next(batches)
        optimizer.zero_grad()
        loss(model(x), t).backward()
        optimizer.step()

    return step, lambda: _as_problem([q.numpy() for q in model.parameters()])


def curvature(p: Curvature) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    parameters, direction = _parameters(p.layers), _parameters(p.direction)

    def loss(parameters: list[Any]) -> Any:
        w1, b1, w2, b2 = parameters
        hidden = pydl.linear(p.x, w1, b1, activation="tanh")
        return pydl.mse_loss(pydl.linear(hidden, w2, b2), p.t)

    def step() -> list[Array]:
        return pydl.hvp(loss, (parameters,), (direction,))

    return step, lambda: _as_problem(step())


def chain(p: Chain) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    model = network(p.layers, "sigmoid", "sigmoid")
    parameters, x = model.parameters(), pydl.Tensor(p.x)

    def step() -> None:
        for parameter in parameters:
            parameter.grad = None
        model(x).mean().backward()

    def gradients() -> list[Array]:
        step()
        return _as_problem([parameter.grad.numpy() for parameter in parameters])

    return step, gradients


def record(p: Product) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    a, b = pydl.Tensor(p.a, requires_grad=True), pydl.Tensor(p.b)

    def step() -> pydl.Tensor:
        return pydl.multiply(a, b)

    return step, lambda: [step().numpy()]


def load(p: Samples) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    loader = DataLoader((p.x, p.t), batch_size=p.batch, shuffle=True, rng=0)

    def epochs() -> Iterator[tuple[pydl.Tensor, pydl.Tensor]]:
        while True:
            yield from loader

    stream = epochs()

    def totals() -> list[Array]:
        epoch = [(x.numpy(), t.numpy()) for x, t in loader]
        return [sum(x.sum(0, np.float64) for x, _ in epoch), sum(np.bincount(t, minlength=10) for _, t in epoch)]

    return lambda: next(stream), totals
