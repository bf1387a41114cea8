"""The exercises of regularization/l1, and the bands that the notebook quotes."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from pydl.check import l1
from tests.check.measured import measured, quoted_bands

BANDS = {
    name: name
    for name in (
        "l1-zeros",
        "l1-fit-error",
        "l1-sine-error",
        "l1-l2-smallest",
        "l1-subgradient-small",
        "l1-subgradient-gap",
        "l1-subgradient-zeros",
        "l1-elastic-zeros",
        "l1-elastic-shares",
    )
}


@pytest.mark.parametrize("seed", range(5))
def test_thresholds_minimize_what_they_should(seed):
    """On a grid of step 10⁻³ no v is better."""
    rng, v = np.random.default_rng(seed), np.linspace(-5, 5, 10_001)
    a, t1, t2 = l1.elastic_threshold.draw(rng)
    for found, price in ((l1.soft_threshold.reference(a, t1), 0.0), (l1.elastic_threshold.reference(a, t1, t2), t2)):
        cost = (v - a[:, None]) ** 2 / 2 + t1 * np.abs(v) + price / 2 * v**2
        np.testing.assert_allclose(found, v[cost.argmin(axis=1)], atol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_steps_end_at_the_lasso(seed):
    X, y, w, _, alpha = l1.lasso_step.draw(np.random.default_rng(seed))
    alpha, lr = alpha / 10, 1 / np.linalg.eigvalsh(X.T @ X / len(y))[-1]
    for _ in range(5000):
        w = l1.lasso_step.reference(X, y, w, lr, alpha)
    expected = Lasso(alpha=alpha, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(X, y).coef_
    np.testing.assert_allclose(w, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_alpha_is_where_the_first_weight_wakes(seed):
    X, y = l1.largest_alpha.draw(np.random.default_rng(seed))
    alpha = l1.largest_alpha.reference(X, y)
    assert not Lasso(alpha=1.001 * alpha).fit(X, y).coef_.any()
    assert Lasso(alpha=0.999 * alpha, tol=1e-12).fit(X, y).coef_.any()


def test_bands_in_the_notebook_are_those_that_were_measured():
    found = measured("regularization/l1")
    quoted = quoted_bands("regularization/l1", BANDS)
    assert quoted == {quantity: found["quantities"][quantity]["band"] for quantity in BANDS}
    assert found["seeds"]["count"] >= 20
