"""Differentiation: one recorded graph, walked two ways.

An *op* computes a value from values. Called on plain arrays it only computes; called on tensors
of which one requires a gradient, its result remembers the op, the arguments and its own age.
These memories are the graph. `pull_back` walks it from an output to the leaves with
vector-Jacobian products (reverse mode), `push_forward` from the leaves to an output with
Jacobian-vector products (forward mode). Everything else in pydl is a thin call on these two.

An op is stated once, in one of four families, which read as a table of derivatives:

=============== ==================================== =============================================
family          stated                               derived
=============== ==================================== =============================================
`elementwise`   y = f(x…) and each ∂y/∂x             ḡ·∂y/∂x and ẋ·∂y/∂x, summed over broadcasts
`linear`        y = Lx and the adjoint Lᵀ            the derivative of a linear op is the op itself
`bilinear`      y = B(a, b) and its two adjoints     ẏ = B(ȧ, b) + B(a, ḃ)
`general`       y = f(x…), pull (VJP), push (JVP)    nothing
=============== ==================================== =============================================

Rules are written in pydl's own ops and so work on plain arrays (the fast pass: nothing is
recorded) and on tensors (``create_graph=True``: the gradient is itself a graph, to any order).

Nothing here knows of neural networks. After Griewank & Walther (2008), *Evaluating Derivatives*,
and Baydin et al. (2018), *Automatic Differentiation in Machine Learning: a Survey*, JMLR 18.
"""

from pydl.autodiff.families import bilinear, constant, elementwise, general, linear, total, unbroadcast
from pydl.autodiff.record import OPS, Op, Traced, clock, composed, enable_grad, is_grad_enabled, no_grad, raw
from pydl.autodiff.walk import pull_back, push_forward, reaches_beyond

__all__ = [
    "OPS",
    "Op",
    "Traced",
    "bilinear",
    "clock",
    "composed",
    "constant",
    "elementwise",
    "enable_grad",
    "general",
    "is_grad_enabled",
    "linear",
    "no_grad",
    "pull_back",
    "push_forward",
    "raw",
    "reaches_beyond",
    "total",
    "unbroadcast",
]
