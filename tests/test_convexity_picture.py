"""What the caption of the chapter's opening picture says is so."""

import convexity_picture
import numpy as np
import pytest

LOSSES = convexity_picture.losses()
*CONVEX, TRAP = LOSSES


@pytest.mark.parametrize("name", CONVEX)
def test_three_of_the_losses_are_convex(name) -> None:
    bend = np.diff(LOSSES[name](np.linspace(*convexity_picture.WINDOW, 1001)), 2)
    assert bend.min() > -1e-12


def test_the_fourth_rises_above_the_chord_that_is_drawn() -> None:
    ends, trap = convexity_picture.ENDS, LOSSES[TRAP]
    assert trap(ends.mean()) > trap(ends).mean() + 0.05


def test_it_is_nearly_flat_where_the_score_is_badly_wrong() -> None:
    slopes = {name: float(loss(np.array(-5.0)) - loss(np.array(-4.0))) for name, loss in LOSSES.items()}
    assert slopes.pop(TRAP) < 0.02
    assert min(slopes.values()) > 0.95


def test_picture_is_drawn_as_stored(tmp_path) -> None:
    convexity_picture.draw(tmp_path / "again.svg")
    stored = convexity_picture.PICTURE.read_text(encoding="utf-8")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8").count("<path") == stored.count("<path")
    assert len(stored) < 100 * 1024
