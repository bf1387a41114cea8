"""The exercises of convexity/convex-functions, the bands that it quotes, and the facts that its text states."""

import math

import numpy as np
import pytest

from pydl.check import convex_functions
from pydl.check.exercise import CheckError
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/convex-functions")
BANDS = {  # claim of the notebook: quantity of the experiment
    "convex-chords-violated": "fewest chords violated, percent",
    "convex-dent-missed": "chords that notice the dent",
    "convex-spectra-negative": "fewest places bent down, percent",
    "convex-noise-floor": "noise floor over its prediction",
    "convex-floor-exponent": "slope of log floor over log step",
    "convex-one-over-t": "loss with 10/(t + 10)",
    "convex-slow-one-over-t": "loss with 1/(t + 1)",
    "convex-square-root": "loss with 1/(2 √(t + 1))",
    "convex-stall": "stall distance",
    "convex-stall-for-good": "loss at 10,000 over loss at 1,000, stalled",
}


@pytest.mark.parametrize(("exercise", "place"), [("chord_violations", 1), ("ridge_constants", 0)])
def test_changing_an_argument_is_found(exercise, place):
    exercise = getattr(convex_functions, exercise)

    def changes(*inputs):
        inputs[place][...] += 1
        return exercise.reference(*inputs)

    with pytest.raises(CheckError, match="changes its arguments"):
        exercise(changes)


def test_a_wrong_count_names_the_function_in_words():
    with pytest.raises(CheckError, match=r"argument 1 = the function"):
        convex_functions.chord_violations(lambda f, W, V, s: -1)


GRID = np.linspace(-2, 2, 401)
CURVES = {  # kinds of g or f of one variable: examples
    ("convex", "up"): [np.exp, lambda z: np.maximum(z, 0)],
    ("convex", "down"): [lambda z: np.exp(-z), lambda z: np.maximum(-z, 0)],
    ("convex", "both"): [np.square, np.abs],
    ("concave", "up"): [lambda z: -np.exp(-z)],
    ("concave", "down"): [lambda z: -np.exp(z)],
    ("concave", "both"): [lambda z: -np.square(z)],
}
INNER = {
    "convex": [lambda w: w**2 - 1, np.abs, np.exp],
    "concave": [lambda w: 1 - w**2, lambda w: -np.abs(w), lambda w: -np.exp(w)],
    "affine": [lambda w: 1 - w, lambda w: 2 * w + 1],
}


@pytest.mark.parametrize(("g_is", "g_goes"), CURVES)
@pytest.mark.parametrize("f_is", INNER)
def test_compositions_against_examples(g_is, g_goes, f_is):
    """A verdict of "convex" holds for all examples; "not always" is borne out by one of them."""
    bends = [np.diff(g(f(GRID)), 2).min() for g in CURVES[g_is, g_goes] for f in INNER[f_is]]
    verdict = convex_functions.composition_is_convex.reference(g_is, g_goes, f_is)
    assert verdict == (min(bends) > -1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_ridge_constants_bound_the_curvature(seed):
    rng = np.random.default_rng(seed)
    X, alpha = convex_functions.ridge_constants.draw(rng)
    mu, L = convex_functions.ridge_constants.reference(X, alpha)
    u = rng.standard_normal((X.shape[1], 20_000))
    bend = (np.mean((X @ u) ** 2, axis=0) + alpha * np.sum(u**2, axis=0)) / np.sum(u**2, axis=0)
    assert mu <= bend.min() + 1e-12
    assert bend.max() <= L + 1e-12
    assert bend.min() - mu < 0.1 * (L - mu) + 0.1
    assert (mu == pytest.approx(alpha)) == (len(X) < X.shape[1])


def diverges(p, q):
    """Cauchy's condensation: the sum over 2ᵏ ≤ t < 2ᵏ⁺¹ is, up to a factor, 2ᵏ ε(2ᵏ). Do later blocks fade?"""
    early, late = (np.arange(start, 2 * start) for start in (60.0, 120.0))
    sums = [np.sum(np.exp2(k * (1 - p)) / (k * math.log(2)) ** q) for k in (early, late)]
    return sums[1] > 0.9 * sums[0]  # at p = 1 the blocks are k⁻ᑫ, and the ratio is 2¹⁻ᑫ


@pytest.mark.parametrize("p", [0, 0.25, 0.5, 0.75, 1, 1.5])
@pytest.mark.parametrize("q", [0, 0.4, 0.5, 0.75, 1, 2])
def test_step_size_conditions_by_condensation(p, q):
    expected = (diverges(p, q), not diverges(2 * p, 2 * q))
    assert convex_functions.robbins_monro.reference(p, q) == expected


def test_euler_product_and_noise_floor_of_the_text():
    """The sentences on stalling and on the floor, from their definitions."""
    curvature, t = np.array([1.0, 0.1]), np.arange(1.0, 200_001)
    kept = [np.prod(1 - 0.5 * c / t**2) for c in curvature]
    np.testing.assert_allclose(kept, [0.36, 0.92], atol=0.005)
    np.testing.assert_allclose(4 * np.array(kept), [1.43, 3.68], atol=0.005)
    assert np.linalg.norm(4 * np.array(kept)) == pytest.approx(3.95, abs=0.005)
    variance = np.zeros(2)
    for _ in range(2000):
        variance = (1 - 0.1 * curvature) ** 2 * variance + 0.1**2
    np.testing.assert_allclose(np.sum(curvature * variance) / 2, np.sum(0.1 / (2 * (2 - 0.1 * curvature))))


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("convexity/convex-functions", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20
