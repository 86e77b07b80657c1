"""Tasks whose answer stands further back in the same sequence: what followed this symbol there?"""

from __future__ import annotations

import numpy as np

from seqcourse.data.synthetic import Tokens
from seqcourse.data.words import IGNORE


def associative_recall(
    count: int, pairs: int, rng: np.random.Generator, keys: int = 16, values: int = 16
) -> Tokens:
    """Pairs of a key and a value, then all keys again, in another order: which was its value?

    The inputs are k1 v1 … kn vn and the n keys, shuffled: T = 3 n. Keys are 0 … keys - 1, all
    different in one sequence, and values keys … keys + values - 1, drawn afresh for each pair:
    what belongs to what is new in every sequence. The targets are IGNORE but for the last n.
    Who knows the sequence's values, and not which belongs where, is right 1 time in n or a little
    more often.

    Multi-query associative recall: Arora et al. (2023), arXiv:2312.04927, who ask at places of
    their own throughout the sequence, and have a vocabulary of 8,192.

    Args:
        count: B.
        pairs: n, at most `keys`.
        rng: where the pairs come from.
        keys, values: how many symbols of each kind there are.

    Raises:
        ValueError: a count below 1, or more pairs than keys.
    """
    if min(count, pairs, values) < 1 or pairs > keys:
        raise ValueError(
            f"associative_recall got count={count}, pairs={pairs}, keys={keys}, values={values}: "
            "give at least 1 of each, and no more pairs than keys."
        )
    key = rng.random((count, keys)).argsort(1)[:, :pairs]  # (B, n)
    value = rng.integers(keys, keys + values, (count, pairs))
    order = rng.random((count, pairs)).argsort(1)
    told = np.stack([key, value], -1).reshape(count, -1)  # (B, 2 n)
    inputs = np.concatenate([told, np.take_along_axis(key, order, 1)], 1)
    targets = np.full_like(inputs, IGNORE)
    targets[:, 2 * pairs :] = np.take_along_axis(value, order, 1)
    return Tokens(inputs, targets)


def repeats(
    count: int, length: int, period: int | tuple[int, int], rng: np.random.Generator, symbols: int
) -> Tokens:
    """Symbols in random order, then the same again: x_t = x_{t - k}, with a k for each sequence.

    The k symbols are all different, so that one alone says what comes next. The targets are the
    next symbols; IGNORE before the first repeat, where nobody can know.

    Args:
        count: B.
        length: T.
        period: k, or the least and the most.
        rng: where the symbols and the periods come from.
        symbols: V, at least as many as the longest period.

    Raises:
        ValueError: a period that does not fit, or a count below 1.
    """
    least, most = (period, period) if isinstance(period, int) else period
    if min(count, least) < 1 or not least <= most <= min(length, symbols):
        raise ValueError(
            f"repeats got count={count}, length={length}, period={period}, symbols={symbols}: "
            "give at least 1 of each, and periods from small to large, no longer than the sequence "
            "and no more than the symbols."
        )
    every = rng.integers(least, most + 1, (count, 1))  # (B, 1)
    fresh = rng.random((count, symbols)).argsort(1)  # (B, V)
    place = np.arange(length + 1)
    row = np.take_along_axis(fresh, place % every, 1)  # (B, T + 1)
    targets = np.where(place[:-1] >= every, row[:, 1:], IGNORE)
    return Tokens(row[:, :-1], targets)
