"""Dropout as a module: it drops in training, and not in evaluation."""

from __future__ import annotations

from typing import Any

from pydl import ops
from pydl.nn.module import Module
from pydl.ops.dropout import probability

__all__ = ["Dropout"]


class Dropout(Module):
    r"""Drop each entry with probability p while training; change nothing in evaluation.

    .. math:: y = \begin{cases} m \odot x / (1 - p) & \text{after } \texttt{train()} \\
        x & \text{after } \texttt{eval()} \end{cases} \qquad m_i \in \{0, 1\},\; P(m_i = 0) = p

    The mask is drawn anew in every pass, each entry of each sample for itself, from the package's stream (see
    `pydl.seed`). In the classical form, ``inverted=False``, y is m⊙x while training and (1 − p)·x in evaluation.

    Parameters
    ----------
    p : float
        The probability of dropping an entry, in [0, 1]; the keep probability of the paper is 1 − p. Usual
        are 0.5 behind a hidden layer and 0.2 behind the input (Srivastava et al. 2014).
    inverted : bool
        Whether to scale in training instead of evaluation.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.seed(3)
    >>> layer = pydl.nn.Dropout(0.5)
    >>> layer(np.ones(4, "float32")).tolist()
    [2.0, 2.0, 0.0, 0.0]
    >>> layer.eval()(np.ones(4, "float32")).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, p: float = 0.5, inverted: bool = True) -> None:
        self.p, self.inverted = probability("Dropout", p), bool(inverted)

    def forward(self, x: Any) -> Any:
        """Apply `pydl.dropout`, in this module's mode."""
        return ops.dropout(x, self.p, self.training, self.inverted)

    def extra_repr(self) -> str:
        """Return the probability and the form."""
        return f"{self.p:g}" + ("" if self.inverted else ", inverted=False")
