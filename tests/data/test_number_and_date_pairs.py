"""Numbers in two languages, dates in four: parts that share nothing, and stay as they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seqcourse.data.dates import date_pairs
from seqcourse.data.numbers import number_pairs
from seqcourse.data.text import LANGUAGES, number_words


def test_the_parts_of_the_numbers() -> None:
    parts = number_pairs()
    assert [len(part.number) for part in parts] == [1500, 500, 1000, 500]
    every = [number for part in parts for number in part.number]
    assert len(set(every)) == len(every)
    assert max(max(part.number) for part in parts[:3]) < 10_000
    assert 10_000 <= min(parts.longer.number) and max(parts.longer.number) < 1_000_000
    medians = [np.median(part.number) for part in parts[:3]]
    assert max(medians) / min(medians) < 1.3  # one law for the three
    assert np.quantile(parts.train.number, 0.25) < 1250  # small ones are the commoner
    assert parts.train.number[:4] == (1193, 326, 5383, 9465)


def test_the_words_are_of_the_numbers() -> None:
    part = number_pairs("ko", "fr").dev
    assert part.source == number_words(part.number, "ko")
    assert part.target == number_words(part.number, "fr")
    assert part.number == number_pairs().dev.number  # whatever the languages are


def test_longer_numbers_hold_no_strange_letter() -> None:
    for source, target in (("de", "en"), ("fr", "en")):
        parts = number_pairs(source, target)
        for known, longer in zip(parts.train[1:], parts.longer[1:], strict=True):
            assert set("".join(longer)) <= set("".join(known))
            assert max(map(len, longer)) > max(map(len, known)) + 10


def test_fewer_numbers_are_the_first_of_more() -> None:
    few, all_ = number_pairs(count=100), number_pairs()
    assert few.train.number == all_.train.number[:100]
    assert few.dev == all_.dev and few.test == all_.test and few.longer == all_.longer


def test_the_parts_of_the_dates() -> None:
    parts = date_pairs(count=4000)
    assert sum(len(part.iso) for part in parts) == 4000
    assert [round(len(part.iso) / 4000, 1) for part in parts] == [0.8, 0.1, 0.1]
    days = [set(part.iso) for part in parts]
    assert not days[0] & days[1] and not days[0] & days[2] and not days[1] & days[2]
    for part in parts:
        assert set(part.language) == set(LANGUAGES)
        for written, iso, language in zip(*part, strict=True):
            assert iso[:4] in written
            assert language != "ko" or "년" in written or written.count(".") >= 2


def test_a_day_is_in_one_part_for_ever() -> None:
    where = {
        iso: name for name, part in date_pairs(count=4000)._asdict().items() for iso in part.iso
    }
    other = date_pairs(("ko",), count=4000, seed=1)
    met = [
        (where[iso], name)
        for name, part in other._asdict().items()
        for iso in part.iso
        if iso in where
    ]
    assert len(met) > 50 and all(before == now for before, now in met)
    assert set(other.train.language) == {"ko"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: number_pairs(count=0), "1 to 1500"),
        (lambda: number_pairs(count=1501), "1 to 1500"),
        (lambda: number_pairs("de", "de"), "two languages"),
        (lambda: number_pairs("sv"), "knows en, de, fr, ko"),
        (lambda: date_pairs(()), "one or more of en, de, fr, ko"),
        (lambda: date_pairs("de"), "such as"),
        (lambda: date_pairs(("de", "de")), "each once"),
        (lambda: date_pairs(("sv",)), "knows en, de, fr, ko"),
        (lambda: date_pairs(count=99), "100 dates"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("package", "call"),
    [("num2words", number_pairs.__wrapped__), ("babel", lambda: date_pairs(seed=99))],
)
def test_missing_packages_say_what_to_install(
    without: Callable[[str], None], package: str, call: Callable[[], object]
) -> None:
    without(package)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}`"):
        call()


def test_the_functions_keep_their_names() -> None:
    """The modules dates.py and numbers.py hide neither a function nor the standard library's."""
    import numbers

    from seqcourse.data import dates

    assert callable(dates) and numbers.Number is not None
