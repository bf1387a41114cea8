"""Radial basis functions: a linear model of bumps."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import raw
from pydl.backend import asarray, device_of
from pydl.models._points import checked_points, squared_distances
from pydl.nn import Buffer, Module, Parameter
from pydl.tensor import Tensor

__all__ = ["RBFNetwork"]


class RBFNetwork(Module):
    r"""Radial basis function network: ŷ = W φ(x) + b, linear in k bumps (and φ₀ = 1, whose weight is b).

    .. math::

        \varphi_j(x) = \exp\left(-\frac{\lVert x - \mu_j \rVert^2}{2 \sigma_j^2}\right)

    A new network has W = 0 and b = 0: with fixed bumps a convex loss is convex in W and b, so any start will do.

    The centres μ and widths σ are buffers at first, and training leaves them alone; after `unfreeze` they are
    parameters. What is stored, and trained, is log σ. So σ = exp(log σ) stays positive without a constraint, a
    step multiplies σ, whatever its units are, and ∂φ/∂log σ = φ ‖x − μ‖²/σ² never exceeds 2/e.

    Parameters
    ----------
    centres : array or Tensor, shape (k, d)
        μ; its floating type is the network's.
    widths : float or array, shape (k,)
        σ > 0.
    outputs : int
        Number m of outputs.
    trainable : bool
        Whether centres and widths are parameters from the start.

    Attributes
    ----------
    centres : Buffer or Parameter, shape (k, d)
        μ.
    log_widths : Buffer or Parameter, shape (k,)
        log σ.
    weight : Parameter, shape (m, k)
        W.
    bias : Parameter, shape (m,)
        b.

    Raises
    ------
    ValueError
        If a width is not positive and finite, or shapes do not fit.

    References
    ----------
    D. S. Broomhead, D. Lowe: Multivariable functional interpolation and adaptive networks, Complex Systems 2
    (1988). J. Moody, C. J. Darken: Fast learning in networks of locally-tuned processing units, Neural
    Computation 1 (1989).

    Examples
    --------
    >>> import numpy as np
    >>> net = RBFNetwork(centres=[[0.0], [2.0]], widths=1.0, outputs=3)
    >>> net
    RBFNetwork(1, 2 kernels, 3)
    >>> net.features(np.array([[0.0], [1.0]], "float32"))
    tensor([[1.    , 0.1353],
            [0.6065, 0.6065]])
    >>> [name for name, _ in net.named_parameters()]
    ['weight', 'bias']
    >>> [name for name, _ in net.unfreeze().named_parameters()]
    ['centres', 'log_widths', 'weight', 'bias']
    """

    def __init__(self, centres: Any, widths: Any, outputs: int = 1, trainable: bool = False) -> None:
        mu = checked_points("RBFNetwork", centres, "centres").copy()
        sigma = asarray(raw(widths), mu.dtype, device_of(mu))
        if sigma.shape not in ((), (1,), mu.shape[:1]):
            raise ValueError(f"RBFNetwork: {len(mu)} centres need one width or {len(mu)}, not shape {sigma.shape}")
        if not bool(((sigma > 0) & np.isfinite(sigma)).all()):
            raise ValueError(
                f"RBFNetwork: widths must be positive and finite, the least is {float(sigma.min())}; 0 comes from"
                " centres that coincide"
            )
        if outputs < 1:
            raise ValueError(f"RBFNetwork: outputs must be at least 1, not {outputs}")
        kind = Parameter if trainable else Buffer
        self.centres = kind(mu)
        self.log_widths = kind(np.log(sigma) + np.zeros_like(mu[:, 0]))
        self.weight = Parameter(np.zeros_like(mu, shape=(outputs, len(mu))))
        self.bias = Parameter(np.zeros_like(mu, shape=(outputs,)))

    @property
    def widths(self) -> Tensor:
        """σ = exp(log σ), shape (k,)."""
        return ops.exp(self.log_widths)

    def features(self, x: Any) -> Any:
        """Return φ(x), shape (..., k), for `x` of shape (..., d); another d raises ValueError."""
        if np.shape(raw(x))[-1:] != self.centres.shape[1:]:
            raise ValueError(
                f"RBFNetwork: the centres have {self.centres.shape[1]} features, so inputs must have shape"
                f" (..., {self.centres.shape[1]}), not {tuple(np.shape(raw(x)))}"
            )
        return ops.exp(-squared_distances(x, self.centres) / (2 * self.widths**2))

    def forward(self, x: Any) -> Any:
        """Map `x`, shape (..., d), to ŷ, shape (..., m)."""
        return self.read_out(self.features(x))

    def read_out(self, phi: Any) -> Any:
        """Return W φ + b, shape (..., m), for features `phi` of shape (..., k)."""
        return ops.linear(phi, self.weight, self.bias)

    def unfreeze(self) -> RBFNetwork:
        """Make the centres and widths parameters, to be trained like the rest; return this network.

        Make the optimizer afterwards: it trains what `Module.parameters` tells it then.
        """
        if isinstance(self.centres, Buffer):
            self.centres, self.log_widths = Parameter(self.centres.data), Parameter(self.log_widths.data)
        return self

    def extra_repr(self) -> str:
        """Return the numbers of inputs, kernels and outputs."""
        k, d = self.centres.shape
        return f"{d}, {k} kernels, {len(self.bias)}"
