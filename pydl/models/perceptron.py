"""The perceptron: a line that moves whenever it errs."""

from __future__ import annotations

from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import to_numpy
from pydl.models._points import checked_points_on_host
from pydl.random import default_rng

__all__ = ["Perceptron", "margin", "novikoff_bound"]


def _signs(who: str, y: Any, n: int) -> np.ndarray:
    """Return t = 2y − 1 ∈ {−1, 1} for labels y ∈ {0, 1}."""
    labels = to_numpy(raw(y))
    if labels.shape != (n,):
        raise ValueError(f"{who}: {n} points need labels of shape ({n},), not {labels.shape}")
    if strange := sorted(set(labels.tolist()) - {0, 1})[:3]:
        hint = "; for labels in {−1, 1} pass (t + 1) // 2" if set(labels.tolist()) <= {-1, 1} else ""
        raise ValueError(f"{who}: labels must be 0 or 1, but there are {strange}{hint}")
    return 2.0 * labels - 1


class Perceptron:
    r"""Rosenblatt's perceptron: ŷ = [wᵀx + b > 0], corrected by every sample on the wrong side.

    For each sample in turn, with t = 2y − 1:

    .. math::

        \text{if } t\,(w^\top x + b) \le 0: \qquad
        w \leftarrow w + \varepsilon\,t\,x, \qquad b \leftarrow b + \varepsilon\,t

    It starts from w = 0, b = 0. From there ε scales w and b and changes no decision. The samples are visited
    one after another, on the host, in float64.

    Parameters
    ----------
    features : int
        Length of x.
    lr : float
        ε > 0.

    Attributes
    ----------
    weight : numpy.ndarray, shape (features,)
        w.
    bias : float
        b.
    updates : int
        Corrections so far. On separable data there are never more than `novikoff_bound`.

    Raises
    ------
    ValueError
        If `features` is below 1 or `lr` not positive.

    References
    ----------
    F. Rosenblatt: The perceptron: a probabilistic model for information storage and organization in the brain,
    Psychological Review 65 (1958).

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 0, 0, 1])
    >>> line = Perceptron(2)
    >>> line.fit(X, y)
    array([2, 3, 3, 2, 2, 3, 2, 1, 0])
    >>> line.weight, line.bias, line.predict(X)
    (array([3., 2.]), -4.0, array([0, 0, 0, 1]))
    """

    def __init__(self, features: int, lr: float = 1.0) -> None:
        if features < 1:
            raise ValueError(f"Perceptron: features must be at least 1, not {features}")
        if not 0 < lr < np.inf:
            raise ValueError(f"Perceptron: lr must be positive and finite, not {lr}")
        self.lr, self.weight, self.bias, self.updates = lr, np.zeros(features), 0.0, 0

    def correct(self, x: np.ndarray, t: float) -> bool:
        """Apply the rule to one sample `x` with target `t` ∈ {−1, 1}; return whether it was a mistake."""
        mistaken = t * (self.weight.dot(x) + self.bias) <= 0
        if mistaken:
            self.weight += self.lr * t * x
            self.bias += self.lr * float(t)
            self.updates += 1
        return bool(mistaken)

    def fit(
        self,
        X: Any,
        y: Any,
        epochs: int = 1000,
        shuffle: bool = False,
        rng: int | np.random.Generator | None = None,
    ) -> np.ndarray:
        """Go through the samples again and again, from the present w and b, until an epoch has no mistake.

        Parameters
        ----------
        X : array or Tensor, shape (n, features)
            Inputs.
        y : array or Tensor, shape (n,)
            Labels, 0 or 1.
        epochs : int
            At most so many passes. Data that no line separates use them all, and the last w is then no better
            than others before it.
        shuffle : bool
            Whether each pass has a new random order.
        rng : int, numpy.random.Generator or None
            Where the orders are drawn from; see `pydl.random.default_rng`.

        Returns
        -------
        numpy.ndarray of int
            Mistakes in each epoch. The last is 0 if and only if w and b now separate the data.

        Raises
        ------
        ValueError
            If shapes do not fit, X is not finite, a label is neither 0 nor 1, or `epochs` is negative.
        """
        X = checked_points_on_host("Perceptron.fit", X, features=len(self.weight))
        t = _signs("Perceptron.fit", y, len(X))
        if epochs < 0:
            raise ValueError(f"Perceptron.fit: epochs must be >= 0, not {epochs}")
        draw = default_rng(rng)
        mistakes: list[int] = []
        while len(mistakes) < epochs and 0 not in mistakes:
            order = draw.permutation(len(X)) if shuffle else range(len(X))
            mistakes.append(sum(self.correct(X[i], t[i]) for i in order))
        return np.array(mistakes, dtype=np.int64)

    def scores(self, X: Any) -> np.ndarray:
        """Return wᵀx + b for each row of `X`, shape (n,)."""
        return checked_points_on_host("Perceptron", X, features=len(self.weight)) @ self.weight + self.bias

    def predict(self, X: Any) -> np.ndarray:
        """Return the label [wᵀx + b > 0] of each row of `X`: int64 of shape (n,)."""
        return (self.scores(X) > 0).astype(np.int64)

    def __repr__(self) -> str:
        return f"Perceptron({len(self.weight)}, lr={self.lr}): {self.updates} updates"


def margin(X: Any, y: Any, weight: Any, bias: float = 0.0) -> float:
    """Margin of a line with the 1-extension: γ = minᵢ tᵢ (wᵀxᵢ + b) / ‖(w, b)‖, where t = 2y − 1.

    The bias counts as a weight of the extended input x̃ = (x, 1), so γ is a distance in the extended space: the
    least one of a point x̃ᵢ from the hyperplane through 0, and negative if a point is on the wrong side. It is
    smaller than the distance in the plane, which has ‖w‖ in the denominator.

    Parameters
    ----------
    X : array or Tensor, shape (n, d)
        Inputs.
    y : array or Tensor, shape (n,)
        Labels, 0 or 1.
    weight : array or Tensor, shape (d,)
        The normal w.
    bias : float
        The bias b.

    Returns
    -------
    float
        γ, in the units of x̃.

    Raises
    ------
    ValueError
        If shapes do not fit, X is not finite, a label is neither 0 nor 1, or w and b are all 0.

    Examples
    --------
    >>> round(margin([[-1.0], [3.0]], [0, 1], weight=[1.0]), 12)
    1.0
    """
    w = np.append(to_numpy(raw(weight)) if hasattr(weight, "dtype") else np.asarray(weight, np.float64), float(bias))
    extended = _extended("margin", X, len(w) - 1)
    if not (norm := np.linalg.norm(w)) > 0:
        raise ValueError("margin: w = 0 and b = 0 are no line")
    return float(np.min(_signs("margin", y, len(extended)) * (extended @ w)) / norm)


def _extended(who: str, X: Any, features: int) -> np.ndarray:
    X = checked_points_on_host(who, X, features=features)
    return np.column_stack([X, np.ones(len(X))])


def novikoff_bound(X: Any, y: Any, weight: Any, bias: float = 0.0) -> float:
    """Bound the perceptron's updates: at most (R/γ)², in any order of the samples, for any ε.

    R = maxᵢ ‖x̃ᵢ‖ with the extended inputs x̃ = (x, 1), and γ is the `margin` of the given line, which must
    separate the data. The bound holds for a perceptron that starts from 0. Any separating line gives a bound,
    and the one of the largest margin the best.

    Parameters
    ----------
    X : array or Tensor, shape (n, d)
        Inputs.
    y : array or Tensor, shape (n,)
        Labels, 0 or 1.
    weight : array or Tensor, shape (d,)
        The normal w* of a separating line.
    bias : float
        Its bias b*.

    Returns
    -------
    float
        (R/γ)².

    Raises
    ------
    ValueError
        If the line does not separate the data, or the arguments do not fit.

    References
    ----------
    A. B. J. Novikoff: On convergence proofs for perceptrons, Symposium on the Mathematical Theory of Automata,
    Polytechnic Institute of Brooklyn (1962).

    Examples
    --------
    >>> round(novikoff_bound([[-1.0], [3.0]], [0, 1], weight=[1.0]), 12)
    10.0
    """
    gamma = margin(X, y, weight, bias)
    if gamma <= 0:
        raise ValueError(
            f"novikoff_bound: this line does not separate the data (its margin is {gamma:.3g}): give one that does,"
            " such as the w and b at which Perceptron.fit ended with 0 mistakes"
        )
    R = np.linalg.norm(_extended("novikoff_bound", X, np.size(to_numpy(raw(weight)))), axis=1).max()
    return float((R / gamma) ** 2)
