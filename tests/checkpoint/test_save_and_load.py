"""Checkpoints give back every bit, to runs that go on from them too, or change nothing at all."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import pydl
from pydl import nn, optim
from tests.stress import checkpoints as stress
from tests.strict import install

install()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


def network(width=3, seed=0):
    pydl.seed(seed)
    return nn.Sequential(nn.Linear(2, width), nn.Linear(width, 1))


def same(a, b):
    """Tell whether two states are equal, bit for bit, and of the same types."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and repr(a) == repr(b)


# ------------------------------------------------------------ what goes in comes out

KEYS = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="/$"), max_size=5)
DTYPES = st.sampled_from(["?", "i1", "u8", "<f2", "f4", ">f8", "c8", "<U3", "S2"])
ARRAYS = DTYPES.flatmap(lambda dtype: arrays.arrays(np.dtype(dtype), arrays.array_shapes(min_dims=0, min_side=0)))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
STATES = st.recursive(PLAIN | ARRAYS, lambda s: st.lists(s, max_size=3) | st.dictionaries(KEYS, s, max_size=3))


@settings(max_examples=50, deadline=None)
@given(state=STATES)
def test_values_come_back_as_they_were(tmp_path_factory, state):
    file = tmp_path_factory.getbasetemp() / "values.npz"
    pydl.save(file, state=state)
    assert same(pydl.load(file), {"state": state})


def test_numpy_opens_the_file_and_the_manifest_describes_it(path):
    net = network()
    pydl.save(path, model=net, epoch=3)
    with np.load(path, allow_pickle=False) as file:
        manifest = json.loads(file["manifest.json"])
        assert manifest["values"]["epoch"] == 3
        assert set(manifest["arrays"]) == {f"model/{name}" for name in net.state_dict()}
        for name, entry in manifest["arrays"].items():
            array = file[name]
            assert same(array, net.state_dict()[name.removeprefix("model/")])
            assert entry == {
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
            }


def test_equal_states_give_equal_bytes(path, tmp_path):
    pydl.save(path, model=network())
    pydl.save(tmp_path / "again.npz", model=network())
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_random_streams_go_on(path, kind):
    stream, other = np.random.Generator(kind(1)), np.random.Generator(kind(2))
    stream.integers(10, dtype=np.uint32)  # half of a 64-bit draw is left over
    pydl.save(path, stream=stream)
    assert pydl.load(path, stream=other) == {}
    assert other.integers(2**32, size=9, dtype=np.uint32).tolist() == (
        stream.integers(2**32, size=9, dtype=np.uint32).tolist()
    )


def test_other_layouts_and_kinds_of_arrays(path):
    matrix = np.arange(6.0).reshape(2, 3)
    turned, strided = np.asfortranarray(matrix), matrix[:, ::2]
    pydl.save(path, turned=turned, strided=strided, tensor=pydl.tensor([1.0]), scalar=np.float32(2))
    found = pydl.load(path)
    assert same(found["turned"], matrix)
    assert same(found["strided"], strided.copy())
    assert same(found["tensor"], np.ones(1, "float32"))
    assert same(found["scalar"], np.array(2, "float32"))
    assert all(array.flags.writeable for array in found.values())


@pytest.mark.parametrize(
    ("parts", "error", "words"),
    [
        ({"a": object()}, TypeError, "a: object cannot be saved"),
        ({"a": {"b": [print]}}, TypeError, "a/b/0: builtin_function_or_method"),
        ({"a": np.array([None])}, TypeError, "a: an array of object"),
        ({"a": np.zeros(1, "f4,i4")}, TypeError, "a: an array of"),
        ({"a": {1: 2}}, TypeError, "a: keys must be text to be saved, not 1"),
        ({"a": {"$array": 1}}, ValueError, r"the key '\$array' cannot be saved"),
        ({"a": {"\0": 1}}, ValueError, "keys are printable"),
        ({"a": {"b/c": np.ones(1), "b": {"c": np.ones(1)}}}, ValueError, "two arrays have the name 'a/b/c'"),
    ],
)
def test_what_cannot_be_saved_teaches_and_leaves_the_file(path, parts, error, words):
    pydl.save(path, x=1)
    with pytest.raises(error, match=words):
        pydl.save(path, **parts)
    assert pydl.load(path) == {"x": 1}


# ------------------------------------------------------------ resuming


def test_resumed_runs_end_in_the_same_bits(tmp_path):
    assert stress.lost_bits(tmp_path, stops=30) == 0


@pytest.mark.parametrize("part", ["model", "optimizer", "batches", "rng"])
def test_each_part_of_a_run_is_needed(tmp_path, monkeypatch, part):
    """The test above can fail: it does when one part is not put back."""
    load = pydl.load
    monkeypatch.setattr(pydl, "load", lambda path, **parts: load(path, **{k: parts[k] for k in parts if k != part}))
    assert stress.lost_bits(tmp_path, stops=20, every=6) == 4


def test_a_run_goes_on_on_another_device(path):
    here, there = network(seed=1), network(seed=2).to("strict")
    optimizers = [optim.SGD(net.parameters(), lr=0.1, momentum=0.9) for net in (here, there)]

    def step(net, optimizer):
        optimizer.zero_grad()
        (net(pydl.tensor(np.ones((5, 2), "float32")).to(net[0].weight.device)) ** 2).mean().backward()
        optimizer.step()

    step(here, optimizers[0])
    pydl.save(path, model=here, optimizer=optimizers[0])
    pydl.load(path, model=there, optimizer=optimizers[1])
    assert same(there.state_dict(), here.state_dict())
    assert there[0].weight.device == "strict"
    for net, optimizer in zip((here, there), optimizers, strict=True):
        step(net, optimizer)
    assert same(there.state_dict(), here.state_dict())
    pydl.save(path, model=there)
    assert same(pydl.load(path)["model"], here.state_dict())


# ------------------------------------------------------------ what does not fit


def test_misfits_are_listed_and_nothing_changes(path):
    pydl.save(path, rng=np.random.default_rng(5), model=network(3), optimizer=optim.Adagrad(network(3).parameters()))
    net, rng = network(4), np.random.default_rng(6)
    before = net.state_dict(), rng.bit_generator.state
    with pytest.raises(ValueError, match="does not fit; nothing was loaded") as caught:
        pydl.load(path, rng=rng, model=net, optimizer=optim.Adagrad(net.parameters()))
    assert "model/0.weight: saved shape (3, 2), here (4, 2)" in str(caught.value)
    assert "optimizer/groups/0/state/sum: saved shape (13,), here (17,)" in str(caught.value)
    assert same(net.state_dict(), before[0])
    assert rng.bit_generator.state == before[1]


def test_names_that_do_not_fit(path):
    pydl.save(path, model=nn.Sequential(nn.Linear(2, 3)))
    with pytest.raises(ValueError, match=r"missing: model/weight\n(.*\n)*  unexpected: model/0\.weight") as caught:
        pydl.load(path, model=nn.Linear(2, 3))
    assert str(path) in str(caught.value)
    with pytest.raises(ValueError, match="has no net: it holds model"):
        pydl.load(path, net=nn.Linear(2, 3))
    with pytest.raises(TypeError, match=r"load: model is of type int.*load\(path\)\['model'\]"):
        pydl.load(path, model=3)


def test_an_optimizers_counts_are_numbers(path):
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    before = optimizer.state_dict()
    pydl.save(path, optimizer=before | {"step_count": "3"})
    with pytest.raises(ValueError, match="optimizer does not take its saved state, nothing was loaded: 'str' object"):
        pydl.load(path, optimizer=optimizer)
    assert same(optimizer.state_dict(), before)


def test_when_a_later_part_refuses_the_earlier_ones_are_put_back(path):
    class Picky:
        def state_dict(self):
            return {"x": 1}

        def load_state_dict(self, state):
            if state["x"] != 1:
                raise KeyError("no such x")

    pydl.save(path, model=network(seed=1), picky={"x": 2})
    net = network(seed=2)
    before = net.state_dict()
    with pytest.raises(ValueError, match="picky does not take its saved state, nothing was loaded: 'no such x'"):
        pydl.load(path, model=net, picky=Picky())
    assert same(net.state_dict(), before)
