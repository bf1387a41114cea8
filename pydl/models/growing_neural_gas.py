"""Growing Neural Gas: a graph that grows to the shape of a distribution (Fritzke 1995)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pydl.models._points import checked_points_on_host, squared_distances
from pydl.random import default_rng

__all__ = ["GrowingNeuralGas"]

_NO_EDGE = -1


class GrowingNeuralGas:
    r"""Growing Neural Gas: nodes that follow signals, edges between nodes that win together.

    The algorithm, by the numbers of section 2 of the paper, for one signal ξ:

    0. Start with two nodes at given positions, without an edge.
    1. Draw a signal ξ from the distribution.
    2. Find the nearest node s₁ and the second-nearest s₂.
    3. Increment the age of all edges of s₁.
    4. Add the squared distance to the error of s₁: error(s₁) ← error(s₁) + ‖w(s₁) − ξ‖².
    5. Move s₁ and its neighbours n towards ξ: w(s₁) ← w(s₁) + ε_b (ξ − w(s₁)), w(n) ← w(n) + ε_n (ξ − w(n)).
    6. Set the age of the edge between s₁ and s₂ to 0; create the edge if there is none.
    7. Remove edges older than a_max, and then nodes that have no edge left.
    8. If this was signal number λ, 2λ, 3λ, …: insert a node r. Let q be the node of the largest error, f its
       neighbour of the largest error. Then w(r) = ½ (w(q) + w(f)); the edge between q and f is replaced by
       edges between r and both; the errors of q and f are multiplied by α; r gets the new error of q.
    9. Multiply all errors by d.
    10. Go to step 1, unless a criterion to stop is met.

    Nodes and edges are on the host, in float64: one signal is too little work for a GPU.

    Parameters
    ----------
    nodes : array or Tensor, shape (2, d)
        Positions of the first two nodes, e.g. two signals. More are allowed.
    insert_every : int
        λ, signals between two insertions.
    lr_nearest, lr_neighbours : float
        ε_b and ε_n, between 0 and 1.
    error_share : float
        α, between 0 and 1.
    max_age : int
        a_max.
    error_decay : float
        d, between 0 and 1.
    max_nodes : int, optional
        No node is inserted while there are so many; the others go on learning.

    Attributes
    ----------
    signals : int
        How many signals it has seen.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the first nodes are fewer than two or not finite.

    References
    ----------
    B. Fritzke: A growing neural gas network learns topologies, Advances in Neural Information Processing
    Systems 7 (1995), whose parameters are the defaults.

    Examples
    --------
    >>> import numpy as np
    >>> angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    >>> ring = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> gas = GrowingNeuralGas(ring[:2], max_nodes=20)
    >>> gas.fit(ring, steps=4000, rng=0)
    GrowingNeuralGas: 20 nodes and 20 edges after 4000 signals
    """

    def __init__(
        self,
        nodes: Any,
        insert_every: int = 100,
        lr_nearest: float = 0.2,
        lr_neighbours: float = 0.006,
        error_share: float = 0.5,
        max_age: int = 50,
        error_decay: float = 0.995,
        max_nodes: int | None = None,
    ) -> None:
        self._w = checked_points_on_host("GrowingNeuralGas", nodes, "nodes")
        m = len(self._w)
        if m < 2:
            raise ValueError("GrowingNeuralGas starts with two nodes at least: give two positions, one a row")
        if min(insert_every, max_age) < 1:
            raise ValueError(
                f"GrowingNeuralGas: insert_every and max_age must be at least 1, not {insert_every} and {max_age}"
            )
        factors = (lr_nearest, lr_neighbours, error_share, error_decay)
        if not all(0 <= factor <= 1 for factor in factors):
            raise ValueError(
                "GrowingNeuralGas: lr_nearest, lr_neighbours, error_share and error_decay must lie in [0, 1],"
                f" not {factors}"
            )
        if max_nodes is not None and max_nodes < m:
            raise ValueError(f"GrowingNeuralGas: max_nodes={max_nodes} is less than the {m} nodes it starts with")
        self.insert_every, self.max_age, self.max_nodes = insert_every, max_age, max_nodes
        self.lr_nearest, self.lr_neighbours = lr_nearest, lr_neighbours
        self.error_share, self.error_decay = error_share, error_decay
        self.signals = 0
        self._error = np.zeros(m)
        self._age = np.full((m, m), _NO_EDGE)  # symmetric

    # ------------------------------------------------------------ the graph

    @property
    def nodes(self) -> np.ndarray:
        """Positions w of the nodes, shape (m, d): a copy, as are the other three."""
        return self._w.copy()

    @property
    def errors(self) -> np.ndarray:
        """Accumulated errors of the nodes, shape (m,)."""
        return self._error.copy()

    @property
    def edges(self) -> np.ndarray:
        """Pairs (i, j) of connected nodes, i < j, shape (edges, 2)."""
        return np.argwhere(np.triu(self._age > _NO_EDGE))

    @property
    def ages(self) -> np.ndarray:
        """Ages of the edges, in the order of `edges`."""
        return self._age[tuple(self.edges.T)]

    # ------------------------------------------------------------ learning

    def adapt(self, signal: Any) -> None:
        """Learn from one signal: steps 2 to 9.

        Parameters
        ----------
        signal : array, shape (d,)
            ξ.

        Raises
        ------
        ValueError
            If it has another shape, or is not finite.
        """
        signal = np.asarray(signal, np.float64)
        if signal.shape != self._w.shape[1:]:
            raise ValueError(f"GrowingNeuralGas: a signal must have shape {self._w.shape[1:]}, not {signal.shape}")
        w, error, age = self._w, self._error, self._age
        D2 = ((w - signal) ** 2).sum(axis=1)
        if not np.isfinite(D2[0]):
            raise ValueError(f"GrowingNeuralGas: the signal {signal} is not finite")
        self.signals += 1
        s1 = int(D2.argmin())  # step 2
        nearest, D2[s1] = D2[s1], np.inf
        s2 = int(D2.argmin())
        neighbours = np.flatnonzero(age[s1] > _NO_EDGE)
        age[s1, neighbours] += 1  # step 3
        age[neighbours, s1] += 1
        error[s1] += nearest  # step 4
        w[s1] += self.lr_nearest * (signal - w[s1])  # step 5
        w[neighbours] += self.lr_neighbours * (signal - w[neighbours])
        age[s1, s2] = age[s2, s1] = 0  # step 6
        if age[s1].max() > self.max_age:  # step 7
            self._remove_old_edges(s1)
        if self.signals % self.insert_every == 0 and (self.max_nodes is None or len(self._w) < self.max_nodes):
            self._insert()  # step 8
        self._error *= self.error_decay  # step 9

    def _remove_old_edges(self, s1: int) -> None:
        """Step 7: only edges of s₁ have aged, and s₁ keeps its edge with s₂."""
        age = self._age
        old = np.flatnonzero(age[s1] > self.max_age)
        age[s1, old] = age[old, s1] = _NO_EDGE
        alone = old[(age[old] == _NO_EDGE).all(axis=1)]
        if len(alone):
            self._w, self._error = np.delete(self._w, alone, axis=0), np.delete(self._error, alone)
            self._age = np.delete(np.delete(age, alone, axis=0), alone, axis=1)

    def _insert(self) -> None:
        """Step 8."""
        q = int(self._error.argmax())
        f = int(np.where(self._age[q] > _NO_EDGE, self._error, -1).argmax())
        r = len(self._w)
        self._w = np.vstack([self._w, 0.5 * (self._w[q] + self._w[f])])
        self._age = np.pad(self._age, (0, 1), constant_values=_NO_EDGE)
        self._age[q, f] = self._age[f, q] = _NO_EDGE
        self._age[r, [q, f]] = self._age[[q, f], r] = 0
        self._error[[q, f]] *= self.error_share
        self._error = np.append(self._error, self._error[q])

    def fit(
        self,
        signals: Any,
        steps: int,
        rng: int | np.random.Generator | None = None,
        callback: Callable[[GrowingNeuralGas], Any] | None = None,
    ) -> GrowingNeuralGas:
        """Learn from many signals, drawn one at a time.

        Parameters
        ----------
        signals : array or Tensor, shape (n, d), or callable
            Points to draw from, each equally likely each time; or a function that takes a
            `numpy.random.Generator` and returns one signal, shape (d,).
        steps : int
            How many signals.
        rng : int, numpy.random.Generator or None
            Where to draw from; see `pydl.random.default_rng`.
        callback : callable, optional
            Called as ``callback(gas)`` after each signal, to watch it grow: keep ``gas.nodes`` and
            ``gas.edges`` whenever ``gas.signals % 500 == 0``, say. A true return value ends learning (step 10).

        Returns
        -------
        GrowingNeuralGas
            This network.

        Raises
        ------
        ValueError
            If signals have another shape or are not finite, or `steps` is negative.
        """
        if steps < 0:
            raise ValueError(f"GrowingNeuralGas.fit: steps must be >= 0, not {steps}")
        draw = default_rng(rng)
        if callable(signals):
            stream = (signals(draw) for _ in range(steps))
        else:
            X = checked_points_on_host("GrowingNeuralGas.fit", signals, "signals", features=self._w.shape[1])
            stream = (X[i] for i in draw.integers(len(X), size=steps))
        for signal in stream:  # step 1
            self.adapt(signal)
            if callback is not None and callback(self):
                break
        return self

    def quantization_error(self, X: Any) -> float:
        """Return the mean squared distance of the points `X`, shape (n, d), from their nearest nodes."""
        X = checked_points_on_host("GrowingNeuralGas", X, features=self._w.shape[1])
        return float(np.maximum(squared_distances(X, self._w).min(axis=1), 0).mean())

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {len(self._w)} nodes and {len(self.edges)} edges after {self.signals} signals"
