"""fit(checkpoint=…): whenever training dies, running the same program again gives what it would have given."""

import os

import numpy as np
import pytest

import pydl
from pydl import data, nn, optim
from pydl.training import error_rate

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] ** 2 > 0.7).astype(int)


@pytest.fixture(autouse=True)
def _without_a_bar(monkeypatch):
    monkeypatch.setenv("PYDL_PROGRESS", "0")


class Noise(nn.Module):
    """A module with a random stream of its own."""

    def __init__(self, rng):
        self.rng = np.random.default_rng(rng)

    def forward(self, x):
        return x + self.rng.normal(0, 0.1, x.shape).astype("float32") if self.training else x


class CrashError(Exception):
    """What a power cut is."""


def train(path=None, crash=None, epochs=8, width=6, seed=0, **settings):
    """Run the whole program: all is made anew, and training begins or goes on; `crash` is (epoch, step)."""
    pydl.seed(seed)
    net = nn.Sequential(nn.Linear(4, width, activation="tanh"), nn.Dropout(0.2), Noise(seed), nn.Linear(width, 2))
    optimizer = optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
    lasting = data.DataLoader((X[:40], Y[:40]), batch_size=16, shuffle=True)
    held_out = data.DataLoader((X[40:], Y[40:]), batch_size=8, shuffle=True)
    plateau = optim.Plateau(optimizer, patience=1, watch="val_error")
    steps = iter(range(10**6))

    def die():
        if crash == next(steps):
            raise CrashError

    history = pydl.fit(
        net,
        lasting,
        nn.CrossEntropyLoss(),
        optimizer,
        epochs,
        validation=held_out,
        metrics={"error": error_rate},
        callbacks=[plateau],
        after_step=[die],
        checkpoint=path,
        **settings,
    )
    bits = b"".join(a.tobytes() for a in net.state_dict().values()) + optimizer.groups[0].theta.tobytes()
    return bits, dict(history), history.steps.tolist(), history.best_epoch, optimizer.lr


@pytest.mark.parametrize("settings", [{}, {"patience": 3}], ids=["plain", "early stopping"])
@pytest.mark.parametrize("crash", [0, 2, 3, 10, 13])
def test_a_crash_changes_nothing(tmp_path, crash, settings):
    path = tmp_path / "run.npz"
    expected = train(**settings)
    with pytest.raises(CrashError):
        train(path, crash=crash, seed=0, **settings)
    assert path.exists() == (crash >= 3)  # three batches are an epoch
    seed = 1 if crash >= 3 else 0  # the file has the streams: the seed of the second run no longer counts
    assert train(path, seed=seed, **settings) == expected
    assert os.listdir(tmp_path) == ["run.npz"]


def test_saving_changes_nothing(tmp_path):
    assert train(tmp_path / "run.npz") == train()


def test_more_epochs_go_on_and_no_more_return_the_history(tmp_path):
    path = tmp_path / "run.npz"
    train(path, epochs=3)
    longer = train(path, epochs=8, seed=1)
    assert longer == train(epochs=8)
    assert train(path, epochs=8, seed=2) == longer
    assert train(path, epochs=2, seed=2) == longer


def test_what_early_stopping_ended_stays_ended(tmp_path):
    path = tmp_path / "run.npz"
    ended = train(path, epochs=100, patience=2)
    assert len(ended[1]["loss"]) < 100
    before = path.read_bytes()
    assert train(path, epochs=100, patience=2, seed=1) == ended
    assert path.read_bytes() == before


def test_another_run_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    train(path, epochs=1)
    with pytest.raises(ValueError, match=r"model/0.weight: saved shape \(6, 4\), here \(7, 4\)"):
        train(path, width=7)
    with pytest.raises(ValueError, match="has no callback 0 EarlyStopping, callback 1 Plateau: it holds model, "):
        train(path, patience=3)


def test_a_damaged_checkpoint_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    train(path, epochs=1)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(pydl.CheckpointError, match="delete this one and begin anew"):
        train(path)
