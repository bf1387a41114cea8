"""Every public object of pydl has a docstring in numpydoc's form that tells the truth about its signature.

Two forms pass. The long one has sections, and they are complete: each parameter with its type and meaning,
and what is returned. The short one has no section "Parameters"; then its text names each parameter in
backticks: "Return `array` on `device`, itself where it is there already." Both name every error that the body
raises. Public is what `__all__` of pydl or of a module right below it names; what lies deeper, or in the
engine room, is for readers of the source, and good form is enough there.
"""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import pydl

FORM = {"GL03", "GL05", "GL06", "GL07", "GL08", "GL10", "SS01", "SS03", "SS04", "YD01"}
SECTIONS = {"PR01", "PR02", "PR03", "PR04", "PR05", "PR07", "PR10", "RT01", "RT03"}
ENGINE_ROOM = ("pydl.backend", "pydl.autodiff")


def modules() -> Iterator[ModuleType]:
    """Yield pydl and its modules, but for those whose name begins with an underscore."""
    yield pydl
    for found in pkgutil.walk_packages(pydl.__path__, "pydl."):
        if not any(part.startswith("_") for part in found.name.split(".")):
            yield importlib.import_module(found.name)


def is_internal(path: str) -> bool:
    """Tell whether a module is for readers of the source only."""
    return path.count(".") > 1 or path.startswith(ENGINE_ROOM)


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class itself defines."""
    for name, member in vars(cls).items():
        if isinstance(member, (staticmethod, classmethod)):
            member = member.__func__
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
            yield name, member


def documented() -> dict[str, tuple[Any, bool]]:
    """Return modules, what `__all__` in them names, and the members of classes; with each, whether internal.

    An object counts once, in the most public place that names it.
    """
    places = sorted(modules(), key=lambda module: (is_internal(module.__name__), module is pydl))
    found: dict[str, tuple[Any, bool]] = {module.__name__: (module, True) for module in places}
    seen: set[int] = set()
    for module in places:
        internal = is_internal(module.__name__)
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            ours = (getattr(thing, "__module__", None) or "").partition(".")[0] == "pydl"
            if not ours or id(thing) in seen:
                continue
            seen.add(id(thing))
            path = f"{module.__name__}.{name}"
            found[path] = thing, internal
            if inspect.isclass(thing):
                found |= {f"{path}.{part}": (member, internal) for part, member in members(thing)}
    return found


DOCUMENTED = documented()


def parameters(thing: Any) -> list[str]:
    """Return the names that a caller may pass; none where Python knows no signature."""
    try:
        return [name for name in inspect.signature(thing).parameters if name not in ("self", "cls")]
    except (TypeError, ValueError):
        return []


def raised(thing: Any) -> set[str]:
    """Return the errors that a function's own lines raise by name."""
    if not inspect.isfunction(thing):
        return set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    errors = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    names = [error.func if isinstance(error, ast.Call) else error for error in errors]
    return {name.id for name in names if isinstance(name, ast.Name) and name.id[:1].isupper()}


def faults(thing: Any, internal: bool = False) -> list[str]:
    """Return what is wrong with a docstring, in words."""
    doc = inspect.cleandoc(thing.__doc__ or "")
    if inspect.ismodule(thing):
        return [] if doc else ["the module says not what it is for"]
    long = "Parameters\n----------\n" in doc
    checks = FORM | SECTIONS if long and not internal else FORM
    found = [f"{code}: {text}" for code, text in validate(get_doc_object(thing))["errors"] if code in checks]
    if not internal:
        found += [f"raises {name} and does not tell" for name in sorted(raised(thing)) if name not in doc]
        if not long:
            found += [
                f"neither describes parameter {name!r} nor names it in backticks"
                for name in parameters(thing)
                if not re.search(rf"`[^`]*\b{name}\b[^`]*`", doc)
            ]
    return found


@pytest.mark.parametrize("path", DOCUMENTED)
def test_docstring(path: str) -> None:
    thing, internal = DOCUMENTED[path]
    assert faults(thing, internal) == []


def missing(x: float) -> float:
    return x


def forgotten(x: float, y: float) -> float:
    """Return the sum of `x` and another number."""
    return x + y


def silent(x: float) -> float:
    """Return `x`, which is not negative."""
    if x < 0:
        raise ValueError(x)
    return x


def untrue(x: float) -> float:
    """Return the number itself.

    Parameters
    ----------
    z : float
        The number.
    """
    return x


def good(x: float) -> float:
    """Return the number itself.

    Parameters
    ----------
    x : float
        The number, not negative.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ValueError
        If it is negative.
    """
    if x < 0:
        raise ValueError(x)
    return x


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (missing, ["GL08", "'x'"]),
        (forgotten, ["'y'"]),
        (silent, ["ValueError"]),
        (untrue, ["PR01", "PR02", "RT01"]),
        (good, []),
    ],
)
def test_faults_are_found(function: Callable[..., float], words: list[str]) -> None:
    found = faults(function)
    assert len(found) == len(words), found
    assert all(word in fault for word, fault in zip(words, sorted(found), strict=True)), found
