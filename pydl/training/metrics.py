"""Metrics, and their means over a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from pydl.autodiff import no_grad, raw
from pydl.backend import to_numpy
from pydl.nn import Module

__all__ = ["Metric", "accuracy", "error_rate", "evaluate"]

Metric = Callable[[Any, Any], Any]


def accuracy(scores: Any, labels: Any) -> float:
    """Share of samples whose largest score is at their label.

    Parameters
    ----------
    scores : array or Tensor
        Shape (N, classes).
    labels : array or Tensor of int
        Shape (N,).

    Returns
    -------
    float
        Between 0 and 1.
    """
    return float(np.mean(np.argmax(to_numpy(raw(scores)), axis=1) == to_numpy(raw(labels))))


def error_rate(scores: Any, labels: Any) -> float:
    """Share of samples whose largest score is not at their label: 1 − `accuracy`.

    Parameters
    ----------
    scores : array or Tensor
        Shape (N, classes).
    labels : array or Tensor of int
        Shape (N,).

    Returns
    -------
    float
        Between 0 and 1.
    """
    return 1.0 - accuracy(scores, labels)


def evaluate(model: Module, data: Iterable[Any], metrics: Mapping[str, Metric]) -> dict[str, float]:
    """Average metrics over a data set, in evaluation mode and without recording.

    Parameters
    ----------
    model : Module
        What maps inputs to predictions.
    data : DataLoader, or iterable of (inputs, targets)
        The samples.
    metrics : mapping of str to callable
        Each takes (predictions, targets) and returns a mean over the batch.

    Returns
    -------
    dict of str to float
        The means over all samples.

    Raises
    ------
    ValueError
        If there are no samples.
    """
    totals, n = dict.fromkeys(metrics, 0.0), 0
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_grad():
            for x, t in data:
                prediction = model(x)
                for name, metric in metrics.items():
                    totals[name] += float(metric(prediction, t)) * len(x)
                n += len(x)
    finally:
        for module, training in modes:
            module.training = training
    if n == 0:
        raise ValueError(
            "evaluate: there are no samples in the data (an iterator can be used only once: pass a DataLoader)"
        )
    return {name: total / n for name, total in totals.items()}
