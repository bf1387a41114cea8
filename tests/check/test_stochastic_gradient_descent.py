"""The exercises of optimizers/stochastic-gradient-descent, and the bands that the notebook quotes."""

import itertools

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl.check import stochastic_gradient_descent as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "optimizers/stochastic-gradient-descent"
MEASURED = measured(PAGE)
# claim of the notebook: quantity of the experiment
BANDS = {
    "sgd-variance": "variance with replacement, M = 10",
    "sgd-variance-without-replacement": "variance without replacement, M = 10",
    "sgd-line-slope": "mean of w, minus 3",
    "sgd-line-slope-sd": "sd of w",
    "sgd-line-bias": "mean of b, minus 2",
    "sgd-line-bias-sd": "sd of b",
    "sgd-line-steps": "steps until ½MSE < 0.01",
    "sgd-half-steps": "steps with the ½, relative",
    "sgd-floor": "noise floor over prediction, M = 1",
    "sgd-floor-minibatch": "noise floor over prediction, M = 10",
    "sgd-samples": "samples with M = 30, relative",
    "sgd-sorted": "rise of the loss, sorted",
    "sgd-forgotten-zero-grad": "later swings over first ones, without zero_grad",
}


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    """Nothing here repeats a reference: derivatives by pydl.grad, the best step by trying, noise by all subsets."""
    rng = np.random.default_rng(seed)
    X, y, theta, batch = exercises.minibatch_gradient.draw(rng)
    slope = pydl.grad(lambda t: ((y[batch] - X[batch] @ t) ** 2).mean())(theta)
    np.testing.assert_allclose(exercises.minibatch_gradient.reference(X, y, theta, batch), slope, rtol=1e-9)
    H, g = exercises.best_step.draw(rng)
    best = exercises.best_step.reference(H, g)
    rates = best * np.linspace(0, 3, 3001)
    J = -rates * (g @ g) + 0.5 * rates**2 * (g @ H @ g)
    assert rates[J.argmin()] == pytest.approx(best, rel=1e-3)
    G, M = rng.standard_normal((7, 3)), 3
    means = np.array([G[list(subset)].mean(axis=0) for subset in itertools.combinations(range(7), M)])
    noise = np.sum((means - G.mean(axis=0)) ** 2, axis=1).mean()
    assert exercises.minibatch_noise.reference(G, M) == pytest.approx(noise, rel=1e-12)


def test_noise_floor_solves_the_balance():
    """½ tr(HS) of the S with HS + SH = εC/M, found by solving that equation entry by entry."""
    X, y, lr, M = exercises.noise_floor.draw(np.random.default_rng(0))
    n, d = X.shape
    theta = np.linalg.solve(X.T @ X, X.T @ y)
    H, each = 2 * X.T @ X / n, -2 * (y - X @ theta)[:, None] * X
    identity = np.eye(d)
    balance = np.kron(H, identity) + np.kron(identity, H)
    S = np.linalg.solve(balance, (lr / M * each.T @ each / n).ravel()).reshape(d, d)
    assert exercises.noise_floor.reference(X, y, lr, M) == pytest.approx(np.trace(H @ S) / 2, rel=1e-10)


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_times_in_the_text_are_those_that_were_measured():
    text = " ".join((TEXT / f"{PAGE}.md").read_text(encoding="utf-8").split())
    times = MEASURED["time_of_a_step"]
    assert f"on 8 samples takes {times['8']:.1f} times as long" in text
    assert f"on 64 samples {times['64']:.1f} times, and on 512 samples {times['512']:.0f} times" in text
