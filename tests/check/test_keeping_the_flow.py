"""backprop/keeping-the-flow: references against pydl, bands and numbers in the text against what was measured."""

import numpy as np
from notebook_environment import TEXT

import pydl
from pydl.check import keeping_the_flow as exercises
from tests.check.measured import measured, quoted_bands

MEASURED = measured("backprop/keeping-the-flow")
RNG = np.random.default_rng(0)


def test_clipping_is_pydls():
    for _ in range(10):
        grads, c = exercises._draw_gradients(RNG)
        parameters = [pydl.nn.Parameter(g) for g in grads]
        for p, g in zip(parameters, grads, strict=True):
            p.grad = g.copy()
        pydl.optim.clip_grad_norm_(parameters, c)
        for p, g in zip(parameters, exercises.clip_norm.reference(grads, c), strict=True):
            np.testing.assert_allclose(p.grad.numpy(), g, rtol=1e-5)  # pydl adds 1e-6 to the norm, as PyTorch does


def test_the_slope_of_a_residual_chain_is_its_derivative():
    x, w, b = exercises._draw_chain(RNG)

    def chain(y):
        for weight, bias in zip(w, b, strict=True):
            y = y + pydl.tanh(weight * y + bias)
        return y

    np.testing.assert_allclose(exercises.residual_slope.reference(x, w, b), pydl.grad(chain)(np.float64(x)), rtol=1e-12)


def test_the_forget_bias_leaves_its_share():
    for steps, share in ((10, 0.5), (1000, 0.5), (100, 0.01)):
        bias = exercises.forget_bias.reference(steps, share)
        np.testing.assert_allclose(pydl.sigmoid(np.float64(bias)) ** steps, share, rtol=1e-10)


def test_the_cosine_is_that_of_clipping_to_very_little():
    (g,) = exercises._draw_gradient(RNG)
    left = np.clip(g, -1e-9, 1e-9)
    cosine = g @ left / np.linalg.norm(g) / np.linalg.norm(left)
    np.testing.assert_allclose(exercises.value_cosine.reference(g), cosine, rtol=1e-12)


def test_the_step_is_that_of_the_cell():
    x, h, c, W_x, W_h, b = exercises._draw_step(RNG)
    cell = pydl.nn.LSTMCell(x.shape[1], h.shape[1])
    for p, value in zip(cell.parameters(), (W_x, W_h, b, 0 * b), strict=True):
        p.data = value
    for mine, right in zip(exercises.lstm_step.reference(x, h, c, W_x, W_h, b), cell(x, (h, c)), strict=True):
        np.testing.assert_allclose(mine, right.numpy(), rtol=1e-12)


# claim of the notebook: quantity of the experiment
BANDS = {
    "flow-share-thrown": "share thrown further than 3",
    "flow-share-arrived": "share that arrives",
    "flow-share-arrived-clipped": "share that arrives, clipped",
    "flow-distance-clipped": "largest distance, clipped",
    "flow-plain-chain": "log10 of the gain, plain",
    "flow-residual-chain": "log10 of the gain, residual",
    "flow-shortcut-inside": "log10 of the gain, shortcut inside",
    "flow-rnn-100": "log10 of the gain over 100 steps, RNN",
    "flow-lstm-closed": "log10 of the gain over 100 steps, LSTM",
    "flow-lstm-100": "log10 of the gain over 100 steps, LSTM, bias 3",
    "flow-gru-100": "log10 of the gain over 100 steps, GRU, bias 5",
    "flow-adding-lstm": "test error, LSTM",
    "flow-adding-rnn": "test error, RNN",
    "flow-slope-marked": "derivative by marked numbers",
    "flow-slope-unmarked": "derivative by other numbers",
    "flow-angle-network": "angle of clipping by value, degrees",
    "flow-never-clipped": "finite steps without clipping",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("backprop/keeping-the-flow", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_numbers_in_the_text_are_those_that_were_measured():
    text = " ".join((TEXT / "backprop/keeping-the-flow.md").read_text(encoding="utf-8").split())
    assert MEASURED["solved"] == {"LSTM": 20, "RNN": 0}
    assert (
        f"Call the problem solved if the error is below {MEASURED['recipe']['solved']}. Within"
        f" {MEASURED['recipe']['steps']:,} steps it is solved by all of 20 LSTMs, and by none of 20 plain networks, at"
        " none of the rates 1, 0.1 and 0.01." in text
    )
