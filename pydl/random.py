"""Every random draw of pydl comes from here, so that one seed fixes a whole run.

Numbers are drawn on the host with NumPy's generators and then moved to the device: weights,
shuffles and splits are the same on a CPU and on a GPU.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["default_rng", "get_state", "seed", "set_state"]

_generator = np.random.default_rng(0)


def seed(number: int) -> None:
    """Start the package's random stream anew from `number`.

    Weights, shuffles and splits that follow are the same in every run and on every device.

    Parameters
    ----------
    number : int
        Any non-negative integer.

    Examples
    --------
    >>> import pydl
    >>> pydl.seed(0)
    >>> first = pydl.random.default_rng().random()
    >>> pydl.seed(0)
    >>> first == pydl.random.default_rng().random()
    True
    """
    _generator.bit_generator.state = np.random.default_rng(number).bit_generator.state


def default_rng(rng: int | np.random.Generator | None = None) -> np.random.Generator:
    """Return the generator to draw from.

    Parameters
    ----------
    rng : int, numpy.random.Generator or None
        None for the package's own stream, a number for a fresh stream, or a generator, returned as it is.

    Returns
    -------
    numpy.random.Generator
        A generator on the host.
    """
    if rng is None:
        return _generator
    return np.random.default_rng(rng)


def get_state() -> dict[str, Any]:
    """Return the state of the package's stream, as plain numbers and strings."""
    return dict(_generator.bit_generator.state)


def set_state(state: dict[str, Any]) -> None:
    """Put the package's stream back to a `state` from `get_state`."""
    _generator.bit_generator.state = state
