"""What the caption of the picture that opens the chapter on optimizers says is so."""

import numpy as np
import optimizers_picture as picture
import pytest

import pydl


@pytest.fixture(scope="module")
def paths():
    return picture.paths()


def slope(theta, i=slice(None)):
    """The gradient by hand."""
    x, y = (column[i] for column in picture.samples())
    h = np.tanh(theta[0] * x)
    r = theta[1] * h - y
    return np.array([np.mean(r * theta[1] * (1 - h * h) * x), np.mean(r * h)])


def test_stars_are_minima_and_one_function() -> None:
    x, _ = picture.samples()
    for star in (picture.minimum(), -picture.minimum()):
        assert np.abs(slope(star)).max() < 1e-12
        assert np.linalg.eigvalsh(pydl.hessian(picture.J)(star)).min() > 0
    w1, w2 = picture.minimum()
    np.testing.assert_array_equal(w2 * np.tanh(w1 * x), -w2 * np.tanh(-w1 * x))


def test_cross_is_a_saddle_point_between_them() -> None:
    assert np.abs(slope(np.zeros(2))).max() == 0
    low, high = np.linalg.eigvalsh(pydl.hessian(picture.J)(np.zeros(2)))
    assert low < -1 < 1 < high


def test_gradient_descent_and_momentum_are_their_formulas(paths) -> None:
    for name, alpha in (("gradient descent", 0.0), ("momentum", picture.MOMENTUM)):
        theta, v = np.array(picture.START), np.zeros(2)
        for place in paths[name]:
            np.testing.assert_allclose(place, theta, rtol=0, atol=1e-12)
            v = alpha * v - picture.LR * slope(theta)
            theta = theta + v


def test_adam_is_its_formula_and_begins_with_equal_steps(paths) -> None:
    theta, m, r = np.array(picture.START), np.zeros(2), np.zeros(2)
    for t, place in enumerate(paths["Adam"], start=1):
        np.testing.assert_allclose(place, theta, rtol=0, atol=1e-12)
        m, r = 0.9 * m + 0.1 * slope(theta), 0.999 * r + 0.001 * slope(theta) ** 2
        theta = theta - picture.LR * (m / (1 - 0.9**t)) / (np.sqrt(r / (1 - 0.999**t)) + 1e-8)
    first = np.abs(paths["Adam"][1] - paths["Adam"][0])
    np.testing.assert_allclose(first, picture.LR, rtol=1e-6)
    assert np.divide(*np.sort(np.abs(slope(np.array(picture.START))))) < 0.7, "the two slopes differ"


def test_gradient_descent_is_slowest_at_the_saddle(paths) -> None:
    path = paths["gradient descent"]
    heights = picture.heights(path)
    assert np.all(np.diff(heights) < 0)
    nearest = np.linalg.norm(path, axis=1).argmin()
    assert abs(int(np.argmax(heights[1:60] / heights[:59])) - int(nearest)) <= 1
    assert np.abs(heights[16:37] - 0.5).max() < 0.1, "the plateau"


def test_one_sample_a_step_trembles(paths) -> None:
    assert np.any(np.diff(picture.heights(paths["one sample a step"])) > 0)


def test_momentum_misses_the_minimum_comes_back_and_is_lowest(paths) -> None:
    steps = {name: np.linalg.norm(np.diff(path, axis=0), axis=1).max() for name, path in paths.items()}
    assert max(steps, key=steps.get) == "momentum"
    below = paths["momentum"][:, 1] < -picture.minimum()[1]
    assert below.any()
    assert not below[-1]
    ends = {name: picture.heights(path)[-1] for name, path in paths.items()}
    assert min(ends, key=ends.get) == "momentum"


def test_two_end_at_each_minimum(paths) -> None:
    for name, sign in (("gradient descent", 1), ("Adam", 1), ("one sample a step", -1), ("momentum", -1)):
        assert np.linalg.norm(paths[name][-1] - sign * picture.minimum()) < 0.6, name


@pytest.mark.parametrize(("lr", "winner"), [(1.0, "gradient descent"), (2.0, "Adam")])
def test_at_other_rates_others_win(monkeypatch, lr, winner) -> None:
    monkeypatch.setattr(picture, "LR", lr)
    ends = {name: picture.heights(path)[-1] for name, path in picture.paths.__wrapped__(picture.STEPS).items()}
    assert min(ends, key=ends.get) == winner


def test_picture_is_drawn_as_stored(tmp_path) -> None:
    picture.draw(tmp_path / "again.svg")
    stored = picture.PICTURE.read_text(encoding="utf-8")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8").count("<path") == stored.count("<path")
    assert len(stored) < 100 * 1024
