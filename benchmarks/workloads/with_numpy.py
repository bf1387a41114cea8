"""The workloads in NumPy by hand: derivatives worked out on paper, results written in place where that pays.

This is the floor: what is left when nothing is recorded, and each program knows its network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np

from .problems import Array, Chain, Curvature, Layers, Product, Samples, Training

CHUNK = 1 << 15  # entries updated at a time, so that they stay in the cache


def _views(vector: Array, layers: Layers) -> Layers:
    """Cut one vector into the weights and biases of a network."""
    pieces, start = [], 0
    for w, b in layers:
        middle, stop = start + w.size, start + w.size + b.size
        pieces.append((vector[start:middle].reshape(w.shape), vector[middle:stop]))
        start = stop
    return pieces


def _cross_entropy(z: Array, labels: Array) -> tuple[np.float32, Array]:
    """Return the mean loss and its gradient; on zᵀ, because sums over classes then run along memory."""
    z = np.ascontiguousarray(z.T)
    z -= z.max(axis=0)
    places = labels, np.arange(len(labels))
    chosen = z[places]
    p = np.exp(z, out=z)
    total = p.sum(axis=0)
    p /= total
    p[places] -= 1
    p *= np.float32(1 / len(labels))
    return (np.log(total) - chosen).mean(), p.T


def _squared_error(y: Array, t: Array) -> tuple[np.float32, Array]:
    y -= t
    flat = y.ravel()
    loss = flat.dot(flat) / y.size
    y *= np.float32(2 / y.size)
    return loss, y


def _blocks(*vectors: Array) -> list[list[Array]]:
    """Cut vectors into pieces that stay in the cache."""
    return [[v[i : i + CHUNK] for v in vectors] for i in range(0, vectors[0].size, CHUNK)]


def _sgd(theta: Array, gradient: Array, lr: float, momentum: float) -> Callable[[], None]:
    blocks = _blocks(theta, gradient, np.zeros_like(theta))
    rate, remains = np.array(lr, np.float32), np.array(momentum, np.float32)

    def update() -> None:
        for parameters, d, v in blocks:
            if momentum:
                v *= remains
                v += d
                d = np.multiply(v, rate, d)
            else:
                d *= rate
            parameters -= d

    return update


def _adam(theta: Array, gradient: Array, lr: float) -> Callable[[], None]:
    """Adam with its defaults, on sums instead of means: the factors 1 − β go into the step's two numbers."""
    blocks = _blocks(theta, gradient, np.zeros_like(theta), np.zeros_like(theta))
    beta1, beta2, t = np.array(0.9, np.float32), np.array(0.999, np.float32), 0

    def update() -> None:
        nonlocal t
        t += 1
        scale = ((1 - 0.9**t) / (1 - 0.999**t) ** 0.5) * (1 - 0.999) ** 0.5 / (1 - 0.9) / lr
        root, floor = np.array(scale, np.float32), np.array(1e-8 * (1 - 0.9**t) / (1 - 0.9) / lr, np.float32)
        for parameters, d, m, r in blocks:
            m *= beta1
            m += d
            r *= beta2
            d *= d
            r += d
            np.sqrt(r, d)
            d *= root
            d += floor
            np.divide(m, d, d)
            parameters -= d

    return update


def train(p: Training) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    theta = np.concatenate([piece.ravel() for layer in p.layers for piece in layer])
    gradient = np.empty_like(theta)
    layers, gradients = _views(theta, p.layers), _views(gradient, p.layers)
    last = len(layers) - 1
    ones, zero = np.ones(len(p.batches[0][0]), np.float32), np.zeros((), np.float32)
    loss_and_slope = _cross_entropy if p.classes else _squared_error
    batches = cycle(p.batches)
    update = _adam(theta, gradient, p.lr) if p.rule == "Adam" else _sgd(theta, gradient, p.lr, p.momentum)

    def step() -> None:
        y, t = next(batches)
        inputs = []
        for i, (w, b) in enumerate(layers):
            inputs.append(y)
            y = y.dot(w)
            y += b
            if i < last:
                np.maximum(y, zero, out=y)
        _, g = loss_and_slope(y, t)
        for i in range(last, -1, -1):
            x, (gw, gb) = inputs[i], gradients[i]
            np.dot(x.T, g, gw)
            np.dot(ones, g, gb)
            if i:
                g = g.dot(layers[i][0].T)
                g *= x > zero
        update()

    return step, lambda: [piece for layer in layers for piece in layer]


def curvature(p: Curvature) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    """Carry the direction through forward and backward pass (Pearlmutter 1994); ȧ is the derivative of a along it."""
    (w1, b1), (w2, b2) = p.layers
    (dw1, db1), (dw2, db2) = p.direction
    x, t = p.x, p.t
    ones = np.ones(len(x), np.float32)
    one, two, scale = np.float32(1), np.float32(2), np.float32(2 / t.size)

    def step() -> list[Array]:
        h = x.dot(w1)
        h += b1
        np.tanh(h, h)
        slope = h * h
        np.subtract(one, slope, slope)
        dh = x.dot(dw1)
        dh += db1
        dh *= slope
        g = h.dot(w2)
        g += b2
        g -= t
        g *= scale
        dg = dh.dot(w2)
        dg += h.dot(dw2)
        dg += db2
        dg *= scale
        product_w2 = h.T.dot(dg)
        product_w2 += dh.T.dot(g)
        back = dg.dot(w2.T)
        back += g.dot(dw2.T)
        back *= slope
        bend = g.dot(w2.T)
        bend *= h
        bend *= dh
        bend *= two
        back -= bend
        return [x.T.dot(back), ones.dot(back), product_w2, ones.dot(dg)]

    return step, step


def chain(p: Chain) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    half, one = np.float32(0.5), np.float32(1)
    ones = np.ones(len(p.x), np.float32)
    backwards = p.layers[::-1]

    def step() -> list[Array]:
        y, values = p.x, [p.x]
        for w, b in p.layers:
            y = y.dot(w)
            y += b
            y *= half
            np.tanh(y, y)  # σ(x) = (1 + tanh(x/2))/2
            y += one
            y *= half
            values.append(y)
        y.mean()
        g = np.full_like(y, 1 / y.size)
        gradients = []
        for w, _ in backwards:
            y = values.pop()
            slope = one - y
            slope *= y
            g *= slope
            gradients += [ones.dot(g), values[-1].T.dot(g)]
            g = g.dot(w.T)
        return gradients[::-1]

    return step, step


def record(p: Product) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    def step() -> Array:
        return np.multiply(p.a, p.b)

    return step, lambda: [step()]


def load(p: Samples) -> tuple[Callable[[], Any], Callable[[], list[Array]]]:
    def epochs() -> Iterator[tuple[Array, Array]]:
        rng = np.random.default_rng(0)
        while True:
            order = rng.permutation(len(p.x))
            for start in range(0, len(order), p.batch):
                rows = order[start : start + p.batch]
                yield p.x[rows], p.t[rows]

    stream = epochs()

    def totals() -> list[Array]:
        epoch = list(islice(epochs(), len(p.x) // p.batch))
        return [sum(x.sum(0, np.float64) for x, _ in epoch), sum(np.bincount(t, minlength=10) for _, t in epoch)]

    return lambda: next(stream), totals
