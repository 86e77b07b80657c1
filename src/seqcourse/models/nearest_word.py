"""Pronouncing by likeness: a word is said as the known word that is nearest to it in spelling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqcourse.data.pairs import letters
from seqcourse.data.pronunciations import Pronunciation


class NearestWord:
    """Known words, and how they are said.

    Args:
        words: those that are known; of a word that is said in several ways the first counts.
    """

    def __init__(self, words: Sequence[Pronunciation]) -> None:
        self.words = sorted(words)
        lengths = np.array([len(word.word) for word in self.words])
        self._of_length = {
            int(length): np.flatnonzero(lengths == length) for length in np.unique(lengths)
        }
        self._letters = {  # (length, N): letter by letter, each for all words
            length: np.array([letters(self.words[i].word) for i in places], dtype=np.int8).T.copy()
            for length, places in self._of_length.items()
        }

    def __call__(self, word: str) -> tuple[str, ...]:
        """What is said for a word of the letters a to z."""
        return self.nearest(word)[0].spoken[0]

    def nearest(self, word: str) -> tuple[Pronunciation, int]:
        """The known word with the fewest edits from this one, and how many those are.

        Of equals, the first in the alphabet.
        """
        asked = letters(word)
        best = (len(word) + max(self._of_length) + 1, -1)  # edits, place
        for length in sorted(self._of_length, key=lambda known: abs(known - len(asked))):
            if abs(length - len(asked)) > best[0]:
                break  # so many letters must be put in or left out at least
            edits = edits_to_all(asked, self._letters[length])
            fewest = int(edits.min())
            best = min(best, (fewest, int(self._of_length[length][edits.argmin()])))
        return self.words[best[1]], best[0]


def edits_to_all(asked: Sequence[int], known: np.ndarray) -> np.ndarray:
    """The edit distance from one word to each of N words of one length, side by side.

    Args:
        asked: the word's letters as numbers.
        known: (length, N) int8, the others'.

    Returns:
        (N,) int8.
    """
    one = np.int8(1)
    row = [np.full(known.shape[1], j, dtype=np.int8) for j in range(len(known) + 1)]
    for i, letter in enumerate(asked, 1):
        above, row = row, [np.full(known.shape[1], i, dtype=np.int8)]
        differs = (known != letter).view(np.int8)
        for j in range(1, len(known) + 1):
            least = np.minimum(above[j], row[j - 1]) + one
            row.append(np.minimum(least, above[j - 1] + differs[j - 1]))
    return row[-1]
