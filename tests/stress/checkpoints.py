"""Damage checkpoints, kill those who save them, and stop and resume training: nothing may be lost or mistaken.

    python -m tests.stress.checkpoints [--damaged 10000] [--kills 1000] [--stops 200]

The last line counts the damaged files that were accepted, the kills after which no good checkpoint was there, and
the stops after which the rest of the run differed in a single bit; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import pydl
from pydl import data, nn, optim
from tests.stress.damaged_data import damaged


class Centred(nn.Module):
    """x − μ, where the buffer μ follows the batches' means: a state that training changes but does not learn."""

    def __init__(self, n: int) -> None:
        self.mean = nn.Buffer(np.zeros(n, "float32"))

    def forward(self, x: Any) -> Any:
        if self.training:
            self.mean.copy_(0.9 * self.mean.data + 0.1 * pydl.mean(x, axis=0).numpy())
        return x - self.mean


def run(seed: int) -> dict[str, Any]:
    """Return the parts of a run in which all that can have state has some."""
    pydl.seed(seed)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 4)).astype("float32"), rng.integers(0, 3, 50)
    model = nn.Sequential(nn.Linear(4, 8, activation="tanh"), Centred(8), nn.Dropout(0.3), nn.Linear(8, 3))
    optimizer = optim.SGD(model.parameters(), lr=lambda step: 0.1 / (1 + 0.01 * step), momentum=0.9, nesterov=True)
    batches = data.DataLoader((X, y), batch_size=8, shuffle=True)
    return {"model": model, "optimizer": optimizer, "batches": batches, "rng": pydl.random.default_rng()}


def steps(parts: dict[str, Any], first: int, last: int) -> Iterator[int]:
    """Take the steps first, …, last − 1; yield each number after its step."""
    loss, step = nn.CrossEntropyLoss(), first
    while step < last:
        for x, t in parts["batches"]:
            parts["optimizer"].zero_grad()
            loss(parts["model"](x), t).backward()
            parts["optimizer"].step()
            yield step
            step += 1
            if step == last:
                return


def lost_bits(folder: Path, stops: int, every: int = 1) -> int:
    """Stop a run of `stops` steps after each of them (each `every`-th) and resume; return how many ended otherwise."""
    parts, lost = run(seed=0), 0
    for step in steps(parts, 0, stops):
        pydl.save(folder / f"{step}.npz", **parts, step=step)
    end = (folder / f"{stops - 1}.npz").read_bytes()  # equal states have equal bytes
    for stop in range(0, stops - 1, every):
        parts = run(seed=1)
        rest = pydl.load(folder / f"{stop}.npz", **parts)
        *_, step = steps(parts, rest["step"] + 1, stops)
        pydl.save(folder / "end.npz", **parts, step=step)
        lost += (folder / "end.npz").read_bytes() != end
    return lost


def accepted(folder: Path, cases: int, seed: int = 0) -> int:
    """Damage `cases` copies of a checkpoint; return how many were not refused, or changed what was to be loaded."""
    rng, path, count = np.random.default_rng(seed), folder / "run.npz", 0
    parts = run(seed=0)
    list(steps(parts, 0, 5))
    pydl.save(path, **parts)
    good = path.read_bytes()
    others = run(seed=1)
    pydl.save(folder / "untouched.npz", **others)
    for case in range(cases):
        path.write_bytes(damaged(good, rng))
        try:
            pydl.load(path, **others)
        except pydl.CheckpointError as error:
            if str(path) in str(error):
                continue
        count += 1
        print(f"case {case}: a damaged checkpoint was taken for good")
    pydl.save(folder / "after.npz", **others)
    count += (folder / "after.npz").read_bytes() != (folder / "untouched.npz").read_bytes()
    path.write_bytes(good)
    pydl.load(path, **others)  # the whole one is good, so the check above could fail
    return count


def save_for_ever(path: Path, number: int) -> None:
    """Save `number`, `number` + 1, … until killed."""
    while True:
        pydl.save(path, number=number, array=np.full(50_000, number, "float64"))
        number += 1


def killed(folder: Path, kills: int, seed: int = 0) -> tuple[int, int]:
    """Kill a process that saves, `kills` times; return how many were lost, and how many hit a file half written."""
    rng, path, last, lost, halves = np.random.default_rng(seed), folder / "run.npz", 0, 0, 0
    pydl.save(path, number=0, array=np.zeros(50_000))
    for _ in range(kills):
        child = os.fork()
        if child == 0:
            save_for_ever(path, last + 1)
        time.sleep(rng.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        halves += (there := sorted(os.listdir(folder))) != ["run.npz"]
        try:
            found = pydl.load(path)
            good = bool((found["array"] == found["number"]).all()) and found["number"] >= last
            last = found["number"]
        except pydl.CheckpointError as error:
            print(error)
            good = False
        lost += not (good and set(there) <= {"run.npz", "run.npz.part"})
    pydl.save(path, number=last + 1)
    return lost + (os.listdir(folder) != ["run.npz"]), halves


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--damaged", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--stops", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b, tempfile.TemporaryDirectory() as c:
        wrong, (lost, halves), bits = (
            accepted(Path(a), given.damaged),
            killed(Path(b), given.kills),
            lost_bits(Path(c), given.stops),
        )
    print(
        f"{given.damaged} damaged checkpoints: {wrong} accepted; {given.kills} kills, {halves} of them with a file half"
        f" written: {lost} lost; {given.stops} stops: {bits} resumed differently"
    )
    return int(wrong + lost + bits > 0)


if __name__ == "__main__":
    sys.exit(main())
