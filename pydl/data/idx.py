"""The IDX format, in which MNIST and its relatives are published."""

from __future__ import annotations

import math

import numpy as np

from pydl.errors import DataError

__all__ = ["parse_idx"]

_UINT8 = 0x08
_MAX_DIMENSIONS = 3


def parse_idx(payload: bytes, name: str = "IDX data") -> np.ndarray:
    """Return the array that an IDX file of unsigned bytes holds, without copying it.

    The format: two zero bytes, the type of the elements (8: unsigned byte), the number d of
    dimensions, d sizes as 32-bit big-endian integers, then the elements, the last index running fastest.
    The sizes are compared with the length of `payload` before anything of their size is made.

    Parameters
    ----------
    payload : bytes
        The file's content, decompressed.
    name : str
        What to call the file in an error.

    Returns
    -------
    numpy.ndarray
        Of dtype uint8, read-only, with 1 to 3 dimensions.

    Raises
    ------
    DataError
        If the header is not IDX, holds other than unsigned bytes, or disagrees with the length.

    References
    ----------
    Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, "File formats".

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    if len(payload) < 4 or payload[:2] != b"\0\0":
        raise DataError(f"{name} is not an IDX file: it begins with {payload[:4]!r}, expected two zero bytes")
    kind, dimensions = payload[2], payload[3]
    if kind != _UINT8:
        raise DataError(f"{name}: element type 0x{kind:02x}, expected 0x{_UINT8:02x} (unsigned byte)")
    if not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise DataError(f"{name}: {dimensions} dimensions, expected 1 to {_MAX_DIMENSIONS}")
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(payload[at : at + 4], "big") for at in range(4, start, 4))
    expected = start + math.prod(shape)  # Python's integers: a forged header cannot overflow
    if len(payload) != expected:
        raise DataError(f"{name}: the header's shape {shape} asks for {expected} bytes, the file has {len(payload)}")
    return np.frombuffer(payload, np.uint8, offset=start).reshape(shape)
