"""Predictions: complete without JavaScript, and safe whatever the words."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import numpy as np
import pytest

from seqcourse.lesson import glue, predict, reveal

Shown = list[tuple[dict[str, str], dict[str, Any]]]
CHOICES = ['the "mean"', "a < b | c", "it's"]


def test_a_prediction_names_every_choice(shown: Shown) -> None:
    predict("next", "Which <one>?", CHOICES)
    data = shown[0][0]
    assert data["text/plain"] == 'Predict: Which <one>?\n(a) the "mean"\n(b) a < b | c\n(c) it\'s'
    assert data["text/html"].count("<label") == data["text/html"].count('name="sq-next"') == 3
    assert "Which &lt;one&gt;?" in data["text/html"]


def test_a_reveal_says_what_was_right_and_measured(shown: Shown) -> None:
    reveal("next", CHOICES, 1, "It was {x:.1f}.", x=0.25)
    data = shown[0][0]
    assert data["text/plain"] == "a < b | c. It was 0.2."
    assert "<strong>a &lt; b | c.</strong> It was 0.2." in data["text/html"]
    kept = re.search(r'data-choices="([^"]*)"', data["text/html"])
    assert kept is not None and json.loads(unescape(kept[1])) == CHOICES


@pytest.mark.parametrize("right", [-1, 3])
def test_a_right_choice_is_one_of_them(right: int, shown: Shown) -> None:
    with pytest.raises(ValueError, match="there are 3 choices"):
        reveal("next", CHOICES, right, "x")


def test_slugs_and_choices_are_required(shown: Shown) -> None:
    with pytest.raises(ValueError, match="small letters"):
        predict("it's", "Which?", CHOICES)
    with pytest.raises(ValueError, match="two or more"):
        predict("next", "Which?", ["one"])


def test_glue_is_read_as_myst_nb_reads_it(shown: Shown) -> None:
    glue("sigma", np.float64(15.5))
    data, metadata = shown[0]
    prefix = metadata["scrapbook"]["mime_prefix"]
    assert metadata["scrapbook"]["name"] == "sigma"
    assert data == {f"{prefix}text/plain": "15.5"}
