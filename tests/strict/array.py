"""An array on the CPU that behaves as CuPy's: what CuPy refuses, it refuses.

It holds a `numpy.ndarray` and is none, for ``np.asarray`` never asks a subclass. It departs from CuPy where
CuPy is silent: copying host data in an assignment, or assigning different values to one element, is refused.
"""

from functools import partial

import numpy as np

from .table import TABLE, VERSION, RefusedError, check, check_ufunc

__all__ = ["StrictArray", "call", "call_ufunc"]

SCALARS = (bool, int, float, complex, np.generic)
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
# These hand a number back to NumPy's callers, but a 0-d array to CuPy's.
DEVICE_SCALARS = {"allclose", "array_equal", "array_equiv", "count_nonzero"}
# The shape of these results depends on values, so CuPy waits for the GPU.
SYNCHRONISE = {"argwhere", "bincount", "compress", "extract", "flatnonzero", "nonzero", "unique"}
# Methods and properties that speak of GPU memory, or exist in CuPy alone, have no stand-in.
UNAVAILABLE = {"data", "device", "dump", "dumps", "flat"}
# The types that ufunc.at takes with index arrays (cupy/_core/_routines_indexing.pyx).
SCATTER = {"add": "e f d i I L Q", "subtract": "i I", "maximum": "f d i I L Q", "minimum": "f d i I L Q"}
BITWISE = "i I l L q Q"


def _take(a, indices, axis=None, out=None):
    return np.take(a, indices, axis, out, mode="wrap")


def _take_along_axis(a, indices, axis):
    size = a.size if axis is None else a.shape[axis]
    return np.take_along_axis(a, indices % size if size else indices, axis)


# CuPy wraps indices out of range around instead of raising IndexError.
WRAPS = {"take": _take, "take_along_axis": _take_along_axis}


def call(name, function, args, kwargs):
    """Call NumPy's `function` on the arrays held by `args` and `kwargs`; arrays that come out are strict."""
    known = {}  # so that out= and results that are an argument itself keep their identity

    def lower(value):
        if isinstance(value, StrictArray):
            known[id(value._host)] = value
            return value._host
        if isinstance(value, np.ndarray) and name != "take":  # take copies host indices, as x[i] does
            raise RefusedError(f"{VERSION} refuses {name} of a host array: move it with to_device first")
        return type(value)(map(lower, value)) if type(value) in (list, tuple) else value

    def lift(value):
        if isinstance(value, (np.ndarray, np.generic)):
            return known[id(value)] if id(value) in known else StrictArray(np.asarray(value))
        if isinstance(value, tuple) and name.startswith("unique_"):
            return value._make(map(lift, value))
        if isinstance(value, (list, tuple)):  # the named results of linalg are plain tuples in CuPy
            return (list if isinstance(value, list) else tuple)(map(lift, value))
        return StrictArray(np.asarray(value)) if name in DEVICE_SCALARS else value

    if name.partition("_")[0] in SYNCHRONISE or (name == "where" and len(args) == 1):
        StrictArray.synchronisations += 1
    lowered = [lower(value) for value in args], {key: lower(value) for key, value in kwargs.items()}
    return lift(WRAPS.get(name, function)(*lowered[0], **lowered[1]))


def call_ufunc(ufunc, method, args, kwargs):
    """Call a ufunc or one of its methods as CuPy's ufunc of the same name would."""
    name = ufunc.__name__
    check_ufunc(name, method, args, kwargs)
    if method == "at":
        return _scatter(ufunc, *args)
    return call(name, getattr(ufunc, method), args, kwargs)


def _scatter(ufunc, array, key, *values):
    key, advanced = _index(key, array.shape)
    if advanced and array.dtype.char not in SCATTER.get(ufunc.__name__, BITWISE).split():
        raise RefusedError(f"{VERSION} has no {ufunc.__name__}.at for {array.dtype} arrays")
    return call(f"{ufunc.__name__}.at", lambda a, *b: ufunc.at(a, key, *b), (array, *values), {})


def _index(key, shape):
    """Return `key` for NumPy with indices wrapped around as CuPy does, and whether it holds arrays.

    The ellipsis at its end makes ``x[0, 0]`` a 0-d view. Index arrays and lists of the host are copied
    by CuPy without a word, and are let through.
    """
    parts, arrays = list(key) if isinstance(key, tuple) else [key], False
    for i, part in enumerate(parts):
        if isinstance(part, (StrictArray, np.ndarray, list, bool, np.bool_)):
            parts[i] = part._host if isinstance(part, StrictArray) else np.asarray(part)
            if isinstance(part, list) and not part:
                parts[i] = parts[i].astype(int)
            arrays = True
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    axis, free = 0, len(shape) - sum(map(_axes, parts))
    for i, part in enumerate(parts):
        if isinstance(part, np.ndarray) and part.dtype.kind in "iu" and axis < len(shape) and shape[axis]:
            parts[i] = part % shape[axis]
        StrictArray.synchronisations += isinstance(part, np.ndarray) and part.dtype.kind == "b"
        axis += free if part is Ellipsis else _axes(part)
    return tuple(parts), arrays


def _axes(part):
    """Return how many axes a part of an index uses up."""
    if part is None or part is Ellipsis:
        return 0
    return part.ndim if isinstance(part, np.ndarray) and part.dtype.kind == "b" else 1


class Flags:
    """What CuPy says of an array's memory; there is no ``writeable``."""

    def __init__(self, flags):
        self._flags = flags

    def __getattr__(self, name):
        if name not in TABLE["flags"].split():
            raise AttributeError(f"{VERSION}: an array's flags have no {name!r}")
        return getattr(self._flags, name)

    def __getitem__(self, name):
        return getattr(self, name.lower())


class StrictArray:
    """A stand-in for `cupy.ndarray`; it wraps `host` without copying it.

    ``StrictArray.synchronisations`` counts how often the host would have waited for the GPU.
    """

    __slots__ = ("__weakref__", "_host")
    __array_priority__ = 100
    __hash__ = None
    synchronisations = 0

    def __init__(self, host):
        if not isinstance(host, np.ndarray) or host.dtype.kind not in "biufc" or host.dtype.itemsize > 16:
            raise RefusedError(f"{VERSION} has no arrays of {getattr(host, 'dtype', type(host).__name__)}")
        self._host = host

    # NumPy's protocols

    def __array__(self, dtype=None, copy=None):
        raise RefusedError(f"{VERSION} refuses implicit conversion to a NumPy array: use to_numpy, or .get()")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if "out" in kwargs:
            if len(kwargs["out"]) != 1:
                raise RefusedError(f"{VERSION} refuses {ufunc.__name__} with two outputs in out=")
            kwargs["out"] = kwargs["out"][0]
        if method == "at" and isinstance(inputs[1], (tuple, list, slice)):
            raise RefusedError(
                f"{VERSION} refuses np.{ufunc.__name__}.at with a {type(inputs[1]).__name__} as index:"
                f" call namespace(x).{ufunc.__name__}.at"
            )
        operands = (*inputs, kwargs.get("out", 0))
        if not all(isinstance(x, (StrictArray, np.ndarray, *SCALARS)) for x in operands):
            return NotImplemented
        if ufunc.__name__ in COMPARISONS:
            inputs = [x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in inputs]
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        if not all(issubclass(t, (StrictArray, np.ndarray)) for t in types):
            return NotImplemented
        name = f"{function.__module__}.{function.__name__}".removeprefix("numpy.")
        check(name, args, kwargs)
        return call(name, function, args, kwargs)

    # Indexing

    def __getitem__(self, key):
        return StrictArray(self._host[_index(key, self.shape)[0]])

    def __setitem__(self, key, value):
        if not isinstance(value, (StrictArray, *SCALARS)):
            raise RefusedError(
                f"assigning a {type(value).__name__} to elements of a device array is a hidden copy from the"
                f" host ({VERSION} makes it without a word): move it with to_device first"
            )
        key, advanced = _index(key, self.shape)
        if not isinstance(value, StrictArray):
            self._host[key] = value
            return
        given = value._host.astype(self.dtype)
        self._host[key] = given
        stored = self._host[key]
        given = given.reshape(given.shape[max(given.ndim - stored.ndim, 0) :])
        if advanced and not np.all((stored == given) | ((stored != stored) & (given != given))):
            raise RefusedError("an index array names one element twice with different values: undefined on a GPU")

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    # The way home: the host waits for the GPU

    def get(self, stream=None, order="C", out=None, blocking=True):
        """Return a copy as a NumPy array."""
        if out is not None or stream is not None:
            raise NotImplementedError("the strict kind has no streams, and get() fills no array")
        StrictArray.synchronisations += 1
        return self._host.copy(order=order)

    def __repr__(self):
        return repr(self.get())

    def __format__(self, spec):
        return format(self.get(), spec)

    # Methods and properties, by CuPy's table

    @property
    def base(self):
        """The array whose memory this is a view of."""
        return None if self._host.base is None else StrictArray(self._host.base)

    @property
    def flags(self):
        """What is known of the memory."""
        return Flags(self._host.flags)

    def __getattr__(self, name):
        listed = name in TABLE["methods"] or name in TABLE["properties"].split()
        if name.startswith("_") or not listed or name in UNAVAILABLE or not hasattr(np.ndarray, name):
            raise AttributeError(f"an array of {VERSION} (as the strict kind sees it) has no {name!r}")
        if name in TABLE["methods"]:
            return partial(self._method, name)
        return call(name, lambda host: getattr(host, name), (self,), {})

    def _method(self, name, *args, **kwargs):
        check(name, args, kwargs, "methods")
        if name in ("item", "tobytes", "tofile", "tolist"):
            return getattr(self.get(), name)(*args, **kwargs)
        return call(name, getattr(np.ndarray, name), (self, *args), kwargs)

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return StrictArray, (self.get(),)


def _should_defer(array, other):
    """Tell whether `other` shall answer first (CuPy's rule, NEP 13)."""
    if hasattr(other, "__array_ufunc__"):
        return other.__array_ufunc__ is None
    return getattr(other, "__array_priority__", 0) > array.__array_priority__


def _operator(ufunc, reflected=False, in_place=False):
    def operator(self, *other):
        if any(_should_defer(self, x) for x in other) and not in_place:
            return NotImplemented
        operands = (*other, self) if reflected else (self, *other)
        return ufunc(*operands, out=self) if in_place else ufunc(*operands)

    return operator


UFUNC_OF = {
    "abs": "absolute", "add": "add", "and": "bitwise_and", "divmod": "divmod", "eq": "equal",
    "floordiv": "floor_divide", "ge": "greater_equal", "gt": "greater", "invert": "invert",
    "le": "less_equal", "lshift": "left_shift", "lt": "less", "matmul": "matmul", "mod": "remainder",
    "mul": "multiply", "ne": "not_equal", "neg": "negative", "or": "bitwise_or", "pos": "positive",
    "pow": "power", "rshift": "right_shift", "sub": "subtract", "truediv": "divide", "xor": "bitwise_xor",
}  # fmt: skip
OPERATORS = TABLE["operators"].split()  # without __index__ and __imatmul__, so x @= y rebinds
for _name, _ufunc in UFUNC_OF.items():
    for _prefix, _how in (("", {}), ("r", {"reflected": True}), ("i", {"in_place": True})):
        if f"__{_prefix}{_name}__" in OPERATORS:
            setattr(StrictArray, f"__{_prefix}{_name}__", _operator(getattr(np, _ufunc), **_how))
for _number in (bool, int, float, complex):
    setattr(StrictArray, f"__{_number.__name__}__", lambda self, number=_number: number(self.get()))
