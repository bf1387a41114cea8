"""Measure the bands of the notebook backprop/multilayer-perceptron over 20 seeds, into multilayer_perceptron.json.

usage: python experiments/multilayer_perceptron.py

The full MNIST is needed beside the embedded one: `pydl.data.MNIST(size="full")` finds or fetches it. A seed decides
the initial weights of 200 networks of each kind that learn XOR, and for the digits the initial weights, the order of
the minibatches and the division into training and validation set. A band runs from 2 standard deviations below the
smallest value to 2 above the largest.
"""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim
from pydl.training import error_rate, evaluate

SEEDS = range(20)
UNITS, NETWORKS, XOR_LR, XOR_STEPS = (1, 2, 8), 200, 1.0, 2000
LR, EPOCHS, BATCH = 0.3, 20, 50
RATES = (0.03, 0.1, 0.3, 1.0)
LINEAR_LR, LINEAR_EPOCHS = 0.1, 30  # as in convexity/softmax-regression
FEW_SEEDS = range(5)  # for what takes long, or hardly varies
FULL_UNITS, FULL_EPOCHS = 300, 10
WIDTHS = {"one of 32": (32,), "one of 512": (512,), "two of 128": (128, 128)}
POSSIBLE = {"training error": (0.0, 1.0), "share of failures at half log 2, 2 units of tanh": (0.0, 1.0)}

Pair = tuple[np.ndarray, np.ndarray]
TRANSFER = {"tanh": pydl.tanh, "ReLU": pydl.relu}
SHARE = "share of XOR solved, {} units of {}"
POSSIBLE |= {SHARE.format(units, name): (0.0, 1.0) for units in UNITS for name in TRANSFER}


# ---------------------------------------------------------------- XOR


def losses_on_xor(theta, f, X, y):
    """Return scores and losses of many networks at once, one sample a column."""
    W1, b1, W2, b2 = theta
    Z = W2 @ f(W1 @ X.T + b1) + b2
    return Z, pydl.softplus(Z) - y * Z


def learn_xor(units: int, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Train the networks; return for each whether it is right on all four samples, and its J."""
    (X, y), f = data.xor(), TRANSFER[name]
    rng, a, c = np.random.default_rng(seed), 1 / np.sqrt(2), 1 / np.sqrt(units)
    shapes = ((units, 2), a), ((units, 1), a), ((1, units), c), ((1, 1), c)
    theta = [rng.uniform(-bound, bound, (NETWORKS, *shape)) for shape, bound in shapes]

    def J(*theta):
        return losses_on_xor(theta, f, X, y)[1].sum() / 4

    gradient = pydl.grad(J, argnums=range(4))
    for _ in range(XOR_STEPS):
        theta = [w - XOR_LR * slope for w, slope in zip(theta, gradient(*theta), strict=True)]
    Z, losses = losses_on_xor(theta, f, X, y)
    return ((Z > 0) == y).all(axis=(1, 2)), losses.mean(axis=(1, 2))


def on_xor(seed: int) -> dict[str, float]:
    """Return how often XOR is solved, and how the networks of two units that fail stand."""
    found, failed = {}, {}
    for name in TRANSFER:
        for units in UNITS:
            right, J = learn_xor(units, name, seed)
            found[SHARE.format(units, name)] = right.mean()
            if units == 2:
                failed[name] = J[~right]
    return found | {
        "share of failures at half log 2, 2 units of tanh": np.mean(np.abs(failed["tanh"] - np.log(2) / 2) < 0.005),
        "share of failures at log 2, 2 units of ReLU": np.mean(np.abs(failed["ReLU"] - np.log(2)) < 0.001),
    }


# ---------------------------------------------------------------- digits


def mlp(*widths: int, transfer: bool = True) -> nn.Sequential:
    """Return a network from 784 pixels to 10 scores with hidden layers of these widths."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((784, *widths, 10)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*[layer for layer in layers[:-1] if transfer or isinstance(layer, nn.Linear)])


def train(build, samples: Pair, seed: int, lr: float = LR, epochs: int = EPOCHS) -> nn.Module:
    """Train a network as the notebook does."""
    pydl.seed(seed)
    model = build()
    loader = data.DataLoader(samples, batch_size=BATCH, shuffle=True)
    pydl.fit(model, loader, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=lr), epochs=epochs)
    return model


def measure(model: nn.Module, samples: Pair) -> tuple[float, float]:
    """Return loss and error rate on a set."""
    metrics = {"loss": nn.CrossEntropyLoss(), "error": error_rate}
    values = evaluate(model, data.DataLoader(samples, batch_size=2000), metrics)
    return values["loss"], values["error"]


def best_rate(samples: Pair, seed: int) -> float:
    """Choose ε by the loss on a fifth of the training images."""
    X_fit, X_val, y_fit, y_val = data.train_test_split(*samples, fraction=0.2, rng=seed)
    return min(RATES, key=lambda lr: measure(train(lambda: mlp(128), (X_fit, y_fit), seed, lr), (X_val, y_val))[0])


def equal_start() -> nn.Sequential:
    """Return a network whose 128 hidden units all start with the same weights."""
    model = mlp(128)
    first, _, last = model
    first.weight.copy_(np.repeat(first.weight.numpy()[:1], 128, axis=0))
    first.bias.copy_(np.repeat(first.bias.numpy()[:1], 128))
    last.weight.copy_(np.repeat(last.weight.numpy()[:, :1], 128, axis=1))
    return model


def on_digits(seed: int, samples: Pair, test: Pair) -> dict[str, float]:
    """Return all that depends on the seed in the sections about digits."""
    hidden = train(lambda: mlp(128), samples, seed)
    twice = train(lambda: nn.Sequential(mlp(128), nn.Softmax()), samples, seed)
    loss, error = measure(hidden, samples)
    test_error = measure(hidden, test)[1]
    linear = measure(train(mlp, samples, seed, LINEAR_LR, LINEAR_EPOCHS), test)[1]
    return {
        "test error": test_error,
        "training loss": loss,
        "training error": error,
        **{
            f"test error, {name}": measure(train(lambda w=w: mlp(*w), samples, seed), test)[1]
            for name, w in WIDTHS.items()
        },
        "test error of the linear model": linear,
        "test error, relative to the linear model's": test_error / linear,
        "test error without a transfer function": measure(
            train(lambda: mlp(128, transfer=False), samples, seed, LINEAR_LR), test
        )[1],
        "training loss of two softmaxes": measure(twice, samples)[0],
        "test error of two softmaxes": measure(twice, test)[1],
        "test error from an equal start": measure(train(equal_start, samples, seed), test)[1],
    }


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.perf_counter()
    samples, test = data.MNIST().arrays(), data.MNIST(train=False).arrays()
    full, full_test = (data.MNIST(train=train, size="full").arrays() for train in (True, False))
    pydl.set_default_dtype("float64")
    runs = [on_xor(seed) for seed in SEEDS]
    pydl.set_default_dtype("float32")
    runs = [run | on_digits(seed, samples, test) for run, seed in zip(runs, SEEDS, strict=True)]
    chosen = [best_rate(samples, seed) for seed in FEW_SEEDS]
    on_all = [
        measure(train(lambda: mlp(FULL_UNITS), full, seed, epochs=FULL_EPOCHS), full_test)[1] for seed in FEW_SEEDS
    ]
    save(
        __file__,
        "backprop/multilayer-perceptron",
        SEEDS,
        runs,
        margin=2,
        possible=POSSIBLE,
        recipe={"lr": LR, "epochs": EPOCHS, "batch_size": BATCH, "xor_lr": XOR_LR, "xor_steps": XOR_STEPS},
        times_chosen={str(lr): chosen.count(lr) for lr in RATES},
        error_of_300_units_on_60000={"mean": round(float(np.mean(on_all)), 4), "seeds": len(on_all)},
        seconds=round(time.perf_counter() - began),
    )


if __name__ == "__main__":
    main()
