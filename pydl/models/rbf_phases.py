"""Training an RBF network in two phases, bumps before weights, or in three: then all at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pydl import ops
from pydl.autodiff import no_grad, raw
from pydl.backend import Array, asarray, device_of, to_device, to_numpy
from pydl.func import hvp
from pydl.models._points import checked_points, checked_points_on_host
from pydl.models.rbf import RBFNetwork
from pydl.models.rbf_centres import Rng, choose_widths, place_centres
from pydl.nn import Parameter, functional_call
from pydl.optim import SGD
from pydl.random import default_rng

__all__ = ["objective", "third_phase", "three_phase", "two_phase"]

MOMENTUM = 0.9
"""Of gradient descent in both phases that need it."""


def _half_squared_error(y: Any, t: Any) -> Any:
    return ops.mse_loss(y, t, reduction="sum") / 2


def _cross_entropy(y: Any, t: Any) -> Any:
    return ops.cross_entropy(y, t, reduction="sum")


_LOSSES = {"l2": _half_squared_error, "cross-entropy": _cross_entropy}


def objective(y: Any, Y: Any, weight: Any, loss: str = "l2", ridge: float = 0.0) -> Any:
    r"""Compute what all phases after the first one minimize.

    .. math::

        J = \frac{1}{n} \left( \sum_{i=1}^{n} L_i + \frac{\alpha}{2} \lVert W \rVert^2 \right), \qquad
        L_i = \tfrac12 \lVert y_i - \hat y_i \rVert^2 \quad\text{or}\quad -\log \mathrm{softmax}(\hat y_i)_{y_i}

    The bias is not penalized. (Up to factors, for L2 this is scikit-learn's `Ridge`.)

    Parameters
    ----------
    y : array or Tensor, shape (n, m)
        The network's outputs ŷ.
    Y : array or Tensor, shape (n, m), or (n,) of int
        Targets, or labels for the cross entropy.
    weight : array or Tensor, shape (m, k)
        W.
    loss : {"l2", "cross-entropy"}
        L.
    ridge : float
        α.

    Returns
    -------
    array or Tensor
        A scalar.

    Raises
    ------
    ValueError
        If the loss is unknown, α is negative, or shapes differ.
    """
    _check_options("objective", loss, ridge)
    return (_LOSSES[loss](y, Y) + ridge / 2 * ops.sum(weight**2)) / len(y)


def _check_options(who: str, loss: str, ridge: float) -> None:
    if loss not in _LOSSES:
        raise ValueError(f"{who}: loss must be one of {sorted(_LOSSES)}, not {loss!r}")
    if not 0 <= ridge < np.inf:
        raise ValueError(f"{who}: ridge must be a finite number >= 0, not {ridge}")


def _checked(who: str, X: Any, Y: Any, loss: str, ridge: float) -> tuple[Array, Array, int]:
    """Return inputs, targets beside them, and how many outputs they ask for; say what does not fit."""
    _check_options(who, loss, ridge)
    X, Y = checked_points(who, X), asarray(raw(Y))
    if Y.shape[:1] != X.shape[:1]:
        raise ValueError(f"{who}: X has {len(X)} samples, but Y has shape {tuple(Y.shape)}")
    if loss == "l2":
        Y = checked_points(who, Y, "Y").astype(X.dtype)
        outputs = Y.shape[1]
    elif Y.dtype.kind not in "iu" or Y.ndim != 1 or int(Y.min()) < 0:
        raise ValueError(f"{who}: cross entropy needs labels 0, 1, …, one integer a sample, as Y; not {Y!r:.60}")
    else:
        outputs = int(Y.max()) + 1
    return X, to_device(Y, device_of(X)), outputs


def _descend(parameters: Sequence[Parameter], J: Callable[[], Any], lr: float, steps: int) -> np.ndarray:
    """Descend on all samples at once; return J before each step, and after the last."""
    optimizer = SGD(parameters, lr=lr, momentum=MOMENTUM)
    values = []
    for _ in range(steps):
        optimizer.zero_grad()
        j = J()
        j.backward()
        optimizer.step()
        values.append(j.data)
    with no_grad():
        values.append(J().data)
    return np.array([float(j) for j in values])


def _solve(phi: Array, Y: Array, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the W and b of least J for L2, in float64 on the host.

    The best b passes through the means, whatever W is; so W fits what deviates from them. The penalty joins the
    system as k more equations √α·W = 0: unlike ΦᵀΦ + αI, that does not square the system's condition.
    """
    phi, Y = to_numpy(phi).astype(np.float64), to_numpy(Y).astype(np.float64)
    phi0, Y0, k = phi.mean(axis=0), Y.mean(axis=0), phi.shape[1]
    equations = np.concatenate([phi - phi0, np.sqrt(ridge) * np.eye(k)])
    targets = np.concatenate([Y - Y0, np.zeros((k, Y.shape[1]))])
    W = np.linalg.lstsq(equations, targets, rcond=None)[0].T
    return W, Y0 - W @ phi0


def two_phase(
    X: Any,
    Y: Any,
    kernels: Any,
    method: str = "k-means",
    *,
    widths: Any = None,
    loss: str = "l2",
    ridge: float = 0.0,
    steps: int = 1000,
    rng: Rng = None,
) -> RBFNetwork:
    """Train an RBF network in two phases: first centres and widths from X alone, then W and b.

    The second phase is convex. For L2 its minimum is computed at once, by least squares. For the cross entropy
    it is approached by gradient descent with momentum 0.9 from W = 0, b = 0. The step is ε = 1/Λ, where
    Λ = (½ ‖(Φ, 1)‖₂² + α)/n bounds the Hessian's eigenvalues everywhere (Böhning 1992).

    Parameters
    ----------
    X : array or Tensor, shape (n, d)
        Inputs; the network gets their floating type and device.
    Y : array or Tensor, shape (n, m), or (n,) of int
        Targets; for the cross entropy labels 0, 1, …, the largest of which decides the number m of outputs.
    kernels : int or array, shape (k, d)
        How many centres `place_centres` shall place; or the centres.
    method : {"k-means", "growing-neural-gas", "random", "grid"}
        How they are placed.
    widths : float or array, shape (k,), optional
        σ; what `choose_widths` says if not given.
    loss : {"l2", "cross-entropy"}
        What is minimized.
    ridge : float
        The penalty α ≥ 0 on W: see `objective`.
    steps : int
        Of gradient descent; least squares needs none.
    rng : int, numpy.random.Generator or None
        Where centres are drawn from; see `pydl.random.default_rng`.

    Returns
    -------
    RBFNetwork
        With centres and widths as buffers: fixed.

    Raises
    ------
    ValueError
        If shapes, labels or options do not fit.

    References
    ----------
    D. Böhning: Multinomial logistic regression algorithm, Annals of the Institute of Statistical Mathematics 44
    (1992).

    Examples
    --------
    >>> from pydl import data
    >>> X, y = data.noisy_sine(30, noise=0.1, rng=0)
    >>> net = two_phase(X, y, 8, rng=0)
    >>> float(((net(X) - y) ** 2).mean()) < 0.01
    True
    """
    X, Y, outputs = _checked("two_phase", X, Y, loss, ridge)
    mu = place_centres(X, int(kernels), method, rng) if np.ndim(raw(kernels)) == 0 else kernels
    mu = checked_points_on_host("two_phase", mu, "kernels", features=X.shape[1])
    sigma = choose_widths(mu) if widths is None else widths
    net = RBFNetwork(mu.astype(X.dtype), sigma, outputs)
    net.to(device_of(X))
    phi = raw(net.features(X))
    if loss == "l2":
        W, b = _solve(phi, Y, ridge)
        net.weight.copy_(W)
        net.bias.copy_(b)
    else:
        largest = np.linalg.norm(np.append(to_numpy(phi), np.ones((len(phi), 1)), axis=1), 2)
        lr = len(phi) / float(largest**2 / 2 + ridge)
        _descend(net.parameters(), lambda: objective(net.read_out(phi), Y, net.weight, loss, ridge), lr, steps)
    return net


def _largest_curvature(J: Callable[[Any], Any], theta: dict[str, Array]) -> float:
    """Estimate the largest eigenvalue of ∇²J at θ by the power method: v ← ∇²J v / ‖∇²J v‖."""
    draw = default_rng(0)
    v = {name: to_device(draw.standard_normal(x.shape).astype(x.dtype), device_of(x)) for name, x in theta.items()}
    length = 1.0
    for _ in range(20):
        v = {name: x / length for name, x in v.items()}
        v = hvp(J, (theta,), (v,))
        length = float(sum(float((x * x).sum()) for x in v.values())) ** 0.5
    return length


def third_phase(
    net: RBFNetwork,
    X: Any,
    Y: Any,
    *,
    loss: str = "l2",
    ridge: float = 0.0,
    lr: float | None = None,
    steps: int = 1000,
) -> np.ndarray:
    """Train everything at once, by gradient descent with momentum 0.9: μ, σ, W and b.

    This is no convex problem any more: the end depends on the start, so the first two phases matter. The step is
    ε = 1/Λ, Λ the largest eigenvalue of the Hessian at the start, unless you choose another. For minibatches,
    validation or other optimizers call ``net.unfreeze()`` and `pydl.fit`.

    Parameters
    ----------
    net : RBFNetwork
        What to go on with, in place; it is unfrozen.
    X : array or Tensor, shape (n, d)
        Inputs.
    Y : array or Tensor, shape (n, m), or (n,) of int
        Targets or labels.
    loss : {"l2", "cross-entropy"}
        What is minimized.
    ridge : float
        The penalty α on W: see `objective`.
    lr : float, optional
        ε.
    steps : int
        How many; each looks at all samples.

    Returns
    -------
    numpy.ndarray, shape (steps + 1,)
        `objective` before each step, and after the last.

    Raises
    ------
    ValueError
        If shapes, labels or options do not fit.

    Warns
    -----
    RuntimeWarning
        If the objective is higher at the end than at the start, or not finite.
    """
    X, Y, _ = _checked("third_phase", X, Y, loss, ridge)
    net.unfreeze()

    def J(theta: dict[str, Any]) -> Any:
        return objective(functional_call(net, theta, X), Y, theta["weight"], loss, ridge)

    theta = dict(net.named_parameters())
    if lr is None:
        lr = 1 / _largest_curvature(J, {name: p.data for name, p in theta.items()})
    values = _descend(net.parameters(), lambda: J(theta), lr, steps)
    if not values[-1] <= values[0]:
        warnings.warn(
            f"third_phase: the objective rose from {values[0]:.4g} to {values[-1]:.4g}:"
            f" take a smaller lr than {lr:.3g}",
            RuntimeWarning,
            stacklevel=2,
        )
    return values


def three_phase(
    X: Any,
    Y: Any,
    kernels: Any,
    method: str = "k-means",
    *,
    loss: str = "l2",
    ridge: float = 0.0,
    lr: float | None = None,
    steps: int = 1000,
    **phases: Any,
) -> RBFNetwork:
    """Train an RBF network in three phases: `two_phase`, then `third_phase`.

    Parameters
    ----------
    X : array or Tensor, shape (n, d)
        Inputs.
    Y : array or Tensor, shape (n, m), or (n,) of int
        Targets or labels.
    kernels : int or array, shape (k, d)
        How many centres to place; or the centres.
    method : {"k-means", "growing-neural-gas", "random", "grid"}
        How they are placed.
    loss : {"l2", "cross-entropy"}
        What is minimized.
    ridge : float
        The penalty α on W, in both phases that minimize.
    lr : float, optional
        The third phase's ε.
    steps : int
        How many the third phase takes.
    **phases
        ``widths`` and ``rng`` for `two_phase`.

    Returns
    -------
    RBFNetwork
        With centres and widths as parameters.

    Examples
    --------
    >>> from pydl import data
    >>> X, y = data.moons(100, rng=0)
    >>> two, three = (train(X, y, 4, loss="cross-entropy", rng=0) for train in (two_phase, three_phase))
    >>> def J(net):
    ...     return float(objective(net(X), y, net.weight, "cross-entropy"))
    >>> J(three) < 0.1 * J(two)
    True
    """
    net = two_phase(X, Y, kernels, method, loss=loss, ridge=ridge, **phases)
    third_phase(net, X, Y, loss=loss, ridge=ridge, lr=lr, steps=steps)
    return net
