"""What a sample is: one call of a public function, with the NumPy expression of its value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import pydl

__all__ = ["SAMPLES", "Sample", "entry", "of"]

SAMPLES: dict[str, list[Sample]] = {}
"""Samples by the name of the public function."""


@dataclass(frozen=True)
class Sample:
    """One call: ``call(*args, **settings)``; its float arrays are the inputs to differentiate by."""

    args: tuple[Any, ...]
    settings: dict[str, Any]
    smooth: bool = True  # False at kinks and extremes, where finite differences say nothing
    name: str = ""
    call: Callable[..., Any] = field(default=pydl.add, repr=False)
    reference: Callable[..., Any] = field(default=np.add, repr=False)

    @property
    def inputs(self) -> list[np.ndarray]:
        """The float arrays among the arguments."""
        return [a for a in self.args if is_input(a)]

    def run(
        self,
        inputs: Sequence[Any],
        function: Callable[..., Any] | None = None,
        place: Callable[[np.ndarray], Any] = lambda array: array,
    ) -> list[Any]:
        """Call with other inputs in their places (other arrays through `place`); return all results."""
        given = iter(inputs)
        args = [next(given) if is_input(a) else _placed(a, place) for a in self.args]
        result = (function or self.call)(*args, **self.settings)
        return list(result) if isinstance(result, (list, tuple)) else [result]


def is_input(value: Any) -> bool:
    """Tell whether `value` is an array that a derivative can be taken by."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _placed(value: Any, place: Callable[[np.ndarray], Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_placed(v, place) for v in value)
    return place(value) if isinstance(value, np.ndarray) else value


def of(*args: Any, smooth: bool = True, **settings: Any) -> Sample:
    """Write down one call."""
    return Sample(args, settings, smooth)


def entry(name: str, reference: Callable[..., Any], *samples: Sample, call: Callable[..., Any] | None = None) -> None:
    """Register the samples of a public function, with an independent NumPy function of the same signature."""
    function = call or getattr(pydl, name)
    SAMPLES[name] = [Sample(s.args, s.settings, s.smooth, name, function, reference) for s in samples]
