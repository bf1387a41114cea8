"""The exercises of backprop/forward-mode, and the measured ratios that the notebook quotes."""

import nbformat
import numpy as np
import pytest
from notebook_environment import BOOK

import pydl
from pydl.check import forward_mode
from tests.check.measured import measured, quoted_bands

MEASURED = measured("backprop/forward-mode")


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    rng = np.random.default_rng(seed)
    u, du, v, dv = forward_mode.dual_power.draw(rng)
    h = 1e-5
    slope = ((u + h * du) ** (v + h * dv) - (u - h * du) ** (v - h * dv)) / (2 * h)
    np.testing.assert_allclose(forward_mode.dual_power.reference(u, du, v, dv), (u**v, slope), rtol=1e-7, atol=1e-7)
    f, x, _ = forward_mode.newton_steps.draw(rng)
    assert abs(f(forward_mode.newton_steps.reference(f, x, 20))) < 1e-12
    a, b = forward_mode.taylor_product.draw(rng)
    whole = np.polynomial.Polynomial(a) * np.polynomial.Polynomial(b)
    np.testing.assert_allclose(forward_mode.taylor_product.reference(a, b), whole.coef[: len(a)], atol=1e-12)


def test_random_directions_estimate_the_gradient():
    rng = np.random.default_rng(0)
    f, x, _ = forward_mode.forward_gradient.draw(rng)
    V = rng.standard_normal((20_000, 4))
    gradient = pydl.grad(f)(x)
    found = forward_mode.forward_gradient.reference(f, x, V)
    # one estimate's squared error is (n + 1)‖∇f‖²; five standard deviations of the mean
    assert np.linalg.norm(found - gradient) < 5 * np.sqrt(5 / len(V)) * np.linalg.norm(gradient)
    # n orthogonal directions of length √n leave no error
    np.testing.assert_allclose(forward_mode.forward_gradient.reference(f, x, 2 * np.eye(4)), gradient, rtol=1e-9)


def test_the_notebook_quotes_the_measured_times():
    notebook = nbformat.read(BOOK / "backprop" / "forward-mode.ipynb", as_version=4)
    (source,) = [cell.source for cell in notebook.cells if "forward_time = {" in cell.source]
    quoted = {}
    exec(source.partition("pydl.claim")[0], quoted)
    for mode in ("forward", "reverse"):
        times = {n: MEASURED["quoted"][f"{mode}, {n} inputs"] for n in 2 ** np.arange(8)}
        assert quoted[f"{mode}_time"] == times
    bands = quoted_bands("backprop/forward-mode", {"forward-time": "forward over reverse, 128 inputs"})
    assert bands == {quantity: MEASURED["quantities"][quantity]["band"] for quantity in bands}
    assert MEASURED["seeds"]["count"] >= 20
