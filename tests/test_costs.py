"""Counts of operations and kept bytes: against counts by hand, and for every op."""

import numpy as np
import pytest

import pydl
from pydl.autodiff import OPS
from pydl.func.costs import COSTS, FAMILIES, operations

X = np.random.default_rng(0).standard_normal


def test_every_op_has_its_count():
    assert [name for name, op in OPS.items() if name not in COSTS and op.family not in FAMILIES] == []
    assert [name for name in COSTS if name not in OPS] == []


N, K, M = 5, 4, 3
BY_HAND = {
    "sum": (lambda x: x.sum(), (X((N, K)),), N * K - 1),
    "product": (lambda a, b: a @ b, (X((N, K)), X((K, M))), N * M * (2 * K - 1)),
    "layer": (lambda x, w, b: pydl.linear(x, w, b, activation="tanh"), (X((N, K)), X((M, K)), X(M)),
              N * M * (2 * K - 1) + 2 * N * M),
    "polynomial": (lambda x: 2 * x + x * x, (X(N),), 3 * N),
    "contraction": (lambda a, b: pydl.einsum("ij,jk->ik", a, b), (X((N, K)), X((K, M))), N * M * (2 * K - 1)),
    "mean": (lambda x: x.mean(), (X(N),), N),  # N − 1 additions, one division
    "shapes": (lambda x: x.reshape(K, N).T, (X((N, K)),), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_values_by_hand(name):
    f, args, expected = BY_HAND[name]
    assert pydl.profile(f, *args).value_ops == expected


def test_tangents_and_reverse_passes_by_hand():
    """Σ x²: a tangent is x·ẋ + ẋ·x, summed; a reverse pass x·g + g·x."""
    n = 10
    cost = pydl.profile(lambda x: (x * x).sum(), X(n))
    assert (cost.inputs, cost.outputs, cost.records) == (n, 1, 2)
    assert (cost.value_ops, cost.tangent_ops, cost.reverse_ops) == (2 * n - 1, 3 * n + n - 1, 3 * n)
    assert cost.jacobian_ops("forward") == 2 * n - 1 + n * (4 * n - 1)
    assert cost.jacobian_ops("reverse") == 2 * n - 1 + 3 * n
    with pytest.raises(ValueError, match="'forward' or 'reverse'"):
        cost.jacobian_ops("sideways")


def test_a_matrix_product_has_two_adjoint_products():
    cost = pydl.profile(lambda a, b: a @ b, X((N, K)), X((K, M)))
    assert cost.reverse_ops == N * K * (2 * M - 1) + K * M * (2 * N - 1)
    assert cost.tangent_ops == 2 * N * M * (2 * K - 1) + N * M


@pytest.mark.parametrize("depth", [1, 3, 10])
def test_kept_bytes_grow_with_depth(depth):
    """All results but the last, and neither the leaf nor views of it."""

    def chain(x):
        for _ in range(depth):
            x = pydl.tanh(x.reshape(2, -1)).reshape(-1)
        return x

    x = X(100)
    assert pydl.profile(chain, x).kept_bytes == (depth - 1) * x.nbytes


def test_the_cheap_gradient_principle():
    """A reverse pass costs at most four times the value, one tangent at most three (Griewank & Walther 2008)."""
    w = [X((20, 10)), X(20), X((1, 20)), X(1)]
    cost = pydl.profile(lambda *w: (pydl.linear(pydl.tanh(pydl.linear(X((50, 10)), *w[:2])), *w[2:]) ** 2).mean(), *w)
    assert cost.reverse_ops <= 4 * cost.value_ops
    assert cost.tangent_ops <= 3 * cost.value_ops


def test_trees_several_outputs_and_print():
    cost = pydl.profile(lambda p: (p["a"] * 2, [p["b"] + 1]), {"a": X(3), "b": X(4)})
    assert (cost.inputs, cost.outputs, cost.value_ops) == (7, 7, 7)
    assert cost.by_op == {"add": 4, "multiply": 3}
    assert "7 → 7 numbers" in str(cost)


def test_counting_ends_and_other_calls_are_not_counted():
    from pydl.autodiff.record import INTERCEPTORS

    with pytest.raises(ValueError, match="depends on none"):
        pydl.profile(lambda x: pydl.tensor(1.0), X(3))
    with pytest.raises(ValueError, match="broadcast"):
        pydl.profile(lambda x: x + np.ones(7), X(3))
    assert INTERCEPTORS == []


def test_operations_of_a_call():
    assert operations(OPS["exp"], np.ones(7), [np.ones(7)], {}) == 7
