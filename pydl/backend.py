"""The seam between NumPy and CuPy: the only file of pydl that imports CuPy.

Kernels elsewhere call NumPy's functions; arrays of another kind answer through NumPy's own
protocols (``__array_ufunc__``, ``__array_function__``). What those protocols do not reach
(creating arrays, moving them) is here. To its users pydl shows one notion only, the *device*:
``"cpu"`` or ``"cuda"``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from pydl.errors import DeviceError

__all__ = [
    "Array",
    "ArrayKind",
    "asarray",
    "cuda_problem",
    "default_device",
    "default_dtype",
    "device_of",
    "fuse",
    "is_array",
    "namespace",
    "register_kind",
    "set_default_device",
    "set_default_dtype",
    "to_device",
    "to_numpy",
]

type_ = type
Array = Any
"""An array of any registered kind: `numpy.ndarray`, or `cupy.ndarray` on a GPU."""


class ArrayKind(NamedTuple):
    """One kind of array: its type, the module that creates it, its device, and the way home."""

    type: type_
    namespace: ModuleType
    device: str
    to_numpy: Any


_NUMPY = ArrayKind(np.ndarray, np, "cpu", np.asarray)
_by_type: dict[type, ArrayKind] = {np.ndarray: _NUMPY}
_by_device: dict[str, ArrayKind] = {"cpu": _NUMPY}
_DTYPES = ("float32", "float64")
_default: dict[str, Any] = {"device": "cpu", "dtype": np.dtype("float32")}


def register_kind(kind: ArrayKind) -> None:
    """Make `kind` known, so that its arrays may enter every op (the tests' strict kind does this)."""
    _by_type[kind.type] = kind
    _by_device[kind.device] = kind


def _cuda() -> ArrayKind:
    """Import CuPy once and register its array, or say what is missing and how to get it."""
    if "cuda" not in _by_device:
        if problem := cuda_problem():
            raise DeviceError(problem)
        import cupy

        register_kind(ArrayKind(cupy.ndarray, cupy, "cuda", functools.partial(cupy.asnumpy, order="A")))
    return _by_device["cuda"]


def cuda_problem() -> str | None:
    """Say why ``"cuda"`` cannot be used here, with the way out; None where it can."""
    way_out = "Use PYDL_DEVICE=cpu (or unset it) to run on the CPU."
    try:
        import cupy
    except ImportError as error:
        return (
            f"device 'cuda' needs CuPy, which cannot be imported ({error}). Install it for your CUDA version:"
            f" pip install 'pydl-course[cuda12]' or 'pydl-course[cuda13]'. {way_out}"
        )
    try:
        if cupy.cuda.runtime.getDeviceCount() < 1:
            return f"device 'cuda': CuPy {cupy.__version__} is installed, but the driver shows no GPU. {way_out}"
    except cupy.cuda.runtime.CUDARuntimeError as error:
        return f"device 'cuda': CuPy {cupy.__version__} is installed, but no CUDA driver answers ({error}). {way_out}"
    return None


def _kind(device: str) -> ArrayKind:
    if device in _by_device:
        return _by_device[device]
    if device == "cuda":
        return _cuda()
    raise ValueError(f"unknown device {device!r}: expected one of {sorted({'cuda', *_by_device})}")


def _kind_of(array: Array) -> ArrayKind:
    kind = _by_type.get(type(array))
    if kind is None:
        for known in type(array).__mro__:
            if known in _by_type:
                return _by_type[known]
        if type(array).__module__.partition(".")[0] == "cupy":
            return _cuda()
        return _NUMPY  # Python numbers and NumPy scalars live on the host
    return kind


def is_array(value: object) -> bool:
    """Tell whether `value` is an array or NumPy scalar that an op can take as it is."""
    return isinstance(value, (np.ndarray, np.generic)) or _kind_of(value) is not _NUMPY


def namespace(array: Array) -> ModuleType:
    """Return the module (numpy, cupy) that creates arrays beside `array`."""
    return _kind_of(array).namespace


def device_of(array: Array) -> str:
    """Return the name of the device that holds `array`."""
    return _kind_of(array).device


def fuse(formula: Callable[..., Any], surround: Callable[..., Any]) -> Callable[..., Any]:
    """Return what `surround` makes of an elementwise formula as one kernel of the GPU, by CuPy's tracer.

    The tracer follows operators and CuPy's own functions, not NumPy's protocols: in the formula's twin here, the
    name ``np`` means CuPy.
    """
    cupy = _cuda().namespace
    names = formula.__globals__ | {"np": cupy}
    twin = FunctionType(formula.__code__, names, formula.__name__, formula.__defaults__, formula.__closure__)
    return cupy.fuse(kernel_name=formula.__name__)(surround(twin))


def default_device() -> str:
    """Return the device on which new tensors and parameters are made."""
    return _default["device"]


def set_default_device(device: str) -> None:
    """Choose where new tensors and parameters are made.

    Parameters
    ----------
    device : {"cpu", "cuda", "auto"}
        ``"auto"`` takes the GPU where there is one. The environment variable ``PYDL_DEVICE``
        sets the same at import.

    Raises
    ------
    DeviceError
        If ``"cuda"`` is asked for and CuPy or a driver is missing.
    ValueError
        If the name is unknown.
    """
    if device == "auto":
        device = "cpu" if cuda_problem() else "cuda"
    _default["device"] = _kind(device).device


def default_dtype() -> np.dtype:
    """Return the type that Python floats, random weights and scaled images get: float32 unless changed."""
    return _default["dtype"]


def set_default_dtype(dtype: Any) -> None:
    """Choose ``"float32"`` or ``"float64"`` for new tensors made of Python numbers, and for weights."""
    name = np.dtype(dtype).name
    if name not in _DTYPES:
        raise ValueError(f"the default dtype must be one of {_DTYPES}, not {name!r}")
    _default["dtype"] = np.dtype(name)


def to_device(array: Array, device: str) -> Array:
    """Return `array` on `device`, itself where it is there already."""
    kind, target = _kind_of(array), _kind(device)
    if kind is target:
        return array
    return target.namespace.asarray(kind.to_numpy(array))


def to_numpy(array: Array) -> np.ndarray:
    """Return `array` as a NumPy array on the host."""
    return np.asarray(_kind_of(array).to_numpy(array))


def asarray(value: Any, dtype: Any = None, device: str | None = None) -> Array:
    """Return `value` as an array; Python floats get the default dtype, arrays keep theirs.

    An array stays on its device unless `device` is given; anything else goes to the default one.
    """
    if type(value) in _by_type or is_array(value):
        array = np.asarray(value) if isinstance(value, np.generic) else value
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        if array.dtype.kind not in "fiubc":
            raise TypeError(f"cannot compute with an array of dtype {array.dtype}: convert it to numbers first")
        return array if device is None else to_device(array, device)
    try:
        array = np.asarray(value, dtype=dtype)
    except (OverflowError, TypeError, ValueError) as error:
        base = TypeError if isinstance(error, TypeError) else ValueError
        raise base(f"cannot make an array of {type(value).__name__} {value!r:.60}: {error}") from None
    if array.dtype.kind not in "fiubc":
        raise TypeError(f"cannot make a numeric array of {type(value).__name__} {value!r:.60} (dtype {array.dtype})")
    if dtype is None and array.dtype == np.float64:
        array = array.astype(_default["dtype"])
    return to_device(array, default_device() if device is None else device)


if "PYDL_DEVICE" in os.environ:
    set_default_device(os.environ["PYDL_DEVICE"] or "cpu")
