"""Checkers of chapter 10, encoder and decoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("ed-sign")
class Sign(Called):
    """The score of answers of several lengths: log-probability over a power of the length."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        log_p = -rng.uniform(1, 9, 4)
        return {
            "cases": [
                (log_p, np.array([0, 2, 5, 9]), 0.7),
                (-rng.uniform(1, 9, 3), np.array([3, 4, 12]), float(rng.uniform(0.3, 1.5))),
                (-rng.uniform(1, 9, 3), np.array([6, 1, 2]), 0.0),
            ]
        }

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (log_p, n, alpha), given in zip(inputs["cases"], outputs, strict=True):
            right = log_p / (n + 1) ** alpha
            with np.errstate(divide="ignore", invalid="ignore"):
                slips = {
                    "That is the score as it was: what is negative gets more negative, multiplied "
                    "by a power of the length, and the empty answer has 0. Divide.": log_p
                    * n**alpha,
                    "A log-probability is negative: multiplied by a power of the length it gets "
                    "more negative the longer the answer is. Divide.": log_p * (n + 1) ** alpha,
                    "Divided, that is right. But the stop is a symbol, too: the empty answer has "
                    "one, and each other one more than it has words.": np.where(
                        n > 0, log_p / n**alpha, _numbers(given, n)
                    ),
                    "Log-probabilities are negative, and higher is better: leave the sign.": -right,
                    "The length itself is taken, not its power alpha.": log_p / (n + 1),
                    "The length is multiplied by alpha; it is to be raised to it.": log_p
                    / (alpha * (n + 1)),
                    "Only the length has to be changed: log_p is to be divided by its power, not "
                    "to have it taken off.": log_p - (n + 1) ** alpha,
                    "The stop counts once: n + 1 symbols, not n + 2.": log_p / (n + 2) ** alpha,
                    "Divide by the number of symbols to the power of alpha, as the score in the "
                    "text has it: without the 5 and the 6.": log_p / ((6 + n) / 6) ** alpha,
                    "Divide by the number of symbols to the power of alpha, as the score in the "
                    "text has it: no 5, no 6; and count the stop.": log_p / ((5 + n) / 6) ** alpha,
                    "A bonus for each symbol favours longer answers, too. Here the score of the "
                    "text is asked for: divide by a power.": log_p + alpha * (n + 1),
                    "A bonus for each word favours longer answers, too. Here the score of the "
                    "text is asked for: divide by a power, and count the stop.": log_p + alpha * n,
                    "At alpha = 0 the score must be log_p itself. The power by which you divide "
                    "is alpha.": log_p * (n + 1) ** (1 - alpha),
                    "The 1 stands outside the power: the stop is one of the symbols counted.": log_p
                    / (n**alpha + 1),
                }
            apart = {text: value for text, value in slips.items() if not same(value, right)}
            look = slip(given, apart) or (
                "Divide log_p by a power of the number of symbols, as in the text. How many has "
                "an empty answer?"
            )
            name = f"lengths {n.tolist()}, alpha = {alpha:.2g}"
            if isinstance(given, int | float) and not isinstance(given, bool):
                look = "All scores are wanted, one for each answer, not the best one."
            yield close(name, given, right, look=look)


def _numbers(given: Plain, like: np.ndarray) -> np.ndarray:
    """What was given, if it is an array of this shape, else NaN."""
    try:
        mine = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        mine = np.array(np.nan)
    return mine if mine.shape == like.shape else np.full(like.shape, np.nan)


@exercise("ed-stop")
class Stop(Called):
    """The law of an answer's length, from the stop symbol's probability after each length."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {
            "cases": [
                (rng.uniform(0.05, 0.6, 6),),
                (np.full(5, float(rng.uniform(0.1, 0.4))),),
                (np.append(rng.uniform(0.1, 0.5, 3), 1.0),),
            ]
        }

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        names = "drawn numbers", "the same number at each step", "certain at last"
        for name, (stop,), given in zip(names, inputs["cases"], outputs, strict=True):
            going = np.cumprod(1 - stop)  # not yet stopped after so many tries
            before = np.append(1.0, going[:-1])
            right = before * stop
            slips = {
                "To stop after two letters, an answer must first go on twice: multiply by the "
                "probability that it has not stopped before.": stop,
                "That is the probability that it has not stopped yet: the last factor, the stop, "
                "is missing.": before,
                "That is the probability that it goes on past this length.": going,
                "The factor 1 − stop of the last step is one too many: there it stops.": going
                * stop,
                "That adds up the lengths so far: the law of each length alone is wanted.": 1
                - going,
                "Before the stop come steps at which it did *not* stop: 1 − stop, not "
                "stop.": np.cumprod(stop),
                "It did not stop at each step before, with its own probability: not at the last "
                "one only.": stop * np.append(1.0, 1 - stop[:-1]),
                "The law is divided by its sum. What is missing to 1 is the share of longer "
                "answers: leave it out.": right / right.sum(),
                "From the second length on the last factor, the stop, is missing.": np.append(
                    stop[0], going[:-1]
                ),
                "The last length is given all that was left. What is missing to 1 is the share of "
                "longer answers: leave it out.": np.append(right[:-1], before[-1]),
                "One power of one number: the stop's probability changes from step to step.": stop
                * (1 - stop) ** np.arange(len(stop)),
            }
            apart = {text: value for text, value in slips.items() if not same(value, right)}
            look = slip(given, apart) or "Write down p(U = 0), p(U = 1) and p(U = 2) first."
            yield close(name, given, right, look=look)


@exercise("ed-mask")
class Mask(Called):
    """The loss of a padded batch, the stop symbol counted, the padding not."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(lengths: Sequence[int], width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            scores = rng.normal(size=(len(lengths), width, 5))
            log_p = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
            target = rng.integers(1, 5, (len(lengths), width))
            n = np.array(lengths)
            target[np.arange(width) >= n[:, None]] = 0
            return log_p, target, n

        return {"cases": [case([2, 5, 1], 6), case([3, 3], 4), case([0, 4], 7)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        names = (
            "three answers, one as long as the batch",
            "two of equal length",
            "an empty answer, and padding behind both",
        )
        for name, (log_p, target, n), given in zip(names, inputs["cases"], outputs, strict=True):
            paid = -np.take_along_axis(log_p, target[..., None], -1)[..., 0]
            place = np.arange(target.shape[1])
            real, letters = place <= n[:, None], place < n[:, None]
            right = (paid * real).sum() / real.sum()
            mean = (paid * real).sum(1) / real.sum(1)
            with np.errstate(invalid="ignore", divide="ignore"):
                per_row = ((paid * letters).sum(1) / letters.sum(1)).mean()
            slips = {
                "That is the loss as it was: 0 is the stop as well as the padding, and both are "
                "left out. The lengths tell them apart; take in the place of the stop, "
                "too.": (paid * letters).sum() / letters.sum(),
                "The padding counts here. Leave out what stands behind the stop.": paid.mean(),
                "The sum is right; it is divided by all places, padding included.": (
                    paid * real
                ).sum()
                / paid.size,
                "The stops are in the sum, but not in the number that divides it.": (
                    paid * real
                ).sum()
                / letters.sum(),
                "The stops are in the number that divides, but not in the sum.": (
                    paid * letters
                ).sum()
                / real.sum(),
                "That is the mean of the answers' means: a symbol of a short answer would count "
                "more. Divide one sum by one number.": mean.mean(),
                "That is the mean of the answers' means, without their stops.": per_row,
                "That is the sum: divide by the number of symbols that count.": (paid * real).sum(),
                "That is nats an answer: divide by the symbols, not by the answers.": (
                    paid * real
                ).sum()
                / len(n),
                "The sign: a loss is minus the log-probability.": -right,
                "That is the loss of the padding and the stops: the mask is the wrong way round.": (
                    paid * ~letters
                ).sum()
                / max((~letters).sum(), 1),
                "That is the loss of the padding alone: the mask is the wrong way round.": (
                    paid * ~real
                ).sum()
                / max((~real).sum(), 1),
                "One place too many: `<=` already takes in the stop.": (
                    paid * (place <= n[:, None] + 1)
                ).sum()
                / (place <= n[:, None] + 1).sum(),
            }
            apart = {text: value for text, value in slips.items() if not same(value, right)}
            look = slip(given, apart) or (
                "Mark by hand, for a length of 2, which places count: the two letters, the stop, "
                "nothing else."
            )
            yield close(name, given, right, look=look)


@exercise("ed-beam")
class Beam(Predicted):
    """What greedy, a beam of two and a full search find in one small tree."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 3, "three probabilities: (a), (b), (c)"):
            yield lost
            return
        greedy, two, best = 0.46 * 0.4, 0.28 * 0.7, 0.26 * 0.9 * 0.95
        slips: list[dict[str, Any]] = [
            {
                "That is the first letter alone: multiply by what follows.": 0.46,
                "That is the last factor alone: multiply all that led there.": 0.4,
                "After a, the stop is the likeliest: greedy does not look farther.": 0.46 * 0.35,
                "That is what the beam of two finds.": two,
                "That is the likeliest of all.": best,
                "Multiply, do not add.": 0.86,
            },
            {
                "The answer b and its stop is likelier, and a beam of two has b.": greedy,
                "c comes third at the first step: a beam of two has dropped it.": best,
                "Without its stop: an answer ends with it.": 0.28,
                "That is the last factor alone: multiply all that led there.": 0.7,
                "That goes on with a: its best end is the stop.": 0.46 * 0.35,
            },
            {
                "That is without the last stop.": 0.26 * 0.9,
                "That is the last factor alone: multiply all that led there.": 0.95,
                "A beam of two finds that. Look at what begins with c, too.": two,
                "That is greedy's.": greedy,
                "That stops after one c: what does c go on with?": 0.26 * 0.1,
            },
        ]
        looks = (
            "The likeliest letter, then the likeliest of what follows it.",
            "Which two beginnings are kept after the first step? Multiply each by all that can "
            "follow.",
            "Write down all complete answers: those beginning with c, too.",
        )
        for name, given, right, look, known in zip(
            "abc", outputs, (greedy, two, best), looks, slips, strict=True
        ):
            forms = {
                "Rounded too far: give three digits, or the product itself.": round(right, 2),
                "A probability is wanted, not per cents.": 100 * right,
            }
            said = slip(given, known, rtol=1e-2) or slip(given, forms, rtol=1e-2) or look
            ok = same(given, right, rtol=1e-2)
            yield holds(f"({name})", ok, given=given, expected="another number", look=said)


@exercise("ed-edits")
class Edits(Called):
    """The least number of insertions, deletions and replacements between two strings."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def word(least: int, most: int) -> str:
            return "".join(rng.choice(list("abc"), rng.integers(least, most)))

        fixed = [("kitten", "sitting"), ("forty", "fourteen"), ("ab", "ba"), ("", "two"), ("", "")]
        fixed += [
            ("aaxbcb", "aabcb"),
            ("aabcb", "aaxbcb"),
            ("thirty-five", "thirty-five"),
            ("xabc", "abcx"),
            ("nine", ""),
        ]
        return {"cases": [*fixed, *((word(3, 8), word(3, 8)) for _ in range(6))]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        pairs = inputs["cases"]
        # one pair's number may be another mistake's by chance: all of them are the mistake's
        look = next(
            (
                said
                for said, slipped in _SLIPS.items()
                if all(same(g, slipped(a, b)) for (a, b), g in zip(pairs, outputs, strict=True))
            ),
            "Fill the table for these two by hand: row 0 is 0, 1, 2, …, and each cell the "
            "least of three.",
        )
        for (a, b), given in zip(pairs, outputs, strict=True):
            yield close(f"{a!r} to {b!r}", given, _edits(a, b), look=look)


def _edits(
    a: str, b: str, replace: int = 1, delete: int = 1, insert: int = 1, border: int = 1
) -> int:
    """The edit distance, or what it becomes with other costs."""
    d = np.zeros((len(a) + 1, len(b) + 1), int)
    d[:, 0] = border * np.arange(len(a) + 1)
    d[0] = border * np.arange(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            d[i, j] = min(
                d[i - 1, j] + delete, d[i, j - 1] + insert, d[i - 1, j - 1] + replace * (x != y)
            )
    return int(d[-1, -1])


_SLIPS: dict[str, Callable[[str, str], float]] = {
    "That compares place by place: one letter inserted shifts all the rest. Fill the table "
    "d(i, j).": lambda a, b: sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b)),
    "That compares place by place, and forgets what is longer. Fill the table "
    "d(i, j).": lambda a, b: sum(x != y for x, y in zip(a, b, strict=False)),
    "That is without replacements: one letter for another is one edit, not a deletion and an "
    "insertion.": lambda a, b: _edits(a, b, replace=2),
    "That is the difference of the lengths.": lambda a, b: abs(len(a) - len(b)),
    "No deletion is tried: d(i − 1, j) + 1 is missing.": lambda a, b: _edits(a, b, delete=99),
    "No insertion is tried: d(i, j − 1) + 1 is missing.": lambda a, b: _edits(a, b, insert=99),
    "A replacement by the same letter must cost nothing.": lambda a, b: max(len(a), len(b)),
    "The first row and the first column are not all 0: to make j letters from none takes j "
    "insertions.": lambda a, b: _edits(a, b, border=0),
    "The last letter of both is not looked at: i goes up to the length of a, j to that of "
    "b.": lambda a, b: _edits(a[:-1], b[:-1]),
    "The first letter of both is not looked at: strings count from 0, the table's i and j from "
    "1.": lambda a, b: _edits(a[1:], b[1:]),
    "That is one too many.": lambda a, b: _edits(a, b) + 1,
    "That is a share of the length: the number of edits itself is wanted.": lambda a, b: (
        _edits(a, b) / max(len(b), 1)
    ),
}


@exercise("ed-reverse")
class Reverse(Predicted):
    """Steps between reading a symbol and writing its translation, both ways round."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 6, "six numbers: least, mean, largest; then turned round"):
            yield lost
            return
        names = (
            "as it is, least",
            "as it is, mean",
            "as it is, largest",
            "turned round, least",
            "turned round, mean",
            "turned round, largest",
        )
        far = "Subtract the numbers of the steps: from step 2 to step 3 it is one."
        slips: list[dict[str, Any]] = [
            {far: (8, 6)},
            {far: (8, 6), "Each symbol waits for as many steps as the others.": (4, 3.5)},
            {"Subtract for the last symbol: read at step 7, written at step 14.": (13, 8, 6)},
            {
                far: 0,
                "The first symbol is read at step 7 now, not at step 1.": 7,
                "The least comes first, the largest last.": 13,
            },
            {
                "What the first symbols gain, the last ones lose: take the mean of all seven.": 1,
                "Take the mean of 1, 3, 5, …, not of the first few.": (3, 4),
                far: (8, 6),
            },
            {
                "The last symbol is read first now, at step 1, and written last, at step 14.": 7,
                far: (14, 12),
                "The least comes first, the largest last.": 1,
            },
        ]
        other = "Write down for each symbol the step at which it is read, and at which written."
        for name, given, right, known in zip(
            names, outputs, (7, 7, 7, 1, 7, 13), slips, strict=True
        ):
            ok = same(given, right)
            look = next(
                (
                    said
                    for said, values in known.items()
                    if any(same(given, value) for value in np.atleast_1d(values))
                ),
                other,
            )
            yield holds(name, ok, given=given, expected="another number", look=look)
