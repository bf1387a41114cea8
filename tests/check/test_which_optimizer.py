"""The exercises of optimizers/which-optimizer, the stored race, and the bands that the notebook quotes."""

import itertools

import numpy as np
import pytest

from pydl.check import which_optimizer as exercises
from pydl.landscape import SUITE, Chain, Problem, verdict
from tests.check.measured import measured, quoted_bands
from tests.test_figure_race import SCRIPTS
from tests.test_figures import needs_node, run_js

PAGE = "optimizers/which-optimizer"
MEASURED = measured(PAGE)
BANDS = {
    "race-turn-adam": "rotation: times as much left by Adam",
    "race-no-best": "most tests among the best",
    "race-hard-to-beat": "tests where nobody is better",
    "race-window-sgd": "decades of best rates: SGD",
    "race-window-adam": "decades of best rates: Adam",
    "race-share-sgd": "share of rates that pass: SGD",
    "race-share-rmsprop": "share of rates that pass: RMSProp",
    "race-plateau-momentum": "gain, plateau, bowl: momentum",
    "race-plateau-rmsprop": "gain, plateau, bowl: RMSProp",
    "race-curl-momentum": "gain, quadratic, strong curl: momentum",
    "race-curl-rmsprop": "gain, quadratic, strong curl: RMSProp",
    "race-jumps-averaged": "gain, quadratic jumps: averaged",
    "race-cauchy-clipped": "Cauchy: clipped",
    "race-cauchy-sgd": "Cauchy: SGD",
    "race-low-sweep": "low: momentum - Adam",
    "race-defaults": "default: RMSProp - Adam",
    "race-one-rate": "one rate: Adam - SGD",
    "race-full-sweep": "all: Adam - momentum",
    "race-one-seed-winners": "one run: different winners",
    "race-one-seed-reported": "one run: reported",
    "race-one-seed-others": "one run: more than on the others",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_the_stored_table_is_of_this_suite():
    assert MEASURED["groups"] == {group: list(problems) for group, problems in SUITE.items()}
    assert list(MEASURED["table"]) == [name for group in SUITE.values() for name in group]
    names, rates = list(MEASURED["defaults"]), len(MEASURED["rates"])
    assert len(names) >= 10
    assert len(MEASURED["table"]) >= 30
    assert MEASURED["runs_per_race"] * MEASURED["seeds"]["count"] >= 20
    for row in MEASURED["table"].values():
        assert list(row) == names
        for gains, verdicts, best in row.values():
            gains = [float(gain) for gain in gains.split()]
            assert len(gains) == len(verdicts) == rates + 1
            assert gains[best] == max(gains[:rates])
        gains, _, best = row["SGD"]
        assert gains.split()[best] == "1"  # the unit


def test_counts_agree_with_the_table():
    """The numbers of tests passed, by every protocol, follow from the verdicts and gains beside them."""
    names, rates = list(MEASURED["defaults"]), MEASURED["rates"]
    cells = MEASURED["table"].values()
    passed = np.array([[[int(v) >= 4 for v in row[name][1]] for name in names] for row in cells])
    one = passed[:, :, :-1].sum(axis=0).max(axis=1)
    assert dict(zip(names, one, strict=True)) == MEASURED["passed"]["one"]
    assert dict(zip(names, passed[:, :, -1].sum(axis=0), strict=True)) == MEASURED["passed"]["default"]
    tuned = np.array([[int(row[name][1][row[name][2]]) >= 4 for name in names] for row in cells])
    assert dict(zip(names, tuned.sum(axis=0), strict=True)) == MEASURED["passed"]["all"]
    low = [rates.index(rate) for rate in MEASURED["sweeps"]["low"]]
    for name, count in MEASURED["passed"]["low"].items():  # the best of a sweep passes only if one of it does
        assert count <= passed[:, names.index(name), low].any(axis=1).sum()
    assert all(MEASURED["passed"]["all"][name] >= MEASURED["passed"]["low"][name] for name in names)


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    rng = np.random.default_rng(seed)
    lam, omega = exercises.curl_limit.draw(rng)
    limit = exercises.curl_limit.reference(lam, omega)
    step = np.array([[lam, -omega], [omega, lam]])
    for factor, converges in ((0.999, True), (1.001, False)):
        sizes = np.abs(np.linalg.eigvals(np.eye(2) - factor * limit * step))
        assert (sizes.max() < 1) == converges
    k, m = 3 + seed % 2, 1 + seed % 3
    lowest = [min(f[:m]) for f in itertools.product(range(k), repeat=4)]
    assert exercises.mean_lowest.reference(k, m) == pytest.approx(np.mean(lowest), rel=1e-12)
    still, _, sgd = exercises.race_gain.draw(rng)
    assert exercises.race_gain.reference(still, sgd[np.median(sgd, axis=1).argmin()], sgd) > 0
    table, n = exercises.honest_loss.draw(rng)
    chosen = exercises.honest_loss.reference(table, n)
    assert chosen in np.median(table[:, n:], axis=1)


def test_a_field_with_curl_obeys_the_limit():
    """In the suite's own field, λ = 2: a step just below the bound approaches the middle, one above leaves it."""
    problem = Problem([Chain("quadratic")] * 2, curl=10.0)
    limit = exercises.curl_limit.reference(2.0, 10.0)
    for lr, approaches in ((0.99 * limit, True), (1.01 * limit, False)):
        theta = np.array([[0.4, 0.5]])
        after = theta - lr * problem.field(theta)
        assert (np.linalg.norm(after - 0.5) < np.linalg.norm(theta - 0.5)) == approaches


@needs_node
def test_arrivals_are_those_told_on_paper():
    """The steps that the text in place of the interactive race names: best rates, from the figure's own start."""
    told = {"sgd": [173, 173], "adagrad": [6, 166], "rmsprop": [6, 121], "adam": [90, 98]}
    arrived = run_js(
        SCRIPTS,
        """given.methods.map(method => ["ravine", "turned_ravine"].map(name => {
            const fn = functions[name], course = { fn, start: fn.start, sigma: 0, noise: race.normals(1) };
            return race.lane(method, race.tune(method, course), course).to(race.STEPS).arrived;
        }))""",
        methods=list(told),
    )
    assert arrived == list(told.values())


def test_the_verdict_of_a_table_is_that_of_its_rows():
    gains = np.random.default_rng(0).normal(0.5, 1, (3, 4, 20))
    assert verdict(gains).tolist() == [[int(verdict(row)) for row in rows] for rows in gains]
