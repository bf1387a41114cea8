"""Flip bits of data files and cut them short: not one damaged file may be taken for a good one.

    python tests/stress/damaged_data.py [--cases 10000]

Half of the cases damage an embedded npz file, half an IDX file of a published set. The last line counts the
damaged files that were accepted; the exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from pydl.data.fetch import EMBEDDED, PublishedFile, obtain, read_embedded
from pydl.errors import DataError


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return `content` with one bit flipped, or, one time in four, cut short."""
    at = int(rng.integers(len(content)))
    if rng.random() < 0.25:
        return content[:at]
    return content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    cases = parser.parse_args().cases
    rng = np.random.default_rng(0)
    accepted = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "SHA256SUMS").write_bytes((EMBEDDED / "SHA256SUMS").read_bytes())
        npz, npz_path = (EMBEDDED / "digits.npz").read_bytes(), folder / "digits.npz"
        idx, idx_path = rng.bytes(10_008), folder / "mnist" / "labels"
        idx_path.parent.mkdir()
        os.environ["PYDL_DATA"] = name
        file = PublishedFile("mnist", "labels", len(idx), hashlib.sha256(idx).hexdigest(), ())
        for case in range(cases):
            content, path = (npz, npz_path) if case % 2 else (idx, idx_path)
            path.write_bytes(damaged(content, rng))
            try:
                read_embedded(path) if case % 2 else obtain(file)
            except DataError as error:
                if str(path) in str(error):
                    continue
            accepted += 1
            print(f"case {case}: {path.name} of {path.stat().st_size} bytes was taken for good")
        npz_path.write_bytes(npz)
        idx_path.write_bytes(idx)
        read_embedded(npz_path)  # the whole ones are good, so the check above could fail
        obtain(file)
    print(f"{cases} damaged files: {accepted} accepted")
    return int(accepted > 0)


if __name__ == "__main__":
    sys.exit(main())
