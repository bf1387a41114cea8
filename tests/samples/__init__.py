"""Samples of every public function of `pydl.ops`: the registry that drives the tests of ops on every device.

Each entry states a function's value by an independent NumPy expression; derivatives need no statement,
for they are checked against finite differences and, where PyTorch is installed, against its own.
"""

from . import algebra, entrywise, losses, recurrent, structure
from .entry import SAMPLES, Sample

__all__ = ["ALL", "SAMPLES", "Sample", "algebra", "entrywise", "losses", "recurrent", "structure"]

ALL = {f"{name}-{i}": sample for name, samples in SAMPLES.items() for i, sample in enumerate(samples)}
"""All samples by name and number, as pytest shows them."""
