"""Penalties: their formulas, which parameters they count, and the optima that scikit-learn finds."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge

import pydl
from pydl import data, nn, optim

PENALTIES = {
    "L1": (nn.L1(0.3), lambda w: 0.3 * np.abs(w).sum(), lambda w: 0.3 * np.sign(w)),
    "L2": (nn.L2(0.3), lambda w: 0.15 * (w**2).sum(), lambda w: 0.3 * w),
    "ElasticNet": (
        nn.ElasticNet(0.3, 0.2),
        lambda w: 0.3 * np.abs(w).sum() + 0.1 * (w**2).sum(),
        lambda w: 0.3 * np.sign(w) + 0.2 * w,
    ),
}


@pytest.fixture
def float64():
    before = pydl.default_dtype()
    pydl.set_default_dtype("float64")
    yield
    pydl.set_default_dtype(before)


def network():
    pydl.seed(0)
    return nn.Sequential(nn.Linear(3, 5, activation="tanh"), nn.Linear(5, 2))


def problem(n=40, d=6, m=1, seed=0):
    """Inputs of unequal scales, a mean that is not 0, and targets to which not every input contributes."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * rng.uniform(0.5, 2, d) + rng.uniform(-1, 1, d)
    W = rng.standard_normal((d, m)) * (np.arange(d) % 2)[:, None]
    return X, X @ W + 2 + 0.3 * rng.standard_normal((n, m))


# ------------------------------------------------------------ value, gradient, what counts


@pytest.mark.parametrize("name", PENALTIES)
def test_value_and_gradient_are_the_formulas(name):
    penalty, value, slope = PENALTIES[name]
    net = network()
    weights = [net[0].weight, net[1].weight]
    J = penalty(net)
    J.backward()
    assert J.shape == ()
    assert J.dtype == np.float32
    np.testing.assert_allclose(J.item(), sum(value(w.numpy()) for w in weights), rtol=1e-6)
    for w in weights:
        np.testing.assert_allclose(w.grad.numpy(), slope(w.numpy()), rtol=1e-6)
    assert net[0].bias.grad is None
    assert net[1].bias.grad is None


@pytest.mark.parametrize("name", PENALTIES)
def test_derivatives_to_order_two(name):
    w = np.random.default_rng(0).standard_normal((2, 3))
    pydl.testing.gradcheck(lambda w: PENALTIES[name][0]([w]), w)


def test_a_list_of_parameters_counts_as_the_module_does():
    net = network()
    assert nn.L2(0.3)(net.parameters()).item() == nn.L2(0.3)(net).item()
    assert nn.L2(0.3)(net[0].weight).item() == nn.L2(0.3)(net[0]).item()


def test_biases_count_when_asked():
    net = network()
    expected = 0.15 * sum((p.numpy() ** 2).sum() for p in net.parameters())
    for given in (net, net.parameters()):
        np.testing.assert_allclose(nn.L2(0.3, biases=True)(given).item(), expected, rtol=1e-6)


def test_recurrent_biases_are_free():
    cell = nn.LSTM(2, 3)
    nn.L1(1.0)(cell).backward()
    touched = {name for name, p in cell.named_parameters() if p.grad is not None}
    assert touched == {name for name, p in cell.named_parameters() if p.ndim > 1}
    assert touched


def test_penalties_on_parts_add():
    net = network()
    (nn.L2(0.3)(net[0]) + nn.L1(0.2)(net[1])).backward()
    np.testing.assert_allclose(net[0].weight.grad.numpy(), 0.3 * net[0].weight.numpy(), rtol=1e-6)
    np.testing.assert_allclose(net[1].weight.grad.numpy(), 0.2 * np.sign(net[1].weight.numpy()), rtol=1e-6)


def test_a_strength_from_numpy_leaves_float32_alone():
    assert nn.ElasticNet(np.float64(0.1), np.float64(0.1))(network()).dtype == np.float32


@pytest.mark.parametrize("given", [[], [nn.Parameter([1.0, 2.0])], nn.Sequential(nn.Tanh())])
def test_nothing_to_penalize_is_an_error(given):
    with pytest.raises(ValueError, match=r"no weight among the parameters.*biases=True"):
        nn.L2(0.1)(given)


def test_names_are_no_parameters():
    with pytest.raises(TypeError, match="takes a module or its parameters, not str 'weight'"):
        nn.L2(0.1)(["weight"])


@pytest.mark.parametrize("make", [nn.L1, nn.L2, lambda a: nn.ElasticNet(a, 0), lambda a: nn.ElasticNet(0, a)])
@pytest.mark.parametrize("alpha", [-1.0, np.nan, np.inf])
def test_a_strength_is_finite_and_not_negative(make, alpha):
    with pytest.raises(ValueError, match="finite number >= 0"):
        make(alpha)


def test_text():
    assert repr(nn.ElasticNet(0.1, 0.2)) == "ElasticNet(l1=0.1, l2=0.2, biases=False)"


# ------------------------------------------------------------ in training


def trained(penalty=None, weight_decay=0.0, momentum=0.0, epochs=30):
    net = network().train()
    X, y = problem(20, 3, 2)
    batches = data.DataLoader((X.astype("float32"), y.astype("float32")), 5, shuffle=True, rng=0)
    weights, biases = ([p for p in net.parameters() if (p.ndim > 1) == wanted] for wanted in (True, False))
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": biases}]
    optimizer = optim.SGD(groups, lr=0.02, momentum=momentum)
    history = pydl.fit(net, batches, nn.MSELoss(), optimizer, epochs, penalty=penalty, validation=[(X, y)])
    return net, history


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_weight_decay_is_the_gradient_of_l2(float64, momentum):
    by_penalty, J = trained(penalty=nn.L2(0.1), momentum=momentum)
    by_decay, L = trained(weight_decay=0.1, momentum=momentum)
    for p, q in zip(by_penalty.parameters(), by_decay.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=0, atol=1e-12)
    assert min(np.array(J["loss"]) - L["loss"]) > 0  # the history has J, with the penalty …
    np.testing.assert_allclose(J["val_loss"], L["val_loss"], rtol=1e-10)  # … and L on validation data


def test_after_step_is_called_after_each_step():
    net = network()
    X, y = (a.astype("float32") for a in problem(20, 3, 2))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    counts = []
    pydl.fit(
        net,
        data.DataLoader((X, y), 5),
        nn.MSELoss(),
        optimizer,
        epochs=2,
        after_step=[lambda: counts.append(optimizer.step_count), lambda: net[0].weight.copy_(0)],
    )
    assert counts == list(range(1, 9))
    assert not net[0].weight.numpy().any()


# ------------------------------------------------------------ scikit-learn's optima


def descended(X, y, penalty=None, threshold=0.0, steps=4000):
    """Return weights, bias and optimizer's rate after (proximal) gradient descent on 1/(2N) ‖y − ŷ‖² + penalty."""
    net = nn.Linear(X.shape[1], y.shape[1])
    net.weight.copy_(0)
    curvature = (
        np.linalg.eigvalsh(np.cov(X.T, bias=True) + np.outer(X.mean(0), X.mean(0)))[-1] + 1 + np.abs(X.mean(0)).max()
    )
    lr = 1 / curvature
    optimizer = optim.SGD(net.parameters(), lr=lr, momentum=0.0)
    pydl.fit(
        net,
        [(X, y)],
        lambda y_hat, t: ((t - y_hat) ** 2).sum() / (2 * len(t)),
        optimizer,
        epochs=steps,
        penalty=penalty,
        after_step=[lambda: optim.soft_threshold_(net.weight, lr * threshold)],
        progress=False,
    )
    return net.weight.numpy(), net.bias.numpy()


@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("alpha", [0.01, 0.5])
def test_ridge_by_training(float64, alpha, m):
    X, y = problem(m=m)
    W, b = descended(X, y, penalty=nn.L2(alpha))
    theirs = Ridge(alpha=len(X) * alpha).fit(X, y)
    np.testing.assert_allclose(W, theirs.coef_.reshape(W.shape), rtol=0, atol=1e-8)
    np.testing.assert_allclose(b, theirs.intercept_, rtol=0, atol=1e-8)


def test_ridge_in_closed_form_is_where_the_gradient_vanishes(float64):
    X, y = problem()
    theirs = Ridge(alpha=len(X) * 0.3).fit(X, y)
    net = nn.Linear(6, 1)
    net.weight.copy_(theirs.coef_.reshape(1, 6))
    net.bias.copy_(theirs.intercept_)
    (((net(X) - y) ** 2).mean() / 2 + nn.L2(0.3)(net)).backward()
    for p in net.parameters():
        np.testing.assert_allclose(p.grad.numpy(), 0, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.01, 0.2])
def test_lasso_by_proximal_steps(float64, alpha):
    X, y = problem()
    W, b = descended(X, y, threshold=alpha)
    theirs = Lasso(alpha=alpha, tol=1e-14, max_iter=100_000).fit(X, y[:, 0])
    np.testing.assert_allclose(W[0], theirs.coef_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(b, theirs.intercept_, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(W[0] == 0, theirs.coef_ == 0)


@pytest.mark.parametrize(("l1", "l2"), [(0.02, 0.01), (0.2, 0.3)])
def test_elastic_net_by_proximal_steps(float64, l1, l2):
    X, y = problem(seed=1)
    W, b = descended(X, y, penalty=nn.L2(l2), threshold=l1)
    theirs = ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=100_000).fit(X, y[:, 0])
    np.testing.assert_allclose(W[0], theirs.coef_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(b, theirs.intercept_, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(W[0] == 0, theirs.coef_ == 0)
