"""Minibatches: a data set handed out in parts, in a new order each epoch."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from pydl.backend import Array, default_device, device_of, to_device
from pydl.data.preprocessing import as_arrays, common_length
from pydl.random import default_rng
from pydl.tensor import Tensor

__all__ = ["DataLoader"]

# Shuffled rows are gathered for several small batches at once, up to this many bytes, and then sliced: a
# slice costs a tenth of a gather, and 1 MiB stays in the cache.
_BLOCK_BYTES = 2**20


class DataLoader:
    """Iterate over samples in batches; each pass is one epoch.

    Every batch is a tuple of Tensors on the default device, one per array. Without shuffling they are views
    of the data, nothing is copied; with shuffling each epoch has its own order, drawn from a stream that
    belongs to this loader and depends on nothing but `rng` and the number of the epoch.

    Parameters
    ----------
    data : dataset or tuple of arrays or Tensors
        Arrays of shape (N, …), row i of each belonging to sample i; or a dataset such as `MNIST`, whose
        ``arrays(flat=False)`` are taken: images of shape (N, 1, H, W) and labels.
    batch_size : int
        Samples per batch, M. The last batch of an epoch may be smaller.
    shuffle : bool
        Whether to visit the samples in a new random order each epoch.
    drop_last : bool
        Whether to leave a smaller last batch out.
    rng : int, numpy.random.Generator or None
        The source of the loader's seed, drawn once; see `pydl.random.default_rng`.

    Raises
    ------
    TypeError
        If `data` is neither a dataset nor a tuple of arrays.
    ValueError
        If the arrays' lengths differ, `batch_size` is below 1, or an epoch would hold no batch.

    Examples
    --------
    >>> loader = DataLoader((np.arange(5.0), np.arange(5)), batch_size=2, shuffle=True, rng=0)
    >>> len(loader), [x.shape for x, y in loader]
    (3, [(2,), (2,), (1,)])
    """

    def __init__(
        self,
        data: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        drop_last: bool = False,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        self.arrays = as_arrays(data, "DataLoader")
        self.samples = common_length(self.arrays)
        self.batch_size = operator.index(batch_size)
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        if not len(self):
            raise ValueError(
                f"no batch to hand out: {self.samples} samples, batch_size={batch_size},"
                f" drop_last={drop_last}; take a smaller batch_size or drop_last=False"
            )
        self.seed = int(default_rng(rng).integers(2**63)) if self.shuffle else 0
        self._epoch = 0
        self._position = 0  # batches of the epoch handed out so far
        self._resumed = False  # whether the next pass goes on from _position

    def __len__(self) -> int:
        """Return the number of batches in an epoch: N/M, rounded up, or down with `drop_last`."""
        whole, rest = divmod(self.samples, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __repr__(self) -> str:
        shapes = ", ".join(str(tuple(array.shape)) for array in self.arrays)
        return (
            f"DataLoader({shapes}): {len(self)} batches of {self.batch_size},"
            f" shuffle={self.shuffle}, drop_last={self.drop_last}"
        )

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        if self._position and not self._resumed:  # the last pass was left early
            self._epoch, self._position = self._epoch + 1, 0
        self._resumed = False
        epoch, size = self._epoch, self.batch_size
        number = self._position
        for block in self._blocks(epoch, number * size):
            for start in range(0, len(block[0]), size):
                number += 1
                self._position = number
                yield tuple(Tensor(array[start : start + size]) for array in block)
        self._epoch, self._position = epoch + 1, 0

    def _blocks(self, epoch: int, first: int) -> Iterator[list[Array]]:
        """Yield the epoch's samples from `first` on, in order, as pieces of whole batches."""
        stop = min(len(self) * self.batch_size, self.samples)
        if not self.shuffle:
            yield [to_device(array[first:stop], default_device()) for array in self.arrays]
            return
        # The order follows from (seed, epoch) alone, so three numbers restore a loader at any step.
        order = np.random.default_rng((self.seed, epoch)).permutation(self.samples)
        orders = [to_device(order, device_of(array)) for array in self.arrays]
        batch_bytes = self.batch_size * sum(array.nbytes for array in self.arrays) // self.samples
        step = self.batch_size * max(1, _BLOCK_BYTES // max(1, batch_bytes))
        for start in range(first, stop, step):
            rows = slice(start, min(start + step, stop))
            yield [
                to_device(array[places[rows]], default_device())
                for array, places in zip(self.arrays, orders, strict=True)
            ]

    def state_dict(self) -> dict[str, int]:
        """Return where the loader stands, as plain integers: what it needs to go on with the next batch.

        Inside a loop the batch at hand counts as done. After `load_state_dict` the next pass hands out
        the rest of that epoch, bit for bit.
        """
        return {"epoch": self._epoch, "position": self._position, "seed": self.seed, **self._shape()}

    def _shape(self) -> dict[str, int]:
        return {
            "samples": self.samples,
            "batch_size": self.batch_size,
            "shuffle": int(self.shuffle),
            "drop_last": int(self.drop_last),
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where the loader stood that gave `state`.

        Raises
        ------
        ValueError
            If the state is incomplete or belongs to a loader of other data, batches or settings.
        """
        if set(state) != set(self.state_dict()):
            raise ValueError(f"expected a loader's state with {sorted(self.state_dict())}, got {sorted(state)}")
        here = self._shape()
        if wrong := [f"{key}={state[key]} (here {here[key]})" for key in here if state[key] != here[key]]:
            raise ValueError(f"the state belongs to another loader: {', '.join(wrong)}")
        if not (state["epoch"] >= 0 and state["seed"] >= 0 and 0 <= state["position"] <= len(self)):
            raise ValueError(f"impossible state: {state}, with {len(self)} batches in an epoch")
        self._epoch, self._position, self.seed = state["epoch"], state["position"], state["seed"]
        self._resumed = True
