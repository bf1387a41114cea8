"""The transforms: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pydl.autodiff import ForwardLevel, is_live, level_of, raw
from pydl.backend import asarray
from pydl.func.run import Run, checked_tangents, flatten, leave, rebuild, value_of
from pydl.ops import stack
from pydl.tensor import Tensor

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]


def _scalar(run: Run, name: str) -> Tensor:
    y = run.outputs[0]
    if len(run.outputs) != 1 or np.size(raw(y)) != 1:
        shapes = [tuple(np.shape(raw(y))) for y in run.outputs]
        raise ValueError(
            f"{name} needs a function with one scalar value, this one returns shapes {shapes}: use vjp or jacobian"
        )
    return y


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Return the function θ ↦ (f(θ), ∇f(θ)), by one forward and one backward pass.

    Parameters
    ----------
    f : callable
        A function of arrays with a scalar value.
    argnums : int or sequence of int
        Which arguments to differentiate with respect to.
    has_aux : bool
        Whether f returns (value, more); more is passed through.

    Returns
    -------
    callable
        Takes f's arguments; returns (value, gradient), or ((value, more), gradient). For a sequence
        of argnums the gradient is a tuple.

    Raises
    ------
    ValueError
        If f's value is no scalar.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> value, slope = pydl.value_and_grad(lambda x: (x**2).sum())(np.array([1.0, 2.0]))
    >>> value, slope
    (np.float64(5.0), array([2., 4.]))
    """

    @functools.wraps(f)
    def transformed(*args: Any, **settings: Any) -> Any:
        run = Run(functools.partial(f, **settings), args, argnums, has_aux)
        y = _scalar(run, "grad")
        value = run.output()
        gradient = run.like_inputs(run.pull([np.ones_like(raw(y))]))
        return ((value, run.aux) if has_aux else value), gradient

    return transformed


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return the gradient of a function as a function: θ ↦ ∇f(θ).

    Parameters
    ----------
    f : callable
        A function of arrays with a scalar value.
    argnums : int or sequence of int
        Which arguments to differentiate with respect to.
    has_aux : bool
        Whether f returns (value, more); the result is then (gradient, more).

    Returns
    -------
    callable
        Takes f's arguments; returns the gradient, of the argument's shape (a tuple for a sequence of argnums).

    Raises
    ------
    ValueError
        If f's value is no scalar.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> cube = lambda x: (x**3).sum()
    >>> pydl.grad(cube)(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> pydl.grad(lambda x: pydl.grad(cube)(x).sum())(np.array([1.0, 2.0]))
    array([ 6., 12.])
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def transformed(*args: Any, **settings: Any) -> Any:
        value, gradient = both(*args, **settings)
        return (gradient, value[1]) if has_aux else gradient

    return transformed


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """Run f and return its value with the map g ↦ gᵀJ (reverse mode).

    Parameters
    ----------
    f : callable
        A function of arrays.
    *primals : array, Tensor or nested list, tuple, dict of these
        Where to run it.

    Returns
    -------
    value : array or Tensor
        f(*primals).
    pull : callable
        Takes ∂·/∂value, of its shape, and returns a tuple: ∂·/∂primal for each primal. May be called again.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> y, pull = pydl.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pull(np.array([1.0, 0.0]))
    (array([2., 0.]),)
    """
    run = Run(f, primals, range(len(primals)), has_aux=False)
    return run.output(), lambda g: run.like_inputs(run.pull(flatten(g), retain=True))


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Run f and return its value with the directional derivative J·t (forward mode).

    Dual numbers carry the tangents along while f runs: one pass, and nothing is recorded or kept. (Tensors
    outside that require gradients are recorded as always: use `no_grad` where that is not wanted.)

    Parameters
    ----------
    f : callable
        A function of arrays.
    primals : sequence of array or Tensor
        Where to run it.
    tangents : sequence of array or Tensor
        The direction, one tangent of the same shape a primal.

    Returns
    -------
    value : array or Tensor
        f(*primals).
    tangent : array or Tensor
        J·tangents, of the value's shape.

    Raises
    ------
    ValueError
        If tangents and primals differ in number or shape.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.jvp(lambda x: x * x, (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([1., 4.]), array([2., 4.]))
    """
    if len(primals) != len(tangents):
        raise ValueError(f"jvp needs one tangent a primal: got {len(tangents)} for {len(primals)}")
    places, directions = [value_of(x) for x in flatten(list(primals))], flatten(list(tangents))
    checked_tangents("tangent", places, directions)
    with ForwardLevel() as level:
        duals = [_dual(level, x, t) for x, t in zip(places, directions, strict=True)]
        result = f(*rebuild(list(primals), iter(duals)))
    values, moved = [], []
    for y in flatten(result):
        here = level_of(y) is level
        values.append(y.primal if here else y)
        moved.append(y.tangent if here else np.zeros_like(raw(y)))
    as_tensors = any(isinstance(x, Tensor) for x in places) or any(map(is_live, values + moved))
    value, tangent = (rebuild(result, (leave(v, as_tensors) for v in half)) for half in (values, moved))
    return value, tangent


def _dual(level: ForwardLevel, x: Any, t: Any) -> Any:
    """Return x + tε; of both, only what is live stays a tensor."""
    if not is_live(x):
        x = Tensor(x, requires_grad=True).data  # raises TypeError unless x is of floating point
    return level.dual(x, t if is_live(t) else asarray(raw(t), x.dtype))


def jacobian(f: Callable[..., Any], argnum: int = 0, mode: str = "reverse") -> Callable[..., Any]:
    """Return the Jacobian of a function as a function: J[i…, j…] = ∂yᵢ…/∂xⱼ….

    Reverse mode takes one pass an output entry, forward mode one an input entry: choose the fewer.

    Parameters
    ----------
    f : callable
        A function of arrays with one array as value.
    argnum : int
        Which argument to differentiate with respect to.
    mode : {"reverse", "forward"}
        Row by row by `vjp`, or column by column by `jvp`.

    Returns
    -------
    callable
        Takes f's arguments; returns the Jacobian, of shape (*y.shape, *x.shape).

    Raises
    ------
    ValueError
        If the mode is unknown, or argument or value is not one array.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in ("reverse", "forward"):
        raise ValueError(f"jacobian: mode must be 'reverse' or 'forward', not {mode!r}")

    @functools.wraps(f)
    def transformed(*args: Any, **settings: Any) -> Any:
        if not -len(args) <= argnum < len(args):
            raise ValueError(f"argnum {argnum} names an argument that is not there: {len(args)} were given")
        before, x, after = args[:argnum], value_of(args[argnum]), args[argnum:][1:]
        value, rows = passes(lambda z: f(*before, z, *after, **settings), x)
        table: Any = stack(rows) if any(map(is_live, rows)) else np.stack([raw(r) for r in rows])
        if mode == "forward":
            table = table.reshape(np.size(raw(x)), -1).T
        jacobian = table.reshape((*np.shape(raw(value)), *np.shape(raw(x))))
        return jacobian if is_live(jacobian) else leave(jacobian, isinstance(x, Tensor))

    passes = _by_rows if mode == "reverse" else _by_columns
    return transformed


def _basis(x: Any) -> Iterator[Any]:
    """Yield the unit vectors of the space in which `x` lies."""
    for i in range(x.size):
        unit = np.zeros_like(x).reshape(-1)
        unit[i] = 1
        yield unit.reshape(x.shape)


def _one_array(tree: Any) -> Any:
    if len(leaves := flatten(tree)) != 1:
        raise ValueError("jacobian needs one array as argument and one as value: concatenate lists of parameters first")
    return leaves[0]


def _by_rows(f: Callable[[Any], Any], x: Any) -> tuple[Any, list[Any]]:
    """One reverse pass an entry of the value; f runs once."""
    value, pull = vjp(f, _one_array(x))
    return value, [pull(unit)[0] for unit in _basis(raw(_one_array(value)))]


def _by_columns(f: Callable[[Any], Any], x: Any) -> tuple[Any, list[Any]]:
    """One forward pass an entry of the argument; f runs along with each."""
    pairs = [jvp(f, (x,), (unit,)) for unit in _basis(raw(_one_array(x)))]
    return _one_array(pairs[0][0]), [_one_array(moved) for _, moved in pairs]


def hessian(f: Callable[..., Any], argnum: int = 0) -> Callable[..., Any]:
    """Return the Hessian of a function as a function: H[i…, j…] = ∂²f/∂xᵢ…∂xⱼ….

    The Jacobian of the gradient, reverse over reverse: the gradient's graph is recorded once, and walked once an
    entry of x. (Forward over reverse, as in `hvp`, would compute the gradient anew for each: twice the time.)

    Parameters
    ----------
    f : callable
        A function of arrays with a scalar value.
    argnum : int
        Which argument to differentiate with respect to.

    Returns
    -------
    callable
        Takes f's arguments; returns the Hessian, of shape (*x.shape, *x.shape).

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(grad(f, argnum), argnum)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Hessian-vector product ∇²f(x)·t without the Hessian, forward over reverse (Pearlmutter 1994).

    Parameters
    ----------
    f : callable
        A function of arrays with a scalar value.
    primals : sequence of array or Tensor
        Where to differentiate.
    tangents : sequence of array or Tensor
        The direction, one tangent of the same shape a primal.

    Returns
    -------
    array or Tensor, or tuple of these
        The product, of the primal's shape; a tuple for several primals.

    Examples
    --------
    >>> import numpy as np, pydl
    >>> pydl.hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    array([ 6., 12.])
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]
