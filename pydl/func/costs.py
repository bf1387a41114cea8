"""What a derivative costs: operations counted while they are carried out, and bytes that a record keeps."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pydl.autodiff import ForwardLevel, Op, Traced, enable_grad, pull_back, raw
from pydl.autodiff.record import INTERCEPTORS
from pydl.func.run import flatten, rebuild, value_of
from pydl.tensor import Tensor

__all__ = ["Profile", "operations", "profile"]

Cost = Callable[[Any, Sequence[Any], dict[str, Any]], float]


def _entries(times: float) -> Cost:
    """Return the cost of so many operations an entry of the value."""
    return lambda y, xs, settings: times * y.size


def _additions(y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> float:
    """Return the cost of a sum of n numbers, n − 1, for each entry of the value."""
    return xs[0].size - y.size


def _per_input(times: float) -> Cost:
    return lambda y, xs, settings: times * xs[0].size


def _product(y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> float:
    """Return the cost of k multiplications and k − 1 additions for each entry of a matrix product."""
    return y.size * (2 * xs[0].shape[-1] - 1)


def _affine(y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> float:
    extra = (xs[2] is not None) + (settings["activation"] is not None)
    return y.size * (2 * xs[0].shape[-1] - 1 + extra)


def _contraction(y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> float:
    lengths: dict[str, int] = {}
    for term, x in zip(settings["terms"], xs, strict=True):
        lengths |= zip(term, x.shape, strict=True)
    return len(xs) * math.prod(lengths.values()) - y.size


def _cubic(times: float) -> Cost:
    """Return the leading term of a factorization of n×n matrices."""
    return lambda y, xs, settings: times * xs[0].size * xs[0].shape[-1]


def _recurrent(entrywise: int) -> Cost:
    """Return a product with h a step, and so many operations a unit."""
    return lambda y, xs, settings: xs[0].size * 2 * xs[1].shape[-1] + entrywise * xs[0].shape[0] * xs[1].size


FAMILIES: dict[str, Cost] = {"elementwise": _entries(1), "constant": _entries(1), "linear": _entries(0)}
COSTS: dict[str, Cost] = {
    "matmul": _product,
    "linear": _affine,
    "_einsum": _contraction,
    "sum": _additions,
    "mean": lambda y, xs, settings: xs[0].size,
    "cumsum": _per_input(1),
    "_index_add": _per_input(1),
    "argmax": _additions,
    "argmin": _additions,
    "max": _additions,
    "min": _additions,
    "where": _entries(1),
    "pad": _entries(0),
    "_mse_loss": _per_input(3),  # subtract, square, add
    "logsumexp": _per_input(4),  # compare, subtract, exp, add
    "softmax": _per_input(5),  # … and divide
    "log_softmax": _per_input(5),
    "_cross_entropy": _per_input(5),
    "_norm2": _per_input(2),
    "rnn": _recurrent(2),
    "lstm": _recurrent(4 * 2 + 5),  # four gates; f·c + i·g and o·tanh c
    "gru": _recurrent(3 * 2 + 5),
    "solve": lambda y, xs, settings: 2 / 3 * xs[0].size * xs[0].shape[-1] + 2 * xs[0].shape[-1] * y.size,
    "inv": _cubic(2),
    "det": _cubic(2 / 3),
    "_logabsdet": _cubic(2 / 3),
    "cholesky": _cubic(1 / 3),
    "_eigh": _cubic(9),
}
"""Operations of each op that its family does not tell: one is one arithmetic operation, comparison or
elementary function on one number; of factorizations, the leading term (Golub & Van Loan 2013)."""


def operations(op: Op, y: Any, xs: Sequence[Any], settings: dict[str, Any]) -> int:
    """Return how many operations on numbers an op has carried out.

    Parameters
    ----------
    op : Op
        The op.
    y : array
        Its value.
    xs : sequence of array
        Its operands.
    settings : dict
        Its settings.

    Returns
    -------
    int
        Arithmetic operations, comparisons and elementary functions, each on one number, counted as one.
    """
    cost = COSTS.get(op.name) or FAMILIES[op.family]
    return round(cost(y, xs, settings))


class _Counting:
    """Count the operations of this thread's ops, inside the ``with`` block."""

    def __init__(self) -> None:
        self.by_op: Counter[str] = Counter()
        self.thread, self.busy = threading.get_ident(), False

    def __enter__(self) -> Counter[str]:
        INTERCEPTORS.append(self._count)
        return self.by_op

    def __exit__(self, *error: object) -> None:
        INTERCEPTORS.remove(self._count)

    def _count(self, op: Op, args: Sequence[Any], settings: dict[str, Any]) -> Any:
        if self.busy or threading.get_ident() != self.thread:
            return NotImplemented
        self.busy = True  # a kernel may call ops: they are part of this one
        try:
            y = op.call(*args, **settings)
        finally:
            self.busy = False
        self.by_op[op.name.lstrip("_")] += operations(op, raw(y), [raw(a) for a in args], settings)
        return y


@dataclass(frozen=True)
class Profile:
    """What a function and its derivatives cost at one place; `profile` makes it.

    An operation is one arithmetic operation, comparison or elementary function on one number.

    Parameters
    ----------
    inputs, outputs : int
        n and m: how many numbers go in and come out.
    value_ops : int
        Operations of f itself.
    tangent_ops : int
        Operations that carry one tangent along, beside those of f: a column of J, or J·t.
    reverse_ops : int
        Operations of one reverse pass, after f has run: a row of J, or gᵀJ.
    records : int
        How many ops were recorded.
    kept_bytes : int
        Memory of the intermediate results that the record keeps for the reverse pass.
    by_op : dict of str to int
        The operations of f, by op.
    """

    inputs: int
    outputs: int
    value_ops: int
    tangent_ops: int
    reverse_ops: int
    records: int
    kept_bytes: int
    by_op: dict[str, int] = field(repr=False)

    def jacobian_ops(self, mode: str) -> int:
        """Return the operations of f with its whole Jacobian.

        Parameters
        ----------
        mode : {"forward", "reverse"}
            n tangents, or m reverse passes.

        Returns
        -------
        int
            value + n·tangent, or value + m·reverse.

        Raises
        ------
        ValueError
            If the mode is unknown.
        """
        if mode not in ("forward", "reverse"):
            raise ValueError(f"jacobian_ops: mode must be 'forward' or 'reverse', not {mode!r}")
        passes = self.inputs * self.tangent_ops if mode == "forward" else self.outputs * self.reverse_ops
        return self.value_ops + passes

    def __str__(self) -> str:
        rows = [
            (f"value, {self.inputs:,} → {self.outputs:,} numbers", f"{self.value_ops:,} operations"),
            ("one tangent (forward mode)", f"{self.tangent_ops:,} operations"),
            ("one reverse pass", f"{self.reverse_ops:,} operations"),
            (f"kept for it by {self.records:,} records", f"{self.kept_bytes:,} bytes"),
        ]
        left, right = (max(len(row[i]) for row in rows) for i in (0, 1))
        return "\n".join(f"{a:<{left}}  {b:>{right}}" for a, b in rows)


def profile(f: Callable[..., Any], *args: Any) -> Profile:
    """Count what a function, one tangent and one reverse pass cost, by carrying them out.

    The counts are exact and belong to this f, at this place, with pydl's rules: no estimate and no clock.
    Passes run in their recorded form, so that each rule's ops are seen.

    Parameters
    ----------
    f : callable
        A function of arrays.
    *args : array, Tensor or nested list, tuple, dict of these
        Where; all of them are inputs of the derivatives.

    Returns
    -------
    Profile
        The counts.

    Raises
    ------
    ValueError
        If f's value depends on none of its arguments.

    References
    ----------
    Griewank, A. & Walther, A. (2008). *Evaluating Derivatives*, 2nd ed., SIAM, sections 3.2 to 3.4: a tangent
    costs at most 2.5 times f, a reverse pass at most 4 times, if operations are weighted as there.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> cost = pydl.profile(lambda x: (x * x).sum(), np.ones(10))
    >>> cost.value_ops, cost.tangent_ops, cost.reverse_ops
    (19, 39, 30)
    >>> cost.kept_bytes
    80
    """
    given = [value_of(x) for x in flatten(list(args))]

    def leaves() -> list[Tensor]:
        return [Tensor(raw(x), requires_grad=True) for x in given]

    with enable_grad():
        inputs = leaves()
        with _Counting() as value:
            outputs = flatten(f(*rebuild(list(args), iter(inputs))))
        recorded = [y for y in outputs if isinstance(y, Tensor) and y.requires_grad]
        if not recorded:
            raise ValueError("profile: the value depends on none of the arguments: there is no derivative to count")
        nodes = _nodes(recorded)
        kept = _kept_bytes(nodes, recorded)
        with _Counting() as reverse:
            for y in recorded:
                pull_back(y, Tensor(np.ones_like(y.data)), inputs, create_graph=True)
        with ForwardLevel() as level:
            # tangents are tensors, so that every operation on them is an op's
            duals = [level.dual(x, t) for x, t in zip(leaves(), leaves(), strict=True)]
            with _Counting() as both:
                f(*rebuild(list(args), iter(duals)))
    return Profile(
        inputs=sum(x.size for x in inputs),
        outputs=sum(np.size(raw(y)) for y in outputs),
        value_ops=value.total(),
        tangent_ops=both.total() - value.total(),
        reverse_ops=reverse.total(),
        records=len(nodes),
        kept_bytes=kept,
        by_op=dict(value.most_common()),
    )


def _nodes(outputs: Sequence[Traced]) -> list[Traced]:
    """Return the recorded results that the outputs depend on, each once."""
    found: dict[int, Traced] = {}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if node.op is not None and node.age not in found:
            found[node.age] = node
            stack += [a for a in node.args if isinstance(a, Traced) and a.requires_grad]
    return list(found.values())


def _kept_bytes(nodes: Sequence[Traced], outputs: Sequence[Traced]) -> int:
    """Return the memory of results and of what kernels saved, each array once, without outputs and leaves."""

    def memory(array: Any) -> Any:
        while getattr(array, "base", None) is not None:
            array = array.base
        return array

    free = {id(memory(y.data)) for y in outputs}
    free |= {id(memory(a.data)) for n in nodes for a in n.args if isinstance(a, Traced) and a.op is None}
    arrays = [n.data for n in nodes] + [x for n in nodes for x in flatten([n.saved]) if hasattr(x, "nbytes")]
    return sum({id(m): m.nbytes for m in map(memory, arrays) if id(m) not in free}.values())
