"""The exercises of convexity/perceptron-and-xor, and the bands that its experiment measured."""

import numpy as np
import pytest

from pydl.check import perceptron_and_xor as exercises
from pydl.models import Perceptron, novikoff_bound
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/perceptron-and-xor")


@pytest.mark.parametrize("seed", range(20))
def test_references_agree_with_the_model(seed):
    rng = np.random.default_rng(seed)
    w, x, y = exercises.perceptron_update.draw(rng)
    line = Perceptron(len(x) - 1)
    line.bias, line.weight = w[0], w[1:].copy()
    line.correct(x[1:], 2 * y - 1)
    np.testing.assert_allclose(exercises.perceptron_update.reference(w, x, y), [line.bias, *line.weight], atol=1e-12)

    X, y, w = exercises.correction_bound.draw(rng)
    assert set(y) == {0, 1}
    bound = exercises.correction_bound.reference(X, y, w)
    assert bound == pytest.approx(novikoff_bound(X, y, w[1:], w[0]))

    X, y, epochs = exercises.pocket_weights.draw(rng)
    line = Perceptron(2)
    line.fit(X, y, epochs)
    pocket = exercises.pocket_weights.reference(X, y, epochs)
    best = np.mean((pocket[0] + X @ pocket[1:] > 0) != y)
    assert best <= np.mean(line.predict(X) != y)
    alpha = exercises.dual_perceptron.reference(1 + X @ X.T, y, epochs)  # the 1 of the extension
    assert alpha.sum() == line.updates
    extended = np.column_stack([np.ones(len(X)), X])
    np.testing.assert_allclose((alpha * (2 * y - 1)) @ extended, [line.bias, *line.weight], atol=1e-9)


# claim of the notebook: quantity of the experiment
BANDS = {
    "perceptron-novikoff": "largest share of the bound",
    "perceptron-exponent": "exponent",
    "perceptron-late-error": "error of a late line",
    "perceptron-pocket": "late minus best",
    "perceptron-breaks-no-ones": "share of the bound, no ones",
    "perceptron-breaks-no-signs": "share of the bound, no signs",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("convexity/perceptron-and-xor", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_no_run_exceeded_novikoffs_bound():
    found = MEASURED["quantities"]
    assert found["largest share of the bound"]["max"] <= 1
    assert found["share of the bound, right"]["max"] <= 1
    assert found["error, right"]["max"] == 0
