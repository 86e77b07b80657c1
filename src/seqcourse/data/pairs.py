"""Pairs of sequences, where one is to be made of the other: as numbers, and side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from seqcourse.data.padding import pad
from seqcourse.data.pronunciations import PHONEMES, Pronunciation
from seqcourse.data.words import ALPHABET, END, IGNORE

Numbers = tuple[int, ...]
_LETTER = {letter: place for place, letter in enumerate(ALPHABET) if place != END}
_SOUND = {phoneme: place for place, phoneme in enumerate(PHONEMES, 1)}


class Pairs(NamedTuple):
    """Sequences of numbers above 0, and what each is to become; 0 is kept for END and padding."""

    source: tuple[Numbers, ...]
    target: tuple[Numbers, ...]


class PairBatch(NamedTuple):
    """Pairs side by side, for a model that is given the target so far and asked what comes next.

    Args:
        source: (B, T) int64, filled up with 0.
        lengths: (B,) int64, how long each source is.
        target_in: (B, U + 1) int64; END, then the target; END again as padding.
        target_out: (B, U + 1) int64; the target, then END; IGNORE as padding.
    """

    source: np.ndarray
    lengths: np.ndarray
    target_in: np.ndarray
    target_out: np.ndarray

    def targets(self) -> tuple[np.ndarray, np.ndarray]:
        """The targets alone, (B, U), 0 as padding, and their lengths (B,): as CTC wants them."""
        return self.target_in[:, 1:], (self.target_out > 0).sum(1)


def pronunciation_pairs(words: Iterable[Pronunciation]) -> Pairs:
    """Letters and phonemes; a word that is said in several ways is several pairs.

    A letter's number is its place in `ALPHABET`, 1 to 26; a phoneme's is its place in `PHONEMES`,
    counted from 1 to 39.

    Args:
        words: such as `pronunciations().train`; without stress.

    Raises:
        ValueError: a phoneme is none of `PHONEMES`.
    """
    each = [(word.word, spoken) for word in words for spoken in word.spoken]
    return Pairs(
        tuple(letters(word) for word, _ in each), tuple(_sounds(spoken) for _, spoken in each)
    )


def letters(word: str) -> Numbers:
    """The numbers of a word's letters, 1 to 26.

    Raises:
        ValueError: there is none, or it holds another symbol than a to z.
    """
    strange = set(word) - _LETTER.keys()
    if strange or not word:
        raise ValueError(f"letters got {word!r}: give a word in small letters, a to z.")
    return tuple(_LETTER[letter] for letter in word)


def phonemes(numbers: Iterable[int]) -> tuple[str, ...]:
    """The phonemes of numbers, undoing those of `pronunciation_pairs`.

    Raises:
        ValueError: a number is none of 1 … 39.
    """
    found = [int(number) for number in numbers]
    strange = [number for number in found if not 1 <= number <= len(PHONEMES)]
    if strange:
        raise ValueError(f"phonemes got {strange[0]}: give numbers from 1 to {len(PHONEMES)}.")
    return tuple(PHONEMES[number - 1] for number in found)


def _sounds(spoken: Sequence[str]) -> Numbers:
    strange = [phoneme for phoneme in spoken if phoneme not in _SOUND]
    if strange:
        raise ValueError(
            f"{strange[0]!r} is none of the 39 phonemes: take pronunciations() without stress."
        )
    return tuple(_SOUND[phoneme] for phoneme in spoken)


def target_batch(targets: Sequence[Numbers]) -> tuple[np.ndarray, np.ndarray]:
    """`target_in` and `target_out` of a `PairBatch`.

    Raises:
        ValueError: there is no target, or one holds END.
    """
    _require_no_end("target", targets)
    before = pad([(END, *target) for target in targets], END).values
    after = pad([(*target, END) for target in targets], IGNORE).values
    return before, after


def pair_batch(pairs: Pairs) -> PairBatch:
    """All of these pairs as one batch.

    Raises:
        ValueError: there is no pair, one lacks its other half, a source is empty, or 0 stands in
            one.
    """
    if len(pairs.source) != len(pairs.target) or not all(pairs.source):
        raise ValueError(
            f"pair_batch got {len(pairs.source)} sources, {sum(not s for s in pairs.source)} of "
            f"them empty, and {len(pairs.target)} targets: give each source, of one symbol or "
            "more, its target."
        )
    _require_no_end("source", pairs.source)
    lengths = np.array([len(source) for source in pairs.source], dtype=np.int64)
    return PairBatch(pad(pairs.source).values, lengths, *target_batch(pairs.target))


def pair_batches(pairs: Pairs, symbols: int) -> Callable[[np.random.Generator], PairBatch]:
    """What draws batches of pairs whose sources are of one length, so that none is padded.

    The length is drawn by its share of the source symbols, and a batch holds about as many of
    them, whatever the length: every pair is as likely as any other.

    Args:
        pairs: to draw from, with replacement.
        symbols: in the sources of a batch, about.

    Raises:
        ValueError: as `pair_batch`; or `symbols` is below 1.
    """
    if symbols < 1:
        raise ValueError(f"pair_batches got symbols={symbols}: give at least 1.")
    same: dict[int, list[tuple[Numbers, Numbers]]] = {}
    for source, target in zip(*pairs, strict=True):
        same.setdefault(len(source), []).append((source, target))
    groups = [pair_batch(Pairs(*zip(*group, strict=True))) for _, group in sorted(same.items())]
    count = np.array([group.source.size for group in groups])
    last = [(group.target_out != IGNORE).sum(1) for group in groups]

    def draw(rng: np.random.Generator) -> PairBatch:
        chosen = rng.choice(len(groups), p=count / count.sum())
        group = groups[chosen]
        rows = rng.integers(0, len(group.source), max(1, round(symbols / group.source.shape[1])))
        longest = last[chosen][rows].max()
        return PairBatch(
            group.source[rows],
            group.lengths[rows],
            group.target_in[rows, :longest],
            group.target_out[rows, :longest],
        )

    return draw


def _require_no_end(which: str, sequences: Sequence[Numbers]) -> None:
    if not sequences:
        raise ValueError(f"There is no {which}: give at least one.")
    least = min((min(sequence) for sequence in sequences if sequence), default=1)
    if least < 1:
        raise ValueError(
            f"A {which} holds {least}: give symbols the numbers from 1 on; {END} is kept for the "
            "end and for padding."
        )
