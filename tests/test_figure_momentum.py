"""The figure of momentum on a quadratic: its steps are those of pydl, its rates the eigenvalues of a step."""

import numpy as np
import pytest
from interactive_figures import FIGURES
from matplotlib.path import Path

import pydl
from tests.test_figures import needs_node, run_js

SCRIPTS = ["rules", "momentum"]
KINDS = pytest.mark.parametrize("nesterov", [False, True], ids=["plain", "nesterov"])


def steps_of_pydl(lr, momentum, nesterov, curvatures, start, steps):
    """Return where SGD leads on ½ Σ λᵢ θᵢ², with the gradient from reverse mode."""
    theta = pydl.nn.Parameter(np.array(start, float))
    optimizer = pydl.optim.SGD([theta], lr=lr, momentum=momentum, nesterov=nesterov and momentum > 0)
    path = [theta.numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        ((pydl.tensor(np.array(curvatures)) * theta * theta).sum() / 2).backward()
        optimizer.step()
        path.append(theta.numpy().copy())
    return np.array(path)


def iteration(h, alpha, nesterov):
    """Return the matrix of a step of (θ, v), ελ = h: v ← αv + hθ, then θ ← θ − v, or θ − (hθ + αv) if Nesterov's."""
    velocity = np.array([h, alpha])
    moved = alpha * velocity + [h, 0] if nesterov else velocity
    return np.array([[1, 0] - moved, velocity])


def draws(count, seed):
    """Return step sizes times curvature and momenta, all over the plane of the figure."""
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-3, 1, count), 0.99 * rng.uniform(0, 1, count) ** 2  # more where regions are narrow


PATHS = """given.cases.map(({ lr, momentum: alpha, kappa, steps }) => {
    const path = momentum.path({ lr, momentum: alpha, nesterov: given.nesterov }, kappa, given.start, steps);
    return { path, left: path.map(point => momentum.distance(point, given.start)) }; })"""


@needs_node
@KINDS
def test_steps_are_those_of_pydl(nesterov):
    start, cases = [-2.6, 0.9], []
    for kappa in (1, 30, 1000):
        for lr, alpha in [(1.0, 0.8), (0.035, 0.93), (1.9, 0.0), (2.7, 0.5), (1.2, 0.99), (5.0, 0.3)]:
            diverges = abs(np.linalg.eigvals(iteration(lr, alpha, nesterov))).max() > 1
            cases.append({"lr": lr, "momentum": alpha, "kappa": kappa, "steps": 20 if diverges else 300})
    found = run_js(SCRIPTS, PATHS, cases=cases, start=start, nesterov=nesterov)
    for case, ours in zip(cases, found, strict=True):
        curvatures = [1 / case["kappa"], 1]
        expected = steps_of_pydl(case["lr"], case["momentum"], nesterov, curvatures, start, case["steps"])
        np.testing.assert_allclose(ours["path"], expected, rtol=1e-12, atol=1e-12)
        left = np.linalg.norm(expected, axis=1) / np.linalg.norm(start)
        np.testing.assert_allclose(ours["left"], left, rtol=1e-12, atol=1e-12)


@KINDS
def test_the_iteration_is_a_step_of_pydl(nesterov):
    for h, alpha in zip(*draws(5, 1), strict=True):
        state, path = np.array([1.0, 0.0]), steps_of_pydl(1, alpha, nesterov, [h], [1], 4)
        for theta in path[:, 0]:
            np.testing.assert_allclose(state[0], theta, rtol=1e-9)
            state = iteration(h, alpha, nesterov) @ state


@needs_node
@KINDS
def test_rates_and_regions_are_those_of_the_eigenvalues(nesterov):
    h, alpha = draws(2000, 2)
    found = run_js(
        SCRIPTS,
        "given.h.map((h, i) => momentum.direction(h, given.alpha[i], given.nesterov))",
        h=h.tolist(),
        alpha=alpha.tolist(),
        nesterov=nesterov,
    )
    seen = []
    for one, h_i, alpha_i in zip(found, h, alpha, strict=True):
        roots = np.linalg.eigvals(iteration(h_i, alpha_i, nesterov))
        largest = roots[abs(roots).argmax()]
        assert one["rate"] == pytest.approx(abs(largest), rel=1e-9)
        if abs(largest) > 1:
            regime = "diverges"
        elif largest.imag:
            regime = "oscillates"
        else:
            regime = "monotone" if largest.real > 0 else "alternates"
        assert one["regime"] == regime
        seen.append(regime)
    assert {seen.count(regime) > 20 for regime in ("monotone", "oscillates", "alternates", "diverges")} == {True}


@needs_node
@KINDS
def test_borders_lie_where_the_regime_changes(nesterov):
    alphas = np.linspace(0.05, 0.95, 19).tolist()
    complex_, limits, at_limits = run_js(
        SCRIPTS,
        "[momentum.complex, momentum.limit, (a, kind) => momentum.direction(momentum.limit(a, kind), a, kind).regime]"
        ".map(what => given.alphas.map(a => what(a, given.nesterov)))",
        alphas=alphas,
        nesterov=nesterov,
    )
    assert set(at_limits) == {"stays"}

    def oscillates(h, alpha):
        return np.linalg.eigvals(iteration(h, alpha, nesterov)).imag.any()

    def diverges(h, alpha):
        return abs(np.linalg.eigvals(iteration(h, alpha, nesterov))).max() > 1

    for alpha, (low, high), limit in zip(alphas, complex_, limits, strict=True):
        for border, differs in [(low, oscillates), (high, oscillates), (limit, diverges)]:
            assert differs(border * (1 - 1e-6), alpha) != differs(border * (1 + 1e-6), alpha)


@needs_node
@KINDS
@pytest.mark.parametrize("rho", [0.3, 0.8, 0.96])
def test_level_lines_hold_their_rate_and_enclose_the_faster(rho, nesterov):
    line = np.array(run_js(SCRIPTS, "momentum.level(given.rho, given.nesterov)", rho=rho, nesterov=nesterov))
    rates = [abs(np.linalg.eigvals(iteration(h, a, nesterov))).max() for h, a in line]
    np.testing.assert_allclose(rates, rho, rtol=1e-6)  # at the corner two roots are equal: half the digits are lost
    points = np.column_stack(draws(1000, 3))
    inside = Path(line).contains_points(points)
    for (h, alpha), enclosed in zip(points, inside, strict=True):
        rate = abs(np.linalg.eigvals(iteration(h, alpha, nesterov))).max()
        if abs(rate - rho) > 0.01:  # the line has chords where the level has arcs
            assert enclosed == (rate < rho)
    assert 10 < inside.sum() < 900


@needs_node
@pytest.mark.parametrize("kappa", [1.5, 10, 100, 1000])
@pytest.mark.parametrize("kind", ["plain", "nesterov", "descent"])
def test_the_best_is_the_best(kind, kappa):
    best = run_js(
        SCRIPTS,
        "given.kind === 'descent' ? momentum.descent(given.kappa)"
        " : momentum.optimum(given.kappa, given.kind === 'nesterov')",
        kind=kind,
        kappa=kappa,
    )

    def rate(lr, momentum):
        steps = [iteration(lr * curvature, momentum, kind == "nesterov") for curvature in (1 / kappa, 1)]
        return max(abs(np.linalg.eigvals(step)).max() for step in steps)

    assert rate(best["lr"], best["momentum"]) == pytest.approx(best["rate"], abs=1e-6)
    for lr in best["lr"] * np.linspace(0.8, 1.2, 41):
        for momentum in [0] if kind == "descent" else np.clip(best["momentum"] + np.linspace(-0.2, 0.2, 41), 0, 0.999):
            assert rate(lr, momentum) >= best["rate"] - 1e-6


@needs_node
def test_steps_until_a_thousandth():
    rates = [0.0, 0.5, 0.69, 0.9, 0.999, 1.0, 1.2]
    found = run_js(SCRIPTS, "given.rates.map(momentum.thousandth)", rates=rates)
    for rate, k in zip(rates, found, strict=True):
        if rate < 1:
            assert rate**k <= 1e-3 < (rate ** (k - 1) if rate else 1)
        else:
            assert k is None  # JSON's way to write ∞


@needs_node
def test_directive_knows_the_kinds():
    check = FIGURES["momentum"][1]["nesterov"]
    for kind in run_js(SCRIPTS, "Object.keys(momentum.KINDS)"):
        assert check(kind) == kind
    with pytest.raises(ValueError, match="unknown"):
        check("another")
