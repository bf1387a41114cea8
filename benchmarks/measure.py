"""Measuring: one process for each library, asked in turn, so that every ratio compares neighbours in time."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from benchmarks.workloads.problems import WORKLOADS, Chain, Curvature, Product, Samples, Training

__all__ = ["LIBRARIES", "Worker", "check_agreement", "installed", "measure", "workers"]

LIBRARIES = ("pydl", "numpy", "torch")
KINDS = {Training: "train", Curvature: "curvature", Chain: "chain", Product: "record", Samples: "load"}
CHECKED_STEPS = 5
TOLERANCE = 1e-3  # of an array's length, in float32, after several steps; Adam enlarges rounding in a few entries
PAUSE = 0.03  # seconds between two turns: threads of a BLAS spin that long before they sleep


class BenchmarkError(Exception):
    """The libraries disagree, or one of them stopped: there is nothing to compare."""


def installed() -> list[str]:
    """Return the libraries that are here, pydl and NumPy first."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name)]


def _serve(connection: Any, library: str, threads: int) -> None:
    """Answer requests (what, workload, steps) until the other end closes."""
    if library == "torch":
        importlib.import_module("torch").set_num_threads(threads)
    functions = importlib.import_module(f"benchmarks.workloads.with_{library}")

    def build(name: str) -> Any:
        problem = WORKLOADS[name].problem
        return getattr(functions, KINDS[type(problem)])(problem)

    running: dict[str, Any] = {}
    while True:
        try:
            what, name, steps = connection.recv()
        except EOFError:
            return
        if what == "version":
            connection.send(importlib.import_module(library).__version__)
        elif what == "results":
            step, result = build(name)
            for _ in range(steps):
                step()
            connection.send(result())
        else:
            if name not in running:
                running[name] = build(name)[0]
            step = running[name]
            step()  # brings data and code back into the cache
            start = time.perf_counter()
            for _ in range(steps):
                step()
            connection.send(time.perf_counter() - start)


class Worker:
    """One library in a process of its own."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, library, threads), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, what: str, name: str = "", steps: int = 0) -> Any:
        """Return the answer to one request."""
        self._connection.send((what, name, steps))
        try:
            return self._connection.recv()
        except EOFError:
            raise BenchmarkError(f"{self.library} stopped at {what} {name}: its error stands above") from None

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.join()


@contextmanager
def workers(libraries: list[str], threads: int) -> Iterator[dict[str, Worker]]:
    """Start a process for each library, all with the same number of BLAS threads."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)  # read when a library is first imported: in the new process
    with ExitStack() as stack:
        started = {}
        for library in libraries:
            started[library] = Worker(library, threads)
            stack.callback(started[library].close)
        yield started


def check_agreement(name: str, results: dict[str, list[np.ndarray]]) -> None:
    """Raise unless every library has computed what NumPy by hand has.

    Of training, the way that the parameters went is compared: the start is the same for all anyway.
    """
    problem = WORKLOADS[name].problem
    reference = results["numpy"]
    starts = [a for layer in problem.layers for a in layer] if isinstance(problem, Training) else [0] * len(reference)
    for library, arrays in results.items():
        for i, (mine, theirs, start) in enumerate(zip(arrays, reference, starts, strict=True)):
            error = np.linalg.norm(mine - theirs) / np.linalg.norm(theirs - start)
            if not error <= TOLERANCE:
                raise BenchmarkError(
                    f"{name}: array {i} of {library} differs from NumPy by hand by {error:.1e} of its length;"
                    f" at most {TOLERANCE:.0e} is rounding"
                )


def measure(
    asked: dict[str, Worker], names: list[str], rounds: int, seconds: float
) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Yield (workload, microseconds a step by library and round), after checking that results agree.

    Parameters
    ----------
    asked : dict of str to Worker
        From `workers`.
    names : list of str
        Which workloads.
    rounds : int
        How often each library has its turn.
    seconds : float
        How long a turn is at least; the number of steps follows from it.
    """
    for name in names:
        check_agreement(name, {lib: worker.ask("results", name, CHECKED_STEPS) for lib, worker in asked.items()})
        steps = {lib: _steps(worker, name, seconds) for lib, worker in asked.items()}
        times: dict[str, list[float]] = {lib: [] for lib in asked}
        for _ in range(rounds):
            for lib, worker in asked.items():
                time.sleep(PAUSE)
                times[lib].append(1e6 * worker.ask("time", name, steps[lib]) / steps[lib])
        yield name, times


def _steps(worker: Worker, name: str, seconds: float) -> int:
    """Return a number of steps that takes at least `seconds`."""
    steps = 1
    while (taken := worker.ask("time", name, steps)) < seconds:
        steps = max(2 * steps, int(1.2 * steps * seconds / taken)) if taken > seconds / 100 else 10 * steps
    return steps
