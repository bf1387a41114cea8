"""The exercises of optimizers/critical-points, and the numbers that the notebook quotes."""

import re

import numpy as np
import pytest
from notebook_environment import TEXT

from pydl.check import critical_points as exercises
from pydl.landscape import classify
from tests.check.measured import measured, quoted_bands

PAGE = "optimizers/critical-points"
MEASURED = measured(PAGE)
BANDS = {
    "crit-minima-two": "minima in percent, 2 weights",
    "crit-minima-eight": "minima in percent, 8 weights",
    "crit-height-index": "correlation of index and height, 8 weights",
    "crit-flat-starts": "starts that end flat in percent, 8 weights",
}


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    """classify, values on a grid and a walk of single steps know nothing of the references."""
    rng = np.random.default_rng(seed)
    (H,) = exercises.morse_index.draw(rng)
    assert exercises.morse_index.reference(H) == classify(lambda v: (H @ v) @ v / 2, np.zeros(len(H))).index

    (derivatives,) = exercises.kind_of_one_weight.draw(rng)
    orders = np.arange(2, 8)
    taylor = derivatives / [float(np.prod(np.arange(1, k + 1))) for k in orders]
    left, right = (np.sign((taylor * v**orders).sum()) for v in (-1e-2, 1e-2))
    assert exercises.kind_of_one_weight.reference(derivatives) == (left if left == right else 0)

    p, q, s = exercises.valley_floor.draw(rng)
    y = np.linspace(-20, 20, 400_001)
    lowest = (p / 2 * y**2 + q * y + s).min()  # at x = 1
    assert exercises.valley_floor.reference(p, q, s) == pytest.approx(lowest, abs=1e-7)

    lr, lam, a, r = exercises.steps_past_saddle.draw(rng)
    c, steps = a, 0
    while c < r:
        c, steps = c - lr * lam * c, steps + 1
    assert exercises.steps_past_saddle.reference(lr, lam, a, r) == steps


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_the_curve_in_the_notebook_is_the_one_that_was_measured():
    text = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8")
    drawn = dict(re.findall(r"(\d): ([\d.]+)", re.search(r"^minima = \{(.*)\}$", text, re.MULTILINE)[1]))
    means = {
        n: f"{MEASURED['quantities'][f'minima in percent, {n} weights']['mean']:.1f}"
        for n in ("1", "2", "3", "4", "6", "8")
    }
    assert drawn == means
