"""What CuPy has, read from ``cupy_api.json``, and the refusal of what it lacks."""

import json
from functools import cache
from inspect import Parameter, Signature
from pathlib import Path

__all__ = ["TABLE", "VERSION", "RefusedError", "check", "check_ufunc", "signature"]

TABLE = json.loads(Path(__file__).with_name("cupy_api.json").read_text())
VERSION = f"CuPy {TABLE['version']}"


class RefusedError(TypeError):
    """CuPy would refuse this, or do something else than NumPy without a word."""


@cache
def signature(text: str) -> Signature:
    """Return the signature that `introspect.py` wrote down as `text`."""
    kind, parameters = Parameter.POSITIONAL_OR_KEYWORD, []
    for word in text.split():
        name, default = word.strip("*="), None if word.endswith("=") else Parameter.empty
        if word == "/":
            parameters = [p.replace(kind=Parameter.POSITIONAL_ONLY) for p in parameters]
        elif word == "*":
            kind = Parameter.KEYWORD_ONLY
        elif word.startswith("**"):
            parameters.append(Parameter(name, Parameter.VAR_KEYWORD))
        elif word.startswith("*"):
            parameters.append(Parameter(name, Parameter.VAR_POSITIONAL))
            kind = Parameter.KEYWORD_ONLY
        else:
            parameters.append(Parameter(name, kind, default=default))
    return Signature(parameters)


def _bind(name: str, text: str, args, kwargs, partial: bool) -> None:
    bind = signature(text).bind_partial if partial else signature(text).bind
    try:
        bind(*args, **dict(kwargs))
    except TypeError as error:
        raise RefusedError(f"{VERSION} refuses {name}: {error} (it takes: {text})") from None


def check(name: str, args=(), kwargs=(), section: str = "functions", partial: bool = False) -> None:
    """Refuse the function or method `name` if CuPy lacks it or an argument given to it.

    With `partial`, arguments may be missing (the reader of a source cannot see them all).
    """
    if name in TABLE["ufuncs"] and section == "functions":
        return check_ufunc(name, "__call__", args, kwargs, partial)
    if name not in TABLE[section]:
        raise RefusedError(f"{VERSION} has no {section.removesuffix('s')} {name!r}")
    return _bind(name, TABLE[section][name], args, kwargs, partial)


def check_ufunc(name: str, method: str, args=(), kwargs=(), partial: bool = False) -> None:
    """Refuse the ufunc `name`, or its `method`, if CuPy lacks it or an argument given to it."""
    if name in TABLE["functions"] and method == "__call__":  # matmul, a generalised ufunc
        return check(name, args, kwargs, partial=partial)
    if name not in TABLE["ufuncs"]:
        raise RefusedError(f"{VERSION} has no ufunc {name!r}")
    if method != "__call__" and method not in TABLE["ufuncs"][name].split():
        raise RefusedError(f"{VERSION} has no {name}.{method}")
    full = name if method == "__call__" else f"{name}.{method}"
    return _bind(full, TABLE["ufunc"][method], args, kwargs, partial)
