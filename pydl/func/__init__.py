"""Derivatives as functions of functions, after JAX: grad, vjp, jvp, jacobian, hessian, hvp.

Each transform runs the function once on fresh leaves and then walks the recorded graph: `grad`,
`vjp` backward, `jvp` forward. Transforms nest to any depth, because a walk is recorded whenever what
it computes can still be differentiated: by an enclosing transform, or because the function uses
tensors that require gradients themselves.

Arrays in, arrays out; tensors in, tensors out. An argument may also be a list, tuple or dict of
arrays (the parameters of a network, say): derivatives then have the same structure.
"""

from pydl.func.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
