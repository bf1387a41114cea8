"""The exercises of optimizers/adaptive-rates against the optimizers, and its bands against what was measured."""

import numpy as np
import pytest
from notebook_environment import TEXT

from pydl import nn, optim
from pydl.check import adaptive_rates as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "optimizers/adaptive-rates"
MEASURED = measured(PAGE)


def stepped(method, theta, g, t, state, **options):
    """Let an optimizer take step t from a state; return θ and the new state."""
    p = nn.Parameter(theta.copy())
    (group,) = (optimizer := method([p], **options)).groups
    for name, vector in state.items():
        group.state[name][...] = vector
    group.steps = [t - 1]
    p.grad = g
    optimizer.step()
    return p.numpy(), *(group.state[name] for name in state)


def test_effective_rates_are_the_steps_that_adagrad_takes():
    G, lr, delta = exercises._draw_history(np.random.default_rng(0))
    theta, r = np.zeros(G.shape[1]), np.zeros(G.shape[1])
    for t, g in enumerate(G, start=1):
        before = theta
        theta, r = stepped(optim.Adagrad, theta, g, t, {"sum": r}, lr=lr, eps=delta)
    np.testing.assert_allclose(exercises.effective_rates.reference(G, lr, delta) * G[-1], before - theta, rtol=1e-9)


def test_adam_is_the_optimizer_and_its_mean_the_corrected_one():
    theta, g, m, r, t, lr = exercises._draw_adam(np.random.default_rng(1))
    expected = stepped(optim.Adam, theta, g, t, {"exp_avg": m, "exp_avg_sq": r}, lr=lr)
    np.testing.assert_allclose(exercises.adam_step.reference(theta, g, m, r, t, lr), expected, rtol=1e-12)

    G, beta = exercises._draw_stream(np.random.default_rng(2))
    shares = beta ** np.arange(len(G))[::-1]
    np.testing.assert_allclose(exercises.corrected_mean.reference(G, beta), shares @ G / shares.sum(), rtol=1e-12)


def test_adamw_is_the_optimizer():
    theta, m_hat, r_hat, lr, alpha = exercises._draw_decay(np.random.default_rng(3))
    g, t = np.zeros(len(theta)), 4
    state = {"exp_avg": m_hat * (1 - 0.9**t) / 0.9, "exp_avg_sq": r_hat * (1 - 0.999**t) / 0.999}  # decays in the step
    expected, *_ = stepped(optim.AdamW, theta, g, t, state, lr=lr, weight_decay=alpha)
    np.testing.assert_allclose(
        exercises.adamw_step.reference(theta, m_hat, r_hat, lr, alpha), expected, rtol=1e-9, atol=1e-12
    )


def test_adadelta_is_the_optimizer():
    g, r, s, beta = exercises._draw_adadelta(np.random.default_rng(4))
    step, *state = exercises.adadelta_step.reference(g, r, s, beta)
    expected = stepped(optim.Adadelta, np.zeros(len(g)), g, 1, {"square_avg": r, "acc_delta": s}, rho=beta)
    for found, right in zip((-step, *state), expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-9)


# claim of the notebook: quantity of the experiment
BANDS = {
    "adaptive-rare-rate": "words: effective rate, rare over frequent",
    "adaptive-rate-exponent": "words: exponent of Adagrad's rate",
    "adaptive-rare-gain": "words: Adagrad over SGD",
    "adaptive-rare-annealed": "words: Adagrad over SGD, falling",
    "adaptive-regret": "words: regret over bound",
    "adaptive-no-root": "words: Adagrad over no root",
    "adaptive-uncorrected-loss": "digits: early loss without correction",
    "adaptive-digits-close": "digits: momentum minus Adam",
    "adaptive-digits-adam": "digits: Adam",
    "adaptive-sign": "noise: mean step at noise 2",
    "adaptive-delta-walk": "noise: walk with a small delta",
    "adaptive-delta-quiet": "noise: walk with a large delta",
    "adaptive-l2-coupled": "noise: L2 at scale 10",
    "adaptive-l2-decoupled": "noise: AdamW at scale 10",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    found = MEASURED["quantities"]
    assert quoted_bands(PAGE, BANDS) == {quantity: found[quantity]["band"] for quantity in BANDS.values()}
    assert MEASURED["seeds"]["count"] >= 20
    assert found["words: Adagrad over SGD, falling"]["band"][1] < 1
    assert found["digits: early loss without correction"]["min"] > 1
    assert found["noise: L2 at scale 10"]["band"][0] > found["noise: AdamW at scale 10"]["band"][1]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("SGD", "gradient descent"),
        ("momentum", "with momentum"),
        *((same, same) for same in ("Adagrad", "RMSProp", "Adadelta", "Adam", "NAdam", "AMSGrad")),
    ],
)
def test_the_table_of_the_text_is_what_was_measured(name, label):
    text, error = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8"), MEASURED["quantities"][f"digits: {name}"]
    rate = MEASURED["recipe"]["digits"]["lr"][name]
    assert f"| {label} | {rate:g} | {error['mean']:.1f} ± {error['sd']:.1f} |" in text


def test_rates_in_the_text_are_those_that_were_chosen():
    text, rates = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8"), MEASURED["recipe"]["words"]["lr"]
    assert f"excess(optim.Adagrad, {rates['Adagrad']:g})" in text
    for name, line in (
        ("SGD", '("gradient descent", optim.SGD'),
        ("RMSProp", '("RMSProp", optim.RMSprop'),
        ("Adam", '("Adam", optim.Adam'),
    ):
        assert f"    {line}, {rates[name]:g}, {rates[f'{name}, falling']:g})," in text
    rates = MEASURED["recipe"]["digits"]["lr"]
    for name, line in (
        ("SGD", '"gradient descent": (optim.SGD'),
        ("momentum", '"momentum": (optim.SGD'),
        ("Adagrad", '"Adagrad": (optim.Adagrad'),
        ("RMSProp", '"RMSProp": (optim.RMSprop'),
        ("Adadelta", '"Adadelta": (optim.Adadelta'),
        ("Adam", '"Adam": (optim.Adam'),
    ):
        assert f"    {line}, {rates[name]:g}, " in text


def test_the_cost_of_a_wrong_rate_is_what_was_measured():
    text, scores = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8"), MEASURED["rate_scores"]["digits"]
    text = " ".join(text.split())
    momentum, adam = scores["momentum"], scores["Adam"]
    assert f"momentum {momentum['0.03'] - momentum['0.1']:.1f} points on the held-out digits" in text
    assert f"and Adam {adam['0.003'] - adam['0.01']:.1f}." in text
    assert f"0.001, ends at {adam['0.001']:.1f} % there, where 0.01 ends at {adam['0.01']:.1f} %" in text
    errors = {name: MEASURED["quantities"][f"digits: {name}"]["mean"] for name in ("momentum", "Adam")}
    assert f"Momentum is {errors['momentum'] - errors['Adam']:.1f} points behind" in text
