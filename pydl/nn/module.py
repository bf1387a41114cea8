"""Module: a function with parameters, found by walking its own attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from pydl.autodiff import Traced, raw
from pydl.backend import Array, asarray, default_device, default_dtype, to_device, to_numpy
from pydl.tensor import Tensor

__all__ = ["Buffer", "Module", "Parameter"]


class Parameter(Tensor):
    """A tensor that training adapts: ``requires_grad=True``, found by its module.

    Parameters
    ----------
    data : array
        The starting values.
    """

    __slots__ = ()

    def __init__(self, data: Any) -> None:
        super().__init__(data, requires_grad=True)

    def __repr__(self) -> str:
        return "Parameter(" + super().__repr__() + ")"


class Buffer(Tensor):
    """A tensor that belongs to a module's state but is not trained, such as a running mean.

    Parameters
    ----------
    data : array
        The starting values.
    """

    __slots__ = ()

    def __init__(self, data: Any) -> None:
        super().__init__(data)


class Module:
    """A function with parameters: the base of every layer, loss and network.

    Write `forward`; assign parameters, buffers and other modules to attributes (or put them in lists,
    tuples or dicts there), and they are found in the order in which they were assigned.

    Examples
    --------
    >>> import pydl
    >>> class Line(pydl.nn.Module):
    ...     def __init__(self):
    ...         self.w = pydl.nn.Parameter([3.0])
    ...         self.b = pydl.nn.Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return self.w * x + self.b
    >>> line = Line()
    >>> [name for name, _ in line.named_parameters()]
    ['w', 'b']
    >>> line(1.0)
    tensor([5.], op=add)
    """

    training: bool = True
    _pre_hooks: list[Callable[[Module, tuple[Any, ...]], Any]] = []  # noqa: RUF012  never changed, only replaced
    _hooks: list[Callable[[Module, tuple[Any, ...], Any], Any]] = []  # noqa: RUF012

    def forward(self, *args: Any, **settings: Any) -> Any:
        """Compute the module's value; subclasses write this."""
        raise NotImplementedError(f"{type(self).__name__} needs a forward method: def forward(self, x): ...")

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """Call `forward`, between its hooks."""
        for before in self._pre_hooks:
            replaced = before(self, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
        y = self.forward(*args, **settings)
        for hook in self._hooks:
            replaced = hook(self, args, y)
            y = y if replaced is None else replaced
        return y

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> Callable[[], None]:
        """Have ``hook(module, inputs, output)`` called after each forward pass.

        Parameters
        ----------
        hook : callable
            What it returns, unless None, replaces the output.

        Returns
        -------
        callable
            Call it to remove the hook.
        """
        return self._register("_hooks", hook)

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple[Any, ...]], Any]) -> Callable[[], None]:
        """Have ``hook(module, inputs)`` called before each forward pass.

        Parameters
        ----------
        hook : callable
            What it returns, unless None, replaces the inputs: a tuple of all, or the only one.

        Returns
        -------
        callable
            Call it to remove the hook.
        """
        return self._register("_pre_hooks", hook)

    def _register(self, kind: str, hook: Callable[..., Any]) -> Callable[[], None]:
        setattr(self, kind, [*getattr(self, kind), hook])

        def remove() -> None:
            setattr(self, kind, [h for h in getattr(self, kind) if h is not hook])

        return remove

    # ------------------------------------------------------------ walking the attributes

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for the modules directly inside this one, in order."""
        return ((name, value) for name, value in _walk(self.__dict__) if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for this module and all inside it, depth first, each once.

        Parameters
        ----------
        prefix : str
            What to put before each name.

        Yields
        ------
        (str, Module)
            The name is the path of attributes, e.g. ``"body.0"``; this module's own is `prefix`.
        """
        return self._named_modules(prefix, set())

    def _named_modules(self, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
        if id(self) not in seen:  # a module may be used in several places, or know its parent
            seen.add(id(self))
            yield prefix, self
            for name, child in self.named_children():
                yield from child._named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def _named(self, kind: type) -> Iterator[tuple[str, Any]]:
        seen = set()
        for prefix, module in self.named_modules():
            for name, value in _walk(module.__dict__):
                if isinstance(value, kind) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{prefix}.{name}" if prefix else name), value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (name, parameter) of this module and all inside it, each once, in order."""
        return self._named(Parameter)

    def parameters(self) -> list[Parameter]:
        """Return the parameters of this module and all inside it, in order."""
        return [p for _, p in self.named_parameters()]

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Yield (name, buffer) of this module and all inside it, in order."""
        return self._named(Buffer)

    def apply(self, function: Callable[[Module], Any]) -> Module:
        """Call a function on every module inside this one and on itself: to initialize, say.

        Parameters
        ----------
        function : callable
            Takes a module.

        Returns
        -------
        Module
            This module.
        """
        for _, module in self.named_modules():
            function(module)
        return self

    # ------------------------------------------------------------ modes, device, gradients

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all inside it to training (or evaluation) behaviour; return it.

        Parameters
        ----------
        mode : bool
            True for training, False for evaluation.

        Returns
        -------
        Module
            This module.
        """
        return self.apply(lambda module: setattr(module, "training", mode))

    def eval(self) -> Module:
        """Switch this module and all inside it to evaluation behaviour; return it."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.gradient = None

    def to(self, device: str) -> Module:
        """Move parameters and buffers to a device; return this module.

        Parameters
        ----------
        device : {"cpu", "cuda"}
            Where to.

        Returns
        -------
        Module
            This module.

        Raises
        ------
        ValueError
            If an optimizer holds the parameters already: move first, then make the optimizer.
        """
        moving = [(name, tensor) for name, tensor in self._named(Tensor) if tensor.device != device]
        for name, tensor in moving:
            if tensor.buffer is not None:
                raise ValueError(
                    f"{name} belongs to an optimizer already: call .to({device!r}) before making the optimizer"
                )
        for _, tensor in moving:
            tensor.data, tensor.gradient = to_device(tensor.data, device), None
        return self

    # ------------------------------------------------------------ state

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return a copy of all parameters and buffers by name, as NumPy arrays."""
        return {name: np.array(to_numpy(t.data), order="C") for name, t in self._state()}

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        yield from self.named_parameters()
        yield from self.named_buffers()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Overwrite parameters and buffers with saved values.

        Parameters
        ----------
        state : mapping of str to array
            From `state_dict`; names and shapes must be this module's.

        Raises
        ------
        ValueError
            If names or shapes differ: all differences are listed, and nothing is changed.
        """
        mine = dict(self._state())
        new = {n: asarray(raw(state[n]), t.data.dtype) for n, t in mine.items() if n in state}
        wrong = [f"missing: {n}" for n in mine if n not in state] + [f"unexpected: {n}" for n in state if n not in mine]
        wrong += [
            f"{n}: saved shape {value.shape}, here {mine[n].data.shape}"
            for n, value in new.items()
            if value.shape != mine[n].data.shape
        ]
        if wrong:
            raise ValueError(
                f"the state does not fit this {type(self).__name__}; nothing was loaded:\n  " + "\n  ".join(wrong)
            )
        for name, t in mine.items():
            t.copy_(new[name])

    def __repr__(self) -> str:
        children = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        return (
            f"{type(self).__name__}({self.extra_repr()})"
            if not children
            else "\n".join([f"{type(self).__name__}(", *children, ")"])
        )

    def extra_repr(self) -> str:
        """Return the settings to show in the module's text, e.g. ``"784, 10"``."""
        return ""


def _walk(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of tensors and modules among attributes, and in lists, tuples and dicts there."""
    for name, value in values.items():
        if name.startswith("_"):
            continue  # a module's private notes
        if isinstance(value, (Traced, Module)):
            yield name, value
        elif isinstance(value, (list, tuple, dict)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            yield from ((f"{name}.{key}", v) for key, v in _walk({str(k): v for k, v in items}))


def zeros(shape: tuple[int, ...]) -> Array:
    """Return memory for a parameter, of the default dtype and on the default device."""
    return to_device(np.zeros(shape, default_dtype()), default_device())
