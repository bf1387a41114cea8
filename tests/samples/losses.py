"""Samples of softmax and its kin, and of the losses."""

import numpy as np

from .entry import entry, of
from .inputs import COLUMN, CUBE, EMPTY, VECTOR, X, Y, inside, normal

LARGE = np.array([[1000.0, 0.0, -1000.0], [1e30, -1e30, 0.0], [1e30, 1e30, 1e30], [-1e30, -1e30, -1000.0]])


def probabilities(x, axis=-1):
    """Return the softmax, by pairwise differences: 1 / Σⱼ e^(xⱼ − xᵢ)."""
    x = np.moveaxis(x, axis, -1)
    with np.errstate(over="ignore"):
        return np.moveaxis(1 / np.exp(x[..., None, :] - x[..., :, None]).sum(-1), -1, axis)


def log_probabilities(x, axis=-1):
    """Return the log-softmax, by pairwise differences: −log Σⱼ e^(xⱼ − xᵢ)."""
    x = np.moveaxis(x, axis, -1)
    return np.moveaxis(-np.logaddexp.reduce(x[..., None, :] - x[..., :, None], -1), -1, axis)


def log_sum(x, axis, keepdims=False):
    """Return the log-sum-exp, one pair after the other."""
    for a in sorted(np.atleast_1d(axis) % x.ndim):
        x = np.logaddexp.reduce(x, a, keepdims=True)
    return x if keepdims else x.squeeze(axis)


entry("logsumexp", log_sum, of(X, 1), of(X.T, 0), of(CUBE, (0, 2)), of(CUBE, -1, keepdims=True), of(COLUMN, 1),
      of(LARGE, 1, smooth=False), of(np.array([[-np.inf, 0.0, 1.0]]), 1, smooth=False))  # fmt: skip
SCORES = (of(X), of(X, 0), of(CUBE, 1), of(CUBE, axis=-1), of(COLUMN), of(VECTOR), of(EMPTY), of(LARGE, smooth=False))
entry("softmax", probabilities, *SCORES)
entry("log_softmax", log_probabilities, *SCORES)

REDUCE = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}
REDUCTIONS = ({}, {"reduction": "mean"}, {"reduction": "sum"}, {"reduction": "none"})
TARGET = np.abs(inside(2, 3))
entry("mse_loss", lambda x, t, reduction="mean": REDUCE[reduction]((x - t) ** 2),
      *[of(*args, **r) for args in ((X, Y), (VECTOR, VECTOR + 1)) for r in REDUCTIONS], of(X.T, Y.T),
      of(EMPTY, EMPTY + 1, reduction="sum"))  # fmt: skip


def binary_cross_entropy(z, t, reduction="mean"):
    """Return −t log σ(z) − (1 − t) log σ(−z)."""
    return REDUCE[reduction](t * np.logaddexp(0, -z) + (1 - t) * np.logaddexp(0, z))


entry("binary_cross_entropy_with_logits", binary_cross_entropy,
      *[of(X, TARGET, **r) for r in REDUCTIONS], of(X, (X > 0).astype(int)), of(EMPTY, EMPTY, reduction="sum"),
      *[of(np.array([-1000.0, 1000.0, -1000.0, 1000.0, 0.0]), np.array([0.0, 0.0, 1.0, 1.0, 0.5]), smooth=False, **r)
        for r in REDUCTIONS])  # fmt: skip
Z, LABELS = normal(4, 3), np.array([2, 0, 0, 1])
SHARES = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.4, 0.3, 0.3]])


def negative_log(logp, target, reduction="mean"):
    """Return −log p of the labels, row by row."""
    return REDUCE[reduction](np.array([-row[label] for row, label in zip(logp, target, strict=True)]))


def cross_entropy(z, target, reduction="mean"):
    """Return the cross entropy of labels, or of probabilities."""
    if target.ndim == 2:
        return REDUCE[reduction](-np.einsum("ij,ij->i", target, log_probabilities(z)))
    return negative_log(log_probabilities(z), target, reduction)


BEYOND = of(LARGE, np.array([0, 0, 1, 2]), reduction="none", smooth=False)
entry("cross_entropy", cross_entropy, *[of(Z, t, **r) for t in (LABELS, SHARES) for r in REDUCTIONS],
      of(Z, LABELS.astype("uint8")), of(Z, LABELS.astype("int32")), of(Z[:1], LABELS[:1]),
      of(np.asfortranarray(Z), LABELS), BEYOND, of(EMPTY, np.zeros(0, int), reduction="sum"))  # fmt: skip
entry("nll_loss", negative_log, *[of(Z, LABELS, **r) for r in REDUCTIONS], of(Z[:1], LABELS[:1]))
