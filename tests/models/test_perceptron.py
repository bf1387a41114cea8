"""Rosenblatt's rule does exactly what scikit-learn's does, ends on separable data, and within Novikoff's bound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Perceptron as Reference

import pydl
from pydl.data import blobs, xor
from pydl.models import Perceptron, margin, novikoff_bound


def samples(seed, separable):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((60, 3))
    y = (X @ rng.standard_normal(3) + 0.3 > 0).astype(int)
    return X, y if separable else np.where(rng.random(60) < 0.2, 1 - y, y)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize("lr", [1.0, 0.1])
def test_equals_scikit_learn_after_every_epoch(seed, separable, lr):
    X, y = samples(seed, separable)
    model = Perceptron(3, lr=lr)
    for epochs in (1, 2, 3, 5, 8):
        model.fit(X, y, epochs - getattr(model, "done", 0))
        model.done = epochs
        theirs = Reference(max_iter=epochs, tol=None, shuffle=False, eta0=lr).fit(X, y)
        np.testing.assert_array_equal(model.weight, theirs.coef_[0])
        assert model.bias == theirs.intercept_[0]
        np.testing.assert_array_equal(model.predict(X), theirs.predict(X))


def test_one_correction_by_hand():
    model = Perceptron(2, lr=0.5)
    assert model.correct(np.array([2.0, -4.0]), -1)  # the score is 0, and 0 is on the wrong side
    assert (model.weight.tolist(), model.bias, model.updates) == ([-1.0, 2.0], -0.5, 1)
    assert not model.correct(np.array([2.0, -4.0]), -1)
    assert model.updates == 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), shuffle=st.booleans(), lr=st.sampled_from([0.01, 1.0, 7.0]))
def test_separable_data_are_learnt_within_novikoffs_bound(seed, shuffle, lr):
    rng = np.random.default_rng(seed)
    X, w, b = rng.uniform(-1, 1, (40, 2)), rng.standard_normal(2), 0.1
    X = X[np.abs(X @ w + b) > 0.1 * np.linalg.norm([*w, b])]  # so the margin is at least 0.1
    y = (X @ w + b > 0).astype(int)
    assert margin(X, y, w, b) > 0.1
    model = Perceptron(2, lr=lr)
    mistakes = model.fit(X, y, shuffle=shuffle, rng=seed)
    assert mistakes[-1] == 0
    assert (mistakes[:-1] > 0).all()
    assert mistakes.sum() == model.updates <= novikoff_bound(X, y, w, b)
    np.testing.assert_array_equal(model.predict(X), y)


def test_epsilon_scales_the_weights_and_changes_no_decision():
    X, y = samples(3, separable=False)
    one, quarter = Perceptron(3), Perceptron(3, lr=0.25)
    np.testing.assert_array_equal(one.fit(X, y, 20), quarter.fit(X, y, 20))
    np.testing.assert_array_equal(one.weight / 4, quarter.weight)


def test_shuffling_is_seeded():
    X, y = samples(0, separable=False)
    runs = [Perceptron(3) for _ in range(3)]
    for model, seed in zip(runs, (1, 1, 2), strict=True):
        model.fit(X, y, 5, shuffle=True, rng=seed)
    assert (runs[0].weight == runs[1].weight).all()
    assert (runs[0].weight != runs[2].weight).any()


def test_no_line_is_right_on_all_of_xor():
    X, y = xor()
    model = Perceptron(2)
    mistakes = model.fit(X, y, epochs=200)
    assert len(mistakes) == 200
    assert (mistakes > 0).all()
    assert np.mean(model.predict(X) == y) <= 0.75
    product = np.column_stack([X, X[:, 0] * X[:, 1]])
    assert Perceptron(3).fit(product, y)[-1] == 0


def test_margin_and_bound_by_hand():
    X, y = [[-3.0, 0.0], [1.0, 0.0]], [0, 1]
    assert margin(X, y, [2.0, 0.0]) == 1.0
    assert margin(X, y, [1.0, 0.0], 1.0) == pytest.approx(2 / np.sqrt(2))
    assert margin(X, y, [-1.0, 0.0]) == -3.0
    assert novikoff_bound(X, y, [1.0, 0.0], 1.0) == pytest.approx(10 / 2)
    assert novikoff_bound(pydl.tensor(X), np.array(y), pydl.tensor([1.0, 0.0]), 1.0) == pytest.approx(5)


def test_takes_tensors_and_booleans():
    X, y = blobs(40, noise=0.1, rng=0, classes=2)
    model = Perceptron(2)
    assert model.fit(pydl.tensor(X), y == 1)[-1] == 0
    assert model.predict(pydl.tensor(X)).tolist() == y.tolist()
    assert repr(model) == f"Perceptron(2, lr=1.0): {model.updates} updates"


def test_no_epochs_change_nothing():
    model = Perceptron(1)
    assert model.fit([[1.0]], [1], epochs=0).tolist() == []
    assert model.updates == 0


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda p: p.fit([[1.0], [2.0]], [-1, 1]), r"labels must be 0 or 1.*\[-1\].*\(t \+ 1\) // 2"),
        (lambda p: p.fit([[1.0], [2.0]], [0, 2]), r"labels must be 0 or 1, but there are \[2\]$"),
        (lambda p: p.fit([[1.0], [2.0]], [0]), r"2 points need labels of shape \(2,\), not \(1,\)"),
        (lambda p: p.fit([[1.0], [np.nan]], [0, 1]), "NaN or infinity in 1 of its 2 rows"),
        (lambda p: p.fit([1.0, 2.0], [0, 1]), r"reshape\(-1, 1\)"),
        (lambda p: p.fit([[1.0, 2.0]], [0]), "X has 2 features a point, 1 are expected"),
        (lambda p: p.fit([[1.0]], [0], epochs=-1), "epochs must be >= 0"),
        (lambda p: p.predict(np.empty((0, 1))), r"not \(0, 1\)"),
        (lambda p: Perceptron(0), "features must be at least 1"),
        (lambda p: Perceptron(1, lr=0), "lr must be positive"),
        (lambda p: margin([[1.0]], [0], [0.0]), "w = 0 and b = 0 are no line"),
        (lambda p: novikoff_bound([[1.0]], [0], [1.0]), "does not separate the data"),
    ],
)
def test_refuses(act, words):
    with pytest.raises(ValueError, match=words):
        act(Perceptron(1))
