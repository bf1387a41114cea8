"""Races: all runs at once are the plain loop, under one noise; verdicts; the suite."""

import functools

import numpy as np
import pytest

import pydl
from pydl import optim
from pydl.landscape import SUITE
from pydl.landscape.noise import Cauchy
from pydl.landscape.problems import Problem
from pydl.landscape.prototypes import Chain
from pydl.landscape.races import VERDICTS, race, verdict

PROBLEMS = {name: problem for group in SUITE.values() for name, problem in group.items()}
SGD = functools.partial(optim.SGD, lr=0.1)


def test_a_race_is_the_plain_loop():
    """All rates and runs at once give what one run after another gives."""
    problem = PROBLEMS["10 scales, turned"]
    found = race(problem, optim.Adam, [0.03, 0.3], steps=20, runs=3, rng=4, last=5)
    for i, lr in enumerate([0.03, 0.3]):
        for run in range(3):
            theta = pydl.Tensor(problem.starts(3, rng=4)[run], requires_grad=True)
            optimizer = optim.Adam([theta], lr=lr)
            losses = []
            for _ in range(20):
                theta.grad = problem.field(theta.numpy())
                optimizer.step()
                losses.append(problem.loss(theta.numpy()))
            assert found.losses[i, run] == pytest.approx(np.mean(losses[-5:]), rel=1e-12)
            assert found.still[run] == pytest.approx(problem.loss(problem.starts(3, rng=4)[run]), rel=1e-12)


def test_the_same_seed_gives_the_same_race_and_another_another():
    problem = PROBLEMS["quadratic + heavy"]
    a, b, c = (race(problem, SGD, [0.01], runs=4, rng=seed).losses for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert (a != c).all()


def test_all_rates_meet_the_same_noise():
    """On a line, a gradient step is ε times the gradients: the way made good is proportional to the rate."""
    problem = Problem([Chain("line")], noise=Cauchy(1.0))
    found = race(problem, SGD, [1.0, 2.0], runs=6, rng=0)
    gains = found.still - found.losses
    np.testing.assert_allclose(gains[1], 2 * gains[0], rtol=1e-9)


def test_averages_are_judged_in_place_of_the_last_point():
    problem = PROBLEMS["quadratic + heavy"]
    plain = race(problem, SGD, [0.1], runs=50, rng=0)
    mean = race(problem, SGD, [0.1], runs=50, rng=0, average=optim.Average)
    assert np.median(mean.losses) < 0.5 * np.median(plain.losses)


def test_a_run_that_explodes_is_infinite_and_no_warning():
    found = race(Problem([Chain("quadratic")]), SGD, [1e10], runs=3, rng=0)
    assert (found.losses == np.inf).all()


def test_the_end_must_fit():
    with pytest.raises(ValueError, match="the last 10 of 5"):
        race(Problem([Chain("line")]), SGD, [0.1], steps=5)


@pytest.mark.parametrize(
    ("gains", "expected"),
    [
        ([1.0] * 8, "on a par"),
        ([1.2] * 8, "better"),
        ([0.5] * 8, "works"),
        ([0.05] * 8, "slow"),
        ([0.0] * 3 + [1.0] * 5, "unsteady"),
        ([0.0] * 2 + [0.8] * 6, "works"),
        ([-0.1] * 8, "fails"),
        ([-np.inf] * 3 + [1.0] * 5, "fails"),
        ([np.nan] * 2 + [0.8] * 6, "works"),
    ],
)
def test_verdicts(gains, expected):
    assert VERDICTS[verdict(np.array(gains))] == expected
    np.testing.assert_array_equal(verdict(np.array([gains, gains])), [VERDICTS.index(expected)] * 2)


def test_the_suite():
    """At least thirty problems, each of which gradient descent can improve, starting where it is defined."""
    assert len(PROBLEMS) == sum(map(len, SUITE.values())) >= 30
    for name, problem in PROBLEMS.items():
        found = race(problem, SGD, 10.0 ** np.arange(-4, 2), runs=12, rng=0)
        assert np.isfinite(found.still).all(), name
        assert np.median(found.losses, axis=1).min() < np.median(found.still), name
