"""Claims: what is printed is what the book's page and nbval read, and nothing outside its band passes."""

import configparser
import math
import re
from pathlib import Path

import claims_page
import numpy as np
import pytest

import pydl

SANITIZE = configparser.ConfigParser()
SANITIZE.read(Path(__file__).with_name("nbval_sanitize.cfg"), encoding="utf-8")


def printed(capsys, *arguments):
    pydl.claim(*arguments)
    return capsys.readouterr().out


def sanitized(text):
    """Return what nbval compares."""
    for rule in SANITIZE.sections():
        text = re.sub(SANITIZE[rule]["regex"], SANITIZE[rule]["replace"], text)
    return text


# ------------------------------------------------------------ what is printed


@pytest.mark.parametrize(
    ("value", "band", "expected"),
    [
        (0.0812, (0.07, 0.09), ("0.0812", "0.07", "0.09")),
        (4, (3.99, 4.01), ("4", "3.99", "4.01")),
        (-1.5e-9, (None, 0), ("-1.5e-09", "-∞", "0")),
        (7, (5, None), ("7", "5", "∞")),
        (True, (1, 1), ("1", "1", "1")),
        (np.float32(0.5), (0, 1), ("0.5", "0", "1")),
        (np.array(0.25), (0, 1), ("0.25", "0", "1")),
        (pydl.tensor([0.75], requires_grad=True), (0, 1), ("0.75", "0", "1")),
        (math.inf, (0, None), ("∞", "0", "∞")),
    ],
)
def test_the_printed_claim_is_read_back(capsys, value, band, expected):
    sentence = "A sentence with ε, a colon: [brackets], 50 % | and `code`."
    text = printed(capsys, "an-id-2", sentence, value, band)
    assert claims_page.parse(text) == [("an-id-2", sentence, *expected)]


def test_claims_are_found_among_other_output(capsys):
    first = printed(capsys, "a", "One.", 1, (0, 2))
    second = printed(capsys, "b", "Two measured 3, band [1, 2].", 2, (0, 3))
    found = claims_page.parse(f"epoch 1\n{first}{second}the end ✓ c: no\n")
    assert [(c.id, c.value) for c in found] == [("a", "1"), ("b", "2")]


def test_nbval_compares_sentence_and_band_but_not_the_value(capsys):
    def text(sentence, value, high):
        return sanitized(printed(capsys, "some-error", sentence, value, (0, high)))

    stored = text("The error is small.", 0.0123, 1)
    assert stored == text("The error is small.", 0.98, 1) == text("The error is small.", 1e-30, 1)
    assert stored != text("The error is tiny.", 0.0123, 1)
    assert stored != text("The error is small.", 0.0123, 2)
    assert "VALUE, band [0, 1]" in stored
    assert claims_page.parse(stored), "what is compared is still a claim"


# ------------------------------------------------------------ what does not pass


@pytest.mark.parametrize(
    ("value", "band"),
    [(0.91, (0, 0.9)), (-0.1, (0, 0.9)), (math.nan, (0, 1)), (math.nan, (None, 1)), (False, (1, 1)), (9, (None, 8))],
)
def test_outside_of_the_band_is_an_error_that_names_all(capsys, value, band):
    with pytest.raises(pydl.ClaimError, match=r"^✗ some-id: It is so\.\n  measured \S+, band \[") as caught:
        pydl.claim("some-id", "It is so.", value, band)
    assert isinstance(caught.value, AssertionError)
    assert capsys.readouterr().out == ""
    assert claims_page.parse(str(caught.value)) == []


@pytest.mark.parametrize("id", ["", "Two", "a_b", "a--b", "-a", "a-", "a b", "ä"])
def test_an_id_is_a_slug(id):
    with pytest.raises(ValueError, match="lower-case words joined by hyphens"):
        pydl.claim(id, "It is so.", 1, (0, 2))


@pytest.mark.parametrize("band", [(None, None), (2, 1), (math.nan, 1), (-math.inf, math.inf), (0, math.nan)])
def test_a_band_must_allow_something_but_not_everything(band):
    with pytest.raises(ValueError, match="allows nothing or everything"):
        pydl.claim("a", "It is so.", 1, band)


@pytest.mark.parametrize("sentence", ["", "Two\nlines.", "A line.\n"])
def test_a_sentence_is_one_line(sentence):
    with pytest.raises(ValueError, match="claim a: the sentence must be one line"):
        pydl.claim("a", sentence, 1, (0, 2))
