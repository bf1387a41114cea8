"""Race twelve optimizers over the suite of unit tests, for the notebook optimizers/which-optimizer.

usage: python experiments/which_optimizer.py        (writes which_optimizer.json beside this file)

Thirty seeds, each a race of its own with twenty runs for each optimizer, learning rate and test; all are computed at
once. The tables are medians over all 600 runs; the bands are over the thirty races, each judged by its own SGD.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from bands import save

import pydl
from pydl import optim
from pydl.landscape import SUITE, race, verdict
from pydl.optim import schedules

SEED, STEPS, RUNS, RACES = 2014, 100, 20, 30
MANY = 500  # runs of a race with Cauchy noise, whose medians over 20 runs are restless
RATES = [10 ** (e / 2) for e in range(-10, 3)]
PAR = 4  # from this verdict on, a test is passed: the optimizer gets as far as tuned SGD, and steadily
momentum = functools.partial(optim.SGD, momentum=0.9)
TESTS = {name: problem for group in SUITE.values() for name, problem in group.items()}


def annealed(groups: list[dict[str, Any]]) -> optim.Optimizer:
    """SGD whose rates fall as 1/t, to a sixth at the end."""
    return optim.SGD([group | {"lr": schedules.inverse_time(group["lr"], STEPS / 5)} for group in groups], lr=0.1)


class Clipped(optim.SGD):
    """SGD that cuts each entry of the gradient to [-1, 1]."""

    def step(self) -> None:
        """Clip, then update."""
        optim.clip_grad_value_([p for group in self.groups for p in group.parameters], 1.0)
        super().step()


# name: (optimizer, PyTorch's default rate)
OPTIMIZERS: dict[str, tuple[Any, float]] = {
    "SGD": (functools.partial(optim.SGD, lr=0.1), 1e-3),
    "annealed": (annealed, 1e-3),
    "averaged": (functools.partial(optim.SGD, lr=0.1), 1e-3),
    "clipped": (functools.partial(Clipped, lr=0.1), 1e-3),
    "momentum": (functools.partial(momentum, lr=0.1), 1e-3),
    "Nesterov": (functools.partial(momentum, lr=0.1, nesterov=True), 1e-3),
    "Adagrad": (optim.Adagrad, 1e-2),
    "RMSProp": (optim.RMSprop, 1e-2),
    "Adadelta": (optim.Adadelta, 1.0),
    "Adam": (optim.Adam, 1e-3),
    "AMSGrad": (functools.partial(optim.Adam, amsgrad=True), 1e-3),
    "NAdam": (optim.NAdam, 2e-3),
}
NAMES = list(OPTIMIZERS)
SWEEPS = {"low": range(5), "three": (4, 6, 8), "all": range(len(RATES))}  # up to 1e-3; 1e-3, 1e-2, 1e-1; all


def run_all() -> tuple[np.ndarray, np.ndarray]:
    """Return losses of shape (tests, optimizers, rates + 1, runs), the default rate last, and those at the start."""
    losses, still = [], []
    for i, problem in enumerate(TESTS.values()):
        row = []
        for name, (make, default) in OPTIMIZERS.items():
            average = functools.partial(optim.Average, start=STEPS // 2) if name == "averaged" else None
            noise = np.random.default_rng((SEED, i))  # the same for all: they differ by nothing but themselves
            row.append(race(problem, make, [*RATES, default], STEPS, RUNS * RACES, noise, average=average))
        losses.append(np.stack([found.losses for found in row]))
        still.append(row[0].still)
    return np.stack(losses), np.stack(still)


def judge(losses: np.ndarray, still: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each run's gain, in units of what tuned SGD gains in the median, and for each rate the median gain."""
    fallen = still[:, None, None] - losses
    unit = np.median(fallen, axis=-1)[:, NAMES.index("SGD"), : len(RATES)].max(axis=-1)
    with np.errstate(over="ignore"):  # a run that exploded
        gains = fallen / unit[:, None, None, None]
    return gains, np.median(gains, axis=-1)


def chosen(table: np.ndarray, medians: np.ndarray, rates: Any) -> np.ndarray:
    """Return, for each test and optimizer, the entry of `table` at the rate with the highest median among `rates`."""
    rates = np.array(rates)
    best = rates[np.argmax(medians[:, :, rates], axis=-1)]
    return np.take_along_axis(table, best[:, :, None], axis=2)[:, :, 0]


def protocols(verdicts: np.ndarray, medians: np.ndarray) -> dict[str, np.ndarray]:
    """Return how many tests each optimizer passes, by the way its rate is chosen."""
    passed = verdicts >= PAR
    return {
        "default": passed[:, :, -1].sum(axis=0),
        "one": passed[:, :, :-1].sum(axis=0).max(axis=-1),  # for all tests, the best in hindsight
        **{name: chosen(passed, medians, rates).sum(axis=0) for name, rates in SWEEPS.items()},
    }


def way_down(still: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Return which part of the way to the bottom of a quadratic, at -0.25, each run made."""
    return (still - losses) / (still + 0.25)


def with_outliers(seed: int) -> dict[str, float]:
    """Return how far down a quadratic with Cauchy noise the best rate leads, in the median of many runs."""
    found = {}
    for name in ("SGD", "clipped"):
        run = race(TESTS["quadratic + Cauchy"], OPTIMIZERS[name][0], RATES, STEPS, MANY, np.random.default_rng(seed))
        found[f"Cauchy: {name}"] = float(np.median(way_down(run.still, run.losses), axis=-1).max())
    return found


def on_one_run(way: np.ndarray) -> dict[str, float]:
    """Let every single run choose the best optimizer and rate; `way` has the shape (optimizers, rates, runs)."""
    flat = np.maximum(way.reshape(-1, way.shape[-1]), -1)  # a run far off counts as one that lost as much as there is
    best = np.argmax(flat, axis=0)
    others = [np.mean(np.delete(flat[winner], run)) for run, winner in enumerate(best)]
    return {
        "one run: reported": np.mean(flat.max(axis=0)),
        "one run: more than on the others": np.mean(flat.max(axis=0) - others),
        "one run: different winners": len(set(best // way.shape[1])),
    }


def measure(losses: np.ndarray, still: np.ndarray) -> dict[str, float]:
    """Return what one race says."""
    gains, medians = judge(losses, still)
    verdicts = verdict(gains)
    counts = protocols(verdicts, medians)
    tuned = chosen(medians, medians, SWEEPS["all"])  # (tests, optimizers)
    rates = chosen(np.broadcast_to(np.log10([*RATES, 1]), medians.shape), medians, SWEEPS["all"])
    of, at = ({name: i for i, name in enumerate(names)} for names in (NAMES, TESTS))
    found: dict[str, float] = {
        "most tests among the best": np.sum(tuned >= tuned.max(axis=1, keepdims=True) - 0.05, axis=0).max(),
        "tests where nobody is better": np.sum(tuned.max(axis=1) <= 1.1),
        "decades of best rates: SGD": np.subtract(*np.quantile(rates[:, of["SGD"]], [0.9, 0.1])),
        "decades of best rates: Adam": np.subtract(*np.quantile(rates[:, of["Adam"]], [0.9, 0.1])),
        "share of rates that pass: SGD": np.mean(verdicts[:, of["SGD"], :-1] >= PAR),
        "share of rates that pass: RMSProp": np.mean(verdicts[:, of["RMSProp"], :-1] >= PAR),
        "one rate: Adam - SGD": counts["one"][of["Adam"]] - counts["one"][of["SGD"]],
    }
    for protocol, one, other in (
        ("default", "RMSProp", "Adam"),
        ("low", "momentum", "Adam"),
        ("all", "Adam", "momentum"),
    ):
        found[f"{protocol}: {one} - {other}"] = counts[protocol][of[one]] - counts[protocol][of[other]]
    for test, names in {
        "plateau, bowl": ("momentum", "RMSProp"),
        "quadratic, strong curl": ("momentum", "RMSProp"),
        "quadratic jumps": ("averaged", "momentum"),
    }.items():
        found |= {f"gain, {test}: {name}": tuned[at[test], of[name]] for name in names}
    heavy = at["quadratic + heavy"]
    found |= on_one_run(way_down(still[heavy], losses[heavy, :, :-1]))
    bottom = sum(chain.slope for chain in TESTS["10 scales"].chains) / 4
    ends = [np.median(losses[at[name], of["Adam"], RATES.index(1e-2)]) for name in ("10 scales, turned", "10 scales")]
    found["rotation: times as much left by Adam"] = (ends[0] - bottom) / (ends[1] - bottom)
    return {name: float(value) for name, value in found.items()}


def text(numbers: np.ndarray) -> str:
    """Write a row of numbers, three digits each."""
    return " ".join(f"{x:.3g}" for x in np.maximum(numbers, -99))


def main() -> None:
    """Run all, write the tables and the bands."""
    pydl.set_default_device("cpu")
    losses, still = run_all()
    pieces = [slice(RUNS * s, RUNS * (s + 1)) for s in range(RACES)]
    runs = [measure(losses[..., piece], still[..., piece]) | with_outliers(s) for s, piece in enumerate(pieces)]
    gains, medians = judge(losses, still)
    verdicts, best = verdict(gains), np.argmax(medians[:, :, :-1], axis=-1)
    save(
        __file__,
        "optimizers/which-optimizer",
        range(RACES),
        runs,
        margin=1,
        possible={"one run: reported": (-1.0, 1.0), "Cauchy: clipped": (-np.inf, 1.0)},
        seed=SEED,
        steps=STEPS,
        runs_per_race=RUNS,
        rates=RATES,
        defaults={name: default for name, (_, default) in OPTIMIZERS.items()},
        groups={group: list(problems) for group, problems in SUITE.items()},
        passed={k: dict(zip(NAMES, map(int, n), strict=True)) for k, n in protocols(verdicts, medians).items()},
        sweeps={name: [RATES[k] for k in rates] for name, rates in SWEEPS.items()},
        columns="median gain at each rate, then at the default; verdicts, one digit each; number of the best rate",
        table={
            test: {
                name: [text(medians[i, j]), "".join(map(str, verdicts[i, j])), int(best[i, j])]
                for j, name in enumerate(NAMES)
            }
            for i, test in enumerate(TESTS)
        },
    )


if __name__ == "__main__":
    main()
