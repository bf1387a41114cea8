"""A module-like object with CuPy's functions, for strict arrays: what `pydl.backend.namespace` returns."""

from functools import partial
from types import ModuleType

import numpy as np

from .array import StrictArray, call, call_ufunc
from .table import TABLE, VERSION, check

__all__ = ["strict_namespace"]

# The only functions that take data of the host, and copy it.
FROM_HOST = {"array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray"}


class StrictUfunc:
    """A ufunc of CuPy, with its methods."""

    def __init__(self, ufunc):
        self._ufunc = ufunc

    def __call__(self, *args, **kwargs):
        return call_ufunc(self._ufunc, "__call__", args, kwargs)

    def __getattr__(self, method):
        if method not in TABLE["ufuncs"].get(self._ufunc.__name__, "").split():
            raise AttributeError(f"{VERSION} has no {self._ufunc.__name__}.{method}")
        return lambda *args, **kwargs: call_ufunc(self._ufunc, method, args, kwargs)


def _call(name, function, *args, **kwargs):
    check(name, args, kwargs)
    if name == "asnumpy":
        return args[0].get(**kwargs)
    kwargs.pop("blocking", None)
    if name in FROM_HOST and isinstance(args[0], np.ndarray):  # the GPU has memory of its own
        return StrictArray(np.array(function(*args, **kwargs)))
    return call(name, function, args, kwargs)


class StrictNamespace:
    """CuPy's names under `prefix`; each answers with NumPy's function on the arrays held."""

    def __init__(self, prefix="", module=np):
        self._prefix, self._module = prefix, module

    def __getattr__(self, name):
        path = self._prefix + name
        value = StrictArray if path == "ndarray" else getattr(self._module, name, None)
        if path in TABLE["ufuncs"] and isinstance(value, np.ufunc):
            return StrictUfunc(value)
        if path in TABLE["functions"] or path in TABLE["ufuncs"]:  # fix, i0 and sinc are functions in NumPy
            return partial(_call, path, value)
        if isinstance(value, ModuleType) and any(key.startswith(f"{path}.") for key in TABLE["functions"]):
            return StrictNamespace(f"{path}.", value)
        if path in TABLE["values"].split() and hasattr(np, name):
            return value
        raise AttributeError(f"{VERSION} has no {path!r} (as the strict kind sees it)")


strict_namespace = StrictNamespace()
