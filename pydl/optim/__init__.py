"""Optimizers: how θ follows −∇J."""

from pydl.optim.clip import clip_grad_norm_, clip_grad_value_
from pydl.optim.first_order import SGD
from pydl.optim.optimizer import Optimizer

__all__ = ["SGD", "Optimizer", "clip_grad_norm_", "clip_grad_value_"]
