"""Logistic and softmax regression, trained with pydl's own parts, arrive where scikit-learn's solvers do."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import pydl
from pydl import data, nn, optim


@pytest.fixture(autouse=True)
def float64():
    before = pydl.default_dtype()
    pydl.set_default_dtype("float64")
    yield
    pydl.set_default_dtype(before)


def optimum(X, y, alpha, **settings):
    """Return scikit-learn's weights and biases for mean loss + (α/2)‖W‖²; its C multiplies the sum of the losses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its releases rename settings
        model = LogisticRegression(C=1 / (alpha * len(y)), tol=1e-12, max_iter=10_000, **settings).fit(X, y)
    return model.coef_, model.intercept_


def trained(X, targets, outputs, loss, alpha, lr, steps):
    """Return weights and biases after gradient descent with weight decay on the weights alone."""
    pydl.seed(0)
    model = nn.Linear(X.shape[1], outputs)
    groups = [{"params": [model.weight], "weight_decay": alpha}, {"params": [model.bias], "weight_decay": 0}]
    whole = data.DataLoader((X, targets), batch_size=len(X))
    pydl.fit(model, whole, loss, optim.SGD(groups, lr=lr), epochs=steps)
    return model.weight.numpy(), model.bias.numpy()


@pytest.mark.parametrize("alpha", [0.01, 0.1])
@pytest.mark.parametrize("noise", [0.25, 0.8], ids=["separable", "overlapping"])
def test_logistic_regression(noise, alpha):
    X, y = data.blobs(60, noise=noise, classes=2, rng=3)
    W, b = trained(X, y[:, None], 1, nn.BCEWithLogitsLoss(), alpha, lr=2.0, steps=2000)
    expected_W, expected_b = optimum(X, y, alpha, solver="newton-cholesky")
    np.testing.assert_allclose(W, expected_W, rtol=0, atol=1e-5)
    np.testing.assert_allclose(b, expected_b, rtol=0, atol=1e-5)
    pull = np.append(alpha * W[0], 0)
    errors = pydl.sigmoid(X @ W[0] + b) - y
    np.testing.assert_allclose(np.column_stack([X, np.ones(60)]).T @ errors / 60 + pull, 0, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.01, 0.1])
def test_softmax_regression(alpha):
    """Only differences of scores count: the biases have a free constant, which is taken out of both."""
    X, y = data.blobs(90, noise=0.5, classes=3, rng=4)
    W, b = trained(X, y, 3, nn.CrossEntropyLoss(), alpha, lr=2.0, steps=2000)
    expected_W, expected_b = optimum(X, y, alpha, solver="lbfgs")
    np.testing.assert_allclose(W, expected_W, rtol=0, atol=1e-5)
    np.testing.assert_allclose(b - b.mean(), expected_b - expected_b.mean(), rtol=0, atol=1e-5)


def test_probabilities_agree_on_handwritten_digits():
    X, y = data.MNIST(train=False).arrays()
    chosen = np.isin(y, (3, 5))
    X, y = (X - X.mean(axis=0))[chosen].astype(np.float64), (y[chosen] == 5).astype(np.int64)
    W, b = trained(X, y[:, None], 1, nn.BCEWithLogitsLoss(), 0.1, lr=0.5, steps=1000)
    expected_W, expected_b = optimum(X, y, 0.1, solver="lbfgs")
    ours, theirs = (pydl.sigmoid(X @ w[0] + a) for w, a in ((W, b), (expected_W, expected_b)))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
