"""What a tensor answers to Python and NumPy: numbers, arrays, length, truth, text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import Traced, is_live, raw
from pydl.backend import default_dtype, device_of, to_numpy

__all__ = ["Answers"]

_NAMESAKES = {"diagonal", "norm", "outer", "trace"}
"""Ops that differ from NumPy's functions of the same name on some shapes or arguments."""
_OF_SHAPE = {"empty_like", "ndim", "ones_like", "shape", "size", "zeros_like"}
"""NumPy's functions that look at shape and dtype only, so that no derivative is lost."""


class Answers(Traced):
    """The side of a tensor that faces Python and NumPy; made of `data` and `requires_grad`, as a tensor is."""

    __slots__ = ()

    # ------------------------------------------------------------ what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype:
        """Type of the entries."""
        return self.data.dtype

    @property
    def device(self) -> str:
        """Where the entries lie: ``"cpu"`` or ``"cuda"``."""
        return device_of(raw(self))

    # ------------------------------------------------------------ Python's own questions

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (ops.getitem(self, i) for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(
                f"the truth of a tensor of shape {self.shape} is ambiguous: use .all() or .any() of its numpy()"
            )
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"only integer tensors can be an index, not {self.dtype}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self) -> str:
        values = np.array2string(to_numpy(raw(self)), precision=4, separator=", ", prefix="tensor(", threshold=100)
        notes = []
        if self.dtype not in (default_dtype(), np.dtype("int64"), np.dtype("bool")):
            notes.append(f"dtype={self.dtype}")
        if self.device != "cpu":
            notes.append(f"device={self.device}")
        if self.op is not None:
            notes.append(f"op={self.op.name.lstrip('_')}")
        elif self.requires_grad:
            notes.append("requires_grad=True")
        return f"tensor({', '.join([values, *notes])})"

    # ------------------------------------------------------------ NumPy's questions

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if is_live(self):
            raise TypeError("a tensor that requires a gradient becomes an array only when asked to: use .numpy()")
        return np.array(to_numpy(raw(self)), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> Any:
        op = getattr(ops, ufunc.__name__, None) if method == "__call__" and not settings else None
        return op(*inputs) if op else self._as_numpy(getattr(ufunc, method), inputs, settings)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        op = getattr(ops, func.__name__, None) if func.__name__ not in _NAMESAKES else None
        return op(*args, **kwargs) if op else self._as_numpy(func, args, kwargs)

    def _as_numpy(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Answer a NumPy function that pydl has no op for, unless a derivative would be lost."""

        def plain(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return type(value)(plain(v) for v in value)
            if not isinstance(value, Traced):
                return value
            if is_live(value) and func.__name__ not in _OF_SHAPE:
                raise TypeError(
                    f"pydl has no derivative of NumPy's {func.__name__}: use pydl's own functions, or"
                    " .detach().numpy() to leave the graph"
                )
            return to_numpy(raw(value))

        return func(*plain(args), **{k: plain(v) for k, v in kwargs.items()})

    def numpy(self) -> np.ndarray:
        """Return the values as a NumPy array on the host: a read-only view where they are there already."""
        array = to_numpy(raw(self)).view()
        array.flags.writeable = False
        return array

    def item(self) -> float | int | bool:
        """Return the value of a tensor with one entry as a Python number; ValueError if it has more or none."""
        if self.data.size != 1:
            raise ValueError(f"item() needs exactly one entry, this tensor has shape {self.shape}")
        return self.data.item()

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers."""
        return self.data.tolist()
