"""What happens to data between its file and the model: scaling of inputs, coding of labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import Array, asarray, default_dtype, namespace

__all__ = ["MinMax", "Standardize", "as_arrays", "common_length", "one_hot"]


def common_length(arrays: tuple[Array, ...]) -> int:
    """Return the number of samples N that all `arrays` share along their first axis, or say who differs."""
    shapes = [tuple(array.shape) for array in arrays]
    if not shapes or not all(shapes) or len({shape[0] for shape in shapes}) != 1:
        raise ValueError(f"expected arrays with one entry per sample along the first axis, got shapes {shapes}")
    return shapes[0][0]


def as_arrays(data: Any, who: str) -> tuple[Array, ...]:
    """Return the arrays of a dataset, or of a tuple of them, whose row i belongs to sample i; `who` asks."""
    arrays = data.arrays(flat=False) if hasattr(data, "arrays") else data
    if not isinstance(arrays, (tuple, list)):
        raise TypeError(
            f"{who} needs a dataset or a tuple of arrays, got {type(data).__name__};"
            f" write (X, y) for inputs and targets, (X,) for inputs alone"
        )
    return tuple(asarray(raw(array)) for array in arrays)


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


class _Affine:
    """z = (x − shift) / scale, feature by feature, with both taken from the training set."""

    shift: Array
    scale: Array

    def _floats(self, X: Any) -> Array:
        X = asarray(X)
        if X.dtype.kind != "f" or not common_length((X,)):
            name = type(self).__name__
            raise ValueError(f"{name} needs floats with at least one sample, got {X.dtype} of shape {X.shape}")
        return X

    def _checked(self, X: Any) -> Array:
        X = asarray(X)
        if X.shape[1:] != self.shift.shape[1:]:
            name = type(self).__name__
            raise ValueError(f"{name} was fitted on (N, {self.shift.shape[1:]}) inputs, got {tuple(X.shape)}")
        return X

    def __call__(self, X: Any) -> Array:
        """Return `X` in the new units."""
        return (self._checked(X) - self.shift) / self.scale

    def inverse(self, Z: Any) -> Array:
        """Return `Z`, which is in the new units, in the inputs' own units again."""
        return self._checked(Z) * self.scale + self.shift


class Standardize(_Affine):
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
        X = self._floats(X)
        # In double precision: along the first axis NumPy adds row to row, and 60,000 float32 rows drift.
        mean = X.mean(axis=0, keepdims=True, dtype=np.float64)
        std = X.std(axis=0, keepdims=True, dtype=np.float64)
        self.mean = self.shift = mean.astype(X.dtype)
        self.std = self.scale = np.where(std > eps, std, 1.0).astype(X.dtype)


class MinMax(_Affine):
    """Scale to an interval: z = low + (high − low)·(x − min)/(max − min), with the *training* set's min and max.

    Test data may lie outside the interval: that is what it shows of itself.

    Parameters
    ----------
    X : array, shape (N, …)
        The training inputs.
    low, high : float
        Where each feature's smallest and largest training value go.

    Attributes
    ----------
    min, max : array, shape (1, …)
        Of each feature of X. A constant feature goes to `low`.

    Raises
    ------
    ValueError
        If X has no samples, low is not below high, or later inputs have another shape.

    Examples
    --------
    >>> X = np.array([[0.0, 5.0], [4.0, 5.0]])
    >>> scale = MinMax(X)
    >>> scale(X)
    array([[0., 0.],
           [1., 0.]])
    >>> scale.inverse(scale(X))
    array([[0., 5.],
           [4., 5.]])
    """

    def __init__(self, X: Any, low: float = 0.0, high: float = 1.0) -> None:
        X = self._floats(X)
        if not low < high:
            raise ValueError(f"MinMax needs low < high, got {low} and {high}")
        self.min, self.max = X.min(axis=0, keepdims=True), X.max(axis=0, keepdims=True)
        width = np.where(self.max > self.min, self.max - self.min, 1.0)
        self.scale = (width / (high - low)).astype(X.dtype)
        self.shift = self.min - low * self.scale
