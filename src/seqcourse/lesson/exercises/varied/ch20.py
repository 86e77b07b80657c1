"""Changed tasks of chapter 20: what each asks for, and its typical mistakes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

Both = tuple[Array, Array]  # by the vectors, by the codes

# wp-straight: arguments zeta, codebook, up, beta, and what else the task gives

_SIZES = ((40, 7, 2, 0.25), (4, 6, 3, 1.0), (5, 1, 2, 0.0), (11, 4, 5, 0.5))  # T, V, d, beta


def _vectors(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for T, V, d, beta in _SIZES:
        zeta, codebook, up = (rng.normal(size=size) for size in ((T, d), (V, d), (T, d)))
        calls.append([zeta, codebook, up, beta])
    return calls


def _straight_rule(
    key: str, value: str, look: str, draw: Draw = _vectors, second: str = "the gradient by codes"
) -> Register:
    return rule(
        "wp-straight", key, value, draw=draw, what="a step with beta {3}", look=look,
        parts=("the gradient by vectors", second),
    )  # fmt: skip


def _squares(zeta: Array, codebook: Array) -> Array:
    """The numbers (T,) of the nearest codes."""
    return np.asarray(((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1))


def _absolute(zeta: Array, codebook: Array) -> Array:
    """The same, where far is the sum of absolute values."""
    return np.asarray(abs(zeta[:, None] - codebook).sum(-1).argmin(1))


def _badly(zeta: Array, codebook: Array) -> dict[str, Array]:
    """By what to say: codes (T,) that are near in no sense."""
    apart = zeta[:, None] - codebook
    return {
        "Below and above cancel: a distance adds up what is positive, number by number.": (
            apart.sum(-1).argmin(1)
        ),
        "The greatest product is not the nearest code: a long code wins though it is far.": (
            (zeta @ codebook.T).argmax(1)
        ),
        "Those are the farthest codes: ask each vector for its nearest.": (
            (apart**2).sum(-1).argmax(1)
        ),
    }


def _added(codebook: Array, codes: Array, rows: Array) -> Array:
    """For each code the sum of the rows that chose it."""
    found = np.zeros_like(codebook)
    np.add.at(found, codes, rows)
    return found


def _last(codebook: Array, codes: Array, rows: Array) -> Array:
    """For each code one row of those that chose it."""
    found = np.zeros_like(codebook)
    found[codes] = rows
    return found


_ONE_ROW = (
    "A code that several vectors chose gets the sum over them; here one wiped out the others: "
    "np.add.at adds."
)
_PASSES = "The decoder's gradient is missing: it passes straight through to the vectors."
_PASSES_BY = "The decoder's gradient passes by the codes, straight to the vectors."
_NO_PULL = "The commitment is missing: it pulls each vector towards its code."
_AWAY = (
    "The commitment has the wrong sign: a step against its gradient must bring a vector nearer to "
    "its code."
)
_CODES_AWAY = (
    "The sign is turned round: a step against the gradient must bring a code nearer to its vectors."
)
_TWO = "A square's derivative has a 2."
_SWAPPED = "What belongs to the vectors comes first, then what belongs to the codes."
_BETA_IN = "The codebook's term has no beta: that stands before the commitment."
_BETA_OUT = "Without beta that is the codebook's term, which the vectors do not feel."


def _common(codebook: Array, codes: Array, up: Array, pull: Array, rows: Array) -> dict[str, Any]:
    """Mistakes in up + pull, and in the sum of rows by code."""
    by_zeta, by_code = up + pull, _added(codebook, codes, rows)
    return {
        _NO_PULL: (up, None),
        _PASSES: (pull, None),
        _AWAY: (up - pull, None),
        _CODES_AWAY: (None, -by_code),
        _ONE_ROW: (None, _last(codebook, codes, rows)),
        _PASSES_BY: (None, by_code + _added(codebook, codes, up)),
        "That is the decoder's gradient alone: it passes by the codes.": (
            None,
            _added(codebook, codes, up),
        ),
        _SWAPPED: (by_code, by_zeta),
    }


@_straight_rule(
    "terms", "means", "Divide what each of the two terms gives by how many numbers zeta has."
)
def _straight_means(zeta: Array, codebook: Array, up: Array, beta: float) -> Judgement:
    codes = _squares(zeta, codebook)
    (T, d), V = zeta.shape, len(codebook)

    def both(codes: Array, many: float) -> Both:
        apart = zeta - codebook[codes]
        return up + 2 * beta * apart / many, _added(codebook, codes, -2 * apart / many)

    apart = zeta - codebook[codes]
    pull, push = 2 * beta * apart / zeta.size, 2 * apart / zeta.size
    right = both(codes, T * d)
    counts = np.maximum(np.bincount(codes, minlength=V), 1)[:, None]
    return right, {
        "There both terms are sums over places. Here they are means, over all numbers of zeta: "
        "divide by T d.": both(codes, 1),
        "The mean runs over all numbers, not over rows: divide by T d, not by T.": both(codes, T),
        "The mean runs over places, too: divide by T d, not by d.": both(codes, d),
        "Divide by how many numbers zeta has, not the codebook.": both(codes, V * d),
        "For the codes it is a mean, too: divide by T d.": (None, right[1] * T * d),
        "For the vectors it is a mean, too: divide the commitment by T d.": (
            up + pull * T * d,
            None,
        ),
        "Only the two terms are means: what comes from the decoder is not to be divided.": (
            (up + 2 * beta * apart) / zeta.size,
            None,
        ),
        "The mean runs over all of zeta, not over the vectors of each code.": (
            None,
            right[1] * T * d / counts,
        ),
        "The mean runs over all of zeta, not over the numbers of each code's vectors.": (
            None,
            right[1] * T / counts,
        ),
        _TWO: (up + pull / 2, right[1] / 2),
        _TWO + " For the vectors, too.": (up + pull / 2, None),
        _TWO + " For the codes, too.": (None, right[1] / 2),
        _BETA_OUT: (up + push, None),
        _BETA_IN: (None, beta * right[1]),
        **_common(codebook, codes, up, pull, -push),
        **{text: both(chosen, T * d) for text, chosen in _badly(zeta, codebook).items()},
        "Near is in squares here, not in absolute values.": both(_absolute(zeta, codebook), T * d),
    }


def _disputed(rng: np.random.Generator) -> Calls:
    """Vectors whose nearest code is another one in squares than in absolute values."""
    while True:
        calls = _vectors(rng)
        zeta, codebook, *_ = calls[0]
        if (_squares(zeta, codebook) != _absolute(zeta, codebook)).any():
            return calls


@_straight_rule(
    "distance",
    "absolute",
    "An absolute value's derivative is a sign; near is in absolute values, too.",
    _disputed,
)
def _straight_absolute(zeta: Array, codebook: Array, up: Array, beta: float) -> Judgement:
    def both(codes: Array) -> Both:
        signs = np.sign(zeta - codebook[codes])
        return up + beta * signs, _added(codebook, codes, -signs)

    def squared(codes: Array) -> Both:
        apart = zeta - codebook[codes]
        return up + 2 * beta * apart, _added(codebook, codes, -2 * apart)

    codes = _absolute(zeta, codebook)
    signs, apart = np.sign(zeta - codebook[codes]), zeta - codebook[codes]
    right = both(codes)
    unit = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    return right, {
        "There all is in squares. Here near and both terms are in absolute values, whose "
        "derivative is a sign.": squared(_squares(zeta, codebook)),
        "The codes are right, the terms are still squares: an absolute value's derivative is a "
        "sign.": squared(codes),
        "The signs are right for those codes, but near is in absolute values, too.": both(
            _squares(zeta, codebook)
        ),
        "An absolute value's derivative is its sign; the 2 belongs to a square.": (
            up + 2 * beta * signs,
            2 * right[1],
        ),
        "The commitment's 2 belongs to a square.": (up + 2 * beta * signs, None),
        "The 2 of the codes belongs to a square.": (None, 2 * right[1]),
        "That is the absolute value itself: its derivative is wanted.": (
            up + beta * abs(apart),
            _added(codebook, codes, -abs(apart)),
        ),
        "That is the difference: the derivative of its absolute value is 1 or -1.": (
            up + beta * apart,
            _added(codebook, codes, -apart),
        ),
        "That is the derivative of the vector's length: here absolute values are summed, each "
        "number by itself.": (up + beta * unit, _added(codebook, codes, -unit)),
        _BETA_OUT: (up + signs, None),
        _BETA_IN: (None, beta * right[1]),
        **_common(codebook, codes, up, beta * signs, -signs),
        **{text: both(chosen) for text, chosen in _badly(zeta, codebook).items()},
        "Those are the farthest codes, in absolute values: ask each vector for its nearest.": both(
            abs(zeta[:, None] - codebook).sum(-1).argmax(1)
        ),
    }


@_straight_rule(
    "held", "nothing", "Both terms are alike but for beta, and each moves vectors and codes."
)
def _straight_loose(zeta: Array, codebook: Array, up: Array, beta: float) -> Judgement:
    def both(codes: Array) -> Both:
        apart = zeta - codebook[codes]
        return up + 2 * (1 + beta) * apart, _added(codebook, codes, -2 * (1 + beta) * apart)

    codes = _squares(zeta, codebook)
    apart = zeta - codebook[codes]
    right, held = both(codes), _added(codebook, codes, -2 * apart)
    return right, {
        "There each term holds one side fixed. Here neither does: vectors and codes feel both.": (
            up + 2 * beta * apart,
            held,
        ),
        "The vectors feel the codebook's term, too: nothing holds them fixed.": (
            up + 2 * beta * apart,
            None,
        ),
        "The vectors feel the commitment, too: its weight is beta.": (up + 2 * apart, None),
        "The codes feel the commitment, too: nothing holds them fixed.": (None, held),
        "The codes feel the codebook's term, too: its weight is 1.": (None, beta * held),
        "1 + beta is the weight of both terms, not of what comes from the decoder.": (
            (1 + beta) * (up + 2 * apart),
            None,
        ),
        "One term minus the other: they pull alike, so add them up.": (
            up + 2 * (1 - beta) * apart,
            (1 - beta) * held,
        ),
        _TWO: (up + (1 + beta) * apart, right[1] / 2),
        _TWO + " For the vectors, too.": (up + (1 + beta) * apart, None),
        _TWO + " For the codes, too.": (None, right[1] / 2),
        **_common(codebook, codes, up, 2 * (1 + beta) * apart, -2 * (1 + beta) * apart),
        **{text: both(chosen) for text, chosen in _badly(zeta, codebook).items()},
        "Near is in squares here, not in absolute values.": both(_absolute(zeta, codebook)),
    }


def _kept(rng: np.random.Generator) -> Calls:
    return [[*call, keep] for call, keep in zip(_vectors(rng), (0.9, 0.75, 0.6, 0.8), strict=True)]


@_straight_rule(
    "codebook",
    "moved",
    "A code that was chosen becomes keep times itself and 1 - keep times the mean of its vectors.",
    _kept,
    "the codebook",
)
def _straight_moved(zeta: Array, codebook: Array, up: Array, beta: float, keep: float) -> Judgement:
    V = len(codebook)

    def moved(codes: Array, keep: float = keep) -> Array:
        counts = np.bincount(codes, minlength=V)[:, None]
        means = _added(codebook, codes, zeta) / np.maximum(counts, 1)
        return np.where(counts > 0, keep * codebook + (1 - keep) * means, codebook)

    def both(codes: Array) -> Both:
        return up + 2 * beta * (zeta - codebook[codes]), moved(codes)

    codes = _squares(zeta, codebook)
    apart, counts = zeta - codebook[codes], np.bincount(codes, minlength=V)[:, None]
    right, sums, pull = both(codes), _added(codebook, codes, zeta), 2 * beta * apart
    by_code = _added(codebook, codes, -2 * apart)
    means = sums / np.maximum(counts, 1)
    after = zeta - right[1][codes]
    return right, {
        "That is the codebook's gradient. Here no gradient moves it: give the codebook itself, "
        "moved towards its vectors' means.": (None, by_code),
        "Codes that nothing chose stay where they are: theirs shrank.": (
            None,
            keep * codebook + (1 - keep) * means,
        ),
        "keep is the share that stays of a code, not that of the mean.": (
            None,
            moved(codes, 1 - keep),
        ),
        "A code moves a part of the way only: keep says how much of it stays.": (
            None,
            moved(codes, 0),
        ),
        "That is the codebook as it was.": (None, codebook),
        "Towards the mean of a code's vectors, not their sum.": (
            None,
            np.where(counts > 0, keep * codebook + (1 - keep) * sums, codebook),
        ),
        "A code moves towards the mean of all its vectors, not to one of them.": (
            None,
            _last_moved(codebook, codes, keep * codebook[codes] + (1 - keep) * zeta),
        ),
        "Each vector moves its code once, at the same time: take the mean first.": (
            None,
            codebook + (1 - keep) * _added(codebook, codes, apart),
        ),
        "Towards the mean of a code's own vectors, not of all.": (
            None,
            np.where(counts > 0, keep * codebook + (1 - keep) * zeta.mean(0), codebook),
        ),
        "That is how far each code moves: add it to the code.": (None, right[1] - codebook),
        "The code moves away from its vectors.": (None, 2 * codebook - right[1]),
        "The vectors' gradient is that of the codebook before it was moved.": (
            up + 2 * beta * after,
            None,
        ),
        _TWO: (up + pull / 2, None),
        _BETA_OUT: (up + 2 * apart, None),
        _NO_PULL: (up, None),
        _PASSES: (pull, None),
        _AWAY: (up - pull, None),
        _SWAPPED: (right[1], right[0]),
        **{text: both(chosen) for text, chosen in _badly(zeta, codebook).items()},
        "Near is in squares here, not in absolute values.": both(_absolute(zeta, codebook)),
    }


def _last_moved(codebook: Array, codes: Array, rows: Array) -> Array:
    found = codebook.copy()
    found[codes] = rows
    return found


# wp-best: arguments scores, perhaps others, right, many, and what else the task gives

_WAYS = ((24, 31, 4), (16, 37, 2), (5, 23, 1), (18, 29, 3))  # draws, captions, many


def _verdicts(rng: np.random.Generator, draws: int, captions: int) -> list[Array]:
    right = rng.random((draws, captions)) < 0.4
    return [rng.normal(size=right.shape) + right, right]


def _best_rule(key: str, value: str, look: str, draw: Draw, many: int, **more: Any) -> Register:
    """`many` is the place of how many are in a group."""
    what = f"the best of {{{many}}}"
    return rule("wp-best", key, value, draw=draw, what=what, look=look, **more)


def _groups(array: Array, many: int) -> Array:
    return array.reshape(-1, many, array.shape[1])


def _won(groups: Array, won: Array) -> float:
    """The share right of those with the best score."""
    return float(np.take_along_axis(won, groups.argmax(1)[:, None], 1).mean())


def _share(scores: Array, right: Array, many: int) -> float:
    return _won(_groups(scores, many), _groups(right, many))


def _dealt(scores: Array, right: Array, many: int) -> float:
    """The same, of groups that are dealt out like cards."""
    groups, won = (a.reshape(many, -1, a.shape[1]).swapaxes(0, 1) for a in (scores, right))
    return _won(groups, won)


_NOTHING = "That is the share right of all drawings: nothing was chosen."
_ANY = "That asks whether *any* of a group is right: the score chooses, not the verdict."
_ANY_ROW = "Choose for each caption by itself, not one row for all."
_ALL_DRAWS = "That is the best of all draws: take them in groups of so many."
_BELOW = "The draws of a group stand one below the other: reshape to (groups, many, captions)."


def _one_row(scores: Array, right: Array, many: int) -> float:
    rows = _groups(scores, many).sum(2).argmax(1)
    return float(_groups(right, many)[np.arange(len(rows)), rows].mean())


def _listed(rng: np.random.Generator) -> Calls:
    sizes = ((24, 31, 4, 2), (20, 37, 5, 3), (18, 29, 3, 1), (15, 33, 5, 2))
    return [[*_verdicts(rng, draws, n), many, top] for draws, n, many, top in sizes]


@_best_rule(
    "shown",
    "the first few",
    "Sort each group by score; of the first `top`, is any right?",
    _listed,
    2,
)
def _best_list(scores: Array, right: Array, many: int, top: int) -> Judgement:
    def shown(scores: Array, right: Array, many: int = many, top: int = top) -> Array:
        order = (-_groups(scores, many)).argsort(1)[:, :top]
        return np.take_along_axis(_groups(right, many), order, 1)

    listed = shown(scores, right)
    value = float(listed.any(1).mean())
    dealt = [
        a.reshape(many, -1, a.shape[1]).swapaxes(0, 1).reshape(a.shape) for a in (scores, right)
    ]
    return value, {
        "That shows the best alone. Here the `top` best are shown, and one right among them is "
        "enough.": _share(scores, right, many),
        "That is the share right of all that is shown: ask of each list whether any is right.": (
            float(listed.mean())
        ),
        "That asks whether all that is shown is right: one is enough.": float(listed.all(1).mean()),
        "That shows the worst: sort from the best on.": float(shown(-scores, right).any(1).mean()),
        "That shows the first ones drawn, not the best: sort by score.": float(
            _groups(right, many)[:, :top].any(1).mean()
        ),
        "One too many is shown.": float(shown(scores, right, top=top + 1).any(1).mean()),
        "One too few is shown.": float(shown(scores, right, top=max(top - 1, 0)).any(1).mean()),
        "That asks whether any of the whole group is right: only the `top` best are shown.": float(
            _groups(right, many).any(1).mean()
        ),
        "That looks at the last one shown alone.": float(listed[:, -1].mean()),
        _ALL_DRAWS: float(shown(scores, right, len(scores)).any(1).mean()),
        _BELOW: float(shown(dealt[0], dealt[1]).any(1).mean()),
        _NOTHING: float(right.mean()),
        "That is a count: the share of all lists is asked for.": float(listed.any(1).sum()),
        "That is how many of a list are right: is there any?": float(listed.sum(1).mean()),
        "Sort each caption by itself, not one order for all.": _rows_shown(
            scores, right, many, top
        ),
    }


def _rows_shown(scores: Array, right: Array, many: int, top: int) -> float:
    rows = (-_groups(scores, many).sum(2)).argsort(1)[:, :top]
    return float(np.take_along_axis(_groups(right, many), rows[:, :, None], 1).any(1).mean())


_ENOUGH = 1.0


def _stopping(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for draws, captions, many in ((24, 31, 4), (16, 37, 2), (6, 23, 1), (18, 29, 3)):
        scores, right = _verdicts(rng, draws, captions)
        scores[0, :5] = _ENOUGH  # at least, not more than
        calls.append([scores, right, many, _ENOUGH])
    return calls


@_best_rule(
    "stops",
    "when good enough",
    "In each group the first with a score of at least `enough`; where none has it, the best, and "
    "all `many` were drawn.",
    _stopping,
    2,
    parts=("the share right", "the mean number drawn"),
)
def _best_stopped(scores: Array, right: Array, many: int, enough: float) -> Judgement:
    groups, won = _groups(scores, many), _groups(right, many)

    def taken(chosen: Array) -> float:
        return float(np.take_along_axis(won, chosen[:, None], 1).mean())

    def stopped(passed: Array) -> tuple[Array, Array]:
        some, first = passed.any(1), passed.argmax(1)
        chosen = np.where(some, first, groups.argmax(1))
        return chosen, np.where(some, first + 1, many)

    passed = groups >= enough
    chosen, drawn = stopped(passed)
    strict = stopped(groups > enough)
    some, best = passed.any(1), groups.argmax(1)
    last = many - 1 - passed[:, ::-1].argmax(1)
    firsts = np.take_along_axis(won, chosen[:, None], 1)[:, 0]
    cheap = np.where(some, passed.argmax(1) + 1, best + 1)
    return (taken(chosen), float(drawn.mean())), {
        "That goes through the whole group and takes the best. Here the first that is good enough "
        "ends it, though a better one might follow.": (taken(best), None),
        "All are drawn there. Here drawing ends with the first that is good enough.": (
            None,
            float(many),
        ),
        "A score of just `enough` is enough: at least, not more.": (
            taken(strict[0]),
            float(strict[1].mean()),
        ),
        "Where none is good enough, the best of the group is taken, not the first.": (
            taken(np.where(some, chosen, 0)),
            None,
        ),
        "Where none is good enough, the best of the group is taken, not the last.": (
            taken(np.where(some, chosen, many - 1)),
            None,
        ),
        "The last that is good enough; here the first one ends it.": (
            taken(np.where(some, last, best)),
            None,
        ),
        "Groups with none good enough count, too: the best is taken there.": (
            float(firsts[some].mean()) if some.any() else 0.0,
            None,
        ),
        "Groups with none good enough count, too: there all `many` were drawn.": (
            None,
            float(drawn[some].mean()) if some.any() else 0.0,
        ),
        "In groups with none good enough the best is taken, which may be right.": (
            float((firsts & some).mean()),
            None,
        ),
        "Where none is good enough, all `many` were drawn, wherever the best stands.": (
            None,
            float(cheap.mean()),
        ),
        "Where none is good enough, all `many` were drawn, not one.": (
            None,
            float(np.where(some, drawn, 1).mean()),
        ),
        "Numbers count from 0: one that stands at place 0 took one drawing.": (
            None,
            float((drawn - 1).mean()),
        ),
        "Numbers count from 0: one at place 0 took one drawing. (Where none is good enough, it is "
        "right.)": (None, float(np.where(some, drawn - 1, many).mean())),
        "That takes the first that is *not* good enough.": (taken(stopped(~passed)[0]), None),
        "That is how many are drawn where drawing ends with what is *not* good enough.": (
            None,
            float(stopped(~passed)[1].mean()),
        ),
        _ANY: (float(won.any(1).mean()), None),
        _NOTHING: (float(right.mean()), None),
        "That is how many are drawn in all: their mean over groups and captions is wanted.": (
            None,
            float(drawn.sum()),
        ),
        "The share right comes first, then the number drawn.": (
            float(drawn.mean()),
            taken(chosen),
        ),
        _BELOW: (_dealt_stopped(scores, right, many, enough), None),
    }  # fmt: skip


def _dealt_stopped(scores: Array, right: Array, many: int, enough: float) -> float:
    groups, won = (a.reshape(many, -1, a.shape[1]).swapaxes(0, 1) for a in (scores, right))
    passed = groups >= enough
    chosen = np.where(passed.any(1), passed.argmax(1), groups.argmax(1))
    return float(np.take_along_axis(won, chosen[:, None], 1).mean())


def _sets(rng: np.random.Generator) -> Calls:
    return [[*_verdicts(rng, draws, captions), many] for draws, captions, many in _WAYS]


@_best_rule(
    "groups",
    "all",
    "Sort a caption's draws by score: in how many sets of `many` is the one of rank r the best?",
    _sets,
    2,
)
def _best_sets(scores: Array, right: Array, many: int) -> Judgement:
    order = scores.argsort(0)
    won = np.take_along_axis(right, order, 0)
    n = len(scores)
    sets = math.comb(n, many)
    ranks = range(n)

    def mean(weights: list[float], won: Array = won) -> float:
        return float((np.array(weights) @ won).mean())

    weights = [math.comb(r, many - 1) / sets for r in ranks]
    value = mean(weights)
    rows = scores.sum(1).argsort()
    return value, {
        "Those are the groups as they stand, one below the other. Here every set of `many` draws "
        "counts.": _share(scores, right, many),
        "That takes the worst of each set: the greatest number of lower ones has the best.": mean(
            weights[::-1]
        ),
        "The others of the set are many - 1: it is one of them itself.": mean(
            [math.comb(r, many) / sets for r in ranks]
        ),
        "Below rank r, counted from 0, lie r others, not r + 1.": mean(
            [math.comb(r + 1, many - 1) / sets for r in ranks]
        ),
        "That draws with replacement: a set has `many` different draws.": mean(
            [((r + 1) ** many - r**many) / n**many for r in ranks]
        ),
        "The best alone: of sets of `many` it is in a part only.": float(won[-1].mean()),
        "The verdicts are not sorted: they go with their scores.": mean(weights, right),
        "That is a sum over sets: divide by their number, math.comb(draws, many).": value * sets,
        "How many sets of `many` there are among all draws is math.comb(draws, many).": (
            value * sets / n**many
        ),
        "A set has no order: math.comb counts sets, math.perm sequences.": (
            mean([math.perm(r, many - 1) / math.perm(n, many) for r in ranks])
        ),
        "That adds up over captions: their mean is wanted.": value * scores.shape[1],
        "That is how likely *any* of a set is right: the score chooses, not the verdict.": float(
            np.mean([1 - math.comb(n - int(k), many) / sets for k in right.sum(0)])
        ),
        "Sort each caption by itself, not all by one order of rows.": mean(weights, right[rows]),
        _NOTHING: float(right.mean()),
        _ANY: float(_groups(right, many).any(1).mean()),
        _BELOW: _dealt(scores, right, many),
        _ANY_ROW: _one_row(scores, right, many),
    }


def _readers(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for draws, captions, many in _WAYS:
        scores, right = _verdicts(rng, draws, captions)
        calls.append([scores, rng.normal(size=right.shape) + right, right, many])
    return calls


@_best_rule(
    "readers",
    "two",
    "A drawing counts as much as the less pleased of the two readers says; then the best of these.",
    _readers,
    3,
)
def _best_both(scores: Array, others: Array, right: Array, many: int) -> Judgement:
    lower, higher = np.minimum(scores, others), np.maximum(scores, others)
    value = _share(lower, right, many)
    groups = _groups(lower, many)
    return value, {
        "That asks the first reader alone: `others` is not used.": _share(scores, right, many),
        "That asks the second reader alone: `scores` is not used.": _share(others, right, many),
        "That takes the sum or the mean of both: a drawing counts as much as the lower of its two "
        "scores.": _share(scores + others, right, many),
        "That takes the higher of its two scores: the lower one counts.": _share(
            higher, right, many
        ),
        "That takes the product: two bad scores make a good one. The lower one counts.": _share(
            scores * others, right, many
        ),
        "That asks in how far they agree: the lower of both scores counts.": _share(
            -abs(scores - others), right, many
        ),
        "That chooses the worst.": _share(-lower, right, many),
        "Each reader chose one, and you took the mean of both: one drawing is to be chosen.": (
            (_share(scores, right, many) + _share(others, right, many)) / 2
        ),
        "The lower score is found for each drawing, not for the whole group.": _low_group(
            scores, others, right, many
        ),
        _ALL_DRAWS: _share(lower, right, len(right)),
        "Only the first group counts there: use all draws.": _share(
            lower[:many], right[:many], many
        ),
        _ANY_ROW: _one_row(lower, right, many),
        _BELOW: _dealt(lower, right, many),
        _ANY: float(_groups(right, many).any(1).mean()),
        _NOTHING: float(right.mean()),
        "That is the mean of the best *scores*: look up the verdict on each.": float(
            groups.max(1).mean()
        ),
        "That is a count: the share of all choices is asked for.": value * right.size / many,
    }


def _low_group(scores: Array, others: Array, right: Array, many: int) -> float:
    """By the reader whose best score of a group is the lower one."""
    one, two, won = (_groups(a, many) for a in (scores, others, right))
    second = two.max(1) < one.max(1)
    chosen = np.where(second, two.argmax(1), one.argmax(1))
    return float(np.take_along_axis(won, chosen[:, None], 1).mean())
