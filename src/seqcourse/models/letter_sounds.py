"""Which letters of a word are sounded: letters and phonemes aligned by expectation-maximisation.

The dictionary says how a whole word sounds, not which letter makes which sound. The model: each
letter, by itself and from left to right, makes no phoneme, one, or two. What it makes is drawn from
a law that belongs to the letter alone. That law is learnt from words and pronunciations, with the
way in which they belong together never shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

import numpy as np

from seqcourse.data import pronunciations
from seqcourse.data.pronunciations import PHONEMES, Pronunciation
from seqcourse.data.words import ALPHABET

SOUNDS = len(PHONEMES)
PAIRS = 0.05  # the share of a letter's law that is given to two phonemes at first
LEARNT = 8_000  # words, drawn from the training words
ROUNDS = 12
_LETTER = {letter: number - 1 for number, letter in enumerate(ALPHABET)}  # a is 0
_SOUND = {phoneme: number for number, phoneme in enumerate(PHONEMES)}


class Laws(NamedTuple):
    """What each letter makes.

    Args:
        none: (26,) the probability that it makes nothing.
        one: (26, 39) that it makes this phoneme.
        two: (26, 39, 39) that it makes this phoneme and then that.
    """

    none: np.ndarray
    one: np.ndarray
    two: np.ndarray


class Alike(NamedTuple):
    """Words with the same number of letters, n, and of phonemes, m, side by side.

    Args:
        place: (N,) where each stands in the list that they come from.
        letters: (N, n), sounds: (N, m).
    """

    place: np.ndarray
    letters: np.ndarray
    sounds: np.ndarray


def alike(words: Sequence[Pronunciation]) -> list[Alike]:
    """The words by numbers of letters and phonemes; the first pronunciation counts.

    Words that have more than twice as many phonemes as letters ('www') are left out: no alignment
    of this model fits them.
    """
    sizes = [(len(word.word), len(word.spoken[0])) for word in words]
    order = sorted((size, i) for i, size in enumerate(sizes) if size[1] <= 2 * size[0])
    found = []
    for _, same in groupby(order, key=lambda entry: entry[0]):
        place = [i for _, i in same]
        letters = [[_LETTER[letter] for letter in words[i].word] for i in place]
        sounds = [[_SOUND[phoneme] for phoneme in words[i].spoken[0]] for i in place]
        found.append(Alike(np.array(place), np.array(letters), np.array(sounds)))
    return found


def learn(words: Sequence[Pronunciation], rounds: int = ROUNDS) -> tuple[Laws, list[float]]:
    """The letters' laws, and the mean log-likelihood of a word before each round."""
    laws = Laws(
        np.full(26, 0.5 * (1 - PAIRS)),
        np.full((26, SOUNDS), 0.5 * (1 - PAIRS) / SOUNDS),
        np.full((26, SOUNDS, SOUNDS), PAIRS / SOUNDS**2),
    )
    groups = alike(words)
    course = []
    for _ in range(rounds):
        counts = Laws(*(np.zeros_like(law) for law in laws))
        likelihood = sum(_expect(laws, group, counts) for group in groups)
        course.append(likelihood / sum(len(group.place) for group in groups))
        laws = _shares(counts, laws)
    return laws, course


def _shares(counts: Laws, before: Laws) -> Laws:
    """The counts as laws; a letter that never came keeps its law."""
    total = counts.none + counts.one.sum(1) + counts.two.sum((1, 2))  # (26,)
    came = total > 0
    laws = Laws(*(law.copy() for law in before))
    for law, count in zip(laws, counts, strict=True):
        law[came] = count[came] / total[came].reshape(-1, *(1,) * (count.ndim - 1))
    return laws


def _made(laws: Laws, group: Alike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For letter i and phoneme j: none (N, n), one (N, n, m), two (N, n, m - 1)."""
    letters, sounds = group.letters[:, :, None], group.sounds[:, None, :]
    two = laws.two[letters, sounds[..., :-1], sounds[..., 1:]]
    return laws.none[group.letters], laws.one[letters, sounds], two


def _expect(laws: Laws, group: Alike, counts: Laws) -> float:
    """Add to the counts what each letter is expected to make; the words' log-likelihood.

    forward[i][:, j] is the probability that the first i letters make the first j phonemes;
    backward[i][:, j] that the letters from i on make the phonemes from j on.
    """
    none, one, two = _made(laws, group)
    size, n = group.letters.shape
    m = group.sounds.shape[1]
    forward, backward = np.zeros((2, n + 1, size, m + 1))
    forward[0, :, 0] = backward[n, :, m] = 1
    for i in range(n):
        forward[i + 1] = forward[i] * none[:, i, None]
        forward[i + 1, :, 1:] += forward[i, :, :-1] * one[:, i]
        forward[i + 1, :, 2:] += forward[i, :, :-2] * two[:, i]
    total = forward[n, :, m]  # (N,)
    for i in reversed(range(n)):
        after, before = backward[i + 1], forward[i] / total[:, None]
        backward[i] = after * none[:, i, None]
        backward[i, :, :-1] += after[:, 1:] * one[:, i]
        backward[i, :, :-2] += after[:, 2:] * two[:, i]
        letter = group.letters[:, i]
        sounds = group.sounds
        np.add.at(counts.none, letter, (before * after).sum(1) * none[:, i])
        np.add.at(counts.one, (letter[:, None], sounds), before[:, :-1] * after[:, 1:] * one[:, i])
        np.add.at(
            counts.two,
            (letter[:, None], sounds[:, :-1], sounds[:, 1:]),
            before[:, :-2] * after[:, 2:] * two[:, i],
        )
    return float(np.log(total).sum())


def sounded(laws: Laws, words: Sequence[Pronunciation]) -> list[np.ndarray | None]:
    """How many phonemes each letter makes, 0, 1 or 2, in the likeliest alignment of each word.

    Of alignments that are equally likely, as in 'll', the one is taken in which the earlier letter
    is sounded. None for a word that no alignment fits.
    """
    found: list[np.ndarray | None] = [None] * len(words)
    for group in alike(words):
        for place, row, fits in zip(group.place, *_likeliest(laws, group), strict=True):
            found[place] = row if fits else None
    return found


def _likeliest(laws: Laws, group: Alike) -> tuple[np.ndarray, np.ndarray]:
    """Phonemes made by each letter, (N, n), and whether any alignment fits, (N,)."""
    with np.errstate(divide="ignore"):
        none, one, two = (np.log(part) for part in _made(laws, group))
    size, n = group.letters.shape
    m = group.sounds.shape[1]
    best = np.full((n + 1, size, m + 1), -np.inf)  # of the letters from i on, phonemes from j on
    best[n, :, m] = 0
    for i in reversed(range(n)):
        best[i] = _choices(best[i + 1], none[:, i], one[:, i], two[:, i]).max(0)
    made = np.zeros((size, n), dtype=np.int64)
    at, rows = np.zeros(size, dtype=np.int64), np.arange(size)
    for i in range(n):
        options = _choices(best[i + 1], none[:, i], one[:, i], two[:, i])[:, rows, at]  # (3, N)
        # sums of the same logarithms in another order differ in their last digits
        made[:, i] = np.where(
            options[1] >= options.max(0) - 1e-9, 1, np.where(options[2] > options[0], 2, 0)
        )
        at += made[:, i]
        at = np.minimum(at, m)
    return made, np.isfinite(best[0, :, 0])


def _choices(after: np.ndarray, none: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Log-probability of the rest if this letter makes 0, 1 or 2 phonemes, (3, N, m + 1)."""
    options = np.full((3, *after.shape), -np.inf)
    options[0] = after + none[:, None]
    options[1, :, :-1] = after[:, 1:] + one
    options[2, :, :-2] = after[:, 2:] + two
    return options


@cache
def laws() -> Laws:
    """Learnt from 8,000 of the training words, always the same."""
    train = pronunciations().train
    some = np.random.default_rng(0).choice(len(train), LEARNT, replace=False)
    return learn([train[i] for i in sorted(some)])[0]
