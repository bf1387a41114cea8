"""Every exercise of the book: its reference passes, each named mistake gets its own hint, garbage a clear message."""

from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest

from pydl import check
from pydl.check import CheckError, Exercise

EXERCISES = [thing for thing in vars(check).values() if isinstance(thing, Exercise)]
MISTAKES = [(exercise, hint) for exercise in EXERCISES for hint in exercise.mistakes]


def named(value):
    return value.name if isinstance(value, Exercise) else value[:30] if isinstance(value, str) else None


def raising(*inputs):
    raise ZeroDivisionError("by zero")


def changing(*inputs):
    inputs[0][...] += 1
    return inputs[0]


def test_exercises_are_found_under_their_names():
    assert len(EXERCISES) >= 9
    assert all(getattr(check, exercise.name) is exercise for exercise in EXERCISES)


def test_no_exercise_hides_another():
    modules = [import_module(f"pydl.check.{m.name}") for m in iter_modules(check.__path__)]
    found = [thing for m in modules for thing in vars(m).values() if isinstance(thing, Exercise)]
    assert sorted(e.name for e in found) == sorted(e.name for e in EXERCISES)


@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
def test_the_reference_passes(exercise, capsys):
    exercise(exercise.reference)
    assert capsys.readouterr().out == f"✓ {exercise.name}: right on {exercise.trials} random inputs\n"


@pytest.mark.parametrize(("exercise", "hint"), MISTAKES, ids=named)
def test_each_mistake_gets_its_own_hint(exercise, hint):
    for _ in range(3):  # other inputs each time
        with np.errstate(all="ignore"), pytest.raises(CheckError) as caught:
            exercise(exercise.mistakes[hint])
        assert str(caught.value) == f"{exercise.name}: {hint}"


@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda *inputs: None, "your function returns None: is there a `return`"),
        (lambda *inputs: "w", "expected numbers, your function returned str|expected 2 values"),
        (lambda *inputs: np.zeros((1, 7)), r"should have shape|expected 2 values|yours has \(1, 7\)|returned 1"),
        (raising, "your function raised ZeroDivisionError: by zero"),
        (3.0, "pass the function itself"),
    ],
)
def test_garbage_gets_a_clear_message(exercise, wrong, message):
    with pytest.raises(CheckError, match=message):
        exercise(wrong)


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if isinstance(e.draw(np.random.default_rng(0))[0], np.ndarray)], ids=named
)
def test_changed_arguments_are_noticed(exercise):
    with pytest.raises(CheckError, match="your function changes its arguments"):
        exercise(changing)
