"""Data sets, and the loader that hands them out in batches.

Small sets travel inside the package, so the course runs without a network; the full ones are found
on this machine or fetched once, and every file is verified before it is used.
"""

from pydl.data.datasets import MNIST, Digits, FashionMNIST, ImageDataset
from pydl.data.loaders import DataLoader
from pydl.data.preprocessing import MinMax, Standardize, one_hot
from pydl.data.sequences import adding_problem
from pydl.data.splits import split, train_test_split
from pydl.data.synthetic import blobs, line, moons, noisy_sine, spirals, xor
from pydl.data.tables import launches

__all__ = [
    "MNIST",
    "DataLoader",
    "Digits",
    "FashionMNIST",
    "ImageDataset",
    "MinMax",
    "Standardize",
    "adding_problem",
    "blobs",
    "launches",
    "line",
    "moons",
    "noisy_sine",
    "one_hot",
    "spirals",
    "split",
    "train_test_split",
    "xor",
]
