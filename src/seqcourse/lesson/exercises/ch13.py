"""Checkers of chapter 13, the case study of GNMT."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds

Words = dict[tuple[str, ...], int]  # from a word's pieces to how often it occurs
Cut = list[list[Any]]  # the same as pairs


@exercise("gn-lp")
class LengthPenalty(Predicted):
    """The length penalty's divisor at two exponents, and the exponent of a tie."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 3, "three numbers: two divisors, then the exponent"):
            yield lost
            return
        tie = math.log(5 / 4) / math.log(18 / 12)
        slips: list[dict[str, Any]] = [
            {
                "Any number to the power of 0 is 1: at alpha = 0 nothing is divided.": 2.0,
                "That is the number of symbols. To the power of 0 it is 1.": 7.0,
                "0 is the exponent, not the divisor: what is a number to the power of 0?": 0.0,
                "That is the score, not the divisor.": -4.0,
                "The order: first the two divisors, then the exponent.": tie,
            },
            {
                "5 + 7 is divided by 6.": 12.0,
                "That is the number of symbols: the paper adds 5, and divides by 6.": 7.0,
                "5 is missing: add 5 to the symbols before you divide by 6.": 7 / 6,
                "The stop is counted in the 7 already.": 13 / 6,
                "The stop is one of the symbols: 7, not 6.": 11 / 6,
                "That is the score, not the divisor.": -2.0,
            },
            {
                "That is with a bare power of the length, (13/7)^alpha: the paper adds 5 to "
                "both.": math.log(5 / 4) / math.log(13 / 7),
                "The wrong way round: which of the two logarithms stands below?": 1 / tie,
                "That is the ratio of the log-probabilities: which power of 18/12 is it?": 5 / 4,
                "That is the ratio of the two bases: to which power is it 5/4?": 18 / 12,
                "The sign: a longer answer gains from a *larger* alpha.": -tie,
                "That is the difference of two logarithms: alpha is a factor of one.": math.log(
                    (5 / 4) / (18 / 12)
                ),
                "The order: first the two divisors, then the exponent.": 2.0,
                "That is the ratio of the ratios; the exponent is a ratio of their logarithms.": (
                    5 / 4
                )
                / (18 / 12),
            },
        ]
        names = "lp at alpha = 0", "lp at alpha = 1", "the alpha of the tie"
        looks = (
            "Put n = 7 and alpha = 0 into the formula.",
            "Put n = 7 and alpha = 1 into the formula.",
            "Write both scores down, make them equal, and solve for alpha.",
        )
        for name, given, right, look, known in zip(
            names, outputs, (1.0, 2.0, tie), looks, slips, strict=True
        ):
            said = slip(given, known, rtol=5e-3) or look
            ok = same(given, right, rtol=5e-3)
            yield holds(name, ok, given=given, expected="another number", look=said)


@exercise("gn-cover")
class Coverage(Called):
    """The coverage penalty of a table of attention weights."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def weights(rows: int, pull: list[float]) -> tuple[np.ndarray]:
            return (rng.dirichlet(pull, rows),)  # the first places get more than 1 in sum

        pulls = (5, [4.0, 3, 1, 1, 0.5, 0.5, 0.5]), (3, [3.0, 1, 1, 1]), (6, [5.0, 5, 1, 1])
        return {"cases": [weights(rows, pull) for rows, pull in pulls]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (weights,), given in zip(inputs["cases"], outputs, strict=True):
            seen = weights.sum(0)
            right = np.log(np.minimum(seen, 1)).sum()
            slips = {
                "It is 0 still: a row of weights sums to 1 whatever was looked at. Which sum tells "
                "how much one source place got?": 0.0,
                "What was read more than once counts as 1: cut the sums off at 1.": np.log(
                    seen
                ).sum(),
                "Each weight is cut off and taken the logarithm of by itself: sum over the rows "
                "first.": np.log(np.minimum(weights, 1)).sum(),
                "Cut off at 1 from above, not from below.": np.log(np.maximum(seen, 1)).sum(),
                "That is the sum of what was read. The logarithm is missing.": np.minimum(
                    seen, 1
                ).sum(),
                "The logarithm is of each place's sum; the places are added after it.": np.log(
                    np.minimum(seen, 1).sum()
                ),
                "That is the mean over the places: the penalty is their sum.": right
                / weights.shape[1],
                "Without beta: cp alone is wanted.": 0.2 * right,
                "The sign: a penalty of the score is 0 at most.": -right,
                "The natural logarithm is meant.": right / math.log(2),
                "That is the mean of each column: take its sum.": np.log(
                    np.minimum(weights.mean(0), 1)
                ).sum(),
                "That asks for the largest weight of each place: take the sum.": np.log(
                    np.minimum(weights.max(0), 1)
                ).sum(),
            }
            apart = {text: value for text, value in slips.items() if not same(value, right)}
            look = slip(given, apart) or "Sum each column, cut off at 1, log, and sum."
            if isinstance(given, np.ndarray | list | tuple):
                look = "One number is wanted: the sum over all source places."
            yield close(
                f"{weights.shape[0]} rows, {weights.shape[1]} places", given, right, look=look
            )


@exercise("gn-merge")
class NextMerge:
    """The most frequent pair of neighbouring pieces, counted with the words' frequencies."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def drawn() -> Cut:
            long = [rng.choice(["a", "b", "c", "ab", "ca"], rng.integers(2, 6)) for _ in range(12)]
            words = {tuple(map(str, pieces)): int(rng.integers(1, 9)) for pieces in long}
            return [[list(pieces), times] for pieces, times in words.items()]

        def spelt(**words: int) -> Cut:
            return [[list(word), times] for word, times in words.items()]

        twice: Cut = [[["ab", "c", "ab", "c"], 2], [["a", "b"], 3], [["c", "d"], 3]]
        fixed = spelt(xy=9, ab=1, abc=1, cab=1), spelt(ba=3, zy=3, ab=3), twice
        tied: Cut = [[["ab", "c"], 3], [["a", "z"], 3], [["ab", "z"], 1]]
        return {"cases": [*fixed, spelt(ab=2, cab=2, ca=1, cc=3), tied, drawn(), drawn()]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(_words(cut)) for cut in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        names = (
            "a frequent word",
            "three pairs that occur equally often",
            "a pair that stands in one word twice",
            "four words",
            "two pairs that occur equally often",
            "words drawn by lot",
            "more words drawn by lot",
        )
        cases = [_words(cut) for cut in inputs["cases"]]
        known = [_mistakes(words) for words in cases]
        answers = [_alone(given) for given in outputs]
        fits = [
            text
            for text in known[0]
            if all(answer == found[text] for answer, found in zip(answers, known, strict=True))
        ]
        for name, words, given, found in zip(names, cases, outputs, known, strict=True):
            yield _merge_found(name, words, given, found, fits[0] if fits else "")


def _words(cut: Cut) -> Words:
    return {tuple(pieces): times for pieces, times in cut}


def _pairs(words: Words, *, weighted: bool = True, once: bool = False) -> Counter[tuple[str, str]]:
    pairs: Counter[tuple[str, str]] = Counter()
    for pieces, times in words.items():
        here = list(zip(pieces, pieces[1:], strict=False))
        for pair in set(here) if once else here:
            pairs[pair] += times if weighted else 1
    return pairs


def _alone(given: Plain) -> Any:
    return tuple(given) if isinstance(given, list | tuple) else given


def _mistakes(words: Words) -> dict[str, tuple[str, str]]:
    """What each typical mistake answers, by what to say of it."""

    def most(pairs: Counter[tuple[str, str]]) -> tuple[str, str]:
        return min(pairs, key=lambda pair: (-pairs[pair], pair)) if pairs else ("", "")

    pairs = _pairs(words)
    apart: Counter[tuple[str, str]] = Counter()
    letters: Counter[tuple[str, str]] = Counter()
    for cut, times in words.items():
        for pair in zip(cut[::2], cut[1::2], strict=False):
            apart[pair] += times
        for one, other in zip("".join(cut), "".join(cut)[1:], strict=False):
            letters[one, other] += times
    pieces = Counter(p for cut, times in words.items() for p in cut for _ in range(times))
    return {
        "A word that occurs five times counts each of its pairs five times: here every word "
        "counts once.": most(_pairs(words, weighted=False)),
        "A pair that stands in a word twice counts twice.": most(_pairs(words, once=True)),
        "A piece inside a word has a neighbour on each side: pairs overlap.": most(apart),
        "Pairs of pieces are wanted, not of the letters in them.": most(letters),
        "Of equals, the first in the alphabet, not the last.": max(
            pairs, key=lambda pair: (pairs[pair], pair)
        ),
        "Of equals, the first in the alphabet, not the first that came.": max(
            pairs, key=lambda pair: pairs[pair]
        ),
        "Of equals, the left pieces are compared first, then the right ones; not the joined "
        "pieces.": min(pairs, key=lambda pair: (-pairs[pair], "".join(pair))),
        "That is the rarest pair: the most frequent is wanted.": min(
            pairs, key=lambda pair: (pairs[pair], pair)
        ),
        "That divides by how often the two pieces occur: here the count alone decides.": min(
            pairs, key=lambda p: (-pairs[p] / (pieces[p[0]] * pieces[p[1]]), p)
        ),
    }


def _merge_found(
    name: str, words: Words, given: Plain, known: dict[str, tuple[str, str]], fits: str
) -> Finding:
    """One case; `fits` is the mistake that explains the answers to all of them, if one does."""
    pairs = _pairs(words)
    right = min(pairs, key=lambda pair: (-pairs[pair], pair))
    if isinstance(given, str):
        look = "A pair is wanted, the two pieces apart: ('a', 'b')."
        return holds(name, False, given=given, expected="a tuple of two pieces", look=look)
    answer = _alone(given)
    look = fits or next((text for text, pair in known.items() if answer == pair != right), "")
    if not look and isinstance(answer, tuple) and tuple(reversed(answer)) == right:
        look = "The two pieces are in the wrong order: the left one first."
    if isinstance(answer, tuple) and answer and isinstance(answer[0], list | tuple):
        look = "The pair alone is wanted, without its count."
    look = look or "Count all pairs by hand for a few words: which comes out on top?"
    return holds(name, answer == right, given=answer, expected="another pair", look=look)


@exercise("gn-round")
class EightBits(Called):
    """A matrix in eight bits: whole numbers, and each row's step."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        rows = rng.normal(size=(4, 6)) * np.array([[1.0], [0.01], [30.0], [0.0]])
        return {"cases": [(rng.normal(size=(3, 5)),), (rows,)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        names = "a drawn matrix", "rows of very different size, one of zeros"
        for name, (W,), given in zip(names, inputs["cases"], outputs, strict=True):
            if lost := misshapen(given, 2, "whole numbers (R, C), and steps (R,)", name):
                yield lost
                return
            steps = abs(W).max(1) / 127
            if same(given[0], steps) and not same(given[1], steps):
                look = "The other way round: first the whole numbers, then the steps."
                yield holds(name, False, given="steps first", expected="numbers first", look=look)
                return
            yield from _rounded_well(name, W, given[0], given[1])


def _rounded_well(name: str, W: np.ndarray, values: Plain, steps: Plain) -> Iterable[Finding]:
    most = abs(W).max(1)
    right = most / 127
    safe = np.where(right > 0, right, 1)[:, None]
    slips = {
        "One step for the whole matrix: each row wants its own.": abs(W).max() / 127,
        "That is one step, repeated: each row's own largest weight decides.": np.full(
            len(W), abs(W).max() / 127
        ),
        "A step for each column: here each row has one.": abs(W).max(0) / 127,
        "The size counts, not the sign: take the absolute value before the largest.": W.max(1)
        / 127,
        "A signed byte ends at 127: the largest weight becomes 127, not 128.": most / 128,
        "That spreads 255 steps over one side: from 0 to the largest there are 127.": most / 255,
        "That is how many steps make 1: the step's size is wanted.": 127
        / np.where(most > 0, most, 1),
        "That is the largest weight: divide it by 127.": most,
        "A row of zeros has the step 0. Only where you divide must it be something else.": np.where(
            right > 0, right, 1
        ),
        "The row of zeros: divide by something else than its step of 0.": np.where(
            right > 0, right, 1 / 127
        ),
    }
    look = slip(steps, {text: v for text, v in slips.items() if not same(v, right)})
    yield close(f"steps of {name}", steps, right, look=look or "max |W_ij| / 127, row by row.")
    whole = np.round(W / safe)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = {
            "Cut off towards 0, a weight moves by up to a whole step: round it.": np.trunc(
                W / safe
            ),
            "Rounded down, a weight moves by up to a whole step: round to the nearest.": np.floor(
                W / safe
            ),
            "Rounded up, a weight moves by up to a whole step: round to the nearest.": np.ceil(
                W / safe
            ),
            "Those are not rounded: one byte holds a whole number.": W / safe,
            "Those are the rounded weights themselves: give how many steps each is.": whole * safe,
            "One step for the whole matrix: in rows of small weights little is left.": np.round(
                W / (abs(W).max() / 127)
            ),
            "The signs are lost: from -127 to 127.": abs(whole),
            "A byte without sign holds no negative numbers: int8, not uint8.": whole % 256,
            "Negative numbers are rounded wrongly: + 0.5 and cut off suits positive ones.": (
                np.trunc(W / safe + 0.5)
            ),
            "Shifted by 127: 0 is to stay 0.": whole + 127,
        }
    look = slip(values, {text: v for text, v in known.items() if not same(v, whole)})
    if isinstance(values, np.ndarray) and not np.isfinite(values.astype(float)).all():
        look = "0 divided by 0: where the step is 0, divide by 1."
    yield close(
        f"whole numbers of {name}", values, whole, look=look or "W / step, rounded, row by row."
    )


@exercise("gn-count")
class Count(Called):
    """The weights of a deep encoder, with one two-way layer and with all of them."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(1024, 8), (5, 2), (int(rng.integers(3, 40)), int(rng.integers(3, 7)))]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (H, L), given in zip(inputs["cases"], outputs, strict=True):
            name = f"H = {H}, L = {L}"
            if lost := misshapen(given, 2, "two numbers: bottom alone, all layers", name):
                yield lost
                return
            yield from _counted(name, H, L, given)


def _half(H: int) -> int:
    """One direction of H/2 units that reads H numbers."""
    return 4 * (H // 2) * (H + H // 2 + 1)


def _counted(name: str, H: int, L: int, given: Any) -> Iterable[Finding]:
    def one(D: int, b: int = 1, gates: int = 4) -> int:
        return gates * H * (D + H + b)

    right = 2 * one(H) + one(2 * H) + (L - 2) * one(H)
    every = 2 * one(H) + 2 * (L - 1) * one(2 * H)
    first = {
        "Layer 2 stands above both directions: it reads 2H numbers.": (L + 1) * one(H),
        "From layer 3 on a layer reads the H numbers of the one below, not 2H.": 2 * one(H)
        + (L - 1) * one(2 * H),
        "The bottom layer has two directions, each with weights of its own.": one(H)
        + one(2 * H)
        + (L - 2) * one(H),
        "The bottom layer is one of the L: L - 2 stand above the second.": 2 * one(H)
        + one(2 * H)
        + (L - 1) * one(H),
        "One bias for each gate and unit: D + H + 1, not D + H + 2.": 2 * one(H, 2)
        + one(2 * H, 2)
        + (L - 2) * one(H, 2),
        "The biases are missing.": 2 * one(H, 0) + one(2 * H, 0) + (L - 2) * one(H, 0),
        "A bias for each gate *and unit*: 4H to a direction, not 4.": (
            2 * one(H, 0) + one(2 * H, 0) + (L - 2) * one(H, 0) + 4 * (L + 1)
        ),
        "Each direction has H units here, not H/2.": 2 * _half(H) + (L - 1) * one(H),
        "Layer 2 reads 2H numbers, not 3H.": 2 * one(H) + one(3 * H) + (L - 2) * one(H),
        "That has three gates, as a GRU; an LSTM has four blocks.": 2 * one(H, gates=3)
        + one(2 * H, gates=3)
        + (L - 2) * one(H, gates=3),
        "That is with all layers both ways: here only the bottom one does.": every,
    }
    second = {
        "Every layer above the bottom reads both directions of the one below: 2H numbers.": 2
        * L
        * one(H),
        "Every layer has two directions: twice the weights.": one(H) + (L - 1) * one(2 * H),
        "The bottom layer reads the embedding, H numbers, not 2H.": 2 * L * one(2 * H),
        "The layers above have two directions, too.": 2 * one(H) + (L - 1) * one(2 * H),
        "L - 1 layers stand above the bottom one.": 2 * one(H) + 2 * L * one(2 * H),
        "One bias for each gate and unit: D + H + 1, not D + H + 2.": 2 * one(H, 2)
        + 2 * (L - 1) * one(2 * H, 2),
        "The biases are missing.": 2 * one(H, 0) + 2 * (L - 1) * one(2 * H, 0),
        "A bias for each gate *and unit*: 4H to a direction, not 4.": (
            2 * one(H, 0) + 2 * (L - 1) * one(2 * H, 0) + 4 * 2 * L
        ),
        "Each direction has H units here, not H/2.": 2 * L * _half(H),
        "A layer above the bottom reads 2H numbers, not 3H.": 2 * one(H) + 2 * (L - 1) * one(3 * H),
        "That is how many *more* there are: the whole number is wanted.": every - right,
        "That is with the bottom layer alone both ways.": right,
    }
    for part, value, wanted, known in (
        ("bottom alone", given[0], right, first),
        ("all layers", given[1], every, second),
    ):
        apart = {text: v for text, v in known.items() if v != wanted}
        look = slip(value, apart, rtol=1e-9) or "Add up layer by layer: what does each read?"
        yield close(f"{part}, {name}", value, wanted, look=look)
