"""Tasks made from a seed, in which one knows how far back the answer lies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqcourse.data.words import IGNORE


class Adding(NamedTuple):
    """The adding problem.

    Args:
        x: (B, T, 2) float32: at each step a number from [0, 1), and 1 where it is to be added.
        y: (B,) float32: the sum of the two marked numbers.
    """

    x: np.ndarray
    y: np.ndarray


class Tokens(NamedTuple):
    """Symbols in, symbols out.

    Args:
        inputs: (B, T) int64.
        targets: (B, T) int64, IGNORE where no answer is asked for.
    """

    inputs: np.ndarray
    targets: np.ndarray


def adding(count: int, length: int, rng: np.random.Generator) -> Adding:
    """Two of `length` uniform numbers are marked, one in each half: what is their sum?

    Who always says 1, the mean, has a squared error of 2 · 1/12 = 1/6 exactly.

    The task is Hochreiter & Schmidhuber's (1997); this variant is that of the code published with
    Arjovsky, Shah & Bengio (2015), arXiv:1511.06464. Bai, Kolter & Koltun (2018), arXiv:1803.01271,
    mark any two places, so that theirs may be neighbours; the baseline is the same.

    Args:
        count: B.
        length: T, at least 2.
        rng: where the numbers and the marks come from.

    Raises:
        ValueError: a count or a length that is too small.
    """
    _check("adding", count=(count, 1), length=(length, 2))
    half = length // 2
    number = rng.random((count, length))  # (B, T)
    first = rng.integers(0, half, count)
    second = rng.integers(half, length, count)
    mark = np.zeros((count, length))
    row = np.arange(count)
    mark[row, first] = mark[row, second] = 1
    y = number[row, first] + number[row, second]
    return Adding(np.stack([number, mark], -1).astype(np.float32), y.astype(np.float32))


def copy_memory(
    count: int, length: int, lag: int, rng: np.random.Generator, symbols: int = 8
) -> Tokens:
    """Symbols, then blanks, then a sign to say the symbols again, in their order.

    The inputs are `length` symbols from 1 … S, `lag` - 1 blanks (0), the sign (S + 1), and
    `length` blanks: T = lag + 2 · length. The targets are blank but for the last `length`. Who
    says blank until the sign, and guesses then, pays length · ln S / T nats a step.

    Arjovsky, Shah & Bengio (2015), arXiv:1511.06464, with length 10 and S = 8; their T is our lag.
    (Bai, Kolter & Koltun (2018) repeat the sign where we have the last blanks.)

    Args:
        count: B.
        length: how many symbols are to be kept.
        lag: from the last symbol to the sign, at least 1.
        rng: where the symbols come from.
        symbols: S, how many different ones, at least 1; a model sees S + 2.

    Raises:
        ValueError: a number that is too small.
    """
    _check("copy_memory", count=(count, 1), length=(length, 1), lag=(lag, 1), symbols=(symbols, 1))
    kept = rng.integers(1, symbols + 1, (count, length))
    inputs = np.zeros((count, lag + 2 * length), dtype=np.int64)
    targets = inputs.copy()
    inputs[:, :length] = kept
    inputs[:, length + lag - 1] = symbols + 1
    targets[:, -length:] = kept
    return Tokens(inputs, targets)


def echo(count: int, length: int, lag: int, rng: np.random.Generator, symbols: int = 2) -> Tokens:
    """Random symbols; at each step the answer is the symbol of `lag` steps before.

    The first `lag` steps ask for nothing. Who guesses is right once in S times.

    Args:
        count: B.
        length: T, more than `lag`.
        lag: at least 0.
        rng: where the symbols come from.
        symbols: S, 0 … S - 1; at least 2.

    Raises:
        ValueError: a number that is too small.
    """
    _check("echo", count=(count, 1), lag=(lag, 0), length=(length, lag + 1), symbols=(symbols, 2))
    inputs = rng.integers(0, symbols, (count, length))
    targets = np.full_like(inputs, IGNORE)
    targets[:, lag:] = inputs[:, : length - lag]
    return Tokens(inputs, targets)


def _check(name: str, **least: tuple[int, int]) -> None:
    for what, (given, minimum) in least.items():
        if given < minimum:
            raise ValueError(f"{name} got {what}={given}: give at least {minimum}.")
