"""Dates as people write them in four languages, to be turned into those that computers write."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from seqcourse.data.splits import split_by_group
from seqcourse.data.text import LANGUAGES, dates


class DatePairs(NamedTuple):
    """Dates: 'Samstag, 24. Juli 2004', '2004-07-24' and the language, 'de'; N of each."""

    written: tuple[str, ...]
    iso: tuple[str, ...]
    language: tuple[str, ...]


class DateSplit(NamedTuple):
    """Dates in three parts that share no day, in whatever language."""

    train: DatePairs
    dev: DatePairs
    test: DatePairs


def date_pairs(
    languages: Sequence[str] = LANGUAGES, count: int = 10_000, seed: int = 0
) -> DateSplit:
    """Days between 1900 and 2099, written in one of several languages and in one of three ways.

    'Jul 24, 2004', 'Samstag, 24. Juli 2004', '24 juillet 2004', '2004년 7월 24일 토요일'. A hash of
    the day puts it into its part, 80/10/10, so that a test day was never seen, in no language. The
    languages take turns.

    Source: Unicode's CLDR, in the package babel; see `dates`. Licence: BSD-3; CLDR's: Unicode-3.0.

    Args:
        languages: of `LANGUAGES` in `seqcourse.data.text`, none twice.
        count: of dates in all, at least 100; rounded down to a multiple of the languages.
        seed: a whole number.

    Raises:
        ValueError: a language is unknown or comes twice, there is none, or `count` < 100.
        ModuleNotFoundError: babel is not installed.
    """
    if not languages or isinstance(languages, str) or len(set(languages)) < len(languages):
        raise ValueError(
            f"date_pairs got languages={languages!r}: give one or more of "
            f"{', '.join(LANGUAGES)}, each once, such as ('de', 'ko')."
        )
    if count < 100:
        raise ValueError(f"date_pairs got count={count}: ask for 100 dates or more.")
    return _split(tuple(languages), count, seed)


@cache
def _split(languages: tuple[str, ...], count: int, seed: int) -> DateSplit:
    drawn = [dates(count // len(languages), language, seed) for language in languages]
    turns = [
        (written, iso, language)
        for row in zip(*(zip(*one, strict=True) for one in drawn), strict=True)
        for (written, iso), language in zip(row, languages, strict=True)
    ]
    days = [iso for _, iso, _ in turns]
    train, rest = split_by_group(days, 0.8)
    known, _ = split_by_group(days, 0.9)  # the same hash: what is new here is dev
    dev, test = np.setdiff1d(known, train), np.setdiff1d(rest, known)
    return DateSplit(
        *(DatePairs(*zip(*(turns[i] for i in part), strict=True)) for part in (train, dev, test))
    )
