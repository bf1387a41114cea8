"""Derivatives as functions of functions, after JAX: grad, vjp, jvp, jacobian, hessian, hvp, and their costs.

`grad` and `vjp` run the function once on fresh leaves and then walk the recorded graph backward; `jvp`
runs it once on dual numbers. Transforms nest to any depth: a walk is recorded whenever what it computes
can still be differentiated, by an enclosing transform, or because the function uses tensors that require
gradients themselves; and within a `jvp` it is made of dual numbers. `profile` counts what each costs.

Arrays in, arrays out; tensors in, tensors out. An argument may also be a list, tuple or dict of
arrays (the parameters of a network, say): derivatives then have the same structure.
"""

from pydl.func.costs import Profile, profile
from pydl.func.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = ["Profile", "grad", "hessian", "hvp", "jacobian", "jvp", "profile", "value_and_grad", "vjp"]
