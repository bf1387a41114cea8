"""The exceptions pydl raises beside ValueError, TypeError and IndexError."""

__all__ = ["AnomalyError", "CheckpointError", "ClaimError", "DataError", "DeviceError", "GraphError", "PydlError"]


class PydlError(Exception):
    """Base class: ``except pydl.PydlError`` catches whatever is pydl's own."""


class DeviceError(PydlError, RuntimeError):
    """A device was asked for that this machine or this installation lacks."""


class GraphError(PydlError, RuntimeError):
    """A recorded graph cannot be walked: freed, changed in place, or never recorded."""


class AnomalyError(PydlError, RuntimeError):
    """A value or gradient is NaN or infinite, and `detect_anomaly` was asked to say where it began."""


class DataError(PydlError, OSError):
    """A data file is missing, damaged, or cannot be fetched."""


class CheckpointError(DataError):
    """A checkpoint is missing, damaged, no checkpoint at all, or cannot be written."""


class ClaimError(PydlError, AssertionError):
    """A measured value lies outside the band that the book states for it."""
