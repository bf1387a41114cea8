"""The exercises of backprop/universal-approximation, and the bands that the notebook quotes."""

import numpy as np
import pytest

from pydl.check import universal_approximation as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "backprop/universal-approximation"
MEASURED = measured(PAGE)


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    """Networks are evaluated here as they are defined; nothing repeats a reference."""
    rng = np.random.default_rng(seed)
    x, a, b, s = exercises.unit_bump.draw(rng)
    steps = [1 / (1 + np.exp(-s * (np.append(x, (a + b) / 2) - edge))) for edge in (a, b)]
    bump = steps[0] - steps[1]
    np.testing.assert_allclose(exercises.unit_bump.reference(x, a, b, s), bump[:-1] / bump[-1], atol=1e-14)

    (c,) = exercises.step_weights.draw(rng)
    bias, v = exercises.step_weights.reference(c)
    walked = [bias + v[:cell].sum() for cell in range(len(c))]  # in cell j, the steps 1 … j are behind
    np.testing.assert_allclose(walked, c, atol=1e-14)

    t, c = exercises.relu_weights.draw(rng)
    bias, v = exercises.relu_weights.reference(t, c)
    x = np.linspace(t[0], t[-1], 50)
    np.testing.assert_allclose(bias + np.maximum(x[:, None] - t[:-1], 0) @ v, np.interp(x, t, c), atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_units_needed_are_enough_and_one_less_is_not(seed):
    Lambda, lo, hi, s, eps = exercises.units_needed.draw(np.random.default_rng(seed))
    n = exercises.units_needed.reference(Lambda, lo, hi, s, eps)

    def guaranteed(n):
        return Lambda * ((hi - lo) / (n + 1) / 2 + 2 * np.log(2) / s)

    assert guaranteed(n) <= eps < guaranteed(n - 1)


def test_mean_absolute_value_of_a_logistic_number_is_2_ln_2():
    """The constant of the page's theorem, by integration of its definition."""
    z = np.linspace(0, 60, 600_001)
    np.testing.assert_allclose(2 * np.trapezoid(1 / (1 + np.exp(z)), z), 2 * np.log(2), rtol=1e-9)


def test_bands_in_the_notebook_are_those_that_were_measured():
    bands = {id: found["band"] for id, found in MEASURED["quantities"].items()}
    assert quoted_bands(PAGE, {id: id for id in bands}) == bands
    assert MEASURED["seeds"]["count"] >= 20
