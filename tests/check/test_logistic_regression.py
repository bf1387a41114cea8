"""The exercises of convexity/logistic-regression, and the numbers that the notebook quotes."""

import json
import re

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl.check import logistic_regression as exercises
from pydl.check.exercise import CheckError
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/logistic-regression")
BANDS = {
    "logistic-margin": "widest margin",
    "logistic-growth": "growth over the last tenfold, times gamma / log 10",
    "logistic-loss-to-zero": "loss after 100,000 steps, times lr gamma^2 t",
    "logistic-direction-early": "margin after 100 steps, relative",
    "logistic-direction": "margin after 100,000 steps, relative",
}


@pytest.mark.filterwarnings("ignore:(overflow|invalid|divide)")
def test_overflow_leads_to_the_form_that_has_none():
    def naive(z, y):
        return np.mean(np.log(1 + np.exp(z)) - y * z)

    with pytest.raises(CheckError, match=r"not finite[\s\S]*never exponentiate a positive number"):
        exercises.logistic_loss(naive)


@pytest.mark.parametrize("seed", range(5))
def test_references_against_automatic_differentiation(seed):
    rng = np.random.default_rng(seed)
    X, y, w = exercises.logistic_newton_step.draw(rng)

    def loss(w, alpha=0.0):
        losses = pydl.binary_cross_entropy_with_logits(X @ w, y.astype(np.float64))
        return losses + alpha / 2 * (w[1:] ** 2).sum()

    by_autodiff = pydl.grad(lambda w: loss(w, 0.3))(w)
    np.testing.assert_allclose(exercises.penalized_logistic_gradient.reference(X, y, w, 0.3), by_autodiff, atol=1e-14)
    step = -np.linalg.solve(pydl.hessian(loss)(w), pydl.grad(loss)(w))
    np.testing.assert_allclose(exercises.logistic_newton_step.reference(X, y, w), w + step, atol=1e-9)
    z, labels = exercises.logistic_loss.draw(rng)
    expected = pydl.binary_cross_entropy_with_logits(z, labels.astype(np.float64))
    np.testing.assert_allclose(exercises.logistic_loss.reference(z, labels), expected)
    bias, weight = exercises.weights_in_degrees.reference(w, 70.0, 10.0)
    np.testing.assert_allclose(bias + weight * 31, w[0] + w[1] * (31 - 70) / 10)


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("convexity/logistic-regression", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_scikit_learns_optima_in_the_notebook_are_those_that_were_stored():
    text = (TEXT / "convexity" / "logistic-regression.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^by_sklearn = np\.array\((\[.*\])\)$", text, re.M)
    assert [json.loads(numbers) for numbers in quoted] == list(MEASURED["optima"].values())
