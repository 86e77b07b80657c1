"""Strokes: letters as the lines that a pen draws."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

FONTS = tuple(
    "futural futuram cursive scripts scriptc rowmans rowmand rowmant timesr timesrb timesi timesib "
    "gothiceng gothicger gothicita".split()
)


def strokes(text: str, font: str = "scripts") -> tuple[np.ndarray, ...]:
    """A line of text as strokes: where a pen moves without leaving the paper.

    The glyphs were drawn by hand once, on a grid of whole units; capital letters are 21 units high,
    the line they stand on is y = 0, and y grows upwards. Every 'a' is the same: it is a font, not
    the writing of people. The package holds 3,170 glyphs in 32 fonts; these 15 spell English.

    Source: A. V. Hershey, US National Bureau of Standards, in the package Hershey-Fonts, 0.1 MB.
    Licence: MIT; the glyphs are in the public domain, with the caveats that the package prints.

    Args:
        text: in the characters of ASCII.
        font: one of `FONTS`.

    Returns:
        Strokes in the order of the text, each (n, 2) float64: x and y of its points; new arrays.

    Raises:
        ValueError: the font is unknown, or the text is empty or holds what it cannot draw.
        ModuleNotFoundError: Hershey-Fonts is not installed.
    """
    if font not in FONTS:
        raise ValueError(f"strokes got font={font!r}; it knows {', '.join(FONTS)}.")
    strange = [letter for letter in text if not " " <= letter <= "~"]
    if strange or not text.strip():
        what = f"{strange[0]!r}, which is not ASCII" if strange else "no letter"
        raise ValueError(f"strokes got {what}: write with A to Z, digits and signs.")
    glyphs = _glyphs(font)
    drawn, start = [], 0.0
    for letter in text:
        glyph = glyphs[letter]
        for stroke in glyph.strokes:
            points = np.array(stroke, dtype=float)  # (n, 2), y downwards
            drawn.append(
                np.column_stack([start + points[:, 0] - glyph.left_offset, 9 - points[:, 1]])
            )
        start += glyph.char_width
    return tuple(drawn)


@cache
def _glyphs(font: str) -> dict[str, Any]:
    if find_spec("HersheyFonts") is None:
        raise ModuleNotFoundError(
            "This data set ships inside Hershey-Fonts, which is not installed: "
            "call `pip install Hershey-Fonts`.",
            name="HersheyFonts",
        )
    from HersheyFonts import HersheyFonts

    fonts = HersheyFonts()
    fonts.load_default_font(font)
    return dict(fonts.all_glyphs)
