"""SGD: its formula by hand, groups, precision. PyTorch's trajectories are in test_first_order.py."""

import itertools

import numpy as np
import pytest

from pydl import nn, optim

STEPS = 25
SHAPES = [(4, 3), (4,), (1, 4)]
OPTIONS = [
    {"momentum": momentum, "dampening": dampening, "weight_decay": decay, "nesterov": nesterov}
    for momentum, dampening, decay, nesterov in itertools.product((0.0, 0.9), (0.0, 0.3), (0.0, 0.05), (False, True))
    if not (nesterov and (momentum == 0 or dampening))
]
MISSING = {0: {1}, 3: {0}, 4: {0, 1}, 5: {0, 1, 2}, 9: {2}, 10: {1}}  # step → parameters without a gradient


def starts():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in SHAPES]


def parameters():
    """Return the first parameter as `Linear` has it, transposed in memory, the others plain."""
    return [nn.Parameter(np.asfortranarray(a) if a.ndim == 2 and a.shape[0] > 1 else a) for a in starts()]


def objective(ps):
    """Tie all parameters together by products, powers and a sine, so that no two gradients are alike."""
    W, b, v = ps
    h = W.sum(1) + b * b
    return (v * h).sum() ** 2 / 50 + (b * W[:, 0]).sin().sum() + (v**4).sum() / 20


def names(options):
    return " ".join(f"{k}={v}" for k, v in options.items() if v) or "plain"


# ------------------------------------------------------------ by hand


@pytest.mark.parametrize("options", OPTIONS, ids=names)
def test_the_formula_by_hand(options):
    mu, tau, decay = options["momentum"], options["dampening"], options["weight_decay"]
    w = nn.Parameter(starts()[0])
    theta, v = w.numpy().copy(), None
    optimizer = optim.SGD([w], lr=0.1, **options)
    for _ in range(STEPS):
        optimizer.zero_grad()
        (w**4).sum().backward()
        optimizer.step()
        g = 4 * theta**3 + decay * theta
        if mu:
            v = g if v is None else mu * v + (1 - tau) * g
            g = g + mu * v if options["nesterov"] else v
        theta = theta - 0.1 * g
        np.testing.assert_allclose(w.numpy(), theta, rtol=1e-12, atol=1e-13)


# ------------------------------------------------------------ PyTorch


def compare(mine, others, ours, theirs, missing):
    for step in range(STEPS):
        ours.zero_grad()
        theirs.zero_grad()
        objective(mine).backward()
        objective(others).backward()
        for i in (missing or {}).get(step, ()):
            mine[i].grad = others[i].grad = None
        ours.step()
        theirs.step()
        for p, q in zip(mine, others, strict=True):
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-12, atol=1e-12)
    assert all(np.abs(p.numpy() - start).max() > 1e-2 for p, start in zip(mine, starts(), strict=True))


@pytest.mark.torch
@pytest.mark.parametrize("missing", [None, MISSING], ids=["all gradients", "missing gradients"])
def test_groups_with_options_of_their_own(missing):
    torch = pytest.importorskip("torch")
    mine, others = parameters(), [torch.tensor(a, requires_grad=True) for a in starts()]

    def groups(W, b, v):
        return [
            {"params": [W, v], "weight_decay": 0.1, "momentum": 0.5, "nesterov": True},
            {"params": [b], "lr": 0.02, "dampening": 0.4},
        ]

    ours = optim.SGD(groups(*mine), lr=0.05, momentum=0.9)
    compare(mine, others, ours, torch.optim.SGD(groups(*others), lr=0.05, momentum=0.9), missing)


def test_a_group_may_have_a_schedule_of_its_own():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": lambda step: 10.0**-step}], lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        (a + b).sum().backward()
        optimizer.step()
    np.testing.assert_allclose([a.item(), b.item()], [1 - 1.5, 1 - 1.11], rtol=1e-6)


# ------------------------------------------------------------ options


@pytest.mark.parametrize("number", [np.float64, np.float32], ids=lambda n: n.__name__)
def test_numpys_numbers_are_options_as_pythons_are(number):
    def trained(kind):
        w = nn.Parameter(np.linspace(-1, 1, 7, dtype="float32"))
        optimizer = optim.SGD([w], lr=kind(0.25), momentum=kind(0.75), weight_decay=kind(0.125), nesterov=True)
        for _ in range(5):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()
        return w.numpy().tobytes()

    assert trained(number) == trained(float)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -0.1}, "lr must be a number >= 0 or a schedule, not -0.1"),
        ({"lr": "fast"}, "lr must be a number >= 0 or a schedule, not 'fast'"),
        ({"lr": float("nan")}, "lr must be a number >= 0"),
        ({"momentum": 1.0}, r"momentum must be a number in \[0, 1\), not 1.0"),
        ({"momentum": -0.5}, "momentum must be a number in"),
        ({"weight_decay": -1e-3}, "weight_decay must be a number >= 0, not -0.001"),
        ({"weight_decay": float("nan")}, "weight_decay must be a number >= 0"),
        ({"nesterov": True}, "nesterov needs momentum > 0 and dampening = 0"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov needs momentum > 0 and dampening = 0"),
    ],
)
def test_options_out_of_range_teach_and_leave_the_parameters_alone(options, message):
    w = nn.Parameter([1.0])
    with pytest.raises(ValueError, match=f"SGD: {message}"):
        optim.SGD([w], **{"lr": 0.1, **options})
    assert w.buffer is None
    with pytest.raises(ValueError, match=f"SGD: {message}"):
        optim.SGD([{"params": [w]}, {"params": [nn.Parameter([2.0])], **options}], lr=0.1)
    assert w.buffer is None
