"""k-means agrees with scikit-learn from the same start, never gets worse, and leaves no cluster empty."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

import pydl
from pydl import backend
from pydl.data import Digits, blobs
from pydl.models import k_means
from tests.strict import install

install()


def agree(X, init):
    k = len(init)
    ours = k_means(X, k, init=init)
    theirs = KMeans(k, init=init, n_init=1, tol=0, max_iter=300).fit(X)
    assert ours.converged
    np.testing.assert_allclose(ours.centres, theirs.cluster_centers_, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(ours.labels, theirs.labels_)
    np.testing.assert_allclose(ours.inertia[-1], theirs.inertia_, rtol=1e-12)
    np.testing.assert_array_equal(ours.predict(X + 0.01), theirs.predict(X + 0.01))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_agrees_with_scikit_learn(seed, shift):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((300, 3)) + shift
    agree(X, X[rng.choice(300, 7, replace=False)])


def test_agrees_with_scikit_learn_on_digits():
    X, _ = Digits().arrays(dtype="float64")
    agree(X, X[:10])


def test_agrees_with_scikit_learn_where_clusters_run_empty():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 2))
    agree(X, np.concatenate([X[:3], [[50.0, 50.0], [60.0, 60.0]]]))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), share=st.floats(0, 1), far=st.booleans())
def test_every_iteration_lowers_the_sum_and_fills_every_cluster(seed, n, share, far):
    rng = np.random.default_rng(seed)
    X, k = rng.integers(0, 6, (n, 2)).astype(float), max(1, round(share * n))
    init = rng.uniform(0, 5, (k, 2)) + (100 if far else 0)
    found = k_means(X, k, init=init)
    assert (np.diff(found.inertia) < 0).all()
    assert found.converged
    assert set(found.labels.tolist()) == set(range(k))
    for j, centre in enumerate(found.centres):
        np.testing.assert_allclose(centre, X[found.labels == j].mean(axis=0), atol=1e-12)


def test_an_empty_cluster_takes_the_farthest_point():
    X = np.array([[0.0], [1.0], [7.0]])
    found = k_means(X, 2, init=[[2.0], [100.0]], max_iter=1)
    assert found.labels.tolist() == [0, 0, 1]
    assert found.centres.tolist() == [[0.5], [7.0]]


def test_plus_plus_starts_from_different_points_and_finds_separate_clouds():
    X, y = blobs(90, noise=0.02, rng=0)
    for seed in range(10):
        labels = k_means(X, 3, rng=seed).labels
        assert len(set(zip(labels.tolist(), y.tolist(), strict=True))) == 3


def test_plus_plus_draws_in_proportion_to_the_squared_distance():
    X, n = np.array([[0.0], [1.0], [3.0]]), 3000
    starts = [k_means(X, 2, max_iter=1, rng=seed).labels.tolist() for seed in range(n)]
    together = sum(labels[0] == labels[1] for labels in starts) / n  # unless the start is {0, 1}
    start01 = (1 / 10 + 1 / 5) / 3  # P(0)·1/(1+9) + P(1)·1/(1+4), then 3 joins 1
    assert abs((1 - together) - start01) < 4 * np.sqrt(start01 * (1 - start01) / n)


def test_restarts_keep_the_best_and_a_seed_fixes_all():
    X = np.random.default_rng(1).standard_normal((200, 2))
    single = [k_means(X, 12, "random", rng=np.random.default_rng(s)).inertia[-1] for s in range(3)]
    draw = np.random.default_rng(0)
    best = min(k_means(X, 12, "random", rng=draw).inertia[-1] for _ in range(5))
    assert k_means(X, 12, "random", restarts=5, rng=0).inertia[-1] == best
    assert len(set(single)) == 3
    assert k_means(X, 12, "random", rng=0).inertia[-1] == single[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_and_device_stay(dtype):
    X = np.random.default_rng(0).standard_normal((50, 2)).astype(dtype)
    here = k_means(pydl.Tensor(X), 4, rng=0)
    there = k_means(backend.to_device(X, "strict"), 4, rng=0)
    assert here.centres.dtype == there.centres.dtype == dtype
    assert backend.device_of(there.labels) == "strict"
    np.testing.assert_allclose(backend.to_numpy(there.centres), here.centres, rtol=1e-5)
    assert backend.to_numpy(there.predict(there.centres)).tolist() == [0, 1, 2, 3]


def test_far_from_the_origin_single_precision_still_tells_clusters_apart():
    rng = np.random.default_rng(0)
    X = (np.array([[0.0, 0.0], [1.0, 0.0]])[np.arange(40) % 2] + 0.01 * rng.standard_normal((40, 2))).astype("float32")
    found = k_means(X + np.float32(4000), 2, rng=0)
    assert len(set(zip(found.labels.tolist(), np.arange(40) % 2, strict=True))) == 2


def test_one_point_a_cluster_leaves_nothing_over():
    X = np.arange(6.0).reshape(-1, 1)
    found = k_means(X, 6, rng=0)
    assert found.inertia[-1] == 0
    assert repr(found) == "Clustering(6 points of 1 features in 6 clusters, inertia=0 after 1 iterations)"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda X: k_means(X, 5), "between 1 and the number of points, 4, not 5"),
        (lambda X: k_means(X, 0), "not 0"),
        (lambda X: k_means(np.ones((4, 2)), 2, rng=0), "only 1 distinct points, too few for k=2"),
        (lambda X: k_means(X, 2, init="kmeans"), r"\['k-means\+\+', 'random'\].*'kmeans'"),
        (lambda X: k_means(X, 2, init=np.ones((3, 2))), "init has 3 centres, k=2"),
        (lambda X: k_means(X, 2, init=np.ones((2, 3))), "init has 3 features a point, 2 are expected"),
        (lambda X: k_means(X, 2, max_iter=0), "max_iter and restarts"),
        (lambda X: k_means(X * np.inf, 2), "NaN or infinity"),
        (lambda X: k_means(X, 2).predict(X[:, :1]), "1 features a point, 2 are expected"),
    ],
)
def test_refuses(act, words):
    with pytest.raises(ValueError, match=words):
        act(np.arange(1.0, 9).reshape(4, 2))
