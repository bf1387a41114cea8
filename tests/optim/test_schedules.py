"""Schedules: their formulas at chosen steps, PyTorch's rates step by step, and any optimizer's lr."""

import math

import numpy as np
import pytest

from pydl import nn, optim
from pydl.optim import Plateau, schedules


def rates(schedule, steps=60):
    return [schedule(t) for t in range(steps)]


def test_the_formulas_at_their_landmarks():
    assert rates(schedules.constant(0.3), 3) == [0.3] * 3
    assert rates(schedules.linear(1.0, 0.0, steps=4), 6) == [1, 0.75, 0.5, 0.25, 0, 0]
    assert schedules.inverse_time(0.4, steps=50)(50) == 0.2
    assert schedules.exponential(2.0, 0.5)(3) == 0.25
    half = schedules.cosine(1.0, steps=10, end=0.2)
    np.testing.assert_allclose([half(0), half(5), half(10), half(99)], [1, 0.6, 0.2, 0.2], rtol=1e-15)


def test_robbins_and_monros_two_sums():
    """Σε_t grows like ln t without end, Σε_t² stays below τ²·ε₀²·(π²/6 + …): compare with the integrals."""
    epsilon = schedules.inverse_time(1.0, steps=10)
    first, second = np.cumsum(rates(epsilon, 100_000)), np.cumsum(np.square(rates(epsilon, 100_000)))
    assert first[-1] == pytest.approx(10 * math.log(1 + 10_000), abs=1)
    assert second[-1] < 1 + 10
    assert second[-1] - second[9_999] < 0.01


def warm(theirs, optimizer, steps, then):
    climb = theirs.LinearLR(optimizer, start_factor=1 / (steps + 1), total_iters=steps)
    return theirs.SequentialLR(optimizer, [climb, then], milestones=[steps])


STEPS = 60
PAIRS = [
    (schedules.constant(0.1), lambda s, o: s.ConstantLR(o, factor=1.0)),
    (schedules.linear(0.1, 0.01, steps=30), lambda s, o: s.LinearLR(o, 1.0, 0.1, total_iters=30)),
    (schedules.step(0.1, every=7, factor=0.3), lambda s, o: s.StepLR(o, 7, gamma=0.3)),
    (schedules.exponential(0.1, 0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
    (schedules.inverse_time(0.1, steps=20), lambda s, o: s.LambdaLR(o, lambda t: 1 / (1 + t / 20))),
    (schedules.cosine(0.1, steps=STEPS, end=0.01), lambda s, o: s.CosineAnnealingLR(o, STEPS, eta_min=0.01)),
    (
        schedules.warmup(schedules.exponential(0.1, 0.9), steps=5),
        lambda s, o: warm(s, o, 5, s.ExponentialLR(o, 0.9)),
    ),
    (schedules.one_cycle(0.1, STEPS), lambda s, o: s.OneCycleLR(o, 0.1, STEPS, cycle_momentum=False)),
]


@pytest.mark.torch
@pytest.mark.parametrize(("mine", "make"), PAIRS, ids=lambda value: getattr(value, "name", ""))
def test_rates_are_pytorchs(mine, make):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler, found = make(torch.optim.lr_scheduler, optimizer), []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(rates(mine, STEPS), found, rtol=1e-12)


X = np.random.default_rng(0).standard_normal((STEPS, 8, 3))  # one batch a step
Y = np.tanh(X @ np.random.default_rng(1).standard_normal((3, 2)))


SHAPES = [(3, 5), (5,), (5, 2), (2,)]
STARTS = [np.random.default_rng(2).standard_normal(shape) for shape in SHAPES]


def train(parameters, optimizer, batches, after_step=lambda: None):
    """Fit a small network; pydl's tensors and PyTorch's know the same operations."""
    W, b, V, c = parameters
    for x, y in batches:
        optimizer.zero_grad()
        (((x @ W + b).tanh() @ V + c - y) ** 2).mean().backward()
        optimizer.step()
        after_step()
    return [p.detach().numpy().copy() for p in parameters]


def make_sgd(lr, starts=STARTS):
    parameters = [nn.Parameter(a.copy()) for a in starts]
    return parameters, optim.SGD(parameters, lr=lr, momentum=0.8)


@pytest.mark.torch
@pytest.mark.parametrize(("mine", "make"), PAIRS, ids=lambda value: getattr(value, "name", ""))
def test_a_training_follows_pytorchs_and_goes_on_from_the_middle(mine, make):
    torch = pytest.importorskip("torch")
    theirs = [torch.nn.Parameter(torch.from_numpy(a.copy())) for a in STARTS]
    optimizer = torch.optim.SGD(theirs, lr=0.1, momentum=0.8)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    expected = train(theirs, optimizer, zip(torch.from_numpy(X), torch.from_numpy(Y), strict=True), scheduler.step)

    parameters, optimizer = make_sgd(mine)
    batches = list(zip(X, Y, strict=True))
    half, state = train(parameters, optimizer, batches[:25]), optimizer.state_dict()
    whole = train(parameters, optimizer, batches[25:])
    assert sum(np.abs(a - b).max() for a, b in zip(whole, STARTS, strict=True)) > 0.5
    parameters, optimizer = make_sgd(mine, half)
    optimizer.load_state_dict(state)
    again = train(parameters, optimizer, batches[25:])
    for a, b, c in zip(whole, again, expected, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(a, c, rtol=0, atol=1e-12)


def test_an_optimizer_follows_its_schedule_and_shows_it():
    w = nn.Parameter([0.0])
    opt = optim.SGD([w], lr=schedules.step(1.0, every=2, factor=0.5))
    places = []
    for _ in range(5):
        w.grad = [1.0]
        opt.step()
        places.append(w.item())
    assert places == [-1, -2, -2.5, -3, -3.25]
    assert "lr=step(1.0, every=2, factor=0.5)" in repr(opt)
    assert repr(schedules.warmup(schedules.constant(0.1), 3)) == "warmup(constant(0.1), steps=3)"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: schedules.constant(-1), "constant: lr must be a number >= 0, not -1"),
        (lambda: schedules.linear(1, -1, 10), "linear: end must be"),
        (lambda: schedules.linear(1, 0, 0), "linear: steps must be a number > 0, not 0"),
        (lambda: schedules.step(1, 0), "step: every"),
        (lambda: schedules.exponential(1, math.nan), "exponential: factor"),
        (lambda: schedules.inverse_time(math.inf, 1), "inverse_time: lr"),
        (lambda: schedules.cosine(1, -3), "cosine: steps"),
        (lambda: schedules.warmup(schedules.constant(1), 0), "warmup: steps"),
        (lambda: Plateau(sgd(), factor=1.0), "factor must lie between 0 and 1"),
        (lambda: Plateau(sgd(), min_lr=-1), "min_lr must be a number >= 0"),
        (lambda: Plateau(sgd(), patience=0), "patience must be a number of epochs >= 1"),
        (lambda: Plateau(sgd(), min_delta=-1), "min_delta must be >= 0"),
        (lambda: Plateau(sgd())(0, {"loss": [1.0]}), r"the history has no 'val_loss', only \['loss'\]"),
    ],
)
def test_impossible_options_teach(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_wrong_kinds_teach():
    with pytest.raises(TypeError, match=r"warmup takes a schedule, a function of the step, not 0\.1"):
        schedules.warmup(0.1, 5)
    with pytest.raises(TypeError, match="this optimizer's follows a schedule"):
        Plateau(sgd(schedules.constant(0.1)))


# ------------------------------------------------------------ plateau


def sgd(lr=1.0):
    return optim.SGD(nn.Linear(2, 1).parameters(), lr=lr)


def lowered(values, **options):
    """Return the learning rate after each epoch of a history."""
    optimizer, found = sgd(), []
    plateau = Plateau(optimizer, **options)
    for epoch in range(len(values)):
        plateau(epoch, {"val_loss": list(values[: epoch + 1])})
        found.append(optimizer.lr)
    return found


def test_plateau_by_hand():
    values = [3, 2, 2, 2, 2, 1, 1.1, 1.2, 1.3]
    assert lowered(values, patience=2) == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert lowered([3, 2.9, 2.8, 2.0], patience=2, min_delta=0.5) == [1, 1, 0.5, 0.5]
    assert lowered([1, 1, 1, 1], patience=1, min_lr=0.4) == [1, 0.5, 0.4, 0.4]
    assert lowered([math.nan] * 3, patience=3) == [1, 1, 0.5]


@pytest.mark.torch
def test_plateau_is_pytorchs():
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(0).standard_normal(200).cumsum()
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.7, patience=3, threshold=0.2, threshold_mode="abs", min_lr=1e-4, eps=0
    )
    found = []
    for value in values:
        theirs.step(value)
        found.append(optimizer.param_groups[0]["lr"])
    np.testing.assert_allclose(lowered(values, factor=0.7, patience=4, min_delta=0.2, min_lr=1e-4), found, rtol=1e-12)
    assert found[-1] == 1e-4


def test_plateau_goes_on_from_its_state():
    values = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1]
    optimizer = sgd()
    first = Plateau(optimizer, patience=3)
    for epoch in range(6):
        first(epoch, {"val_loss": values[: epoch + 1]})
    optimizer = sgd()
    second = Plateau(optimizer, patience=3)
    second.load_state_dict(first.state_dict())
    for epoch in range(6, 10):
        second(epoch, {"val_loss": values[: epoch + 1]})
    assert optimizer.lr == lowered(values, patience=3)[-1] == 0.25


def test_plateau_refuses_the_state_of_other_groups():
    state = Plateau(sgd(), patience=3).state_dict()
    other = Plateau(sgd(), patience=3)
    with pytest.raises(ValueError, match="the state has 2 learning rates, this optimizer 1 groups"):
        other.load_state_dict({"best": 1.0, "waited": 2, "lr": state["lr"] * 2})
    assert other.state_dict() == state
