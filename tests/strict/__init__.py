"""The strict array kind: arrays on the CPU that refuse what CuPy refuses.

After `install`, ``pydl.backend.to_device(x, "strict")`` makes them, and every test of an op, a layer or
an optimizer can run over the device ``"strict"``.
"""

from pydl.backend import ArrayKind, register_kind

from .array import StrictArray
from .namespace import strict_namespace
from .table import RefusedError

__all__ = ["RefusedError", "StrictArray", "install", "strict_namespace"]


def install() -> ArrayKind:
    """Register the strict kind under the device name ``"strict"``."""
    kind = ArrayKind(StrictArray, strict_namespace, "strict", StrictArray.get)
    register_kind(kind)
    return kind
