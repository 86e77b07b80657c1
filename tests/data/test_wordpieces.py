"""Wordpieces: the merges of a brute force, and words that come back whole."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data import END, pronunciations
from seqcourse.data.wordpieces import Wordpieces, learn_merges, merge


def brute_force(times: dict[str, int], merges: int) -> list[tuple[str, str]]:
    """Count every pair anew before each merge."""
    cut = {word: list(word) for word in times}
    found = []
    for _ in range(merges):
        count: Counter[tuple[str, str]] = Counter()
        for word, pieces in cut.items():
            for a, b in zip(pieces, pieces[1:], strict=False):
                count[a, b] += times[word]
        best = sorted((-n, pair) for pair, n in count.items() if n > 1)
        if not best:
            break
        a, b = best[0][1]
        found.append((a, b))
        for pieces in cut.values():
            i = 0
            while i + 1 < len(pieces):
                if (pieces[i], pieces[i + 1]) == (a, b):
                    pieces[i : i + 2] = [a + b]
                i += 1
    return found


words_counted = st.dictionaries(
    st.text("abc", min_size=1, max_size=9), st.integers(1, 4), max_size=8
)


@given(words_counted, st.integers(0, 12))
def test_as_brute_force_finds_them(times: dict[str, int], merges: int) -> None:
    found = learn_merges(times, merges)
    assert list(found) == brute_force(times, merges)
    repeated = [word for word, count in times.items() for _ in range(count)]
    assert learn_merges(repeated, merges) == found


@given(words_counted, st.integers(0, 12), st.text("abcd", min_size=1, max_size=12))
def test_words_come_back_whole(times: dict[str, int], merges: int, word: str) -> None:
    cut = Wordpieces(learn_merges(times, merges))
    assert "".join(cut.split(word)) == word
    pieces = cut.pieces()
    assert [pieces[number] for number in cut.numbers(word)] == list(cut.split(word))
    assert END not in cut.numbers(word)


def test_on_real_words() -> None:
    words = [word.word for word in pronunciations().dev][::4]
    merges = learn_merges(words, 40)
    assert list(merges) == brute_force(dict.fromkeys(words, 1), 40)
    cut = Wordpieces(merges)
    assert cut.pieces()[1:4] == ("a", "b", "c") and cut.pieces()[27] == "".join(merges[0])
    shorter = sum(len(cut.split(word)) for word in words) / sum(map(len, words))
    assert 0.6 < shorter < 0.85


def test_from_left_to_right_and_ties() -> None:
    assert merge("aaaa", ("a", "a")) == ("aa", "aa")
    assert merge("aaa", ("a", "a")) == ("aa", "a")
    assert learn_merges(["ba", "ba", "ab", "ab"], 1) == (("a", "b"),)
    assert learn_merges(["ab", "cd"], 5) == ()  # no pair occurs twice
    assert learn_merges([], 3) == ()


def test_two_ways_to_one_piece_are_one_piece() -> None:
    cut = Wordpieces((("a", "b"), ("b", "c"), ("ab", "c"), ("a", "bc")))
    assert cut.pieces().count("abc") == 1 and len(cut.pieces()) == 27 + 3


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="merges=-1"):
        learn_merges(["a"], -1)
    for wrong in ("", "Ab", "a b", "."):
        with pytest.raises(ValueError, match="small letters"):
            Wordpieces(()).numbers(wrong)
