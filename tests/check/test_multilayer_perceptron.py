"""The exercises of backprop/multilayer-perceptron, and its numbers against what its experiment measured."""

import numpy as np
import pytest
from notebook_environment import TEXT

import pydl
from pydl import nn
from pydl.check import multilayer_perceptron as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "backprop/multilayer-perceptron"
MEASURED = measured(PAGE)


@pytest.mark.parametrize("seed", range(5))
def test_references_are_what_pydl_computes(seed):
    rng = np.random.default_rng(seed)
    X, weights, biases = exercises.mlp_outputs.draw(rng)
    layers = []
    for W, b in zip(weights, biases, strict=True):
        layer = nn.Linear(*W.T.shape)
        layer.weight.copy_(W)
        layer.bias.copy_(b)
        layers += [layer, nn.Tanh()]
    model = nn.Sequential(*layers[:-1], nn.Softmax())
    np.testing.assert_allclose(exercises.mlp_outputs.reference(X, weights, biases), model(X).numpy(), rtol=1e-5)
    widths = np.array([X.shape[1], *map(len, biases)])
    assert exercises.count_parameters.reference(widths) == sum(p.size for p in model.parameters())

    W1, b1, W2, b2 = exercises.one_layer.draw(rng)
    W, b = exercises.one_layer.reference(W1, b1, W2, b2)
    x = rng.normal(size=len(b1))
    np.testing.assert_allclose(W @ x + b, W2 @ (W1 @ x + b1) + b2, rtol=1e-12)

    A, Y = exercises.poisson_error.draw(rng)
    by_autodiff = pydl.grad(lambda A: (pydl.exp(A) - Y * A).sum() / len(A))(A)
    np.testing.assert_allclose(exercises.poisson_error.reference(A, Y), by_autodiff, rtol=1e-12)


@pytest.mark.parametrize("n", range(2, 12))
def test_parity_of_all_sums(n):
    s = np.arange(n + 1)
    units = np.maximum(0, s[:, None] - np.arange(n))
    np.testing.assert_array_equal(units @ exercises.parity_weights.reference(n), s % 2)


# claim of the notebook: quantity of the experiment
BANDS = {
    "mlp-xor-two-tanh": "share of XOR solved, 2 units of tanh",
    "mlp-xor-two-relu": "share of XOR solved, 2 units of ReLU",
    "mlp-xor-eight-relu": "share of XOR solved, 8 units of ReLU",
    "mlp-xor-eight-tanh": "share of XOR solved, 8 units of tanh",
    "mlp-xor-stuck": "share of failures at half log 2, 2 units of tanh",
    "mlp-xor-linear": "share of failures at log 2, 2 units of ReLU",
    "mlp-mnist-error": "test error",
    "mlp-mnist-relative": "test error, relative to the linear model's",
    "mlp-no-transfer": "test error without a transfer function",
    "mlp-two-softmaxes-floor": "training loss of two softmaxes",
    "mlp-two-softmaxes-error": "test error of two softmaxes",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20


def test_one_unit_never_solves_xor():
    found = [MEASURED["quantities"][f"share of XOR solved, 1 units of {name}"] for name in ("tanh", "ReLU")]
    assert [quantity["max"] for quantity in found] == [0, 0]


def test_numbers_in_the_text_are_those_that_were_measured():
    text, found = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8"), MEASURED["quantities"]
    rows = {
        "none (softmax regression) | 7,850": "test error of the linear model",
        "one of 32 | 25,450": "test error, one of 32",
        "one of 128 | 101,770": "test error",
        "one of 512 | 407,050": "test error, one of 512",
        "two of 128 | 118,282": "test error, two of 128",
    }
    for row, name in rows.items():
        assert f"| {row} | {100 * found[name]['mean']:.1f} ± {100 * found[name]['sd']:.1f} % |" in text
    full = MEASURED["error_of_300_units_on_60000"]
    assert f"err on {100 * full['mean']:.1f} % (mean over five seeds)" in text
    assert full["seeds"] == 5
    assert {name for name, times in MEASURED["times_chosen"].items() if times} == {str(MEASURED["recipe"]["lr"])}
    assert found["training error"]["max"] < 0.0005
