"""Damaged, forged and foreign files are refused: before memory is taken, with an error that names the file."""

import ast
import hashlib
import json
import os
import pickle
import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import pydl
from pydl import checkpoint, nn
from pydl.checkpoint import archive
from tests.stress import checkpoints as stress


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def test_damage_is_noticed(tmp_path):
    assert stress.accepted(tmp_path, cases=400) == 0


def test_every_single_byte_counts(path):
    pydl.save(path, a=np.arange(3), b="text")
    good = bytearray(path.read_bytes())
    for i in range(len(good)):
        good[i] ^= 1
        path.write_bytes(good)
        with pytest.raises(pydl.CheckpointError, match="Take an earlier"):
            pydl.load(path)
        good[i] ^= 1
    path.write_bytes(good)
    assert pydl.load(path)["b"] == "text"


@pytest.mark.parametrize("content", [b"", b"x", b"PK", b"\0" * 1000, pickle.dumps(os.getcwd)])
def test_other_files_are_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(pydl.CheckpointError, match=r"pydl.save did not write it") as caught:
        pydl.load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_or_folder(tmp_path):
    with pytest.raises(pydl.CheckpointError, match=r"does not exist: pydl.save"):
        pydl.load(tmp_path / "nothing.npz")
    with pytest.raises(pydl.CheckpointError, match="cannot be loaded"):
        pydl.load(tmp_path)
    with pytest.raises(pydl.CheckpointError, match="Save to an existing folder"):
        pydl.save(tmp_path / "nowhere" / "run.npz", x=1)


def forge(path, members, compression=zipfile.ZIP_STORED):
    """Write an archive of `members`, (name, bytes), with a right seal: the work of an attacker, not of chance."""
    with zipfile.ZipFile(path, "w", compression) as file:
        file.comment = archive._SEAL + b"0" * 64
        for name, content in members:
            file.writestr(name, content)
    content = path.read_bytes()[:-64]
    path.write_bytes(content + hashlib.sha256(content).hexdigest().encode())


def npy(header, data=b""):
    """Return an array's file with any header."""
    text = str(header).encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def manifest(shape=(2,), dtype="<f8", data=bytes(16), values='{"x": {"$array": "x"}}', **changes):
    entry = {"dtype": dtype, "shape": list(shape), "sha256": hashlib.sha256(data).hexdigest()} | changes
    return f'{{"values": {values}, "arrays": {{"x": {json.dumps(entry)}}}}}'


def header(shape=(2,), dtype="<f8", order=False):
    return {"descr": dtype, "fortran_order": order, "shape": shape}


HUGE = (2**32,)  # 32 GiB of float64
GOOD = npy(header(), bytes(16))
FORGED = {
    "a header asks for 32 GiB": [("x.npy", npy(header(HUGE), bytes(16))), ("manifest.json", manifest())],
    "header and manifest do": [("x.npy", npy(header(HUGE), bytes(16))), ("manifest.json", manifest(HUGE))],
    "a shape overflows": [("x.npy", npy(header((2**40, 2**40)))), ("manifest.json", manifest((2**40, 2**40)))],
    "a negative shape": [("x.npy", npy(header((-2,)), bytes(16))), ("manifest.json", manifest((-2,)))],
    "a huge itemsize": [("x.npy", npy(header((1,), "<U500000000"))), ("manifest.json", manifest((1,), "<U500000000"))],
    "objects": [("x.npy", npy(header((1,), "|O"), pickle.dumps(print))), ("manifest.json", manifest((1,), "|O"))],
    "raw memory": [("x.npy", npy(header(dtype="|V8"), bytes(16))), ("manifest.json", manifest(dtype="|V8"))],
    "no items": [("x.npy", npy(header((5,), "<U0"))), ("manifest.json", manifest((5,), "<U0", b""))],
    "a header that runs": [("x.npy", npy("print('run')", bytes(16))), ("manifest.json", manifest())],
    "another order": [("x.npy", npy(header(order=True), bytes(16))), ("manifest.json", manifest())],
    "another SHA-256": [("x.npy", GOOD), ("manifest.json", manifest(sha256="0" * 64))],
    "another format's version": [("x.npy", GOOD.replace(b"\x01\x00", b"\x03\x00", 1)), ("manifest.json", manifest())],
    "no array's file": [("x.npy", b"\x93NUM"), ("manifest.json", manifest())],
    "a missing member": [("manifest.json", manifest())],
    "a member too many": [("x.npy", GOOD), ("y.npy", GOOD), ("manifest.json", manifest())],
    "no manifest": [("x.npy", GOOD)],
    "no JSON": [("x.npy", GOOD), ("manifest.json", "{")],
    "JSON of another kind": [("manifest.json", "[]")],
    "no parts": [("x.npy", GOOD), ("manifest.json", manifest(values="3"))],
    "an unknown array": [("x.npy", GOOD), ("manifest.json", manifest(values='{"x": {"$array": "y"}}'))],
    "a deep manifest": [("x.npy", GOOD), ("manifest.json", manifest(values="[" * 100_000 + "]" * 100_000))],
    "a long number": [("x.npy", GOOD), ("manifest.json", manifest(values='{"x": ' + "9" * 10_000 + "}"))],
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_files_are_refused_before_memory_is_taken(path, what):
    forge(path, FORGED[what])
    tracemalloc.start()
    with pytest.raises(pydl.CheckpointError, match="cannot be loaded") as caught:
        pydl.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert peak < 20e6


def test_the_forger_can_write_a_good_file(path):
    forge(path, [("x.npy", GOOD), ("manifest.json", manifest())])
    assert pydl.load(path)["x"].tolist() == [0.0, 0.0]


def test_a_compression_bomb_is_refused(path):
    data = bytes(2**26)
    members = [("x.npy", npy(header((2**23,)), data)), ("manifest.json", manifest((2**23,), data=data))]
    forge(path, members, zipfile.ZIP_DEFLATED)
    with pytest.raises(pydl.CheckpointError, match=r"its members claim .* bytes, and the file has"):
        pydl.load(path)


def test_a_model_is_compared_before_any_array_is_read(path, monkeypatch):
    pydl.save(path, model=nn.Linear(2, 3))
    monkeypatch.setattr(archive._Archive, "read", lambda *_: pytest.fail("an array was read"))
    with pytest.raises(ValueError, match="saved shape"):
        pydl.load(path, model=nn.Linear(2, 4))


def _without_text(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return tree


def test_no_code_can_come_from_a_file():
    """No module of the package's loading unpickles, evaluates, or imports by name."""
    for source in Path(checkpoint.__file__).parent.glob("*.py"):
        words = set(re.findall(r"\w+", ast.unparse(_without_text(ast.parse(source.read_text())))))
        assert words.isdisjoint({"pickle", "eval", "exec", "importlib", "__import__", "marshal", "shelve", "getattr"})
