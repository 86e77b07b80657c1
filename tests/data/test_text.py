"""Text: facts about each, in every language, and clear errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data import dates, names, number_words
from seqcourse.data.text import LANGUAGES


def test_names() -> None:
    first, last = names()
    assert (len(first), len(last)) == (5163, 88799)
    for part in (first, last):
        assert list(part) == sorted(set(part))
        assert set("".join(part)) <= set("abcdefghijklmnopqrstuvwxyz")
    assert {"mary", "james"} <= set(first) and "smith" in last


def test_number_words() -> None:
    assert number_words([0, 35, 1234]) == (
        "zero",
        "thirty-five",
        "one thousand, two hundred and thirty-four",
    )
    assert number_words([35], "de") == ("fünfunddreißig",)
    assert number_words([71], "fr") == ("soixante et onze",)
    assert number_words([20000, 35], "ko") == ("이만", "삼십오")
    assert number_words(np.arange(2), "en") == ("zero", "one")
    assert number_words([]) == ()


@given(st.lists(st.integers(0, 99_999), max_size=5), st.sampled_from(LANGUAGES))
def test_different_numbers_have_different_words(numbers: list[int], language: str) -> None:
    words = number_words(numbers, language)
    assert len(set(words)) == len(set(numbers)) and all(words)


@pytest.mark.parametrize("number", [1.5, "3", None, True])
def test_what_is_no_number_is_refused(number: object) -> None:
    with pytest.raises(TypeError, match="whole numbers"):
        number_words([number])  # type: ignore[list-item]


def test_dates_are_written_and_stay_the_same() -> None:
    written, iso = dates(500)
    assert len(written) == len(iso) == 500
    assert dates(500) == (written, iso) and dates(500, seed=1) != (written, iso)
    assert dates(3).iso == iso[:3]
    days = [date.fromisoformat(day) for day in iso]
    pairs = list(zip(days, written, strict=True))
    assert min(days).year < 1910 and max(days).year > 2089
    assert all(str(day.year) in text and str(day.day) in text for day, text in pairs)
    assert any(text.startswith("Saturday, ") for text in written)


@pytest.mark.parametrize(("language", "part"), [("de", "Samstag, "), ("ko", "월 "), ("fr", "août")])
def test_dates_in_other_languages(language: str, part: str) -> None:
    assert any(part in text for text in dates(300, language).written)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: number_words([1], "sv"), "knows en, de, fr, ko"),
        (lambda: number_words([10**12]), "10¹²"),
        (lambda: dates(0), "one at least"),
        (lambda: dates(3, "sv"), "knows en, de, fr, ko"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("package", "call", "install"),
    [
        ("names", names.__wrapped__, "names"),
        ("num2words", lambda: number_words([1]), "num2words"),
        ("babel", dates, "babel"),
    ],
)
def test_missing_packages_say_what_to_install(
    without: Callable[[str], None], package: str, call: Callable[[], object], install: str
) -> None:
    without(package)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {install}`"):
        call()


def test_the_same_in_another_process(elsewhere: Callable[[str], str]) -> None:
    code = (
        "import sys; from seqcourse.data import dates, names; names();"
        "print(list(dates(20, 'ko').iso), [m for m in ('names',) if m in sys.modules])"
    )
    assert elsewhere(code) == f"{list(dates(20, 'ko').iso)} []"
