"""Optimizers: how θ follows −∇J."""

from pydl.optim.first_order import SGD
from pydl.optim.optimizer import Optimizer

__all__ = ["SGD", "Optimizer"]
