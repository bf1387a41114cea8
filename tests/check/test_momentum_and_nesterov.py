"""The exercises of optimizers/momentum-and-nesterov, and the bands and the table that the notebook quotes."""

import numpy as np
import pytest
from notebook_environment import TEXT

from pydl import nn, optim
from pydl.check import momentum_and_nesterov as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "optimizers/momentum-and-nesterov"
MEASURED = measured(PAGE)
STEPS = "steps until ½MSE < 0.01"
# claim of the notebook: quantity of the experiment
BANDS = {
    "momentum-line-slope": "momentum 0.6: sd of w",
    "momentum-line-bias": "momentum 0.6: sd of b",
    "nesterov-line-slope": "Nesterov 0.8: sd of w",
    "nesterov-line-bias": "Nesterov 0.8: sd of b",
    "momentum-line-steps-sgd": f"SGD: {STEPS}",
    "momentum-line-steps": f"momentum 0.6: {STEPS}",
    "nesterov-line-steps": f"Nesterov 0.8: {STEPS}",
    "momentum-overshoot": "momentum 0.8, wide: mean peak",
    "nesterov-overshoot": "Nesterov 0.8, wide: median peak",
    "momentum-noise-effective": "noise floor with momentum 0.9, equal ε/(1 − α)",
    "momentum-noise-equal-rate": "noise floor with momentum 0.9, equal ε",
    "momentum-old-rate-sgd": "SGD at ε = 0.05: share that diverges",
    "momentum-old-rate": "momentum 0.9 at ε = 0.05: share that diverges",
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("nesterov", [False, True])
def test_steps_are_those_of_the_library(seed, nesterov):
    """From rest; with Nesterov's form optim.SGD stands at θ + αv."""
    theta, _, gradient, lr, alpha = exercises.nesterov_step.draw(np.random.default_rng(seed))
    v, parameter = np.zeros_like(theta), nn.Parameter(theta.copy())
    optimizer = optim.SGD([parameter], lr=lr, momentum=alpha, nesterov=nesterov)
    for _ in range(5):
        if nesterov:
            theta, v = exercises.nesterov_step.reference(theta, v, gradient, lr, alpha)
        else:
            theta, v = exercises.momentum_step.reference(theta, v, gradient(theta), lr, alpha)
        parameter.grad = gradient(parameter.numpy())
        optimizer.step()
        np.testing.assert_allclose(parameter.numpy(), theta + alpha * v if nesterov else theta, rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_polyaks_choice_is_the_fastest(seed):
    rng = np.random.default_rng(seed)
    (H,) = exercises.optimal_momentum.draw(rng)
    rate = exercises.momentum_rate.reference
    lr, alpha = exercises.optimal_momentum.reference(H)
    root = np.sqrt(np.linalg.cond(H))
    assert rate(H, lr, alpha) == pytest.approx((root - 1) / (root + 1), abs=1e-6)
    for factor in rng.uniform(0.8, 1.2, (100, 2)):
        assert rate(H, lr * factor[0], min(alpha * factor[1], 0.999)) > rate(H, lr, alpha) - 1e-6


def test_rate_is_that_of_a_long_run():
    for seed in range(5):
        H, lr, alpha = exercises.momentum_rate.draw(np.random.default_rng(seed))
        theta, v, sizes = np.ones(len(H)), np.zeros(len(H)), []
        for _ in range(200):
            theta, v = exercises.momentum_step.reference(theta, v, H @ theta, lr, alpha)
            sizes.append(np.linalg.norm(theta))
        assert (sizes[-1] / sizes[99]) ** 0.01 == pytest.approx(
            exercises.momentum_rate.reference(H, lr, alpha), rel=1e-2
        )


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_the_table_shows_what_was_measured():
    text = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8")
    mean = {name: found["mean"] for name, found in MEASURED["quantities"].items()}
    sets = "", ", wide"
    for method in ("SGD", "momentum 0.6", "Nesterov 0.8"):
        spreads = [f"{mean[f'{method}{s}: sd of w']:.4f}, {mean[f'{method}{s}: sd of b']:.4f}" for s in sets]
        assert f"| {' | '.join(spreads)} |" in text
    steps = [
        ", ".join(f"{mean[f'{method}{s}: {STEPS}']:.0f}" for method in ("SGD", "momentum 0.6", "Nesterov 0.8"))
        for s in sets
    ]
    assert f"| 404, 157, 66 | {' | '.join(steps)} |" in text
    peak = mean["momentum 0.8: mean peak"], mean["momentum 0.8, wide: mean peak"]
    assert f"| 157 | {peak[0]:.0f} | {peak[1]:.0f} |" in text
    peak = mean["Nesterov 0.8: median peak"], mean["Nesterov 0.8, wide: median peak"]
    assert f"| 86 | {peak[0]:.0f} | {peak[1]:.0f} |" in text
    assert f"whose median is {mean['momentum 0.8, wide: median peak']:.0f}" in text
    again = mean[f"SGD, with replacement: {STEPS}"], mean[f"SGD: {STEPS}"]
    assert f"SGD take {again[0]:.0f} instead of {again[1]:.0f}" in text
