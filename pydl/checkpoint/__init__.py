"""Checkpoints: what a run needs to go on where it stopped, bit for bit, in a file that can be trusted.

A checkpoint is an npz file, which `numpy.load` opens too: the arrays under their names, beside
``manifest.json`` with everything else. It holds data only, no pickle and no name of anything to call. One SHA-256
covers the whole file, and the manifest has one for each array, so that damage is noticed.
"""

from pydl.checkpoint.exchange import load_safetensors, save_safetensors
from pydl.checkpoint.state import load, save

__all__ = ["load", "load_safetensors", "save", "save_safetensors"]
