"""The exercises of convexity/rbf-networks, and the bands that the notebook quotes."""

import json
import re

import claims_page
import numpy as np
import pytest
from notebook_environment import BOOK, ROOT

import pydl
from pydl import models
from pydl.check import rbf_networks as exercises

NAMES = exercises.__all__


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_passes(name, capsys):
    exercise = getattr(pydl.check, name)
    assert exercise.name == name
    exercise(exercise.reference)
    assert capsys.readouterr().out == f"✓ {name}: right on 20 random inputs\n"


@pytest.mark.parametrize(
    ("name", "hint"), [(name, hint) for name in NAMES for hint in getattr(exercises, name).mistakes]
)
def test_each_mistake_gets_its_own_hint(name, hint):
    exercise = getattr(exercises, name)
    for _ in range(5):  # other inputs each time
        with pytest.raises(pydl.check.CheckError, match=f"^{re.escape(f'{name}: {hint}')}$"):
            exercise(exercise.mistakes[hint])


def changing(*arguments):
    arguments[0][0] += 1
    return arguments[0]


def failing(*arguments):
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "pass the function itself"),
        (lambda *arguments: None, "returns None: is there a `return`"),
        (failing, "raised ZeroDivisionError: division by zero"),
        (changing, "changes its arguments"),
        (lambda *arguments: np.zeros((9, 9)), r"should have shape \(.*\), yours has \(9, 9\)"),
        (lambda *arguments: "0.5", "expected numbers, your function returned str"),
    ],
)
def test_garbage_gets_a_clear_message(name, answer, message):
    with pytest.raises(pydl.check.CheckError, match=message):
        getattr(exercises, name)(answer)


@pytest.mark.parametrize("seed", range(5))
def test_references_against_the_package(seed):
    """Features, k-means, the gas and automatic differentiation of pydl know nothing of the references."""
    rng = np.random.default_rng(seed)
    X, y, mu, sigma, w = exercises.centre_gradient.draw(rng)
    net = models.RBFNetwork(mu, sigma)
    Phi = exercises.rbf_design_matrix.reference(X, mu, sigma)
    np.testing.assert_allclose(Phi[:, 1:], net.features(X).numpy(), rtol=1e-12)
    np.testing.assert_array_equal(Phi[:, 0], 1)

    net = net.unfreeze()
    net.weight.copy_(w[None, 1:])
    net.bias.copy_(w[:1])
    (((net(X) - y[:, None]) ** 2).mean() / 2).backward()
    np.testing.assert_allclose(
        exercises.centre_gradient.reference(X, y, mu, sigma, w), net.centres.grad.numpy(), atol=1e-13
    )
    np.testing.assert_allclose(
        exercises.common_width.reference(mu), models.choose_widths(mu, neighbours=1).mean(), rtol=1e-12
    )

    X, mu = exercises.k_means_step.draw(rng)
    found = models.k_means(X, len(mu) - 1, init=mu[:-1], max_iter=1).centres
    np.testing.assert_allclose(exercises.k_means_step.reference(X, mu), [*found, mu[-1]], rtol=1e-12)

    nodes = rng.normal(size=(2, 3))
    gas = models.GrowingNeuralGas(nodes)
    gas.adapt(nodes[0])  # the two are joined now
    x = rng.normal(size=3)
    joined = ~np.eye(2, dtype=bool)
    expected = exercises.gas_step.reference(gas.nodes, joined, x, gas.lr_nearest, gas.lr_neighbours)
    gas.adapt(x)
    np.testing.assert_allclose(gas.nodes, expected, rtol=1e-12)


def test_bands_in_the_notebook_are_those_that_were_measured():
    saved = json.loads((ROOT / "experiments/rbf_networks.json").read_text(encoding="utf-8"))
    claims = {claim.id: claim for claim in claims_page.claims_of(BOOK / "convexity/rbf-networks.ipynb")}
    measured = {id: found["band"] for id, found in saved["quantities"].items()}
    assert {id: [float(claims[id].low), float(claims[id].high)] for id in measured} == measured
    assert saved["seeds"]["count"] >= 20
