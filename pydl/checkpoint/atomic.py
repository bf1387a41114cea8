"""Replace a file whole or not at all, whatever kills the process on the way."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pydl.errors import CheckpointError

__all__ = ["replace"]


def replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Put at `path` what `write` writes into the file that it is given.

    The bytes go to a file beside `path`, reach the disk, and take the name `path` in one step: a reader finds the
    previous content or the new. Whoever is killed in between leaves one file, ``<name>.part``, which the next
    call takes over.

    Raises
    ------
    CheckpointError
        If the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with _alone_in(path.parent) as folder:
            try:
                with part.open("w+b") as file:
                    write(file)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)  # still there only if it was not renamed
            if folder is not None:
                os.fsync(folder)  # the new name, too, survives a power cut
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written ({error}). What was there before is untouched. Save to an existing folder"
            " that you may write to, with room for the file."
        ) from error


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[int | None]:
    """Wait until no other process or thread saves in `folder`; give its descriptor, None where there is none.

    The lock ends with its process, however that ends: so a ``.part`` file found under it is nobody's.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where folders cannot be opened either
        yield None
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks for folders
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
