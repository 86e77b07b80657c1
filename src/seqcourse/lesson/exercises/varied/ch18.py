"""Changed tasks of chapter 18: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# wl-score: arguments a, tokens; or a alone


def _weights(rng: np.random.Generator, *shape: int) -> Array:
    """Random attention weights (..., T, T), of which no place sees what is ahead."""
    drawn = rng.uniform(0.1, 1.0, (*shape, shape[-1])) * np.tri(shape[-1])
    return np.asarray(drawn / drawn.sum(-1, keepdims=True))


_KNOWN = ([3, 1, 4, 2, 3, 1, 4, 2], [5, 5, 0, 5, 2, 0, 1], [2, 7, 2, 7, 2, 1, 7])


def _sequences(rng: np.random.Generator) -> Calls:
    rows = [*(np.array(row) for row in _KNOWN), rng.integers(0, 4, 10)]
    return [[_weights(rng, len(row)), row] for row in rows]


def _score_rule(
    key: str, value: str, look: str, draw: Draw = _sequences, what: str = "tokens {1}"
) -> Register:
    return rule("wl-score", key, value, draw=draw, what=what, look=look)


def _earlier(tokens: Array) -> list[tuple[int, Array]]:
    """Each place whose symbol was there before, and all places where it was."""
    found = [(t, np.flatnonzero(tokens[:t] == symbol)) for t, symbol in enumerate(tokens)]
    return [(t, before) for t, before in found if len(before)]


def _over(tokens: Array, weight: Callable[[int, Array], Any]) -> Any:
    """The mean of this over all places whose symbol was there before."""
    return np.mean([weight(t, before) for t, before in _earlier(tokens)], axis=0)


_SUM = "That is the sum over all places: the mean is wanted."
_ALL = "You divided by the number of all places: only those count whose symbol was there before."
_TURNED = "Rows ask and columns are asked: you took them the other way round."


def _counted(right: Any, tokens: Array) -> dict[str, Any]:
    """What comes out where the mean was not taken over the places that count."""
    count = len(_earlier(tokens))
    return {_SUM: right * count, _ALL: right * count / len(tokens)}


@_score_rule("places", "all", "For each place add up a[t, s + 1] over all earlier s.")
def _score_all(a: Array, tokens: Array) -> Judgement:
    right = _over(tokens, lambda t, s: a[t, s + 1].sum())
    return right, {
        "That is behind the latest occurrence alone: here those behind all earlier ones are "
        "added up.": _over(tokens, lambda t, s: a[t, s[-1] + 1]),
        "That is behind the first occurrence alone: here those behind all earlier ones are "
        "added up.": _over(tokens, lambda t, s: a[t, s[0] + 1]),
        "You took the mean over the earlier occurrences: their weights are added up.": (
            _over(tokens, lambda t, s: a[t, s + 1].mean())
        ),
        "That is the weight on the occurrences themselves: the places behind them are wanted.": (
            _over(tokens, lambda t, s: a[t, s].sum())
        ),
        _TURNED: _over(tokens, lambda t, s: a[s + 1, t].sum()),
        **_counted(right, tokens),
    }


@_score_rule("looks", "the same symbol", "For each place add up a[t, s] over all earlier s.")
def _score_same(a: Array, tokens: Array) -> Judgement:
    right = _over(tokens, lambda t, s: a[t, s].sum())
    return right, {
        "That is the place behind the occurrence, an induction head's: here the occurrences "
        "themselves count.": _over(tokens, lambda t, s: a[t, s[-1] + 1]),
        "Those are the places behind the occurrences: here the occurrences themselves count.": (
            _over(tokens, lambda t, s: a[t, s + 1].sum())
        ),
        "That is the latest occurrence alone: add up all earlier ones.": (
            _over(tokens, lambda t, s: a[t, s[-1]])
        ),
        "That is the first occurrence alone: add up all earlier ones.": (
            _over(tokens, lambda t, s: a[t, s[0]])
        ),
        "The place itself does not count, though it has the same symbol.": (
            _over(tokens, lambda t, s: a[t, s].sum() + a[t, t])
        ),
        "The place itself does not count. And places whose symbol is new do not, either.": (
            np.mean([a[t, : t + 1][tokens[: t + 1] == k].sum() for t, k in enumerate(tokens)])
        ),
        "You took the mean over the earlier occurrences: their weights are added up.": (
            _over(tokens, lambda t, s: a[t, s].mean())
        ),
        _TURNED: _over(tokens, lambda t, s: a[s, t].sum()),
        **_counted(right, tokens),
    }


def _heads(rng: np.random.Generator) -> Calls:
    rows = [*(np.array(row) for row in _KNOWN), rng.integers(0, 4, 10)]
    return [[_weights(rng, n, len(row)), row] for n, row in zip((3, 2, 5, 4), rows, strict=True)]


@_score_rule("heads", "several", "Take a[:, t, s + 1], and the mean over places, axis 0.", _heads)
def _score_heads(a: Array, tokens: Array) -> Judgement:
    right = _over(tokens, lambda t, s: a[:, t, s[-1] + 1])
    return right, {
        "That is the mean over the heads, too: each has its own score.": right.mean(),
        "That is the mean over the heads, for each place: each head has a score, the mean over "
        "the places.": [a[:, t, s[-1] + 1].mean() for t, s in _earlier(tokens)],
        "That is the weight on the earlier occurrence itself: the place behind it is wanted.": (
            _over(tokens, lambda t, s: a[:, t, s[-1]])
        ),
        "That is the *first* earlier occurrence: the latest is wanted.": (
            _over(tokens, lambda t, s: a[:, t, s[0] + 1])
        ),
        "You took the mean over all earlier occurrences: the latest alone counts.": (
            _over(tokens, lambda t, s: a[:, t, s + 1].mean(-1))
        ),
        _TURNED: _over(tokens, lambda t, s: a[:, s[-1] + 1, t]),
        **_counted(right, tokens),
    }


def _led(rng: np.random.Generator) -> Calls:
    """Weights whose largest is where a head of one kind or another has it."""
    calls: Calls = []
    for T, V, behind in ((16, 4, 0.6), (20, 3, 0.4), (12, 5, 0.7)):
        tokens = rng.integers(0, V, T)
        a = _weights(rng, T)
        for t, s in _earlier(tokens):
            other = (s[-1], s[0] + 1, max(s[-1] - 1, 0), t)[int(rng.integers(4))]
            a[t, s[-1] + 1 if rng.uniform() < behind else other] += rng.uniform(0.3, 1.2)
        calls.append([a / a.sum(-1, keepdims=True), tokens])
    return calls


@_score_rule("asks", "hits", "Compare a[t].argmax() with s + 1, s the latest earlier place.", _led)
def _score_hits(a: Array, tokens: Array) -> Judgement:
    top = a.argmax(1)
    right = _over(tokens, lambda t, s: top[t] == s[-1] + 1)
    return right, {
        "That is the mean weight: here it counts how often the largest weight stands there.": (
            _over(tokens, lambda t, s: a[t, s[-1] + 1])
        ),
        "That is how often the earlier occurrence itself has the largest weight: the place behind "
        "it is wanted.": _over(tokens, lambda t, s: top[t] == s[-1]),
        "That is the *first* earlier occurrence: the latest is wanted.": (
            _over(tokens, lambda t, s: top[t] == s[0] + 1)
        ),
        "Behind any earlier occurrence is not enough: behind the latest.": (
            _over(tokens, lambda t, s: top[t] in s + 1)
        ),
        "The largest weight of a row is wanted: a row asks.": (
            _over(tokens, lambda t, s: a[:, t].argmax() == s[-1] + 1)
        ),
        "More than half of the weight is not asked for: more than any other place has.": (
            _over(tokens, lambda t, s: a[t, s[-1] + 1] > 0.5)
        ),
        **_counted(right, tokens),
    }


def _twice(rng: np.random.Generator) -> Calls:
    return [[_weights(rng, 2 * P)] for P in (3, 5, int(rng.integers(6, 10)))]


@_score_rule(
    "tokens",
    "twice",
    "With P symbols, place t of the second pass was at t - P in the first; take t - P + 1.",
    _twice,
    "weights {0.shape}",
)
def _score_twice(a: Array) -> Judgement:
    P = len(a) // 2
    second = np.arange(P, 2 * P)
    right = a[second, second - P + 1].mean()
    return right, {
        "That is the weight on the first occurrence itself: the place behind it is wanted.": (
            a[second, second - P].mean()
        ),
        "That is one place too far: right behind the first occurrence.": (
            a[second, second - P + 2].mean()
        ),
        "Place P - 1 is in the first pass, where nothing has come before: the diagonal has one "
        "number too many.": np.diagonal(a, 1 - P).mean(),
        "You divided by the number of all places: only the second pass counts.": right / 2,
        "That is the sum: the mean is wanted.": right * P,
        _TURNED: a[second - P + 1, second].mean(),
        "The second pass begins at place P, counted from 0.": (
            a[second[1:], second[1:] - P + 1].mean()
        ),
    }


# wl-ablate: arguments read, W_o, head, n and such

_SIZES = ((4, 3, 2, 5, 1), (3, 2, 4, 8, 0), (5, 4, 2, 8, 3))  # T, n, size, d, head


def _one_head(rng: np.random.Generator) -> Calls:
    found: Calls = []
    for T, n, size, d, head in _SIZES:
        found.append(
            [rng.normal(size=(T, n * size)) + 0.5, rng.normal(size=(d, n * size)), head, n]
        )
    return found


def _ablate_rule(
    key: str, value: str, look: str, draw: Draw = _one_head, what: str = "{3} heads, number {2}"
) -> Register:
    return rule("wl-ablate", key, value, draw=draw, what=what, look=look)


def _block(head: int, size: int) -> slice:
    return slice(max(0, head * size), max(0, (head + 1) * size))


def _put(read: Array, place: Any, value: Any = 0.0) -> Array:
    """What was read, something else in some of its columns."""
    mixed = read.copy()
    mixed[:, place] = value
    return mixed


def _cut(W: Array, rows: Any) -> Array:
    """The matrix, some of its rows 0."""
    W = W.copy()
    W[rows] = 0
    return W


_ROWS = "A block of outputs is gone, and all heads are there: W_o's columns say whence."
_BITS = "Every n-th number takes a bit of each head: heads stand side by side, each a block."
_NOTHING = "Nothing is taken away."
_ALONE = "That is this head alone: the others are wanted, too."
_BEFORE = "Heads are counted from 0: that is the one before."
_NEXT = "Heads are counted from 0: that is the next one."


@_ablate_rule("instead", "the mean", "Put in place of the head's rows their mean over the places.")
def _ablate_mean(read: Array, W: Array, head: int, n: int) -> Judgement:
    size = read.shape[1] // n
    block = _block(head, size)

    def meant(place: Any) -> Array:
        return np.asarray(_put(read, place, read[:, place].mean(0)) @ W.T)

    return meant(block), {
        "That puts 0 in the head's place: here it is its mean over the places.": (
            _put(read, block) @ W.T
        ),
        "That is the mean over the head's own numbers, place by place: the mean over the places is "
        "wanted, for each number.": (
            _put(read, block, read[:, block].mean(1, keepdims=True)) @ W.T
        ),
        "That is one mean of all that the head has read: each of its numbers has its own.": (
            _put(read, block, read[:, block].mean()) @ W.T
        ),
        "All heads have their means there: this one alone is taken away.": meant(slice(None)),
        "All heads but this one have their means there.": (
            _put(read - read + read.mean(0), block, read[:, block]) @ W.T
        ),
        _NOTHING: read @ W.T,
        _BITS: meant(slice(head, None, n)),
        _BEFORE: meant(_block(head - 1, size)),
        _NEXT: meant(_block(head + 1, size)) if head + 1 < n else None,
    }


def _two_runs(rng: np.random.Generator) -> Calls:
    found: Calls = []
    for read, W, head, n in _one_head(rng):
        found.append([read, rng.normal(size=read.shape), W, head, n])
    return found


@_ablate_rule(
    "instead",
    "another run's",
    "The head's columns are those of `other`, all the others those of `read`.",
    _two_runs,
    "{4} heads, number {3}",
)
def _ablate_other(read: Array, other: Array, W: Array, head: int, n: int) -> Judgement:
    size = read.shape[1] // n

    def mixed(place: Any) -> Array:
        return np.asarray(_put(read, place, other[:, place]) @ W.T)

    block = _block(head, size)
    return mixed(block), {
        "The runs are exchanged: this head alone comes from the other run.": (
            _put(other, block, read[:, block]) @ W.T
        ),
        "That puts 0 in the head's place: here it is what it has read in the other run.": (
            _put(read, block) @ W.T
        ),
        "What the head has read in the other run is added: it stands in place of its own.": (
            _put(read, block, read[:, block] + other[:, block]) @ W.T
        ),
        "That is the other run as it was.": other @ W.T,
        "Nothing is exchanged.": read @ W.T,
        "That is this head alone, from the other run: the others are wanted, too.": (
            other[:, block] @ W[:, block].T
        ),
        _BITS: mixed(slice(head, None, n)),
        _BEFORE: mixed(_block(head - 1, size)),
        _NEXT: mixed(_block(head + 1, size)),
    }


def _several(rng: np.random.Generator) -> Calls:
    found: Calls = []
    for T, n, size, d, heads in (
        (4, 3, 2, 5, [0, 2]), (3, 4, 2, 8, [3, 1]), (5, 2, 3, 6, [1]), (2, 5, 2, 7, [0, 1, 3])
    ):  # fmt: skip
        found.append([rng.normal(size=(T, n * size)), rng.normal(size=(d, n * size)), heads, n])
    return [*found, [*found[0][:2], [], 3]]


@_ablate_rule(
    "takes", "several", "Each head of the list has its own block of columns.", _several,
    "{3} heads, without {2}",
)  # fmt: skip
def _ablate_several(read: Array, W: Array, heads: list[int], n: int) -> Judgement:
    size = read.shape[1] // n

    def left(gone: Any, size: int = size) -> Array:
        """Without all columns of these heads."""
        columns = [i for head in gone for i in range(read.shape[1])[_block(head, size)]]
        return np.asarray(_put(read, columns) @ W.T)

    rest = [head for head in range(n) if head not in heads]
    rows = [i for head in heads for i in range(len(W))[_block(head, size)]]
    bits = [i for head in heads for i in range(head, read.shape[1], n)]
    return left(heads), {
        "That takes away the first of the list alone.": left(heads[:1]),
        "That takes away the last of the list alone: W_o is copied once, for all.": left(
            heads[-1:]
        ),
        "That takes away one number for each head: a head has d_k of them.": left(heads, 1),
        "Those between the first and the last stay.": (
            left(range(min(heads), max(heads) + 1)) if heads else None
        ),
        "Those are the heads of the list alone: all others are wanted.": left(rest),
        _NOTHING: read @ W.T,
        _ROWS: read @ _cut(W, rows).T,
        _BITS: _put(read, bits) @ W.T,
        _BEFORE: left([head - 1 for head in heads]),
        _NEXT: left([head + 1 for head in heads]),
    }


@_ablate_rule("heads", "interleaved", "The head's numbers are at head, head + n, head + 2 n, …")
def _ablate_interleaved(read: Array, W: Array, head: int, n: int) -> Judgement:
    size = read.shape[1] // n

    def left(place: Any) -> Array:
        return np.asarray(_put(read, place) @ W.T)

    mine = slice(head, None, n)
    return left(mine), {
        "That is a block: here the heads take turns, number i is head i mod n's.": (
            left(_block(head, size))
        ),
        "Every n-th output is gone, and all heads are there: rows of W_o say where to.": (
            read @ _cut(W, mine).T
        ),
        "The step is n, the number of heads, not how many numbers a head has.": (
            left(slice(head, None, size))
        ),
        _NOTHING: read @ W.T,
        _ALONE: read[:, mine] @ W[:, mine].T,
        _NEXT: left(slice((head + 1) % n, None, n)),
        _BEFORE: left(slice((head - 1) % n, None, n)),
    }


def _rows_first(rng: np.random.Generator) -> Calls:
    return [[read, W.T.copy(), head, n] for read, W, head, n in _one_head(rng)]


@_ablate_rule("W_o", "rows say whence", "W_o is (n d_k, d): its rows are the heads'.", _rows_first)
def _ablate_rows(read: Array, W: Array, head: int, n: int) -> Judgement:
    size = read.shape[1] // n

    def left(place: Any) -> Array:
        return np.asarray(_put(read, place) @ W)

    block = _block(head, size)
    return left(block), {
        "A block of outputs is gone, and all heads are there: here the rows of W_o say whence.": (
            read @ _cut(W.T, block).T
        ),
        "Here it is read @ W_o, not transposed.": (
            read @ _cut(W, block).T if W.shape[0] == W.shape[1] else None
        ),
        _NOTHING: read @ W,
        _ALONE: read[:, block] @ W[block],
        _BITS: left(slice(head, None, n)),
        _BEFORE: left(_block(head - 1, size)),
        _NEXT: left(_block(head + 1, size)),
    }


# wl-pool: arguments rows, real; rows, real, weight; or rows, lengths


def _texts(rng: np.random.Generator) -> Calls:
    found: Calls = []
    for lengths, T in (((3, 5, 1), 5), ((2, 2), 4), ((1, 4), 6)):
        rows = rng.normal(size=(len(lengths), T, 3)) - 0.7
        found.append([rows, np.arange(T) < np.array(lengths)[:, None]])
    return found


def _pool_rule(
    key: str, value: str, look: str, draw: Draw = _texts, what: str = "rows {0.shape}"
) -> Register:
    return rule("wl-pool", key, value, draw=draw, what=what, look=look)


def _mean(rows: Array, real: Array) -> Array:
    return np.asarray(np.where(real[..., None], rows, 0).sum(1) / real.sum(1)[:, None])


_PADDED = "Padding is in it: leave its rows out."
_FIRST = "That is the first row of each text."


@_pool_rule("pools", "the largest", "Put minus infinity where there is padding, then axis 1's max.")
def _pool_largest(rows: Array, real: Array) -> Judgement:
    def largest(rest: float) -> Array:
        return np.asarray(np.where(real[..., None], rows, rest).max(1))

    size = np.where(real[..., None], np.abs(rows), 0)
    return largest(-np.inf), {
        "Padding became 0, which is larger than what is negative: minus infinity never wins.": (
            largest(0.0)
        ),
        _PADDED: rows.max(1),
        "That is the mean: the largest is wanted.": _mean(rows, real),
        "That is the largest of each row: of each feature, over the places.": (
            np.where(real[..., None], rows, -np.inf).max(2)
        ),
        "That is the size of the largest: the number itself is wanted, with its sign.": size.max(1),
        "The smallest is not the largest.": np.where(real[..., None], rows, np.inf).min(1),
        _FIRST: rows[:, 0],
    }


def _unit(x: Array, axis: int | None = -1) -> Array:
    return np.asarray(x / np.sqrt(np.square(x).sum(axis, keepdims=True)))


@_pool_rule("length", "1", "Divide each text's mean by the root of the sum of its squares.")
def _pool_unit(rows: Array, real: Array) -> Judgement:
    mean = _mean(rows, real)
    return _unit(mean), {
        "That is the mean: divide it by its length.": mean,
        "Each row was brought to length 1, and then the mean taken: the mean is to have it.": (
            _mean(_unit(rows), real)
        ),
        "You divided by the square of the length: take its root.": (
            mean / np.square(mean).sum(1, keepdims=True)
        ),
        "You divided by the sum of absolute values: the length is the root of the sum of "
        "squares.": mean / np.abs(mean).sum(1, keepdims=True),
        "That is the length of the whole batch: each text has its own.": _unit(mean, None),
        "You divided by lengths over the batch, feature by feature: each text's row has one.": (
            _unit(mean, 0)
        ),
        "You divided by the root of the mean square: the sum of squares is wanted.": (
            _unit(mean) * np.sqrt(mean.shape[1])
        ),
        _PADDED: _unit(rows.mean(1)),
        _FIRST: rows[:, 0],
        "That is the first row, of length 1: the mean of all is wanted.": _unit(rows[:, 0]),
    }


def _weighed(rng: np.random.Generator) -> Calls:
    return [[rows, real, rng.uniform(0.2, 3.0, real.shape)] for rows, real in _texts(rng)]


@_pool_rule("weights", "given", "Divide by the sum of the real rows' weights.", _weighed)
def _pool_weighted(rows: Array, real: Array, weight: Array) -> Judgement:
    share = np.where(real, weight, 0)
    total = (share[..., None] * rows).sum(1)
    return total / share.sum(1, keepdims=True), {
        "That is the plain mean: each row counts by its weight.": _mean(rows, real),
        "You divided by how many are real: divide by the sum of their weights.": (
            total / real.sum(1, keepdims=True)
        ),
        "You divided by all places: divide by the sum of the real rows' weights.": (
            total / real.shape[1]
        ),
        "The sum of the weights has the padding's among them.": (
            total / weight.sum(1, keepdims=True)
        ),
        "That is the sum: divide by the sum of the weights.": total,
        "That is divided by the weights of the whole batch: each text has its own.": (
            total / share.sum()
        ),
        _PADDED: (weight[..., None] * rows).sum(1) / weight.sum(1, keepdims=True),
        _FIRST: rows[:, 0],
    }


def _in_front(rng: np.random.Generator) -> Calls:
    return [[rows, real.sum(1)] for rows, real in _texts(rng)]


@_pool_rule(
    "padding",
    "in front",
    "A text's rows are the last of its T: places T - length and on, counted from 0.",
    _in_front,
    "texts of {1} pieces",
)
def _pool_in_front(rows: Array, lengths: Array) -> Judgement:
    T = rows.shape[1]
    place, wanted = np.arange(T), lengths[:, None]
    real = place >= T - wanted
    kept = np.where(real[..., None], rows, 0)
    return _mean(rows, real), {
        "Those are the first places, as many as a text has: here its rows are the last, and "
        "padding stands in front.": _mean(rows, place < wanted),
        "One row of padding is in the mean.": _mean(rows, place >= T - wanted - 1),
        "One row of padding is in the sum, not in the count.": (
            np.where((place >= T - wanted - 1)[..., None], rows, 0).sum(1) / wanted
        ),
        "One row of each text is missing.": (
            np.where((place > T - wanted)[..., None], rows, 0).sum(1) / wanted
        ),
        "The sum is right, and divided by all places: divide by the text's length.": kept.mean(1),
        "That is the sum: divide by the text's length.": kept.sum(1),
        _PADDED: rows.mean(1),
        "Padding is in the sum, not in the count: leave its rows out of both.": (
            rows.sum(1) / wanted
        ),
    }


@_pool_rule("pools", "the last", "The last real row is at how many there are, less one.")
def _pool_last(rows: Array, real: Array) -> Judgement:
    texts, count = np.arange(len(rows)), real.sum(1)
    return rows[texts, count - 1], {
        "That is the last place of the batch, padding for shorter texts.": rows[:, -1],
        "That is one place further on: places are counted from 0.": (
            rows[texts, np.minimum(count, real.shape[1] - 1)]
        ),
        "That is the mean: the last real row is wanted.": _mean(rows, real),
        "That is the row before the last real one.": rows[texts, count - 2],
        "That takes every text's last place from every text: rows[:, last] pairs all with all.": (
            rows[:, count - 1]
        ),
        _FIRST: rows[:, 0],
    }
