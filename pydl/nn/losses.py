"""Loss functions as modules: each holds its reduction and calls the op of the same formula."""

from __future__ import annotations

from typing import Any

from pydl import ops
from pydl.nn.module import Module

__all__ = ["BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss", "NLLLoss"]


class _Loss(Module):
    """A loss with a reduction.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Mean over samples (over entries for squared error and binary cross entropy), sum, or each loss.
    """

    _op: Any

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{type(self).__name__}: reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Any:
        """Compare predictions with targets."""
        return type(self)._op(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """Mean squared error: (1/n) Σᵢ (ŷᵢ − tᵢ)².

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Mean over all entries, their sum, or each squared error.
    """

    _op = ops.mse_loss


class CrossEntropyLoss(_Loss):
    """Cross entropy of a softmax model, from scores (logits) and labels: −log softmax(z)ₜ.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Mean over samples, sum, or each loss.
    """

    _op = ops.cross_entropy


class BCEWithLogitsLoss(_Loss):
    """Binary cross entropy from scores (logits) and labels in [0, 1]: log(1 + eᶻ) − t z.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Mean over all entries, their sum, or each loss.
    """

    _op = ops.binary_cross_entropy_with_logits


class NLLLoss(_Loss):
    """Negative log-likelihood from log-probabilities and labels: −log pₜ.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Mean over samples, sum, or each loss.
    """

    _op = ops.nll_loss
