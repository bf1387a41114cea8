"""Call every function of `pydl.ops`, and methods of tensors, with whatever Hypothesis comes up with.

    python tests/stress/bad_input.py [--cases 100000]

Only ValueError, TypeError, IndexError or an error of pydl's own may come out, forward and backward. The last
line counts the cases; Hypothesis raises on the first other exception, shrunk to a small example.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import warnings
from collections import Counter
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import pydl
from pydl import ops

ALLOWED = (ValueError, TypeError, IndexError, pydl.PydlError)
METHODS = ("backward", "copy_", "to", "reshape", "transpose", "clone", "item", "requires_grad_", "__setitem__",
           "__iadd__", "__itruediv__", "__matmul__", "__rpow__", "__getitem__", "__float__", "__index__")  # fmt: skip
FUNCTIONS = {name: getattr(ops, name) for name in dir(ops) if not name.startswith("_") and callable(getattr(ops, name))}
# two integers are Python's to raise, and 7 ** 2 ** 70 takes it forever
FUNCTIONS["power"] = lambda a, b: ops.power(float(a) if isinstance(a, int) else a, b)
FUNCTIONS |= {f"Tensor.{name}": getattr(pydl.Tensor, name) for name in METHODS}
FUNCTIONS |= {
    "tensor": pydl.tensor,
    "grad": lambda x, y: pydl.grad(lambda a: pydl.sum(pydl.multiply(a, y)))(x),
    "jvp": lambda x, y: pydl.jvp(pydl.square, (x,), (y,)),
    "hessian": pydl.hessian(lambda a: pydl.sum(pydl.power(a, 3))),
    "jacobian": lambda x, y: pydl.jacobian(lambda a: pydl.multiply(a, y), mode="forward")(x),
}

sizes = st.integers(0, 3)
shapes = st.lists(sizes, max_size=3).map(tuple)
dtypes = st.sampled_from(["float64", "float32", "float16", "int64", "uint8", "bool", "complex64"])
numbers = st.sampled_from([0, 1, -1, 2, 3, 7, -5, 2**70, 0.5, -2.0, 1e30, float("nan"), float("inf"), True, 1j])
junk = st.sampled_from([None, "mean", "cuda", "float32", "", "ij,jk", b"x", object(), [], {}, (), [[1.0], [1.0, 2.0]],
                        [1.0, 2.0], {"a": 1}, ..., slice(None), np.array("x"), np.array([None]), len])  # fmt: skip


@st.composite
def arrays(draw: Any, dtype: Any = dtypes) -> Any:
    """Draw an array or a tensor, of any dtype, with values at extremes."""
    values = np.random.default_rng(draw(st.integers(0, 50)))
    array = np.asarray(values.choice([0.0, 1.0, -1.0, 0.5, 3.0, 1e30, np.nan, -np.inf, 2.0, 1.0], draw(shapes)))
    with np.errstate(all="ignore"):
        array = array.astype(draw(dtype))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return array
    return pydl.tensor(array, requires_grad=kind == 2 and array.dtype.kind in "fc")


floats = arrays(st.sampled_from(["float64", "float32"]))
anything = st.one_of(arrays(), floats, numbers, junk)
axes = st.one_of(st.integers(-4, 4), st.none(), st.lists(st.integers(-3, 3), max_size=3).map(tuple), anything)
parts = st.one_of(st.integers(-3, 3), st.slices(4), st.none())
integers_or_masks = arrays(st.sampled_from(["int64", "bool"]))
indices = st.one_of(parts, integers_or_masks, anything, st.lists(parts, max_size=3).map(tuple))
BY_NAME = {
    "axis": axes, "axes": axes, "axis1": axes, "axis2": axes, "source": axes, "destination": axes, "index": indices,
    "shape": st.one_of(shapes, axes), "arrays": st.one_of(st.lists(floats, max_size=3), anything),
    "indices": arrays(st.just("int64")), "target": arrays(), "dtype": st.one_of(dtypes, anything), "sections": numbers,
    "repeats": st.one_of(st.integers(-2, 4), junk), "reduction": st.sampled_from(["mean", "sum", "none", "max", None]),
    "pad_width": st.one_of(st.lists(st.tuples(sizes, sizes), max_size=3), anything), "keepdims": st.booleans(),
    "subscripts": st.sampled_from(["ij,jk->ik", "ii", "i,i", "...i->...", "ij->ji", "", "->", "i->ii", "ij,j", 5, "ñ"]),
    "activation": st.sampled_from([None, "relu", "tanh", "selu", 3]), "k": st.integers(-3, 3), "ord": numbers,
}  # fmt: skip


@st.composite
def cases(draw: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """Draw a function and arguments for it, most of the right kind, some of any."""
    name = draw(st.sampled_from(sorted(FUNCTIONS)))
    args, given_settings = [], {}
    for p in inspect.signature(FUNCTIONS[name]).parameters.values():
        if p.name == "self":
            args.append(pydl.tensor(np.ones(draw(shapes)), requires_grad=draw(st.booleans())))
        elif p.kind is p.VAR_POSITIONAL:
            args += draw(st.lists(st.one_of(floats, anything), max_size=3))
        elif p.default is p.empty:
            args.append(draw(BY_NAME.get(p.name, st.one_of(floats, floats, anything))))
        elif draw(st.booleans()):
            usual = BY_NAME.get(p.name, numbers)
            given_settings[p.name] = draw(st.one_of(usual, usual, anything))
    return name, tuple(args), given_settings


def attempt(name: str, args: tuple[Any, ...], given_settings: dict[str, Any]) -> str:
    """Call, go backward twice through what was recorded, and return how it ended; other errors come out."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            result = FUNCTIONS[name](*args, **given_settings)
            for y in result if isinstance(result, (list, tuple)) else [result]:
                if isinstance(y, pydl.Tensor) and y.requires_grad:
                    y.sum().backward(create_graph=True)
        except ALLOWED as error:
            if not str(error):
                raise AssertionError(f"{name} raises {type(error).__name__} without a word") from error
            return type(error).__name__
    return "answered"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000)
    ends: Counter[str] = Counter()

    number = parser.parse_args().cases

    @seed(0)
    @settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases())
    def search(case: Any) -> None:
        ends[attempt(*case)] += 1

    search()
    print(", ".join(f"{name}: {count}" for name, count in ends.most_common()))
    print(f"{sum(ends.values())} cases: 0 raised anything but ValueError, TypeError, IndexError or an error of pydl")
    return 0


if __name__ == "__main__":
    sys.exit(main())
