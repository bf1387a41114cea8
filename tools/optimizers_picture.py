"""Draw the picture that opens the chapter on optimizers: one loss, one start, four ways down.

usage: python tools/optimizers_picture.py        (writes book/assets/images/optimizers.svg)

The loss is that of the smallest network with a hidden unit, ŷ = w₂ tanh(w₁x), on thirty samples. It has two minima, the
same function with both signs turned, and a saddle point at 0 between them.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from notebook_environment import BOOK, prepare

PICTURE = BOOK / "assets" / "images" / "optimizers.svg"
N, NOISE, SEED = 30, 0.2, 3
START, LR, STEPS = (-1.2, 1.75), 0.1, 100
MOMENTUM = 0.8
SIDE = 2.2  # half the map's side
METHODS = ("gradient descent", "one sample a step", "momentum", "Adam")


@functools.cache
def samples() -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets: the network with w₁ = 1 and w₂ = 1.5, with noise."""
    rng = np.random.default_rng(SEED)
    x = rng.uniform(-2, 2, N)
    return x, 1.5 * np.tanh(x) + rng.normal(0, NOISE, N)


def J(theta: Any, i: Any = slice(None)) -> Any:
    """Return half the mean squared error of the samples `i`; θ is (w₁, w₂), or a grid of both."""
    import pydl

    x, y = samples()
    w1, w2 = theta[0], theta[1]
    return pydl.mean((w2[..., None] * pydl.tanh(w1[..., None] * x[i]) - y[i]) ** 2, axis=-1) / 2


@functools.cache
def paths(steps: int = STEPS) -> dict[str, np.ndarray]:
    """Return θ after 0, 1, …, `steps` steps of each method, all with the same learning rate."""
    from pydl import nn, optim

    def descend(method: Any, batches: Any) -> np.ndarray:
        theta = nn.Parameter(np.array(START))
        optimizer = method([theta])
        path = [theta.numpy().copy()]
        for i in batches:
            optimizer.zero_grad()
            J(theta, i).backward()
            optimizer.step()
            path.append(theta.numpy().copy())
        return np.stack(path)

    everything = [slice(None)] * steps
    single = list(np.random.default_rng(5).integers(0, N, (steps, 1)))
    ways = (
        (functools.partial(optim.SGD, lr=LR), everything),
        (functools.partial(optim.SGD, lr=LR), single),
        (functools.partial(optim.SGD, lr=LR, momentum=MOMENTUM), everything),
        (functools.partial(optim.Adam, lr=LR), everything),
    )
    return {name: descend(*way) for name, way in zip(METHODS, ways, strict=True)}


@functools.cache
def minimum() -> np.ndarray:
    """Return the minimum with positive weights; minus it is the other one."""
    import pydl

    theta, (gradient, hessian) = np.array([0.9, 1.5]), (pydl.grad(J), pydl.hessian(J))
    for _ in range(20):  # Newton's method, from close by
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
    return theta


def heights(path: np.ndarray) -> np.ndarray:
    """Return how much higher than at the minima J is along a path."""
    return J(path.T) - J(minimum())


def draw(file: Path) -> None:
    """Draw the map with the four paths, and beside it the loss along each of them."""
    import matplotlib.pyplot as plt

    from pydl import plots

    plots.use_style()
    side = np.linspace(-SIDE, SIDE, 33)
    losses = J(np.stack(np.meshgrid(side, side)))
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.6), width_ratios=(3.3, 2.4))
    levels = losses.min() + (losses.max() - losses.min()) * np.linspace(0, 1, 13) ** 2.2
    left.contourf(side, side, losses, levels=levels, cmap="Blues", alpha=0.6)
    for number, (name, path) in enumerate(paths().items()):
        style = {"color": f"C{number}", "linewidth": 1.4, "label": name}
        left.plot(*path.T, "-o", markersize=2.6, markevery=2, **style)
        right.semilogy(heights(path), **style)
    left.plot(*START, "o", color="#222222", markersize=6)
    left.annotate("start", START, (-7, 4), textcoords="offset points", ha="right", fontsize=9)
    for place, marker, size in ((minimum(), "*", 11), (-minimum(), "*", 11), (np.zeros(2), "X", 8)):
        left.plot(*place, marker, color="white", markeredgecolor="#222222", markersize=size, zorder=5)
    ticks = (-2, -1, 0, 1, 2)
    left.set(xlim=(-SIDE, SIDE), ylim=(-SIDE, SIDE), aspect="equal", xticks=ticks, yticks=ticks)
    left.set(xlabel="$w_1$", ylabel="$w_2$")
    left.grid(False)
    right.set(xlabel="step", xlim=(0, STEPS))
    right.minorticks_off()
    right.set_title("loss above the minimum", fontsize=10)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4, columnspacing=1.2)
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    plt.close(figure)
    drawn = file.read_text(encoding="utf-8")  # a hundredth of a point is fine enough, and makes half the size
    rounded = re.sub(r' (?:d|x|y)="[^"]+"', lambda at: re.sub(r"(\.\d\d)\d+", r"\1", at[0]), drawn)
    file.write_text(rounded, encoding="utf-8")


if __name__ == "__main__":
    prepare()
    draw(PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1024} KB")
    sys.exit(0)
