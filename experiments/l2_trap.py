"""Measure what the notebook convexity/l2-trap claims about chords, starts and digits, into l2_trap.json.

usage: python experiments/l2_trap.py

A seed decides the random chords, the random starts on the launches, and for the digits the initial weights and the
order of the minibatches. A band runs from one standard deviation below the smallest value to one above the largest.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bands import save
from logistic_regression import launches

import pydl
from pydl import data, nn, optim

SEEDS = range(20)
CHORDS, STARTS, REACH = 10_000, 200, 10.0
LR, STEPS = 4.0, 1_000
DIGITS, DIGIT_LR, BATCH, WRONG_EPOCHS, EPOCHS = (3, 5), 0.1, 50, 20, 30

Pair = tuple[np.ndarray, np.ndarray]
Loss = Callable[..., np.ndarray]
X, Y = launches()


# ---------------------------------------------------------------- the launches


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return σ(z)."""
    return 1 / (1 + np.exp(-z))


def cross_entropy(W: np.ndarray) -> np.ndarray:
    """Return J for each row of W."""
    Z = W @ X.T
    return np.mean(np.logaddexp(0, Z) - Y * Z, axis=1)


def squared_error(W: np.ndarray) -> np.ndarray:
    """Return the mean of ½(y − ŷ)² for each row of W."""
    return np.mean((Y - sigmoid(W @ X.T)) ** 2, axis=1) / 2


def share_above_chord(loss: Loss, rng: np.random.Generator) -> float:
    """Return the share of random chords on which the loss rises above the chord at a random place."""
    a, b = rng.uniform(-REACH, REACH, (2, CHORDS, 2))
    t = rng.uniform(size=CHORDS)
    chord = t * loss(a) + (1 - t) * loss(b)
    between = loss(t[:, None] * a + (1 - t[:, None]) * b)
    return float(np.mean(between > chord * (1 + 1e-12)))


def steps_to_recover(W: np.ndarray, squared: bool) -> np.ndarray:
    """Return after how many steps each row of W errs on fewer than 7 launches; STEPS + 1 if on none of them."""
    needed = np.full(len(W), STEPS + 1)
    for step in range(STEPS + 1):
        y_hat = sigmoid(W @ X.T)
        recovered = np.sum((y_hat > 0.5) != Y, axis=1) < Y.sum()
        needed[recovered & (needed > step)] = step
        slope = y_hat * (1 - y_hat) if squared else 1
        W = W - LR * ((y_hat - Y) * slope) @ X / len(X)
    return needed


def on_launches(seed: int) -> dict[str, float]:
    """Return what depends on the seed in the sections about the launches."""
    rng = np.random.default_rng(seed)
    chords = share_above_chord(squared_error, rng)
    starts = rng.uniform(-REACH, REACH, (STARTS, 2))
    by_entropy, by_squares = (steps_to_recover(starts, squared) for squared in (False, True))
    return {
        "share of chords that the squared error crosses": chords,
        "share of chords that the cross entropy crosses": share_above_chord(cross_entropy, rng),
        "largest number of steps, cross entropy": float(np.max(by_entropy)),
        "share stalled after 1000 steps, squared error": float(np.mean(by_squares > STEPS)),
    }


# ---------------------------------------------------------------- the digits


def squared_loss(z: pydl.Tensor, y: pydl.Tensor) -> pydl.Tensor:
    """Return the mean of ½(y − σ(z))²."""
    return pydl.mse_loss(pydl.sigmoid(z), y) / 2


def twice(z: pydl.Tensor, y: pydl.Tensor) -> pydl.Tensor:
    """Return the cross entropy of σ(z), taken for a score: the notebook's mistake."""
    return LOSSES["cross entropy"](pydl.sigmoid(z), y)


LOSSES = {"cross entropy": nn.BCEWithLogitsLoss(), "squared error": squared_loss}


def two_digits(train: bool) -> Pair:
    """Return the images of the two digits, and 1 for the second."""
    images, labels = data.MNIST(train=train).arrays()
    chosen = np.isin(labels, DIGITS)
    return images[chosen], (labels[chosen] == DIGITS[1]).astype(np.float32)[:, None]


def train(model: nn.Linear, samples: Pair, loss: Callable[..., object], epochs: int) -> list[float]:
    """Train as the notebook does; return the loss of every epoch."""
    batches = data.DataLoader(samples, batch_size=BATCH, shuffle=True)
    optimizer = optim.SGD(model.parameters(), lr=DIGIT_LR)
    return pydl.fit(model, batches, loss, optimizer, epochs)["loss"]


def error(model: nn.Linear, samples: Pair) -> float:
    """Return the share of samples whose score has the wrong sign."""
    images, y = samples
    return float(np.mean((images @ model.weight.numpy().T + model.bias.numpy() > 0) != y))


def on_digits(seed: int, fit: Pair, test: Pair) -> dict[str, float]:
    """Train both losses from three starts: small weights, large ones, and weights learnt from exchanged labels."""
    found = {}
    pydl.seed(seed)
    small = nn.Linear(784, 1)
    large = nn.Linear(784, 1)
    large.weight.copy_(pydl.random.default_rng(seed).normal(size=(1, 784)).astype(np.float32))
    wrong = nn.Linear(784, 1)
    train(wrong, (fit[0], 1 - fit[1]), LOSSES["cross entropy"], WRONG_EPOCHS)
    found["test error with exchanged labels"] = error(wrong, test)
    for start, begun in (("small weights", small), ("large weights", large), ("exchanged labels", wrong)):
        for name, loss in LOSSES.items():
            model = nn.Linear(784, 1)
            model.load_state_dict(begun.state_dict())
            pydl.seed(seed)
            train(model, fit, loss, EPOCHS)
            found[f"test error from {start}, {name}"] = error(model, test)
    model = nn.Linear(784, 1)
    model.load_state_dict(small.state_dict())
    pydl.seed(seed)
    found["training loss with the sigmoid twice"] = train(model, fit, twice, EPOCHS)[-1]
    return found


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    fit, test = two_digits(train=True), two_digits(train=False)
    runs = [on_launches(seed) | on_digits(seed, fit, test) for seed in SEEDS]
    recipe = {"lr": DIGIT_LR, "batch_size": BATCH, "wrong_epochs": WRONG_EPOCHS, "epochs": EPOCHS}
    possible = {name: (0.0, 1.0) for name in runs[0] if "share" in name or "error" in name}
    save(__file__, "convexity/l2-trap", SEEDS, runs, margin=1, possible=possible, digits=recipe)


if __name__ == "__main__":
    main()
