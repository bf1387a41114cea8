"""Measure the bands of the notebook regularization/splits-and-early-stopping over 20 seeds.

usage: python experiments/splits_and_early_stopping.py

What the notebook claims of many draws is a mean or a median over that many draws; a seed here is one such set of
draws. Bands run from 1 standard deviation below the smallest value to 1 above the largest.
"""

from __future__ import annotations

import time

import numpy as np
from bands import save
from numpy.polynomial import legendre

import pydl
from pydl import data, nn, optim

SEEDS = range(20)
DRAWS, NETS, REPEATS = 200, 10, 40
DEGREES, EPOCHS = range(16), 3000

Pair = tuple[np.ndarray, np.ndarray]


def samples(n: int, rng: np.random.Generator) -> Pair:
    """Draw noisy samples of a sine, with inputs from −1 to 1."""
    X, y = data.noisy_sine(n, noise=0.3, rng=rng)
    return 2 * X - 1, y


FRESH = samples(5_000, np.random.default_rng(10**6))


def three_sets(rng: np.random.Generator) -> tuple[Pair, ...]:
    """Return training, validation and test set of 20 samples each."""
    return data.split(samples(60, rng), (20, 20, 20), rng)


# ------------------------------------------------------------ capacity


def errors(rng: np.random.Generator) -> np.ndarray:
    """Return the errors of polynomials of each degree, on training, validation, test and fresh samples."""
    sets = [(X[:, 0].astype(float), y[:, 0].astype(float)) for X, y in (*three_sets(rng), FRESH)]
    found = []
    for degree in DEGREES:
        w = np.linalg.lstsq(legendre.legvander(sets[0][0], degree), sets[0][1], rcond=None)[0]
        found.append([np.mean((legendre.legval(x, w) - y) ** 2) for x, y in sets])
    return np.array(found).T


def capacity(seed: int) -> dict[str, float]:
    """Return what the notebook says of polynomials, over 200 draws."""
    E = np.array([errors(np.random.default_rng([seed, i])) for i in range(DRAWS)])
    chosen, draw = E[:, 1].argmin(axis=1), np.arange(DRAWS)
    return {
        "degree of the lowest median": float(np.median(E[:, 3], axis=0).argmin()),
        "share of draws with twice the error at degree 9": float(np.mean(E[:, 3, 9] > 2 * E[:, 3, 3])),
        "optimism of the chosen validation error": float(np.median(E[draw, 3, chosen] - E[draw, 1, chosen])),
    }


# ------------------------------------------------------------ epochs


def mse(net: nn.Module, pair: Pair) -> float:
    """Return the mean squared error of a network."""
    return pydl.training.evaluate(net, [pair], {"loss": nn.MSELoss()})["loss"]


def network(rng: np.random.Generator) -> nn.Module:
    """Return a network of 301 weights whose hidden units bend at places all over the interval."""
    net = nn.Sequential(nn.Linear(1, 100, activation="tanh"), nn.Linear(100, 1))
    net[0].weight.copy_(rng.normal(0, 10, (100, 1)))
    net[0].bias.copy_(rng.normal(0, 10, 100))
    return net


def epochs(seed: int) -> dict[str, float]:
    """Return what the notebook says of ten networks."""
    rises, gains = [], []
    for i in range(NETS):
        rng = np.random.default_rng([seed, i])
        pydl.seed(1000 * seed + i)
        train, validation, _ = three_sets(rng)
        net, last = network(rng), []
        history = pydl.fit(
            net,
            [train],
            nn.MSELoss(),
            optim.SGD(net.parameters(), lr=0.01, momentum=0.9),
            EPOCHS,
            validation=[validation],
            callbacks=[lambda epoch, h, net=net, last=last: epoch == EPOCHS - 1 and last.append(mse(net, FRESH))],
            patience=EPOCHS,
        )
        rises.append(history["val_loss"][-1] / min(history["val_loss"]))
        gains.append(last[0] / mse(net, FRESH))
    return {
        "last validation error over the lowest": float(np.mean(rises)),
        "fresh error of the last weights over the best": float(np.mean(gains)),
    }


# ------------------------------------------------------------ leaks


def nearest(X: np.ndarray, y: np.ndarray, T: np.ndarray) -> np.ndarray:
    """Answer with the label of the nearest training sample."""
    return y[((T[:, None] - X) ** 2).sum(axis=-1).argmin(axis=1)]


def choosing(rng: np.random.Generator) -> tuple[float, float]:
    """Report the best of 100 guessers by its error on the test set that chose it; then on another one."""
    guesses, y = rng.integers(0, 2, (100, 100)), rng.integers(0, 2, 100)
    return float((guesses != y).mean(axis=1).min()), float((rng.integers(0, 2, 100) != y).mean())


def selecting(rng: np.random.Generator) -> tuple[float, float]:
    """Select 20 of 2,000 random features with all samples, or with the training samples."""
    X, y = rng.standard_normal((50, 2000)), np.arange(50) % 2
    (i,), (j,) = data.split((np.arange(50),), (40, 10), rng)

    def error(rows: np.ndarray) -> float:
        Z, t = X[rows] - X[rows].mean(axis=0), y[rows] - y[rows].mean()
        best = np.argsort(-np.abs(t @ Z) / Z.std(axis=0))[:20]
        return float((nearest(X[i][:, best], y[i], X[j][:, best]) != y[j]).mean())

    return error(np.arange(50)), error(i)


def twins(rng: np.random.Generator) -> tuple[float, float]:
    """Divide samples that are there twice, slightly moved: copy by copy, or sample by sample."""
    X, y = data.moons(60, noise=0.4, rng=rng)
    X, y = np.concatenate([X, X]) + 0.02 * rng.standard_normal((120, 2)), np.concatenate([y, y])
    (i,), (j,) = data.split((np.arange(120),), (96, 24), rng)
    leaked = (nearest(X[i], y[i], X[j]) != y[j]).mean()
    (i,), (j,) = data.split((np.arange(60),), (48, 12), rng)
    i, j = np.concatenate([i, i + 60]), np.concatenate([j, j + 60])
    return float(leaked), float((nearest(X[i], y[i], X[j]) != y[j]).mean())


def scaling(rng: np.random.Generator) -> tuple[float, float]:
    """Standardize with the statistics of all samples, or of the training samples, before ridge regression."""
    w = rng.standard_normal(20)
    X = rng.standard_normal((60, 20))
    y = np.sign(X @ w + 1.5 * rng.standard_normal(60))
    X = X * np.exp(1.5 * rng.standard_normal(20))

    def error(rows: slice) -> float:
        Z = data.Standardize(X[rows])(X)
        A = Z[:30].T @ Z[:30] + np.eye(20)
        return float((np.sign(Z[30:] @ np.linalg.solve(A, Z[:30].T @ y[:30])) != y[30:]).mean())

    return error(slice(0, 60)), error(slice(0, 30))


def leaks(seed: int) -> dict[str, float]:
    """Return, for each leak, by how much the reported error is too low: the mean over 40 repetitions."""
    found = {}
    for leak in (choosing, selecting, twins, scaling):
        pairs = np.array([leak(np.random.default_rng([seed, i])) for i in range(REPEATS)])
        found[f"{leak.__name__}: reported"], found[f"{leak.__name__}: honest"] = map(float, pairs.mean(axis=0))
        found[f"{leak.__name__}: bias"] = float((pairs[:, 1] - pairs[:, 0]).mean())
    return found


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    save(
        __file__,
        "regularization/splits-and-early-stopping",
        SEEDS,
        [capacity(seed) | epochs(seed) | leaks(seed) for seed in SEEDS],
        margin=1,
        recipe={"draws": DRAWS, "networks": NETS, "repetitions": REPEATS, "epochs": EPOCHS},
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
