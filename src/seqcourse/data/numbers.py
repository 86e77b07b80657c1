"""The same numbers in the words of two languages: a translation whose every step is known."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from seqcourse.data.text import number_words

MOST = 1500  # pairs to train on; of 7,600 a small network learns every one
_SHORT, _LONG = 10_000, 1_000_000  # train, dev and test lie below the first, `longer` between them
_DEV, _TEST = 500, 1000


class NumberPairs(NamedTuple):
    """Numbers, and how each is written in two languages; N of each."""

    number: tuple[int, ...]
    source: tuple[str, ...]
    target: tuple[str, ...]


class NumberSplit(NamedTuple):
    """Pairs in parts that share no number.

    Args:
        train: up to 1,500 numbers below 10,000.
        dev: 500 such.
        test: 1,000 such.
        longer: 500 numbers of five and six digits, whose parts are all seen in training, but
            never so many of them.
    """

    train: NumberPairs
    dev: NumberPairs
    test: NumberPairs
    longer: NumberPairs


@cache
def number_pairs(source: str = "de", target: str = "en", count: int = MOST) -> NumberSplit:
    """Numbers in words, to be translated: 'fünfunddreißig' and 'thirty-five'.

    German turns the order round, ones before tens; French counts 71 as sixty and eleven; Korean
    counts in 만, ten thousands, where the others count in thousands. Small numbers are drawn more
    often than large ones, in proportion to 1 / (n + 10), each at most once. A number is in the same
    part in every language; the first `count` of the training numbers are the same whatever `count`
    is.

    Source: rules in the package num2words. Licence: LGPL-2.1.

    Args:
        source, target: languages, two of `LANGUAGES` in `seqcourse.data.text`.
        count: of training pairs, 1 to 1,500.

    Raises:
        ValueError: a language is unknown, both are the same, or `count` is out of range.
        ModuleNotFoundError: num2words is not installed.
    """
    if not 1 <= count <= MOST:
        raise ValueError(f"number_pairs got count={count}; it has 1 to {MOST} training pairs.")
    if source == target:
        raise ValueError(f"number_pairs got {source!r} twice: give two languages.")
    random = np.random.RandomState(0)  # a frozen stream: the same numbers with every NumPy
    short = random.permutation(_drawn(random, 0, _SHORT, MOST + _DEV + _TEST))
    longer = random.permutation(_drawn(random, _SHORT, _LONG, 500))
    ends = (MOST, MOST + _DEV, MOST + _DEV + _TEST)
    parts = (short[:count], short[ends[0] : ends[1]], short[ends[1] : ends[2]], longer)
    return NumberSplit(*(_pairs(part, source, target) for part in parts))


def _drawn(random: np.random.RandomState, least: int, end: int, count: int) -> np.ndarray:
    """Different numbers from least … end - 1, drawn in proportion to 1 / (n + 10).

    Who waits for an event of rate r waits an exponential time of mean 1 / r; the first to come are
    a sample without replacement.
    """
    numbers = np.arange(least, end)
    waiting = random.exponential(size=len(numbers)) * (numbers + 10)
    return numbers[np.argsort(waiting, kind="stable")[:count]]


def _pairs(numbers: np.ndarray, source: str, target: str) -> NumberPairs:
    each = tuple(numbers.tolist())
    return NumberPairs(each, number_words(each, source), number_words(each, target))
