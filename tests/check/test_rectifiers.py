"""backprop/rectifiers: references against pydl's own numbers, bands and numbers against what was measured."""

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl import nn
from pydl.check import rectifiers as exercises
from tests.check.measured import measured, quoted_bands

MEASURED = measured("backprop/rectifiers")
FOUND = MEASURED["quantities"]
RNG = np.random.default_rng(0)


def test_references_are_what_pydl_computes():
    a, p = exercises._draw_leaky(RNG)
    slope = pydl.grad(lambda a: pydl.leaky_relu(a, p).sum())(a)
    np.testing.assert_array_equal(exercises.leaky_slope.reference(a, p), slope)
    a, g = exercises._draw_gradient(RNG)
    slope = pydl.grad(lambda p: (g * pydl.prelu(a, p)).sum())(np.array([0.25]))
    np.testing.assert_allclose(exercises.prelu_slope_gradient.reference(a, g), slope.item(), rtol=1e-12)


def test_the_count_is_that_of_a_census():
    (Y,) = exercises._draw_outputs(RNG)
    with nn.Census(module := nn.ReLU()) as census:
        module(Y)
    assert exercises.dead_count.reference(Y) == census.layers[""].dead


def test_the_leaky_scale_keeps_the_mean_square():
    z = RNG.normal(size=1_000_000)
    for p in (0.0, 0.3, 1.0):
        s = exercises.leaky_scale.reference(p)
        assert s**2 * np.mean(pydl.leaky_relu(z, p) ** 2) == pytest.approx(1, abs=0.01)


# claim of the notebook: quantity of the experiment
BANDS = {
    "rectifier-dead": "dead units, ReLU, rate 0.5",
    "rectifier-calm": "dead units, ReLU, rate 0.02",
    "rectifier-leaky-alive": "dead units, LeakyReLU, rate 0.5",
    "rectifier-prelu-alive": "dead units, PReLU, rate 0.1",
    "rectifier-sigmoid-20": "error at depth 20, sigmoid",
    "rectifier-relu-20": "error at depth 20, ReLU",
    "rectifier-leaky-20": "error at depth 20, LeakyReLU",
    "rectifier-prelu-20": "error at depth 20, PReLU",
    "rectifier-elu-20": "error at depth 20, ELU",
    "rectifier-prelu-slopes": "mean slope",
    "rectifier-prelu-largest": "largest slope",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("backprop/rectifiers", BANDS)
    assert quoted == {quantity: FOUND[quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_numbers_in_the_text_are_those_that_were_measured():
    text = " ".join((TEXT / "backprop/rectifiers.md").read_text(encoding="utf-8").split())
    error = {f: f"{100 * FOUND[f'error after the shock, {f}, rate 0.5']['mean']:.0f} %" for f in ("ReLU", "LeakyReLU")}
    assert (
        f"the leaky networks err on {error['LeakyReLU']} of the digits, the rectified ones on {error['ReLU']}" in text
    )
    lowest = FOUND["smallest error at depth 20, sigmoid, other scales and rates"]["min"]
    assert f"did the training error fall below {100 * np.floor(1000 * lowest) / 1000:.1f} %" in text
    assert f"of twenty starts in `experiments/rectifiers.py`, {MEASURED['dead_outputs']} ended with a dead" in text
    assert 1 < MEASURED["highest_loss_of_a_living_output"] < 1.05  # rectifier-output-floor
    scales = [(run["s"], run["lr"]) for run in MEASURED["sigmoids"]]
    assert scales == [(1.0, 0.1), (4.0, 0.005), (4.0, 0.1)]
    assert "with $s = 1$ and a rate of 0.1, and with $s = 4$ and rates of 0.005 and 0.1" in text
