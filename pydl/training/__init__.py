"""Training: the loop that the book teaches, with history, validation, early stopping and progress."""

from pydl.training.history import History
from pydl.training.loop import fit
from pydl.training.metrics import accuracy, error_rate, evaluate

__all__ = ["History", "accuracy", "error_rate", "evaluate", "fit"]
