"""Recurrent cells: one time step each, in the lines of their formulas, under PyTorch's names and gate order.

A cell in a loop is the network to look into: every gate and state is a tensor of its own, with its own gradient.
The layers of `pydl.nn.recurrent` compute the same for whole sequences, several times faster.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from pydl import ops
from pydl.autodiff import raw
from pydl.nn.init import uniform_
from pydl.nn.module import Module, Parameter, zeros

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class Recurrent(Module):
    """What recurrent cells and layers share: sizes, and weights with the law that they are drawn from."""

    blocks: ClassVar[int] = 1
    """How many blocks of hidden_size rows the weights have, one for each gate."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool) -> None:
        if min(input_size, hidden_size) < 1:
            raise ValueError(
                f"{type(self).__name__} needs input_size and hidden_size of at least 1, not {input_size} and"
                f" {hidden_size}"
            )
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias

    def _add_parameters(self, inputs: int, suffix: str = "") -> None:
        """Make weight_ih, weight_hh, bias_ih, bias_hh, all from U(−1/√hidden, 1/√hidden), PyTorch's default."""
        rows, bound = self.blocks * self.hidden_size, 1 / math.sqrt(self.hidden_size)
        for name, shape in {
            "weight_ih": (inputs, rows),  # (in, out) in memory, where products are fastest
            "weight_hh": (self.hidden_size, rows),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }.items():
            parameter = None
            if self.bias or name.startswith("weight"):
                parameter = uniform_(Parameter(zeros(shape).T), -bound, bound)
            setattr(self, name + suffix, parameter)

    def extra_repr(self) -> str:
        """Return sizes, and whether there is no bias."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


def check_state(module: Module, name: str, state: Any, shape: tuple[int, ...]) -> None:
    """Raise unless a state has the shape that it must have."""
    if np.shape(raw(state)) != shape:
        raise ValueError(
            f"{type(module).__name__}: {name} has shape {tuple(np.shape(raw(state)))}, expected {shape}: states are"
            " (…, batch, hidden_size) whatever the order of the input's axes; leave it out to start from zeros"
        )


def check_nonlinearity(name: str, nonlinearity: str) -> None:
    """Raise unless the transfer function is one that a simple recurrent network can have."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{name}: nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")


class _Cell(Recurrent):
    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias)
        self._add_parameters(input_size)

    def _start(self, x: Any, *states: tuple[str, Any]) -> list[Any]:
        """Check x and the states, and return these; zeros for those that are not given."""
        if np.ndim(raw(x)) not in (1, 2) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__}: the input must have shape (N, {self.input_size}) or ({self.input_size},),"
                f" not {tuple(np.shape(raw(x)))}; a cell takes one step, for a whole sequence use the layer"
            )
        shape = (*x.shape[:-1], self.hidden_size)
        for name, state in states:
            if state is not None:
                check_state(self, name, state, shape)
        return [np.zeros_like(self.weight_hh.data, shape=shape) if state is None else state for _, state in states]


class RNNCell(_Cell):
    """One step of a simple recurrent network: h′ = f(W_ih x + b_ih + W_hh h + b_hh) (Elman 1990).

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of inputs and of units.
    bias : bool
        Whether there are b_ih and b_hh.
    nonlinearity : {"tanh", "relu"}
        The transfer function f.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter
        W_ih, shape (hidden_size, input_size), and W_hh, shape (hidden_size, hidden_size).
    bias_ih, bias_hh : Parameter or None
        Shape (hidden_size,).

    Examples
    --------
    >>> import numpy as np, pydl
    >>> cell = pydl.nn.RNNCell(2, 3)
    >>> h = np.zeros((5, 3), "float32")
    >>> for x in np.ones((4, 5, 2), "float32"):  # four steps of five samples
    ...     h = cell(x, h)
    >>> h.shape
    (5, 3)
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh") -> None:
        check_nonlinearity("RNNCell", nonlinearity)
        super().__init__(input_size, hidden_size, bias)
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, h: Any = None) -> Any:
        """Map inputs (N, input_size) and states (N, hidden_size) to the next states; h is 0 if not given."""
        (h,) = self._start(x, ("h", h))
        a = ops.linear(x, self.weight_ih, self.bias_ih) + ops.linear(h, self.weight_hh, self.bias_hh)
        return ops.tanh(a) if self.nonlinearity == "tanh" else ops.relu(a)

    def extra_repr(self) -> str:
        """Return sizes, and the transfer function unless it is tanh."""
        return super().extra_repr() + (", nonlinearity='relu'" if self.nonlinearity == "relu" else "")


class LSTMCell(_Cell):
    """One step of a long short-term memory: c′ = f ⊙ c + i ⊙ g, h′ = o ⊙ tanh(c′).

    With the pre-activations (a_i, a_f, a_g, a_o) = W_ih x + b_ih + W_hh h + b_hh, the gates are i, f, o = σ(a_i),
    σ(a_f), σ(a_o), and g = tanh(a_g) is what may enter the cell. After Hochreiter & Schmidhuber (1997), with the
    forget gate f of Gers, Schmidhuber & Cummins (2000).

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of inputs and of cells.
    bias : bool
        Whether there are b_ih and b_hh.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter
        Shapes (4·hidden_size, input_size) and (4·hidden_size, hidden_size), rows in the order i, f, g, o.
    bias_ih, bias_hh : Parameter or None
        Shape (4·hidden_size,).

    Notes
    -----
    A cell that is to remember from the start needs an open forget gate (Gers et al. 2000; Jozefowicz et al. 2015).
    Its bias is the second quarter:

    >>> import pydl
    >>> H, cell = 3, pydl.nn.LSTMCell(2, 3)
    >>> with pydl.no_grad():
    ...     cell.bias_ih[H : 2 * H] = 1  # bias_hh adds a little
    """

    blocks = 4

    def forward(self, x: Any, state: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
        """Map inputs (N, input_size) and (h, c) to the next (h, c); both are 0 if not given."""
        h, c = pair("LSTMCell", "state", state)
        h, c = self._start(x, ("h", h), ("c", c))
        a = ops.linear(x, self.weight_ih, self.bias_ih) + ops.linear(h, self.weight_hh, self.bias_hh)
        a_i, a_f, a_g, a_o = ops.split(a, 4, axis=-1)
        i, f, g, o = ops.sigmoid(a_i), ops.sigmoid(a_f), ops.tanh(a_g), ops.sigmoid(a_o)
        c = f * c + i * g
        h = o * ops.tanh(c)
        return h, c


def pair(name: str, what: str, state: Any) -> tuple[Any, Any]:
    """Return the two states of an LSTM, (None, None) if there are none."""
    if state is None:
        return None, None
    if not isinstance(state, (tuple, list)) or len(state) != 2:
        raise TypeError(f"{name}: {what} must be a pair (h, c), not {type(state).__name__}")
    return state[0], state[1]


class GRUCell(_Cell):
    """One step of a gated recurrent unit: h′ = (1 − z) ⊙ n + z ⊙ h (Cho et al. 2014).

    With (x_r, x_z, x_n) = W_ih x + b_ih and (q_r, q_z, q_n) = W_hh h + b_hh the gates are r = σ(x_r + q_r) and
    z = σ(x_z + q_z), the candidate is n = tanh(x_n + r ⊙ q_n). As in PyTorch, the reset gate r acts after the
    product with W_hh; in the paper it acts before.

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of inputs and of units.
    bias : bool
        Whether there are b_ih and b_hh.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter
        Shapes (3·hidden_size, input_size) and (3·hidden_size, hidden_size), rows in the order r, z, n.
    bias_ih, bias_hh : Parameter or None
        Shape (3·hidden_size,).
    """

    blocks = 3

    def forward(self, x: Any, h: Any = None) -> Any:
        """Map inputs (N, input_size) and states (N, hidden_size) to the next states; h is 0 if not given."""
        (h,) = self._start(x, ("h", h))
        x_r, x_z, x_n = ops.split(ops.linear(x, self.weight_ih, self.bias_ih), 3, axis=-1)
        q_r, q_z, q_n = ops.split(ops.linear(h, self.weight_hh, self.bias_hh), 3, axis=-1)
        r, z = ops.sigmoid(x_r + q_r), ops.sigmoid(x_z + q_z)
        n = ops.tanh(x_n + r * q_n)
        return (1 - z) * n + z * h
