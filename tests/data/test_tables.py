"""Tables of measurements: what their papers say of them."""

import numpy as np

import pydl.backend as backend
from pydl.data import launches


def test_launches_are_those_before_challengers():
    """The paper's counts: damage on 7 of 23 flights, on the four coldest among them, and on none above 75 °F."""
    X, y = launches()
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((23, 1), np.float32, (23,), np.int64)
    assert sorted(X[y == 1, 0].tolist()) == [53, 57, 58, 63, 70, 70, 75]
    assert sorted(X[y == 0, 0].tolist()) == [66, 67, 67, 67, 68, 69, 70, 70, 72, 73, 75, 76, 76, 78, 79, 81]
    X[:], y[:] = 0, 0  # the reader's own
    assert launches()[0].min() == 53


def test_default_dtype_is_kept():
    backend.set_default_dtype("float64")
    try:
        assert launches()[0].dtype == np.float64
    finally:
        backend.set_default_dtype("float32")
