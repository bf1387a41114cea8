"""What the caption of the opening picture says is so."""

import numpy as np
import opening_picture
import pytest

from pydl import data


@pytest.fixture(scope="module")
def descent() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, y = data.MNIST().arrays()
    return X, y, opening_picture.descend(X, y, 10)


def test_first_step_goes_from_the_average_image_to_that_of_the_digit(descent) -> None:
    X, y, path = descent
    means = np.stack([X[y == digit].mean(axis=0) for digit in range(10)])
    expected = opening_picture.LR / 10 * (means - X.mean(axis=0))
    assert not path[0].any()
    np.testing.assert_allclose(path[1], expected, atol=1e-6)


def test_errors_fall_along_the_path(descent) -> None:
    X, y, path = descent
    start, first, tenth = (opening_picture.error(path[step], X, y) for step in (0, 1, 10))
    assert start == pytest.approx(0.9)  # all scores equal: every digit is taken for a 0
    assert start > first > tenth


def test_map_holds_start_bend_and_end(descent) -> None:
    X, y, path = descent
    along, across = opening_picture.plane(path)
    gram = [[np.sum(a * b) for b in (along, across)] for a in (along, across)]
    np.testing.assert_allclose(gram, np.eye(2), atol=1e-5)
    np.testing.assert_allclose(np.sum(path[-1] * along) * along, path[-1], atol=1e-5)
    u, v, losses = opening_picture.loss_map(X[:200], y[:200], along, across)
    assert losses.shape == (len(v), len(u))
    middle = losses[np.argmin(np.abs(v)), np.argmin(np.abs(u))]  # near W = 0: log 10 nats
    assert middle == pytest.approx(np.log(10), abs=0.15)


def test_picture_is_stored() -> None:
    text = opening_picture.PICTURE.read_text(encoding="utf-8")
    assert text.count("<image") == len(opening_picture.SHOWN)
    assert len(text) < 200 * 1024
