"""Changed tasks of chapter 13: what each asks for, and its typical mistakes."""

from __future__ import annotations

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# gn-count: arguments H, L


def _sizes(rng: np.random.Generator) -> Calls:
    return [[6, 2], [1024, 8], [4, 3], [2 * int(rng.integers(3, 20)), int(rng.integers(3, 7))]]


def _count_rule(key: str, value: str, look: str) -> Register:
    parts = ("the paper's kind", "all layers both ways")
    return rule(
        "gn-count", key, value, draw=_sizes, what="H = {0}, L = {1}", look=look, parts=parts
    )


def _one(D: int, H: int, gates: int = 4, biases: int = 1) -> int:
    """One direction of a layer: in each gate, H units read D inputs and H states."""
    return gates * H * (D + H + biases)


def _encoders(H: int, L: int, gates: int = 4, biases: int = 1) -> tuple[int, int]:
    """As the published task has it: the bottom layer alone both ways, and all of them."""
    bottom, above = (2 * _one(H, H, gates, biases), _one(2 * H, H, gates, biases))
    return bottom + above + (L - 2) * _one(H, H, gates, biases), bottom + 2 * (L - 1) * above


_BOTTOM = "From layer 3 on a layer reads H numbers."
_ABOVE = "What stands above two directions reads 2H numbers."


@_count_rule("cell", "GRU", "A GRU has three blocks of weights: r, z and n.")
def _count_gru(H: int, L: int) -> Judgement:
    one, wide = _one(H, H, 3), _one(2 * H, H, 3)
    return _encoders(H, L, 3), {
        "Four blocks has an LSTM; a GRU has three.": _encoders(H, L),
        "One bias for each block and unit.": _encoders(H, L, 3, 2),
        "The biases are missing.": _encoders(H, L, 3, 0),
        _BOTTOM: (2 * one + (L - 1) * wide, None),
        "Layer 2 stands above two directions: it reads 2H numbers.": ((L + 1) * one, None),
        _ABOVE: (None, 2 * L * one),
        "Each layer above has two directions, too.": (None, 2 * one + (L - 1) * wide),
    }


@_count_rule("biases", "two", "Two biases a gate and unit: D + H + 2 numbers each.")
def _count_two_biases(H: int, L: int) -> Judgement:
    one, wide = _one(H, H, 4, 2), _one(2 * H, H, 4, 2)
    return _encoders(H, L, 4, 2), {
        "That has one bias; here there are two.": _encoders(H, L),
        "The biases are missing.": _encoders(H, L, 4, 0),
        _BOTTOM: (2 * one + (L - 1) * wide, None),
        "Layer 2 stands above two directions: it reads 2H numbers.": ((L + 1) * one, None),
        _ABOVE: (None, 2 * L * one),
        "Each layer above has two directions, too.": (None, 2 * one + (L - 1) * wide),
    }


@_count_rule("joined", "sum", "The two directions are added: H numbers go up from every layer.")
def _count_sum(H: int, L: int) -> Judgement:
    one, wide = _one(H, H), _one(2 * H, H)
    return ((L + 1) * one, 2 * L * one), {
        "That puts the directions side by side, 2H numbers. Here they are added.": _encoders(H, L),
        "The sum of two directions is H wide: layer 2 reads H numbers.": (
            2 * one + wide + (L - 2) * one,
            None,
        ),
        "The bottom layer has two directions, each with weights of its own.": (L * one, None),
        "The sum is H wide: every layer reads H numbers.": (None, 2 * one + 2 * (L - 1) * wide),
        "Each layer has two directions, each with weights of its own.": (None, L * one),
    }


@_count_rule("width", "halved", "Each direction has H/2 units; side by side they make H.")
def _count_halved(H: int, L: int) -> Judgement:
    half, one = _one(H, H // 2), _one(H, H)
    return (2 * half + (L - 1) * one, 2 * L * half), {
        "That gives each direction H units. Here it has H/2.": _encoders(H, L),
        "Two halves side by side are H wide: layer 2 reads H numbers.": (
            2 * half + _one(2 * H, H) + (L - 2) * one,
            None,
        ),
        "A direction has H/2 units, but it reads all H numbers.": (
            2 * _one(H // 2, H // 2) + (L - 1) * one,
            2 * L * _one(H // 2, H // 2),
        ),
        "The bottom layer has two directions.": (half + (L - 1) * one, None),
        "The layers that read forwards have H units.": (2 * half + (L - 1) * half, None),
        "Each layer has two directions of H/2 units.": (None, 2 * half + (L - 1) * one),
        "That is one direction of each layer.": (None, L * half),
    }


@_count_rule(
    "both ways", "top", "The layers below read forwards; nothing stands above the top one."
)
def _count_top(H: int, L: int) -> Judgement:
    one, wide = _one(H, H), _one(2 * H, H)
    return ((L + 1) * one, _encoders(H, L)[1]), {
        "That has the two-way layer at the bottom. Here it is the top one.": _encoders(H, L),
        "Below the top one stands a layer that reads forwards: it hands up H numbers.": (
            (L - 1) * one + 2 * wide,
            None,
        ),
        "The top layer has two directions, each with weights of its own.": (L * one, None),
        "L - 1 layers read forwards.": ((L + 2) * one, None),
        _ABOVE: (None, 2 * L * one),
        "Each layer above has two directions, too.": (None, 2 * one + (L - 1) * wide),
    }


# gn-cover: argument weights, and more


def _tables(rng: np.random.Generator) -> list[Array]:
    """Tables (U, T) of attention weights in which the first places get more than 1 in sum."""
    pulls = (5, [4.0, 3, 1, 0.5, 0.5]), (3, [3.0, 1, 1, 1]), (6, [5.0, 5, 1, 1])
    return [rng.dirichlet(pull, rows) for rows, pull in pulls]


def _alone(rng: np.random.Generator) -> Calls:
    return [[weights] for weights in _tables(rng)]


def _padded(rng: np.random.Generator) -> Calls:
    """With places that are padding, which no weight goes to; and a table without any."""
    calls: Calls = []
    for weights, padding in zip(_tables(rng), (2, 1, 0), strict=True):
        wide = np.concatenate([weights, np.zeros((len(weights), padding))], 1)
        calls.append([wide, np.arange(wide.shape[1]) < weights.shape[1]])
    return calls


def _turned(rng: np.random.Generator) -> Calls:
    return [[np.ascontiguousarray(weights.T)] for weights in _tables(rng)]


def _cover_rule(key: str, value: str, look: str, draw: Draw = _alone) -> Register:
    return rule("gn-cover", key, value, draw=draw, what="the table", look=look)


def _cp(weights: Array, axis: int = 0) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log(np.minimum(weights.sum(axis), 1)).sum())


@_cover_rule("places", "padded", "Sum each column, and leave out those that are padding.", _padded)
def _cover_padded(weights: Array, real: Array) -> Judgement:
    inside = weights[:, real]
    seen = np.minimum(inside.sum(0), 1)
    return _cp(inside), {
        "The logarithm of 0: padding is never looked at, and costs nothing.": _cp(weights),
        "A row of weights sums to 1 whatever was looked at. Sum over the rows.": 0.0,
        "What was read more than once counts as 1.": float(np.log(inside.sum(0)).sum()),
        "The sum over the places, not the mean.": float(np.log(seen).mean()),
        "The sign: a penalty of the score is 0 at most.": -_cp(inside),
        "The logarithm is missing.": float(seen.sum()),
    }


@_cover_rule("axes", "source first", "A row is a source place here: sum along it.", _turned)
def _cover_turned(weights: Array) -> Judgement:
    seen = np.minimum(weights.sum(1), 1)
    return _cp(weights, 1), {
        "A column holds one symbol's weights, and sums to 1. Sum along the rows.": 0.0,
        "What was read more than once counts as 1.": float(np.log(weights.sum(1)).sum()),
        "The sum over the places, not the mean.": float(np.log(seen).mean()),
        "The sign: a penalty of the score is 0 at most.": -_cp(weights, 1),
        "The logarithm is missing.": float(seen.sum()),
    }


@_cover_rule("asks", "too much", "What is above 1, over all places; nothing else counts.")
def _cover_summary(weights: Array) -> Judgement:
    seen = weights.sum(0)
    right = -float(np.maximum(seen - 1, 0).sum())
    return right, {
        "That is the paper's penalty, on what was looked at too little.": _cp(weights),
        "The sign: a penalty of the score is 0 at most.": -right,
        "What was looked at too little costs nothing here: cut off at 0.": -float((seen - 1).sum()),
        "That counts all that was read, not what is above 1.": -float(np.maximum(seen, 1).sum()),
        "A row of weights sums to 1: sum over the rows, for each source place.": 0.0,
        "Distances from 1 count on one side only.": -float(abs(seen - 1).sum()),
        "Above 1, not below: that is what is missing to 1.": -float(np.maximum(1 - seen, 0).sum()),
        "The sum over the places, not the mean.": right / len(seen),
        "The excess itself, not its square.": -float((np.maximum(seen - 1, 0) ** 2).sum()),
    }


@_cover_rule("asks", "again", "Step by step: the smaller of this weight and what went before.")
def _cover_again(weights: Array) -> Judgement:
    before = np.cumsum(weights, 0) - weights
    right = -float(np.minimum(weights, before).sum())
    return right, {
        "That is the paper's penalty, at the end of the answer.": _cp(weights),
        "The sign: a penalty of the score is 0 at most.": -right,
        "Before this step: the weights of the step itself do not count among those.": -float(
            np.minimum(weights, before + weights).sum()
        ),
        "All steps before, not the last one alone.": -float(
            np.minimum(weights[1:], weights[:-1]).sum()
        ),
        "The smaller of the two, not the larger.": -float(np.maximum(weights, before).sum()),
        "The sum over steps and places, not the mean.": right / weights.size,
        "That multiplies the two: take the smaller.": -float((weights * before).sum()),
    }
