"""Checkers of chapter 20: from words to pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("wp-192")
class Fewer(Called):
    """How many numbers, and how many bits, codes save."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(256, 32, 8192), (128, 32, 512), (24, 6, 64), (64, 4, 16)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (side, grid, codes), given in zip(inputs["cases"], outputs, strict=True):
            name = f"side {side}, grid {grid}, {codes} codes"
            wrong = misshapen(given, 2, "two numbers: fewer numbers, fewer bits", name)
            if wrong:
                yield wrong
                continue
            numbers, bits = 3 * side**2 / grid**2, math.log2(codes)
            slips = {
                "A pixel has three numbers: red, green and blue.": numbers / 3,
                "The grid has as many codes to a side: square it.": 3 * side**2 / grid,
                "The picture has as many pixels to a side: square it.": 3 * side / grid**2,
                "Pixels over codes, not the other way round.": 1 / numbers,
                "Count the codes of a picture, not those of the codebook.": 3 * side**2 / codes,
            }
            look = slip(given[0], slips) or "Numbers of the picture over codes of the picture."
            yield close(f"{name}: fewer numbers", given[0], numbers, look=look)
            slips = {
                "That is for the numbers: each has 8 bits, and a code some, too.": numbers,
                "A code's own bits are missing: which of so many it is.": numbers * 8,
                "The 8 bits of each number of a pixel are missing.": numbers / bits,
                "A code needs the logarithm to base 2 of their number, not the natural one.": (
                    numbers * 8 / math.log(codes)
                ),
                "To name one of so many codes takes their logarithm, not their number of bits.": (
                    numbers * 8 / codes
                ),
                "Numbers of 8 bits over codes of log2 bits, not the other way round.": (
                    bits / (numbers * 8)
                ),
                "A pixel has three numbers, of 8 bits each.": numbers * 8 / bits / 3,
                "A code takes more bits than a number of a pixel or fewer: divide, not multiply.": (
                    numbers / 8 * bits
                ),
            }
            look = slip(given[1], slips) or "All bits of the picture over all bits of its codes."
            yield close(f"{name}: fewer bits", given[1], numbers * 8 / bits, look=look)


MEANS = "Take sums, as the equation does; the means of quantise are other numbers."


def _otherwise(zeta: np.ndarray, codebook: np.ndarray) -> dict[str, np.ndarray]:
    """By what to say: the codes (T,) that other ways to choose would give."""
    apart = zeta[:, None] - codebook  # (T, V, d)
    return {
        "Distances must be squared before they are summed: else below and above cancel.": (
            apart.sum(-1).argmin(1)
        ),
        "The greatest product is not the nearest code: a long code wins though it is far.": (
            (zeta @ codebook.T).argmax(1)
        ),
        "Nearest means by the sum of squares here, not by the sum of absolute values.": (
            np.abs(apart).sum(-1).argmin(1)
        ),
        "Those are the farthest codes: ask each vector for its nearest.": (
            (apart**2).sum(-1).argmax(1)
        ),
    }


def _by_code(zeta: np.ndarray, codebook: np.ndarray, codes: np.ndarray | None = None) -> np.ndarray:
    """The codebook's gradient, with these codes chosen, or the nearest."""
    if codes is None:
        codes = ((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)
    found = np.zeros_like(codebook)
    np.add.at(found, codes, -2 * (zeta - codebook[codes]))
    return found


@exercise("wp-straight")
class Straight(Called):
    """Both gradients by hand."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for T, V, d, beta in ((40, 7, 2, 0.25), (4, 6, 3, 1.0), (5, 1, 2, 0.0)):
            zeta, codebook, up = (rng.normal(size=size) for size in ((T, d), (V, d), (T, d)))
            cases.append((zeta, codebook, up, beta))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (zeta, codebook, up, beta), given in zip(inputs["cases"], outputs, strict=True):
            name = f"{len(zeta)} vectors, {len(codebook)} codes, beta {beta}"
            wrong = misshapen(given, 2, "two arrays: by the vectors, by the codes", name)
            if wrong:
                yield wrong
                continue
            codes = ((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)
            apart = zeta - codebook[codes]
            right = up + 2 * beta * apart
            slips = {
                "The commitment is missing: it pulls each vector towards its code.": up,
                "The decoder's gradient is missing: it passes straight through.": 2 * beta * apart,
                "A square's derivative has a 2.": up + beta * apart,
                "The commitment has the wrong sign: a step against its gradient must bring a "
                "vector nearer to its code.": up - 2 * beta * apart,
                "The codebook's term is held fixed for the vectors: only the share beta reaches "
                "them.": up + 2 * (1 + beta) * apart,
                "Without beta that is the codebook's term, which the vectors do not feel.": (
                    up + 2 * apart
                ),
                "The decoder's gradient is not to be scaled by beta.": beta * (up + 2 * apart),
            }
            slips |= {
                MEANS: up + 2 * beta * apart / zeta.size,
                MEANS + " ": up + 2 * beta * apart / len(zeta),
                "The vectors' gradient comes first, then the codebook's.": _by_code(zeta, codebook),
            }
            slips |= {
                text: up + 2 * beta * (zeta - codebook[chosen])
                for text, chosen in _otherwise(zeta, codebook).items()
            }
            look = slip(given[0], slips) or "What passes through, and the commitment's derivative."
            if beta == 0:
                look = "With beta 0 the decoder's gradient passes through, and nothing else."
            yield close(f"{name}: by the vectors", given[0], right, look=look)
            yield _codebook(name, given[1], zeta, codebook, up, beta, codes)


def _codebook(
    name: str,
    given: Plain,
    zeta: np.ndarray,
    codebook: np.ndarray,
    up: np.ndarray,
    beta: float,
    codes: np.ndarray,
) -> Finding:
    apart = zeta - codebook[codes]
    counts = np.bincount(codes, minlength=len(codebook))[:, None]

    def summed(rows: np.ndarray) -> np.ndarray:
        found = np.zeros_like(codebook)
        np.add.at(found, codes, rows)
        return found

    right = _by_code(zeta, codebook)
    last = np.zeros_like(codebook)
    last[codes] = -2 * apart
    slips = {
        "The sign is turned round: a step against the gradient must bring a code nearer to its "
        "vectors.": -right,
        "A square's derivative has a 2.": right / 2,
        "The codes do not feel the commitment: there they are held fixed.": (1 + beta) * right,
        "The codebook's term has no beta: that stands before the commitment.": beta * right,
        "The decoder's gradient passes by the codes, straight to the vectors.": (
            right + summed(up)
        ),
        "That is the decoder's gradient alone: it passes by the codes.": summed(up),
        "A code that several vectors chose gets the sum over them; here one wiped out the others: "
        "np.add.at adds.": last,
        "The loss sums over places: the sum over a code's vectors, not their mean.": (
            right / np.maximum(counts, 1)
        ),
        MEANS: right / zeta.size,
        MEANS + " ": right / len(zeta),
    }
    slips |= {
        text: _by_code(zeta, codebook, chosen)
        for text, chosen in _otherwise(zeta, codebook).items()
    }
    look = slip(given, slips) or "For each code: over the vectors that chose it, 2 (code - vector)."
    return close(f"{name}: by the codes", given, right, look=look)


@exercise("wp-dead")
class Dead(Called):
    """Codes that are nearest to nothing."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        codebook = np.array([[0.0, 0], [4, 0], [0, 4], [9, 9], [-7, 1]])
        near = codebook[[2, 0, 0, 2, 2, 0, 2]] + rng.uniform(-1, 1, (7, 2))
        first = rng.normal(size=(9, 3)), rng.normal(size=(14, 3))
        for _ in range(1000):  # each typical mistake gives another list
            slips = [*_dead_slips(*first).values(), _unused(*first)]
            if len({tuple(numbers) for numbers in slips}) == len(slips):
                break
            first = rng.normal(size=(9, 3)), rng.normal(size=(14, 3))
        return {"cases": [first, (near, codebook), (codebook[[1, 4]], codebook)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (zeta, codebook), given in zip(inputs["cases"], outputs, strict=True):
            right = _unused(zeta, codebook)
            numbers = _numbers(given)
            slips = _dead_slips(zeta, codebook)
            look = next((text for text, value in slips.items() if numbers == value), "")
            if _is_mask(given):
                look = "Give their numbers, not true or false for each: np.flatnonzero has them."
            look = look or "For each vector the number of its nearest code; then all the others."
            name = f"{len(zeta)} vectors, {len(codebook)} codes"
            shown = given.tolist() if isinstance(given, np.ndarray) else given
            yield holds(name, numbers == right, given=shown, expected=right, look=look)


def _unused(zeta: np.ndarray, codebook: np.ndarray, codes: np.ndarray | None = None) -> list[int]:
    """Numbers of the codes that are not among these, or the nearest ones."""
    if codes is None:
        codes = ((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)
    return sorted(set(range(len(codebook))) - set(codes.tolist()))


def _dead_slips(zeta: np.ndarray, codebook: np.ndarray) -> dict[str, list[int]]:
    """By what to say: the list that a mistake gives."""
    apart = ((zeta[:, None] - codebook) ** 2).sum(-1)  # (T, V)
    right = _unused(zeta, codebook)
    used = sorted(set(range(len(codebook))) - set(right))
    slips = {
        "That is whom each *code* is nearest to: every code is nearest to some vector. "
        "Ask each vector for its nearest code.": _unused(zeta, codebook, apart.argmin(0)),
        "Those are the codes in use: the others are asked for.": used,
        "Codes above the last one in use are missing: go through the whole codebook (np.bincount "
        "stops there without minlength).": [k for k in right if k < max(used)],
        "Go through the numbers of the codes, not of the vectors.": [
            k for k in range(len(zeta)) if k not in used
        ],
    }
    return slips | {
        text: _unused(zeta, codebook, codes) for text, codes in _otherwise(zeta, codebook).items()
    }


def _is_mask(given: Plain) -> bool:
    return isinstance(given, list | tuple | np.ndarray) and np.asarray(given).dtype == bool


def _numbers(given: Plain) -> list[int] | None:
    """Whole numbers, as a list; None if that is not what came."""
    if not isinstance(given, list | tuple | np.ndarray) or np.ndim(given) != 1:
        return None
    if _is_mask(given) or any(isinstance(k, bool | str) or k != int(k) for k in given):
        return None
    return [int(k) for k in given]


@exercise("wp-best", forbid=("seqcourse.experiments.drawing.best_of",))
class Best(Called):
    """What choosing the best of several is worth."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for draws, captions, many in ((24, 31, 4), (16, 37, 2), (5, 23, 1), (18, 29, 3)):
            right = rng.random((draws, captions)) < 0.4
            cases.append((rng.normal(size=right.shape) + right, right, many))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (scores, right, many), given in zip(inputs["cases"], outputs, strict=True):
            value = _best(scores, right, many)
            slips = {
                "That asks whether *any* of them is right: the score chooses, not the verdict.": (
                    float(right.reshape(-1, many, right.shape[1]).any(1).mean())
                ),
                "That is the share right of all drawings: nothing was chosen.": float(right.mean()),
                "That chooses the worst score.": _best(-scores, right, many),
                "That is the best of all draws: take them in groups of so many.": _best(
                    scores, right, len(scores)
                ),
                "Only the first group counts there: use all draws.": _best(
                    scores[:many], right[:many], many
                ),
                "Choose for each caption by itself, not one row for all.": _one_row(
                    scores, right, many
                ),
                "The draws of a group stand one below the other: reshape to (groups, many, "
                "captions).": _best_apart(scores, right, many),
                "That is the mean of the best *scores*: look up the verdict on each.": float(
                    scores.reshape(-1, many, scores.shape[1]).max(1).mean()
                ),
                "That is a count: the share of all choices is asked for.": value
                * scores.size
                / many,
            }
            look = slip(given, slips) or "In each group and column the row with the best score."
            name = f"{len(scores)} draws of {scores.shape[1]} captions, best of {many}"
            yield close(name, given, value, look=look)


def _best(scores: np.ndarray, right: np.ndarray, many: int) -> float:
    groups = scores.reshape(-1, many, scores.shape[1])
    chosen = groups.argmax(1)[:, None]
    found = np.take_along_axis(right.reshape(groups.shape), chosen, 1)
    return float(found.mean())


def _one_row(scores: np.ndarray, right: np.ndarray, many: int) -> float:
    groups = scores.reshape(-1, many, scores.shape[1])
    rows = groups.sum(2).argmax(1)
    return float(right.reshape(groups.shape)[np.arange(len(rows)), rows].mean())


def _best_apart(scores: np.ndarray, right: np.ndarray, many: int) -> float:
    groups = scores.reshape(many, -1, scores.shape[1])
    found = np.take_along_axis(right.reshape(groups.shape), groups.argmax(0)[None], 0)
    return float(found.mean())


@exercise("wp-inflated")
class Inflated(Called):
    """What a judge that chooses says of his choices, and what is true."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(0.3, 0.05, 16), (0.5, 0.1, 4), (0.2, 0.2, 1), (0.4, 0.0, 3)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (a, b, N), given in zip(inputs["cases"], outputs, strict=True):
            name = f"a = {a}, b = {b}, N = {N}"
            wrong = misshapen(given, 2, "two shares: what it says, what is true", name)
            if wrong:
                yield wrong
                continue
            passed = a + (1 - a) * b
            said = 1 - (1 - passed) ** N
            true = a / passed * said
            stopped = a + (1 - a) * (1 - b)  # with b for what it stops
            strict = 1 - (1 - stopped) ** N
            turned = "b is the share of wrong drawings that pass, not of those that do not."
            slips = {
                "What the judge says comes first, then what is true.": true,
                turned: strict,
                "Wrong drawings may pass, too: a share b of them.": 1 - (1 - a) ** N,
                "That is for one drawing: how likely is it that none of N passes?": passed,
                "That is how likely it is that none passes.": (1 - passed) ** N,
                "That all of N pass is more than it needs: one is enough.": passed**N,
                "A drawing passes if it is right, or wrong *and* let through: b is a share of the "
                "wrong ones.": 1 - (1 - min(1.0, a + b)) ** N,
            }
            look = slip(given[0], slips) or "It passes its choice unless all N fail."
            yield close(f"{name}: what it says", given[0], said, look=look)
            slips = {
                "That is how likely some drawing is right; it may take a wrong one that passed.": (
                    1 - (1 - a) ** N
                ),
                "That is what the judge says; of what passes, a part is wrong.": said,
                "That is the share right of those that pass; there may be none.": a / passed,
                "That is the share right of all drawings: the judge chooses.": a,
                "Of what passes, the share right is a over all that pass, not a itself.": a * said,
                "That is the share wrong.": said - true,
                turned: a / stopped * strict,
                "If none passes, all N are wrong: the first of them, too.": true + (1 - said) * a,
            }
            look = slip(given[1], slips) or "What it passes, by the share of it that is right."
            if same(true, 1 - (1 - a) ** N):  # nothing wrong passes: both are one
                look = "With b = 0 all that passes is right: true is what it says."
            yield close(f"{name}: what is true", given[1], true, look=look)
