"""Gradient descent, and its velocity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pydl.optim.kernel import Formula
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
    momentum : float or callable
        μ: how much of the velocity v remains after a step (Polyak 1964; Rumelhart, Hinton & Williams 1986).
    dampening : float
        τ.
    weight_decay : float
        λ, the L2 penalty's factor.
    nesterov : bool
        Whether to look ahead (Nesterov 1983; Sutskever et al. 2013).
    maximize : bool
        Whether to climb.

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

    slots: ClassVar[dict[str, str | None]] = {"momentum_buffer": "momentum"}
    ranges: ClassVar[dict[str, str]] = {"momentum": "in [0, 1)", "dampening": "in [0, 1]"}

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate,
        momentum: Rate = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters, lr, weight_decay, maximize, momentum=momentum, dampening=dampening, nesterov=nesterov
        )

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError on options outside their range.

        Parameters
        ----------
        options : dict
            Of one group.
        """
        super().check_options(options)
        if options["nesterov"] and (not options["momentum"] or options["dampening"]):
            raise ValueError("SGD: nesterov needs momentum > 0 and dampening = 0")

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return ε, μ and 1 − τ (1 at first) for `options` at update `t`."""
        return options["lr"], options["momentum"], 1.0 if t == 1 else 1 - options["dampening"]

    @staticmethod
    def formula(momentum: bool, dampening: bool, nesterov: bool) -> Formula:
        """Return the formula, with or without `momentum`, `dampening` and `nesterov`."""

        def sgd(theta: Any, grad: Any, v: Any, lr: float, mu: float, new: float) -> Any:
            if momentum:
                v *= mu
                v += new * grad if dampening else grad
                grad = grad + mu * v if nesterov else v
            theta -= lr * grad
            return theta, v

        return sgd
