"""Optimizers: how θ follows −∇J."""

from pydl.optim import schedules
from pydl.optim.adam import Adam, AdamW, NAdam
from pydl.optim.adaptive import Adadelta, Adagrad, RMSprop
from pydl.optim.averaging import Average
from pydl.optim.clip import clip_grad_norm_, clip_grad_value_
from pydl.optim.constraints import max_norm_
from pydl.optim.optimizer import Optimizer
from pydl.optim.plateau import Plateau
from pydl.optim.proximal import soft_threshold_
from pydl.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Average",
    "NAdam",
    "Optimizer",
    "Plateau",
    "RMSprop",
    "clip_grad_norm_",
    "clip_grad_value_",
    "max_norm_",
    "schedules",
    "soft_threshold_",
]
