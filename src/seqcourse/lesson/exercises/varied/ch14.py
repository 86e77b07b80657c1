"""Changed tasks of chapter 14: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log, log2, log10, sqrt
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Calls, Judgement, Register, rule

# cv-holes: arguments k, dilations


def _stacks(rng: np.random.Generator) -> Calls:
    drawn = [int(d) for d in rng.integers(2, 12, 3)]
    more = [[2, [1, 3, 9]], [3, [2, 5]], [3, [2, 2]], [2, [1, 2, 4, 8]], [2, [1, 1, 2]], [4, [5]]]
    return [[3, drawn], *more]


def _holes_rule(key: str, value: str, look: str) -> Register:
    what = "k = {0}, dilations {1}"
    return rule("cv-holes", key, value, draw=_stacks, what=what, look=look)


def _reached(steps: Iterable[int], dilations: Sequence[int]) -> Counter[int]:
    """Of each distance that the last output depends on, on how many paths it is reached."""
    steps = list(steps)
    back = Counter({0: 1})
    for d in dilations:
        new: Counter[int] = Counter()
        for b, paths in back.items():
            for i in steps:
                new[b + i * d] += paths
        back = new
    return back


def _known(right: int, slips: dict[str, int]) -> Judgement:
    return right, {text: value for text, value in slips.items() if value != right}


@_holes_rule("asks", "left out", "From the present to the farthest place: all, less those reached.")
def _left_out(k: int, dilations: list[int]) -> Judgement:
    found, span = len(_reached(range(k), dilations)), 1 + (k - 1) * sum(dilations)
    return _known(
        span - found,
        {
            "Those are the places that it depends on: those between that it does not are asked "
            "for.": found,
            "That is the whole way: take off the places that it depends on.": span,
            "One too few: the way from the present to the farthest place has one place more than "
            "its distance.": span - 1 - found,
            "One too many: the present and the farthest place are both reached.": span + 1 - found,
            "The sign is turned round: the whole way is the longer one.": found - span,
        },
    )


@_holes_rule("window", "both ways", "i runs from -(k - 1) to k - 1 in every layer.")
def _both_ways(k: int, dilations: list[int]) -> Judgement:
    found = len(_reached(range(1 - k, k), dilations))
    return _known(
        found,
        {
            "That looks at the past alone: here a layer looks as far ahead.": (
                len(_reached(range(k), dilations))
            ),
            "That is how far it sees, from the first place to the last: some between may be left "
            "out.": 1 + 2 * (k - 1) * sum(dilations),
            "That takes the past twice: past and future mix from the second layer on.": (
                2 * len(_reached(range(k), dilations)) - 1
            ),
            "The place itself counts, too.": found - 1,
            "i = k - 1 ahead is missing: the window is the same on both sides.": (
                len(_reached(range(1 - k, k - 1), dilations))
            ),
        },
    )


@_holes_rule("window", "strictly past", "i runs from 1 to k in every layer: none sees its place.")
def _strictly_past(k: int, dilations: list[int]) -> Judgement:
    found = _reached(range(1, k + 1), dilations)
    return _known(
        max(found) if found else 0,
        {
            "That is how many places it depends on: how far the farthest lies is asked for.": (
                len(found)
            ),
            "There the present is in the window: here the nearest place lies d before.": (
                (k - 1) * sum(dilations)
            ),
            "That counts the present and all up to the farthest; the distance is one less.": (
                max(found) + 1
            ),
            "That is the nearest place: take the farthest.": min(found),
        },
    )


@_holes_rule("asks", "one path", "Count for each place on how many paths it is reached.")
def _one_path(k: int, dilations: list[int]) -> Judgement:
    paths = _reached(range(k), dilations)
    return _known(
        sum(n == 1 for n in paths.values()),
        {
            "Those are all places that it depends on: some are reached on several paths.": (
                len(paths)
            ),
            "Those are the places that several paths reach.": sum(n > 1 for n in paths.values()),
            "That counts paths, not places.": sum(paths.values()),
            "Add up the paths that come from all places above: a new path does not wipe out the "
            "old.": 0,
        },
    )


# cv-bits


def _ratios(rng: np.random.Generator) -> Calls:
    drawn = [float(rng.uniform(0.02, 0.3)), float(rng.uniform(20, 60))]
    return [drawn, [0.25, 38.0], [0.025, 38.0], [0.5, 90.0]]


def _laws(rng: np.random.Generator) -> Calls:
    return [[float(rng.uniform(10, 300)), float(rng.uniform(20, 60))], [255.0, 38.0], [87.6, 50.0]]


def _sizes(rng: np.random.Generator) -> Calls:
    return [[float(rng.uniform(0.02, 0.3)), float(rng.uniform(5, 12))], [0.25, 8.0], [0.025, 16.0]]


def _bits_rule(key: str, value: str, look: str, what: str, draw: Any = _ratios) -> Register:
    return rule("cv-bits", key, value, draw=draw, what=what, look=look)


_LEVELS = "That is how many levels: one bit doubles them."
_TWENTY = "A ratio of mean squares has 10 decibels for a factor of ten, not 20."
_ROOT = "The levels stand squared in the ratio: take the root."
_NATURAL = "Bits count doublings: the logarithm to the base 2."


@_bits_rule(
    "asks",
    "decibels",
    "The ratio is 3 V² rms², with V two to the power of the bits; then ten times its logarithm.",
    "rms {0}, {1} bits",
    _sizes,
)
def _decibels(rms: float, bits: float) -> Judgement:
    ratio = 3 * 4**bits * rms**2
    return 10 * log10(ratio), {
        "That is the ratio itself: ten times its logarithm to the base 10 is asked for.": ratio,
        "A ratio of mean squares has 10 decibels for a factor of ten, not 20.": 20 * log10(ratio),
        "V is two to the power of the bits, and stands squared.": 10 * log10(3 * 2**bits * rms**2),
        "rms is the root of the mean square: square it.": 10 * log10(3 * 4**bits * rms),
        "The 3 is missing: a twelfth of a step's square, steps 2/V wide.": (
            10 * log10(4**bits * rms**2)
        ),
        "Decibels rest on the logarithm to the base 10.": 10 * log(ratio),
    }


@_bits_rule(
    "rounding",
    "downwards",
    "Between the step's lower edge and x lies 0 to 2/V, evenly: its mean square is a third of "
    "the width's square.",
    "rms {0}, {1} decibels",
)
def _downwards(rms: float, decibels: float) -> Judgement:
    ratio = 10 ** (decibels / 10)
    levels = sqrt(4 * ratio / 3) / rms
    return log2(levels), {
        "There the middle of a step is said: here its lower edge, so the error is twice as "
        "large.": log2(sqrt(ratio / 3) / rms),
        _LEVELS: levels,
        _TWENTY: log2(sqrt(4 * 10 ** (decibels / 20) / 3) / rms),
        _ROOT: log2(4 * ratio / 3 / rms**2),
        "The mean of a square that runs from 0 to 1 is a third, not the whole.": (
            log2(2 * sqrt(ratio) / rms)
        ),
        _NATURAL: log(levels),
    }


@_bits_rule(
    "steps",
    "of the μ-law",
    "Set 3 V² / ln²(1 + μ) equal to the ratio, and solve for V.",
    "μ = {0}, {1} decibels",
    _laws,
)
def _mu_law(mu: float, decibels: float) -> Judgement:
    ratio = 10 ** (decibels / 10)
    levels = log(1 + mu) * sqrt(ratio / 3)
    return log2(levels), {
        "Those are equal steps of a sound whose rms is the first number: here it is μ.": (
            log2(sqrt(ratio / 3) / mu)
        ),
        _LEVELS: levels,
        _TWENTY: log2(log(1 + mu) * sqrt(10 ** (decibels / 20) / 3)),
        _ROOT: log2(log(1 + mu) ** 2 * ratio / 3),
        "The logarithm of 1 + μ stands below the line: more of it needs more levels.": (
            log2(sqrt(ratio / 3) / log(1 + mu))
        ),
        "The law's logarithm is of 1 + μ.": log2(log(mu) * sqrt(ratio / 3)),
        _NATURAL: log(levels),
    }


@_bits_rule(
    "sound",
    "a sine",
    "A sine's mean square is half of its peak's square.",
    "peak {0}, {1} decibels",
)
def _sine(peak: float, decibels: float) -> Judgement:
    ratio = 10 ** (decibels / 10)
    levels = sqrt(2 * ratio / 3) / peak
    return log2(levels), {
        "The peak is not the root mean square: a sine's mean square is half of the peak's "
        "square.": log2(sqrt(ratio / 3) / peak),
        "The mean square is smaller than the peak's square: more levels, not fewer.": (
            log2(sqrt(ratio / 6) / peak)
        ),
        "The half belongs to the square, not to the root.": log2(2 * sqrt(ratio / 3) / peak),
        _LEVELS: levels,
        _TWENTY: log2(sqrt(2 * 10 ** (decibels / 20) / 3) / peak),
        _ROOT: log2(2 * ratio / 3 / peak**2),
        _NATURAL: log(levels),
    }
