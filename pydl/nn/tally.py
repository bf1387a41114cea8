"""Running statistics of numbers that come batch by batch, and their histogram."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["Tally"]


class Tally:
    """Count, mean, spread and histogram of numbers that come batch by batch.

    Attributes
    ----------
    count, zeros : int
        How many numbers were added, and how many of them were exactly 0.
    mean : float
        Their mean.
    limit : float
        A power of two: the histogram reaches from −limit to limit.
    counts : numpy.ndarray
        How many numbers each of its 256 equal bins holds; NaN and infinities are in none.

    Examples
    --------
    >>> import numpy as np
    >>> tally = Tally()
    >>> for batch in ([1.0, 2.0], [3.0, 6.0]):
    ...     tally.add(np.array(batch))
    >>> tally.count, float(tally.mean), round(tally.std, 3), tally.limit
    (4, 3.0, 1.871, 8.0)
    """

    BINS = 256

    def __init__(self) -> None:
        self.count = self.zeros = 0
        self.mean, self._squares = 0.0, 0.0
        self._exponent = -1074  # of the smallest number there is
        self.counts = np.zeros(self.BINS, dtype=int)

    def add(self, values: np.ndarray) -> None:
        """Count `values`, an array of any shape (Chan, Golub & LeVeque 1983 for mean and spread)."""
        values = values.ravel().astype(np.float64)
        if values.size == 0:
            return
        with np.errstate(all="ignore"):  # a network that diverges is worth watching
            n, m, mean = self.count, values.size, float(values.mean())
            difference = mean - self.mean
            self._squares += float(((values - mean) ** 2).sum()) + difference * difference * n * m / (n + m)
            self.mean += difference * m / (n + m)
        self.count, self.zeros = n + m, self.zeros + int((values == 0).sum())
        self._fill(values[np.isfinite(values)])

    def _fill(self, values: np.ndarray) -> None:
        largest = float(np.abs(values).max()) if values.size else 0.0
        exponent = math.frexp(largest)[1] if largest else self._exponent
        for _ in range(min(exponent - self._exponent, 9)):  # twice the limit: two bins become one, at the centre
            pairs, self.counts = self.counts.reshape(-1, 2).sum(axis=1), np.zeros_like(self.counts)
            self.counts[self.BINS // 4 : -self.BINS // 4] = pairs
        self._exponent = max(exponent, self._exponent)
        places = ((values / self.limit + 1) * (self.BINS / 2)).astype(int)
        self.counts += np.bincount(np.minimum(places, self.BINS - 1), minlength=self.BINS)

    @property
    def limit(self) -> float:
        """A power of two: the histogram reaches from −limit to limit."""
        return 2.0**self._exponent

    @property
    def edges(self) -> np.ndarray:
        """The borders of the histogram's bins, one more than there are bins."""
        return np.linspace(-self.limit, self.limit, self.BINS + 1)

    @property
    def std(self) -> float:
        """Standard deviation of all numbers; NaN if there are none."""
        return math.sqrt(self._squares / self.count) if self.count else math.nan

    @property
    def square_sum(self) -> float:
        """Sum of the squares of all numbers."""
        return self._squares + self.count * self.mean**2
