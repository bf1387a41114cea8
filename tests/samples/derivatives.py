"""What a sample computes: values, gradients and tangents, along directions that are the same everywhere."""

import numpy as np

import pydl
from pydl.backend import to_numpy

__all__ = ["compute", "directions"]


def directions(arrays, seed):
    """Return a random array of each array's shape."""
    draw = np.random.default_rng(seed)
    return [np.asarray(draw.standard_normal(a.shape)) for a in arrays]


def _is_float(value):
    return value.dtype.kind == "f"


def compute(sample, dtype="float64", place=lambda array: array):
    """Return the values of `sample`, the gradients of ⟨g, values⟩, and the tangents along t: three lists.

    `place` puts host arrays where the op shall work; all results stay there.
    """

    def move(arrays):
        return [place(a.astype(dtype)) for a in arrays]

    def floats(*xs):
        return [y for y in sample.run(xs, place=place) if _is_float(y)]

    inputs = move(sample.inputs)
    values = sample.run(inputs, place=place)
    outputs, pull = pydl.vjp(floats, *inputs)
    gradients = list(pull(move(directions(outputs, 1))))
    tangents = pydl.jvp(floats, inputs, move(directions(inputs, 2)))[1]
    return values, gradients, tangents


def on_host(results):
    """Return three lists of arrays as one list of NumPy arrays."""
    return [to_numpy(r) for group in results for r in group]
