"""pydl: deep learning from the gradient up, on NumPy or CuPy arrays.

>>> import pydl
>>> w = pydl.tensor([1.0, 2.0], requires_grad=True)
>>> (w**2).sum().backward()
>>> w.grad
tensor([2., 4.])
"""

from pydl import (
    check,
    checkpoint,
    data,
    func,
    graphs,
    landscape,
    models,
    nn,
    ops,
    optim,
    plots,
    random,
    testing,
    training,
)
from pydl.autodiff import detect_anomaly, enable_grad, is_grad_enabled, no_grad
from pydl.backend import default_device, default_dtype, set_default_device, set_default_dtype
from pydl.checkpoint import load, save
from pydl.claims import claim
from pydl.doctor import info
from pydl.errors import AnomalyError, CheckpointError, ClaimError, DataError, DeviceError, GraphError, PydlError
from pydl.func import grad, hessian, hvp, jacobian, jvp, profile, value_and_grad, vjp
from pydl.ops import *
from pydl.random import seed
from pydl.tensor import Tensor, tensor
from pydl.training import fit

__version__ = "0.1.0"
