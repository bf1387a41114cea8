"""First-order optimizers: each is its formula."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pydl.backend import Array
from pydl.optim.optimizer import Optimizer, Rate

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum if wanted.

    .. math::

        g &= \nabla J(\theta) + \lambda\,\theta \\
        v &\leftarrow \mu\,v + (1 - \tau)\,g \qquad (v \leftarrow g \text{ at first}) \\
        \theta &\leftarrow \theta - \varepsilon\,d, \qquad
        d = g \;(\mu = 0),\quad v,\quad\text{or}\quad g + \mu\,v \text{ (Nesterov)}

    The formula, and its names, are PyTorch's.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε, the learning rate: a number, or a function of the step.
    momentum : float
        μ: how much of the velocity v remains after a step (Polyak 1964; Rumelhart, Hinton & Williams 1986).
    dampening : float
        τ.
    weight_decay : float
        λ, the L2 penalty's factor.
    nesterov : bool
        Whether to look ahead (Nesterov 1983; Sutskever et al. 2013).

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([3.0])
    >>> opt = pydl.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> round(w.item(), 4)
    2.4
    """

    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            parameters, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError on options outside their range.

        Parameters
        ----------
        options : dict
            Of one group.
        """
        super().check_options(options)
        if not 0 <= options["momentum"] < 1:
            raise ValueError(f"SGD: momentum must lie in [0, 1), not {options['momentum']!r}")
        if not options["weight_decay"] >= 0:
            raise ValueError(f"SGD: weight_decay must be >= 0, not {options['weight_decay']!r}")
        if options["nesterov"] and (options["momentum"] == 0 or options["dampening"] != 0):
            raise ValueError("SGD: nesterov needs momentum > 0 and dampening = 0")

    def update(self, theta: Array, grad: Array, lr: float, t: int, options: dict[str, Any], *state: Array) -> None:
        """θ ← θ − ε d.

        Takes `theta`, `grad`, `lr`, `t`, `options` and `state` as `Optimizer.update` describes them.
        """
        (velocity,), momentum = state, options["momentum"]
        if options["weight_decay"]:
            grad = grad + options["weight_decay"] * theta
        if momentum:
            velocity *= momentum
            velocity += grad if t == 0 or not options["dampening"] else (1 - options["dampening"]) * grad
            grad = grad + momentum * velocity if options["nesterov"] else velocity
        theta -= lr * grad
