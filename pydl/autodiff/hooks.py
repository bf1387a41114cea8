"""Hooks: look at a gradient on its way back, when all that flows into it has arrived."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from pydl.autodiff.record import Traced
from pydl.errors import GraphError

__all__ = ["register_hook", "retain_grad"]


def register_hook(tensor: Traced, hook: Callable[[Any], Any]) -> Callable[[], None]:
    """Have ``hook(gradient)`` called when a backward pass has the tensor's gradient complete.

    Parameters
    ----------
    tensor : Tensor
        A leaf or a recorded result.
    hook : callable
        Takes ∂(scalar)/∂tensor, a tensor; what it returns, unless None, replaces the gradient from there on.

    Returns
    -------
    callable
        Call it to remove the hook.

    Raises
    ------
    GraphError
        If no gradient can arrive, because the tensor does not require one.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.tensor(3.0, requires_grad=True)
    >>> y = w * w
    >>> remove = y.register_hook(lambda g: print("gradient of y:", g.item()))
    >>> (2 * y).backward()
    gradient of y: 2.0
    """

    def show(node: Traced, g: Any) -> Any:
        graph = isinstance(g, Traced)
        replaced = hook(g if graph else node.kind(g))
        return replaced if graph or not isinstance(replaced, Traced) else replaced.data

    return _add(tensor, show)


def retain_grad(tensor: Traced) -> None:
    """Keep the gradient of a result in its `grad`, as leaves do.

    Parameters
    ----------
    tensor : Tensor
        A recorded result; of a leaf the gradient is kept anyway.

    Raises
    ------
    GraphError
        If no gradient can arrive, because the tensor does not require one.
    """
    if tensor.op is None and tensor.requires_grad:
        return
    if _keep not in (tensor.hooks or ()):
        _add(tensor, _keep)


def _keep(node: Traced, g: Any) -> None:
    node.gradient = g if node.gradient is None else node.gradient + g


def _add(tensor: Traced, hook: Callable[[Traced, Any], Any]) -> Callable[[], None]:
    if not tensor.requires_grad:
        raise GraphError("no gradient will arrive at this tensor: it depends on nothing with requires_grad=True")
    tensor.hooks = [*(tensor.hooks or ()), hook]
    known = weakref.ref(tensor)  # whoever may remove the hook need not keep the graph alive

    def remove() -> None:
        t = known()
        if t is not None and t.hooks:
            t.hooks = [h for h in t.hooks if h is not hook]

    return remove
