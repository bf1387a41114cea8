"""What the caption of the picture that opens the chapter on regularization says is so."""

import itertools

import numpy as np
import pytest
import regularization_picture as picture

import pydl


@pytest.fixture(scope="module")
def fits():
    return picture.fits()


@pytest.fixture(scope="module")
def centred():
    x, y = picture.samples()
    features = picture.bumps(x, x)
    return features - features.mean(axis=0), y - y.mean()


def test_as_it_comes_the_curve_meets_every_sample_and_misses_the_sine(fits, centred) -> None:
    w = fits["as it comes"][1]
    assert np.abs(centred[0] @ w - centred[1]).max() < picture.NOISE / 2
    assert np.abs(w).min() > picture.LIMIT, "no weight fits into the picture"
    assert picture.distance(*fits["as it comes"]) > 10


@pytest.mark.parametrize("name", ["stopped early", "L2", "L1", "dropout"])
def test_the_others_are_nearer_to_the_sine_than_the_noise(fits, name) -> None:
    assert picture.distance(*fits[name]) < 0.7 * picture.NOISE
    assert np.abs(fits[name][1]).max() < picture.LIMIT


def test_only_l1_has_weights_of_zero(fits) -> None:
    zeros = {name: int(np.sum(w == 0)) for name, (_, w) in fits.items()}
    assert zeros == {"as it comes": 0, "stopped early": 0, "L2": 0, "L1": 19, "dropout": 0}


def test_each_is_the_minimum_of_what_it_minimizes(fits, centred) -> None:
    C, r = centred
    for name, penalty in (("L2", pydl.nn.L2(picture.L2)), ("dropout", None)):
        w = fits[name][1]

        def J(w, penalty=penalty):
            if penalty is None:
                price = (1 - picture.KEEP) / picture.KEEP * np.sum(C**2, axis=0)
                return pydl.sum((C @ w - r) ** 2) / 2 + pydl.sum(price * w * w) / 2
            return pydl.sum((C @ w - r) ** 2) / 2 + penalty(w[None])

        assert np.abs(pydl.grad(J)(pydl.tensor(w)).numpy()).max() < 1e-10
    w, slope = fits["L1"][1], C.T @ (C @ fits["L1"][1] - r)
    np.testing.assert_allclose(slope[w != 0], -picture.L1 * np.sign(w[w != 0]), atol=1e-9)
    assert np.abs(slope[w == 0]).max() < picture.L1


def test_dropout_is_the_mean_over_all_masks() -> None:
    rng = np.random.default_rng(0)
    C, r = rng.standard_normal((9, 4)), rng.standard_normal(9)
    w = picture.dropped(C, r, keep=0.7)
    slope = np.zeros(4)
    for mask in itertools.product([0, 1], repeat=4):
        m = np.array(mask)
        slope += 0.7 ** m.sum() * 0.3 ** (4 - m.sum()) * (m / 0.7) * (C.T @ (C @ (m * w / 0.7) - r))
    assert np.abs(slope).max() < 1e-12


def test_picture_is_drawn_as_stored(tmp_path) -> None:
    picture.draw(tmp_path / "again.svg")
    stored = picture.PICTURE.read_text(encoding="utf-8")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8").count("<path") == stored.count("<path")
    assert len(stored) < 100 * 1024
