"""Changed tasks of chapter 10: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# ed-sign: arguments log_p, lengths, alpha


def _answers(rng: np.random.Generator) -> Calls:
    return [
        [-rng.uniform(1, 9, 4), np.array([0, 2, 5, 9]), 0.7],
        [-rng.uniform(1, 9, 3), np.array([3, 4, 12]), float(rng.uniform(0.3, 1.5))],
        [-rng.uniform(1, 9, 3), np.array([6, 1, 2]), 0.0],
    ]


def _sign_rule(key: str, value: str, look: str, draw: Draw = _answers) -> Register:
    return rule("ed-sign", key, value, draw=draw, what="the scores", look=look)


_MULTIPLIED = "A negative number that is multiplied gets more negative: divide."


@_sign_rule("penalty", "Wu et al.", "lp is 1 for the empty answer; log p is divided by it.")
def _sign_wu(log_p: Array, n: Array, alpha: float) -> Judgement:
    return log_p / ((6 + n) / 6) ** alpha, {
        "That divides by a power of the length itself. Here it is ((5 + n) / 6)^alpha.": log_p
        / (n + 1.0) ** alpha,
        "That is the score as it was.": log_p * ((5 + n) / 6) ** alpha,
        _MULTIPLIED: log_p * ((6 + n) / 6) ** alpha,
        "The stop is one of the n symbols: lengths + 1 of them.": log_p / ((5 + n) / 6) ** alpha,
        "The 6 is missing: it makes the penalty of the empty answer 1.": log_p / (6 + n) ** alpha,
        "The 6 stands inside the power, too.": log_p * 6 / (6 + n) ** alpha,
    }


@_sign_rule("penalty", "a reward", "log p, and alpha for each word on top.")
def _sign_reward(log_p: Array, n: Array, alpha: float) -> Judgement:
    return log_p + alpha * n, {
        "That divides by a power of the length. Here each word earns alpha, on top of log p.": log_p
        / (n + 1.0) ** alpha,
        "That is the score as it was: taken off, it makes long answers worse.": log_p
        - alpha * (n + 1),
        "A reward is added, not taken off.": log_p - alpha * n,
        "The stop earns nothing: words alone count.": log_p + alpha * (n + 1),
        "alpha is earned by each word: multiply, it is no power.": log_p + n**alpha,
        "The reward is the same for all: count the words.": log_p + alpha,
    }


def _costs(rng: np.random.Generator) -> Calls:
    return [[-log_p, n + 1, alpha] for log_p, n, alpha in _answers(rng)]


@_sign_rule("given", "costs", "Costs are positive, and the stop is counted already.", _costs)
def _sign_costs(nats: Array, n: Array, alpha: float) -> Judgement:
    return nats / n**alpha, {
        "The stop is among the lengths already: it is counted twice.": nats / (n + 1) ** alpha,
        "That is the cost as it was: multiplied, long answers get dearer.": nats * n**alpha,
        "Here the lower is the better: leave the costs positive.": -nats / n**alpha,
        "The length itself is taken, not its power alpha.": nats / n,
        "Only the sign changed: a cost is minus the log-probability already.": -nats
        / (n + 1) ** alpha,
    }


def _each_symbol(rng: np.random.Generator) -> Calls:
    return [
        [-rng.uniform(0.1, 4, (len(n), int(n.max()) + more)), n, alpha]
        for more, (_, n, alpha) in zip((1, 3, 2), _answers(rng), strict=True)
    ]


@_sign_rule(
    "given",
    "each symbol",
    "Which places of a row are the answer? An answer of 2 words has three: 0, 1 and 2.",
    _each_symbol,
)
def _sign_each(log_p: Array, n: Array, alpha: float) -> Judgement:
    place, many = np.arange(log_p.shape[1]), n[:, None]
    total = (log_p * (place <= many)).sum(1)
    return total / (n + 1) ** alpha, {
        "That takes in what stands behind the stop: it is no part of the answer.": log_p.sum(1)
        / (n + 1) ** alpha,
        "The stop's own log-probability is missing: it is paid for, too.": (
            log_p * (place < many)
        ).sum(1)
        / (n + 1) ** alpha,
        "The stop is in the sum; count it in the length, too.": total
        / np.where(n, n, np.inf) ** alpha,
        _MULTIPLIED: total * (n + 1) ** alpha,
        "That is the mean of the symbols, whatever alpha is.": total / (n + 1),
    }


# ed-mask: arguments log_p, target, lengths


def _batch(rng: np.random.Generator, lengths: list[int], width: int) -> list[Any]:
    """log p (B, U, V), the target (B, U), 0 from the stop on, and the lengths (B,)."""
    scores = rng.normal(size=(len(lengths), width, 5))
    log_p = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    target, n = rng.integers(1, 5, (len(lengths), width)), np.array(lengths)
    target[np.arange(width) >= n[:, None]] = 0
    return [log_p, target, n]


def _batches(rng: np.random.Generator) -> Calls:
    return [_batch(rng, [2, 5, 1], 6), _batch(rng, [3, 3], 5), _batch(rng, [0, 4], 7)]


def _mask_rule(key: str, value: str, look: str, draw: Draw = _batches) -> Register:
    return rule("ed-mask", key, value, draw=draw, what="the loss", look=look)


def _paid(log_p: Array, target: Array) -> Array:
    return np.asarray(-np.take_along_axis(log_p, target[..., None], -1)[..., 0])


def _over(paid: Array, mask: Array, axis: int | None = None) -> Any:
    return (paid * mask).sum(axis) / mask.sum(axis)


_SYMBOLS = "Mark by hand, for a length of 2, what counts: the two words, the stop, nothing else."
_PADDING = "The padding counts here. Leave out what stands behind the stop."
_NO_STOP = "The stops are left out: a stop is to be learnt as words are."
_PLACES = "The sum is right; it is divided by all places, padding included."
_ROWS = "That is nats an answer: divide by the symbols, not by the answers."


def _masks(paid: Array, n: Array, axis: int | None = None) -> tuple[Array, dict[str, Any]]:
    """What is up to the stop, and mistakes that every batch knows."""
    place, many = np.arange(paid.shape[1]), n[:, None]
    real = place <= many
    masks = {
        _NO_STOP: place < many,
        _PADDING: real | True,
        "One place too many: `<=` already takes in the stop.": place <= many + 1,
        "The mask is the wrong way round: that is the padding's loss.": ~real,
    }
    with np.errstate(invalid="ignore"):  # an answer may lack what the mask shows
        slips = {text: np.mean(_over(paid, mask, axis)) for text, mask in masks.items()}
    return real, {**slips, _PLACES: (paid * real).mean()}


def _time_first(rng: np.random.Generator) -> Calls:
    """As many answers as places: what runs down the wrong axis runs."""
    calls = [
        _batch(rng, [2, 4, 1, 0, 3], 5),
        _batch(rng, [1, 2, 1], 3),
        _batch(rng, [3, 0, 2, 1], 4),
    ]
    return [[log_p.swapaxes(0, 1).copy(), target.T.copy(), n] for log_p, target, n in calls]


@_mask_rule("axis", "time first", f"Places run down the first axis. {_SYMBOLS}", _time_first)
def _mask_time(log_p: Array, target: Array, n: Array) -> Judgement:
    down = _paid(log_p, target)
    real, slips = _masks(down.T, n)
    return _over(down.T, real), {
        "That takes rows for answers. Here time is the first axis: an answer is a column.": (
            _over(down, real)
        ),
        **slips,
        _ROWS: (down.T * real).sum() / len(n),
    }


@_mask_rule("mean", "over answers", "Each answer's mean first, stop included; then their mean.")
def _mask_answers(log_p: Array, target: Array, n: Array) -> Judgement:
    paid = _paid(log_p, target)
    real, slips = _masks(paid, n, 1)
    means = _over(paid, real, 1)
    return means.mean(), {
        "That is one sum by one number: a long answer counts more. Here all count alike.": _over(
            paid, real
        ),
        "That adds the answers' means up: divide by the answers.": means.sum(),
        "That is nats an answer: take each answer's mean first.": (paid * real).sum() / len(n),
        "The stop is in the sum; count it among the symbols, too.": (
            (paid * real).sum(1) / np.where(n, n, np.inf)
        ).mean(),
        **slips,
    }


def _numbered(rng: np.random.Generator) -> Calls:
    calls = _batches(rng)
    for _, target, n in calls:
        target[np.arange(target.shape[1]) > n[:, None]] = -1
    return [call[:2] for call in calls]


@_mask_rule("padding", "-1", "0 is the stop, and counts; −1 is padding, and does not.", _numbered)
def _mask_numbered(log_p: Array, target: Array) -> Judgement:
    paid, real = _paid(log_p, target % log_p.shape[2]), target >= 0
    return _over(paid, real), {
        "That is the loss as it was: 0 is the stop here, and padding is −1. An index of −1 "
        "takes the last word.": _over(paid, target != 0),
        _NO_STOP: _over(paid, target > 0),
        _PADDING: paid.mean(),
        _PLACES: (paid * real).mean(),
        _ROWS: (paid * real).sum() / len(target),
        "The mask is the wrong way round: that is the padding's loss.": (paid * ~real).sum()
        / max((~real).sum(), 1),
    }


def _begun(rng: np.random.Generator) -> Calls:
    calls = _batches(rng)
    return [[log_p, np.pad(target, ((0, 0), (1, 0)))[:, :-1], n] for log_p, target, n in calls]


@_mask_rule(
    "start",
    "in front",
    "For a length of 2: which three symbols are written, and which places of log_p give their "
    "laws?",
    _begun,
)
def _mask_begun(log_p: Array, target: Array, n: Array) -> Judgement:
    after = _paid(log_p[:, :-1], target[:, 1:])
    real, slips = _masks(after, n)
    same = _paid(log_p, target)
    place, many = np.arange(same.shape[1]), n[:, None]
    shifted = _paid(log_p[:, 1:], target[:, 1:])
    return _over(after, real), {
        "The start is paid for: nobody has to guess target[b, 0]. log_p[b, 0] is the law of what "
        "comes after it.": _over(same, place <= many),
        "The start is left out, rightly. But log_p[b, u] is the law of target[b, u + 1].": _over(
            shifted, real
        ),
        "That is shifted the other way: log_p[b, u] is the law of target[b, u + 1].": _over(
            _paid(log_p[:, 1:], target[:, :-1]), real
        ),
        **slips,
    }


@_mask_rule("divides", "words", "The sum has the stops in it; the number that divides has not.")
def _mask_words(log_p: Array, target: Array, n: Array) -> Judgement:
    paid = _paid(log_p, target)
    real, slips = _masks(paid, n)
    total = (paid * real).sum()
    return total / n.sum(), {
        "That divides by the stops, too. Here a stop is paid for, and is no word.": _over(
            paid, real
        ),
        **slips,
        "That is nats an answer: divide by the words, not by the answers.": total / len(n),
        "The padding is paid for: the sum ends at the stops.": paid.sum() / n.sum(),
    }


# ed-edits: arguments a, b


def _pairs(*known: tuple[str, str], letters: str = "abc") -> Draw:
    def draw(rng: np.random.Generator) -> Calls:
        def word() -> str:
            return "".join(rng.choice(list(letters), rng.integers(3, 8)))

        return [*map(list, known), *([word(), word()] for _ in range(8))]

    return draw


_USUAL = ("kitten", "sitting"), ("ab", "ba"), ("", "two"), ("nine", ""), ("", "")


def _edits_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule("ed-edits", key, value, draw=draw, what="{0!r} to {1!r}", look=look)


def _table(
    a: Any,
    b: Any,
    *,
    cost: tuple[int, int, int] = (1, 1, 1),
    swap: int = 99,
    first: int | None = None,
) -> Array:
    """d(i, j); `cost` of a deletion, an insertion and a replacement; `first`: a step in row 0."""
    delete, insert, replace = cost
    d = np.zeros((len(a) + 1, len(b) + 1), int)
    d[:, 0] = delete * np.arange(len(a) + 1)
    d[0] = (insert if first is None else first) * np.arange(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            ways = [
                d[i - 1, j] + delete,
                d[i, j - 1] + insert,
                d[i - 1, j - 1] + replace * (x != y),
            ]
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                ways.append(d[i - 2, j - 2] + swap)
            d[i, j] = min(ways)
    return d


def _far(a: Any, b: Any, **how: Any) -> int:
    return int(_table(a, b, **how)[-1, -1])


_SHIFTED = "That compares place by place: one letter inserted shifts all the rest."


def _by_place(a: Any, b: Any) -> int:
    return sum(bool(x != y) for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))


@_edits_rule(
    "edits",
    "no replacement",
    "Where the letters agree, d(i − 1, j − 1); else the less of two, plus 1.",
    _pairs(*_USUAL),
)
def _edits_two(a: str, b: str) -> Judgement:
    return _far(a, b, cost=(1, 1, 2)), {
        "That replaces a letter by one edit. Here it takes two: out with one, in with the "
        "other.": _far(a, b),
        _SHIFTED: _by_place(a, b),
        "That is how many letters can stay, not how many are edited.": (
            len(a) + len(b) - _far(a, b, cost=(1, 1, 2))
        )
        // 2,
        "The first row is not all 0: to make j letters from none takes j insertions.": _far(
            a, b, cost=(1, 1, 2), first=0
        ),
    }


@_edits_rule(
    "edits",
    "swap",
    "There are four ways to come to (i, j); the fourth only where two neighbours changed places.",
    _pairs(*_USUAL, ("form", "from"), ("abc", "cab"), ("acb", "xxxab"), ("xyyzxzyz", "xyz")),
)
def _edits_swap(a: str, b: str) -> Judgement:
    return _far(a, b, swap=1), {
        "That lacks the fourth edit: two neighbours that changed places are one, not two.": _far(
            a, b
        ),
        _SHIFTED: _by_place(a, b),
        "Changed places costs 1, not nothing.": _far(a, b, swap=0),
        "A replacement costs 1, not 2.": _far(a, b, swap=1, cost=(1, 1, 2)),
        "The first row is not all 0: to make j letters from none takes j insertions.": _far(
            a, b, swap=1, first=0
        ),
    }


@_edits_rule(
    "place",
    "anywhere in b",
    "Row 0 is all 0: a may begin anywhere. Where may it end?",
    _pairs(
        ("seven", "twenty sven two"),
        ("two", "two hundred"),
        ("ten", "fourteen"),
        ("twoten", "or two ten"),
        *_USUAL,
    ),
)
def _edits_found(a: str, b: str) -> Judgement:
    return int(_table(a, b, first=0)[-1].min()), {
        "That makes all of b. Here a piece of it is enough: before and behind it all is "
        "free.": _far(a, b),
        "What stands before the piece is free; so is what stands behind it: take the least of the "
        "last row.": _far(a, b, first=0),
        "What stands behind the piece is free; so is what stands before it: row 0 is all 0.": int(
            _table(a, b)[-1].min()
        ),
        "That is whether a stands in b letter by letter: count the edits.": int(a not in b),
        _SHIFTED: _by_place(a, b),
    }


@_edits_rule(
    "cost",
    "insertions 2",
    "To come from the left, (i, j − 1), is an insertion, in row 0, too.",
    _pairs(*_USUAL, ("thirty", "thirty five"), ("thirty five", "thirty")),
)
def _edits_costs(a: str, b: str) -> Judgement:
    return _far(a, b, cost=(1, 2, 1)), {
        "That lets an insertion cost 1. Here it costs 2.": _far(a, b),
        "That lets a deletion cost 2. A letter of b that a lacks is an insertion.": _far(
            a, b, cost=(2, 1, 1)
        ),
        "Both cost 2 there: a deletion costs 1.": _far(a, b, cost=(2, 2, 1)),
        "The first row is not all 0: to make j letters from none takes j insertions.": _far(
            a, b, cost=(1, 2, 1), first=0
        ),
        "To make j letters from none costs 2j: row 0, too, is made of insertions.": _far(
            a, b, cost=(1, 2, 1), first=1
        ),
        _SHIFTED: _by_place(a, b),
    }


def _sentences(rng: np.random.Generator) -> Calls:
    def sentence() -> str:
        return " ".join(rng.choice(["one", "two", "ten", "six"], rng.integers(2, 6)))

    known = ["two hundred five", "two hundred and five"], ["", "nine"], ["one ten", "ten"]
    return [*known, *([sentence(), sentence()] for _ in range(5))]


@_edits_rule("unit", "words", "Words in, words out: split both, and divide by b's.", _sentences)
def _edits_words(a: str, b: str) -> Judgement:
    one, two = a.split(), b.split()
    edits = _far(one, two)
    return edits / len(two), {
        "That counts letters. Here a word is one symbol: split the strings.": _far(a, b),
        "That is letters over letters. Here a word is one symbol: split the strings.": _far(a, b)
        / len(b),
        "That is the number of edits: divide by the words of b.": edits,
        "That divides by the answer's words: it is those of b, the right ones.": edits
        / max(len(one), 1),
        "That divides by letters: count the words of b.": edits / len(b),
        "That divides by the longer of the two: it is the words of b.": edits
        / max(len(one), len(two)),
    }
