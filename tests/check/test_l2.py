"""The exercises of regularization/l2, and the bands that the notebook quotes."""

import numpy as np
import pytest

import pydl
from pydl.check import l2
from tests.check.measured import measured, quoted_bands

BANDS = {
    name: name
    for name in (
        "l2-memorized",
        "l2-wild-weights",
        "l2-wild-curve",
        "l2-fit-error",
        "l2-sine-error",
        "l2-per-sample",
        "l2-effective-parameters",
        "l2-silenced",
        "l2-condition",
        "l2-underfit",
    )
}


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    """Minima have no gradient, by automatic differentiation; the trace of the smoother counts parameters."""
    rng = np.random.default_rng(seed)
    w, grad, lr, alpha = l2.decayed_step.draw(rng)
    slope = pydl.grad(lambda v: (grad * v).sum() + alpha / 2 * (v * v).sum())(w)
    np.testing.assert_allclose(l2.decayed_step.reference(w, grad, lr, alpha), w - lr * slope, atol=1e-12)

    H, w_star, alpha = l2.shrunk_weights.draw(rng)
    w = l2.shrunk_weights.reference(H, w_star, alpha)
    J = pydl.grad(lambda v: (v - w_star) @ H @ (v - w_star) / 2 + alpha / 2 * (v * v).sum())
    np.testing.assert_allclose(J(w), 0, atol=1e-11)

    Phi, alpha = l2.effective_parameters.draw(rng)
    C = Phi - Phi.mean(axis=0)
    smoother = C @ np.linalg.inv(C.T @ C + alpha * np.eye(C.shape[1])) @ C.T
    np.testing.assert_allclose(l2.effective_parameters.reference(Phi, alpha), np.trace(smoother), rtol=1e-9)

    y, alpha = l2.bias_shortfall.draw(rng)
    w0 = y.mean() - l2.bias_shortfall.reference(y, alpha)
    np.testing.assert_allclose(alpha * w0 - np.sum(y - w0), 0, atol=1e-11)


def test_bands_in_the_notebook_are_those_that_were_measured():
    found = measured("regularization/l2")
    quoted = quoted_bands("regularization/l2", BANDS)
    assert quoted == {quantity: found["quantities"][quantity]["band"] for quantity in BANDS}
    assert found["seeds"]["count"] >= 20
