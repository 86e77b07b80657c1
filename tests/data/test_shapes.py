"""Coloured shapes: their captions are true, and some pairs are held out."""

from __future__ import annotations

import numpy as np
import pytest

from seqcourse.data.captions import COLOURS
from seqcourse.data.shapes import (
    FORMS,
    HELD_OUT,
    PLACES,
    SIDE,
    all_things,
    caption_of,
    drawn,
    shapes,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_what_is_there() -> None:
    found = shapes(50, rng())
    assert found.image.shape == (50, SIDE, SIDE, 3) and found.image.dtype == np.float32
    assert 0 <= found.image.min() and found.image.max() == 1
    assert found.thing.shape == (50, 3) and len(found.caption) == 50
    assert {len(text.split()) for text in found.caption} == {7}
    assert caption_of((0, 0, 0)) == "a red circle at the top left"


def test_pairs_are_held_out_and_every_colour_and_shape_is_seen() -> None:
    pairs = {tuple(row) for row in shapes(2000, rng()).thing[:, :2].tolist()}
    assert not pairs & set(HELD_OUT)
    assert {c for c, _ in pairs} == set(range(len(COLOURS)))
    assert {f for _, f in pairs} == set(range(len(FORMS)))
    held = {tuple(row) for row in shapes(500, rng(), held_out=True).thing[:, :2].tolist()}
    assert held == set(HELD_OUT)
    assert len(all_things()) == 144 == len(all_things(True)) + len(all_things(False))


def test_ink_stands_in_its_quarter_and_has_its_colour() -> None:
    found = drawn(np.array(all_things()), rng())
    half = SIDE // 2
    for image, (colour, _, place) in zip(found.image, found.thing, strict=True):
        ink = (1 - image).sum(2)
        down, across = divmod(int(place), 2)
        quarter = ink[down * half : (down + 1) * half, across * half : (across + 1) * half]
        assert quarter.sum() > 0.9 * ink.sum()
        wanted = np.array(list(COLOURS.values())[colour])
        darkest = image.reshape(-1, 3)[ink.argmax()]
        assert np.abs(darkest - wanted).max() < 0.1
    assert len(PLACES) == 4


def test_forms_differ_in_their_ink() -> None:
    things = np.array([(5, form, 0) for form in range(len(FORMS)) for _ in range(30)])
    ink = (1 - drawn(things, rng()).image).sum((1, 2, 3)).reshape(len(FORMS), -1).mean(1)
    assert ink[FORMS.index("circle")] > ink[FORMS.index("ring")] > 0
    assert ink[FORMS.index("cross")] < ink[FORMS.index("circle")]


def test_the_same_seed_gives_the_same() -> None:
    one, other = shapes(5, rng()), shapes(5, rng())
    assert (one.image == other.image).all() and one.caption == other.caption


def test_none_is_no_number_of_pictures() -> None:
    with pytest.raises(ValueError, match="count=0"):
        shapes(0, rng())
