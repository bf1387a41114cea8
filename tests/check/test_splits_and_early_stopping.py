"""regularization/splits-and-early-stopping: its references against definitions, its bands against what was measured."""

from itertools import product

import numpy as np
from notebook_environment import TEXT

from pydl import data
from pydl.check import splits_and_early_stopping as exercises
from pydl.optim.plateau import Patience
from tests.check.measured import measured, quoted_bands

PAGE = "regularization/splits-and-early-stopping"
MEASURED = measured(PAGE)

# claim of the notebook: quantity of the experiment
BANDS = {
    "splits-capacity-best": "degree of the lowest median",
    "splits-capacity-u": "share of draws with twice the error at degree 9",
    "splits-epochs-u": "last validation error over the lowest",
    "splits-stopping-pays": "fresh error of the last weights over the best",
    "splits-chosen-optimism": "optimism of the chosen validation error",
    "splits-leak-choosing": "choosing: bias",
    "splits-leak-selecting": "selecting: bias",
    "splits-leak-twins": "twins: bias",
    "splits-leak-scaling": "scaling: bias",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_numbers_in_the_text_are_those_that_were_measured():
    text = " ".join((TEXT / f"{PAGE}.md").read_text(encoding="utf-8").split())
    scaling = MEASURED["quantities"]["scaling: bias"]
    assert MEASURED["seeds"]["count"] * MEASURED["recipe"]["repetitions"] == 800
    assert "over 800 repetitions the reported error was half a percentage point too low" in text
    assert round(200 * scaling["mean"]) == 1
    assert round(100 * MEASURED["quantities"]["choosing: bias"]["mean"]) == 13
    assert "looks 13 points better" in text


def test_the_best_of_guessers_by_enumeration():
    n, k = 3, 2
    right = np.array(list(product(range(2), repeat=n * k))).reshape(-1, k, n).sum(axis=2)
    expected = 1 - right.max(axis=1).mean() / n
    assert abs(exercises.best_of_guessers.reference(n, k) - expected) < 1e-15


def test_the_best_of_guessers_is_what_was_measured():
    found = MEASURED["quantities"]["choosing: reported"]
    error = found["sd"] / MEASURED["seeds"]["count"] ** 0.5
    assert abs(exercises.best_of_guessers.reference(100, 100) - found["mean"]) < 4 * error


def test_stopping_is_what_fit_does():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values, patience, min_delta = exercises._draw_errors(rng)
        count = Patience(patience, min_delta)
        end = next((epoch for epoch, value in enumerate(values) if count(value)), len(values) - 1)
        assert exercises.early_stop.reference(values, patience, min_delta) == (int(np.argmin(values[: end + 1])), end)


def test_scaling_is_what_standardize_does():
    X, T = exercises._draw_parts(np.random.default_rng(0))
    scale = data.Standardize(X)
    for mine, expected in zip(exercises.scale_both.reference(X, T), (scale(X), scale(T)), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12)
