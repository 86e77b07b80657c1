"""Chorales as a piano would see them: at each quarter note, which of 88 keys are down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqcourse.data.music import STEPS, Chorale, chorales
from seqcourse.data.splits import split_by_group

LOWEST, KEYS = 21, 88  # a piano's, as MIDI numbers them
OPENING = 8  # intervals of a melody that tell it from others


class Rolls(NamedTuple):
    """Three parts of the chorales that share no melody.

    Args:
        train, dev, test: (T, 88) float32 each piece, 1 where a key is down.
    """

    train: tuple[np.ndarray, ...]
    dev: tuple[np.ndarray, ...]
    test: tuple[np.ndarray, ...]


class RollBatch(NamedTuple):
    """Rolls side by side.

    Args:
        frames: (B, T, 88) float32, zeros behind a piece's end.
        real: (B, T) bool, where a piece has a frame.
    """

    frames: np.ndarray
    real: np.ndarray


def roll(piece: Chorale) -> np.ndarray:
    """What sounds at each quarter note: (T, 88) float32, 1 where a key is down.

    Voices that meet on one key are one; a voice that rests has none.
    """
    pitch = piece.pitch[:, ::STEPS]  # (4, T)
    frames = np.zeros((pitch.shape[1], KEYS), np.float32)
    voice, t = np.nonzero(np.isfinite(pitch))
    frames[t, pitch[voice, t].astype(int) - LOWEST] = 1
    return frames


def melody(piece: Chorale) -> tuple[int, ...]:
    """How the Soprano begins: its first intervals in semitones, the same in every key."""
    notes = piece.pitch[0, piece.starts[0]]
    return tuple(int(step) for step in np.diff(notes) if step)[:OPENING]


def chorale_rolls() -> Rolls:
    """The chorales in three parts, about 70, 15 and 15 in a hundred melodies.

    Pieces whose Sopranos begin alike, in whatever key, are in one part.

    Raises:
        ModuleNotFoundError, FileNotFoundError: as `chorales`.
    """
    pieces = chorales()
    kept, test = split_by_group([melody(piece) for piece in pieces], 0.85)
    rest = [pieces[i] for i in kept]
    # a group's place is its own: what is below 0.7 of all is for training
    train, _ = split_by_group([melody(piece) for piece in pieces], 0.7)
    names = {pieces[i].name for i in train}
    return Rolls(
        tuple(roll(piece) for piece in rest if piece.name in names),
        tuple(roll(piece) for piece in rest if piece.name not in names),
        tuple(roll(pieces[i]) for i in test),
    )


def roll_batch(rolls: Sequence[np.ndarray]) -> RollBatch:
    """Rolls (T, 88) of several lengths, padded at their ends.

    Raises:
        ValueError: there is none.
    """
    if not len(rolls):
        raise ValueError("roll_batch got no roll: give at least one.")
    lengths = np.array([len(frames) for frames in rolls])
    padded = np.zeros((len(rolls), lengths.max(), KEYS), np.float32)
    for row, frames in zip(padded, rolls, strict=True):
        row[: len(frames)] = frames
    return RollBatch(padded, np.arange(lengths.max()) < lengths[:, None])
