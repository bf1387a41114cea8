"""Exercise: a reference, fresh random inputs, and hints for the mistakes that are often made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pydl.autodiff import raw
from pydl.backend import to_numpy
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
        Allowed error, relative to the largest entry of the right value.
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
        self.__name__, self.__doc__ = name, task

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
        raise CheckError(f"{self.name}: {self._difference(inputs, found)}\nThe task: {self.task}")

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
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(given, inputs, strict=True)):
            raise CheckError(
                f"{self.name}: your function changes its arguments; compute a new array instead (no += on them)"
            )
        return found

    def _agrees(self, found: Any, expected: Any) -> bool:
        a, b = _number(found), _number(expected)
        if a is None or b is None or a.shape != b.shape or not np.all(np.isfinite(a)):
            return False
        return bool(np.max(np.abs(a - b), initial=0) <= self.rtol * max(float(np.max(np.abs(b), initial=0)), 1e-12))

    def _difference(self, inputs: tuple[Any, ...], found: Any) -> str:
        expected, value = _number(self.reference(*_copies(inputs))), _number(found)
        if value is None:
            return f"expected numbers, your function returned {type(found).__name__}"
        if expected is not None and value.shape != expected.shape:
            return f"the value should have shape {expected.shape}, yours has {value.shape}, for {_described(inputs)}"
        if not np.all(np.isfinite(value)):
            return f"your value is not finite, for {_described(inputs)}"
        return f"for {_described(inputs)}\nexpected {_short(expected)}\nyours    {_short(value)}"

    def __repr__(self) -> str:
        return f"check.{self.name}: {self.task}"


def _copies(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in inputs)


def _number(value: Any) -> np.ndarray | None:
    """Return arrays, tensors, numbers and tuples of them as one float array; None for anything else."""
    if isinstance(value, (tuple, list)) and value and not np.isscalar(value[0]):
        parts = [_number(v) for v in value]
        return None if any(p is None for p in parts) else np.concatenate([p.ravel() for p in parts if p is not None])
    try:
        return np.asarray(to_numpy(raw(value)), dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _short(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=4, threshold=12, edgeitems=2)


def _described(inputs: tuple[Any, ...]) -> str:
    return "; ".join(f"argument {i + 1} = {_short(x)}" for i, x in enumerate(inputs))
