"""The exercises of convexity/l2-trap, and the numbers that the notebook quotes."""

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl.check import l2_trap as exercises
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/l2-trap")
BANDS = {
    "trap-squares-chords": "share of chords that the squared error crosses",
    "trap-entropy-chords": "share of chords that the cross entropy crosses",
    "trap-entropy-recovers": "largest number of steps, cross entropy",
    "trap-squares-stall": "share stalled after 1000 steps, squared error",
    "trap-digits-entropy": "test error from exchanged labels, cross entropy",
    "trap-digits-squares": "test error from exchanged labels, squared error",
    "trap-digits-small": "test error from small weights, squared error",
    "trap-twice-loss": "training loss with the sigmoid twice",
}
ROWS = {
    "small weights": "small weights",
    "random weights of standard deviation 1": "large weights",
    "trained on exchanged labels": "exchanged labels",
}


@pytest.mark.parametrize("seed", range(5))
def test_references_against_automatic_differentiation(seed):
    rng = np.random.default_rng(seed)
    X, y, w = exercises.squared_error_gradient.draw(rng)
    by_autodiff = pydl.grad(lambda w: pydl.mse_loss(pydl.sigmoid(X @ w), y.astype(np.float64)) / 2)(w)
    np.testing.assert_allclose(exercises.squared_error_gradient.reference(X, y, w), by_autodiff, atol=1e-14)

    z, labels = exercises.squared_error_curvature.draw(rng)
    slope = pydl.grad(lambda z: (0.5 * (labels - pydl.sigmoid(z)) ** 2).sum())
    by_autodiff = pydl.grad(lambda z: slope(z).sum())(z)
    np.testing.assert_allclose(exercises.squared_error_curvature.reference(z, labels), by_autodiff, atol=1e-14)

    matching = exercises.matching_loss.reference
    error = (1 + z / np.sqrt(1 + z**2)) / 2 - labels
    np.testing.assert_allclose(pydl.grad(lambda z: matching(z, labels).sum())(z), error, atol=1e-14)
    sure = np.array([-1e6, 1e6])
    np.testing.assert_allclose(matching(sure, np.array([0, 1])), 0, atol=1e-6)


@pytest.mark.parametrize("M", [0.5, 2.0, 6.0])
def test_the_time_is_the_integral(M):
    middles = -M + M * (np.arange(100_000) + 0.5) / 100_000
    integral = np.mean(1 / (pydl.sigmoid(middles) * pydl.sigmoid(-middles))) * M
    np.testing.assert_allclose(exercises.absolute_error_time.reference(M), integral, rtol=1e-8)


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("convexity/l2-trap", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_the_table_holds_the_means_that_were_measured():
    text = (TEXT / "convexity" / "l2-trap.md").read_text(encoding="utf-8")
    for row, start in ROWS.items():
        means = [
            f"{100 * MEASURED['quantities'][f'test error from {start}, {loss}']['mean']:.1f} %"
            for loss in ("cross entropy", "squared error")
        ]
        assert f"| {row} | {means[0]} | {means[1]} |" in text
