"""Weights travel to PyTorch and back under the same names, in safetensors files and without."""

import sys

import numpy as np
import pytest

import pydl
from pydl import nn
from pydl.checkpoint import load_safetensors, save_safetensors

X = np.random.default_rng(0).standard_normal((5, 7, 4)).astype("float32")


def test_without_the_package_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for call in (lambda: save_safetensors(tmp_path / "a", {}), lambda: load_safetensors(tmp_path / "a")):
        with pytest.raises(ImportError, match=r"pip install 'pydl-course\[safetensors\]'"):
            call()


def test_there_and_back(tmp_path):
    pytest.importorskip("safetensors")
    path = tmp_path / "a.safetensors"
    state = {"a": np.arange(6.0).reshape(2, 3).T, "b": np.float32(2), "c": np.zeros((0, 2), int), "d": np.array([True])}
    save_safetensors(path, state)
    found = load_safetensors(path)
    assert set(found) == set(state)
    for name, value in state.items():
        assert (found[name].dtype, found[name].shape) == (value.dtype, value.shape)
        np.testing.assert_array_equal(found[name], value)
    with pytest.raises(TypeError, match="x: str cannot be saved"):
        save_safetensors(path, {"x": "text"})


def test_damage_teaches(tmp_path):
    pytest.importorskip("safetensors")
    path = tmp_path / "a.safetensors"
    with pytest.raises(pydl.CheckpointError, match=r"a\.safetensors cannot be loaded: FileNotFoundError"):
        load_safetensors(path)
    save_safetensors(path, {"a": np.ones(3)})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(pydl.CheckpointError, match="must be a whole safetensors file"):
        load_safetensors(path)
    path.write_bytes(b"\xff" * 7 + b"\x00" + bytes(100))  # a header of 2⁵⁶ bytes
    with pytest.raises(pydl.CheckpointError):
        load_safetensors(path)


def pairs(torch):
    """Return pydl's network and PyTorch's, of the same layers with weights of their own."""
    pydl.seed(1)
    torch.manual_seed(2)
    return {
        "dense": (
            nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)),
            torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)),
        ),
        "lstm": (
            nn.LSTM(4, 6, num_layers=2, batch_first=True, bidirectional=True),
            torch.nn.LSTM(4, 6, num_layers=2, batch_first=True, bidirectional=True),
        ),
        "gru": (nn.GRU(4, 6, batch_first=True), torch.nn.GRU(4, 6, batch_first=True)),
    }


def outputs(net, x):
    y = net(x)
    y = y[0] if isinstance(y, tuple) else y
    return y.detach().numpy()


@pytest.mark.torch
@pytest.mark.parametrize("name", ["dense", "lstm", "gru"])
@pytest.mark.parametrize("through", ["safetensors", "arrays"])
def test_weights_travel_both_ways(tmp_path, name, through):
    torch = pytest.importorskip("torch")
    ours, theirs = pairs(torch)[name]
    x = torch.from_numpy(X)
    path = tmp_path / "net.safetensors"
    assert not np.allclose(outputs(ours, X), outputs(theirs, x), atol=1e-2)
    if through == "safetensors":
        files = pytest.importorskip("safetensors.torch")
        files.save_file(theirs.state_dict(), path)
        ours.load_state_dict(load_safetensors(path))
    else:
        ours.load_state_dict(theirs.state_dict())
    np.testing.assert_allclose(outputs(ours, X), outputs(theirs, x), atol=2e-6)
    for p in ours.parameters():
        p.copy_(p.data * 2)
    if through == "safetensors":
        save_safetensors(path, ours.state_dict())
        theirs.load_state_dict(files.load_file(path))
    else:
        theirs.load_state_dict({name: torch.from_numpy(value) for name, value in ours.state_dict().items()})
    np.testing.assert_allclose(outputs(ours, X), outputs(theirs, x), atol=2e-6)


@pytest.mark.torch
def test_a_torch_state_can_be_saved(tmp_path):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Linear(4, 2)
    pydl.save(tmp_path / "net.npz", model=theirs.state_dict())
    ours = nn.Linear(4, 2)
    assert pydl.load(tmp_path / "net.npz", model=ours) == {}
    np.testing.assert_array_equal(ours.weight.numpy(), theirs.weight.detach().numpy())
