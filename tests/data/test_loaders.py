"""Batches cover an epoch exactly, in a seeded order, and a loader goes on where it stopped."""

import json
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydl.random
from pydl.data import DataLoader, Digits, loaders
from pydl.tensor import Tensor

SIZES = st.integers(1, 60)


def order(loader):
    """Return the sample numbers of one epoch of a loader over np.arange, batch by batch."""
    return [batch[0].numpy().tolist() for batch in loader]


@settings(max_examples=200, deadline=None)
@given(SIZES, SIZES, st.booleans(), st.booleans(), st.integers(0, 2**32), SIZES)
def test_an_epoch_holds_each_sample_once(n, size, shuffle, drop_last, seed, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaders, "_BLOCK_BYTES", 24 * block)  # 24 bytes a sample: x and y below
        X = np.stack([np.arange(n), -np.arange(n)], 1)
        if drop_last and size > n:
            with pytest.raises(ValueError, match=f"no batch to hand out: {n} samples, batch_size={size}"):
                DataLoader((X, np.arange(n)), size, shuffle, drop_last, seed)
            return
        loader = DataLoader((X, np.arange(n)), size, shuffle, drop_last, seed)
        batches = list(loader)
    assert len(batches) == len(loader)
    sizes = [len(y.numpy()) for _, y in batches]
    rest = [] if drop_last or n % size == 0 else [n % size]
    assert sizes == [size] * (n // size) + rest
    for x, y in batches:
        assert (type(x), type(y)) == (Tensor, Tensor)
        np.testing.assert_array_equal(x.numpy(), np.stack([y.numpy(), -y.numpy()], 1))
    seen = np.concatenate([y.numpy() for _, y in batches])
    if shuffle:
        assert len(set(seen.tolist())) == len(seen) == sum(sizes)
    else:
        np.testing.assert_array_equal(seen, np.arange(sum(sizes)))


def test_seeded_orders_are_the_same_in_each_run_and_new_in_each_epoch():
    data = (np.arange(100),)
    first, second = DataLoader(data, 10, shuffle=True, rng=5), DataLoader(data, 10, shuffle=True, rng=5)
    epochs = [order(first) for _ in range(3)]
    assert epochs == [order(second) for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]
    assert order(DataLoader(data, 10, shuffle=True, rng=6)) != epochs[0]


def test_the_order_does_not_depend_on_what_else_is_drawn():
    data = (np.arange(50),)
    pydl.random.seed(1)
    plain = DataLoader(data, 5, shuffle=True)
    epochs = [order(plain), order(plain)]
    pydl.random.seed(1)
    loader = DataLoader(data, 5, shuffle=True)
    first = order(loader)
    pydl.random.default_rng().random(1000)  # as dropout would
    assert [first, order(loader)] == epochs


def test_the_order_is_uniform():
    loader = DataLoader((np.arange(6),), 6, shuffle=True, rng=0)
    counts = np.zeros((6, 6))
    for _ in range(3000):
        counts[np.arange(6), order(loader)[0]] += 1
    assert np.abs(counts - 500).max() < 5 * np.sqrt(500 * 5 / 6)


def test_batches_without_shuffling_are_views():
    X, y = np.arange(12.0).reshape(6, 2), np.arange(6)
    for x_batch, y_batch in DataLoader((X, y), 4):
        assert np.shares_memory(x_batch.numpy(), X)
        assert np.shares_memory(y_batch.numpy(), y)
    for (x_batch,) in DataLoader((X,), 4, shuffle=True, rng=0):
        assert not np.shares_memory(x_batch.numpy(), X)


def test_tensors_are_taken_as_arrays():
    X = Tensor(np.arange(6.0).reshape(3, 2))
    ((batch,),) = DataLoader((X,), 3)
    assert np.shares_memory(batch.numpy(), X.numpy())


def test_a_dataset_gives_images_with_a_channel():
    images, labels = next(iter(DataLoader(Digits(), 32)))
    assert images.shape == (32, 1, 8, 8)
    assert images.dtype == np.float32
    np.testing.assert_array_equal(labels.numpy(), Digits().labels[:32])


def test_a_pass_left_early_does_not_shift_the_next():
    loader, other = (DataLoader((np.arange(20),), 3, shuffle=True, rng=2) for _ in range(2))
    epochs = [order(other) for _ in range(3)]
    assert next(iter(loader))[0].numpy().tolist() == epochs[0][0]
    assert [b[0].numpy().tolist() for b in islice(loader, 2)] == epochs[1][:2]
    assert order(loader) == epochs[2]


def test_two_passes_at_once_are_two_epochs():
    loader, other = (DataLoader((np.arange(20),), 5, shuffle=True, rng=2) for _ in range(2))
    epochs = [order(other), order(other)]
    both = [[x[0].numpy().tolist() for x in pair] for pair in zip(loader, loader, strict=True)]
    assert [list(passed) for passed in zip(*both, strict=True)] == epochs


@settings(max_examples=80, deadline=None)
@given(n=SIZES, size=SIZES, shuffle=st.booleans(), seed=st.integers(0, 2**32), stop=st.integers(1, 100))
def test_resumes_bit_for_bit(n, size, shuffle, seed, stop):
    def steps(loader):
        while True:
            for (x,) in loader:
                yield x.numpy().tolist(), loader.state_dict()

    def new(rng):
        return DataLoader((np.arange(n),), size, shuffle, rng=rng)

    whole = list(islice(steps(new(seed)), stop + 10))
    state = json.loads(json.dumps(whole[stop - 1][1]))
    resumed = new(seed + 1)
    resumed.load_state_dict(state)
    assert list(islice(steps(resumed), 10)) == whole[stop:]


def test_a_foreign_state_is_refused():
    loader = DataLoader((np.arange(20),), 5, shuffle=True, rng=0)
    state = loader.state_dict()
    with pytest.raises(ValueError, match=r"another loader: samples=20 \(here 21\), batch_size=5 \(here 7\)"):
        DataLoader((np.arange(21),), 7, shuffle=True).load_state_dict(state)
    with pytest.raises(ValueError, match="expected a loader's state with"):
        loader.load_state_dict({"epoch": 1})
    for wrong in ({"epoch": -1}, {"position": 5}, {"position": -1}, {"seed": -1}):
        with pytest.raises(ValueError, match="impossible state"):
            loader.load_state_dict({**state, **wrong})
    assert loader.state_dict() == state


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ((np.arange(3),), TypeError, r"needs a dataset or a tuple of arrays, got ndarray; write \(X, y\)"),
        (((np.zeros((3, 2)), np.zeros(4)),), ValueError, r"got shapes \[\(3, 2\), \(4,\)\]"),
        (((),), ValueError, r"got shapes \[\]"),
        (((np.zeros(0),),), ValueError, "no batch to hand out: 0 samples"),
        (((np.zeros(3),), 0), ValueError, "batch_size must be at least 1, got 0"),
        (((np.zeros(3),), 1.5), TypeError, "float"),
        (((np.zeros(3),), 4, False, True), ValueError, "take a smaller batch_size or drop_last=False"),
        (((["a", "b"],),), TypeError, "cannot make a numeric array"),
    ],
)
def test_bad_arguments_teach(arguments, kind, words):
    with pytest.raises(kind, match=words):
        DataLoader(*arguments)


def test_repr_says_what_it_hands_out():
    assert repr(DataLoader((np.zeros((5, 2)), np.zeros(5)), 2, True)) == (
        "DataLoader((5, 2), (5,)): 3 batches of 2, shuffle=True, drop_last=False"
    )
