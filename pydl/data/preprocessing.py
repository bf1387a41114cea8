"""What happens to data between its file and the model: splitting, standardizing, coding of labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.backend import Array, asarray, default_dtype, device_of, namespace, to_device
from pydl.random import default_rng

__all__ = ["Standardize", "common_length", "one_hot", "train_test_split"]


def common_length(arrays: tuple[Array, ...]) -> int:
    """Return the number of samples N that all `arrays` share along their first axis, or say who differs."""
    shapes = [tuple(array.shape) for array in arrays]
    if not shapes or not all(shapes) or len({shape[0] for shape in shapes}) != 1:
        raise ValueError(f"expected arrays with one entry per sample along the first axis, got shapes {shapes}")
    return shapes[0][0]


def train_test_split(
    *arrays: Any, fraction: float = 0.2, rng: int | np.random.Generator | None = None
) -> tuple[Array, ...]:
    """Divide samples at random into a training and a test part, all arrays alike.

    Parameters
    ----------
    *arrays : array, each of shape (N, …)
        Inputs, targets, …: row i of each belongs to sample i.
    fraction : float
        The share of the test part, between 0 and 1; it gets round(fraction·N) samples.
    rng : int, numpy.random.Generator or None
        Where the division is drawn from; see `pydl.random.default_rng`.

    Returns
    -------
    tuple of array
        ``X_train, X_test, y_train, y_test, …``, as scikit-learn gives them.

    Raises
    ------
    ValueError
        If the lengths differ, or one part would be empty.

    Examples
    --------
    >>> X, y = np.ones((150, 4)), np.arange(150)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, fraction=0.2, rng=0)
    >>> X_train.shape, y_test.shape
    ((120, 4), (30,))
    """
    known = tuple(asarray(array) for array in arrays)
    n = common_length(known)
    held_out = round(fraction * n) if 0 < fraction < 1 else 0
    if not 0 < held_out < n:
        raise ValueError(
            f"fraction={fraction} of {n} samples would leave the training or the test part empty:"
            f" expected a fraction between 0 and 1 that gives each at least one sample"
        )
    order = default_rng(rng).permutation(n)
    parts = []
    for array in known:
        rows = to_device(order, device_of(array))
        parts += [array[rows[held_out:]], array[rows[:held_out]]]
    return tuple(parts)


def one_hot(labels: Any, classes: int | None = None) -> Array:
    """Return the unit vectors yᵢ ∈ {0, 1}ᵏ with yᵢⱼ = 1 exactly where j is the label of sample i.

    Parameters
    ----------
    labels : array of int, shape (N,)
        Labels from 0 to k − 1.
    classes : int, optional
        The number k of classes; the largest label + 1 unless given.

    Returns
    -------
    array, shape (N, k)
        In the default dtype, on the labels' device.

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If they are not a vector, or one lies outside 0 to k − 1.

    Examples
    --------
    >>> one_hot([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"one_hot: labels must be integers, got dtype {labels.dtype}")
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"one_hot: labels must have shape (N,) with N > 0, got {tuple(labels.shape)}")
    low, high = int(labels.min()), int(labels.max())
    k = high + 1 if classes is None else classes
    if not 0 <= low <= high < k:
        raise ValueError(f"one_hot: labels from {low} to {high}, expected 0 to {k - 1} for {k} classes")
    return (labels[:, None] == namespace(labels).arange(k)).astype(default_dtype())


class Standardize:
    """Standardize: z = (x − μ) / σ, with the mean μ and standard deviation σ of each feature of the *training* set.

    Test data must be scaled by the training set's μ and σ: its own would tell the model something about the
    test set. So the statistics are fixed on construction and `__call__` only applies them.

    Parameters
    ----------
    X : array, shape (N, …)
        The training inputs.
    eps : float
        A feature with σ ≤ eps is constant (the corner pixels of MNIST): it is centred, not divided.

    Attributes
    ----------
    mean, std : array, shape (1, …)
        μ and σ (divided by N, not N − 1), in X's dtype; σ is 1 for constant features.

    Raises
    ------
    ValueError
        If X has no samples, or later inputs have another shape.

    Examples
    --------
    >>> X = np.array([[0.0, 5.0], [4.0, 5.0]])
    >>> scale = Standardize(X)
    >>> scale(X)
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> scale.inverse(scale(X))
    array([[0., 5.],
           [4., 5.]])
    """

    def __init__(self, X: Any, eps: float = 1e-8) -> None:
        X = asarray(X)
        if X.dtype.kind != "f" or not common_length((X,)):
            raise ValueError(f"Standardize needs floats with at least one sample, got {X.dtype} of shape {X.shape}")
        # In double precision: along the first axis NumPy adds row to row, and 60,000 float32 rows drift.
        mean = X.mean(axis=0, keepdims=True, dtype=np.float64)
        std = X.std(axis=0, keepdims=True, dtype=np.float64)
        self.mean = mean.astype(X.dtype)
        self.std = np.where(std > eps, std, 1.0).astype(X.dtype)

    def _checked(self, X: Any) -> Array:
        X = asarray(X)
        if X.shape[1:] != self.mean.shape[1:]:
            raise ValueError(f"Standardize was fitted on (N, {self.mean.shape[1:]}) inputs, got {tuple(X.shape)}")
        return X

    def __call__(self, X: Any) -> Array:
        """Return (X − μ) / σ."""
        return (self._checked(X) - self.mean) / self.std

    def inverse(self, Z: Any) -> Array:
        """Return σ·`Z` + μ, the inputs in their own units again."""
        return self._checked(Z) * self.std + self.mean
