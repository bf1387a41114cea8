"""Claims: a sentence of the book, the value that was measured, and the band it must fall in."""

from __future__ import annotations

import math
import re

from pydl.errors import ClaimError

__all__ = ["claim"]

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def claim(id: str, sentence: str, value: object, band: tuple[float | None, float | None]) -> None:
    """State a claim: print sentence, measured value and band; raise if the value lies outside.

    The sentence and the band are part of the verified book; the value may differ from machine to
    machine, as long as low ≤ value ≤ high.

    Parameters
    ----------
    id : str
        A stable name, unique in the book: lower-case words joined by hyphens.
    sentence : str
        What is claimed, in a full sentence.
    value : float
        What was measured: anything that `float` takes (bool included).
    band : (float or None, float or None)
        The lowest and highest value allowed; None for no limit on that side.

    Raises
    ------
    ClaimError
        If the value is not a number or lies outside the band.
    ValueError
        If the id is no slug, the sentence is no single line, or the band is empty or unlimited on both sides.

    Examples
    --------
    >>> claim("two-squared", "The square of 2 is 4.", 2.0**2, (3.99, 4.01))
    ✓ two-squared: The square of 2 is 4.
      measured 4, band [3.99, 4.01]
    """
    if not _SLUG.fullmatch(id):
        raise ValueError(f"a claim's id is lower-case words joined by hyphens, not {id!r}")
    if sentence.splitlines() != [sentence]:
        raise ValueError(f"claim {id}: the sentence must be one line, not {sentence!r:.60}")
    low = -math.inf if band[0] is None else float(band[0])
    high = math.inf if band[1] is None else float(band[1])
    if not low <= high or (math.isinf(low) and math.isinf(high)):
        raise ValueError(f"claim {id}: the band {band} allows nothing or everything")
    measured = float(value)  # type: ignore[arg-type]
    line = f"  measured {_short(measured)}, band [{_short(low)}, {_short(high)}]"
    if not low <= measured <= high:  # NaN fails, too
        raise ClaimError(f"✗ {id}: {sentence}\n{line}")
    print(f"✓ {id}: {sentence}\n{line}")


def _short(number: float) -> str:
    """Three digits, and counts in full."""
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    return str(int(number)) if number.is_integer() and abs(number) < 1e6 else f"{number:.3g}"
