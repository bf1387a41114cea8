"""The exercises of backprop/why-depth, and the bands that the notebook quotes."""

import numpy as np
import pytest

from pydl.check import why_depth as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "backprop/why-depth"
MEASURED = measured(PAGE)


def composed(x, folds):
    for _ in range(folds):
        x = np.minimum(2 * x, 2 - 2 * x)
    return x


@pytest.mark.parametrize("seed", range(5))
def test_sawteeth_against_their_composition(seed):
    rng = np.random.default_rng(seed)
    x, L = exercises.sawtooth_at.draw(rng)
    np.testing.assert_allclose(exercises.sawtooth_at.reference(x, L), composed(x, L), atol=1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_product_is_as_close_as_polygons_through_parabolas_allow(seed):
    """S is the polygon through the parabola's points at multiples of 2⁻ᴸ: interpolation knows nothing of sawteeth."""
    x, y, L = exercises.product_by_sawteeth.draw(np.random.default_rng(seed))
    knots = np.arange(2**L + 1) / 2**L
    middle, of_x, of_y = (np.interp(z, knots, knots**2) for z in ((x + y) / 2, x, y))
    found = exercises.product_by_sawteeth.reference(x, y, L)
    np.testing.assert_allclose(found, 2 * middle - of_x / 2 - of_y / 2, atol=1e-13)
    assert np.all(found - x * y <= 2 * 4.0**-L / 4)
    assert np.all(x * y - found <= 4.0**-L / 4)


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_a_shallow_network_are_counted_on_a_fine_grid(seed):
    w, b, v, lo, hi = exercises.shallow_count.draw(np.random.default_rng(seed))
    x = np.linspace(lo, hi, 200_001)
    slopes = np.diff(np.maximum(x[:, None] * w + b, 0) @ v) / np.diff(x)
    bends = np.flatnonzero(np.abs(np.diff(slopes)) > 1e-6)
    apart = np.sum(np.diff(bends) > 1) + 1  # a bend within a cell of the grid changes two differences
    assert exercises.shallow_count.reference(w, b, v, lo, hi) == apart + 1


def test_most_pieces_of_the_sawtooth_are_not_all_used():
    """Two units fold an interval into two pieces; the bound allows three."""
    assert exercises.most_pieces.reference([2] * 10) == 3**10 > 2**10


def test_bands_in_the_notebook_are_those_that_were_measured():
    bands = {id: found["band"] for id, found in MEASURED["quantities"].items()}
    assert quoted_bands(PAGE, {id: id for id in bands}) == bands
    assert MEASURED["seeds"]["count"] >= 20
