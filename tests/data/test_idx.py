"""IDX headers: right ones are read, forged ones are refused before anything of their size is made."""

import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydl.data.idx import parse_idx
from pydl.errors import DataError


def idx(shape, body, kind=8):
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + body


@given(st.lists(st.integers(0, 5), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_reads_what_was_written(shape, random):
    array = np.array([random.randrange(256) for _ in range(int(np.prod(shape)))], np.uint8).reshape(shape)
    read = parse_idx(idx(shape, array.tobytes()))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)
    assert not read.flags.writeable


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "begins with b''"),
        (b"\x1f\x8b\x08\x00rest", "not an IDX file"),
        (idx((2,), b"12", kind=0x0D), "element type 0x0d, expected 0x08"),
        (bytes([0, 0, 8, 0]), "0 dimensions, expected 1 to 3"),
        (bytes([0, 0, 8, 255]) + bytes(2000), "255 dimensions"),
        (bytes([0, 0, 8, 3, 0, 0]), "the file has 6"),
        (idx((2, 3), b"12345"), r"shape \(2, 3\) asks for 18 bytes, the file has 17"),
        (idx((2, 3), b"1234567"), "asks for 18 bytes, the file has 19"),
    ],
)
def test_refuses_what_is_not_idx(payload, words):
    with pytest.raises(DataError, match=words):
        parse_idx(payload, "t10k-labels")


@pytest.mark.parametrize("shape", [(2**32 - 1,) * 3, (2**16, 2**16, 2**31), (2**31, 2, 2**31)])
def test_forged_header_is_refused_without_allocating(shape):
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="asks for"):
            parse_idx(idx(shape, b"x" * 100))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=64))
def test_any_bytes_give_an_array_or_a_data_error(payload):
    try:
        array = parse_idx(payload)
    except DataError:
        return
    assert idx(array.shape, array.tobytes()) == payload
