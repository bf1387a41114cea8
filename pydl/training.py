"""Training: the loop that the book teaches, with history, validation and progress.

The loop itself is four lines, in `fit`: forget the gradients, compute the loss, go backward, step.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from pydl.autodiff import no_grad, raw
from pydl.backend import to_numpy
from pydl.nn import Module
from pydl.optim import Optimizer, clip_grad_norm_

__all__ = ["History", "accuracy", "error_rate", "evaluate", "fit"]

Metric = Callable[[Any, Any], Any]


class History(dict[str, list[float]]):
    """What happened in training: a dict of lists with one number an epoch, and the loss of every step.

    Attributes
    ----------
    steps : numpy.ndarray
        The loss of every batch, in order.
    """

    def __init__(self) -> None:
        super().__init__(loss=[])
        self.steps: np.ndarray = np.empty(0)

    @property
    def epochs(self) -> int:
        """How many epochs are in it."""
        return len(self["loss"])

    def __repr__(self) -> str:
        last = ", ".join(f"{name}={values[-1]:.4g}" for name, values in self.items() if values)
        return f"History({self.epochs} epochs, {len(self.steps)} steps; last: {last})"


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


def fit(
    model: Module,
    data: Iterable[Any],
    loss: Metric,
    optimizer: Optimizer,
    epochs: int = 1,
    *,
    validation: Iterable[Any] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    callbacks: Sequence[Callable[[int, History], Any]] = (),
    clip_norm: float | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model: for each batch, θ ← θ − ε·∇J as the optimizer has it.

    Parameters
    ----------
    model : Module
        What to train.
    data : DataLoader, or iterable of (inputs, targets)
        Iterated once an epoch.
    loss : callable
        Takes (predictions, targets), returns a scalar Tensor, e.g. ``nn.CrossEntropyLoss()``.
    optimizer : Optimizer
        Holds the model's parameters.
    epochs : int
        How many passes over the data.
    validation : DataLoader, or iterable of (inputs, targets), optional
        Evaluated after each epoch, under names with the prefix ``val_``.
    metrics : mapping of str to callable, optional
        More to measure on the validation data, e.g. ``{"error": error_rate}``.
    callbacks : sequence of callable
        Each is called as ``callback(epoch, history)`` after an epoch; a true return value ends training.
    clip_norm : float, optional
        Before each step, scale ∇J to at most this norm: `pydl.optim.clip_grad_norm_`.
    progress : bool, optional
        Whether to show a progress bar; unless given, in terminals and notebooks, and not if PYDL_PROGRESS=0.

    Returns
    -------
    History
        ``history["loss"]``, ``history["val_loss"]``, … by epoch, ``history.steps`` by batch. Ctrl-C ends
        training and returns the history so far. Training also ends, with a warning, when the loss is no
        longer finite.

    Raises
    ------
    ValueError
        If there are no batches, epochs is negative, or metrics lack validation data.

    Examples
    --------
    >>> import pydl
    >>> from pydl import data, nn, optim
    >>> pydl.seed(0)
    >>> X, y = data.line(30, rng=0)
    >>> net = nn.Linear(1, 1)
    >>> history = fit(net, data.DataLoader((X.reshape(-1, 1), y.reshape(-1, 1)), 10),
    ...               nn.MSELoss(), optim.SGD(net.parameters(), lr=0.02), epochs=200)
    >>> history["loss"][-1] < 0.01
    True
    """
    if epochs < 0:
        raise ValueError(f"fit: epochs must be >= 0, not {epochs}")
    if metrics and validation is None:
        raise ValueError("fit: metrics are measured on validation data: pass validation=…, too")
    history = History()
    steps: list[Any] = []  # losses; those of the running epoch on their device: reading one makes a GPU wait
    trained = [p for group in optimizer.groups for p in group.parameters]
    model.train()
    bar = _progress_bar(epochs, progress)
    try:
        for epoch in range(epochs):
            sizes = []
            for x, t in data:
                optimizer.zero_grad()
                j = loss(model(x), t)
                j.backward()
                if clip_norm is not None:
                    clip_grad_norm_(trained, clip_norm)
                optimizer.step()
                steps.append(j.data)
                sizes.append(len(x))
            if not sizes:
                raise ValueError("fit: an epoch has no batches (an iterator can be used only once: pass a DataLoader)")
            losses = steps[-len(sizes) :] = [float(j) for j in steps[-len(sizes) :]]
            history["loss"].append(float(np.average(losses, weights=sizes)))
            if validation is not None:
                for name, value in evaluate(model, validation, {"loss": loss, **(metrics or {})}).items():
                    history.setdefault(f"val_{name}", []).append(value)
            bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in history.items()}, refresh=False)
            bar.update()
            if not np.isfinite(history["loss"][-1]):
                warnings.warn(
                    f"fit: the loss is not finite in epoch {epoch + 1}; training stopped: lower the learning rate",
                    RuntimeWarning,
                    stacklevel=2,
                )
                break
            answers = [callback(epoch, history) for callback in callbacks]  # all are called, then any may stop
            if any(answers):
                break
    except KeyboardInterrupt:
        print(f"fit: interrupted in epoch {history.epochs + 1}; the history so far is returned")
    finally:
        bar.close()
        history.steps = np.array([float(j) for j in steps])
    return history


def _progress_bar(epochs: int, wanted: bool | None) -> Any:
    """Return tqdm's bar, silent unless someone is watching."""
    if wanted is None:
        watched = sys.stderr.isatty() or "ipykernel" in sys.modules
        wanted = watched and os.environ.get("PYDL_PROGRESS") != "0"
    if wanted and find_spec("ipywidgets"):  # without it, tqdm.auto warns in every notebook
        from tqdm.auto import tqdm
    else:
        from tqdm import tqdm
    return tqdm(total=epochs, desc="epochs", disable=not wanted, leave=False)
