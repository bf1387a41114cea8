"""The exercises of optimizers/schedules, and what the notebook quotes."""

import numpy as np
import pytest
from notebook_environment import TEXT

from pydl import nn, optim
from pydl.check import schedules as exercises
from tests.check.measured import measured, quoted_bands

PAGE = "optimizers/schedules"
MEASURED = measured(PAGE)["quantities"]
BANDS = {
    "schedules-floor": "deviation of the floor in per cent",
    "schedules-annealed-floor": "floor over annealed floor",
    "schedules-moments": "measured over exact floor",
    "schedules-best-constant": "best constant over best linear",
    "schedules-plateau": "best constant over best plateau",
    "schedules-cosine": "best cosine over best linear",
    "schedules-averaged": "averaged",
    "schedules-averaged-slowly": "averaged with a falling rate",
    "schedules-timid": "too small a c in c/t",
    "schedules-digits-floor": "loss of constant over cosine",
    "schedules-digits-average": "loss of constant over its average",
    "schedules-warm-up-dead": "dead units",
    "schedules-warm-up-alive": "dead units with a warm-up",
    "schedules-warm-up-error": "error without over with a warm-up",
    "schedules-warm-up-useless": "gain by a warm-up at 0.2",
    "schedules-stall": "stall over its prediction",
    "schedules-epochs-for-steps": "loss with steps in epochs",
}


@pytest.mark.parametrize("seed", range(5))
def test_references_against_their_definitions(seed):
    """Nothing here repeats a reference: the package, a long walk and sums are asked."""
    rng = np.random.default_rng(seed)
    lam, lr, sigma = exercises.stationary_variance.draw(rng)
    w, squares = np.zeros(20_000), []
    for _ in range(300):
        w = w - lr * (lam * w + sigma * rng.normal(size=w.size))
        squares.append(np.mean(w**2))
    assert np.mean(squares[150:]) == pytest.approx(exercises.stationary_variance.reference(lam, lr, sigma), rel=0.02)

    lr, n, T = exercises.warmup_then_cosine.draw(rng)
    schedule = optim.schedules.warmup(optim.schedules.cosine(lr, T - n), n)
    expected = [schedule(t) for t in range(T)]
    np.testing.assert_allclose(exercises.warmup_then_cosine.reference(lr, n, T), expected, atol=1e-12)

    values, lr, patience = exercises.halve_on_plateau.draw(rng)
    optimizer = optim.SGD(nn.Linear(1, 1).parameters(), lr=lr)
    plateau, expected = optim.Plateau(optimizer, patience=patience), []
    for epoch in range(len(values)):
        plateau(epoch, {"val_loss": list(values[: epoch + 1])})
        expected.append(optimizer.lr)
    np.testing.assert_array_equal(exercises.halve_on_plateau.reference(values, lr, patience), expected)

    thetas, decay = exercises.corrected_average.draw(rng)
    theta = nn.Parameter(thetas[0])
    average = optim.Average([theta], decay=decay, bias_correction=True)
    for row in thetas:
        theta.copy_(row)
        average.update()
    with average.applied():
        np.testing.assert_allclose(exercises.corrected_average.reference(thetas, decay), theta.numpy(), rtol=1e-6)


def test_bands_in_the_notebook_are_those_that_were_measured():
    quoted = quoted_bands(PAGE, BANDS)
    assert quoted == {quantity: MEASURED[quantity]["band"] for quantity in quoted}
    assert measured(PAGE)["seeds"]["count"] >= 20


def test_the_table_of_mean_errors_is_what_was_measured():
    lines = (TEXT / f"{PAGE}.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows = {row[0]: row[1:] for row in cells if len(row) == 4}
    names = {key.removeprefix("error of ").rpartition(", ")[0] for key in MEASURED if key.startswith("error of ")}
    assert len(names) == 8
    for name in names:
        means = [MEASURED[f"error of {name}, {lr}"]["mean"] for lr in (0.2, 0.4, 0.8)]
        assert rows[name] == [f"{mean:.1f}" for mean in means], name
