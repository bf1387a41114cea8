"""Measure the bands of the notebook convexity/softmax-regression over 20 seeds, into softmax_regression.json.

usage: python experiments/softmax_regression.py

The full MNIST is needed beside the embedded one: `pydl.data.MNIST(size="full")` finds or fetches it. A seed
decides the initial weights, the order of the minibatches and the division into training and validation set.
A band runs from 2 standard deviations below the smallest value to 2 above the largest: wide enough for the next
seed and the next machine, too narrow for a mistake.
"""

from __future__ import annotations

import time

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim
from pydl.training import error_rate, evaluate

SEEDS = range(20)
LR, EPOCHS, BATCH = 0.1, 30, 50
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)

Pair = tuple[np.ndarray, np.ndarray]
LOSS = nn.CrossEntropyLoss()


def train(samples: Pair, seed: int, lr: float = LR) -> nn.Linear:
    """Train a linear model as the notebook does."""
    pydl.seed(seed)
    model = nn.Linear(784, 10)
    loader = data.DataLoader(samples, batch_size=BATCH, shuffle=True)
    pydl.fit(model, loader, LOSS, optim.SGD(model.parameters(), lr=lr), epochs=EPOCHS)
    return model


def measure(model: nn.Module, samples: Pair) -> tuple[float, float]:
    """Return loss and error rate on a set."""
    values = evaluate(model, data.DataLoader(samples, batch_size=2000), {"loss": LOSS, "error": error_rate})
    return values["loss"], values["error"]


def best_rate(samples: Pair, seed: int) -> float:
    """Choose ε as the notebook does: by the loss on a fifth of the training images."""
    X_fit, X_val, y_fit, y_val = data.train_test_split(*samples, fraction=0.2, rng=seed)
    return min(RATES, key=lambda lr: measure(train((X_fit, y_fit), seed, lr), (X_val, y_val))[0])


def half_gradient(samples: Pair, seed: int) -> nn.Linear:
    """Train with the notebook's mistake: only the true class's score gets a gradient."""
    pydl.seed(seed)
    model = nn.Linear(784, 10)
    W, b = model.weight.numpy().copy(), model.bias.numpy().copy()
    loader = data.DataLoader(samples, batch_size=BATCH, shuffle=True)
    for _ in range(EPOCHS):
        for x, t in loader:
            Y = data.one_hot(t.numpy(), 10)
            D = (pydl.softmax(x.numpy() @ W.T + b) - Y) * Y / len(Y)
            W -= LR * D.T @ x.numpy()
            b -= LR * D.sum(axis=0)
    model.weight.copy_(W)
    model.bias.copy_(b)
    return model


def error_gap(model: nn.Linear, samples: Pair) -> float:
    """Return how much higher the error is on fives and eights than on zeros and ones."""
    X, y = samples
    wrong = np.argmax(X @ model.weight.numpy().T + model.bias.numpy(), axis=1) != y
    return float(wrong[np.isin(y, (5, 8))].mean() - wrong[np.isin(y, (0, 1))].mean())


def one_seed(seed: int, sets: dict[str, Pair]) -> dict[str, float]:
    """Return all that depends on the seed."""
    pydl.seed(seed)
    start, _ = measure(nn.Linear(784, 10), sets["train"])
    model, broken = train(sets["train"], seed), half_gradient(sets["train"], seed)
    full = train(sets["full_train"], seed)
    train_loss, train_error = measure(model, sets["train"])
    broken_loss, _ = measure(broken, sets["train"])
    return {
        "loss at the start": start,
        "training loss": train_loss,
        "training error": train_error,
        "test error": measure(model, sets["test"])[1],
        "gap between hard and easy digits": error_gap(model, sets["test"]),
        "test error of the half gradient": measure(broken, sets["test"])[1],
        "training loss of the half gradient, relative": broken_loss / train_loss,
        "test error on all 10,000": measure(model, sets["full_test"])[1],
        "test error, trained on 60,000": measure(full, sets["test"])[1],
        "test error on all 10,000, trained on 60,000": measure(full, sets["full_test"])[1],
    }


def least_squares_error(samples: Pair, test: Pair) -> float:
    """Return the test error of the same linear model, fitted to the one-hot labels by least squares."""
    X, T = (np.column_stack([x, np.ones(len(x))]).astype(np.float64) for x in (samples[0], test[0]))
    W = np.linalg.lstsq(X, data.one_hot(samples[1], 10).astype(np.float64), rcond=1e-6)[0]
    return round(error_rate(T @ W, test[1]), 4)


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    sets = {
        f"{prefix}{part}": data.MNIST(train=part == "train", size=size).arrays()
        for prefix, size in (("", "small"), ("full_", "full"))
        for part in ("train", "test")
    }
    runs = [one_seed(seed, sets) for seed in SEEDS]
    chosen = [best_rate(sets["train"], seed) for seed in SEEDS]
    save(
        __file__,
        "convexity/softmax-regression",
        SEEDS,
        runs,
        margin=2,
        recipe={"lr": LR, "epochs": EPOCHS, "batch_size": BATCH},
        times_chosen={str(lr): chosen.count(lr) for lr in RATES},
        least_squares_error=least_squares_error(sets["full_train"], sets["full_test"]),
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
