"""Exercise: a reference, fresh random inputs, and hints for the mistakes that are often made."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import is_array, to_numpy
from pydl.errors import PydlError

__all__ = ["CheckError", "Exercise"]


class CheckError(PydlError, AssertionError):
    """An answer is not right yet; the message is a hint."""


class Exercise:
    """Check a function that a reader wrote, by calling it: ``check.mse_gradient(yours)``.

    The answer is compared with the reference on fresh random inputs. Where it differs, and agrees with
    one of the known mistakes instead, that mistake's hint is given; otherwise the inputs and both values.

    Parameters
    ----------
    name : str
        How it is called in `pydl.check`.
    task : str
        One sentence: what the function is to do.
    reference : callable
        A right answer.
    draw : callable
        Takes a numpy Generator, returns a tuple of arguments for one trial.
    mistakes : mapping of str to callable
        Hint → a wrong answer that it is for.
    trials : int
        How many random inputs.
    rtol : float
        Allowed error, relative to the largest entry of the right value (of each, where there are several).
    """

    def __init__(
        self,
        name: str,
        task: str,
        reference: Callable[..., Any],
        draw: Callable[[np.random.Generator], tuple[Any, ...]],
        mistakes: Mapping[str, Callable[..., Any]],
        trials: int = 20,
        rtol: float = 1e-6,
    ) -> None:
        self.name, self.task, self.reference, self.draw = name, task, reference, draw
        self.mistakes, self.trials, self.rtol = dict(mistakes), trials, rtol
        self.__name__, self.__doc__ = name, f"Check: {task.rstrip('.')}."

    def __call__(self, yours: Callable[..., Any]) -> None:
        """Print ✓ if `yours` is right.

        Parameters
        ----------
        yours : callable
            The function to check.

        Raises
        ------
        CheckError
            If it is not, with a hint.
        """
        if not callable(yours):
            raise CheckError(f"{self.name}: pass the function itself, check.{self.name}(f), not {yours!r:.40}")
        rng = np.random.default_rng()  # fresh: remembering answers does not help
        trials = [self.draw(rng) for _ in range(self.trials)]
        answers = [self._answer(yours, inputs) for inputs in trials]
        wrong = [i for i, inputs in enumerate(trials) if not self._agrees(answers[i], self.reference(*_copies(inputs)))]
        if not wrong:
            print(f"✓ {self.name}: right on {self.trials} random inputs")
            return
        for hint, mistake in self.mistakes.items():
            if all(self._agrees(answers[i], mistake(*_copies(inputs))) for i, inputs in enumerate(trials)):
                raise CheckError(f"{self.name}: {hint}")
        inputs, found = trials[wrong[0]], answers[wrong[0]]
        difference = self._difference(inputs, found, self.reference(*_copies(inputs)))
        raise CheckError(f"{self.name}: {difference}\nThe task: {self.task}")

    def _answer(self, yours: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
        given = _copies(inputs)
        try:
            found = yours(*given)
        except Exception as error:
            raise CheckError(
                f"{self.name}: your function raised {type(error).__name__}: {error}\nfor {_described(inputs)}"
            ) from error
        if found is None:
            raise CheckError(f"{self.name}: your function returns None: is there a `return`?")
        if not _same(given, inputs):
            raise CheckError(
                f"{self.name}: your function changes its arguments; compute a new array instead (no += on them)"
            )
        return found

    def _agrees(self, found: Any, expected: Any) -> bool:
        if isinstance(expected, (list, tuple)):  # several values, each of a shape and a scale of its own
            parts = _parts(found)
            return len(parts) == len(expected) and all(map(self._agrees, parts, expected))
        a, b = _number(found), _number(expected)
        if a is None or b is None or a.shape != b.shape:
            return False
        return bool(  # NaN fails, too
            np.max(np.abs(a - b), initial=0) <= self.rtol * max(float(np.max(np.abs(b), initial=0)), 1e-12)
        )

    def _difference(self, inputs: tuple[Any, ...], found: Any, expected: Any, what: str = "value") -> str:
        if isinstance(expected, (list, tuple)):
            parts, n = _parts(found), len(expected)
            if len(parts) == n:
                i = next(i for i in range(n) if not self._agrees(parts[i], expected[i]))
                return self._difference(inputs, parts[i], expected[i], f"value {i + 1} of {n}")
            if isinstance(found, (list, tuple)):
                return f"expected {n} values (return a, b, …), your function returned {len(parts)}"
            if (value := _number(found)) is not None:
                return f"expected {n} values (return a, b, …), yours has {value.shape} as its shape"
        right, value = _number(expected), _number(found)
        if value is None or right is None:
            return f"expected numbers, your function returned {type(found).__name__}"
        if value.shape != right.shape:
            return f"the {what} should have shape {right.shape}, yours has {value.shape}, for {_described(inputs)}"
        if not np.all(np.isfinite(value)):
            return f"your {what} is not finite, for {_described(inputs)}"
        return f"the {what} differs for {_described(inputs)}\nexpected {_short(right)}\nyours    {_short(value)}"

    def __repr__(self) -> str:
        return f"check.{self.name}: {self.task}"


def _copies(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return copy.deepcopy(inputs)  # lists, tensors and generators too: what one function does, no other sees


def _same(a: Any, b: Any) -> bool:
    """Tell whether arguments are as they were; only arrays, tensors and lists or tuples of them can be otherwise."""
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    a, b = raw(a), raw(b)
    return not isinstance(a, np.ndarray) or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _parts(value: Any) -> list[Any]:
    """Return the values of ``return a, b`` (or the entries of an array in their place); one value alone as one."""
    return list(value) if isinstance(value, (list, tuple)) or np.ndim(raw(value)) else [value]


def _number(value: Any) -> np.ndarray | None:
    """Return an array, tensor, number or list of numbers as a float array; None for anything else."""
    try:
        array = np.asarray(to_numpy(raw(value)))
    except (TypeError, ValueError):
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None


def _short(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_short, value))})"
    value = raw(value)
    if not is_array(value):
        return f"{value!r:.60}"
    return np.array2string(to_numpy(value), precision=4, threshold=12, edgeitems=2)


def _described(inputs: tuple[Any, ...]) -> str:
    return "; ".join(f"argument {i + 1} = {_short(x)}" for i, x in enumerate(inputs))
