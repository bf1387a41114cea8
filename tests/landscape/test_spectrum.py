"""Spectra: the dense one is NumPy's, Lanczos finds its ends, and quadrature its moments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pydl
from pydl import backend
from pydl.landscape import density, lanczos, spectrum
from tests.strict import install

install()


def quadratic(A):
    return lambda v: (A @ v) @ v / 2


def symmetric(n, seed):
    A = np.random.default_rng(seed).standard_normal((n, n))
    return (A + A.T) / np.sqrt(2 * n)


def network(theta):
    """Return a loss of a small network of 6·4 + 4·2 weights."""
    X = np.random.default_rng(0).standard_normal((20, 6))
    W1, W2 = theta[:24].reshape(6, 4), theta[24:].reshape(4, 2)
    return (pydl.tanh(X @ W1) @ W2 * X[:, :2] + (X @ W1)[:, :2] ** 2).sum() / 20


def test_dense_spectrum_is_that_of_the_hessian():
    theta = np.random.default_rng(1).standard_normal(32)
    H = pydl.hessian(network)(theta)
    np.testing.assert_allclose(spectrum(network, theta), np.linalg.eigvalsh(H), atol=1e-12)
    shaped = spectrum(lambda t: network(t.reshape(32)), theta.reshape(4, 8))
    np.testing.assert_allclose(shaped, np.linalg.eigvalsh(H), atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 8])
def test_lanczos_finds_both_ends_with_their_vectors(k):
    theta = np.random.default_rng(2).standard_normal(32)
    H = pydl.hessian(network)(theta)
    values = np.linalg.eigvalsh(H)
    found = lanczos(network, theta, k=k, rng=0)
    assert found.converged
    np.testing.assert_allclose(found.smallest, values[:k], atol=1e-10)
    np.testing.assert_allclose(found.largest, values[-k:], atol=1e-10)
    for ends, vectors in ((found.smallest, found.smallest_vectors), (found.largest, found.largest_vectors)):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-10)
        np.testing.assert_allclose(H @ vectors, vectors * ends, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 60))
def test_lanczos_on_any_size(seed, n):
    A = symmetric(n, seed)
    values, k = np.linalg.eigvalsh(A), min(2, n)
    found = lanczos(quadratic(A), np.zeros(n), k=k, rng=seed)
    np.testing.assert_allclose(found.smallest, values[:k], atol=1e-7)
    np.testing.assert_allclose(found.largest, values[-k:], atol=1e-7)
    assert found.residual <= 2e-8 * np.abs(values).max()


def test_lanczos_needs_far_fewer_products_than_weights():
    n = 400
    A = np.diag(np.concatenate([np.linspace(0, 1, n - 2), [5, 9]]))
    found = lanczos(quadratic(A), np.zeros(n), k=2, max_steps=300, rng=0)
    np.testing.assert_allclose(found.largest, [5, 9], atol=1e-10)
    assert found.steps < 200


def test_full_reorthogonalization_leaves_no_ghosts():
    """Without it, eigenvalue 100 would come back as a false second copy long before step 120."""
    n = 200
    values = np.concatenate([np.linspace(0, 1, n - 1), [100]])
    found = lanczos(quadratic(np.diag(values)), np.zeros(n), k=2, tol=0.0, max_steps=120, rng=0)
    assert found.steps == 120
    np.testing.assert_allclose(found.largest, [1, 100], atol=1e-3)


def test_repeated_eigenvalues_and_zero():
    found = lanczos(quadratic(np.eye(10) * 3), np.zeros(10), k=4, rng=0)
    np.testing.assert_allclose(np.concatenate([found.smallest, found.largest]), 3)
    found = lanczos(lambda v: v.sum(), np.zeros(5), k=2, rng=0)
    np.testing.assert_array_equal(found.largest, 0)


def test_unfinished_work_is_said():
    values = np.linspace(0, 1, 300) ** 4
    found = lanczos(quadratic(np.diag(values)), np.zeros(300), k=3, max_steps=8, rng=0)
    assert not found.converged
    true = np.linalg.norm(values[:, None] * found.largest_vectors - found.largest_vectors * found.largest, axis=0)
    assert true.max() <= found.residual * (1 + 1e-9)


def test_density_has_the_moments_of_the_spectrum():
    n = 60
    A = symmetric(n, 1)
    nodes, weights = density(quadratic(A), np.zeros(n), probes=n, steps=20, rng=2)
    assert abs(weights.sum() - 1) < 1e-12
    assert (np.diff(nodes) >= 0).all()
    values = np.linalg.eigvalsh(A)
    for power in (1, 2, 4):  # 60 random directions: the mean of qᵀAᵖq has an error near √(2/n)/√60
        assert abs((weights * nodes**power).sum() - (values**power).mean()) < 0.15
    share = weights[nodes > 0.5].sum()
    assert abs(share - (values > 0.5).mean()) < 0.05


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_and_device(dtype):
    A = symmetric(12, 3).astype(dtype)
    x = backend.to_device(np.zeros(12, dtype), "strict")
    strict = quadratic(backend.to_device(A, "strict"))
    digits = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(spectrum(strict, x), np.linalg.eigvalsh(A), atol=digits)
    found = lanczos(strict, x, k=2, rng=0)
    assert backend.device_of(found.largest_vectors) == "strict"
    assert found.largest_vectors.dtype == dtype
    np.testing.assert_allclose(found.largest, np.linalg.eigvalsh(A)[-2:], atol=1e-5 if dtype == "float32" else 1e-7)
    nodes, weights = density(strict, x, probes=2, rng=0)
    assert abs(weights.sum() - 1) < 1e-9
    assert len(nodes) == 24


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lanczos(lambda v: v.sum(), np.zeros(3), k=4), ValueError, "k must lie between 1 and"),
        (lambda: lanczos(lambda v: v.sum(), np.zeros(9), k=3, max_steps=4), ValueError, "4 steps give no 6"),
        (lambda: density(lambda v: v.sum(), np.zeros(3), probes=0), ValueError, "at least 1, not 0 and 64"),
        (lambda: spectrum(lambda v: v, np.zeros(3)), ValueError, "f must return one number"),
        (lambda: spectrum(lambda v: pydl.sqrt(v).sum(), np.zeros(3)), ValueError, "NaN or infinity here"),
        (lambda: lanczos(lambda v: pydl.sqrt(v).sum(), np.zeros(3)), ValueError, "NaN or infinity here"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words), np.errstate(all="ignore"):
        call()
