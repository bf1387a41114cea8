"""Penalties: terms of the objective that grow with the weights."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from pydl import ops
from pydl.autodiff import raw
from pydl.backend import is_array
from pydl.nn.module import Module
from pydl.tensor import Tensor

__all__ = ["L1", "L2", "ElasticNet"]


class _Penalty:
    """A term of the objective, a sum over the weights of a network or of a part of it."""

    biases: bool

    def __call__(self, parameters: Module | Tensor | Iterable[Tensor]) -> Any:
        """Return the term for the weights among `parameters`: a module's, or those of a list; a scalar Tensor.

        Raises ValueError if there is no weight among them, TypeError if something else is.
        """
        terms = [self.term(w) for w in _weights(type(self).__name__, parameters, self.biases)]
        return sum(terms[1:], terms[0])

    def term(self, w: Any) -> Any:
        """Return the term of one tensor `w`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method term(w)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class L2(_Penalty):
    r"""Squared length of the weights: (α/2) ‖w‖²; also known as weight decay, ridge, Tikhonov's penalty.

    .. math:: J = L + \frac{\alpha}{2} \sum_j w_j^2, \qquad \nabla J = \nabla L + \alpha\,w

    Biases are free: penalized, they would pull the whole output towards 0. In a module, biases are the
    parameters whose names begin with "bias"; in a list, where there are no names, those with fewer than two axes.

    Parameters
    ----------
    alpha : float
        α ≥ 0, in units of the loss over the weights' squared.
    biases : bool
        Whether biases count as weights, too.

    Raises
    ------
    ValueError
        If α is negative or not finite.

    See Also
    --------
    pydl.optim.sgd.SGD : Its ``weight_decay=alpha`` makes the same step, for all parameters of a group.

    References
    ----------
    A. E. Hoerl, R. W. Kennard: Ridge regression: biased estimation for nonorthogonal problems, Technometrics 12
    (1970), section 2. A. Krogh, J. A. Hertz: A simple weight decay can improve generalization, NIPS 4 (1991),
    section 1.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([[3.0, 4.0]])
    >>> J = pydl.nn.L2(0.1)([w])
    >>> J.backward()
    >>> J, w.grad
    (tensor(1.25, op=multiply), tensor([[0.3, 0.4]]))
    """

    def __init__(self, alpha: float, biases: bool = False) -> None:
        self.alpha, self.biases = _strength("L2", "alpha", alpha), biases

    def term(self, w: Any) -> Any:
        """Return (α/2) Σ w² of one tensor `w`."""
        return self.alpha / 2 * ops.sum(w * w)


class L1(_Penalty):
    r"""Sum of the weights' absolute values: α ‖w‖₁, also known as the lasso.

    .. math:: J = L + \alpha \sum_j |w_j|, \qquad \nabla J = \nabla L + \alpha \operatorname{sign}(w)

    At 0, where |w| has no derivative, sign(0) = 0 is taken. Steps against this gradient make weights small and
    almost never 0; for exact zeros leave the term out of the loss, and follow each step by
    `pydl.optim.soft_threshold_`. Which parameters are weights: see `L2`.

    Parameters
    ----------
    alpha : float
        α ≥ 0, in units of the loss over the weights'.
    biases : bool
        Whether biases count as weights, too.

    Raises
    ------
    ValueError
        If α is negative or not finite.

    References
    ----------
    R. Tibshirani: Regression shrinkage and selection via the lasso, Journal of the Royal Statistical Society B 58
    (1996), section 2.1, where the sum is bounded in place of penalized.

    Examples
    --------
    >>> import pydl
    >>> w = pydl.nn.Parameter([[3.0, -4.0, 0.0]])
    >>> J = pydl.nn.L1(0.1)([w])
    >>> J.backward()
    >>> J, w.grad
    (tensor(0.7, op=multiply), tensor([[ 0.1, -0.1,  0. ]]))
    """

    def __init__(self, alpha: float, biases: bool = False) -> None:
        self.alpha, self.biases = _strength("L1", "alpha", alpha), biases

    def term(self, w: Any) -> Any:
        """Return α Σ |w| of one tensor `w`."""
        return self.alpha * ops.sum(ops.absolute(w))


class ElasticNet(_Penalty):
    r"""Both penalties at once: l1 ‖w‖₁ + (l2/2) ‖w‖².

    .. math:: J = L + \alpha_1 \lVert w \rVert_1 + \frac{\alpha_2}{2} \lVert w \rVert^2

    It selects weights as L1 does, but shares among inputs that resemble each other. (scikit-learn's strength α
    and ratio ρ are l1 = αρ and l2 = α(1 − ρ).) Which parameters are weights: see `L2`.

    Parameters
    ----------
    l1 : float
        α₁ ≥ 0, the strength of `L1`.
    l2 : float
        α₂ ≥ 0, the strength of `L2`.
    biases : bool
        Whether biases count as weights, too.

    Raises
    ------
    ValueError
        If a strength is negative or not finite.

    References
    ----------
    H. Zou, T. Hastie: Regularization and variable selection via the elastic net, Journal of the Royal Statistical
    Society B 67 (2005), equation 3.

    Examples
    --------
    >>> import pydl
    >>> pydl.nn.ElasticNet(l1=0.1, l2=0.2)([pydl.nn.Parameter([[3.0, -4.0]])])
    tensor(3.2, op=add)
    """

    def __init__(self, l1: float, l2: float, biases: bool = False) -> None:
        self.l1, self.l2 = _strength("ElasticNet", "l1", l1), _strength("ElasticNet", "l2", l2)
        self.biases = biases

    def term(self, w: Any) -> Any:
        """Return l1 Σ |w| + (l2/2) Σ w² of one tensor `w`."""
        return L1(self.l1).term(w) + L2(self.l2).term(w)


def _strength(who: str, name: str, value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"{who}: {name} must be a finite number >= 0, not {value!r}")
    return float(value)  # NumPy's float64 would turn float32 weights into float64


def _weights(who: str, given: Module | Tensor | Iterable[Tensor], biases: bool) -> list[Tensor]:
    """Return the parameters that are penalized."""
    found: list[Tensor]
    if isinstance(given, Module):
        found = [p for name, p in given.named_parameters() if biases or not name.rpartition(".")[2].startswith("bias")]
    else:
        listed = [given] if isinstance(given, Tensor) else list(given)
        if wrong := [p for p in listed if not is_array(raw(p))]:
            raise TypeError(f"{who} takes a module or its parameters, not {type(wrong[0]).__name__} {wrong[0]!r:.60}")
        found = [p for p in listed if biases or p.ndim > 1]
    if not found:
        raise ValueError(
            f"{who}: there is no weight among the parameters given (in a list, a parameter with fewer than two axes"
            " counts as a bias): pass the module, or biases=True if these are to be penalized"
        )
    return found
