"""Changed tasks of chapter 13: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

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


def _logs(seen: Array, enough: float = 1.0) -> Array:
    return np.asarray(np.log(np.minimum(seen, enough)))


@_cover_rule("enough", "a fair share", "Divide each place's sum by n / T, then cut off at 1.")
def _cover_share(weights: Array) -> Judgement:
    n, T = weights.shape
    seen = weights.sum(0) * T / n
    return float(_logs(seen).sum()), {
        "There 1 in sum was enough. Here a fair share is, n / T.": _cp(weights),
        "Divide by the share, that is times T / n: the other way round.": _cp(weights * n / T),
        "That is cut off at the share, but not divided by it.": float(
            _logs(weights.sum(0), n / T).sum()
        ),
        "That divides by n alone: a share of all weights. A fair share is n / T.": _cp(weights / n),
        "First divided, then cut off at 1.": float((_logs(weights.sum(0)) + np.log(T / n)).sum()),
        "What was read more than its share counts as 1: cut off there.": float(np.log(seen).sum()),
        "The logarithm is missing.": float(np.minimum(seen, 1).sum()),
        "The sign: a penalty of the score is 0 at most.": -float(_logs(seen).sum()),
    }


@_cover_rule("gives", "each step", "cp of the first row, of the first two, … of all.")
def _cover_steps(weights: Array) -> Judgement:
    sums = np.cumsum(weights, 0)
    each = _logs(sums).sum(1)
    return each, {
        "That is for the whole answer. Here it is for every beginning of it.": _cp(weights),
        "That asks each symbol alone: add up the rows before it, too.": _logs(weights).sum(1),
        "The sum runs along the steps, axis 0, not along the places.": _logs(
            np.cumsum(weights, 1)
        ).sum(1),
        "Cut the sums off at 1.": np.log(sums).sum(1),
        "That is for each place: add up the places, at each step.": _logs(sums).sum(0),
        "The sign: a penalty of the score is 0 at most.": -each,
    }


# gn-round: arguments W, bits


def _matrices(rng: np.random.Generator) -> Calls:
    rows = rng.normal(size=(4, 12)) * np.array([[1.0], [0.01], [30.0], [0.0]])
    return [[rng.normal(size=(3, 12))], [rows]]


def _turned_matrices(rng: np.random.Generator) -> Calls:
    return [[W.T.copy()] for (W,) in _matrices(rng)]


def _shifted(rng: np.random.Generator) -> Calls:
    """Rows that are not around 0; one is the same number throughout."""
    return [[W + rng.normal(size=(len(W), 1))] for (W,) in _matrices(rng)]


def _edges(rng: np.random.Generator) -> Calls:
    """Rows whose largest weight is just below, and just above, 127 times a power of two."""
    calls = _matrices(rng)
    rows = rng.normal(size=(3, 12))
    largest = np.array([[127.4 / 64], [126.6 / 8], [127.4 * 2]])
    return [*calls, [rows / abs(rows).max(1, keepdims=True) * largest]]


def _bits(rng: np.random.Generator) -> Calls:
    return [[W, bits] for bits in (4, 8, 2) for (W,) in _matrices(rng)]


_PARTS = ("the whole numbers", "the steps")


def _round_rule(
    key: str, value: str, look: str, draw: Draw = _matrices, parts: tuple[str, ...] = _PARTS
) -> Register:
    what = "the matrix in few bits"
    return rule("gn-round", key, value, draw=draw, what=what, look=look, parts=parts)


def _whole(W: Array, step: Array) -> Array:
    """How many steps each weight is, unrounded; 0 where the step is."""
    return np.asarray(W / np.where(step > 0, step, 1))


def _rows(W: Array, levels: float = 127) -> tuple[Array, Array]:
    step = abs(W).max(1) / levels
    return np.round(_whole(W, step[:, None])), step


def _crude(whole: Array) -> dict[str, tuple[Any, Any]]:
    return {
        "Cut off towards 0, a weight moves by up to a whole step: round it.": (
            np.trunc(whole),
            None,
        ),
        "Rounded down, a weight moves by up to a whole step: round to the nearest.": (
            np.floor(whole),
            None,
        ),
        "Those are not rounded.": (whole, None),
    }


@_round_rule(
    "axis",
    "columns",
    "max |W_ij| / 127, down each column; a column of zeros has 0.",
    _turned_matrices,
)
def _round_columns(W: Array) -> Judgement:
    step = abs(W).max(0) / 127
    whole = _whole(W, step)
    return (np.round(whole), step), {
        "Each row has its step there. Here each column has one.": _rows(W),
        "One step for the whole matrix: each column wants its own.": (
            None,
            np.full(W.shape[1], abs(W).max() / 127),
        ),
        "The size counts, not the sign.": (None, W.max(0) / 127),
        "A column of zeros has the step 0; only where you divide must it be something else.": (
            None,
            np.where(step > 0, step, 1),
        ),
        **_crude(whole),
    }


_LOW = "From W's smallest in the row, 0, to its largest, 255; the step is their distance / 255."


@_round_rule("zero", "the smallest", _LOW, _shifted, (*_PARTS, "what 0 stands for"))
def _round_shifted(W: Array) -> Judgement:
    low, high = W.min(1), W.max(1)
    step = (high - low) / 255
    whole = _whole(W - low[:, None], step[:, None])
    return (np.round(whole), step, low), {
        "That is spread around 0. Here 0 stands for the row's smallest, 255 for its largest.": (
            *_rows(W),
            None,
        ),
        "Subtract the smallest before you divide: it is to become 0.": (
            np.round(_whole(W, step[:, None])),
            step,
            None,
        ),
        "256 numbers have 255 steps between them.": (None, (high - low) / 256, None),
        "From the smallest to the largest: their distance, not the largest size.": (
            None,
            abs(W).max(1) / 255,
            None,
        ),
        "A row that is the same throughout has the step 0.": (
            None,
            np.where(step > 0, step, 1),
            None,
        ),
        "That is W's smallest of all: each row has its own.": (
            None,
            None,
            np.full_like(low, W.min()),
        ),
        "That is the smallest in steps: give the weight itself.": (
            None,
            None,
            _whole(low, step),
        ),
        **{text: (values, None, None) for text, (values, _) in _crude(whole).items()},
    }


@_round_rule("bits", "any", "b bits hold whole numbers of size 2^(b - 1) - 1 at most.", _bits)
def _round_bits(W: Array, bits: int) -> Judgement:
    values, step = _rows(W, 2 ** (bits - 1) - 1)
    return (values, step), {
        "That is eight bits, whatever `bits` says.": _rows(W),
        "One bit is the sign: 2^(b - 1) - 1, not 2^b - 1.": _rows(W, 2**bits - 1),
        "0 and both signs: the largest is 2^(b - 1) - 1, one less than the power.": _rows(
            W, 2 ** (bits - 1)
        ),
        "One step for the whole matrix: each row wants its own.": (
            None,
            np.full(len(W), abs(W).max() / (2 ** (bits - 1) - 1)),
        ),
        "A row of zeros has the step 0; only where you divide must it be something else.": (
            None,
            np.where(step > 0, step, 1),
        ),
        **_crude(_whole(W, step[:, None])),
    }


def _power(step: Array, up: Any) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(2.0 ** up(np.log2(step)))


@_round_rule(
    "steps", "powers of two", "The smallest power of two with which no number passes 127.", _edges
)
def _round_powers(W: Array) -> Judgement:
    exact = abs(W).max(1) / 127
    step = _power(exact, np.ceil)
    whole = _whole(W, step[:, None])
    return (np.round(whole), step), {
        "That is max / 127. Here a step is a power of two.": _rows(W),
        "That power is too small: the largest weight needs more than 127 steps. The next one "
        "above.": (None, _power(exact, np.floor)),
        "The nearest power may be too small: the next one above.": (None, _power(exact, np.round)),
        "That is the exponent: the step itself is wanted.": (None, np.log2(_or_one(exact))),
        "That is the next power above the largest weight; divide it by 127 first.": (
            None,
            _power(127 * exact, np.ceil),
        ),
        "A row of zeros has the step 0.": (None, _or_one(step)),
        **_crude(whole),
    }


def _or_one(step: Array) -> Array:
    return np.where(step > 0, step, 1)


@_round_rule(
    "blocks", "of four", "Four neighbours in a row share a step: max |W_ij| / 127 of them."
)
def _round_blocks(W: Array) -> Judgement:
    def blocked(wide: int, axis: int = 1) -> tuple[Array, Array]:
        cut = W.reshape(len(W), -1, wide) if axis else W.reshape(len(W), wide, -1).swapaxes(1, 2)
        step = abs(cut).max(2) / 127
        whole = np.round(_whole(cut, step[..., None]))
        return (whole if axis else whole.swapaxes(1, 2)).reshape(W.shape), step

    values, step = blocked(4)
    return (values, step), {
        "There a row has one step. Here every four neighbours in it have one.": _rows(W),
        "Four *neighbours* share a step, not every second or fourth weight.": blocked(4, 0),
        "Blocks have four weights each; that cuts each row into four.": blocked(W.shape[1] // 4),
        "The numbers keep the matrix's shape.": (values.reshape(len(W), -1, 4), None),
        "A block of zeros has the step 0; only where you divide must it be something else.": (
            None,
            _or_one(step),
        ),
        **_crude(_whole(W, np.repeat(step, 4, 1))),
    }
