"""A module as a function of its parameters: the bridge to `pydl.func`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydl.func.run import flatten, rebuild
from pydl.nn.module import Module

__all__ = ["functional_call"]


def functional_call(module: Module, parameters: Mapping[str, Any], *args: Any) -> Any:
    """Call a module with other parameters in place of its own, which stay as they are.

    Parameters
    ----------
    module : Module
        The network.
    parameters : mapping of str to Tensor or array
        By the names of `Module.named_parameters`; those not named keep their own.
    *args : array or Tensor
        What the module is called with.

    Returns
    -------
    Tensor
        The module's value.

    Raises
    ------
    ValueError
        If a name is not a parameter of the module.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> net = pydl.nn.Linear(2, 1)
    >>> def loss(parameters):
    ...     return (pydl.nn.functional_call(net, parameters, np.ones((3, 2), "float32")) ** 2).mean()
    >>> slopes = pydl.grad(loss)(net.state_dict())
    >>> {name: g.shape for name, g in slopes.items()}
    {'weight': (1, 2), 'bias': (1,)}
    """
    own = dict(module.named_parameters())
    if unknown := [name for name in parameters if name not in own]:
        raise ValueError(f"functional_call: {unknown} are no parameters of {type(module).__name__}: it has {list(own)}")
    swapped = {id(own[name]): value for name, value in parameters.items()}
    places = []
    try:
        for _, m in module.named_modules():
            for name, value in list(m.__dict__.items()):
                leaves = flatten(value)  # parameters may be in lists, tuples and dicts
                if any(id(x) in swapped for x in leaves):
                    places.append((m, name, value))
                    m.__dict__[name] = rebuild(value, iter([swapped.get(id(x), x) for x in leaves]))
        return module(*args)
    finally:
        for m, name, value in places:
            m.__dict__[name] = value
