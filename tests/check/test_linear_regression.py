"""The exercises of convexity/linear-regression, and the bands that the notebook quotes."""

import json

import claims_page
import numpy as np
import pytest
from notebook_environment import BOOK, ROOT

from pydl.check import linear_regression
from pydl.check.exercise import CheckError

EXERCISES = [getattr(linear_regression, name) for name in linear_regression.__all__]
MISTAKES = [(exercise, hint) for exercise in EXERCISES for hint in exercise.mistakes]
BANDS = {
    "line-bias": "bias",
    "line-slope": "slope",
    "line-remaining-loss": "smallest loss",
    "line-smallest-eigenvalue": "smallest eigenvalue",
    "line-condition-number": "condition number",
    "line-origin-loss": "smallest loss through the origin",
    "line-origin-residual": "mean residual through the origin",
}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_the_reference_passes(exercise, capsys):
    exercise(exercise.reference)
    assert capsys.readouterr().out == f"✓ {exercise.name}: right on 20 random inputs\n"


@pytest.mark.parametrize(("exercise", "hint"), MISTAKES, ids=lambda v: getattr(v, "name", v)[:30])
def test_each_mistake_gets_its_own_hint(exercise, hint):
    with pytest.raises(CheckError) as caught:
        exercise(exercise.mistakes[hint])
    assert str(caught.value) == f"{exercise.name}: {hint}"


def changes_its_first_argument(X, *others):
    X += 1
    return 0.0


def raises(*inputs):
    raise ZeroDivisionError("by zero")


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda *inputs: None, "your function returns None: is there a `return`"),
        (lambda *inputs: "w", "expected numbers, your function returned str"),
        (lambda *inputs: np.zeros((1, 7)), r"the value should have shape \(.*\), yours has \(1, 7\)"),
        (raises, "your function raised ZeroDivisionError: by zero"),
        (changes_its_first_argument, "your function changes its arguments"),
        (3.0, "pass the function itself"),
    ],
)
def test_other_answers_get_a_clear_message(exercise, wrong, message):
    with pytest.raises(CheckError, match=message):
        exercise(wrong)


def gradient_of(loss, w, h=1e-3):
    return np.array([(loss(w + h * e) - loss(w - h * e)) / (2 * h) for e in np.eye(len(w))])


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    """Central differences of a quadratic are exact, so a minimum has none; nothing here repeats a reference."""
    rng = np.random.default_rng(seed)
    X, y, w = linear_regression.mse_gradient.draw(rng)
    n, s, alpha = len(y), rng.uniform(0.1, 2, len(y)), 0.3
    expected = gradient_of(lambda v: np.mean((y - X @ v) ** 2), w)
    np.testing.assert_allclose(linear_regression.mse_gradient.reference(X, y, w), expected, atol=1e-9)
    w = linear_regression.weighted_least_squares.reference(X, y, s)
    np.testing.assert_allclose(gradient_of(lambda v: np.sum(s * (y - X @ v) ** 2), w), 0, atol=1e-9)
    w = linear_regression.ridge_regression.reference(X, y, alpha)
    penalized = gradient_of(lambda v: np.sum((y - X @ v) ** 2) / (2 * n) + alpha / 2 * np.sum(v[1:] ** 2), w)
    np.testing.assert_allclose(penalized, 0, atol=1e-9)
    bound = linear_regression.largest_stable_step.reference(X)
    for lr, grows in ((0.99 * bound, False), (1.01 * bound, True)):
        v = rng.standard_normal(X.shape[1])
        lengths = []
        for _ in range(2000):
            v = v - lr * X.T @ (X @ v) / n
            lengths.append(np.linalg.norm(v))
        assert (lengths[-1] > lengths[0]) == grows


def test_bands_in_the_notebook_are_those_that_were_measured():
    saved = json.loads((ROOT / "experiments" / "linear_regression.json").read_text(encoding="utf-8"))
    assert saved["seeds"]["count"] >= 20
    claims = {claim.id: claim for claim in claims_page.claims_of(BOOK / "convexity" / "linear-regression.ipynb")}
    quoted = {quantity: [float(claims[id].low), float(claims[id].high)] for id, quantity in BANDS.items()}
    assert quoted == {quantity: found["band"] for quantity, found in saved["quantities"].items()}
