"""Sequences of unequal length side by side: symbols as numbers, padding, and the mask beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

PAD, UNKNOWN = 0, 1  # the numbers that every vocabulary keeps for them


class Vocabulary:
    """Symbols and their numbers: 0 is padding, 1 any symbol that it does not know.

    Args:
        texts: sequences of symbols, a string being one of characters. Take the *training* texts:
            what others hold is unknown.
    """

    def __init__(self, texts: Iterable[Iterable[str]]) -> None:
        self.symbols: tuple[str, ...] = tuple(sorted({s for text in texts for s in text}))
        self._number = {symbol: i + 2 for i, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols) + 2

    def encode(self, text: Iterable[str]) -> list[int]:
        """The number of each symbol."""
        return [self._number.get(symbol, UNKNOWN) for symbol in text]

    def decode(self, numbers: Iterable[int], *, unknown: str = "?") -> list[str]:
        """The symbol of each number; padding is left out.

        Raises:
            ValueError: a number is none of this vocabulary's.
        """
        names = ("", unknown, *self.symbols)
        found = [int(number) for number in numbers]
        strange = [number for number in found if not 0 <= number < len(self)]
        if strange:
            raise ValueError(f"decode got {strange[0]}: give numbers from 0 to {len(self) - 1}.")
        return [names[number] for number in found if number != PAD]


class Padded(NamedTuple):
    """Sequences as rows of equal length.

    Args:
        values: (B, T, …); T is the length of the longest.
        mask: (B, T) bool, true where a value is real.
    """

    values: np.ndarray
    mask: np.ndarray


def pad(sequences: Sequence[ArrayLike], fill: float = PAD) -> Padded:
    """Put sequences side by side, each from the left, and fill up.

    Args:
        sequences: each (T_i, …), of one type and the same shape but for its length.
        fill: what stands where nothing is.

    Raises:
        ValueError: there is no sequence, or one is a single number or of another shape.
    """
    rows = [np.asarray(sequence) for sequence in sequences]
    if not rows:
        raise ValueError("pad got no sequences: give at least one.")
    shapes = {row.shape[1:] if row.ndim else None for row in rows}
    if len(shapes) > 1 or None in shapes:
        raise ValueError(
            f"pad got sequences of the shapes {sorted({str(row.shape) for row in rows})}: give "
            "each one as (length, …), the same but for its length."
        )
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (B, T)
    values = np.full((*mask.shape, *rows[0].shape[1:]), fill, dtype=np.result_type(*rows))
    for row, sequence in enumerate(rows):
        values[row, : len(sequence)] = sequence
    return Padded(values, mask)


def masked_mean(values: ArrayLike, mask: ArrayLike) -> np.ndarray:
    """The mean over each sequence's real values.

    Args:
        values: (B, T, …).
        mask: (B, T) bool, true where a value is real.

    Returns:
        (B, …).

    Raises:
        ValueError: the shapes do not fit, or a sequence has no real value.
    """
    numbers, real = np.asarray(values, dtype=float), np.asarray(mask, dtype=bool)
    if numbers.shape[:2] != real.shape:
        raise ValueError(
            f"masked_mean got values of shape {numbers.shape} and a mask of shape {real.shape}: "
            "the mask is (B, T), the values (B, T, …)."
        )
    counts = real.sum(1)  # (B,)
    if not counts.all():
        raise ValueError(f"Sequence {int(counts.argmin())} has no real value: it has no mean.")
    extra = (1,) * (numbers.ndim - 2)
    kept = np.where(real.reshape(*real.shape, *extra), numbers, 0.0)
    return np.asarray(kept.sum(1) / counts.reshape(-1, *extra))
