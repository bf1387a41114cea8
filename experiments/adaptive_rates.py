"""Measure the bands of the notebook optimizers/adaptive-rates over 20 seeds, into adaptive_rates.json.

usage: python experiments/adaptive_rates.py

Every method gets the learning rate that suits it best, out of a grid, on seeds that are not measured later; a rate at
the edge of its grid stops the script. On the rare features a run is the mean of three passes, each over data of its
own, and rates are constant or fall to 0 along a line. On the digits a run is the mean of three networks, trained side
by side, with a rate that falls to 0 along a line; rates are chosen on 2,000 of the training digits that are held out
for it. A band runs from 2 standard deviations below the smallest value to 2 above the largest: wide enough for the
next seed and the next machine, too narrow for a mistake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim

SEEDS, RATE_SEEDS = range(20), range(100, 108)
FEATURES, SAMPLES, BATCH, DRAWS = 300, 8000, 10, 3  # rare features
WEIGHTS = 1000  # that see nothing but noise
NETS, WIDTH, EPOCHS, DIGITS = 3, 64, 3, 50  # digits: networks a run, hidden units, epochs, minibatch

Factory = Callable[[Any], optim.Optimizer]
Method = Callable[[Any, Any], optim.Optimizer]
Watch = Callable[[optim.Optimizer], None]


def momentum(parameters: Any, lr: Any) -> optim.Optimizer:
    """Return SGD as it is mostly used."""
    return optim.SGD(parameters, lr=lr, momentum=0.9)


def falling(lr: float, steps: int) -> Callable[[int], float]:
    """Return a rate that falls to 0 along a line."""
    return lambda t: lr * (1 - t / steps)


def annealed(method: Method) -> Method:
    """Return the method under a rate that falls to 0 in one pass over the words."""
    return lambda parameters, lr: method(parameters, falling(lr, SAMPLES // BATCH))


def uncorrected(lr: Callable[[int], float], beta1: float = 0.9, beta2: float = 0.999) -> Callable[[int], float]:
    """Return the schedule under which Adam does what it would without its bias correction (but for δ)."""
    return lambda t: lr(t) * (1 - beta1 ** (t + 1)) / (1 - beta2 ** (t + 1)) ** 0.5


def rare_features(seed: int) -> dict[str, Any]:
    """Draw the notebook's words: feature j is there with the probability min(1/2, 1/j)."""
    rng = np.random.default_rng(seed)
    chance = np.minimum(0.5, 1 / np.arange(1, FEATURES + 1))
    w = 2 * rng.normal(size=FEATURES)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        X = (rng.random((n, FEATURES)) < chance).astype(np.float64)
        return X, (rng.random(n) < pydl.sigmoid(X @ w)).astype(np.float64)

    return {"w": w, "train": draw(SAMPLES), "test": draw(SAMPLES)}


def log_loss(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the loss of each sample."""
    return np.logaddexp(0, X @ theta) - y * (X @ theta)


def above_truth(theta: np.ndarray, words: Mapping[str, Any]) -> float:
    """Return how far the loss on new samples lies above that of the true weights."""
    return float((log_loss(theta, *words["test"]) - log_loss(words["w"], *words["test"])).mean())


def one_pass(make: Factory, words: Mapping[str, Any], watch: Watch | None = None) -> float:
    """Return the loss above the truth after one pass."""
    X, y = words["train"]
    theta = nn.Parameter(np.zeros(FEATURES))
    optimizer = make([theta])
    for i in range(0, len(X), BATCH):
        x, t = X[i : i + BATCH], y[i : i + BATCH]
        theta.grad = x.T @ (pydl.sigmoid(x @ theta.numpy()) - t) / len(t)
        optimizer.step()
        if watch:
            watch(optimizer)
    return above_truth(theta.numpy(), words)


def without_root(lr: float, words: Mapping[str, Any]) -> float:
    """Return the same for Adagrad with its root forgotten."""
    X, y = words["train"]
    theta, r = np.zeros(FEATURES), np.zeros(FEATURES)
    for i in range(0, len(X), BATCH):
        x, t = X[i : i + BATCH], y[i : i + BATCH]
        g = x.T @ (pydl.sigmoid(x @ theta) - t) / len(t)
        r += g * g
        theta -= lr * g / (r + 1e-10)
    return above_truth(theta, words)


def regret(words: Mapping[str, Any], radius: float = 4.0) -> float:
    """Return Adagrad's regret on the box |θⱼ| ≤ radius, in units of its bound √2 D Σⱼ √rⱼ."""
    X, y = words["train"]
    theta = nn.Parameter(np.zeros(FEATURES))
    optimizer = optim.Adagrad([theta], lr=2 * radius / 2**0.5)
    paid = 0.0
    for x, t in zip(X, y, strict=True):
        paid += log_loss(theta.numpy(), x, t)
        theta.grad = (pydl.sigmoid(x @ theta.numpy()) - t) * x
        optimizer.step()
        np.clip(theta.data, -radius, radius, out=theta.data)
    r = optimizer.groups[0].state["sum"].copy()
    best = nn.Parameter(np.zeros(FEATURES))
    descent = optim.Adagrad([best], lr=1.0)
    for _ in range(300):  # the best in hindsight: the whole data set, many times over
        best.grad = X.T @ (pydl.sigmoid(X @ best.numpy()) - y) / len(y)
        descent.step()
        np.clip(best.data, -radius, radius, out=best.data)
    return float((paid - log_loss(best.numpy(), X, y).sum()) / (2**0.5 * 2 * radius * np.sqrt(r).sum()))


def on_words(seed: int, rates: Mapping[str, float]) -> dict[str, float]:
    """Return all that is measured on the rare features."""
    draws = [rare_features(s) for s in range(DRAWS * seed, DRAWS * (seed + 1))]
    excess = {
        name: float(np.mean([one_pass(lambda p, m=m, e=rates[name]: m(p, e), words) for words in draws]))
        for name, m in WORDS.items()
    }
    bare = float(np.mean([min(without_root(lr, words) for lr in BARE) for words in draws]))
    sums = list[np.ndarray]()
    one_pass(lambda p: optim.Adagrad(p, lr=1), draws[0], lambda o: sums.append(o.groups[0].state["sum"].copy()))
    half, end = sums[len(sums) // 2 - 1], sums[-1]
    return {
        **{f"words: {name}": value for name, value in excess.items()},
        "words: Adagrad over SGD": excess["Adagrad"] / excess["SGD"],
        "words: Adagrad over SGD, falling": excess["Adagrad"] / excess["SGD, falling"],
        "words: without the root": bare,
        "words: Adagrad over no root": excess["Adagrad"] / bare,
        "words: effective rate, rare over frequent": float(np.sqrt(end[:5].mean() / end[-100:].mean())),
        "words: exponent of Adagrad's rate": float(-np.log2(end[:5] / half[:5]).mean() / 2),
        "words: regret over bound": regret(draws[0]),
    }


def train(method: Method, lr: float, seed: int, fit: Any, test: Any, correction: bool = True) -> dict[str, Any]:
    """Train three networks side by side; return their mean test error (%) and the loss of each step."""
    pydl.seed(seed)
    nets = nn.Ensemble(lambda: nn.Sequential(nn.Linear(784, WIDTH, activation="relu"), nn.Linear(WIDTH, 10)), NETS)
    rate = falling(lr, EPOCHS * len(fit[0]) // DIGITS)
    optimizer = method(nets.parameters(), rate if correction else uncorrected(rate))
    history = pydl.fit(
        nets,
        data.DataLoader(fit, DIGITS, shuffle=True),
        nn.EnsembleLoss(nn.CrossEntropyLoss()),
        optimizer,
        EPOCHS,
        progress=False,
    )
    X, y = test
    error = 100 * float(np.mean(nets(X).numpy().argmax(axis=-1) != y))
    return {"error": error, "steps": history.steps / NETS}


def on_digits(seed: int, rates: Mapping[str, float], fit: Any, test: Any) -> dict[str, float]:
    """Return all that is measured on the digits."""
    runs = {name: train(method, rates[name], seed, fit, test) for name, method in NETWORKS.items()}
    bare = train(optim.Adam, rates["Adam"], seed, fit, test, correction=False)
    errors, early = {name: run["error"] for name, run in runs.items()}, slice(0, 50)
    return {
        **{f"digits: {name}": error for name, error in errors.items()},
        "digits: momentum minus Adam": errors["momentum"] - errors["Adam"],
        "digits: best to worst": max(errors.values()) - min(errors.values()),
        "digits: early loss without correction": float(
            bare["steps"][early].mean() / runs["Adam"]["steps"][early].mean()
        ),
    }


def noise(seed: int) -> dict[str, float]:
    """Return what needs no data: gradients that are drawn."""
    rng = np.random.default_rng(seed)
    draws = rng.normal(size=(1000, WEIGHTS))

    def end(make: Factory, start: float, gradient: Callable[[int], np.ndarray]) -> np.ndarray:
        theta = nn.Parameter(np.full(WEIGHTS, float(start)))
        optimizer = make([theta])
        for t in range(len(draws)):
            theta.grad = gradient(t)
            optimizer.step()
        return theta.numpy()

    def walk(eps: float) -> float:
        return float(np.sqrt(np.mean(end(lambda p: optim.Adam(p, 0.01, eps=eps), 0, lambda t: 1e-6 * draws[t]) ** 2)))

    scales, half = np.repeat([1.0, 10.0], WEIGHTS // 2), WEIGHTS // 2
    decayed = {
        method.__name__: end(lambda p, m=method: m(p, 0.01, weight_decay=0.1), 1, lambda t: scales * draws[t])
        for method in (optim.Adam, optim.AdamW)
    }
    towards = end(lambda p: optim.Adam(p, 0.01), 0, lambda t: 1 + 2 * draws[t])
    return {
        "noise: walk with a small delta": walk(1e-8),
        "noise: walk with a large delta": walk(1e-3),
        "noise: L2 at scale 1": float(decayed["Adam"][:half].mean()),
        "noise: L2 at scale 10": float(decayed["Adam"][half:].mean()),
        "noise: AdamW at scale 1": float(decayed["AdamW"][:half].mean()),
        "noise: AdamW at scale 10": float(decayed["AdamW"][half:].mean()),
        "noise: mean step at noise 2": float(-towards.mean() / 0.01 / len(draws)),
    }


WORDS: dict[str, Method] = {
    "SGD": optim.SGD,
    "Adagrad": optim.Adagrad,
    "RMSProp": optim.RMSprop,
    "Adam": optim.Adam,
    "SGD, falling": annealed(optim.SGD),
    "RMSProp, falling": annealed(optim.RMSprop),
    "Adam, falling": annealed(optim.Adam),
}
NETWORKS: dict[str, Method] = {
    "SGD": optim.SGD,
    "momentum": momentum,
    "Adagrad": optim.Adagrad,
    "RMSProp": optim.RMSprop,
    "Adadelta": optim.Adadelta,
    "Adam": optim.Adam,
    "NAdam": optim.NAdam,
    "AMSGrad": lambda p, lr: optim.Adam(p, lr, amsgrad=True),
}
WORD_GRIDS = {
    "SGD": (1, 2, 3, 5, 8),
    "Adagrad": (0.3, 0.5, 0.8, 1.2, 2),
    "RMSProp": (0.01, 0.02, 0.03, 0.05, 0.08),
    "Adam": (0.01, 0.02, 0.03, 0.05, 0.08),
    "SGD, falling": (3, 5, 8, 12, 20),
    "RMSProp, falling": (0.03, 0.05, 0.08, 0.12, 0.2),
    "Adam, falling": (0.03, 0.05, 0.08, 0.12, 0.2),
}
DIGIT_GRIDS = {
    "SGD": (0.1, 0.3, 1, 3),
    "momentum": (0.01, 0.03, 0.1, 0.3),
    "Adagrad": (0.01, 0.03, 0.1, 0.3),
    "RMSProp": (0.001, 0.003, 0.01, 0.03),
    "Adadelta": (1, 3, 10, 30),
    "Adam": (0.001, 0.003, 0.01, 0.03),
    "NAdam": (0.003, 0.01, 0.03, 0.1),
    "AMSGrad": (0.003, 0.01, 0.03, 0.1),
}
BARE = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)  # what Adagrad without its root may choose from, on the measured run itself


def best_rates(
    grids: Mapping[str, Sequence[float]], score: Callable[[str, float], float]
) -> tuple[dict[str, float], dict[str, Any]]:
    """Choose each method's rate from its grid by the lowest score; return all scores, too."""
    scores = {name: {lr: round(score(name, lr), 4) for lr in grid} for name, grid in grids.items()}
    best = {name: min(found, key=lambda lr: found[lr]) for name, found in scores.items()}
    at_the_edge = [name for name, lr in best.items() if lr in (grids[name][0], grids[name][-1])]
    if at_the_edge:
        raise ValueError(f"the grids of {at_the_edge} end too early: {scores}")
    return best, scores


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    pool, test = (data.MNIST(train=train).arrays() for train in (True, False))
    order = np.random.default_rng(0).permutation(len(pool[0]))
    part, held = (tuple(array[rows] for array in pool) for rows in (order[:8000], order[8000:]))
    drawn = [rare_features(seed) for seed in RATE_SEEDS]

    def word_score(name: str, lr: float) -> float:
        return float(np.mean([one_pass(lambda p: WORDS[name](p, lr), words) for words in drawn]))

    def digit_score(name: str, lr: float) -> float:
        return train(NETWORKS[name], lr, RATE_SEEDS[0], part, held)["error"]

    with np.errstate(over="ignore", invalid="ignore"):  # rates that are too large
        word_rates, word_scores = best_rates(WORD_GRIDS, word_score)
        digit_rates, digit_scores = best_rates(DIGIT_GRIDS, digit_score)
    runs = [{**on_words(seed, word_rates), **on_digits(seed, digit_rates, pool, test), **noise(seed)} for seed in SEEDS]
    save(
        __file__,
        "optimizers/adaptive-rates",
        SEEDS,
        runs,
        margin=2,
        recipe={
            "words": {"features": FEATURES, "samples": SAMPLES, "batch_size": BATCH, "draws": DRAWS, "lr": word_rates},
            "digits": {"networks": NETS, "width": WIDTH, "epochs": EPOCHS, "batch_size": DIGITS, "lr": digit_rates},
        },
        rate_scores={"words": word_scores, "digits": digit_scores},
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
