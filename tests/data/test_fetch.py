"""Files are found in the promised order, verified before use, and fetched whole or not at all."""

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pooch
import pytest

from pydl.data import fetch
from pydl.data.fetch import EMBEDDED, PublishedFile, embedded, obtain, read_embedded
from pydl.errors import DataError

STRESS = Path(__file__).parents[1] / "stress"
sys.path.insert(0, str(STRESS))
from concurrent_downloads import serve  # noqa: E402

CONTENT = np.random.default_rng(0).bytes(5000)
FILE = PublishedFile("set", "file", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), ())
NOWHERE = "http://127.0.0.1:9/file.gz"  # nothing listens there


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Give a machine without data: folders own, system and cache, all empty."""
    monkeypatch.setenv("PYDL_DATA", str(tmp_path / "own"))
    monkeypatch.setattr(fetch, "SYSTEM", (tmp_path / "system",))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    return tmp_path


def put(folder, content, name="file"):
    (folder / "set").mkdir(parents=True, exist_ok=True)
    (folder / "set" / name).write_bytes(content)
    return folder / "set" / name


# --- embedded files


@pytest.fixture
def copy(tmp_path):
    for name in ("digits.npz", "SHA256SUMS"):
        (tmp_path / name).write_bytes((EMBEDDED / name).read_bytes())
    return tmp_path / "digits.npz"


def test_embedded_files_are_small_and_each_has_its_hash():
    sums = dict(reversed(line.split("  ")) for line in (EMBEDDED / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == {path.name for path in EMBEDDED.glob("*.npz")}
    for name, expected in sums.items():
        assert hashlib.sha256((EMBEDDED / name).read_bytes()).hexdigest() == expected
    assert (EMBEDDED / "mnist.npz").stat().st_size < 2_000_000
    assert sum(path.stat().st_size for path in EMBEDDED.iterdir()) < 3_500_000


def test_embedded_arrays_are_shared_and_read_only():
    first = embedded("digits.npz")
    assert embedded("digits.npz")["images"] is first["images"]
    with pytest.raises(ValueError, match="read-only"):
        first["images"][0] = 0


def test_every_bit_flip_and_truncation_of_an_embedded_file_is_refused(copy):
    good = copy.read_bytes()
    rng = np.random.default_rng(1)
    for bit in rng.integers(8 * len(good), size=300):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        copy.write_bytes(bad)
        with pytest.raises(DataError, match=r"npz is damaged: SHA-256 found \w{64}, expected \w{64}\."):
            read_embedded(copy)
    for length in [0, 1, *rng.integers(len(good), size=50)]:
        copy.write_bytes(good[:length])
        with pytest.raises(DataError, match="damaged"):
            read_embedded(copy)
    copy.write_bytes(good)
    assert read_embedded(copy)["images"].shape == (1797, 8, 8)


def test_missing_or_unlisted_embedded_file_says_how_to_repair_it(copy):
    (copy.parent / "SHA256SUMS").write_text("")
    with pytest.raises(DataError, match=r"expected missing\. Reinstall the package"):
        read_embedded(copy)
    copy.unlink()
    with pytest.raises(DataError, match=r"cannot be read .* Reinstall the package"):
        read_embedded(copy)


# --- published files


def test_folders_are_searched_in_order(machine):
    places = [machine / "own", machine / "system", machine / "cache" / "pydl"]
    assert list(fetch.search_folders()) == places
    put(places[2], CONTENT)
    put(places[1], gzip.compress(CONTENT), "file.gz")
    assert obtain(FILE) == CONTENT
    put(places[2], b"damaged")  # not looked at: the system's folder comes first
    assert obtain(FILE) == CONTENT
    put(places[0], b"damaged")
    with pytest.raises(DataError, match="own"):
        obtain(FILE)


@pytest.mark.parametrize("pack", [lambda c: c, gzip.compress], ids=["plain", "gz"])
def test_damaged_and_truncated_files_are_refused(machine, pack):
    good = pack(CONTENT)
    path = put(machine / "own", good, "file" if good == CONTENT else "file.gz")
    rng = np.random.default_rng(2)
    refused = 0
    for bit in rng.integers(8 * len(good), size=200):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        try:
            content = obtain(FILE)
        except DataError as error:
            refused += str(path) in str(error) and FILE.sha256 in str(error)
        else:
            assert content == CONTENT  # a flip in gzip's own header (its date) harms nothing
            refused += pack(CONTENT) != CONTENT and bit < 80
    assert refused == 200
    for length in [0, 1, 100, len(good) - 1]:
        path.write_bytes(good[:length])
        with pytest.raises(DataError, match=f"{path.name} cannot be used"):
            obtain(FILE)


def test_error_names_file_and_both_hashes(machine):
    path = put(machine / "own", CONTENT[::-1])
    with pytest.raises(DataError) as caught:
        obtain(FILE)
    for part in (str(path), FILE.sha256, hashlib.sha256(CONTENT[::-1]).hexdigest(), "Delete it"):
        assert part in str(caught.value)


def test_a_bomb_is_not_unpacked(machine):
    put(machine / "own", gzip.compress(bytes(50_000_000)), "file.gz")
    with pytest.raises(DataError, match="more than 5000 bytes"):
        obtain(FILE)


def test_fetches_from_the_first_good_mirror_once(machine):
    damaged, good = gzip.compress(CONTENT[::-1]), gzip.compress(CONTENT)
    answers = {"/damaged": damaged, "/endless": bytes(200_000), "/good": good}
    with serve(answers) as address:
        mirrors = (NOWHERE, *(f"{address}/{path}" for path in ("missing", "damaged", "endless", "good")))
        assert obtain(FILE._replace(mirrors=mirrors)) == CONTENT
    folder = machine / "own" / "set"
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (folder / "file").read_bytes() == CONTENT
    assert obtain(FILE) == CONTENT  # the mirror is gone, the file stayed


def test_fetched_files_go_to_the_cache_without_pydl_data(machine, monkeypatch):
    monkeypatch.delenv("PYDL_DATA")
    with serve({"/plain": CONTENT}) as address:
        obtain(FILE._replace(mirrors=(f"{address}/plain",)))
    assert (machine / "cache" / "pydl" / "set" / "file").read_bytes() == CONTENT


def test_offline_error_says_what_to_do(machine):
    mirrors = (NOWHERE, NOWHERE.replace("file", "other"))
    with pytest.raises(DataError) as caught:
        obtain(FILE._replace(mirrors=mirrors))
    folder = str(machine / "own" / "set")
    for part in ("set/file", *mirrors, folder, "PYDL_DATA", 'size="small"', "ConnectionError"):
        assert part in str(caught.value)
    assert not (machine / "own").exists()


def test_unwritable_folder_says_what_to_do(machine):
    (machine / "own").write_text("a file where the folder should be")
    with (
        serve({"/plain": CONTENT}) as address,
        pytest.raises(DataError, match=r"cannot be written .* Set PYDL_DATA"),
    ):
        obtain(FILE._replace(mirrors=(f"{address}/plain",)))


def test_a_failed_write_leaves_nothing(machine, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetch.os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        fetch._write(machine / "own" / "file", CONTENT)
    assert list((machine / "own").iterdir()) == []


def test_eight_processes_at_once_leave_one_good_file():
    command = [sys.executable, STRESS / "concurrent_downloads.py", "--rounds", "1", "--processes", "8"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "1 rounds of 8 processes: 0 failures"
