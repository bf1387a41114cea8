"""The exercises of backprop/reverse-mode against the engine, and what the notebook quotes."""

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl.check import reverse_mode as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "backprop/reverse-mode"
MEASURED = measured(PAGE)


def pulled(f, g, *xs):
    """Pull g back through f by the engine."""
    return pydl.vjp(f, *xs)[1](g)


@pytest.mark.parametrize("seed", range(5))
def test_references_are_what_the_engine_pulls_back(seed):
    rng = np.random.default_rng(seed)
    g, y, x = exercises.softplus_pull.draw(rng)
    np.testing.assert_allclose(exercises.softplus_pull.reference(g, y, x), pulled(pydl.softplus, g, x)[0], rtol=1e-12)
    np.testing.assert_allclose(y, pydl.softplus(x), rtol=1e-12)
    G, X, W = exercises.layer_pull.draw(rng)
    expected = pulled(pydl.linear, G, X, W, np.zeros(len(W)))
    for found, right in zip(exercises.layer_pull.reference(G, X, W), expected, strict=True):
        np.testing.assert_allclose(found, right, atol=1e-13)
    G, Y = exercises.softmax_pull.draw(rng)
    (expected,) = pulled(pydl.softmax, G, np.log(Y))
    np.testing.assert_allclose(exercises.softmax_pull.reference(G, Y), expected, atol=1e-13)
    (D,) = exercises.adjoints.draw(rng)
    expected = np.linalg.solve(np.eye(len(D)) - D.T, np.eye(len(D))[-1])  # ū = Dᵀū + e, all sums over paths at once
    np.testing.assert_allclose(exercises.adjoints.reference(D), expected, atol=1e-11)


def test_halving_is_counted_as_it_is_done():
    def backward(L):
        """Count the evaluations while walking: what the exercise describes, done."""
        if L == 1:
            runs.append(1)
            return
        runs.extend([1] * (L // 2))
        backward(L - L // 2)
        backward(L // 2)

    for L in (1, 2, 3, 7, 64, 100):
        runs = []
        backward(L)
        assert exercises.halving_evaluations.reference(L) == len(runs)
    assert exercises.halving_evaluations.reference(1024) == 1024 * 6


# claim of the notebook: quantity of the experiment
BANDS = {"reverse-tape-learns": "training error", "reverse-tape-loss": "loss at the end"}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_times_in_the_text_are_those_that_were_measured():
    text, times = " ".join((TEXT / f"{PAGE}.md").read_text(encoding="utf-8").split()), MEASURED["times"]
    for row in ("counted", "timed"):
        ratios = " | ".join(f"{ratio[row]:.2g}" for ratio in times["forward over reverse"].values())
        assert f"| {row} | {ratios} |" in text
    assert f"together take {times['value and gradient over value']:.1f} times as long as the value" in text
    assert f"with eight segments, it is {times['checkpoints over plain']:.2f}" in text
