"""The exercises of convexity/rbf-networks, and the bands that the notebook quotes."""

import numpy as np
import pytest

from pydl import models
from pydl.check import rbf_networks as exercises
from tests.check.measured import measured, quoted_bands

MEASURED = measured("convexity/rbf-networks")


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
    bands = {id: found["band"] for id, found in MEASURED["quantities"].items()}
    assert quoted_bands("convexity/rbf-networks", {id: id for id in bands}) == bands
    assert MEASURED["seeds"]["count"] >= 20
