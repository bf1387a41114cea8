"""The image sets: balanced, exact, immutable, and scaled right."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pooch
import pytest
import requests

import pydl.backend as backend
from pydl.data import MNIST, Digits, FashionMNIST, ImageDataset, fetch
from pydl.errors import DataError

SMALL = [(MNIST, True, 10000), (MNIST, False, 2000), (FashionMNIST, True, 2000), (FashionMNIST, False, 1000)]


def here(dataset, train):
    """Tell whether this machine holds the full set, so that no test fetches it."""
    folders = [folder / dataset._folder for folder in fetch.search_folders()]
    names = [file.name for file in dataset._files["train" if train else "test"]]
    return all(any((f / n).exists() or (f / f"{n}.gz").exists() for f in folders) for n in names)


@pytest.mark.parametrize(("dataset", "train", "n"), SMALL)
def test_small_sets_are_balanced_and_indexed(dataset, train, n):
    data = dataset(train=train)
    assert len(data) == n
    assert (data.images.shape, data.images.dtype) == ((n, 28, 28), np.uint8)
    assert (data.labels.shape, data.labels.dtype) == ((n,), np.int64)
    assert np.bincount(data.labels).tolist() == [n // 10] * 10
    assert (np.diff(data.indices) > 0).all()
    assert 0 <= data.indices[0] <= data.indices[-1] < (60_000 if train else 10_000)
    assert data.images.min() == 0
    assert data.images.max() == 255


@pytest.mark.parametrize(("dataset", "train", "n"), SMALL)
def test_small_sets_are_parts_of_the_full_ones(dataset, train, n):
    if not here(dataset, train):
        pytest.skip(f"full {dataset.__name__} is not on this machine (PYDL_DATA={os.environ.get('PYDL_DATA')})")
    small, full = dataset(train=train), dataset(train=train, size="full")
    assert full.images.shape == (60_000 if train else 10_000, 28, 28)
    np.testing.assert_array_equal(full.images[small.indices], small.images)
    np.testing.assert_array_equal(full.labels[small.indices], small.labels)


def test_digits_are_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets")
    theirs, ours = datasets.load_digits(), Digits()
    np.testing.assert_array_equal(ours.images, theirs.images)
    np.testing.assert_array_equal(ours.labels, theirs.target)
    np.testing.assert_array_equal(ours.arrays()[0], (theirs.data / 16).astype(np.float32))


@pytest.mark.parametrize("data", [MNIST(False), Digits()], ids=["MNIST", "Digits"])
def test_arrays_and_items_are_scaled_to_one(data):
    X, y = data.arrays()
    n, height, width = data.images.shape
    assert X.shape == (n, height * width)
    assert X.dtype == np.float32
    assert (X.min(), X.max()) == (0, 1)
    np.testing.assert_array_equal(X, (data.images / data.white).astype(np.float32).reshape(n, -1))
    np.testing.assert_array_equal(y, data.labels)
    images, _ = data.arrays(flat=False, dtype="float64")
    assert images.shape == (n, 1, height, width)
    assert images.dtype == np.float64
    image, label = data[3]
    np.testing.assert_array_equal(image, X[3].reshape(height, width))
    assert (type(label), label) == (int, y[3])
    some, labels = data[[1, 5]]
    np.testing.assert_array_equal(some, X[[1, 5]].reshape(2, height, width))
    np.testing.assert_array_equal(labels, y[[1, 5]])
    assert sum(1 for _ in data) == len(data)


def test_default_dtype_is_kept():
    backend.set_default_dtype("float64")
    try:
        assert Digits().arrays()[0].dtype == Digits()[0][0].dtype == np.float64
    finally:
        backend.set_default_dtype("float32")


def test_nothing_in_a_dataset_can_be_changed():
    data = Digits()
    for array in (data.images, data.labels, data.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.images = data.labels
    X, y = data.arrays()
    X[:], y[:] = -1, -1  # fresh arrays are the reader's own
    assert data.arrays()[0].min() == data.arrays()[1].min() == 0


def test_repr_says_what_it_is():
    assert repr(MNIST(train=False)).startswith(
        "MNIST(train=False, size='small'): 2000 images of 28×28 pixels in 10 classes (0, 1,"
    )
    assert "ankle boot" in repr(FashionMNIST())


def test_bad_arguments_teach():
    with pytest.raises(TypeError, match=r"train must be True .* or False .*, got 'test'"):
        MNIST("test")
    with pytest.raises(ValueError, match=r'size must be "small" \(10000 .* or "full" .*, got 60000'):
        MNIST(size=60000)
    with pytest.raises(TypeError, match=r"needs a float dtype, got uint8; \.images"):
        Digits().arrays(dtype=np.uint8)
    with pytest.raises(IndexError):
        Digits()[1797]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": np.zeros((2, 4), np.uint8)}, r"images: expected uint8 of shape \(N, H, W\), got uint8"),
        ({"images": np.zeros((2, 2, 2))}, "got float64"),
        ({"labels": np.zeros(3, np.int64)}, r"labels: expected int64 of shape \(2,\), one for each image"),
        ({"labels": np.zeros(2, np.uint8)}, "labels: expected int64"),
        ({"labels": np.array([0, 2])}, "labels from 0 to 2, but 2 classes: expected 0 to 1"),
        ({"labels": np.array([-1, 1])}, "labels from -1 to 1"),
        ({"indices": np.arange(3)}, "indices: expected int64"),
    ],
)
def test_own_dataset_is_checked(change, words):
    good = {
        "images": np.zeros((2, 3, 3), np.uint8),
        "labels": np.array([0, 1]),
        "classes": ("cat", "dog"),
        "indices": np.arange(2),
    }
    assert repr(ImageDataset(**good)) == "ImageDataset(): 2 images of 3×3 pixels in 2 classes (cat, dog)"
    with pytest.raises(ValueError, match=words):
        ImageDataset(**{**good, **change})


def test_offline_error_names_the_published_addresses(monkeypatch, tmp_path):
    def refuse(self, url, output_file, pooch):
        raise requests.exceptions.ConnectionError("no network")

    monkeypatch.delenv("PYDL_DATA", raising=False)
    monkeypatch.setattr(fetch, "SYSTEM", ())
    monkeypatch.setattr(pooch, "os_cache", lambda project: Path(tmp_path) / project)
    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", refuse)
    with pytest.raises(DataError) as caught:
        MNIST(size="full")
    for part in (
        "mnist/train-images-idx3-ubyte",
        "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz",
        "https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz",
        str(tmp_path / "pydl" / "mnist"),
        'size="small"',
    ):
        assert part in str(caught.value)
    assert len(MNIST()) == 10_000  # the embedded part needs nothing


def test_a_damaged_full_set_is_refused(monkeypatch, tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte").write_bytes(bytes(16 + 10_000 * 784))
    monkeypatch.setenv("PYDL_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte cannot be used: found 7840016 bytes with SHA-256"):
        MNIST(train=False, size="full")


@pytest.mark.parametrize("dataset", [MNIST, FashionMNIST, Digits])
def test_nearest_class_mean_recognizes_most(dataset):
    """Images and labels belong together; guessing would be right one time in ten."""
    if dataset is Digits:
        X, y = Digits().arrays()
        train, test = (X[::2], y[::2]), (X[1::2], y[1::2])
    else:
        train, test = dataset(True).arrays(), dataset(False).arrays()
    means = np.stack([train[0][train[1] == label].mean(0) for label in range(10)])
    guess = (test[0] @ means.T - 0.5 * (means**2).sum(1)).argmax(1)
    assert (guess == test[1]).mean() > 0.6
