"""Measure the bands of the notebook regularization/dropout over 20 seeds, into dropout.json.

usage: python experiments/dropout.py

A seed decides which 1,000 of the embedded training digits are trained on, the initial weights, the order of the
minibatches and the masks. The gain, as in the notebook, is the mean of three such seeds; run s takes the seeds 3s,
3s + 1 and 3s + 2, and everything else is measured on the first. Before, each network gets the learning rate that suits
it best of four, by its error on 2,000 other training digits, for seeds that are not measured later. A band runs from
2 standard deviations below the smallest value to 2 above the largest: wide enough for the next seed and the next
machine, too narrow for a mistake.
"""

from __future__ import annotations

import time

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim
from pydl.training import error_rate

SEEDS, RATE_SEEDS = range(20), range(100, 103)
RATES = (0.02, 0.05, 0.1, 0.2)
N, WIDTH, EPOCHS, BATCH, MOMENTUM = 1000, 256, 50, 50, 0.9
KEEPS = {"without": (1.0, 1.0), "with": (0.8, 0.5)}  # of the inputs, of the hidden units
REPEATS, SUBNETWORKS = 3, 50

Pair = tuple[np.ndarray, np.ndarray]
LOSS = nn.CrossEntropyLoss()


def network(keep_input: float, keep_hidden: float) -> nn.Sequential:
    """Return the notebook's network."""
    return nn.Sequential(
        nn.Dropout(1 - keep_input),
        nn.Linear(784, WIDTH, activation="relu"),
        nn.Dropout(1 - keep_hidden),
        nn.Linear(WIDTH, WIDTH, activation="relu"),
        nn.Dropout(1 - keep_hidden),
        nn.Linear(WIDTH, 10),
    )


def train(samples: Pair, keeps: tuple[float, float], lr: float, seed: int) -> nn.Sequential:
    """Train as the notebook does: the rate falls to 0 along a line."""
    pydl.seed(seed)
    net = network(*keeps)
    steps = EPOCHS * N // BATCH
    opt = optim.SGD(net.parameters(), lr=lambda step: lr * (1 - step / steps), momentum=MOMENTUM)
    pydl.fit(net, data.DataLoader(samples, BATCH, shuffle=True), LOSS, opt, EPOCHS, progress=False)
    return net.eval()


def subsets(pool: Pair, seed: int) -> tuple[Pair, Pair]:
    """Return 1,000 samples to train on and 2,000 others."""
    X, y = pool
    order = np.random.default_rng(seed).permutation(len(X))
    return (X[order[:N]], y[order[:N]]), (X[order[N : N + 2000]], y[order[N : N + 2000]])


def error(net: nn.Sequential, samples: Pair) -> float:
    """Return the error rate in per cent."""
    return 100 * error_rate(net(samples[0]), samples[1])


def best_rate(pool: Pair, keeps: tuple[float, float]) -> tuple[float, dict[str, float]]:
    """Choose the rate by the mean validation error; return all of them, too."""
    sets = [(seed, *subsets(pool, seed)) for seed in RATE_SEEDS]
    found = {lr: float(np.mean([error(train(fit, keeps, lr, s), rest) for s, fit, rest in sets])) for lr in RATES}
    return min(found, key=lambda lr: found[lr]), {str(lr): round(value, 2) for lr, value in found.items()}


def unscaled(net: nn.Sequential, X: np.ndarray) -> pydl.Tensor:
    """Return the scores of the classical form whose scaling is forgotten: every kept output is 1/p too large."""
    for layer in net:
        X = X / (1 - layer.p) if isinstance(layer, nn.Dropout) else layer(X)
    return X


def one_seed(seed: int, pool: Pair, test: Pair, rates: dict[str, float]) -> dict[str, float]:
    """Return all that depends on the seed."""
    first, gains = REPEATS * seed, []
    for s in reversed(range(first, first + REPEATS)):
        fit, _ = subsets(pool, s)
        nets = {name: train(fit, keeps, rates[name], s) for name, keeps in KEEPS.items()}
        plain, dropped = (error(nets[name], test) for name in KEEPS)
        gains.append(plain - dropped)
    X, y = test
    net = nets["with"]
    scaled_loss = LOSS(net(X), y).item()
    bare = unscaled(net, X)
    net.train()
    draws = [pydl.softmax(net(X)).numpy() for _ in range(SUBNETWORKS)]
    alone = 100 * error_rate(draws[0], y)
    return {
        "test error without dropout": plain,
        "test error with dropout": dropped,
        "gain": float(np.mean(gains)),
        "training error without dropout": error(nets["without"], fit),
        "training error with dropout": error(net.eval(), fit),
        "test error of one sub-network": alone,
        "what forgetting eval() costs": alone - dropped,
        "test error of the mean of 50": 100 * error_rate(np.mean(draws, axis=0), y),
        "distance of scaling from the mean of 50": 100 * error_rate(np.mean(draws, axis=0), y) - dropped,
        "test error without the scaling": 100 * error_rate(bare, y),
        "test loss with the scaling": scaled_loss,
        "test loss without the scaling, relative": LOSS(bare, y).item() / scaled_loss,
    }


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    pool, test = (data.MNIST(train=train).arrays() for train in (True, False))
    chosen = {name: best_rate(pool, keeps) for name, keeps in KEEPS.items()}
    rates = {name: lr for name, (lr, _) in chosen.items()}
    runs = [one_seed(seed, pool, test, rates) for seed in SEEDS]
    save(
        __file__,
        "regularization/dropout",
        SEEDS,
        runs,
        margin=2,
        possible=dict.fromkeys(("training error without dropout", "training error with dropout"), (0, 100)),
        recipe={"samples": N, "width": WIDTH, "epochs": EPOCHS, "batch_size": BATCH, "momentum": MOMENTUM, "lr": rates},
        validation_errors={name: errors for name, (_, errors) in chosen.items()},
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
