"""Rates of their own for each weight, from the gradients that it has had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from pydl.optim.kernel import Formula
from pydl.optim.optimizer import Optimizer, Rate

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class Adagrad(Optimizer):
    r"""Adagrad: each weight's rate falls with the sum of its squared gradients.

    .. math::

        r &\leftarrow r + g^2 \\
        \theta &\leftarrow \theta - \frac{\varepsilon}{1 + (t-1)\,\eta} \, \frac{g}{\sqrt r + \delta}

    with the gradient g, weight decay included, and the number t of the step.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε: the length of a weight's first step, in the units of the weights.
    lr_decay : float
        η ≥ 0.
    weight_decay : float
        λ, the L2 penalty's factor.
    initial_accumulator_value : float
        What r starts from, in units of g².
    eps : float
        δ, in units of g: it limits the rate where gradients vanish.
    maximize : bool
        Whether to climb.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer: Adaptive subgradient methods for online learning and stochastic optimization, JMLR
    12 (2011), figure 1 with diagonal matrices. Options and defaults are PyTorch's.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([3.0, -50.0])
    >>> opt = pydl.optim.Adagrad([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.detach()
    tensor([  2.9, -49.9])
    """

    slots: ClassVar[dict[str, str | None]] = {"sum": None}
    ranges: ClassVar[dict[str, str]] = {"lr_decay": ">= 0", "initial_accumulator_value": ">= 0", "eps": ">= 0"}

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        maximize: bool = False,
    ) -> None:
        start = initial_accumulator_value
        super().__init__(
            parameters, lr, weight_decay, maximize, lr_decay=lr_decay, initial_accumulator_value=start, eps=eps
        )
        for group in self.groups:
            group.state["sum"].fill(group.options["initial_accumulator_value"])

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return ε/(1 + (t − 1)η) and δ for `options` at update `t`."""
        return options["lr"] / (1 + (t - 1) * options["lr_decay"]), options["eps"]

    @staticmethod
    def formula() -> Formula:
        """Return the formula."""

        def adagrad(theta: Any, grad: Any, r: Any, lr: float, delta: float) -> Any:
            r += grad * grad
            theta -= lr * grad / (np.sqrt(r) + delta)
            return theta, r

        return adagrad


class RMSprop(Optimizer):
    r"""RMSProp: the rate falls with the root of a running mean of squared gradients, which forgets.

    .. math::

        r &\leftarrow \alpha\,r + (1 - \alpha)\,g^2 \\
        m &\leftarrow \alpha\,m + (1 - \alpha)\,g \qquad\text{(centred; else } m = 0) \\
        v &\leftarrow \mu\,v + \frac{g}{\sqrt{r - m^2} + \delta} \\
        \theta &\leftarrow \theta - \varepsilon\,v

    with the gradient g, weight decay included.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε, in the units of the weights.
    alpha : float
        α: how much of the means remains after a step.
    eps : float
        δ, in units of g.
    weight_decay : float
        λ, the L2 penalty's factor.
    momentum : float or callable
        μ.
    centered : bool
        Whether to divide by the running standard deviation (Graves 2013, equations 38 to 41) instead of the root
        mean square.
    maximize : bool
        Whether to climb.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    T. Tieleman, G. Hinton: Lecture 6.5, rmsprop: divide the gradient by a running average of its recent magnitude,
    Coursera: Neural Networks for Machine Learning (2012). Options and defaults are PyTorch's.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([3.0, -50.0])
    >>> opt = pydl.optim.RMSprop([w], lr=0.01)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.detach()
    tensor([  2.9, -49.9])
    """

    slots: ClassVar[dict[str, str | None]] = {
        "square_avg": None,
        "grad_avg": "centered",
        "momentum_buffer": "momentum",
    }
    ranges: ClassVar[dict[str, str]] = {"alpha": "in [0, 1)", "eps": ">= 0", "momentum": "in [0, 1)"}

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: Rate = 0.0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters, lr, weight_decay, maximize, alpha=alpha, eps=eps, momentum=momentum, centered=centered
        )

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return ε, 1 − α, δ and μ for `options` at update `t`."""
        return options["lr"], 1 - options["alpha"], options["eps"], options["momentum"]

    @staticmethod
    def formula(centered: bool, momentum: bool) -> Formula:
        """Return the formula, `centered` or not, with or without `momentum`."""

        def rmsprop(
            theta: Any, grad: Any, r: Any, m: Any, v: Any, lr: float, new: float, delta: float, mu: float
        ) -> Any:
            r += new * (grad * grad - r)
            if centered:
                m += new * (grad - m)
                step = grad / (np.sqrt(r - m * m) + delta)
            else:
                step = grad / (np.sqrt(r) + delta)
            if momentum:
                v *= mu
                v += step
                step = v
            theta -= lr * step
            return theta, r, m, v

        return rmsprop


class Adadelta(Optimizer):
    r"""Adadelta: the root mean square of past steps in the numerator, so that the step has the units of the weights.

    .. math::

        r &\leftarrow \rho\,r + (1 - \rho)\,g^2 \\
        \Delta &= \frac{\sqrt{s + \delta}}{\sqrt{r + \delta}} \, g \\
        s &\leftarrow \rho\,s + (1 - \rho)\,\Delta^2 \\
        \theta &\leftarrow \theta - \varepsilon\,\Delta

    with the gradient g, weight decay included.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε, without units; the paper has 1.
    rho : float
        ρ: how much of the means remains after a step.
    eps : float
        δ: in units of g² below, of θ² above, where it decides how long the first steps are.
    weight_decay : float
        λ, the L2 penalty's factor.
    maximize : bool
        Whether to climb.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    M. D. Zeiler: ADADELTA: an adaptive learning rate method, arXiv 1212.5701 (2012), algorithm 1. Options and defaults
    are PyTorch's.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([3.0])
    >>> opt = pydl.optim.Adadelta([w])
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> round(3.0 - w.item(), 5)  # √10⁻⁶ · 6 / √(0.1 · 6²)
    0.00316
    """

    slots: ClassVar[dict[str, str | None]] = {"square_avg": None, "acc_delta": None}
    ranges: ClassVar[dict[str, str]] = {"rho": "in [0, 1]", "eps": ">= 0"}

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, weight_decay, maximize, rho=rho, eps=eps)

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return ε, 1 − ρ and δ for `options` at update `t`."""
        return options["lr"], 1 - options["rho"], options["eps"]

    @staticmethod
    def formula() -> Formula:
        """Return the formula."""

        def adadelta(theta: Any, grad: Any, r: Any, s: Any, lr: float, new: float, delta: float) -> Any:
            r += new * (grad * grad - r)
            step = np.sqrt(s + delta) / np.sqrt(r + delta) * grad
            s += new * (step * step - s)
            theta -= lr * step
            return theta, r, s

        return adadelta
