"""The workloads in PyTorch, eager, in the form that is fastest there and still ordinary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .problems import Array, Chain, Curvature, Layers, Product, Samples, Training

functional = nn.functional


def _parameters(layers: Layers) -> list[torch.Tensor]:
    """Return W, b, W, b, …, each W of shape (out, in), in PyTorch's own memory order."""
    return [torch.tensor(piece).contiguous() for w, b in layers for piece in (w.T, b)]


def _as_problem(tensors: Any) -> list[Array]:
    return [t.detach().numpy().T if t.ndim == 2 else t.detach().numpy() for t in tensors]


def train(p: Training) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    modules: list[nn.Module] = []
    for w, _ in p.layers:
        modules += [nn.Linear(*w.shape), nn.ReLU()]
    model = nn.Sequential(*modules[:-1])
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), _parameters(p.layers), strict=True):
            parameter.copy_(start)
    loss = nn.CrossEntropyLoss() if p.classes else nn.MSELoss()
    optimizer: torch.optim.Optimizer
    if p.rule == "Adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=p.lr)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=p.lr, momentum=p.momentum)
    batches = cycle([(torch.tensor(x), torch.tensor(t)) for x, t in p.batches])

    def step() -> None:
        x, t = next(batches)
        optimizer.zero_grad()
        loss(model(x), t).backward()
        optimizer.step()

    return step, lambda: _as_problem(model.parameters())


def curvature(p: Curvature) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    """Reverse over reverse: on this problem several times faster than `torch.func`'s forward over reverse."""
    parameters, direction = _parameters(p.layers), _parameters(p.direction)
    for parameter in parameters:
        parameter.requires_grad_()
    x, t = torch.tensor(p.x), torch.tensor(p.t)

    def step() -> tuple[torch.Tensor, ...]:
        w1, b1, w2, b2 = parameters
        hidden = torch.tanh(functional.linear(x, w1, b1))
        loss = functional.mse_loss(functional.linear(hidden, w2, b2), t)
        gradient = torch.autograd.grad(loss, parameters, create_graph=True)
        return torch.autograd.grad(gradient, parameters, direction)

    return step, lambda: _as_problem(step())


def chain(p: Chain) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    parameters = _parameters(p.layers)
    for parameter in parameters:
        parameter.requires_grad_()
    x = torch.tensor(p.x)

    def step() -> tuple[torch.Tensor, ...]:
        y = x
        for w, b in zip(parameters[::2], parameters[1::2], strict=True):
            y = torch.sigmoid(functional.linear(y, w, b))
        return torch.autograd.grad(y.mean(), parameters)

    return step, lambda: _as_problem(step())


def record(p: Product) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    a, b = torch.tensor(p.a, requires_grad=True), torch.tensor(p.b)

    def step() -> torch.Tensor:
        return torch.multiply(a, b)

    return step, lambda: [step().detach().numpy()]


def load(p: Samples) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    data = TensorDataset(torch.tensor(p.x), torch.tensor(p.t))
    loader = DataLoader(data, batch_size=p.batch, shuffle=True)

    def epochs() -> Iterator[Any]:
        while True:
            yield from loader

    stream = epochs()

    def totals() -> list[Array]:
        epoch = [(x.numpy(), t.numpy()) for x, t in loader]
        return [sum(x.sum(0, np.float64) for x, _ in epoch), sum(np.bincount(t, minlength=10) for _, t in epoch)]

    return lambda: next(stream), totals
