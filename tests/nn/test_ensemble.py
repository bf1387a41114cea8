"""Ensembles: n networks side by side do what each does alone."""

import numpy as np
import pytest

import pydl
from pydl import nn, optim
from tests.strict import install

install()
N, B = 6, 12
RNG = np.random.default_rng(0)
X, LABELS = RNG.standard_normal((B, 5)), RNG.integers(0, 3, B)
EACH = RNG.standard_normal((N, B, 5)), RNG.integers(0, 3, (N, B))
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


def make():
    return nn.Sequential(nn.Linear(5, 7, activation="relu"), nn.Linear(7, 4), nn.Tanh(), nn.Linear(4, 3, bias=False))


@pytest.fixture(params=TOLERANCE)
def dtype(request):
    before = pydl.backend.default_dtype()
    pydl.backend.set_default_dtype(request.param)
    yield request.param
    pydl.backend.set_default_dtype(before)


def seeded(build):
    pydl.seed(11)
    return build()


def trained(model, loss, x, t, steps, **options):
    """Train on all samples at a time."""
    optimizer = optim.SGD(model.parameters(), lr=0.1, **options)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(model(x), t).backward()
        optimizer.step()
    return model


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.01}], ids=str)
@pytest.mark.parametrize("each", [False, True], ids=["same data", "own data"])
def test_each_member_follows_the_trajectory_it_follows_alone(dtype, each, options):
    x, t = (EACH[0].astype(dtype), EACH[1]) if each else (X.astype(dtype), LABELS)
    many = seeded(lambda: nn.Ensemble(make, N))
    start = many.state_dict()
    trained(many, nn.EnsembleLoss(nn.CrossEntropyLoss()), x, t, 60, **options)
    alone = seeded(lambda: [make() for _ in range(N)])
    for i, net in enumerate(alone):
        trained(net, nn.CrossEntropyLoss(), x[i] if each else x, t[i] if each else t, 60, **options)
        for name, value in many[i].state_dict().items():
            assert value.dtype == dtype
            expected = net.state_dict()[name]
            np.testing.assert_allclose(value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * 5)
            assert abs(expected - start[f"module.{name}"][i]).max() > 0.01, "it did train"


LOSSES = {
    "cross entropy": (nn.CrossEntropyLoss, LABELS, EACH[1]),
    "cross entropy of probabilities": (nn.CrossEntropyLoss, np.full((B, 3), 1 / 3), np.full((N, B, 3), 1 / 3)),
    "squared": (nn.MSELoss, RNG.standard_normal((B, 3)), RNG.standard_normal((N, B, 3))),
    "binary": (nn.BCEWithLogitsLoss, RNG.random((B, 3)), RNG.random((N, B, 3))),
    "likelihood": (nn.NLLLoss, LABELS, EACH[1]),
}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_reduce_by_member(name, reduction):
    kind, shared, own = LOSSES[name]
    scores = RNG.standard_normal((N, B, 3))
    loss, each = kind(reduction), nn.EnsembleLoss(kind(reduction), reduction="none")
    expected = [loss(z, shared) for z in scores]
    np.testing.assert_allclose(each(scores, shared), expected, rtol=1e-13)
    np.testing.assert_allclose(nn.EnsembleLoss(loss)(scores, shared), sum(expected), rtol=1e-13)
    np.testing.assert_allclose(
        each(scores, own), [loss(z, t) for z, t in zip(scores, own, strict=True)], rtol=1e-13
    )  # fmt: skip


def test_members_are_taken_out_and_put_back():
    many, other = seeded(lambda: nn.Ensemble(make, N)), make()
    x = X.astype("float32")
    optim.SGD(many.parameters(), lr=0.1)  # θ holds the parameters now
    before = many.state_dict()
    np.testing.assert_allclose(many(x).numpy(), np.stack([net(x).numpy() for net in many]), rtol=1e-5, atol=1e-7)
    many[2] = other
    for name, value in many[2].state_dict().items():
        np.testing.assert_array_equal(value, other.state_dict()[name])
        after = many.state_dict()[f"module.{name}"]
        np.testing.assert_array_equal(np.delete(after, 2, 0), np.delete(before[f"module.{name}"], 2, 0))
    many[2][0].bias.copy_(7.0)
    np.testing.assert_array_equal(many[2][0].bias.numpy(), other[0].bias.numpy())  # a copy
    twin = nn.Ensemble(make, N)
    twin.load_state_dict(many.state_dict())
    np.testing.assert_array_equal(twin(x).numpy(), many(x).numpy())
    assert len(many) == len(list(many)) == N
    assert many[-1].state_dict().keys() == make().state_dict().keys()
    assert not many.eval()[0].training


def test_members_start_as_networks_made_one_after_another():
    alone = seeded(lambda: [make() for _ in range(N)])
    for member, net in zip(seeded(lambda: nn.Ensemble(make, N)), alone, strict=True):
        for name, value in member.state_dict().items():
            np.testing.assert_array_equal(value, net.state_dict()[name])


def test_gradients_lie_in_the_optimizers_vector():
    many = nn.Ensemble(make, N)
    optimizer = optim.SGD(many.parameters(), lr=0.1)
    nn.EnsembleLoss(nn.CrossEntropyLoss())(many(X.astype("float32")), LABELS).backward()
    for p in many.parameters():
        assert p.gradient is p.buffer
        assert np.shares_memory(p.gradient, optimizer.groups[0].grad)
    assert many.module[0].weight.data.swapaxes(1, 2).flags.c_contiguous, "in θ, too, as (n, in, out)"


@pytest.mark.usefixtures("dtype")
def test_forward_mode_and_functional_gradients_agree():
    many, loss = nn.Ensemble(make, N), nn.EnsembleLoss(nn.CrossEntropyLoss())
    state = {name: value.astype("float64") for name, value in many.state_dict().items()}

    def value(parameters):
        return loss(nn.functional_call(many, parameters, X), LABELS)

    t = {name: RNG.standard_normal(v.shape) for name, v in state.items()}
    slopes = pydl.grad(value)(state)
    _, moved = pydl.jvp(value, (state,), (t,))
    assert moved == pytest.approx(sum((slopes[name] * t[name]).sum() for name in state), rel=1e-10)
    alone = pydl.grad(lambda s: nn.CrossEntropyLoss()(nn.functional_call(make(), s, X), LABELS))
    for i in range(N):
        own = alone({name.removeprefix("module."): v[i] for name, v in state.items()})
        for name, g in own.items():
            np.testing.assert_allclose(slopes[f"module.{name}"][i], g, rtol=1e-10, atol=1e-14)
    curved = pydl.hvp(value, (state,), (t,))
    ahead, behind = (pydl.grad(value)({n: state[n] + h * t[n] for n in state}) for h in (1e-6, -1e-6))
    for name, column in curved.items():
        np.testing.assert_allclose(column, (ahead[name] - behind[name]) / 2e-6, rtol=1e-4, atol=1e-5)


def test_inside_a_residual_block_and_over_the_strict_kind():
    block = seeded(lambda: nn.Ensemble(lambda: nn.Residual(nn.Linear(5, 5)), N))
    x = X.astype("float32")
    np.testing.assert_allclose(block(x).numpy(), np.stack([net(x).numpy() for net in block]), rtol=1e-5, atol=1e-6)
    block.to("strict")
    y = block(pydl.tensor(x).to("strict"))
    loss = nn.EnsembleLoss(nn.MSELoss())(y, pydl.tensor(np.zeros_like(x)).to("strict"))
    loss.backward()
    assert loss.device == block.module.module.weight.grad.device == "strict"
    assert block[0].module.weight.device == "cpu"


def test_it_trains_with_fit():
    x = np.concatenate([RNG.normal(-1, 1, (40, 5)), RNG.normal(1, 1, (40, 5))]).astype("float32")
    many, t = nn.Ensemble(lambda: nn.Linear(5, 2), N), np.repeat([0, 1], 40)
    history = pydl.fit(
        many,
        pydl.data.DataLoader((x, t), 16),
        nn.EnsembleLoss(nn.CrossEntropyLoss()),
        optim.SGD(many.parameters(), lr=0.2),
        epochs=5,
    )
    assert history["loss"][-1] < 0.3 * N
    assert (many(x).numpy().argmax(-1) == t).mean(1).min() > 0.9


def test_text():
    assert repr(nn.Ensemble(lambda: nn.Linear(2, 3), 4)) == "Ensemble(4 of Linear(2, 3))"


REFUSED = {
    "at least one member, not 0": (ValueError, lambda: nn.Ensemble(make, 0)),
    "make must return a module, not int 3": (TypeError, lambda: nn.Ensemble(lambda: 3, 2)),
    "only Linear layers can hold what is stacked, but PReLU has ['weight']": (
        TypeError,
        lambda: nn.Ensemble(nn.PReLU, 2),
    ),
    "ReLU has no parameters to train": (ValueError, lambda: nn.Ensemble(nn.ReLU, 2)),
    "but member 1 has {'weight': 'float32 (1, 3)'": (
        ValueError,
        lambda: nn.Ensemble((nn.Linear(n, 1) for n in (2, 3)).__next__, 2),
    ),
    "must have shape (samples, in), the same for all 6 members, or (6, samples, in), not (4, 12, 5)": (
        ValueError,
        lambda: nn.Ensemble(make, N)(np.ones((4, 12, 5), "float32")),
    ),
    "there is no member 6 among 6": (IndexError, lambda: nn.Ensemble(make, N)[6]),
    "weight: saved shape (2, 4), here (3, 4)": (
        ValueError,
        lambda: nn.Ensemble(lambda: nn.Linear(4, 3), 2).__setitem__(0, nn.Linear(4, 2)),
    ),
    "6 layers side by side need inputs of shape (6, samples, 5), not (12, 5)": (
        ValueError,
        lambda: nn.Ensemble(make, N).module(np.ones((12, 5), "float32")),
    ),
    "takes a loss module": (TypeError, lambda: nn.EnsembleLoss(pydl.mse_loss)),
    "reduced by 'mean' or 'sum', not 'none'": (ValueError, lambda: nn.EnsembleLoss(nn.MSELoss("none"))),
    "reduction must be 'sum' or 'none', not 'mean'": (
        ValueError,
        lambda: nn.EnsembleLoss(nn.MSELoss(), reduction="mean"),
    ),
    "need targets of shape (12,), the same for all members, or (6, 12), not (6,)": (
        ValueError,
        lambda: nn.EnsembleLoss(nn.CrossEntropyLoss())(np.ones((N, B, 3)), np.zeros(6, int)),
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_is_refused(message):
    kind, call = REFUSED[message]
    with pytest.raises(kind) as caught:
        call()
    assert message in str(caught.value)
