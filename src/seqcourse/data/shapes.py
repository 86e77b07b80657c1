"""Pictures of coloured shapes, drawn from a seed, and captions that say what is where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqcourse.data.captions import COLOURS

SIDE = 24  # pixels of a picture
FORMS = ("circle", "square", "triangle", "diamond", "cross", "ring")
PLACES = ("top left", "top right", "bottom left", "bottom right")
Thing = tuple[int, int, int]  # colour, shape, place, as numbers
# One colour of each shape is never trained on; every colour is seen with the five others.
HELD_OUT = tuple((i, i) for i in range(len(FORMS)))
_FINE = 3  # points a pixel, each way: edges are grey where they cross a pixel
_WOBBLE = 0.06  # by which each of a colour's three numbers may be off


class Shapes(NamedTuple):
    """Pictures with captions.

    Args:
        image: (N, 24, 24, 3) float32: red, green and blue, 0 to 1, on white.
        thing: (N, 3) int64: the numbers of colour, shape and place.
        caption: N texts of seven words.
    """

    image: np.ndarray
    thing: np.ndarray
    caption: tuple[str, ...]


def all_things(held_out: bool | None = None) -> tuple[Thing, ...]:
    """Every colour with every shape at every place.

    Args:
        held_out: only those that are never trained on, or only the others; None: all 144.
    """
    return tuple(
        (colour, form, place)
        for colour in range(len(COLOURS))
        for form in range(len(FORMS))
        for place in range(len(PLACES))
        if held_out is None or ((colour, form) in HELD_OUT) == held_out
    )


def caption_of(thing: Sequence[int]) -> str:
    """'a red circle at the top left'."""
    colour, form, place = thing
    return f"a {tuple(COLOURS)[colour]} {FORMS[form]} at the {PLACES[place]}"


def shapes(count: int, rng: np.random.Generator, *, held_out: bool | None = False) -> Shapes:
    """One coloured shape in a quarter of a white picture, and the sentence that says so.

    Size, place within the quarter and shade differ from picture to picture.

    Args:
        count: N, at least 1.
        rng: where all choices come from.
        held_out: True: a shape in the one colour that it is never trained in; False: in another;
            None: in any.

    Raises:
        ValueError: `count` < 1.
    """
    if count < 1:
        raise ValueError(f"shapes got count={count}: ask for one at least.")
    things = np.array(all_things(held_out))
    return drawn(things[rng.integers(0, len(things), count)], rng)


def drawn(things: np.ndarray, rng: np.random.Generator) -> Shapes:
    """Pictures of given things.

    Args:
        things: (N, 3): numbers of colour, shape and place.
        rng: where sizes, shades and exact places come from.
    """
    things = np.asarray(things, dtype=np.int64)
    count, fine = len(things), SIDE * _FINE
    radius = rng.uniform(3.6, 5.0, count)[:, None, None]
    middle = rng.uniform(-0.8, 0.8, (2, count)) + SIDE / 4
    down, right = middle + SIDE / 2 * np.stack([things[:, 2] // 2, things[:, 2] % 2])
    at = (np.arange(fine) + 0.5) / _FINE
    x = (at[None, None, :] - right[:, None, None]) / radius  # (N, 1, fine), in radii
    y = (at[None, :, None] - down[:, None, None]) / radius  # (N, fine, 1)
    inside = np.zeros((count, fine, fine), dtype=np.float32)
    for form in range(len(FORMS)):
        chosen = things[:, 1] == form
        inside[chosen] = _inside(FORMS[form], x[chosen], y[chosen])
    ink = inside.reshape(count, SIDE, _FINE, SIDE, _FINE).mean((2, 4))[..., None]
    shade = np.array(list(COLOURS.values()))[things[:, 0]]
    shade = np.clip(shade + rng.uniform(-_WOBBLE, _WOBBLE, shade.shape), 0, 1)
    image = 1 - ink * (1 - shade[:, None, None, :])
    return Shapes(image.astype(np.float32), things, tuple(map(caption_of, things)))


def _inside(form: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether points lie within a shape; x to the right and y down, in radii."""
    across, along = np.abs(x), np.abs(y)
    within: dict[str, np.ndarray] = {
        "circle": x**2 + y**2 <= 1,
        "ring": np.abs(np.sqrt(x**2 + y**2) - 0.76) <= 0.24,
        "square": np.maximum(across, along) <= 0.85,
        "diamond": across + along <= 1.15,
        "triangle": (y <= 0.8) & (across <= 0.6 * (y + 0.95)),
        "cross": (np.minimum(across, along) <= 0.3) & (np.maximum(across, along) <= 1),
    }
    return within[form]
