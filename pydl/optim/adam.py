"""Adam and its kin: momentum, and a rate for each weight."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

import numpy as np

from pydl.optim.kernel import Formula
from pydl.optim.optimizer import Optimizer, Rate

__all__ = ["Adam", "AdamW", "NAdam"]


def _mu(beta1: float, psi: float, t: int) -> float:
    """Return NAdam's momentum of step t."""
    return beta1 * (1 - 0.5 * 0.96 ** (t * psi))


@cache
def _products(beta1: float, psi: float) -> list[float]:
    """Return the products of NAdam's momenta up to steps 0, 1, …: no state, since they follow from t."""
    return [1.0]


class Adam(Optimizer):
    r"""Adam: running means of the gradient and of its square, each divided by what it lacks at the start.

    .. math::

        m &\leftarrow \beta_1 m + (1 - \beta_1)\,g \\
        r &\leftarrow \beta_2 r + (1 - \beta_2)\,g^2 \\
        \theta &\leftarrow \theta - \varepsilon \,
        \frac{m / (1 - \beta_1^t)}{\sqrt{r / (1 - \beta_2^t)} + \delta}

    with the gradient g, weight decay included, and the number t of the step. AMSGrad takes the largest r so far.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε: about the length of a weight's steps, in the units of the weights.
    betas : pair of float
        β₁, β₂: how much of the means remains after a step.
    eps : float
        δ, in units of g.
    weight_decay : float
        λ, the L2 penalty's factor. It is divided by √r with the rest of g, unless it is decoupled.
    amsgrad : bool
        Whether no weight's rate may grow again (Reddi, Kale & Kumar 2018, algorithm 2).
    maximize : bool
        Whether to climb.
    decoupled_weight_decay : bool
        Whether weight decay is θ ← (1 − ελ) θ instead, as in `AdamW`.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    D. P. Kingma, J. Ba: Adam: a method for stochastic optimization, ICLR 2015, algorithm 1. Options and defaults, and
    the largest r taken before its correction, are PyTorch's.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([3.0, -50.0])
    >>> opt = pydl.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.detach()
    tensor([  2.9, -49.9])
    """

    slots: ClassVar[dict[str, str | None]] = {"exp_avg": None, "exp_avg_sq": None, "max_exp_avg_sq": "amsgrad"}
    ranges: ClassVar[dict[str, str]] = {"betas": "in [0, 1)", "eps": ">= 0"}

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        own = {"betas": betas, "eps": eps, "amsgrad": amsgrad, "decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(parameters, lr, weight_decay, maximize, **own)

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return ε/(1 − β₁ᵗ), 1 − β₁, 1 − β₂, 1 − β₂ᵗ and δ for `options` at update `t`."""
        beta1, beta2 = options["betas"]
        return options["lr"] / (1 - beta1**t), 1 - beta1, 1 - beta2, 1 - beta2**t, options["eps"]

    @staticmethod
    def formula(amsgrad: bool) -> Formula:
        """Return the formula, with `amsgrad` or without."""

        def adam(
            theta: Any, grad: Any, m: Any, r: Any, largest: Any,
            lr: float, new1: float, new2: float, share: float, delta: float,
        ) -> Any:  # fmt: skip
            m += new1 * (grad - m)
            r += new2 * (grad * grad - r)
            if amsgrad:
                largest = np.maximum(largest, r)
                theta -= lr * m / (np.sqrt(largest / share) + delta)
            else:
                theta -= lr * m / (np.sqrt(r / share) + delta)
            return theta, m, r, largest

        return adam


class AdamW(Adam):
    r"""Adam with weight decay beside the gradient: θ ← (1 − ελ) θ, then Adam's step on ∇J alone.

    All weights then decay at the same rate; within g, those with large gradients would hardly decay.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε.
    betas : pair of float
        β₁, β₂.
    eps : float
        δ.
    weight_decay : float
        λ: the share of a weight that ε = 1 would take away in a step.
    amsgrad : bool
        Whether no weight's rate may grow again.
    maximize : bool
        Whether to climb.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    I. Loshchilov, F. Hutter: Decoupled weight decay regularization, ICLR 2019, algorithm 2. Options and defaults are
    PyTorch's, where the decay is multiplied by ε.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([10.0])
    >>> opt = pydl.optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (0.0 * w).sum().backward()
    >>> opt.step()
    >>> w.item()
    9.5
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay, amsgrad, maximize, decoupled_weight_decay=True)


class NAdam(Optimizer):
    r"""Adam with Nesterov's look ahead.

    .. math::

        \mu_t &= \beta_1 (1 - \tfrac12 \cdot 0.96^{t \psi}) \\
        m &\leftarrow \beta_1 m + (1 - \beta_1)\,g, \qquad r \leftarrow \beta_2 r + (1 - \beta_2)\,g^2 \\
        \theta &\leftarrow \theta - \varepsilon \, \Bigl(
        \frac{1 - \mu_t}{1 - \prod_{i=1}^{t} \mu_i}\,g + \frac{\mu_{t+1}}{1 - \prod_{i=1}^{t+1} \mu_i}\,m \Bigr)
        \Big/ \Bigl( \sqrt{r / (1 - \beta_2^t)} + \delta \Bigr)

    with the gradient g, weight decay included, and the number t of the step.

    Parameters
    ----------
    parameters : iterable of Parameter, or of dict
        What to train; dicts are groups with options of their own.
    lr : float or callable
        ε.
    betas : pair of float
        β₁, β₂.
    eps : float
        δ.
    weight_decay : float
        λ, the L2 penalty's factor.
    momentum_decay : float
        ψ: how fast μ rises from half of β₁ to β₁.
    decoupled_weight_decay : bool
        Whether weight decay is θ ← (1 − ελ) θ instead.
    maximize : bool
        Whether to climb.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    T. Dozat: Incorporating Nesterov momentum into Adam, ICLR workshop (2016), algorithm 2. Options and defaults are
    PyTorch's.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([3.0])
    >>> opt = pydl.optim.NAdam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.item() < 2.91
    True
    """

    slots: ClassVar[dict[str, str | None]] = {"exp_avg": None, "exp_avg_sq": None}
    ranges: ClassVar[dict[str, str]] = {"betas": "in [0, 1)", "eps": ">= 0", "momentum_decay": ">= 0"}

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: Rate = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        own = {"betas": betas, "eps": eps, "momentum_decay": momentum_decay}
        super().__init__(parameters, lr, weight_decay, maximize, **own, decoupled_weight_decay=decoupled_weight_decay)

    def numbers(self, t: int, options: dict[str, Any]) -> tuple[float, ...]:
        """Return the rates of g and of m, 1 − β₁, 1 − β₂, 1 − β₂ᵗ and δ for `options` at update `t`."""
        (beta1, beta2), lr, psi = options["betas"], options["lr"], options["momentum_decay"]
        now, following, products = _mu(beta1, psi, t), _mu(beta1, psi, t + 1), _products(beta1, psi)
        while len(products) <= t + 1:
            products.append(products[-1] * _mu(beta1, psi, len(products)))
        rates = lr * (1 - now) / (1 - products[t]), lr * following / (1 - products[t + 1])
        return *rates, 1 - beta1, 1 - beta2, 1 - beta2**t, options["eps"]

    @staticmethod
    def formula() -> Formula:
        """Return the formula."""

        def nadam(
            theta: Any, grad: Any, m: Any, r: Any,
            lr_g: float, lr_m: float, new1: float, new2: float, share: float, delta: float,
        ) -> Any:  # fmt: skip
            m += new1 * (grad - m)
            r += new2 * (grad * grad - r)
            theta -= (lr_g * grad + lr_m * m) / (np.sqrt(r / share) + delta)
            return theta, m, r

        return nadam
