"""The exercises of convexity/linear-regression, and the bands that the notebook quotes."""

import numpy as np
import pytest

from pydl.check import linear_regression
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/linear-regression")
BANDS = {
    "line-bias": "bias",
    "line-slope": "slope",
    "line-remaining-loss": "smallest loss",
    "line-smallest-eigenvalue": "smallest eigenvalue",
    "line-condition-number": "condition number",
    "line-origin-loss": "smallest loss through the origin",
    "line-origin-residual": "mean residual through the origin",
}


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
    quoted = quoted_bands("convexity/linear-regression", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20
