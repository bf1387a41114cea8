"""The frame of the checks: right answers pass, mistakes get their hint, and anything else a clear message."""

import numpy as np
import pytest

import pydl
from pydl.check import CheckError, Exercise


def scores(X, w):
    return X @ w


def draw(rng):
    return rng.standard_normal((4, 3)), rng.standard_normal(3)


EXERCISE = Exercise(
    "scores",
    "return the scores Xw",
    scores,
    draw,
    {
        "the sign is wrong": lambda X, w: -(X @ w),
        "divide by nothing: this is the mean": lambda X, w: X @ w / len(X),
    },
)
SEVERAL = Exercise(
    "gradients",
    "return the gradients by W and b",
    lambda W, b: (1e6 * W, b.sum(), b),
    lambda rng: (rng.standard_normal((2, 3)), rng.standard_normal(2)),
    {"exchange W and b": lambda W, b: (b, b.sum(), 1e6 * W)},
)


def message(exercise, answer):
    with pytest.raises(CheckError) as caught:
        exercise(answer)
    assert str(caught.value).startswith(f"{exercise.name}: ")
    return str(caught.value)


def raising(error):
    def answer(*inputs):
        raise error

    return answer


# ------------------------------------------------------------ right answers


@pytest.mark.parametrize(
    "answer",
    [
        scores,
        lambda X, w: scores(X, w).tolist(),
        lambda X, w: tuple(scores(X, w)),
        lambda X, w: scores(X, w) * (1 + 1e-8),
        lambda X, w: pydl.tensor(scores(X, w)),
        lambda X, w: pydl.tensor(X, requires_grad=True) @ w,
        lambda X, w: sum(X[:, i] * w[i] for i in range(3)),
    ],
    ids=["array", "list", "tuple", "rounded", "tensor", "recorded tensor", "loop"],
)
def test_a_right_answer(answer, capsys):
    assert EXERCISE(answer) is None
    assert capsys.readouterr().out == "✓ scores: right on 20 random inputs\n"


def test_inputs_are_fresh_each_time_and_the_same_for_all():
    seen = []

    def noting(X, w):
        seen.append(X.tobytes())
        return X @ w

    EXERCISE(noting)
    EXERCISE(noting)
    assert len(set(seen)) == 40


def test_name_and_task_are_shown():
    assert repr(EXERCISE) == "check.scores: return the scores Xw"
    assert (EXERCISE.__name__, EXERCISE.__doc__) == ("scores", "Check: return the scores Xw.")
    assert issubclass(CheckError, (pydl.PydlError, AssertionError))


# ------------------------------------------------------------ wrong answers


@pytest.mark.parametrize("exercise", [EXERCISE, SEVERAL], ids=lambda e: e.name)
def test_each_mistake_gets_its_hint(exercise):
    for hint, mistake in exercise.mistakes.items():
        assert message(exercise, mistake) == f"{exercise.name}: {hint}"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda X, w: None, "your function returns None: is there a `return`?"),
        (lambda X, w: X @ w[:2], "your function raised ValueError: "),
        (raising(KeyError("w")), "your function raised KeyError: 'w'\nfor argument 1 = [["),
        (lambda X: X, "your function raised TypeError: "),
        (lambda X, w: (X @ w)[:, None], "the value should have shape (4,), yours has (4, 1), for argument 1 = "),
        (lambda X, w: 0.0, "the value should have shape (4,), yours has (), for "),
        (lambda X, w: X @ w * np.nan, "your value is not finite, for "),
        (lambda X, w: np.full(4, np.inf), "your value is not finite, for "),
        (lambda X, w: "a", "expected numbers, your function returned str"),
        (lambda X, w: "1.0", "expected numbers, your function returned str"),
        (lambda X, w: [1, [2, 3]], "expected numbers, your function returned list"),
        (lambda X, w: {"scores": X @ w}, "expected numbers, your function returned dict"),
        (lambda X, w: X @ w + 1j, "expected numbers, your function returned ndarray"),
        (3.0, "pass the function itself, check.scores(f), not 3.0"),
    ],
)
def test_other_answers_get_a_clear_message(answer, expected):
    assert message(EXERCISE, answer).startswith(f"scores: {expected}")


def test_a_wrong_value_shows_inputs_and_both_values():
    said = message(EXERCISE, lambda X, w: X @ w + 1).split("\n")
    assert said[-1] == "The task: return the scores Xw"
    text = "\n".join(said)
    assert "for argument 1 = [[" in text
    assert "; argument 2 = [" in text
    right, yours = (np.array(line.split("[")[1].strip("]").split(), float) for line in said[-3:-1])
    assert said[-3].startswith("expected ")
    assert said[-2].startswith("yours ")
    np.testing.assert_allclose(yours - right, 1, atol=2e-4)


def test_a_small_error_is_an_error():
    message(EXERCISE, lambda X, w: X @ w * (1 + 1e-5))
    message(EXERCISE, lambda X, w: X @ w + 2e-5 * np.abs(X @ w).max())


def test_a_mistake_on_one_input_is_found():
    def rarely(X, w, calls=[0]):  # noqa: B006  counts its calls
        calls[0] += 1
        return X @ w + (calls[0] == 13)

    message(EXERCISE, rarely)


def test_the_cause_is_kept():
    with pytest.raises(CheckError) as caught:
        EXERCISE(raising(ZeroDivisionError("by zero")))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


# ------------------------------------------------------------ several values


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda W, b: (1e6 * W, b.sum()), "expected 3 values (return a, b, …), your function returned 2"),
        (lambda W, b: (W, b, b, b), "expected 3 values (return a, b, …), your function returned 4"),
        (lambda W, b: W, "expected 3 values (return a, b, …), yours has (2, 3) as its shape"),
        (lambda W, b: "W", "expected numbers, your function returned str"),
        (lambda W, b: (1e6 * W.T, b.sum(), b), "the value 1 of 3 should have shape (2, 3), yours has (3, 2), for "),
        (lambda W, b: (1e6 * W.ravel(), b.sum(), b), "the value 1 of 3 should have shape (2, 3), yours has (6,), for "),
        (lambda W, b: (1e6 * W, b.sum(), np.log(-b * b)), "your value 3 of 3 is not finite"),
        (lambda W, b: (1e6 * W, None, b), "expected numbers, your function returned NoneType"),
        (lambda W, b: (1e6 * W, b.sum(), b + 1e-3), "the value 3 of 3 differs for argument 1 = "),
    ],
)
@pytest.mark.filterwarnings("ignore:(invalid|divide)")
def test_several_values_are_compared_one_by_one(answer, expected):
    assert message(SEVERAL, answer).startswith(f"gradients: {expected}")


@pytest.mark.parametrize("kind", [tuple, list])
def test_several_right_values(kind, capsys):
    SEVERAL(lambda W, b: kind([pydl.tensor(1e6 * W), float(b.sum()), b.tolist()]))
    assert capsys.readouterr().out.startswith("✓ gradients")


# ------------------------------------------------------------ arguments


def taking(draw, reference):
    return Exercise("take", "take it", reference, draw, {})


def test_changed_arguments_are_noticed():
    def shifts(X, w):
        X -= X.mean()
        return X @ w

    assert "changes its arguments; compute a new array instead" in message(EXERCISE, shifts)
    lists = taking(lambda rng: ([rng.standard_normal(2), rng.standard_normal((2, 2))],), lambda ws: ws[1] @ ws[0])
    lists(lambda ws: ws[1] @ ws[0])
    assert "changes its arguments" in message(lists, lambda ws: ws.append(0) or ws[1] @ ws[0])
    assert "changes its arguments" in message(lists, lambda ws: np.negative(ws[0], out=ws[0]) @ ws[1].T)
    missing = taking(lambda rng: (np.array([1.0, np.nan]),), lambda x: np.nansum(x))
    missing(lambda x: 1.0)


def test_arguments_may_be_functions_texts_numbers_tensors_and_generators():
    def arguments(rng):
        return np.sin, "mean", 3, pydl.tensor([0.5, 1.5]), np.random.default_rng(int(rng.integers(100)))

    def reference(f, reduction, n, x, rng):
        return getattr(f(x.numpy()), reduction)() * n + rng.random()

    exercise = taking(arguments, reference)
    exercise(reference)
    exercise(lambda f, reduction, n, x, rng: n * f(x.detach().numpy()).mean() + rng.random())
    said = message(exercise, lambda f, reduction, n, x, rng: 0.0)
    for part in ("<ufunc 'sin'>", "argument 2 = 'mean'", "argument 3 = 3", "argument 4 = [0.5 1.5]", "Generator"):
        assert part in said
