"""Splits into training and test examples that let nothing leak, and a guard against those that do.

An example *leaks* when what it is to be tested on has been seen in training: the same stretch of
time, the same word, the same speaker.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike


class Leak(ValueError):
    """Training examples that know something of what the test examples ask for."""


def split_by_time(length: int, share: float, *, gap: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The first examples for training, the last for testing.

    Args:
        length: number of examples, which stand in the order of time.
        share: part of them that comes before the cut, between 0 and 1; rounded down.
        gap: how many of the last training examples are left out, since their targets reach into
            the test's time. For targets h steps ahead, one example a step, it is h - 1.

    Returns:
        Indices of the training and of the test examples, each ascending.

    Raises:
        ValueError: a share outside 0 … 1, a negative gap, or nothing left on one side.
    """
    if not 0 < share < 1:
        raise ValueError(f"split_by_time got share={share}; give a part between 0 and 1.")
    if gap < 0:
        raise ValueError(f"split_by_time got gap={gap}; a gap leaves out 0 examples or more.")
    cut = int(share * length)
    if cut - gap < 1 or cut >= length:
        raise ValueError(
            f"split_by_time: of {length} examples, {max(cut - gap, 0)} would be for training and "
            f"{length - cut} for testing: take more examples, another share or a smaller gap."
        )
    return np.arange(cut - gap), np.arange(cut, length)


def split_by_group(groups: Sequence[Hashable], share: float) -> tuple[np.ndarray, np.ndarray]:
    """All examples of one group (a word, a speaker, a text) on the same side.

    A hash of the group's name decides, and nothing else: a group stays where it is when others
    come or go.

    Args:
        groups: the group of each example.
        share: part of the groups that is for training, between 0 and 1; met roughly.

    Returns:
        Indices of the training and of the test examples, each ascending.

    Raises:
        ValueError: a share outside 0 … 1, or nothing left on one side.
    """
    if not 0 < share < 1:
        raise ValueError(f"split_by_group got share={share}; give a part between 0 and 1.")
    first = np.array([_place(group) < share for group in groups], dtype=bool)
    train, test = np.flatnonzero(first), np.flatnonzero(~first)
    if not len(train) or not len(test):
        raise ValueError(
            f"split_by_group: {len(train)} of {len(groups)} examples would be for training and "
            f"{len(test)} for testing: take more groups or another share."
        )
    return train, test


def require_no_leak_in_time(
    origin: ArrayLike, end: ArrayLike, train: ArrayLike, test: ArrayLike
) -> None:
    """Raise where a training target ends after the first test forecast is made.

    Args:
        origin: (N,) the time of the last value that each example may look at.
        end: (N,) the time of the last value that its target is made of.
        train, test: indices of examples.

    Raises:
        Leak: some training example knows what came after the first test origin.
        ValueError: the times do not fit together, or an index is no example's.
    """
    origins, ends = np.asarray(origin), np.asarray(end)
    if origins.ndim != 1 or origins.shape != ends.shape:
        raise ValueError(
            f"require_no_leak_in_time got origins of shape {origins.shape} and ends of shape "
            f"{ends.shape}: give one of each for every example, (N,) both."
        )
    backwards = np.flatnonzero(~(ends >= origins))  # also where a time is missing
    if backwards.size:
        i = backwards[0]
        raise ValueError(
            f"Example {i} may look until {origins[i]} and its target ends at {ends[i]}: a target "
            "ends where its example's past does, or later, and no time is missing."
        )
    trained, tested = _apart(train, test, len(origins))
    first = origins[tested].min()
    late = trained[ends[trained] > first]
    if late.size:
        raise Leak(
            f"{late.size} of {trained.size} training examples know what came after time {first}, "
            f"when the first test forecast is made; example {late[0]} reaches to {ends[late[0]]}. "
            "Split by time, and leave out the training examples whose targets end later."
        )


def require_no_shared_group(groups: Sequence[Hashable], train: ArrayLike, test: ArrayLike) -> None:
    """Raise where a group has examples on both sides.

    Args:
        groups: the group of each example.
        train, test: indices of examples.

    Raises:
        Leak: they share a group.
        ValueError: an index is no example's.
    """
    trained, tested = _apart(train, test, len(groups))
    known = {groups[i] for i in trained}
    shared = [i for i in tested if groups[i] in known]
    if shared:
        raise Leak(
            f"{len(shared)} of {tested.size} test examples belong to groups that were trained on, "
            f"such as {groups[shared[0]]!r}. Split the groups, not the examples: split_by_group."
        )


def _apart(train: ArrayLike, test: ArrayLike, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Both parts as arrays of indices: neither empty, none outside 0 … count - 1, none shared."""
    parts = np.asarray(train, dtype=int).ravel(), np.asarray(test, dtype=int).ravel()
    for name, part in zip(("training", "test"), parts, strict=True):
        if not part.size:
            raise ValueError(f"There are 0 {name} examples: give at least one.")
        if part.min() < 0 or part.max() >= count:
            raise ValueError(
                f"The {name} examples run from {part.min()} to {part.max()}, and there are {count} "
                f"examples: give indices from 0 to {count - 1}."
            )
    both = np.intersect1d(*parts)
    if both.size:
        raise Leak(f"{both.size} examples are in both parts, such as example {both[0]}.")
    return parts


def _place(group: Hashable) -> float:
    """A number between 0 and 1 that depends on the group's name alone."""
    return int.from_bytes(blake2b(str(group).encode(), digest_size=8).digest(), "big") / 2**64
