"""Tensor: an array that remembers how it was computed.

Its operators and methods are the ops themselves: ``x * y`` is `pydl.multiply`, ``x.sum(axis=0)`` is
`pydl.sum`. The memory, and what it is good for, is described in `pydl.autodiff`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import Traced, clock, hooks, is_grad_enabled, is_live, level_of, pull_back, raw
from pydl.backend import Array, asarray, to_device
from pydl.errors import GraphError
from pydl.interop import Answers

__all__ = ["Tensor", "tensor"]


def _reflected(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: op(other, self)


def _recorded(*operands: Any) -> bool:
    """Tell whether an op on these is recorded."""
    return is_grad_enabled() and any(map(is_live, operands))


def _in_place(op: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Tensor, other: Any) -> Tensor:
        if level_of(self) or level_of(other):  # values within a forward pass are never changed
            return op(self, other)
        if not _recorded(self, other):
            new = op(self.data, raw(other))
            if not np.can_cast(new.dtype, self.dtype, "same_kind"):
                raise TypeError(
                    f"{op.__name__} in place would turn {new.dtype} results into this tensor's {self.dtype}: write"
                    " x = x / y for a new tensor, or convert first, e.g. x.astype('float32')"
                )
            return self.copy_(new)
        if self.requires_grad and self.op is None:
            raise GraphError(
                "a leaf that requires a gradient is changed in place while operations are recorded: update"
                " parameters inside `with pydl.no_grad():`, or write x = x + y for a new tensor"
            )
        return op(self, other)

    return operator


class Tensor(Answers):
    """An array on a device that records what is done to it.

    ``Tensor(array)`` takes the array as it is, without a copy; `pydl.tensor` copies.

    Parameters
    ----------
    data : array, number or nested list
        The values. Python floats become the default dtype (float32); arrays keep theirs.
    requires_grad : bool
        Whether derivatives with respect to this tensor are wanted.

    Attributes
    ----------
    data : array
        The values, unprotected: whoever writes here answers for the graphs that hold it.
    requires_grad : bool
        Whether ops on this tensor are recorded.
    grad : Tensor or None
        ∂(scalar)/∂(this), summed over the backward passes since it was last set to None.

    Raises
    ------
    TypeError
        If a gradient is asked for and the dtype is not a floating one, or the values are no numbers.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.tensor([3.0, 4.0], requires_grad=True)
    >>> loss = (w * w).sum()
    >>> loss.backward()
    >>> w.grad
    tensor([6., 8.])
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        super().__init__(data.data if isinstance(data, Tensor) else asarray(data), requires_grad)

    # ------------------------------------------------------------ what it is

    @property
    def T(self) -> Tensor:
        """Axes in reverse order: the transpose of a matrix."""
        return ops.transpose(self)

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by hand rather than by a recorded op."""
        return self.op is None

    @property
    def grad(self) -> Tensor | None:
        """Gradient of the scalar that backward was called on, with respect to this tensor."""
        g = self.gradient
        if g is None or isinstance(g, Tensor):
            return g
        view = Tensor(g)
        view.buffer = g  # x.grad[...] = 0 and x.grad *= 2 write where the gradient lies
        return view

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None and np.shape(raw(value)) != self.shape:
            raise ValueError(f"a gradient has its tensor's shape {self.shape}, not {np.shape(raw(value))}")
        self.gradient = None if value is None else asarray(raw(value), self.dtype)

    # ------------------------------------------------------------ differentiation

    def backward(self, gradient: Any = None, *, retain_graph: bool = False, create_graph: bool = False) -> None:
        """Add ∂self/∂leaf to the `grad` of every leaf that requires it, by one backward pass.

        Parameters
        ----------
        gradient : array or Tensor, optional
            ∂(scalar)/∂self, of this shape; 1 for a scalar, which is the only shape that can do without.
        retain_graph : bool
            Keep the graph for another pass. Otherwise it is freed while it is walked.
        create_graph : bool
            Record this pass too, so that the gradients can be differentiated.

        Raises
        ------
        GraphError
            If nothing was recorded, the graph was freed, or a value in it was changed in place.
        ValueError
            If this is no scalar and no gradient is given, or the shapes differ.
        """
        if level_of(self):
            raise GraphError("backward() inside jvp, or a gradient inside one: take gradients there with pydl.grad")
        if not self.requires_grad:
            raise GraphError(
                "backward() on a tensor that depends on nothing with requires_grad=True (or was computed under"
                " no_grad): make the parameters with requires_grad=True before the computation"
            )
        if gradient is None:
            if self.data.size != 1:
                raise ValueError(
                    f"backward() needs a scalar, this tensor has shape {self.shape}: reduce it first, e.g."
                    " .sum().backward() or .mean().backward(), or pass the gradient to carry back"
                )
            gradient = self.data.dtype.type(1) if isinstance(self.data, np.generic) else np.ones_like(self.data)
        elif np.shape(raw(gradient)) != self.shape:
            raise ValueError(f"the gradient has shape {np.shape(raw(gradient))}, but the tensor has {self.shape}")
        elif not (create_graph and isinstance(gradient, Tensor)):
            gradient = asarray(raw(gradient), self.dtype)
        pull_back(self, gradient, create_graph=create_graph, retain_graph=retain_graph)

    register_hook, retain_grad = hooks.register_hook, hooks.retain_grad

    def detach(self) -> Tensor:
        """Return a tensor of the same values without memory: a constant to differentiation."""
        return Tensor(self.data if self.buffer is None else self.data.copy())  # an optimizer writes into buffered data

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Switch on (or off) derivatives with respect to this leaf; return it.

        Parameters
        ----------
        requires_grad : bool
            Whether ops on it are recorded from now on.

        Returns
        -------
        Tensor
            This tensor.

        Raises
        ------
        GraphError
            If this tensor is a recorded result.
        TypeError
            If its dtype is not a floating one.
        """
        if self.op is not None:
            raise GraphError("requires_grad_ is for leaves: detach() a computed tensor first")
        self.requires_grad = Traced(self.data, requires_grad).requires_grad  # checks the dtype
        return self

    # ------------------------------------------------------------ values out and in

    def to(self, target: Any) -> Tensor:
        """Return this tensor on another device, or in another dtype.

        Parameters
        ----------
        target : str or dtype
            ``"cpu"``, ``"cuda"``, or a dtype such as ``"float64"``. Moving between devices is not recorded:
            the result is a leaf.

        Returns
        -------
        Tensor
            This tensor if there is nothing to do.
        """
        try:
            dtype = np.dtype(target)
        except TypeError:
            moved = to_device(self.data, target)
            return self if moved is self.data else Tensor(moved, self.requires_grad)
        return self if dtype == self.dtype else ops.astype(self, dtype)

    def clone(self) -> Tensor:
        """Return a copy in new memory; derivatives pass through it."""
        return ops.astype(self, self.dtype)

    def copy_(self, values: Any) -> Tensor:
        """Overwrite the values in place; graphs that recorded the old ones refuse to be walked.

        Parameters
        ----------
        values : array, Tensor or number
            New values, broadcast to this shape and converted to this dtype and device.

        Returns
        -------
        Tensor
            This tensor.

        Raises
        ------
        GraphError
            If this tensor is a recorded result.
        ValueError
            If the shapes do not fit.
        """
        if self.op is not None:
            raise GraphError("a recorded result cannot be overwritten: detach() it first, or compute a new tensor")
        new = np.broadcast_to(to_device(asarray(raw(values), self.dtype), self.device), self.shape)
        if self.buffer is None:  # new memory, in the same order: tensors that look at the old one keep their values
            self.data = np.empty_like(self.data)
        self.data[...] = new  # (a parameter within an optimizer's θ stays there)
        self.changed = clock()
        return self

    def __setitem__(self, index: Any, values: Any) -> None:
        if _recorded(self, values):
            raise GraphError(
                "x[...] = y, where x or y requires a gradient, would be lost to differentiation: do it inside"
                " `with pydl.no_grad():`, or build the new tensor with pydl.where or pydl.concatenate"
            )
        new = self.data.copy()
        new[ops.indexing.plain_index(index)] = to_device(asarray(raw(values), self.dtype), self.device)
        self.copy_(new)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        twin = object.__new__(type(self))
        Traced.__init__(twin, self.data.copy(order="K"), self.requires_grad)
        memo[id(self)] = twin
        return twin

    # ------------------------------------------------------------ operators and methods: the ops themselves

    __add__, __radd__, __iadd__ = ops.add, _reflected(ops.add), _in_place(ops.add)
    __sub__, __rsub__, __isub__ = ops.subtract, _reflected(ops.subtract), _in_place(ops.subtract)
    __mul__, __rmul__, __imul__ = ops.multiply, _reflected(ops.multiply), _in_place(ops.multiply)
    __truediv__, __rtruediv__, __itruediv__ = ops.divide, _reflected(ops.divide), _in_place(ops.divide)
    __pow__, __rpow__ = ops.power, _reflected(ops.power)
    __matmul__, __rmatmul__, dot = ops.matmul, _reflected(ops.matmul), ops.matmul
    __neg__, __abs__ = ops.negative, ops.absolute
    __lt__, __le__, __gt__, __ge__ = ops.less, ops.less_equal, ops.greater, ops.greater_equal
    __eq__, __ne__ = ops.equal, ops.not_equal
    __hash__ = object.__hash__
    __and__, __or__, __invert__ = ops.logical_and, ops.logical_or, ops.logical_not
    __getitem__ = ops.getitem

    sum, mean, var, std, prod = ops.sum, ops.mean, ops.var, ops.std, ops.prod
    max, min, argmax, argmin, cumsum = ops.max, ops.min, ops.argmax, ops.argmin, ops.cumsum
    abs, exp, log, sqrt, square, clip = ops.absolute, ops.exp, ops.log, ops.sqrt, ops.square, ops.clip
    sin, cos, tanh, sigmoid, relu, softmax = ops.sin, ops.cos, ops.tanh, ops.sigmoid, ops.relu, ops.softmax
    astype, ravel, squeeze, swapaxes = ops.astype, ops.ravel, ops.squeeze, ops.swapaxes
    broadcast_to, expand_dims = ops.broadcast_to, ops.expand_dims

    def reshape(self, *shape: Any) -> Tensor:
        """Give the same entries another `shape`: ``x.reshape(2, -1)`` or ``x.reshape((2, -1))``."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Tensor:
        """Permute the `axes`: ``x.transpose(1, 0)``; without arguments, reverse their order."""
        return ops.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)


Traced.kind = Tensor  # what ops on tensors return, also on subclasses


def tensor(data: Any, dtype: Any = None, device: str | None = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of a copy of `data`.

    Parameters
    ----------
    data : array, Tensor, number or nested list
        The values. Python floats become the default dtype (float32); arrays keep theirs.
    dtype : str or dtype, optional
        Another type for the entries.
    device : {"cpu", "cuda"}, optional
        Where to put it: the default device unless given (arrays that lie on a device stay there).
    requires_grad : bool
        Whether derivatives with respect to it are wanted.

    Returns
    -------
    Tensor
        A leaf.

    Raises
    ------
    TypeError
        If the values are no numbers, or a gradient is asked for and the dtype is not a floating one.

    Examples
    --------
    >>> import pydl
    >>> pydl.tensor([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    source: Array = raw(data)
    if hasattr(source, "dtype"):  # an array: others may hold it too
        source = source.copy()
    return Tensor(asarray(source, dtype, device), requires_grad)
