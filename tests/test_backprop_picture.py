"""What the caption of the picture that opens the chapter on backpropagation says is so."""

import backprop_picture
import numpy as np
import pytest


@pytest.fixture(scope="module")
def stopped():
    X, y = backprop_picture.samples()
    theta = backprop_picture.train(X, y)
    values = backprop_picture.forward(X, theta)
    return theta, values, backprop_picture.backward(values, theta, y), y


def test_along_the_arrows_of_every_layer_the_loss_falls(stopped) -> None:
    theta, values, slopes, y = stopped
    assert len(values) == 3
    for level, (Y, slope) in enumerate(zip(values, slopes, strict=True)):
        before, after = (backprop_picture.loss(level, theta, Y - step * slope, y) for step in (-1e-3, 1e-3))
        assert (before - after) / 2e-3 == pytest.approx(np.sum(slope**2), rel=1e-6)


def test_three_blue_samples_are_wrong_and_their_arrows_shrink_on_the_way_back(stopped) -> None:
    theta, values, slopes, y = stopped
    wrong = (backprop_picture.score(0, theta, values[0])[:, 0] > 0) != y
    assert y[wrong].tolist() == [0, 0, 0]
    inputs, *hidden = (np.linalg.norm(slope, axis=1) for slope in slopes)
    for lengths in hidden:
        assert lengths[wrong].min() > lengths[~wrong].max()
    assert inputs[wrong].max() < inputs.max() / 4


def test_only_the_last_layers_line_is_straight(stopped) -> None:
    theta, *_ = stopped
    line = np.linspace([-1, -1], [1, 1], 101)
    bend = [np.abs(np.diff(backprop_picture.score(level, theta, line)[:, 0], 2)).max() for level in range(3)]
    assert bend[2] < 1e-12
    assert min(bend[:2]) > 1e-3


def test_picture_is_drawn_as_stored(tmp_path) -> None:
    backprop_picture.draw(tmp_path / "again.svg")
    stored = backprop_picture.PICTURE.read_text(encoding="utf-8")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8").count("<path") == stored.count("<path")
    assert len(stored) < 100 * 1024
