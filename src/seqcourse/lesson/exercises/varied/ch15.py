"""Changed tasks of chapter 15: what each asks for, and its typical mistakes."""

from __future__ import annotations

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# sa-count


def _sized(*cases: list[int], bias: bool = True) -> Draw:
    """The cases with and without biases, if they have some, and one drawn."""

    def draw(rng: np.random.Generator) -> Calls:
        drawn = [int(size) for size in rng.integers(2, 12, len(cases[0]))]
        several = [[*case] for case in (*cases, drawn)]
        return [case + [one] for case in several for one in (True, False)] if bias else several

    return draw


def _maps(*maps: tuple[int, int], bias: int = 0, less: int = 0) -> int:
    """Weights and biases of maps; `less`: biases of so many outputs are left out."""
    return sum(i * o + o * bias for i, o in maps) - less * bias


def _book(d: int, n: int, d_k: int, d_v: int, bias: int) -> int:
    """The published task's answer."""
    return _maps((d, n * d_k), (d, n * d_k), (d, n * d_v), (n * d_v, d), bias=bias)


_NO_OUT = "W_o is missing."
_NO_BIASES = "The biases are missing: with `bias` each of the four maps has some."
_ANY_BIASES = "Without `bias` there are none."
_OUT_BIASES = "W_o's biases are missing."
_ORDER = "That takes the arguments as the book has them: "


@rule(
    "sa-count",
    "keys",
    "grouped",
    draw=_sized([12, 4, 2, 3], [10, 6, 3, 7], [512, 8, 1, 64]),
    what="d = {0}, n = {1}, g = {2}, d_k = {3}, bias {4}",
    look="Four maps: queries for n heads, keys and values for g, and W_o.",
)
def _count_grouped(d: int, n: int, g: int, d_k: int, bias: bool) -> Judgement:
    all_, few = n * d_k, g * d_k
    maps = (d, all_), (d, few), (d, few), (all_, d)
    right = _maps(*maps, bias=bias)
    return right, {
        _ORDER + "the third is g here, and all heads have d_k columns.": _book(d, n, g, d_k, bias),
        "That has keys and values for every head: here g heads serve all n.": (
            _book(d, n, d_k, d_k, bias)
        ),
        "There are n heads of queries: only keys and values are fewer.": (
            _maps((d, few), (d, few), (d, few), (all_, d), bias=bias)
        ),
        "W_o reads what all n heads have read, n · d_k numbers.": (
            _maps(*maps[:3], (few, d), bias=bias)
        ),
        "All n heads read, though few have keys: queries and W_o have n · d_k.": (
            _maps((d, few), (d, few), (d, few), (few, d), bias=bias)
        ),
        "Keys or values are missing: there are g heads of each.": _maps(
            maps[0], maps[1], maps[3], bias=bias
        ),
        _NO_OUT: _maps(*maps[:3], bias=bias),
        _NO_BIASES: _maps(*maps),
        _ANY_BIASES: _maps(*maps, bias=1),
        _OUT_BIASES: _maps(*maps, bias=bias, less=d),
    }


@rule(
    "sa-count",
    "reads",
    "another sequence",
    draw=_sized([12, 5, 4, 3], [10, 20, 3, 7], [512, 768, 8, 64]),
    what="d = {0}, m = {1}, n = {2}, d_k = {3}, bias {4}",
    look="Four maps: queries of d numbers, keys and values of m, and W_o, which gives d.",
)
def _count_other(d: int, m: int, n: int, d_k: int, bias: bool) -> Judgement:
    made = n * d_k
    maps = (d, made), (m, made), (m, made), (made, d)
    return _maps(*maps, bias=bias), {
        _ORDER + "the second is the memory's width here.": _book(d, m, n, d_k, bias),
        "Keys and values are made of the memory, m numbers a row.": _book(d, n, d_k, d_k, bias),
        "Queries are made of the sequence's own rows, d numbers each.": _maps(
            (m, made), *maps[1:], bias=bias
        ),
        "The values, too, are made of the memory.": _maps(
            (d, made), (m, made), (d, made), (made, d), bias=bias
        ),
        "W_o gives rows of d numbers, like those that asked.": _maps(
            *maps[:3], (made, m), bias=bias
        ),
        _NO_OUT: _maps(*maps[:3], bias=bias),
        _NO_BIASES: _maps(*maps),
        _ANY_BIASES: _maps(*maps, bias=1),
        _OUT_BIASES: _maps(*maps, bias=bias, less=d),
    }


@rule(
    "sa-count",
    "asks",
    "multiplications",
    draw=_sized([9, 12, 4, 3, 5], [2, 1, 1, 1, 1], [100, 512, 8, 64, 64], bias=False),
    what="T = {0}, d = {1}, n = {2}, d_k = {3}, d_v = {4}",
    look="A map from i to o numbers has i · o products a row; a score d_k; each weight reads d_v.",
)
def _count_products(T: int, d: int, n: int, d_k: int, d_v: int) -> Judgement:
    once = _book(d, n, d_k, d_v, 0)
    scores, reads = n * T**2 * d_k, n * T**2 * d_v
    right = T * once + scores + reads
    return right, {
        _ORDER + "here T comes first, and nothing has biases.": _book(T, d, n, d_k, d_v),
        "Those are the maps' weights: each is used once for every row, T times.": once,
        "The maps run for every row: T times.": once + scores + reads,
        "Those are the maps: the scores, and reading, are missing.": T * once,
        "Reading is missing: each weight is multiplied with d_v numbers of a value.": right - reads,
        "The scores are missing: each is a sum of d_k products.": right - scores,
        "Each head has T² scores of its own.": T * once + T**2 * (d_k + d_v),
        "Only half of the scores: no row is hidden here.": (
            T * once + n * T * (T + 1) // 2 * (d_k + d_v)
        ),
        "There is a score for each pair of rows, T².": T * once + n * T * (d_k + d_v),
        "W_o's products are missing.": right - T * n * d_v * d,
        "A head's score is a sum of d_k products, not of d.": right - scores + n * T**2 * d,
        "A multiplication counts once: the additions are left out.": 2 * right,
    }


@rule(
    "sa-count",
    "keys",
    "of a narrow row",
    draw=_sized([12, 4, 3, 5, 2], [10, 3, 4, 7, 6], [512, 8, 64, 64, 32], bias=False),
    what="d = {0}, n = {1}, d_k = {2}, d_v = {3}, r = {4}",
    look="Five maps: d to n d_k; d to r; r to n d_k; r to n d_v; n d_v to d.",
)
def _count_narrow(d: int, n: int, d_k: int, d_v: int, r: int) -> Judgement:
    keys, values = n * d_k, n * d_v
    right = _maps((d, keys), (d, r), (r, keys), (r, values), (values, d))
    return right, {
        _ORDER + "the last is r here, no bias.": _book(d, n, d_k, d_v, r),
        "Keys and values are made of the narrow row, r numbers, not of d.": (
            _book(d, n, d_k, d_v, 0)
        ),
        "Keys and values are made of r numbers; that has d there, and the narrow row besides.": (
            _book(d, n, d_k, d_v, 0) + d * r
        ),
        "The map that makes the narrow row is missing: d to r.": right - d * r,
        "One narrow row serves keys and values: that has two.": right + d * r,
        "One narrow row serves all heads: that has one for each.": (
            _maps((d, keys), (d, n * r), (r, keys), (r, values), (values, d))
        ),
        "Queries are made of the row of d, not of the narrow one.": right - (d - r) * keys,
        "That has one head's maps: all n make keys and values of the narrow row.": (
            _maps((d, keys), (d, r), (r, d_k), (r, d_v), (values, d))
        ),
        _NO_OUT: right - values * d,
        "No map has biases here.": right + 2 * keys + r + values + d,
    }


# sa-scale


def _softmax(scores: Array, axis: int = -1) -> Array:
    raised = np.exp(scores - scores.max(axis, keepdims=True))
    return np.asarray(raised / raised.sum(axis, keepdims=True))


def _products(q: Array, k: Array) -> Array:
    return np.asarray(np.einsum("btnk,bsnk->bnts", q, k))


def _scaled(products: Array, q: Array) -> dict[str, Array]:
    """Scores with a wrong divisor, by what to say of them."""
    n, d_k = q.shape[-2:]
    return {
        "The scores are not divided: they are, by the root of d_k.": products,
        "The scores are divided by d_k: by its root.": products / d_k,
        "The scores are divided by the width of all heads: by the root of d_k.": (
            products / (n * d_k)
        ),
        "The root is taken of the width of all heads: a head's score is a sum of d_k products.": (
            products / np.sqrt(n * d_k)
        ),
        "The scores are multiplied by the root: divide.": products * np.sqrt(d_k),
    }


_OVER_QUERIES = (
    "The softmax runs over the queries: each query spreads its weight over the keys, the last axis."
)
_LOOK = "Take each row's largest score off before the exponential; and sum over the keys."


def _asked(rng: np.random.Generator) -> Calls:
    shapes = ((2, 3, 4, 2, 5), (1, 5, 2, 3, 4))
    drawn = [
        [rng.normal(size=(B, T, n, d)), rng.normal(size=(B, S, n, d))] for B, T, S, n, d in shapes
    ]
    q, k = drawn[0]
    return [*drawn, [60 * q, 60 * k]]


def _own(rng: np.random.Generator) -> Calls:
    """As many queries as keys; the first two axes are batch and time, or time and batch."""
    drawn = [
        [rng.normal(size=shape), rng.normal(size=shape)] for shape in ((2, 3, 2, 5), (4, 2, 3, 4))
    ]
    q, k = drawn[0]
    return [*drawn, [60 * q, 60 * k]]


def _scale_rule(key: str, value: str, draw: Draw, look: str = _LOOK) -> Register:
    return rule("sa-scale", key, value, draw=draw, what="the weights", look=look)


@_scale_rule("axes", "time first", _own)
def _scale_time(q: Array, k: Array) -> Judgement:
    products = np.einsum("tbnk,sbnk->bnts", q, k)
    root = np.sqrt(q.shape[-1])
    right = _softmax(products / root)
    return right, {
        "That takes the first axis for the batch, and compares sequences with one another: here "
        "it is time.": _softmax(_products(q, k) / root),
        "The batch stands first in what is asked for: (B, n, T, T).": right.swapaxes(0, 1),
        "Keys stand last: (B, n, T, T), queries before keys.": right.swapaxes(2, 3),
        **{text: _softmax(scores) for text, scores in _scaled(products, q).items()},
        _OVER_QUERIES: _softmax(products / root, -2),
    }


def _tempered(rng: np.random.Generator) -> Calls:
    first, second, _ = _asked(rng)
    heads = [case[0].shape[2] for case in (first, second)]
    taus = [rng.uniform(0.1, 0.6, n) for n in heads]
    return [[*first, taus[0]], [*second, taus[1]], [*first, np.full(heads[0], 1e-3)]]


@_scale_rule(
    "scores",
    "cosines",
    _tempered,
    "Divide by lengths, over the columns of a head; by tau[i]; take each row's largest off first.",
)
def _scale_cosine(q: Array, k: Array, tau: Array) -> Judgement:
    def unit(x: Array, axis: int = -1) -> Array:
        return np.asarray(x / np.linalg.norm(x, axis=axis, keepdims=True))

    at = tau[:, None, None]
    products, cosines = _products(q, k), _products(unit(q), unit(k))
    right = _softmax(cosines / at)
    return right, {
        "Those are products over the root of d_k: here query and key are divided by their "
        "lengths, and the score by the head's temperature.": _softmax(
            products / np.sqrt(q.shape[-1])
        ),
        "Query and key are not divided by their lengths.": _softmax(products / at),
        "Only the queries are divided by their lengths: the keys, too.": _softmax(
            _products(unit(q), k) / at
        ),
        "Only the keys are divided by their lengths: the queries, too.": _softmax(
            _products(q, unit(k)) / at
        ),
        "That divides by the squared length: its root is missing.": _softmax(
            _products(q / (q**2).sum(-1, keepdims=True), k / (k**2).sum(-1, keepdims=True)) / at
        ),
        "Lengths run over a head's columns, the last axis, not over the heads.": _softmax(
            _products(unit(q, 2), unit(k, 2)) / at
        ),
        "A temperature divides: that multiplies.": _softmax(cosines * at),
        "The temperatures are missing.": _softmax(cosines),
        "Cosines have no root of d_k: the temperature is the only divisor.": _softmax(
            cosines / at / np.sqrt(q.shape[-1])
        ),
        "Every head got the first one's temperature.": _softmax(cosines / tau[0]),
        _OVER_QUERIES: _softmax(cosines / at, -2),
    }


def _high_and_low(rng: np.random.Generator) -> Calls:
    first, second, large = _asked(rng)
    k = rng.normal(size=(1, 3, 2, 4)) + 5
    return [first, second, large, [-60 * np.abs(k[:, :2]), 60 * np.abs(k)]]


@_scale_rule(
    "softmax",
    "one more",
    _high_and_low,
    "Take the same number off all scores, and off the 0 of the key besides: the largest of them.",
)
def _scale_nothing(q: Array, k: Array) -> Judgement:
    products = _products(q, k)

    def more(scores: Array, axis: int = -1, count: int = 1) -> Array:
        best = np.maximum(scores.max(axis, keepdims=True), 0)
        raised = np.exp(scores - best)
        return np.asarray(raised / (raised.sum(axis, keepdims=True) + count * np.exp(-best)))

    scores = products / np.sqrt(q.shape[-1])
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return more(scores), {
        "These sum to 1: here the sum below has a 1 more, and they sum to less.": _softmax(scores),
        "The largest was taken off the scores, and not off the 0 of the key besides: its 1 "
        "becomes e to minus the largest.": raised / (1 + raised.sum(-1, keepdims=True)),
        "One 1 is added for all keys together, not one for each.": (
            more(scores, count=scores.shape[-1])
        ),
        **{text: more(wrong) for text, wrong in _scaled(products, q).items()},
        _OVER_QUERIES: more(scores, -2),
    }


@_scale_rule("sees", "all but itself", _own)
def _scale_others(q: Array, k: Array) -> Judgement:
    itself = np.eye(q.shape[1], dtype=bool)

    def others(scores: Array, axis: int = -1) -> Array:
        return _softmax(np.where(itself, -np.inf, scores), axis)

    products = _products(q, k)
    scores = products / np.sqrt(q.shape[-1])
    return others(scores), {
        "There a row sees itself: hide the diagonal of the scores before the softmax.": (
            _softmax(scores)
        ),
        "The diagonal was set to 0 after the softmax: the others no longer sum to 1.": np.where(
            itself, 0.0, _softmax(scores)
        ),
        "Hidden scores became 0, a score like any other: they must go to minus infinity.": (
            _softmax(np.where(itself, 0.0, scores))
        ),
        "That hides the others, and leaves a row to itself.": np.broadcast_to(
            itself, scores.shape
        ).astype(float),
        **{text: others(wrong) for text, wrong in _scaled(products, q).items()},
        _OVER_QUERIES: others(scores, -2),
    }


def _shared(rng: np.random.Generator) -> Calls:
    shapes = ((2, 3, 4, 4, 2, 5), (1, 5, 2, 6, 3, 4), (2, 2, 3, 6, 2, 3), (1, 2, 3, 3, 1, 4))
    drawn = [
        [rng.normal(size=(B, T, n, d)), rng.normal(size=(B, S, g * d))]
        for B, T, S, n, g, d in shapes
    ]
    q, k = drawn[0]
    return [*drawn, [60 * q, 60 * k]]


@_scale_rule("keys", "grouped", _shared)
def _scale_grouped(q: Array, uncut: Array) -> Judgement:
    n, d_k = q.shape[2:]
    g = uncut.shape[2] // d_k
    k = uncut.reshape(*uncut.shape[:2], g, d_k)
    turned = uncut.reshape(*uncut.shape[:2], d_k, g).swapaxes(2, 3)
    products, root = _products(q, np.repeat(k, n // g, 2)), np.sqrt(q.shape[-1])
    inner = q.reshape(*q.shape[:2], g, n // g, -1)
    return _softmax(products / root), {
        "The keys' heads take turns there, 0, 1, 0, 1: here the first n / g heads of queries "
        "share the first.": _softmax(_products(q, np.tile(k, (1, 1, n // g, 1))) / root),
        "The columns of a head stand side by side: cut k into g heads of d_k, not into d_k of g.": (
            _softmax(_products(q, np.repeat(turned, n // g, 2)) / root)
        ),
        "All heads ask the first head of keys: each group has its own.": (
            _softmax(_products(q, np.repeat(k[:, :, :1], n, 2)) / root)
        ),
        "The queries of a group were averaged: each head asks for itself, (B, n, T, S).": (
            _softmax(_products(inner.mean(3), k) / root)
        ),
        **{text: _softmax(scores) for text, scores in _scaled(products, q).items()},
        _OVER_QUERIES: _softmax(products / root, -2),
    }
