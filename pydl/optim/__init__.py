"""Optimizers: how θ follows −∇J."""

from pydl.optim.first_order import *
from pydl.optim.optimizer import Optimizer

__all__ = ["SGD", "Optimizer"]
