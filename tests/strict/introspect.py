"""Write ``cupy_api.json``, the table of what CuPy has, from an installed CuPy (no GPU is needed).

Run ``python -m tests.strict.introspect`` after a new release of CuPy. A signature is kept as one string of
parameters: ``axis=`` has a default, ``*args`` and ``**kwargs`` collect, ``/`` and ``*`` stand as in Python.
"""

import ast
import importlib
import inspect
import json
import re
import textwrap
from pathlib import Path

TABLE = Path(__file__).with_name("cupy_api.json")
MODULES = ("", "linalg", "fft", "lib.stride_tricks")
UFUNC_METHODS = ("accumulate", "at", "outer", "reduce", "reduceat")


def _hidden_keywords(function, collector):
    """Return the keywords that a function takes out of its ``**kwargs`` by ``pop`` or ``get``."""
    names = []
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=owner), attr="pop" | "get"),
                args=[ast.Constant(value=str(name)), *_],
            ) if owner == collector:
                names.append(name)
    return list(dict.fromkeys(names))


def _parameters(function):
    """Return the parameters of a Python function; hidden keywords are read from its source."""
    words, keyword_only = [], False
    parameters = list(inspect.signature(function).parameters.values())
    for index, parameter in enumerate(parameters):
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            words.append("*")
        keyword_only |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        if parameter.kind is parameter.VAR_KEYWORD:
            hidden = _hidden_keywords(function, parameter.name)
            words += [f"{name}=" for name in hidden] or [f"**{parameter.name}"]
            continue
        stars = "*" * (parameter.kind is parameter.VAR_POSITIONAL)
        words.append(stars + parameter.name + "=" * (parameter.default is not parameter.empty))
        following = parameters[index + 1].kind if index + 1 < len(parameters) else None
        if parameter.kind is parameter.POSITIONAL_ONLY is not following:
            words.append("/")
    if "*" in words and any(word.startswith("*") and len(word) > 1 for word in words[: words.index("*")]):
        words.remove("*")
    return " ".join(words)


def _documented(function):
    """Return the parameters that Cython writes into the first line of a docstring."""
    found = re.match(r"[\w.]+\((.*?)\)(?: ->.*)?$", (function.__doc__ or "").partition("\n")[0])
    if not found:
        return None
    words = []
    for text in filter(None, re.split(r",\s*", found[1])):
        name, equals, _ = text.partition("=")
        words.append(name.split()[-1] + equals)
    return " ".join(word for word in words if word != "self")


def _knows(ufunc, method):
    """Tell whether CuPy implements a ufunc's method: it says so before it looks at the array."""
    if method == "at":
        return ufunc._scatter_op is not None
    try:
        getattr(ufunc, method)(None, *([None] if method == "reduceat" else []))
    except NotImplementedError:
        return False
    except AttributeError:  # it went on to use None as an array
        return True
    return True


def introspect():
    """Return the table, as the plain dict that goes into the JSON file."""
    import cupy
    from cupy._core.flags import Flags

    ufunc_type = type(cupy.add)
    functions, ufuncs, values = {}, {}, []
    for path in MODULES:
        module = importlib.import_module(f"cupy.{path}".rstrip("."))
        for name in sorted(vars(module)):
            value, full = getattr(module, name), f"{path}.{name}".lstrip(".")
            if name.startswith("_") or inspect.ismodule(value) or name == "annotations":
                continue
            if isinstance(value, ufunc_type):
                known = [m for m in UFUNC_METHODS if m == "outer" or _knows(value, m)]
                ufuncs[full] = " ".join(known if value.nin == 2 else [])
            elif isinstance(value, type) or not callable(value):
                values.append(full)
            elif value.__module__.partition(".")[0] == "cupy":
                builtin = inspect.isbuiltin(value)
                signature = _documented(value) if builtin else _parameters(value)
                if signature is not None:
                    functions[full] = signature
    methods, properties, operators = {}, [], []
    for name in dir(cupy.ndarray):
        member = getattr(cupy.ndarray, name)
        if name.startswith("__"):
            operators += [name] * (not name.startswith("__pyx"))
        elif not name.startswith("_") and not callable(member):
            properties.append(name)
        elif not name.startswith("_"):
            methods[name] = _documented(member)
    call = re.search(r"/, (.*)\)", cupy.add.__doc__.partition("\n")[0])[1]
    keywords = " ".join(re.findall(r"\w+=", call))
    return {
        "version": cupy.__version__,
        "functions": functions,
        "ufuncs": ufuncs,
        "ufunc": {"__call__": f"*args {keywords}"}
        | {name: _documented(getattr(cupy.add, name)) for name in UFUNC_METHODS},
        "methods": methods,
        "properties": " ".join(properties),
        "operators": " ".join(operators),
        "flags": " ".join(name for name in dir(Flags) if not name.startswith("_")),
        "values": " ".join(values),
    }


if __name__ == "__main__":
    TABLE.write_text(json.dumps(introspect(), indent=1) + "\n")
