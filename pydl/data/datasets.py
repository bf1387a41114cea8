"""Image data sets: MNIST, Fashion-MNIST and the small digits, embedded or whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pydl.backend import Array, default_device, default_dtype, to_device
from pydl.data.fetch import PublishedFile, embedded, find, obtain
from pydl.data.idx import parse_idx

__all__ = ["MNIST", "Digits", "FashionMNIST", "ImageDataset"]


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
    """Grey images with a class label each. Nothing in it can be changed.

    ``dataset[i]`` is the pair (image scaled to [0, 1] in the default dtype, label); a slice or an array of
    indices gives both for several samples. For training take `arrays`.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (N, H, W)
        Pixels from 0 (background) to `white`.
    labels : numpy.ndarray of int64, shape (N,)
        Positions in `classes`.
    classes : tuple of str
        The names of the classes.
    indices : numpy.ndarray of int64, shape (N,)
        The position of each sample in the set as it was published.
    white : int
        The pixel value that is scaled to 1.

    Raises
    ------
    ValueError
        If the arrays' shapes, types or ranges disagree.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    indices: np.ndarray
    white: int = 255

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.images.dtype != np.uint8:
            raise ValueError(
                f"images: expected uint8 of shape (N, H, W), got {self.images.dtype} of shape {self.images.shape}"
            )
        for name in ("labels", "indices"):
            array = getattr(self, name)
            if array.dtype != np.int64 or array.shape != (len(self),):
                raise ValueError(
                    f"{name}: expected int64 of shape ({len(self)},), one for each image,"
                    f" got {array.dtype} of shape {array.shape}"
                )
        if len(self) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise ValueError(
                f"labels from {self.labels.min()} to {self.labels.max()}, but {len(self.classes)} classes:"
                f" expected 0 to {len(self.classes) - 1}"
            )
        for array in (self.images, self.labels, self.indices):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> tuple[np.ndarray, Any]:
        labels = self.labels[index]
        return self._scaled(self.images[index], default_dtype()), labels if labels.ndim else int(labels)

    def __repr__(self) -> str:
        height, width = self.images.shape[1:]
        classes = f"{len(self.classes)} classes ({', '.join(self.classes)})"
        return f"{self._call()}: {len(self)} images of {height}×{width} pixels in {classes}"

    def _call(self) -> str:
        return f"{type(self).__name__}()"

    def _scaled(self, images: np.ndarray, dtype: np.dtype) -> np.ndarray:
        return np.divide(images, self.white, dtype=dtype)

    def arrays(self, flat: bool = True, dtype: Any = None) -> tuple[Array, Array]:
        """Return inputs X in [0, 1] and labels y as fresh arrays on the default device, ready for training.

        Parameters
        ----------
        flat : bool
            True for vectors, X of shape (N, H·W); False for images with one channel, (N, 1, H, W).
        dtype : {"float32", "float64"}, optional
            The type of X; the default dtype unless given.

        Returns
        -------
        X : array of `dtype`
            The scaled images.
        y : array of int64, shape (N,)
            The labels.

        Raises
        ------
        TypeError
            If `dtype` is not a floating-point type.

        Examples
        --------
        >>> X, y = MNIST(train=False).arrays()
        >>> X.shape, X.dtype, y.shape, y.dtype
        ((2000, 784), dtype('float32'), (2000,), dtype('int64'))
        """
        dtype = default_dtype() if dtype is None else np.dtype(dtype)
        if dtype.kind != "f":
            raise TypeError(f"arrays() scales pixels to [0, 1] and needs a float dtype, got {dtype}; .images are uint8")
        shape = (len(self), -1) if flat else (len(self), 1, *self.images.shape[1:])
        X = self._scaled(self.images, dtype).reshape(shape)
        return to_device(X, default_device()), to_device(self.labels.copy(), default_device())


class _MNISTLike(ImageDataset):
    """A set published as MNIST is: four IDX files, 60,000 + 10,000 images of 28×28 pixels."""

    _folder: ClassVar[str]
    _names: ClassVar[tuple[str, ...]]
    _small: ClassVar[str]
    _files: ClassVar[dict[str, tuple[PublishedFile, PublishedFile]]]

    def __init__(self, train: bool = True, size: str = "small") -> None:
        if not isinstance(train, (bool, np.bool_)):
            raise TypeError(f"train must be True (training set) or False (test set), got {train!r}")
        if size not in ("small", "full"):
            raise ValueError(f'size must be "small" ({self._small}) or "full" (60000 + 10000 images), got {size!r}')
        split = "train" if train else "test"
        if size == "small":
            arrays = embedded(f"{self._folder}.npz")
            images, labels, indices = (arrays[f"{split}_{part}"] for part in ("images", "labels", "indices"))
        else:
            images, labels = (parse_idx(obtain(file), file.name) for file in self._files[split])
            indices = np.arange(len(images))
        super().__init__(images, labels.astype(np.int64), self._names, indices.astype(np.int64))
        object.__setattr__(self, "_arguments", f"train={bool(train)}, size={size!r}")

    @classmethod
    def where(cls) -> str | None:
        """Return the folder in which this machine has the full set, None if it must be fetched first."""
        paths = [find(file) for pair in cls._files.values() for file in pair]
        return str(paths[0].parent) if paths[0] and all(paths) else None

    def _call(self) -> str:
        return f"{type(self).__name__}({self._arguments})"  # type: ignore[attr-defined]


def _published(
    folder: str, mirrors: tuple[str, ...], hashes: dict[str, str]
) -> dict[str, tuple[PublishedFile, PublishedFile]]:
    """Return the four files of a set published as MNIST is, as {split: (images, labels)}."""

    def file(kind: str, size: int) -> PublishedFile:
        return PublishedFile(folder, kind, size, hashes[kind], tuple(f"{m}{kind}.gz" for m in mirrors))

    return {
        split: (
            file(f"{prefix}-images-idx3-ubyte", 16 + n * 28 * 28),
            file(f"{prefix}-labels-idx1-ubyte", 8 + n),
        )
        for split, prefix, n in (("train", "train", 60_000), ("test", "t10k", 10_000))
    }


class MNIST(_MNISTLike):
    """Handwritten digits 0 to 9, 28×28 pixels.

    The small set comes with pydl: 10,000 + 2,000 of the original images, unchanged, equally many of each
    digit, taken at equal distances through the published order; `indices` says which. The full set has
    60,000 + 10,000. It is looked for in ``$PYDL_DATA/mnist``, in the system's folders and in the user's
    cache, then fetched (11 MB); its SHA-256 is checked each time before use.

    Parameters
    ----------
    train : bool
        True for the training set, False for the test set.
    size : {"small", "full"}
        Which of the two.

    Raises
    ------
    DataError
        If a file is damaged, or the full set is not here and cannot be fetched.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition,
    Proceedings of the IEEE 86 (1998). Licence of the data: CC BY-SA 3.0.

    Examples
    --------
    >>> digits = MNIST()
    >>> digits
    MNIST(train=True, size='small'): 10000 images of 28×28 pixels in 10 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    >>> image, label = digits[0]
    >>> image.shape, label
    ((28, 28), 5)
    """

    _folder = "mnist"
    _names = tuple("0123456789")
    _small = "10000 + 2000 images, embedded"
    _files = _published(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
    )


class FashionMNIST(_MNISTLike):
    """Articles of clothing in ten classes, 28×28 pixels: MNIST's format, harder to tell apart.

    The small set, 2,000 + 1,000 images chosen as in `MNIST`, comes with pydl. The full set is looked for
    below ``$PYDL_DATA/fashion-mnist``, in the system's folders (Debian's package ``dataset-fashion-mnist``)
    and in the user's cache, then fetched (31 MB); its SHA-256 is checked each time before use.

    Parameters
    ----------
    train : bool
        True for the training set, False for the test set.
    size : {"small", "full"}
        Which of the two.

    Raises
    ------
    DataError
        If a file is damaged, or the full set is not here and cannot be fetched.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, arXiv:1708.07747 (2017). Licence of the data: MIT.

    Examples
    --------
    >>> clothes = FashionMNIST(train=False)
    >>> len(clothes), clothes.classes[clothes.labels[0]]
    (1000, 'ankle boot')
    """

    _folder = "fashion-mnist"
    _names = (
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    )
    _small = "2000 + 1000 images, embedded"
    _files = _published(
        "fashion-mnist",
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        # Of the files whose MD5 Zalando publishes: f4a8712d…, 9018921c…, 8181f547…, 15d48437….
        {
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    )


class Digits(ImageDataset):
    """Handwritten digits 0 to 9 on 8×8 pixels of 17 grey levels: 1,797 images, embedded.

    Small enough that a network trains in a second. These are the test part of the UCI set "Optical
    Recognition of Handwritten Digits", in the order in which scikit-learn's ``load_digits`` gives them. For
    a training and a test set see `pydl.data.train_test_split`.

    References
    ----------
    E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository
    (1998), doi:10.24432/C50P49. Licence of the data: CC BY 4.0.

    Examples
    --------
    >>> Digits()
    Digits(): 1797 images of 8×8 pixels in 10 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    """

    def __init__(self) -> None:
        arrays = embedded("digits.npz")
        labels = arrays["labels"].astype(np.int64)
        super().__init__(arrays["images"], labels, tuple("0123456789"), np.arange(len(labels)), white=16)
