"""Weights to and from other libraries, in the safetensors format; the package safetensors reads and writes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pydl.checkpoint import tree
from pydl.checkpoint.atomic import replace
from pydl.errors import CheckpointError

__all__ = ["load_safetensors", "save_safetensors"]


def save_safetensors(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Save named arrays as a safetensors file, which PyTorch, JAX, TensorFlow and others load.

    pydl's layers have PyTorch's names and shapes, so that ``net.state_dict()`` is what the same network there
    takes. The format has no checksums, and holds arrays only: to go on with a run, use `save`.

    Parameters
    ----------
    path : str or path
        The file, replaced in one step if it exists; its name customarily ends in ``.safetensors``.
    state : mapping of str to array or Tensor
        From `Module.state_dict`.

    Raises
    ------
    ImportError
        If the package safetensors is not installed: ``pip install 'pydl-course[safetensors]'``.
    TypeError
        If something in `state` is not an array of numbers.
    CheckpointError
        If the file cannot be written.

    Examples
    --------
    With PyTorch's network of the same layers, weights travel both ways::

        pydl.checkpoint.save_safetensors("net.safetensors", net.state_dict())
        theirs.load_state_dict(safetensors.torch.load_file("net.safetensors"))

        safetensors.torch.save_file(theirs.state_dict(), "net.safetensors")
        net.load_state_dict(pydl.checkpoint.load_safetensors("net.safetensors"))
    """
    content = _safetensors().save({name: tree.array(value, name) for name, value in state.items()}, {"format": "pt"})
    replace(Path(path).expanduser().resolve(), lambda file: file.write(content))


def load_safetensors(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the arrays in a safetensors file, by name: what `Module.load_state_dict` takes.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    dict of str to numpy.ndarray
        The arrays.

    Raises
    ------
    ImportError
        If the package safetensors is not installed: ``pip install 'pydl-course[safetensors]'``.
    CheckpointError
        If the file is missing, cut short, or holds what NumPy has no dtype for, such as bfloat16. A bit flipped
        among the numbers is not noticed: the format has no checksums.
    """
    where = Path(path).expanduser().resolve()
    try:
        return _safetensors().load(where.read_bytes())
    except ImportError:
        raise
    except Exception as error:  # SafetensorError, OSError, KeyError of a dtype, …
        raise CheckpointError(
            f"{where} cannot be loaded: {type(error).__name__}: {error}. It must be a whole safetensors file, of dtypes"
            " that NumPy has: convert bfloat16 to float32 where the file was written."
        ) from error


def _safetensors() -> Any:
    """Import what reads and writes the format, or say how to get it."""
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "safetensors files need the package safetensors: pip install 'pydl-course[safetensors]'"
        ) from error
    return safetensors.numpy
