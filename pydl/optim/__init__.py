"""Optimizers: how θ follows −∇J."""

from pydl.optim import schedules
from pydl.optim.clip import clip_grad_norm_, clip_grad_value_
from pydl.optim.constraints import max_norm_
from pydl.optim.first_order import SGD
from pydl.optim.optimizer import Optimizer
from pydl.optim.plateau import Plateau
from pydl.optim.proximal import soft_threshold_

__all__ = ["SGD", "Optimizer", "Plateau", "clip_grad_norm_", "clip_grad_value_", "schedules", "soft_threshold_"]
