"""Save and load the state of objects beside plain values."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pydl.checkpoint import archive, tree
from pydl.nn import Module
from pydl.optim import Optimizer

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], **parts: Any) -> None:
    """Save the state of models, optimizers, loaders and random streams, and plain values, in one file.

    The file is written beside `path`, and takes its place in one step when it is safely on the disk: whenever the
    process is killed, or the power fails, the previous checkpoint or the new one is there. Two processes that save
    to one folder wait for each other.

    Parameters
    ----------
    path : str or path
        The file, which is replaced if it exists; any name, customarily ending in ``.npz``.
    **parts
        What to save, each under a name of your choice: objects with ``state_dict()`` and ``load_state_dict()``,
        such as a `Module`, an `Optimizer` or a `DataLoader`; `numpy.random.Generator`, of which
        ``pydl.random.default_rng()`` is the package's own; or numbers, text, truth values, None, arrays, and lists
        and dicts of these. NumPy's numbers come back as arrays without axes, or as Python's, tuples as lists.

    Raises
    ------
    TypeError
        If a part holds anything else: no code and no pickles go into the file, nothing is run when it is loaded.
    ValueError
        If a key cannot be kept as the name of an array.
    CheckpointError
        If the file cannot be written; a checkpoint that was there is untouched.

    See Also
    --------
    load : The way back.
    pydl.training.loop.fit : Saves after each epoch, and goes on, with ``checkpoint=path``.

    Examples
    --------
    >>> import tempfile
    >>> import pydl
    >>> net = pydl.nn.Linear(2, 1)
    >>> optimizer = pydl.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pydl.save(f"{folder}/run.npz", model=net, optimizer=optimizer, rng=pydl.random.default_rng(), epoch=7)
    ...     rest = pydl.load(f"{folder}/run.npz", model=net, optimizer=optimizer, rng=pydl.random.default_rng())
    ...     alone = pydl.load(f"{folder}/run.npz")["model"]
    >>> rest, list(alone)
    ({'epoch': 7}, ['weight', 'bias'])
    """
    archive.write(_path(path), {name: _state(value) for name, value in parts.items()})


def load(path: str | os.PathLike[str], **parts: Any) -> dict[str, Any]:
    """Put saved state back into objects, and return the rest of what the file holds.

    A run that goes on from model, optimizer, loader and random stream takes the steps that the run which saved
    them would have taken, bit for bit.

    Parameters
    ----------
    path : str or path
        A file written by `save`.
    **parts
        The objects, under the names under which they were saved. They are made as they were for the run that
        saved: the file has their state, not what they are.

    Returns
    -------
    dict
        The other parts, by name: values as they were, and of objects the result of ``state_dict()``. With no
        `parts`, everything in the file.

    Raises
    ------
    CheckpointError
        If the file is missing, cut short, damaged by as little as one bit, or not a checkpoint.
    ValueError
        If the file lacks a part, or its state does not fit the object. Nothing has changed then, in any of them.
    TypeError
        If a part is not an object whose state can be put back.

    See Also
    --------
    save : Writes the file; its example shows both.
    """
    for name, value in parts.items():
        if not isinstance(value, np.random.Generator) and not hasattr(value, "load_state_dict"):
            raise TypeError(
                f"load: {name} is of type {type(value).__name__}, which has no load_state_dict(): its value comes back"
                f" as load(path)[{name!r}]"
            )
    where = _path(path)
    state = archive.read(where, lambda values, shapes: _check(where, parts, values, shapes))
    before = {name: copy.deepcopy(_state(value)) for name, value in parts.items()}
    try:
        for name, value in parts.items():
            _put(value, state[name])
    except BaseException as error:
        for name_, value in parts.items():
            _put(value, before[name_])
        if not isinstance(error, Exception):
            raise  # Ctrl-C
        raise ValueError(f"{where}: {name} does not take its saved state, nothing was loaded: {error}") from error
    return {name: value for name, value in state.items() if name not in parts}


def _path(path: str | os.PathLike[str]) -> Path:
    return Path(path).expanduser().resolve()  # where a link points, not the link, is replaced


def _state(value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    return value.state_dict() if hasattr(value, "state_dict") else value


def _put(value: Any, state: Any) -> None:
    if isinstance(value, np.random.Generator):
        value.bit_generator.state = state
    else:
        value.load_state_dict(state)


def _check(where: Path, parts: Mapping[str, Any], values: Mapping[str, Any], shapes: archive.Shapes) -> None:
    """Raise ValueError if the file lacks a part, or declares arrays which a model or optimizer cannot take."""
    if missing := [name for name in parts if name not in values]:
        raise ValueError(f"{where} has no {', '.join(missing)}: it holds {', '.join(values) or 'nothing'}")
    wrong: list[str] = []
    for part, value in parts.items():
        if isinstance(value, (Module, Optimizer)):  # the state of other objects may grow and shrink
            here = {name: array.shape for name, array in tree.part(_state(value), part)[1].items()}
            saved = {name: shape for name, shape in shapes.items() if name.startswith(f"{part}/")}
            wrong += [f"missing: {name}" for name in here if name not in saved]
            wrong += [f"unexpected: {name}" for name in saved if name not in here]
            both = [name for name in here if name in saved and here[name] != saved[name]]
            wrong += [f"{name}: saved shape {saved[name]}, here {here[name]}" for name in both]
    if wrong:
        raise ValueError(f"{where} does not fit; nothing was loaded:\n  " + "\n  ".join(wrong))
