"""One cycle: PyTorch's rates and momenta with every option, its landmarks, and what has no cycle."""

import itertools
import math

import numpy as np
import pytest

from pydl import nn, optim
from pydl.optim.schedules import one_cycle

OPTIONS = [
    {"pct_start": p, "div_factor": d, "final_div_factor": f, "anneal": anneal, "three_phase": three}
    for p, d, f, anneal, three in itertools.product((0.1, 0.3, 0.5), (25.0, 4.0), (1e4, 1.0), ("cos", "linear"), (0, 1))
]


@pytest.mark.torch
@pytest.mark.parametrize("steps", [30, 101])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: " ".join(map(str, options.values())))
def test_rates_and_momenta_are_pytorchs(options, steps):
    torch = pytest.importorskip("torch")
    shape = {"pct_start": options["pct_start"], "anneal": options["anneal"], "three_phase": options["three_phase"]}
    mine = one_cycle(0.7, steps, **options)
    momentum = one_cycle(0.8, steps, **shape, div_factor=0.8 / 0.9, final_div_factor=1)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, momentum=0.5)
    theirs = {("anneal_strategy" if name == "anneal" else name): value for name, value in options.items()}
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.7, steps, base_momentum=0.8, max_momentum=0.9, **theirs
    )
    found = []
    for _ in range(steps):
        found.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose([(mine(t), momentum(t)) for t in range(steps)], found, rtol=1e-12, atol=1e-16)


@pytest.mark.torch
@pytest.mark.parametrize("nesterov", [False, True])
def test_a_training_in_which_rate_and_momentum_cycle_follows_pytorchs(nesterov):
    torch = pytest.importorskip("torch")
    start, target = np.random.default_rng(0).standard_normal((2, 6))
    theirs, mine = torch.nn.Parameter(torch.from_numpy(start.copy())), nn.Parameter(start.copy())
    optimizer = torch.optim.SGD([theirs], lr=0.1, momentum=0.9, nesterov=nesterov)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, 50, base_momentum=0.6, max_momentum=0.9)
    path = []
    for _ in range(50):
        optimizer.zero_grad()
        ((theirs - torch.from_numpy(target)) ** 2).sum().backward()
        optimizer.step()
        scheduler.step()
        path.append(theirs.detach().numpy().copy())
    momentum = one_cycle(0.6, 50, div_factor=0.6 / 0.9, final_div_factor=1)
    optimizer = optim.SGD([mine], lr=one_cycle(0.2, 50), momentum=momentum, nesterov=nesterov)
    for step in range(50):
        optimizer.zero_grad()
        ((mine - target) ** 2).sum().backward()
        optimizer.step()
        np.testing.assert_allclose(mine.numpy(), path[step], rtol=0, atol=1e-12)


def test_landmarks():
    for anneal in ("cos", "linear"):
        cycle = one_cycle(2.0, steps=40, pct_start=0.275, div_factor=10, final_div_factor=5, anneal=anneal)
        assert [cycle(0), cycle(10), cycle(39), cycle(1000)] == pytest.approx([0.2, 2.0, 0.04, 0.04], rel=1e-15)
        assert max(cycle(t) for t in range(40)) == cycle(10)
        three = one_cycle(2.0, 40, 0.275, 10, 5, anneal, three_phase=True)
        assert [three(t) for t in (5, 10, 15, 20, 39)] == pytest.approx([1.1, 2.0, 1.1, 0.2, 0.04], rel=1e-15)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lr": -1}, "one_cycle: lr must be a number >= 0, not -1"),
        ({"div_factor": 0}, "div_factor must be a number > 0"),
        ({"final_div_factor": math.nan}, "final_div_factor must be a number > 0"),
        ({"anneal": "cosine"}, "anneal must be 'cos' or 'linear', not 'cosine'"),
        ({"pct_start": 0.1}, r"phases would end at the steps \[0.0, 9.0\].*the first after step 0"),
        ({"pct_start": 1.0}, r"phases would end at the steps \[9.0, 9.0\]"),
        ({"pct_start": 0.6, "three_phase": True}, r"\[5.0, 10.0, 9.0\]"),
        ({"pct_start": 30}, r"pct_start=30 its phases"),
    ],
)
def test_what_has_no_cycle(options, words):
    with pytest.raises(ValueError, match=words):
        one_cycle(**{"lr": 1.0, "steps": 10, **options})
