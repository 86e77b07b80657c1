"""Text: names, numbers and dates written out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from importlib.util import find_spec
from random import Random
from typing import NamedTuple

import numpy as np

from seqcourse.data.packages import inside

LANGUAGES = ("en", "de", "fr", "ko")

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
_LARGEST = 10**12


class Names(NamedTuple):
    """Names in small letters a to z, each once, in alphabetical order."""

    first: tuple[str, ...]
    last: tuple[str, ...]


class Dates(NamedTuple):
    """Days as people write them, and as computers do: 'July 24, 2004' and '2004-07-24'."""

    written: tuple[str, ...]
    iso: tuple[str, ...]


@cache
def names() -> Names:
    """5,163 first names and 88,799 surnames of people in the United States.

    In small letters; how common each is, is left out.

    Source: US Census Bureau, in the package names, `dist.*`, 3.3 MB. Licence: MIT. Read as files:
    the package itself is not imported.

    Raises:
        ModuleNotFoundError: names is not installed.
        FileNotFoundError: the installed names has no such files.
    """

    def read(*parts: str) -> tuple[str, ...]:
        rows = (inside("names", f"dist.{part}").read_text("ascii").splitlines() for part in parts)
        return tuple(sorted({line.split()[0].lower() for row in rows for line in row if line}))

    return Names(read("female.first", "male.first"), read("all.last"))


def number_words(numbers: Iterable[int], language: str = "en") -> tuple[str, ...]:
    """Whole numbers in words: 35 is 'thirty-five', 'fünfunddreißig', 'trente-cinq', '삼십오'.

    The order of the parts differs: German has the ones before the tens; Korean counts in 만,
    ten thousands.

    Source: rules in the package num2words. Licence: LGPL-2.1.

    Args:
        numbers: whole numbers, between -10¹² and 10¹².
        language: one of `LANGUAGES`.

    Raises:
        TypeError: one is no whole number.
        ValueError: the language is unknown, or a number too large.
        ModuleNotFoundError: num2words is not installed.
    """
    _require("num2words")
    _known("number_words", language)
    from num2words import num2words

    given = list(numbers)
    for number in given:
        if isinstance(number, bool) or not isinstance(number, int | np.integer):
            raise TypeError(f"number_words got {number!r}; give whole numbers such as 35.")
        if abs(int(number)) >= _LARGEST:
            raise ValueError(f"number_words got {number}; it goes to 10¹².")
    return tuple(num2words(int(number), lang=language) for number in given)


def dates(count: int = 1000, language: str = "en", seed: int = 0) -> Dates:
    """Days between 1900 and 2099, drawn with equal chance, in three ways of writing.

    In English 'Jul 24, 2004', 'July 24, 2004' and 'Saturday, July 24, 2004'. All name the year in
    full: the day can always be told. The same arguments give the same days; the package's next
    version may write one otherwise.

    Source: Unicode's CLDR, in the package babel. Licence: BSD-3; CLDR's own: Unicode-3.0.

    Args:
        count: of days, at least 1; one may come twice.
        language: one of `LANGUAGES`.
        seed: a whole number.

    Returns:
        written and iso, `count` texts each.

    Raises:
        ValueError: the language is unknown, or `count` < 1.
        ModuleNotFoundError: babel is not installed.
    """
    _require("babel")
    _known("dates", language)
    if count < 1:
        raise ValueError(f"dates got count={count}; ask for one at least.")
    from babel.dates import format_date

    random = Random(f"{language} {seed}")
    span = (_LAST_DAY - _FIRST_DAY).days + 1
    days = [_FIRST_DAY + timedelta(days=random.randrange(span)) for _ in range(count)]
    ways = [random.choice(("medium", "long", "full")) for _ in days]
    written = (format_date(day, way, locale=language) for day, way in zip(days, ways, strict=True))
    return Dates(tuple(written), tuple(day.isoformat() for day in days))


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise ModuleNotFoundError(
            f"This data set is written by {package}, which is not installed: "
            f"call `pip install {package}`.",
            name=package,
        )


def _known(caller: str, language: str) -> None:
    if language not in LANGUAGES:
        raise ValueError(f"{caller} got {language!r}; it knows {', '.join(LANGUAGES)}.")
