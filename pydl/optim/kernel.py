"""One formula, three ways to run it.

An optimizer states its formula once, for an entry of θ, of ∇J and of its state. The same text is run

- by NumPy, on blocks of θ that stay in the cache;
- by Numba, where that is installed (``pip install 'pydl-course[fast]'``), as one compiled loop on all cores;
- by CuPy, on a GPU, as one kernel.

NumPy's blocks and Numba's loop give the same bits: each operation rounds once, in the same order. So it does not
matter to a result when the compiler takes over, which is after as much has been computed in blocks as compiling
costs. ``PYDL_COMPILE=never`` in the environment keeps it away, ``PYDL_COMPILE=always`` calls it at the first step.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from pydl.backend import Array, device_of, fuse

__all__ = ["Formula", "Kernel"]

Formula = Callable[..., Any]
"""Takes θ, ∇J, state and numbers, and returns the new θ and state: of one entry, or arrays, which it may change in
place. In it stand operators and functions named ``np.…``. State that an option switches off is None."""

BLOCK = 1 << 15
"""Entries that NumPy updates at a time: 128 KiB of float32, so that what lies between stays in the L2 cache."""

PATIENCE = {"always": 0, "never": float("inf"), "": 1 << 28}
"""Entries to update in blocks before a formula is compiled: 0.3 s, about what importing and compiling cost."""

PIECE = 1 << 20
"""Fewest entries worth a thread of their own: handing them over costs 20 µs, updating so many by Adam 500 µs."""


class Kernel:
    """A formula, ready to run on vectors.

    Parameters
    ----------
    formula : Formula
        What becomes of an entry.
    held : sequence of bool
        Which of the formula's state vectors there are; it gets None for the others.
    maximize, decay, decoupled : bool
        Whether to climb; whether weights decay; and if so, whether beside the gradient rather than within it.
    """

    def __init__(
        self,
        formula: Formula,
        held: Sequence[bool],
        maximize: bool = False,
        decay: bool = False,
        decoupled: bool = False,
    ) -> None:
        self.formula, self.held, self.flags = formula, held, (maximize, decay, decoupled)
        self.on_arrays = self._on_arrays(formula)
        self.entries, self.patience = 0, _patience()
        self.loops: dict[np.dtype, Formula | None] = {}

    def __call__(self, vectors: Sequence[Array | None], numbers: Sequence[float]) -> None:
        """Update θ and the state in place.

        Parameters
        ----------
        vectors : sequence of array
            θ, ∇J and the state, all of one length; None for state that is not held.
        numbers : sequence of float
            The formula's; after them, if weights decay, λ, or 1 − ελ where that is decoupled.
        """
        theta: Array = vectors[0]
        if type(theta) is not np.ndarray and device_of(theta) == "cuda":
            self.fused(*vectors, *numbers)
        elif self.entries >= self.patience and self._in_one_pass(vectors, numbers):
            pass
        elif theta.size <= BLOCK:
            self.entries += theta.size
            self.on_arrays(*vectors, *numbers)
        else:
            self.entries += theta.size
            for i in range(0, theta.size, BLOCK):
                self.on_arrays(*[v if v is None else v[i : i + BLOCK] for v in vectors], *numbers)

    def _on_arrays(self, formula: Formula) -> Formula:
        """Let a formula change arrays: those that it has not changed in place get what it returns."""
        rule, count = _surround(formula, *self.flags), 1 + len(self.held)

        def update(theta: Array, grad: Array, *rest: Any) -> None:
            results = rule(theta, grad, *rest)
            if len(results) != count:
                raise ValueError(f"the formula {formula.__name__} must return θ and the state, {count} in all")
            for old, new in zip((theta, *rest), results, strict=False):  # the rest ends with numbers
                if new is not old:
                    old[...] = new

        return update

    @cached_property
    def fused(self) -> Formula:
        """The formula as one kernel of the GPU."""
        return fuse(self.formula, self._on_arrays)

    def _in_one_pass(self, vectors: Sequence[Array | None], numbers: Sequence[float]) -> bool:
        """Update by the compiled loop, where there is one; tell whether there is."""
        given, dtype = [v for v in vectors if v is not None], vectors[0].dtype  # type: ignore[union-attr]
        exact = tuple(map(dtype.type, numbers))  # θ's type: a float64 among float32 would round elsewhere
        if dtype not in self.loops:
            self.loops[dtype] = self._compiled(given, exact) if dtype.char in "fd" else None
        if loop := self.loops[dtype]:
            _in_threads(loop, given, exact)
        return loop is not None

    def _compiled(self, vectors: Sequence[Array], numbers: tuple[Any, ...]) -> Formula | None:
        """Return the formula as one loop in machine code for vectors and numbers like these; None without Numba."""
        try:
            from numba import NumbaError, njit
        except ImportError:  # not installed, or older than this NumPy
            return None
        entry = njit(error_model="numpy")  # x/0 = ±inf, as in NumPy; Python's error would be a branch in the loop
        rule = _surround(formula := entry(self.formula), *self.flags)
        rule = rule if rule is formula else entry(rule)
        names = ["theta", "grad", *(f"state{k}" if held else "None" for k, held in enumerate(self.held))]
        entries = [name if name == "None" else f"{name}[i]" for name in names]
        results = [entries[0], *("_" if entry == "None" else entry for entry in entries[2:])]
        text = (
            f"def loop({', '.join(name for name in names if name != 'None')}, numbers):\n"
            "    for i in range(theta.size):\n"
            f"        {', '.join(results)}, = rule({', '.join(entries)}, *numbers)\n"
        )
        exec(text, scope := {"rule": rule})  # written out, since Numba's loops take no changing number of arrays
        loop = njit(error_model="numpy", nogil=True)(scope["loop"])
        try:
            loop(*[v[:0] for v in vectors], numbers)
        except NumbaError as error:
            why = str(error).strip().splitlines()[0]
            warnings.warn(
                f"Numba cannot compile the formula {self.formula.__name__} ({why}); NumPy goes on with it, in blocks:"
                " operators, np.sqrt, np.maximum and the like on single numbers can be compiled",
                RuntimeWarning,
                stacklevel=5,
            )
            return None
        return loop


def _surround(formula: Formula, maximize: bool, decay: bool, decoupled: bool) -> Formula:
    """Put before the formula what all optimizers share: the sign of the gradient, and weight decay."""
    if not (maximize or decay):
        return formula

    def rule(theta: Any, grad: Any, *rest: Any) -> Any:
        if maximize:
            grad = -grad
        if not decay:
            return formula(theta, grad, *rest)
        if decoupled:
            theta *= rest[-1]
        else:
            grad = grad + rest[-1] * theta
        return formula(theta, grad, *rest[:-1])

    return rule


def _in_threads(loop: Formula, vectors: Sequence[Array], numbers: tuple[Any, ...]) -> None:
    """Run a compiled loop on parts of the vectors at once; it holds no lock of Python's."""
    size = vectors[0].size
    parts = max(1, min(_cores(), size // PIECE))
    bounds = [size * k // parts for k in range(parts + 1)]
    pieces = [[v[i:j] for v in vectors] for i, j in pairwise(bounds)]
    others = [_threads().submit(loop, *piece, numbers) for piece in pieces[1:]]
    loop(*pieces[0], numbers)
    for other in others:
        other.result()


def _patience() -> float:
    """Return how many entries to update before compiling, as ``PYDL_COMPILE`` has it."""
    wish = os.environ.get("PYDL_COMPILE", "")
    if wish not in PATIENCE:
        raise ValueError(f"PYDL_COMPILE must be one of {sorted(PATIENCE)}, not {wish!r}")
    return PATIENCE[wish]


@cache
def _threads() -> ThreadPoolExecutor:
    """Return threads that wait for work: to start new ones takes 60 µs a step, 2 % of what ten million weights take."""
    return ThreadPoolExecutor(_cores(), "pydl-update")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)  # threads do not survive a fork


@cache
def _cores() -> int:
    """Return how many cores this process may use; ``OMP_NUM_THREADS`` limits them, as it does for products."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdigit() and int(limit) > 0 else cores
