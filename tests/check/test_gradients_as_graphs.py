"""The exercises of backprop/gradients-as-graphs, and the bands that the notebook quotes."""

import numpy as np
import pytest

import pydl
from pydl.check import gradients_as_graphs
from tests.check.measured import measured, quoted_bands

MEASURED = measured("backprop/gradients-as-graphs")
BANDS = {
    "graphs-order-forward": "order of the forward difference",
    "graphs-order-central": "order of the central difference",
    "graphs-order-richardson": "order after extrapolation",
    "graphs-rounding-floor": "slope of the rounding floor",
    "graphs-best-step-forward": "best step of the forward difference, power of two",
    "graphs-best-step-central": "best step of the central difference, power of two",
    "graphs-best-central": "best error of the central difference, power of ten",
    "graphs-best-central-single": "best error of the central difference in float32, power of ten",
    "graphs-complex-step": "error of the complex step",
}


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    rng = np.random.default_rng(seed)
    f, x, h = gradients_as_graphs.extrapolated_slope.draw(rng)
    quintic = gradients_as_graphs._Wave(0.0, f.b)  # no error but that in h⁴, which is −4 b h⁴
    assert gradients_as_graphs.extrapolated_slope.reference(quintic, x, h) == pytest.approx(
        5 * f.b * x**4 - 4 * f.b * h**4
    )
    value, third, eps = gradients_as_graphs.best_central_step.draw(rng)
    best = gradients_as_graphs.best_central_step.reference(value, third, eps)
    bound = abs(third) * (h := best * np.linspace(0.5, 2, 301)) ** 2 / 6 + eps * abs(value) / h
    assert h[np.argmin(bound)] == pytest.approx(best, rel=0.005)
    J, theta, v = gradients_as_graphs.hvp_reverse_over_forward.draw(rng)
    H = pydl.hessian(J)(theta)
    np.testing.assert_allclose(gradients_as_graphs.hvp_reverse_over_forward.reference(J, theta, v), H @ v, atol=1e-12)
    eigenvalues = np.linalg.eigvalsh(H)
    found = gradients_as_graphs.largest_curvature.reference(J, theta, v, 300)
    largest = eigenvalues[np.argmax(np.abs(eigenvalues))]
    assert found == pytest.approx(largest, rel=1e-3)


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands("backprop/gradients-as-graphs", BANDS)
    assert quoted == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in quoted}
    assert MEASURED["seeds"]["count"] >= 20
