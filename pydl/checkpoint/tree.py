"""Nested state as plain values and arrays, and back.

An array at ``state["model"]["0.weight"]`` has the name ``model/0.weight``, and ``{"$array": "model/0.weight"}`` stands
in its place among the plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import to_numpy

__all__ = ["KINDS", "array", "join", "part"]

KINDS = "biufcSU"
"""The kinds of dtype that may be kept: numbers, truth values and text; no objects."""

_MARK = "$array"


def part(state: Any, path: str = "") -> tuple[Any, dict[str, np.ndarray]]:
    """Return the plain values of `state`, and its arrays by name; `path` is where in the whole `state` stands.

    Raises
    ------
    TypeError
        If something in it is neither a plain value nor an array.
    ValueError
        If a name cannot be kept.
    """
    if state is None or isinstance(state, (bool, int, float, str)):
        return state, {}
    if isinstance(state, Mapping):
        pieces = {key: part(value, _below(path, key)) for key, value in state.items()}
        values: Any = {key: value for key, (value, _) in pieces.items()}
    elif isinstance(state, (list, tuple)):
        pieces = {str(i): part(value, f"{path}/{i}") for i, value in enumerate(state)}
        values = [value for value, _ in pieces.values()]
    else:
        return {_MARK: path}, {path: array(state, path)}
    arrays: dict[str, np.ndarray] = {}
    for _, below in pieces.values():
        if twice := sorted(arrays.keys() & below.keys()):
            raise ValueError(f"two arrays have the name {twice[0]!r}: rename a key that has a '/'")
        arrays |= below
    return values, arrays


def _below(path: str, key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{path}: keys must be text to be saved, not {key!r}")
    if key.startswith("$") or not key.isprintable():
        raise ValueError(f"{path}: the key {key!r} cannot be saved: keys are printable and begin with no '$'")
    return f"{path}/{key}" if path else key


def array(value: Any, path: str) -> np.ndarray:
    """Return the array at `path` as NumPy's, in C order; TypeError if it is none that can be saved."""
    value = raw(value)
    found = np.asarray(to_numpy(value), order="C") if hasattr(value, "dtype") else None
    if found is None or found.dtype.kind not in KINDS or not found.dtype.itemsize:
        raise TypeError(
            f"{path}: {type(value).__name__ if found is None else f'an array of {found.dtype}'} cannot be saved. Saved"
            " are numbers, text, truth values, None, arrays of these, lists and dicts of all that, and the state of"
            " objects with state_dict() and load_state_dict()"
        )
    return found


def join(values: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return the state of which `part` made `values` and `arrays`; tuples have become lists."""
    if isinstance(values, dict):
        if _MARK in values:
            return arrays[values[_MARK]]
        return {key: join(value, arrays) for key, value in values.items()}
    if isinstance(values, list):
        return [join(value, arrays) for value in values]
    return values
