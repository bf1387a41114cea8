"""Find a data file on this machine or fetch it, and verify it before anything reads it.

An embedded file is compared with its line in ``files/SHA256SUMS``. A published file is looked for in
``$PYDL_DATA``, in the system's folders and in the user's cache, and then fetched from its mirrors. Its
decompressed content is what is hashed, so a file is good however it was compressed.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pydl.errors import DataError

__all__ = ["EMBEDDED", "PublishedFile", "embedded", "obtain", "read_embedded", "search_folders"]

EMBEDDED = Path(__file__).parent / "files"
SYSTEM = (Path("/usr/share/datasets"), Path("/usr/local/share/datasets"))
_TIMEOUT = 30  # seconds without an answer until the next mirror is tried
_GZIP = b"\x1f\x8b"


class PublishedFile(NamedTuple):
    """One file of a data set as its authors published it, and where it can be had."""

    folder: str
    """The set's folder, below each folder searched: ``mnist``."""
    name: str
    """The name when decompressed."""
    size: int
    """Bytes when decompressed."""
    sha256: str
    """SHA-256 of the decompressed content."""
    mirrors: tuple[str, ...]
    """Addresses of the file, compressed with gzip or plain, in order of preference."""


# --- embedded files


def read_embedded(path: Path) -> dict[str, np.ndarray]:
    """Verify the npz file at `path` by the SHA256SUMS beside it; return its arrays, read-only."""
    repair = "Reinstall the package: pip install --force-reinstall pydl-course"
    try:
        lines = (path.parent / "SHA256SUMS").read_text("ascii").splitlines()
        content = path.read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: the package's own data cannot be read ({error}). {repair}") from error
    found = hashlib.sha256(content).hexdigest()
    if f"{found}  {path.name}" not in lines:
        expected = next((line.split()[0] for line in lines if line.endswith(f"  {path.name}")), "missing")
        raise DataError(f"{path} is damaged: SHA-256 found {found}, expected {expected}. {repair}")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = dict(archive)
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


@functools.cache
def embedded(name: str) -> dict[str, np.ndarray]:
    """Return the arrays of the embedded file `name`; decompressed once, shared, read-only."""
    return read_embedded(EMBEDDED / name)


# --- published files


def search_folders() -> Iterator[Path]:
    """Yield the folders that may hold published data sets, in the order in which they are searched.

    Yields
    ------
    pathlib.Path
        ``$PYDL_DATA`` where it is set, the system's folders, the user's cache.
    """
    yield from _own_folder()
    yield from SYSTEM
    yield _cache()


def _own_folder() -> list[Path]:
    own = os.environ.get("PYDL_DATA")
    return [Path(own).expanduser()] if own else []


def _cache() -> Path:
    import pooch  # costs a second on a slow disk: only where nothing nearer holds the file

    return Path(pooch.os_cache("pydl"))


def find(file: PublishedFile) -> Path | None:
    """Return where on this machine `file` lies, plain or gzipped; None where it does not."""
    paths = (folder / file.folder / name for folder in search_folders() for name in (file.name, file.name + ".gz"))
    return next((path for path in paths if path.is_file()), None)


def obtain(file: PublishedFile) -> bytes:
    """Return the verified, decompressed content of `file`, fetched if this machine lacks it.

    Fetching keeps the content in ``$PYDL_DATA`` where that is set, otherwise in the user's cache.
    Several processes may do so at once: each writes a file of its own and renames it into place.

    Raises
    ------
    DataError
        If a file found is damaged, or if there is none and no mirror delivers it.
    """
    if path := find(file):
        return _read(path, file)
    target = next(iter(_own_folder()), None) or _cache()
    content = _download(file, target / file.folder)
    _write(target / file.folder / file.name, content)
    return content


def _read(path: Path, file: PublishedFile) -> bytes:
    try:
        with path.open("rb") as stream:
            return _verified(stream, file)
    except OSError as error:
        raise DataError(
            f"{path} cannot be used: {error}. Delete it, and a fresh copy is looked for and fetched."
        ) from error


def _verified(stream: BinaryIO, file: PublishedFile) -> bytes:
    """Read and decompress at most ``file.size + 1`` bytes, and return them if their hash is right."""
    compressed = stream.read(len(_GZIP)) == _GZIP
    stream.seek(0)
    expected = f"expected {file.size} bytes with SHA-256 {file.sha256}"
    try:
        content = (gzip.GzipFile(fileobj=stream) if compressed else stream).read(file.size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"found damaged gzip data ({error}), {expected}") from error
    if len(content) > file.size:
        raise DataError(f"found more than {file.size} bytes, {expected}")
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise DataError(f"found {len(content)} bytes with SHA-256 {found}, {expected}")
    return content


class _Bounded(io.BytesIO):
    """A buffer that refuses to grow beyond `limit` bytes, whatever a server sends."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(data) > self.limit:
            raise DataError(f"the server sent more than {self.limit} bytes")
        return super().write(data)


def _download(file: PublishedFile, target: Path) -> bytes:
    """Return the content of `file` from the first mirror that delivers it whole."""
    import pooch

    fetch = pooch.HTTPDownloader(progressbar=True, timeout=_TIMEOUT)
    problems = []
    for url in file.mirrors:
        buffer = _Bounded(file.size + 2**16)  # gzip adds a few bytes to what it cannot compress
        try:
            fetch(url, buffer, None)
            buffer.seek(0)
            return _verified(buffer, file)
        except OSError as error:  # requests' exceptions and DataError alike
            problems.append(f"  {url}\n    {type(error).__name__}: {error!s:.200}")
    raise DataError(
        f"{file.folder}/{file.name} is not on this machine, and no mirror delivered it:\n"
        + "\n".join(problems)
        + f"\nWithout a network: fetch one of these addresses elsewhere and put the file, packed or not, into"
        f"\n  {target}\n(or set PYDL_DATA to a folder that holds {file.folder}/{file.name}),"
        f' or take size="small", the subset that comes with pydl.'
    )


def _write(path: Path, content: bytes) -> None:
    """Put `content` at `path` whole or not at all: a reader never sees half a file."""
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part", delete=False) as out:
            part = Path(out.name)
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.chmod(0o644)  # a temporary file is private; a shared data folder is not
        part.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error}). Set PYDL_DATA to a folder you may write to.") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)  # still there only if it was not renamed
