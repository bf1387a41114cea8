"""Measure the bands of the notebook backprop/keeping-the-flow over 20 seeds, into keeping_the_flow.json.

usage: python experiments/keeping_the_flow.py

A seed decides the starts near the cliff, the initial weights and the sequences. A band runs from 2 standard
deviations below the smallest value to 2 above the largest: wide enough for the next seed and the next machine, too
narrow for a mistake.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from bands import save

import pydl
from pydl import data, nn, optim

Pair = tuple[np.ndarray, np.ndarray]
SEEDS = range(20)
DEPTH, WIDTH = 50, 32  # residual chains
STEPS, UNITS = 100, 32  # gradients through time
LENGTH, HIDDEN, BATCH, TRAINING = 50, 16, 32, 2000  # the adding problem
LR, MOMENTUM, CLIP, OPEN = 1.0, 0.9, 0.03, 2.0
RNN_RATES = (1.0, 0.1, 0.01)
SOLVED = 0.03
LOSS = nn.MSELoss()

# ------------------------------------------------------------ the cliff


def J(theta: np.ndarray) -> np.ndarray:
    """Return the loss of one-unit chains of 50 sigmoid layers, for columns (w, b)."""
    w, b = theta
    y = 0.5
    for _ in range(50):
        y = pydl.sigmoid(w * y + b)
    return (y - 0.7) ** 2


GRAD = pydl.grad(lambda theta: J(theta).sum())


def descend(theta: np.ndarray, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where 600 steps of ε = 0.1 end, and how far they led at most; the gradient is clipped at c."""
    start, farthest = theta, np.zeros(theta.shape[1])
    for _ in range(600):
        grad = GRAD(theta)
        norm = np.maximum(np.linalg.norm(grad, axis=0), 1e-300)
        theta = theta - 0.1 * grad * np.minimum(1, c / norm)
        farthest = np.maximum(farthest, np.linalg.norm(theta - start, axis=0))
    return theta, farthest


def cliff(seed: int) -> dict[str, float]:
    """Compare 500 descents with and without clipping."""
    rng = np.random.default_rng(seed)
    w = rng.uniform(4.5, 6, 500)
    starts = np.array([w, -w / 2 + rng.uniform(0.1, 0.6, 500)])
    plain, thrown = descend(starts, np.inf)
    clipped, farthest = descend(starts, 1.0)
    return {
        "share thrown further than 3": float(np.mean(thrown > 3)),
        "share that arrives": float(np.mean(J(plain) < 0.01)),
        "share that arrives, clipped": float(np.mean(J(clipped) < 0.01)),
        "largest distance, clipped": float(farthest.max()),
    }


# ------------------------------------------------------------ shortcuts


class After(nn.Module):
    """A shortcut that ends before the transfer function: y = σ(x + Wx + b)."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def forward(self, x: pydl.Tensor) -> pydl.Tensor:
        """Apply it."""
        return pydl.sigmoid(x + self.layer(x))


def gain(layers: list[nn.Module], seed: int) -> float:
    """Return log₁₀ of ‖∂yᴸ/∂x‖/√n."""
    x = np.random.default_rng(seed).normal(size=(1, WIDTH)).repeat(WIDTH, axis=0)
    y = x = pydl.tensor(x, requires_grad=True)
    for layer in layers:
        y = layer(y)
    y.backward(np.eye(WIDTH))
    return float(np.log10(np.linalg.norm(x.grad.numpy()) / np.sqrt(WIDTH)))


def chains(seed: int) -> dict[str, float]:
    """Measure the gradient through 50 layers, without and with shortcuts."""
    kinds: dict[str, Callable[[], nn.Module]] = {
        "plain": lambda: nn.Linear(WIDTH, WIDTH, activation="sigmoid"),
        "residual": lambda: nn.Residual(nn.Linear(WIDTH, WIDTH, activation="sigmoid")),
        "shortcut inside": lambda: After(nn.Linear(WIDTH, WIDTH)),
    }
    found = {}
    for name, make in kinds.items():
        pydl.seed(seed)
        found[f"log10 of the gain, {name}"] = gain([make() for _ in range(DEPTH)], seed)
    return found


# ------------------------------------------------------------ through time


def set_bias(cell: nn.Module, value: float) -> None:
    """Set the bias of the forget gate of an LSTM, or of the update gate of a GRU."""
    with pydl.no_grad():
        for bias, number in ((cell.bias_ih, value), (cell.bias_hh, 0.0)):
            bias[UNITS : 2 * UNITS] = number


def through_time(cell: nn.Module, seed: int) -> np.ndarray:
    """Return ‖∂s_T/∂s_t‖/√H for lags T − t = 0 … 100; s is the cell of an LSTM, else the state."""
    x = np.random.default_rng(seed).normal(size=(STEPS + 1, 1, 2)).repeat(UNITS, axis=1)
    state, kept = None, []
    for t in range(STEPS + 1):
        state = cell(x[t], state)
        s = state[1] if isinstance(state, tuple) else state
        s.retain_grad()
        kept.append(s)
    kept[-1].backward(np.eye(UNITS))  # row i of the batch asks for unit i
    return np.array([np.linalg.norm(s.grad.numpy()) for s in kept[::-1]]) / np.sqrt(UNITS)


def flow(seed: int) -> dict[str, float]:
    """Measure gradients through 100 time steps."""
    found = {}
    for kind, biases in {"RNN": [None], "LSTM": [None, 1.0, 3.0, 5.0], "GRU": [None, 3.0, 5.0]}.items():
        for bias in biases:
            pydl.seed(seed)
            cell = getattr(nn, kind + "Cell")(2, UNITS)
            if bias is not None:
                set_bias(cell, bias)
            name = kind if bias is None else f"{kind}, bias {bias:g}"
            found[f"log10 of the gain over 100 steps, {name}"] = float(np.log10(through_time(cell, seed)[-1]))
    return found


# ------------------------------------------------------------ the adding problem


class Reader(nn.Module):
    """A recurrent layer, and a linear one on its last output."""

    def __init__(self, kind: str) -> None:
        self.body = getattr(nn, kind)(2, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, 1)

    def forward(self, x: pydl.Tensor) -> pydl.Tensor:
        """Answer at the last step."""
        output, _ = self.body(x)
        return self.head(output[:, -1])


def reader(kind: str) -> Reader:
    """Make a Reader; an LSTM's forget gates start a little open."""
    net = Reader(kind)
    if kind == "LSTM":
        with pydl.no_grad():
            net.body.bias_ih_l0[HIDDEN : 2 * HIDDEN] = OPEN
    return net


def test_error(net: Reader, test: Pair) -> float:
    """Return the mean squared error on new sequences."""
    with pydl.no_grad():
        return float(LOSS(net(test[0]), test[1]))


def slopes(net: Reader, test: Pair) -> tuple[float, float]:
    """Return the mean derivative of the answer by marked numbers, and the root mean square of that by the others."""
    X = test[0][:200]
    by_value, marked = pydl.grad(lambda x: net(x).sum())(X).numpy()[:, :, 0], X[:, :, 1] == 1
    return float(by_value[marked].mean()), float(np.sqrt(np.mean(by_value[~marked] ** 2)))


def steps_until(losses: np.ndarray, limit: float = SOLVED) -> float:
    """Return when the mean loss of 100 steps is first below a limit; one step too many if never."""
    means = losses.reshape(-1, 100).mean(axis=1)
    return float(100 * (1 + np.argmax(means < limit))) if (means < limit).any() else float(len(losses) + 100)


def first_angle(net: Reader, test: Pair) -> float:
    """Return the angle in degrees by which clipping every entry to ±(largest/100) turns the first gradient."""
    LOSS(net(test[0][:BATCH]), test[1][:BATCH]).backward()
    g = np.concatenate([p.grad.numpy().ravel() for p in net.parameters()])
    net.zero_grad()
    clipped = np.clip(g, -np.abs(g).max() / 100, np.abs(g).max() / 100)
    return float(np.degrees(np.arccos(g @ clipped / np.linalg.norm(g) / np.linalg.norm(clipped))))


def finite_steps(seed: int) -> float:
    """Return how many steps an LSTM takes without clipping, at twice the rate, until its loss is no number."""
    pydl.seed(seed)
    net, batches = reader("LSTM"), data.adding_problem(BATCH * 300, LENGTH, rng=seed)
    optimizer = optim.SGD(net.parameters(), lr=2 * LR, momentum=MOMENTUM)
    with np.errstate(all="ignore"):
        for step, (x, y) in enumerate(data.DataLoader(batches, batch_size=BATCH)):
            optimizer.zero_grad()
            loss = LOSS(net(x), y)
            if not np.isfinite(loss.item()):
                return float(step)
            loss.backward()
            optimizer.step()
    return 300.0


def adding(seed: int) -> dict[str, float]:
    """Train an LSTM, and simple recurrent networks at three rates, on sequences that are seen once."""
    batches = data.DataLoader(data.adding_problem(BATCH * TRAINING, LENGTH, rng=seed), batch_size=BATCH)
    test = data.adding_problem(2000, LENGTH, rng=10_000 + seed)
    errors, losses = {}, {}
    for kind, lr in [("LSTM", LR), *[("RNN", rate) for rate in RNN_RATES]]:
        pydl.seed(seed)
        net = reader(kind)
        if kind == "LSTM":
            angle = first_angle(net, test)
        optimizer = optim.SGD(net.parameters(), lr=lr, momentum=MOMENTUM)
        losses[kind, lr] = pydl.fit(net, batches, LOSS, optimizer, clip_norm=CLIP).steps
        errors[kind, lr] = test_error(net, test)
        if kind == "LSTM":
            marked, unmarked = slopes(net, test)
    return {
        "test error, LSTM": errors["LSTM", LR],
        "steps until the LSTM's loss is below 0.03": steps_until(losses["LSTM", LR]),
        "test error, RNN": errors["RNN", 0.1],
        "test error, RNN, best of three rates": min(errors["RNN", lr] for lr in RNN_RATES),
        "derivative by marked numbers": marked,
        "derivative by other numbers": unmarked,
        "angle of clipping by value, degrees": angle,
        "finite steps without clipping": finite_steps(seed),
    }


def main() -> None:
    """Measure everything and write the JSON file beside this script."""
    began = time.process_time()
    runs = []
    for seed in SEEDS:
        pydl.set_default_dtype("float64")
        run = cliff(seed) | chains(seed) | flow(seed)
        pydl.set_default_dtype("float32")
        runs.append(run | adding(seed))
    save(
        __file__,
        "backprop/keeping-the-flow",
        SEEDS,
        runs,
        margin=2,
        possible={name: (0.0, 1.0) for name in runs[0] if name.startswith("share")}
        | {
            name: (0.0, float("inf"))
            for name in runs[0]
            if name.startswith(("test error", "finite", "derivative by other"))
        },
        recipe={
            "lr": LR,
            "momentum": MOMENTUM,
            "clip_norm": CLIP,
            "steps": TRAINING,
            "length": LENGTH,
            "solved": SOLVED,
        },
        solved={
            "LSTM": sum(run["test error, LSTM"] < SOLVED for run in runs),
            "RNN": sum(run["test error, RNN, best of three rates"] < SOLVED for run in runs),
        },
        cpu_seconds=round(time.process_time() - began),
    )


if __name__ == "__main__":
    main()
