"""The exercises of regularization/dropout against their definitions, and its bands against what was measured."""

import itertools

import numpy as np
from notebook_environment import TEXT

import pydl
from pydl.check import dropout as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "regularization/dropout"
MEASURED = measured(PAGE)


def test_references_are_what_pydl_computes():
    rng = np.random.default_rng(0)
    Y, _, keep = exercises._draw_mask(rng)
    drawn = pydl.dropout(Y, 1 - keep, rng=1)
    np.testing.assert_allclose(exercises.inverted_dropout.reference(Y, drawn != 0, keep), drawn, rtol=1e-12)
    W, c = exercises._draw_rows(rng)
    limited = pydl.optim.max_norm_(pydl.nn.Parameter(W.copy()), c).numpy()
    np.testing.assert_allclose(exercises.max_norm.reference(W, c), limited, rtol=1e-12)


def test_the_variance_is_that_over_all_masks():
    w, y, keep = exercises._draw_unit(np.random.default_rng(1))
    masks = np.array(list(itertools.product([0, 1], repeat=len(w))))
    chances = np.prod(np.where(masks, keep, 1 - keep), axis=1)
    a = masks @ (w * y) / keep
    expected = chances @ a**2 - (chances @ a) ** 2
    np.testing.assert_allclose(exercises.dropout_variance.reference(w, y, keep), expected, rtol=1e-10)


def test_the_geometric_mean_is_a_product_of_powers():
    Y, P = exercises._draw_predictions(np.random.default_rng(2))
    product = np.prod(Y ** P[:, None], axis=0)
    np.testing.assert_allclose(exercises.geometric_mean.reference(Y, P), product / product.sum(), rtol=1e-12)


# claim of the notebook: quantity of the experiment
BANDS = {
    "dropout-mnist-gain": "gain",
    "dropout-mnist-error": "test error with dropout",
    "dropout-scaling-as-good": "distance of scaling from the mean of 50",
    "dropout-unscaled-error": "test error without the scaling",
    "dropout-unscaled-loss": "test loss without the scaling, relative",
    "dropout-forgotten-eval": "what forgetting eval() costs",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    found = MEASURED["quantities"]
    assert quoted_bands(PAGE, BANDS) == {quantity: found[quantity]["band"] for quantity in BANDS.values()}
    assert MEASURED["seeds"]["count"] >= 20
    assert found["gain"]["band"][0] > 0


def test_numbers_in_the_text_are_those_that_were_measured():
    text, gain = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8"), MEASURED["quantities"]["gain"]
    assert f"dropout won {gain['mean']:.1f} points on average, and at least {gain['min']:.1f}" in text
    rates = MEASURED["recipe"]["lr"]
    assert f'{{"without dropout": (1, 1, {rates["without"]}), "with dropout": (0.8, 0.5, {rates["with"]})}}' in text
