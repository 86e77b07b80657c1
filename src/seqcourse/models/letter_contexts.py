"""A table of letters and sounds: what a letter makes between its neighbours, by counting.

Each letter makes no phoneme, one or two, see `models.letter_sounds`. The table is asked for the
letter with many neighbours first; where that was never seen, with fewer. So did early programs that
learnt to pronounce from examples: van den Bosch & Daelemans (1993), Data-oriented methods for
grapheme-to-phoneme conversion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from seqcourse.data.pronunciations import Pronunciation
from seqcourse.models.letter_sounds import laws, sounded

Sounds = tuple[str, ...]
EDGE = "."  # stands before the first letter and behind the last


@dataclass(frozen=True)
class LetterContexts:
    """A table that pronounces.

    Args:
        tables: the k-th says what a letter makes between k // 2 letters on its left and (k + 1) //
            2 on its right, by that piece of the word. It leaves out what the ones before it say
            already.
    """

    tables: tuple[dict[str, Sounds], ...]

    @property
    def size(self) -> int:
        """How many entries are stored."""
        return sum(map(len, self.tables))

    def narrowed(self, width: int) -> LetterContexts:
        """The same with at most so many neighbours, 0 or more."""
        return LetterContexts(self.tables[: width + 1])

    def __call__(self, word: str) -> Sounds:
        """What is said for a word of the letters a to z."""
        return tuple(phoneme for place in range(len(word)) for phoneme in self.sounds(word, place))

    def sounds(self, word: str, place: int) -> Sounds:
        """What the letter at a place makes; nothing where it was never seen."""
        for width in reversed(range(len(self.tables))):
            made = self.tables[width].get(around(word, place, width))
            if made is not None:
                return made
        return ()


def around(word: str, place: int, width: int) -> str:
    """The letter at a place with `width` neighbours, of which the right side has one more."""
    left, right = width // 2, (width + 1) // 2
    padded = EDGE * left + word + EDGE * right
    return padded[place : place + left + 1 + right]


def made_by_letters(words: Sequence[Pronunciation]) -> list[tuple[str, list[Sounds]]]:
    """Words, and what each of their letters makes in the first pronunciation.

    Words that no alignment fits are left out.
    """
    found = []
    for word, counts in zip(words, sounded(laws(), words), strict=True):
        if counts is not None:
            rest = iter(word.spoken[0])
            found.append((word.word, [tuple(next(rest) for _ in range(n)) for n in counts]))
    return found


def learn(words: Sequence[Pronunciation], width: int) -> LetterContexts:
    """The table of words, with up to `width` neighbours.

    What a piece makes is what it made most often; of equals, what comes first in the alphabet.
    """
    aligned = made_by_letters(words)
    table = LetterContexts(())
    for k in range(width + 1):
        counts: dict[str, Counter[Sounds]] = {}
        for word, made in aligned:
            for place, sounds in enumerate(made):
                counts.setdefault(around(word, place, k), Counter())[sounds] += 1
        best = {piece: _commonest(count) for piece, count in counts.items()}
        # as the narrower tables see it: the piece without the neighbour that came last
        new = {p: s for p, s in best.items() if k == 0 or s != table.sounds(*_centre(p, k))}
        table = LetterContexts((*table.tables, new))
    return table


def _commonest(count: Counter[Sounds]) -> Sounds:
    return min(count, key=lambda sounds: (-count[sounds], sounds))


def _centre(piece: str, width: int) -> tuple[str, int]:
    """A piece as a word, and the place of its letter in it."""
    return piece, width // 2
