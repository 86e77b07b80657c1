"""Words cut into pieces that occur often: learnt by merging, without knowing any language.

Source: Sennrich, Haddow & Birch (2016), Neural machine translation of rare words with subword
units, arXiv:1508.07909 (byte pair encoding). Wu et al. (2016), section 4.1, call the learning of
their wordpieces greedy and similar to this, and refer to an older paper for the rest: their pieces
are to make the training text likely, and few; they also mark where a word begins, and source and
target share them. Here a word stands alone, and the source alone is cut.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from seqcourse.data.words import ALPHABET, END

Pair = tuple[str, str]


def learn_merges(words: Mapping[str, int] | Iterable[str], merges: int) -> tuple[Pair, ...]:
    """The pairs to merge, in order: each time the one that stands side by side most often.

    At first every letter is a piece. A merge makes one piece of a pair wherever it stands, from
    left to right: 'aaa' becomes 'aa', 'a'. Of pairs that occur equally often the one that comes
    first in the alphabet is taken. It ends early when no pair occurs twice.

    Only the words that hold the pair are counted anew, so that all of CMUdict takes seconds.

    Args:
        words: to learn from; a mapping says how often each occurs.
        merges: how many, 0 or more.

    Raises:
        ValueError: merges is negative.
    """
    if merges < 0:
        raise ValueError(f"learn_merges got merges={merges}: give 0 or more.")
    times = Counter(words)
    cut = {word: tuple(word) for word in times}
    count: Counter[Pair] = Counter()
    holders: defaultdict[Pair, set[str]] = defaultdict(set)  # who may hold a pair
    for word, pieces in cut.items():
        _count(count, holders, word, pieces, times[word])
    found: list[Pair] = []
    while len(found) < merges and count:
        pair = min(count, key=lambda pair: (-count[pair], pair))
        if count[pair] < 2:
            break
        found.append(pair)
        for word in holders.pop(pair):
            _count(count, holders, word, cut[word], -times[word])
            cut[word] = merge(cut[word], pair)
            _count(count, holders, word, cut[word], times[word])
        count += Counter()  # drops what has come to 0
    return tuple(found)


def merge(pieces: Sequence[str], pair: Pair) -> tuple[str, ...]:
    """One piece of a pair wherever it stands side by side, from left to right."""
    found: list[str] = []
    place = 0
    while place < len(pieces):
        here = tuple(pieces[place : place + 2]) == pair
        found.append("".join(pair) if here else pieces[place])
        place += 2 if here else 1
    return tuple(found)


class Wordpieces(NamedTuple):
    """A vocabulary of pieces: END and the letters first, then what each merge made.

    Args:
        merges: in the order in which they were learnt.
    """

    merges: tuple[Pair, ...]

    def pieces(self) -> tuple[str, ...]:
        """All pieces; a piece's number is its place, so that 1 to 26 are letters."""
        letters = tuple("" if place == END else letter for place, letter in enumerate(ALPHABET))
        return tuple(dict.fromkeys((*letters, *map("".join, self.merges))))

    def split(self, word: str) -> tuple[str, ...]:
        """A word's pieces: the merges are done again, in their order. Joined they are the word."""
        pieces = tuple(word)
        for pair in self.merges:
            if len(pieces) == 1:
                break
            if pair[0] in pieces:
                pieces = merge(pieces, pair)
        return pieces

    def numbers(self, word: str) -> tuple[int, ...]:
        """The numbers of a word's pieces.

        Raises:
            ValueError: there is no letter, or another symbol than a to z.
        """
        strange = set(word) - (set(ALPHABET) - {ALPHABET[END]})
        if strange or not word:
            raise ValueError(f"Wordpieces got {word!r}: give a word in small letters, a to z.")
        place = {piece: number for number, piece in enumerate(self.pieces())}
        return tuple(place[piece] for piece in self.split(word))


def _count(
    count: Counter[Pair],
    holders: defaultdict[Pair, set[str]],
    word: str,
    pieces: Sequence[str],
    times: int,
) -> None:
    """Add a word's pairs, or take them off where times is negative."""
    for pair in zip(pieces, pieces[1:], strict=False):
        count[pair] += times
        if times > 0:
            holders[pair].add(word)
