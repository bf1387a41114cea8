"""Differentiation: forward with dual numbers, backward along a recorded graph.

An *op* computes a value from values. Called on plain arrays it only computes. Called on tensors of
which one requires a gradient, its result remembers the op, the arguments and its own age: these
memories are the graph, which `pull_back` walks from an output to the leaves with vector-Jacobian
products (`reverse`). Called on dual numbers it computes the value's tangent too, with Jacobian-vector
products, and remembers nothing (`forward`). Everything else in pydl is a thin call on these two.

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

from pydl.autodiff.anomaly import after_step, detect_anomaly
from pydl.autodiff.families import bilinear, constant, elementwise, general, linear, total, unbroadcast
from pydl.autodiff.forward import ForwardLevel, ReverseLevel, forward_levels, is_live, level_of
from pydl.autodiff.record import OPS, Op, Traced, clock, composed, enable_grad, is_grad_enabled, no_grad, raw
from pydl.autodiff.reverse import pull_back, reaches_beyond

__all__ = [
    "OPS",
    "ForwardLevel",
    "Op",
    "ReverseLevel",
    "Traced",
    "after_step",
    "bilinear",
    "clock",
    "composed",
    "constant",
    "detect_anomaly",
    "elementwise",
    "enable_grad",
    "forward_levels",
    "general",
    "is_grad_enabled",
    "is_live",
    "level_of",
    "linear",
    "no_grad",
    "pull_back",
    "raw",
    "reaches_beyond",
    "total",
    "unbroadcast",
]
