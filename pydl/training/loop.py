"""fit: the loop that the book teaches, four lines, and what surrounds it.

The four lines are: forget the gradients, compute the loss, go backward, step.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pydl.nn import Module
from pydl.optim import Optimizer, clip_grad_norm_
from pydl.training.history import History
from pydl.training.metrics import Metric, evaluate
from pydl.training.progress import progress_bar
from pydl.training.resuming import Resuming
from pydl.training.stopping import EarlyStopping

__all__ = ["fit"]


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
    patience: int | None = None,
    min_delta: float = 0.0,
    stop_on: str = "val_loss",
    clip_norm: float | None = None,
    penalty: Callable[[Module], Any] | None = None,
    after_step: Sequence[Callable[[], Any]] = (),
    checkpoint: str | os.PathLike[str] | None = None,
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
    patience : int, optional
        Early stopping: end when `stop_on` has made no progress for so many epochs in a row. However training
        ends, the model then gets the weights of the epoch with the lowest value, ``history.best_epoch``.
    min_delta : float
        A value v is progress on the best b if v < b − min_delta.
    stop_on : str
        What early stopping watches: a name in the history, better when lower.
    clip_norm : float, optional
        Before each step, scale ∇J to at most this norm: `pydl.optim.clip_grad_norm_`.
    penalty : callable, optional
        Takes the model, returns a scalar Tensor that is added to each batch's loss, e.g. ``nn.L2(1e-4)``; for
        parts of a network, ``lambda net: nn.L2(1e-4)(net.hidden) + nn.L1(1e-3)(net.output)``.
    after_step : sequence of callable
        Each is called, without arguments, after every step of the optimizer: constraints, proximal steps, e.g.
        ``lambda: optim.soft_threshold_(net.weight, lr * alpha)``, averages, ``optim.Average(optimizer).update``.
    checkpoint : str or path, optional
        A file to save to after each epoch, by `pydl.save`. If it exists, training goes on from it, bit for bit,
        until the history has `epochs` epochs: parameters, optimizer, random streams, and the state of `data`,
        `validation`, `callbacks` and `after_step` that have ``state_dict()`` (a list of batches has none, a
        `DataLoader` has, an `Average` behind ``average.update`` has). Training that a callback or early stopping
        has ended stays ended. Delete the file to begin anew.
    progress : bool, optional
        Whether to show a progress bar; unless given, in terminals and notebooks, and not if PYDL_PROGRESS=0.

    Returns
    -------
    History
        ``history["loss"]`` (with the penalty), ``history["val_loss"]`` (without), … by epoch,
        ``history.steps`` by batch. Ctrl-C ends training and returns the history so far. Training also ends,
        with a warning, when the loss is no longer finite.

    Raises
    ------
    ValueError
        If there are no batches, epochs is negative, metrics lack validation data, early stopping lacks what it
        should watch, or the checkpoint is of another run.
    CheckpointError
        If the checkpoint is damaged or cannot be written.

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
    callbacks, stopping = list(callbacks), None
    if patience is not None:
        stopping = EarlyStopping(model, patience, min_delta, stop_on)
        stopping.check(validation, metrics or {})
        callbacks.insert(0, stopping)
    history = History()
    keep = [*callbacks, *(getattr(project, "__self__", project) for project in after_step)]  # of a.update, keep a
    resuming = Resuming(checkpoint, model, history, keep, optimizer=optimizer, data=data, validation=validation)
    steps: list[Any] = history.steps.tolist()  # the running epoch's stay on their device: reading makes a GPU wait
    trained = [p for group in optimizer.groups for p in group.parameters]
    model.train()
    bar = progress_bar(epochs, progress)
    bar.update(history.epochs)
    try:
        for epoch in range(history.epochs, 0 if resuming.ended else epochs):
            sizes = []
            for x, t in data:
                optimizer.zero_grad()
                j = loss(model(x), t)
                if penalty is not None:
                    j = j + penalty(model)
                j.backward()
                if clip_norm is not None:
                    clip_grad_norm_(trained, clip_norm)
                optimizer.step()
                for project in after_step:
                    project()
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
            if checkpoint is not None:
                history.steps = np.array(steps)
                resuming.save(ended=any(answers))
            if any(answers):
                break
    except KeyboardInterrupt:
        print(f"fit: interrupted in epoch {history.epochs + 1}; the history so far is returned")
    finally:
        bar.close()
        history.steps = np.array([float(j) for j in steps])
    if stopping is not None:
        stopping.restore()
    return history
