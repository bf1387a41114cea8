"""Measure, over 20 seeds, what the notebook optimizers/schedules claims about one.

usage: python experiments/schedules.py        (writes schedules.json beside this file)

A seed draws its own thirty points, walks, networks and batches; dead units, and the errors beside them, are
means of five networks, of the seeds s, s + 20, …, s + 80. A quantity's band is [min − sd, max + sd] over the
seeds, cut at what is possible and rounded outward to three significant digits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim
from pydl.optim import schedules
from pydl.training import error_rate, evaluate

SEEDS = range(20)
N, EPOCHS, START = 30, 40, np.array([10.0, 5.0])
T = EPOCHS * N
POSSIBLE = {
    "deviation of the floor in per cent": (0.0, np.inf),
    "dead units": (0.0, 32.0),
    "dead units with a warm-up": (0.0, 32.0),
}

# ------------------------------------------------------------ one weight


def floor_deviation(rng: np.random.Generator) -> float:
    """Return the largest deviation of a measured floor from εσ²/(2(2 − ελ)), in per cent, for λ = σ = 1."""
    found = []
    for lr in (0.02, 0.1, 0.5, 1.0, 1.5):
        path = [np.full(2000, 4.0)]
        for _ in range(600):
            path.append(path[-1] - lr * (path[-1] + rng.normal(size=2000)))
        found.append(0.5 * np.mean(np.square(path[400:])) / (lr / (2 * (2 - lr))) - 1)
    return 100 * float(np.max(np.abs(found)))


# ------------------------------------------------------------ the line fit


class Line:
    """Thirty points, and walks towards their line, one sample a step."""

    def __init__(self, seed: int) -> None:
        x, self.y = (column[:, 0] for column in data.line(N, rng=seed))
        self.X = np.column_stack([np.ones(N), x])
        self.H = self.X.T @ self.X / N
        self.w_star = np.linalg.solve(self.X.T @ self.X, self.X.T @ self.y)
        self.G = np.zeros((N, 3, 3))
        self.G[:, 1:, 0] = (self.y - self.X @ self.w_star)[:, None] * self.X
        self.G[:, 1:, 1:] = -self.X[:, :, None] * self.X[:, None, :]

    def expected(self, lr: Callable[[int], Any]) -> np.ndarray:
        """Return E[J] − J★ after T steps, for each rate in lr(t)."""
        z = np.array([1, *(START - self.w_star)])
        S = np.outer(z, z)
        for t in range(T):
            B = np.eye(3) + np.reshape(lr(t), (-1, 1, 1, 1)) * self.G
            S = np.mean(B @ S[..., None, :, :] @ B.swapaxes(-1, -2), axis=-3)
        return 0.5 * np.sum(self.H * S[:, 1:, 1:], axis=(1, 2))

    def step(self, w: np.ndarray, lr: Any, i: np.ndarray) -> np.ndarray:
        """Move each walker by its sample."""
        return w + lr * (self.y[i] - (self.X[i] * w).sum(axis=1))[:, None] * self.X[i]

    def excess(self, w: np.ndarray) -> np.ndarray:
        """Return J − J★ of each walker."""
        return 0.5 * np.einsum("ni,ij,nj->n", w - self.w_star, self.H, w - self.w_star)

    def walks(self, lr: Callable[[int], float], rng: np.random.Generator) -> np.ndarray:
        """Return the mean excess of 500 walkers after each step."""
        w, found = np.tile(START, (500, 1)), []
        for t in range(T):
            w = self.step(w, lr(t), rng.integers(N, size=500))
            found.append(self.excess(w).mean())
        return np.array(found)

    def plateau(self, rate: float, rng: np.random.Generator) -> float:
        """Return the mean excess of 200 walkers that halve their rates after 3 epochs without progress."""
        w, lr = np.tile(START, (200, 1)), np.full((200, 1), rate)
        best, waited = np.full(200, np.inf), np.zeros(200)
        for _ in range(EPOCHS):
            for i in rng.integers(N, size=(N, 200)):
                w = self.step(w, lr, i)
            excess = self.excess(w)
            waited = np.where(excess < best, 0, waited + 1)
            best = np.minimum(best, excess)
            lr[waited == 3] *= 0.5
            waited[waited == 3] = 0
        return float(excess.mean())


def line(seed: int) -> dict[str, float]:
    """Return what the notebook says of the line fit."""
    fit, rng = Line(seed), np.random.default_rng(seed)
    high = fit.expected(schedules.constant(0.02))[0]
    low = fit.expected(schedules.linear(0.02, end=0.0002, steps=T))[0]
    grid = np.geomspace(1e-3, 0.2, 24)
    menu = {
        "constant": schedules.constant(1.0),
        "linear": schedules.linear(1.0, end=0.01, steps=T),
        "cosine": schedules.cosine(1.0, steps=T),
    }
    with np.errstate(over="ignore", invalid="ignore"):  # too long a step
        lowest = {name: np.nanmin(fit.expected(lambda t, s=s: grid * s(t))) for name, s in menu.items()}
    plateau = min(fit.plateau(rate, rng) for rate in grid[grid < 0.12])
    too_fast, share = schedules.exponential(0.02, factor=0.97), np.eye(2)
    for t in range(T):
        share = (np.eye(2) - too_fast(t) * fit.H) @ share
    d = share @ (START - fit.w_star)
    return {
        "floor over annealed floor": high / low,
        "measured over exact floor": fit.walks(schedules.constant(0.02), rng)[T // 2 :].mean() / high,
        "best constant over best linear": lowest["constant"] / lowest["linear"],
        "best constant over best plateau": lowest["constant"] / plateau,
        "best cosine over best linear": lowest["cosine"] / lowest["linear"],
        "stall over its prediction": fit.walks(too_fast, rng)[-1] / (0.5 * d @ fit.H @ d),
    }


# ------------------------------------------------------------ averaging


def valley(seed: int) -> dict[str, float]:
    """Return losses after 10,000 steps in a valley with κ = 20, in multiples of Σσ²/(2λt)."""
    curvature, steps = np.array([1.0, 0.05]), 10_000
    best = np.sum(1 / (2 * curvature)) / steps

    def walk(lr: Callable[[int], float]) -> list[float]:
        rng = np.random.default_rng(seed)
        w = mean = np.full((300, 2), 4.0)
        for t in range(steps):
            w = w - lr(t) * (curvature * w + rng.normal(size=w.shape))
            mean = mean + (w - mean) / max(t + 1 - 500, 1)
        return [0.5 * (curvature * v**2).sum(-1).mean() / best for v in (w, mean)]

    return {
        "averaged": walk(lambda t: 0.2)[1],
        "averaged with a falling rate": walk(lambda t: 1 / np.sqrt(t + 1))[1],
        "too small a c in c/t": walk(lambda t: 4 / (t + 4))[0],
    }


# ------------------------------------------------------------ digits

STEPS, PIECES = 2000, 20


class Pieces:
    """An endless stream of batches, in pieces of 100."""

    def __init__(self, loader: data.DataLoader) -> None:
        self.stream = itertools.chain.from_iterable(itertools.repeat(loader))

    def __iter__(self) -> Iterator[Any]:
        return itertools.islice(self.stream, STEPS // PIECES)


def train(lr: Any, seed: int, plateau: bool = False) -> dict[str, Any]:
    """Train 784-32-10 on 10,000 images; return loss and test error, also of the averaged weights, and dead units."""
    (X, y), test = data.MNIST(train=True).arrays(), data.MNIST(train=False).arrays()
    pydl.seed(seed)
    net = nn.Sequential(nn.Linear(784, 32, activation="relu"), nn.Linear(32, 10))
    optimizer = optim.SGD(net.parameters(), lr=lr)
    average = optim.Average(optimizer, decay=0.998)
    batches = data.DataLoader((X, y), 20, shuffle=True)
    callbacks = [optim.Plateau(optimizer, patience=2, watch="loss")] if plateau else []
    loss = nn.CrossEntropyLoss()
    keep = {"callbacks": callbacks, "after_step": [average.update]}
    history = pydl.fit(net, Pieces(batches), loss, optimizer, PIECES, **keep)

    def measure() -> tuple[float, float]:
        on_training = evaluate(net, data.DataLoader((X, y), 2000), {"loss": loss})["loss"]
        return on_training, 100 * evaluate(net, data.DataLoader(test, 2000), {"error": error_rate})["error"]

    last, hidden = measure(), net[0](pydl.tensor(X)).numpy()
    found = {"last": last, "dead": int(np.sum(hidden.max(axis=0) <= 0)), "end": history.steps[-200:].mean()}
    with average.applied():
        return found | {"mean": measure()}


def menu(lr: float) -> dict[str, Any]:
    """Return the schedules for 2,000 steps from a rate."""
    return {
        "constant": schedules.constant(lr),
        "1/t": schedules.inverse_time(lr, STEPS / 10),
        "linear": schedules.linear(lr, lr / 100, STEPS),
        "cosine": schedules.cosine(lr, STEPS),
        "one-cycle": schedules.one_cycle(lr, STEPS),
        "warm-up, linear": schedules.warmup(schedules.linear(lr, lr / 100, STEPS - 200), 200),
    }


def digits(seed: int) -> dict[str, float]:
    """Return what the notebook says of the digits, and the test errors of all schedules at three rates."""
    runs = {}
    for lr in (0.2, 0.4, 0.8):
        runs |= {(name, lr): train(schedule, seed) for name, schedule in menu(lr).items()}
        runs["plateau", lr] = train(lr, seed, plateau=True)
    errors = {f"error of {name}, {lr}": run["last"][1] for (name, lr), run in runs.items()}
    errors |= {f"error of constant, averaged, {lr}": runs["constant", lr]["mean"][1] for lr in (0.2, 0.4, 0.8)}
    constant, cosine = runs["constant", 0.4], runs["cosine", 0.4]
    five = {
        name: [runs[name, 0.8], *(train(menu(0.8)[name], seed + more) for more in (20, 40, 60, 80))]
        for name in ("linear", "warm-up, linear")
    }
    dead = {name: float(np.mean([run["dead"] for run in some])) for name, some in five.items()}
    log_error = {name: np.mean([np.log(run["last"][1]) for run in some]) for name, some in five.items()}
    return {
        "loss of constant over cosine": constant["end"] / cosine["end"],
        "loss of constant over its average": constant["end"] / constant["mean"][0],
        "dead units": dead["linear"],
        "dead units with a warm-up": dead["warm-up, linear"],
        "error without over with a warm-up": float(np.exp(log_error["linear"] - log_error["warm-up, linear"])),
        "gain by a warm-up at 0.2": runs["linear", 0.2]["last"][1] - runs["warm-up, linear", 0.2]["last"][1],
        "loss with steps in epochs": train(schedules.cosine(0.4, steps=PIECES), seed)["end"] / cosine["end"],
        **errors,
    }


def measure(seed: int) -> dict[str, float]:
    """Return all quantities of one seed."""
    pydl.set_default_dtype("float64")
    found = {
        "deviation of the floor in per cent": floor_deviation(np.random.default_rng(seed)),
        **line(seed),
        **valley(seed),
    }
    pydl.set_default_dtype("float32")
    return found | digits(seed)


def main() -> None:
    """Run all seeds and write the summary."""
    pydl.set_default_device("cpu")
    runs = [measure(seed) for seed in SEEDS]
    for name, quantity in save(__file__, "optimizers/schedules", SEEDS, runs, margin=1, possible=POSSIBLE).items():
        print(f"{name}: mean {quantity['mean']:.4g}, band {quantity['band']}")


if __name__ == "__main__":
    main()
