"""Changed tasks of chapter 16: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Judgement, Register, rule

# po-shift: arguments k, d, base


def _shifts(rng: np.random.Generator) -> Calls:
    drawn = [int(rng.integers(2, 9)), 6, float(rng.uniform(20, 200))]
    return [drawn, [1, 2, 10_000.0], [-2, 4, 10_000.0], [0, 4, 50.0]]


def _shift_rule(key: str, value: str, look: str) -> Register:
    what = "k = {0}, d = {1}, base {2:g}"
    return rule("po-shift", key, value, draw=_shifts, what=what, look=look)


def _blocks(angles: Array, sign: int = 1) -> Array:
    """A block for each pair of neighbouring columns; `sign` -1 goes back."""
    found = np.zeros((2 * len(angles), 2 * len(angles)))
    for i, angle in enumerate(sign * angles):
        c, s = np.cos(angle), np.sin(angle)
        found[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return found


def _halves(angles: Array, sign: int = 1) -> Array:
    c, s = np.diag(np.cos(angles)), np.diag(sign * np.sin(angles))
    return np.block([[c, s], [-s, c]])


def _angles(k: int, d: int, base: float) -> Array:
    return np.asarray(k * base ** (-np.arange(0, d, 2) / d))


def _other_angles(make: Callable[[Array], Array], k: int, d: int, base: float) -> dict[str, Array]:
    """What comes out of wrong angles, by what to say of them."""
    rates, half = _angles(1, d, base), np.arange(d // 2)
    return {
        "The rate of pair i is base^(-2 i / d): your exponent grows half as fast.": make(
            k * base ** (-half / d)
        ),
        "The rate of pair i is base^(-2 i / d): your exponent grows twice as fast.": make(
            k * base ** (-4 * half / d)
        ),
        "The base is given: it is not always 10,000.": make(_angles(k, d, 10_000.0)),
        "All pairs turn at one rate here: each has its own.": make(np.full(d // 2, k)),
        "The angle is k times the rate: k is missing.": make(rates),
        "The rates grow here: the exponent has a minus.": make(k / rates),
    }


@_shift_rule(
    "columns",
    "halves",
    "Four blocks of d / 2 by d / 2, each with numbers on its diagonal alone.",
)
def _shift_halves(k: int, d: int, base: float) -> Judgement:
    angles = _angles(k, d, base)
    return _halves(angles), {
        "There sines and cosines take turns: here a sine's cosine stands d / 2 columns behind "
        "it.": _blocks(angles),
        "There sines and cosines take turns, and it goes back besides.": _blocks(angles, -1),
        "That goes k places back: the minus belongs to the other sine.": _halves(angles, -1),
        **_other_angles(_halves, k, d, base),
    }


@_shift_rule(
    "side",
    "from the right",
    "Row times matrix: the first column of a block says how the new sine is made of the old two.",
)
def _shift_rows(k: int, d: int, base: float) -> Judgement:
    angles = _angles(k, d, base)
    return _blocks(angles, -1), {
        "That multiplies a column from the left: here a row is multiplied from the right.": (
            _blocks(angles)
        ),
        "That has all sines first, then all cosines: in the table they take turns.": _halves(
            angles, -1
        ),
        "That has all sines first, and multiplies a column from the left.": _halves(angles),
        **_other_angles(lambda angles: _blocks(angles, -1), k, d, base),
    }


@_shift_rule(
    "asks",
    "the mean of two",
    "Add the matrices for k and for -k, and halve: what is left of the sines?",
)
def _shift_mean(k: int, d: int, base: float) -> Judgement:
    def mean(angles: Array) -> Array:
        return np.asarray(np.diag(np.repeat(np.cos(angles), 2)))

    angles = _angles(k, d, base)
    return mean(angles), {
        "That goes k places on: here the mean of k before and k behind is asked for.": (
            _blocks(angles)
        ),
        "That goes k places back: here the mean of k before and k behind is asked for.": (
            _blocks(angles, -1)
        ),
        "That is the sum of the two: their mean is half of it.": 2 * mean(angles),
        "That has all cosines of sines first: both columns of a pair have the same rate.": (
            np.diag(np.tile(np.cos(angles), 2))
        ),
        "That is half the difference: add the two.": (_blocks(angles) - _blocks(angles, -1)) / 2,
        **_other_angles(mean, k, d, base),
    }


@_shift_rule(
    "asks", "the change", "First the matrix that goes k places on; then take pe(t) itself off."
)
def _shift_change(k: int, d: int, base: float) -> Judgement:
    def change(angles: Array) -> Array:
        return np.asarray(_blocks(angles) - np.eye(d))

    angles = _angles(k, d, base)
    return change(angles), {
        "That gives pe(t + k): take pe(t) off, which is the matrix 1 times it.": _blocks(angles),
        "That is pe(t) - pe(t + k): the sign is turned round.": -change(angles),
        "That goes k places back: the minus belongs to the other sine.": _blocks(angles, -1)
        - np.eye(d),
        "That takes a 1 off every entry: the matrix that leaves a row as it is has ones on its "
        "diagonal alone.": _blocks(angles) - 1,
        "There pe(t) is added: it is taken off.": _blocks(angles) + np.eye(d),
        **_other_angles(change, k, d, base),
    }


# po-reach: arguments n, and a lead or a ratio


def _powers(rng: np.random.Generator) -> Calls:
    return [[4, float(rng.uniform(1.5, 6))], [8, 3.0], [16, 2.0], [1, 5.0]]


def _any(rng: np.random.Generator) -> Calls:
    return [[3, float(rng.uniform(1.5, 6))], [6, 3.0], [12, 2.0], [4, 0.5], [7, 1.0]]


def _slopes(n: int) -> Array:
    return np.asarray(2.0 ** (-8 * np.arange(1, n + 1) / n))


def _ends(n: int, first: float = 1, last: float = 8) -> Array:
    return np.asarray(2.0 ** -np.linspace(first, last, n))


_FROM_ONE = "The first head has 2^(-8/n), not 2^0: count heads from 1."
_EIGHT = "These are 8 heads' slopes for any number: the exponent is -8 i / n."
_ROUND = "The order is turned round: the first head has the steepest slope."
_THE_SLOPES = "Those are the slopes: at which distance has slope times distance used up the lead?"
_PRODUCT = "That is slope times lead: the distance is the lead over the slope."


@rule(
    "po-reach",
    "asks",
    "a ratio",
    draw=_powers,
    what="{0} heads, ratio {1:.3g}",
    look="Weights are e to the score, over the same sum: e^(-λ k) is one over the ratio.",
)
def _reach_ratio(n: int, ratio: float) -> Judgement:
    slopes = _slopes(n)
    right = np.log(ratio) / slopes
    return right, {
        "That takes the ratio for a lead: a ratio of weights is a difference of scores, its "
        "logarithm.": ratio / slopes,
        "Weights are e to the score: the natural logarithm.": np.log2(ratio) / slopes,
        "A distance is above 0: a weight one ratio-th as large is lost, not won.": -right,
        "That multiplies by the slope: the distance is the logarithm over it.": (
            np.log(ratio) * slopes
        ),
        "That is the share itself, e to minus slope times distance: which distance gives it?": (
            np.exp(-slopes * ratio)
        ),
        _FROM_ONE: np.log(ratio) * 2.0 ** (8 * np.arange(n) / n),
        _EIGHT: np.log(ratio) * 2.0 ** np.arange(1, n + 1),
        _ROUND: right[::-1],
    }


@rule(
    "po-reach",
    "slopes",
    "from 1/2 to 1/256",
    draw=_any,
    what="{0} heads, lead {1:.3g}",
    look="The exponent of 2 goes from -1 to -8 in n - 1 equal steps.",
)
def _reach_ends(n: int, lead: float) -> Judgement:
    slopes = _ends(n)
    right = lead / slopes
    return right, {
        "Those are ALiBi's own slopes, 2^(-8 i / n): here the first is 1/2 for any n.": (
            lead / _slopes(n)
        ),
        "Seven steps of the exponent are shared among n - 1 heads, not n.": (
            lead * 2.0 ** (1 + 7 * np.arange(n) / n)
        ),
        "Slopes fall by the same factor, not by the same difference: it is their exponent that "
        "goes in equal steps.": lead / np.linspace(1 / 2, 1 / 256, n),
        "The exponent goes from -1 to -8: seven steps in all, not eight.": lead / _ends(n, 1, 9),
        "The first slope is 1/2, not 1.": lead / _ends(n, 0, 8),
        "The first slope is 1/2, not 1, and the last one 1/256.": lead / _ends(n, 0, 7),
        _THE_SLOPES: slopes,
        _PRODUCT: lead * slopes,
        _ROUND: right[::-1],
    }


@rule(
    "po-reach",
    "heads",
    "any number",
    draw=_any,
    what="{0} heads, lead {1:.3g}",
    look="The power of two below n; its slopes; then the 1st, 3rd, 5th … of twice as many heads.",
)
def _reach_any(n: int, lead: float) -> Judgement:
    p = 2 ** int(np.log2(n))
    below, above = _slopes(p), _slopes(2 * p)

    def far(*slopes: Array) -> Array:
        return np.asarray(np.sort(lead / np.concatenate(slopes))[::-1])

    right, unsorted = far(below, above[::2][: n - p]), lead / _slopes(n)
    return right, {
        "That has 2^(-8 i / n) for an n that may be no power of two: take the slopes of the power "
        "below, fill up, and sort, the farthest first.": unsorted,
        "That has 2^(-8 i / n) for an n that is no power of two: take the slopes of the power "
        "below, and fill up.": far(_slopes(n)),
        "The farthest stands first: these are sorted the other way.": right[::-1],
        "These are not sorted: the farthest stands first.": (
            lead / np.concatenate([below, above[::2][: n - p]])
        ),
        "Every second one begins with the first: those for p heads are the 2nd, 4th … already.": (
            far(below, above[1::2][: n - p])
        ),
        "The rest are every second one of those for 2p heads, not the next ones.": (
            far(below, above[: n - p])
        ),
        "That is the power of two above n, cut off: begin with the power below.": (
            far((above if n > p else below)[:n])
        ),
        "Only the slopes of the power below: there are n heads.": far(below),
        _THE_SLOPES: np.sort(lead / right)[::-1],
        _PRODUCT: np.sort(lead**2 / right)[::-1],
    }


@rule(
    "po-reach",
    "cost",
    "squared",
    draw=_powers,
    what="{0} heads, lead {1:.3g}",
    look="λ k² is the whole lead: solve for k.",
)
def _reach_squared(n: int, lead: float) -> Judgement:
    slopes = _slopes(n)
    right = np.sqrt(lead / slopes)
    return right, {
        "There the distance itself costs: here its square does.": lead / slopes,
        "The root is taken of the slope alone: of the lead, too.": lead / np.sqrt(slopes),
        "The root is taken of the lead alone: of the slope, too.": np.sqrt(lead) / slopes,
        "That squares: the square of the distance is the lead over the slope.": (lead / slopes)
        ** 2,
        "That is the root of slope times lead: the lead over the slope.": np.sqrt(lead * slopes),
        "A distance is above 0: the sign is turned round.": -right,
        _FROM_ONE: np.sqrt(lead * 2.0 ** (8 * np.arange(n) / n)),
        _EIGHT: np.sqrt(lead * 2.0 ** np.arange(1, n + 1)),
        _THE_SLOPES: slopes,
        _ROUND: right[::-1],
    }
