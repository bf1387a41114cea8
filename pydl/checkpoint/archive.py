"""The file: an npz archive with a manifest, and a seal at its end.

===================  ===================================================================
member               content
===================  ===================================================================
``<name>.npy``       an array, as NumPy stores it
``manifest.json``    the plain values, and each array's dtype, shape and SHA-256
the zip's comment    the seal: SHA-256 of all bytes of the file before it
===================  ===================================================================

Nothing in a file is believed: the seal is compared before anything is parsed, and each size before memory is taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pydl.checkpoint.atomic import replace
from pydl.checkpoint.tree import KINDS, join, part
from pydl.errors import CheckpointError

__all__ = ["Shapes", "read", "write"]

Shapes = Mapping[str, tuple[int, ...]]

_MANIFEST = "manifest.json"
_SEAL = b"pydl checkpoint 1, sha256 of all bytes before: "  # 1 is the version of the format
_DIGITS = 64


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Put `state` into a file at `path`, whole or not at all. Equal states give equal bytes."""
    values, arrays = part(state)
    manifest = {"values": values, "arrays": {name: _described(array) for name, array in arrays.items()}}
    text = json.dumps(manifest, indent=1)

    def fill(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:  # stored, not compressed: weights are noise to a compressor
            archive.comment = _SEAL + b"0" * _DIGITS
            for name, array in arrays.items():
                with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(_MANIFEST), text)
        digest = _sha256_before_seal(file)
        file.seek(-_DIGITS, os.SEEK_END)
        file.write(digest)

    replace(path, fill)


def read(path: Path, inspect: Callable[[Any, Shapes], None]) -> dict[str, Any]:
    """Return the state in the file at `path`.

    Before any array is read, `inspect` gets the plain values and the arrays' declared shapes: what it raises goes
    to the caller, whatever else is wrong is a CheckpointError.
    """
    with _blamed_on(path):
        file = path.open("rb")
    with file:
        with _blamed_on(path):
            _verify_seal(file)
            archive = _Archive(file)
        inspect(archive.values, archive.shapes)
        with _blamed_on(path):
            return join(archive.values, {name: archive.read(name) for name in archive.shapes})


class _Archive:
    """A file opened: its plain values, the shapes that it declares, and its arrays on demand."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file)
        infos = self._zip.infolist()
        if (claimed := sum(info.file_size for info in infos)) > (size := file.seek(0, os.SEEK_END)):
            raise ValueError(f"its members claim {claimed} bytes, and the file has {size}")
        manifest = json.loads(self._zip.read(_MANIFEST))
        self.values, self._arrays = manifest["values"], manifest["arrays"]
        if sorted([_MANIFEST, *(f"{name}.npy" for name in self._arrays)]) != sorted(info.filename for info in infos):
            raise ValueError("its members are not those that its manifest names")
        if not isinstance(self.values, dict):
            raise ValueError("its manifest holds no parts")
        self.shapes = {name: tuple(entry["shape"]) for name, entry in self._arrays.items()}

    def read(self, name: str) -> np.ndarray:
        """Return the array `name`; sizes are compared before its memory is taken, its SHA-256 before it is given."""
        entry, info = self._arrays[name], self._zip.getinfo(f"{name}.npy")
        declared = self.shapes[name], False, np.dtype(entry["dtype"])
        with self._zip.open(info) as member:
            if np.lib.format.read_magic(member) != (1, 0):
                raise ValueError(f"array {name!r} is not in version 1.0 of NumPy's format")
            if (header := np.lib.format.read_array_header_1_0(member)) != declared:
                raise ValueError(f"array {name!r} is declared as {declared}, its header says {header}")
            shape, _, dtype = declared
            if dtype.kind not in KINDS or not dtype.itemsize:
                raise ValueError(f"array {name!r} holds neither numbers nor truth values nor text, but {dtype}")
            wanted, there = math.prod(shape) * dtype.itemsize, info.file_size - member.tell()
            if wanted != there:
                raise ValueError(f"array {name!r} of shape {shape} and {dtype} takes {wanted} bytes, found {there}")
            array = np.empty(shape, dtype)
            _bytes(array)[:] = member.read()
        if _described(array) != entry:
            raise ValueError(f"array {name!r} has not the SHA-256 that the manifest says")
        return array


def _described(array: np.ndarray) -> dict[str, Any]:
    return {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": hashlib.sha256(_bytes(array)).hexdigest()}


def _bytes(array: np.ndarray) -> memoryview:
    """View an array's memory, which is in C order."""
    return array.reshape(-1).view(np.uint8).data


def _sha256_before_seal(file: BinaryIO) -> bytes:
    left, digest = file.seek(0, os.SEEK_END) - _DIGITS, hashlib.sha256()
    file.seek(0)
    while piece := file.read(min(left, 2**20)):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest().encode()


def _verify_seal(file: BinaryIO) -> None:
    """Raise ValueError unless every bit of the file is as it was written."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - len(_SEAL) - _DIGITS))
    seal = file.read()
    if not seal.startswith(_SEAL):
        raise ValueError("its end is not a checkpoint's: it was cut short, or pydl.save did not write it")
    expected, found = seal.removeprefix(_SEAL), _sha256_before_seal(file)
    if found != expected:
        raise ValueError(f"it is damaged: SHA-256 found {found.decode()}, expected {expected.decode(errors='replace')}")


@contextlib.contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    """Turn whatever is raised into a CheckpointError which names the file and a way out."""
    try:
        yield
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} does not exist: pydl.save(path, …) writes a checkpoint") from error
    except Exception as error:  # a forged archive can raise anything: zipfile alone has nine ways
        raise CheckpointError(
            f"{path} cannot be loaded: {error or type(error).__name__}. Nothing was changed. Take an earlier"
            " checkpoint, or delete this one and begin anew."
        ) from error
