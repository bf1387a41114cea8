"""Recurrent layers: whole sequences, several layers, one direction or both, under PyTorch's names and gate order."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import raw
from pydl.nn.cells import Recurrent, check_nonlinearity, check_state, pair
from pydl.nn.module import Parameter

__all__ = ["GRU", "LSTM", "RNN"]


class _Layers(Recurrent):
    """A stack of recurrent layers; subclasses say how one of them runs through time."""

    weight_hh_l0: Parameter

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        bidirectional: bool = False,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        if num_layers < 1:
            raise ValueError(f"{type(self).__name__} needs at least one layer, not {num_layers}")
        self.num_layers, self.batch_first, self.bidirectional = num_layers, batch_first, bidirectional
        self._directions = ("", "_reverse") if bidirectional else ("",)
        for layer in range(num_layers):
            for direction in self._directions:
                inputs = input_size if layer == 0 else hidden_size * len(self._directions)
                self._add_parameters(inputs, f"_l{layer}{direction}")

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        """Run through the sequences x from a state (zeros if not given); return (output, last state)."""
        if np.ndim(raw(x)) != 3 or x.shape[2] != self.input_size or x.shape[1 if self.batch_first else 0] < 1:
            order = "(N, L, H_in)" if self.batch_first else "(L, N, H_in)"
            raise ValueError(
                f"{type(self).__name__}: the input must have shape {order} with L ≥ 1 and H_in = {self.input_size}, not"
                f" {tuple(np.shape(raw(x)))}; one sequence alone is a batch of N = 1"
            )
        if self.batch_first:
            x = ops.swapaxes(x, 0, 1)
        first, last = self._first(x, state), list[Any]()
        for layer in range(self.num_layers):
            outputs = []
            for direction in self._directions:
                suffix = f"_l{layer}{direction}"
                backwards = direction == "_reverse"
                y, end = self._run(ops.flip(x, 0) if backwards else x, suffix, [s[len(last)] for s in first])
                outputs.append(ops.flip(y, 0) if backwards else y)
                last.append(end)
            x = outputs[0] if len(outputs) == 1 else ops.concatenate(outputs, axis=2)
        return ops.swapaxes(x, 0, 1) if self.batch_first else x, self._join(last)

    def _first(self, x: Any, *states: Any) -> list[Any]:
        """Check the states before the first step, and return them; zeros for those that are not given."""
        shape = (self.num_layers * len(self._directions), x.shape[1], self.hidden_size)
        for name, state in zip(("h_0", "c_0"), states, strict=False):
            if state is not None:
                check_state(self, name, state, shape)
        zeros = np.zeros_like(self.weight_hh_l0.data, shape=shape)
        return [zeros if state is None else state for state in states]

    def _project(self, x: Any, suffix: str, both: bool = True) -> tuple[Any, Any, Any]:
        """Return W_ih x + b of all steps, by one product, with W_hh and b_hh; b is b_ih, or the sum of both."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        w_ih, w_hh, b_ih, b_hh = (getattr(self, name + suffix) for name in names)
        return ops.linear(x, w_ih, b_ih + b_hh if both and self.bias else b_ih), w_hh, b_hh

    def _run(self, x: Any, suffix: str, first: list[Any]) -> tuple[Any, Any]:
        """Run one layer in one direction; return outputs (L, N, H) and the last state."""
        raise NotImplementedError

    def _join(self, last: list[Any]) -> Any:
        """Join the last states of all layers and directions."""
        return ops.stack(last)

    def extra_repr(self) -> str:
        """Return sizes, and the settings that are not the default."""
        settings = {"num_layers": (self.num_layers, 1), "batch_first": (self.batch_first, False)}
        settings |= {"bidirectional": (self.bidirectional, False)}
        return super().extra_repr() + "".join(f", {k}={v}" for k, (v, default) in settings.items() if v != default)


class RNN(_Layers):
    """Simple recurrent network: hₜ = f(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh) (Elman 1990).

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of inputs and of units.
    num_layers : int
        How many layers, each of which reads the outputs of the one before.
    nonlinearity : {"tanh", "relu"}
        The transfer function f.
    bias : bool
        Whether there are b_ih and b_hh.
    batch_first : bool
        Whether inputs and outputs have shape (N, L, H) instead of (L, N, H). States keep theirs.
    bidirectional : bool
        Whether a second network reads each layer's sequence backwards; the outputs of both are joined.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, … : Parameter
        The parameters of each layer, shaped as in `RNNCell`; those of the backward direction end on ``_reverse``.
        All are drawn from U(−1/√hidden_size, 1/√hidden_size), PyTorch's default.

    Notes
    -----
    Called with x of shape (L, N, H_in), and h_0 of shape (layers·directions, N, H) or nothing for zeros, it returns
    ``(output, h_n)``: the last layer's hₜ of all steps, shape (L, N, directions·H), and the h of the last step
    of every layer and direction, shaped as h_0.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> output, h_n = pydl.nn.RNN(2, 3)(np.ones((7, 5, 2), "float32"))
    >>> output.shape, h_n.shape
    ((7, 5, 3), (1, 5, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        bidirectional: bool = False,
    ) -> None:
        check_nonlinearity("RNN", nonlinearity)
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, bidirectional)
        self.nonlinearity = nonlinearity

    def _run(self, x: Any, suffix: str, first: list[Any]) -> tuple[Any, Any]:
        a, weight, _ = self._project(x, suffix)
        y = ops.rnn(a, first[0], weight, nonlinearity=self.nonlinearity)
        return y, y[-1]

    def extra_repr(self) -> str:
        """Return sizes, and the settings that are not the default."""
        return super().extra_repr() + (", nonlinearity='relu'" if self.nonlinearity == "relu" else "")


class LSTM(_Layers):
    """Long short-term memory: cₜ = f ⊙ cₜ₋₁ + i ⊙ g, hₜ = o ⊙ tanh(cₜ), with gates as in `LSTMCell`.

    After Hochreiter & Schmidhuber (1997), with the forget gate f of Gers, Schmidhuber & Cummins (2000).

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of inputs and of cells.
    num_layers : int
        How many layers, each of which reads the outputs of the one before.
    bias : bool
        Whether there are b_ih and b_hh.
    batch_first : bool
        Whether inputs and outputs have shape (N, L, H) instead of (L, N, H). States keep theirs.
    bidirectional : bool
        Whether a second network reads each layer's sequence backwards; the outputs of both are joined.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, … : Parameter
        The parameters of each layer, shaped as in `LSTMCell`, rows in the order i, f, g, o; those of the backward
        direction end on ``_reverse``. All are drawn from U(−1/√hidden_size, 1/√hidden_size), PyTorch's default.

    Notes
    -----
    Called with x of shape (L, N, H_in), and (h_0, c_0), each of shape (layers·directions, N, H), or nothing for
    zeros, it returns ``(output, (h_n, c_n))``: the last layer's hₜ of all steps, shape (L, N, directions·H),
    and h and c of the last step of every layer and direction.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> lstm = pydl.nn.LSTM(2, 3)
    >>> with pydl.no_grad():
    ...     lstm.bias_ih_l0[3:6] = 1  # open forget gates (Gers et al. 2000): the second quarter of the rows
    >>> output, (h_n, c_n) = lstm(np.ones((7, 5, 2), "float32"))
    >>> output.shape, h_n.shape, c_n.shape
    ((7, 5, 3), (1, 5, 3), (1, 5, 3))
    """

    blocks = 4

    def _first(self, x: Any, *states: Any) -> list[Any]:
        return super()._first(x, *pair("LSTM", "state", states[0]))

    def _run(self, x: Any, suffix: str, first: list[Any]) -> tuple[Any, Any]:
        a, weight, _ = self._project(x, suffix)
        states = ops.lstm(a, first[0], first[1], weight)
        return states[0], states[:, -1]

    def _join(self, last: list[Any]) -> Any:
        both = ops.stack(last, axis=1)
        return both[0], both[1]


class GRU(_Layers):
    """Gated recurrent unit: hₜ = (1 − z) ⊙ n + z ⊙ hₜ₋₁, with gates as in `GRUCell` (Cho et al. 2014).

    Parameters
    ----------
    input_size, hidden_size : int
        Numbers of inputs and of units.
    num_layers : int
        How many layers, each of which reads the outputs of the one before.
    bias : bool
        Whether there are b_ih and b_hh.
    batch_first : bool
        Whether inputs and outputs have shape (N, L, H) instead of (L, N, H). States keep theirs.
    bidirectional : bool
        Whether a second network reads each layer's sequence backwards; the outputs of both are joined.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, … : Parameter
        The parameters of each layer, shaped as in `GRUCell`, rows in the order r, z, n; those of the backward
        direction end on ``_reverse``. All are drawn from U(−1/√hidden_size, 1/√hidden_size), PyTorch's default.

    Notes
    -----
    Called with x of shape (L, N, H_in), and h_0 of shape (layers·directions, N, H) or nothing for zeros, it returns
    ``(output, h_n)``: the last layer's hₜ of all steps, shape (L, N, directions·H), and the h of the last step
    of every layer and direction, shaped as h_0.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> output, h_n = pydl.nn.GRU(2, 3, num_layers=2)(np.ones((7, 5, 2), "float32"))
    >>> output.shape, h_n.shape
    ((7, 5, 3), (2, 5, 3))
    """

    blocks = 3

    def _run(self, x: Any, suffix: str, first: list[Any]) -> tuple[Any, Any]:
        a, weight, bias = self._project(x, suffix, both=False)
        y = ops.gru(a, first[0], weight, bias)
        return y, y[-1]
