"""A checkpoint is there whole or not at all, whatever happens while it is saved."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import pydl

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_a_killed_save_loses_nothing():
    script = [sys.executable, "-m", "tests.stress.checkpoints", "--damaged", "5", "--stops", "3", "--kills", "40"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    counts = re.search(r"40 kills, (\d+) of them with a file half written: 0 lost;", done.stdout)
    assert counts, done.stdout + done.stderr
    assert int(counts[1]) > 0, "no kill hit a file half written: the test says nothing"
    assert done.returncode == 0


@pytest.mark.parametrize("failing", ["fsync", "write"])
def test_a_full_disk_leaves_the_previous_checkpoint(path, monkeypatch, failing):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    pydl.save(path, x=1)
    with monkeypatch.context() as patch:
        patch.setattr(*{"fsync": (os, "fsync"), "write": (np.lib.format, "write_array")}[failing], full)
        with pytest.raises(pydl.CheckpointError, match=r"No space left.*What was there before is untouched"):
            pydl.save(path, x=np.zeros(2))
    assert pydl.load(path) == {"x": 1}
    assert os.listdir(path.parent) == [path.name]


def test_a_link_stays_a_link(tmp_path, path):
    pydl.save(path, x=1)
    link = tmp_path / "latest.npz"
    link.symlink_to(path)
    pydl.save(link, x=2)
    assert link.is_symlink()
    assert pydl.load(path) == {"x": 2}


def test_who_saves_to_one_file_waits_for_the_others(path):
    def save_often(number):
        for _ in range(20):
            pydl.save(path, number=number, array=np.full(10_000, number))

    save_often(9)
    with ThreadPoolExecutor(3) as crew:
        running = [crew.submit(save_often, number) for number in range(3)]
        while not all(future.done() for future in running):
            found = pydl.load(path)
            assert (found["array"] == found["number"]).all()
    assert [future.result() for future in running] == [None] * 3
    assert os.listdir(path.parent) == [path.name]
