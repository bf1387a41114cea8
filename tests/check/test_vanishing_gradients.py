"""backprop/vanishing-gradients: references against derivatives, bands against what was measured."""

import numpy as np

import pydl
from pydl.check import vanishing_gradients as exercises
from tests.check.measured import measured, quoted_bands

MEASURED = measured("backprop/vanishing-gradients")
RNG = np.random.default_rng(0)


def test_the_chains_slope_is_its_derivative():
    x, w, b = exercises._draw_chain(RNG)

    def chain(x):
        for weight, bias in zip(w, b, strict=True):
            x = pydl.sigmoid(weight * x + bias)
        return x

    np.testing.assert_allclose(exercises.chain_slope.reference(x, w, b), pydl.grad(chain)(np.float64(x)), rtol=1e-12)


def test_layers_until_counts():
    for _ in range(50):
        factor, limit = exercises._draw_limit(RNG)
        layers = int(exercises.layers_until.reference(factor, limit))
        assert factor**layers < limit <= factor ** (layers - 1)


def test_error_norms_are_those_of_a_networks_backward_pass():
    weights = [RNG.normal(size=(4, 3)), RNG.normal(size=(2, 4)), RNG.normal(size=(5, 2))]
    v, a = RNG.normal(size=5), []
    y = pydl.tensor(RNG.normal(size=3), requires_grad=True)
    for W in weights:
        a.append(W @ y)
        a[-1].retain_grad()
        y = pydl.tanh(a[-1])
    (v * y).sum().backward()
    found = exercises.error_norms.reference(weights, [x.numpy() for x in a], a[-1].grad.numpy())
    np.testing.assert_allclose(found, [np.linalg.norm(x.grad.numpy()) for x in a], rtol=1e-12)


def test_the_bound_holds_and_is_met():
    weights, c = exercises._draw_matrices(RNG)
    bound = exercises.gradient_bound.reference(weights, c)
    product = c ** len(weights) * np.linalg.norm(np.linalg.multi_dot([W.T for W in weights]), 2)
    assert product <= bound * (1 + 1e-12)
    rotations = [np.linalg.qr(RNG.normal(size=(3, 3)))[0] * s for s in (2.0, 3.0)]
    assert np.isclose(exercises.gradient_bound.reference(rotations, 0.5), 1.5)


GRADIENT = "log10 of the gradient in layer 1 over layer 50"
# claim of the notebook: quantity of the experiment
BANDS = {
    "vanish-sigmoid-50": f"{GRADIENT}, sigmoid, s = 1",
    "vanish-tanh-50": f"{GRADIENT}, tanh, s = 1",
    "vanish-tanh-explodes": f"{GRADIENT}, tanh, s = 2",
    "vanish-relu-50": f"{GRADIENT}, relu, s = 1.41",
    "vanish-prediction": "largest deviation of a factor from its prediction",
    "vanish-lowest-layer": "log10 of the movement of layer 1, sigmoid",
    "vanish-movement-ratio": "log10 of the movement of layer 1 over layer 10, sigmoid",
    "vanish-tanh-movement": "log10 of the movement of layer 1 over layer 10, tanh",
    "vanish-sigmoid-error": "training error, sigmoid",
    "vanish-tanh-error": "training error, tanh",
    "vanish-forward": "log10 of the spread over samples in layer 10 over layer 1, sigmoid",
}


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("backprop/vanishing-gradients", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20
