"""The exercises of convexity/softmax-regression: right answers pass, every mistake gets its own hint."""

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl.check import softmax_regression as exercises
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/softmax-regression")


def naive_softmax(Z):
    with np.errstate(all="ignore"):
        return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


def test_overflow_leads_to_the_shift():
    with pytest.raises(pydl.check.CheckError, match=r"not finite[\s\S]*subtract the row's largest score first"):
        exercises.softmax_rows(naive_softmax)
    with (
        np.errstate(all="ignore"),
        pytest.raises(pydl.check.CheckError, match=r"not finite[\s\S]*Never form the probabilities"),
    ):
        exercises.cross_entropy_from_scores(lambda Z, y: -np.log(pydl.softmax(Z)[np.arange(len(y)), y]).mean())


def test_references_are_what_pydl_computes():
    rng = np.random.default_rng(0)
    Z, y = exercises._draw_classification(rng)
    np.testing.assert_allclose(exercises.softmax_rows.reference(Z), pydl.softmax(Z), atol=1e-15)
    np.testing.assert_allclose(exercises.cross_entropy_from_scores.reference(Z, y), pydl.cross_entropy(Z, y))
    Z, T = exercises._draw_targets(rng)
    np.testing.assert_allclose(
        exercises.score_gradient.reference(Z, T), pydl.grad(lambda z: pydl.cross_entropy(z, T))(Z), atol=1e-15
    )


# claim of the notebook: quantity of the experiment
BANDS = {
    "softmax-loss-at-start": "loss at the start",
    "softmax-mnist-linear-error": "test error",
    "softmax-hard-digits": "gap between hard and easy digits",
    "softmax-half-gradient-error": "test error of the half gradient",
    "softmax-half-gradient-loss": "training loss of the half gradient, relative",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("convexity/softmax-regression", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_numbers_in_the_text_are_those_that_were_measured():
    text = (TEXT / "convexity/softmax-regression.md").read_text(encoding="utf-8")
    mean = {name: f"{100 * found['mean']:.1f} %" for name, found in MEASURED["quantities"].items()}
    ours = f"| {mean['test error']} | {mean['test error on all 10,000']} |"
    whole = f"| {mean['test error, trained on 60,000']} | {mean['test error on all 10,000, trained on 60,000']} |"
    assert f"| trained on our 10,000 {ours}\n| trained on all 60,000 {whole}" in text
    assert f"gives {100 * MEASURED['least_squares_error']:.1f} % here" in text
    assert {name for name, times in MEASURED["times_chosen"].items() if times} == {str(MEASURED["recipe"]["lr"])}
