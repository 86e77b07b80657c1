"""Checkers of chapter 15: self-attention and many heads."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import (
    Called,
    Predicted,
    called,
    fixed,
    misshapen,
    same,
    slip,
)
from seqcourse.lesson.findings import Finding, Plain, close, holds

Array = np.ndarray


def _softmax(scores: Array, axis: int = -1) -> Array:
    best = scores.max(axis, keepdims=True)
    raised = np.exp(scores - np.where(np.isfinite(best), best, 0))
    return np.asarray(raised / raised.sum(axis, keepdims=True))


@exercise("sa-scale")
class Scale(Called):
    """Weights of all heads."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for B, T, S, n, d_k in ((2, 3, 4, 2, 5), (1, 5, 2, 3, 4), (2, 2, 3, 1, 8)):
            cases.append((rng.normal(size=(B, T, n, d_k)), rng.normal(size=(B, S, n, d_k))))
        q, k = cases[0]
        return {"cases": [*cases, (60 * q, 60 * k)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (q, k), given in zip(inputs["cases"], outputs, strict=True):
            B, T, n, d_k = q.shape
            name = f"{T} queries, {k.shape[1]} keys, {n} heads of {d_k} columns"
            right = _head_weights(q, k)
            ways = {text: _head_weights(q, k, *how) for text, how in _SCALES.items()}
            slips = {t: v for t, v in ways.items() if not np.allclose(v, right, rtol=1e-3)}
            look = slip(given, slips)
            if not look and np.abs(q).max() > 20:
                look = (
                    "Scores in the thousands: take each row's largest off before the exponential."
                )
            look = (
                look or "One score is a sum over a head's columns; one row of weights, over keys."
            )
            yield close(name, given, right, look=look)


_SCALES: dict[str, tuple[Any, int]] = {
    "As printed: divided by the width of all heads, and by no root.": ("width", -2),
    "The softmax runs over the queries: each query spreads a weight of 1 over the keys, the last "
    "axis.": ("root", -2),
    "The scores are divided by d_k: by its root.": ("d_k", -1),
    "The scores are divided by the width of all heads. A head's score is a sum of d_k products: "
    "divide by the root of that.": ("width", -1),
    "The root is taken of the width of all heads: a head's score is a sum of d_k products.": (
        "root of width",
        -1,
    ),
    "The scores are not divided.": ("none", -1),
    "The scores are multiplied by the root: divide.": ("times", -1),
    "The softmax runs over the queries, and the scores are divided by d_k: over the keys, by its "
    "root.": ("d_k", -2),
    "The softmax runs over the heads: over the keys, the last axis.": ("root", 1),
}


def _head_weights(q: Array, k: Array, by: str = "root", axis: int = -1) -> Array:
    n, d_k = q.shape[2:]
    divisor = {
        "root": np.sqrt(d_k),
        "d_k": d_k,
        "width": n * d_k,
        "root of width": np.sqrt(n * d_k),
        "none": 1.0,
        "times": 1 / np.sqrt(d_k),
    }[by]
    return _softmax(np.einsum("btnk,bsnk->bnts", q, k) / divisor, axis)


@exercise("sa-two")
class Two:
    """A query whose weight two keys share."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for S, d_k, a, b, p in ((4, 6, 0, 2, 0.5), (5, 5, 4, 1, 0.7), (3, 8, 1, 2, 0.1)):
            cases.append({"keys": rng.normal(size=(S, d_k)), "a": a, "b": b, "p": p})
        turned, _ = np.linalg.qr(rng.normal(size=(7, 7)))
        return {"cases": [{"keys": turned[:4], "a": 3, "b": 0, "p": 0.7}, *cases]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [
            called(answer, *(c[key] for key in ("keys", "a", "b", "p"))) for c in inputs["cases"]
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            keys, a, b, p = (case[key] for key in ("keys", "a", "b", "p"))
            S, d_k = keys.shape
            name = f"{S} keys of {d_k}, p = {p:g}: the weights"
            query = _vector(given, d_k)
            if query is None:
                look = "One query, a number for each column of the keys."
                yield holds(name, False, given=given, expected=f"a query ({d_k},)", look=look)
                continue
            scores = keys @ query
            weights = _softmax(scores / np.sqrt(d_k))
            right = np.zeros(S)
            right[a], right[b] = p, 1 - p
            yield close(
                name, weights, right, look=_asked(scores, right, a, b, p, d_k), rtol=0, atol=2e-3
            )


def _vector(given: Plain, size: int) -> Array | None:
    try:
        found = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return None
    return found if found.shape == (size,) and np.isfinite(found).all() else None


def _asked(scores: Array, right: Array, a: int, b: int, p: float, d_k: int) -> str:
    """What to say of q·k for all keys, where the weights are not those asked for."""

    def gives(factor: float) -> bool:
        return np.allclose(_softmax(scores * factor), right, atol=2e-3)

    swapped = right.copy()
    swapped[a], swapped[b] = right[b], right[a]
    if p != 0.5 and np.allclose(_softmax(scores / np.sqrt(d_k)), swapped, atol=2e-3):
        return "a and b have each other's weight: p is that of key a."
    if gives(1.0):
        return "These weights come out where scores are not divided: they are q·k / √d_k here."
    if gives(1 / np.sqrt(len(scores))):
        return "That is the root of the number of keys: d_k is the number of a key's columns."
    if gives(1 / d_k):
        return "These weights come out where scores are divided by d_k: here by its root."
    if abs(scores[a] - scores[b]) < 1e-6 and p != 0.5:
        return "a and b score alike, so they share evenly: their scores must differ by ln(p/(1-p))."
    others = np.delete(scores, [a, b])
    weights = _softmax(scores / np.sqrt(d_k))
    pair = weights[a] / (weights[a] + weights[b])
    if others.size and abs(pair - p) < 2e-3:
        return (
            "Between a and b it is right; but other keys get a share: let a and b lead by more, "
            "and score the others alike, 0, say."
        )
    if np.ptp(others) > 1e-6:
        return (
            "A sum of the two keys is no query for them, unless keys are at right angles: choose "
            "the scores first, and solve keys @ q = √d_k · scores."
        )
    return "How do the scores of a and b differ, if their weights are p and 1 - p?"


@exercise("sa-count")
class Count(Called):
    """How many numbers multi-head self-attention trains."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = [(10, 3, 4, 7, True), (10, 3, 4, 7, False), (7, 2, 5, 1, True)]
        return {"cases": [*cases, (512, 8, 64, 64, True), (512, 1, 512, 512, True)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (d, n, d_k, d_v, bias), given in zip(inputs["cases"], outputs, strict=True):
            into, out = 2 * n * d_k + n * d_v, n * d_v * d
            right = d * into + out + bias * (into + d)
            slips = {
                "W_o is missing.": right - out - bias * d,
                "W_o's biases are missing.": right - bias * d,
                "The biases of queries, keys and values are missing.": right - bias * into,
                "The biases are missing: with `bias` each of the four maps has some.": d * into
                + out,
                "Without `bias` there are none.": d * into + out + into + d,
                "For queries, keys and values that has d (2 d_k + d_v): one head's maps, or n "
                "heads that read d / n columns each. There are n, and each reads all d.": d
                * (2 * d_k + d_v)
                + out
                + bias * (2 * d_k + d_v + d),
                "That has a bias for every head in W_o: one map, d biases.": right
                + bias * (n - 1) * d,
                "W_o reads what all heads read, n · d_v numbers.": d * into
                + d_v * d
                + bias * (into + d),
                "W_o reads values, n · d_v numbers; that has n · d_k.": d * into
                + n * d_k * d
                + bias * (into + d),
                "That takes W_o as d by d: it reads n · d_v numbers.": d * into
                + d * d
                + bias * (into + d),
                "Keys are missing, or queries: both have d_k columns a head.": right
                - n * d_k * (d + bias),
                "A head does not read d / n columns: each reads all d.": d // n * into
                + out
                + bias * (into + d),
                "Values have d_v columns, queries and keys d_k.": d * 3 * n * d_k
                + out
                + bias * (3 * n * d_k + d),
            }
            slips = {text: value for text, value in slips.items() if value != right}
            usual = "Four maps: how many inputs, how many outputs has each?"
            look = slip(given, slips, rtol=1e-9) or usual
            name = f"d = {d}, n = {n}, d_k = {d_k}, d_v = {d_v}, {'with' if bias else 'no'} biases"
            yield close(name, given, right, look=look, rtol=0, atol=0.1)


@exercise("sa-stream")
class Stream:
    """The softmax's mean of values that come in blocks."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(
            what: str, sizes: tuple[int, ...], scale: float, hide: tuple[int, ...] = ()
        ) -> Any:
            scores = [scale * rng.normal(size=size) for size in sizes]
            for block in hide:
                scores[block][:] = -np.inf
            values = [rng.normal(size=(size, 3)) for size in sizes]
            return {"what": what, "scores": scores, "values": values}

        rising = case("scores that rise to 3,000", (2, 3, 4), 1.0)
        for block, height in enumerate((-3000.0, 0.0, 3000.0)):
            rising["scores"][block] += height
        some = case("some scores of -inf", (4, 4), 1.0)
        some["scores"][0][1:] = some["scores"][1][0] = -np.inf
        low = case("all scores near -3,000", (2, 3), 1.0)
        for block in low["scores"]:
            block -= 3000.0
        falling = case("scores that fall to -3,000", (2, 2, 2), 1.0)
        for block, height in enumerate((3000.0, 0.0, -3000.0)):
            falling["scores"][block] += height
        return {
            "cases": [
                case("one block", (5,), 1.0),
                case("three blocks", (3, 1, 4), 1.5),
                falling,
                rising,
                low,
                some,
                case("a first block of -inf", (3, 2, 2), 1.0, (0,)),
                case("a block of -inf between two", (3, 2, 2), 1.0, (1,)),
                case("nothing but -inf", (2, 3), 1.0, (0, 1)),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_streamed(answer, case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            if isinstance(given, str):
                look = "Take each block once, in a loop, and keep only three things of it."
                wanted = "each block seen once, and let go"
                yield holds(case["what"], False, given=given, expected=wanted, look=look)
                continue
            right = _read(case)
            ways = {text: _read(case, way) for text, way in _STREAMS.items()}
            slips = {
                text: value
                for text, value in ways.items()
                if np.isfinite(value).all() and not np.allclose(value, right, rtol=1e-3, atol=1e-6)
            }
            look = slip(given, slips, rtol=1e-6)
            if not look and not np.isfinite(_numbers(given)).all():
                look = _NAN.get(case["what"], _NAN["-inf" if "-inf" in case["what"] else ""])
            if not look and "-inf" in case["what"]:
                look = "A score of -inf gives its value no weight, and changes nothing else."
            if not look and len(case["scores"]) == 1:
                look = "One block: w @ values, and that over w.sum()."
            look = (
                look
                or "Old sums shrink by e^(old largest - new largest); the new block adds to them."
            )
            yield close(case["what"], given, right, look=look)


_LOWEST = "The largest score so far begins at -inf: all scores may lie far below any other number."
_NAN = {
    "": "NaN or infinity: take off the largest of *all* scores so far, then raise.",
    "-inf": "NaN or infinity: of -inf take nothing off; while all is -inf, a block changes "
    "nothing, and 0 is not divided by 0.",
    "one block": "NaN or infinity in the first block, where the largest so far is -inf: old sums "
    "take the factor e^(old - new), 0 there, and the block's exponentials are of scores - new.",
    "all scores near -3,000": f"0 by 0. {_LOWEST}",
}


LISTED = "the blocks were kept, counted, indexed or read twice"


class _Once:
    """Blocks that come once."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case, self.begun = case, False

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        if self.begun:
            raise _Listed
        self.begun = True
        handed: list[weakref.ref[Array]] = []
        for scores, values in zip(self.case["scores"], self.case["values"], strict=True):
            # the last block may still have its names in the loop; those before it are let go
            if any(array() is not None for array in handed[:-1]):
                raise _Listed
            block = fixed(scores), fixed(values)
            handed.append(weakref.ref(block[1]))
            yield block
            del block

    def __len__(self) -> int:
        raise _Listed

    def __getitem__(self, at: object) -> Any:
        raise _Listed


class _Listed(Exception):
    pass


def _streamed(answer: Any, case: Mapping[str, Any]) -> Any:
    try:
        found = answer(_Once(case), 3)
    except _Listed:
        return LISTED
    return found


def _numbers(given: Plain) -> Array:
    try:
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return np.zeros(0)


_STREAMS = {
    _LOWEST: "low",
    "The old sums did not shrink when a larger score came.": "no shrink",
    "The values' sum shrinks, the sum of exponentials does not: both do.": "sum stays",
    "The sum of exponentials shrinks, the values' sum does not: both do.": "values stay",
    "That is the mean of the blocks' own means: a block with larger scores counts for more.": (
        "mean of means"
    ),
    "Only the last block is left: add to the old sums.": "last",
    "The values' sum is not divided by the sum of exponentials.": "sum",
    "Each block's exponentials are relative to its own largest score: take off the largest of all "
    "so far.": "own",
    "The old sums grow where they should shrink: e^(old largest - new largest) is at most 1.": (
        "grow"
    ),
}


def _read(case: Mapping[str, Any], way: str = "") -> Array:
    """The softmax's mean, or what comes out with a mistake."""
    with np.errstate(all="ignore"):
        blocks = list(zip(case["scores"], case["values"], strict=True))
        if way == "mean of means":
            means = [_softmax(s) @ v for s, v in blocks]
            return np.asarray(np.mean(means, 0))
        top, z, v = 0.0 if way == "low" else -np.inf, 0.0, np.zeros(3)
        for scores, values in blocks[-1:] if way == "last" else blocks:
            best = scores.max()
            new = max(top, best)
            if new == -np.inf:
                continue
            shrink, w = np.exp(top - new), np.exp(scores - (best if way == "own" else new))
            shrink = 1.0 if way == "no shrink" else shrink
            if way == "grow" and top > -np.inf:
                shrink = np.exp(new - top)
            z = z * (1.0 if way == "sum stays" else shrink) + w.sum()
            v = v * (1.0 if way == "values stay" else shrink) + w @ values
            top = new
        return v if way == "sum" or z == 0 else v / z


@exercise("sa-shuffle")
class Shuffled(Predicted):
    """What a shuffle does to self-attention: seven words."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 7, "seven words: (a) to (g)"):
            yield lost
            return
        rights = ("moves", "same", "same", "other", "same", "other", "moves")
        looks: tuple[dict[str, str], ...] = (
            {
                "same": "Each row of Y belongs to a row of X: does it stay where it was, when that "
                "one moves?",
                "other": "Row t of Y is made of x_t and of a sum over all rows: neither knows "
                "where in the table they stand.",
            },
            {
                "moves": "Row 1 asks as before, and the sum runs over the same rows in another "
                "order.",
                "other": "Row 1 asks as before, and the sum runs over the same rows in another "
                "order.",
            },
            {
                "moves": "Rows of Y belong to queries, and these stay where they are.",
                "other": "Each key still has its own value beside it; a sum does not know its "
                "order.",
            },
            {
                "same": "The keys now stand beside other keys' values: the weights go to the wrong "
                "ones.",
                "moves": "The keys now stand beside other keys' values: the weights go to the "
                "wrong ones.",
            },
            {
                "moves": "A mean over rows is one row: what could move?",
                "other": "By (a) the rows of Y are the same ones in another order.",
            },
            {
                "same": "Each row sees those before it: other rows, after the shuffle.",
                "moves": "The mask stays where it is while the rows move: a row now sees other "
                "rows before it.",
            },
            {
                "same": "Each row of Y belongs to a row of X, and that one moves.",
                "other": "'All but myself' are the same rows, wherever I stand: this mask moves "
                "along.",
            },
        )
        for name, given, right, known in zip("abcdefg", outputs, rights, looks, strict=True):
            look = known.get(given, "") if isinstance(given, str) else ""
            look = look or 'Answer with one of three words: "same", "moves", "other".'
            wanted = "another of the three words"
            yield holds(f"({name})", given == right, given=given, expected=wanted, look=look)


@exercise(
    "sa-heads",
    forbid=(
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.multi_head_attention_forward",
        "torch.nn.functional.scaled_dot_product_attention",
        "seqcourse.nn.MultiheadAttention",
        "seqcourse.nn.multihead",
        "seqcourse.nn.project_heads",
        "seqcourse.nn.functional.scaled_dot_product_attention",
        "seqcourse.nn.blockwise_attention",
    ),
)
class Heads:
    """Multi-head attention with torch's parameters."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(what: str, B: int, L: int, S: int, d: int, n: int, *masks: str) -> dict[str, Any]:
            shapes: dict[str, tuple[int, ...]] = {"query": (B, L, d), "key": (B, S, d)}
            shapes |= {"value": (B, S, d), "in_proj_weight": (3 * d, d), "in_proj_bias": (3 * d,)}
            shapes |= {"out_proj.weight": (d, d), "out_proj.bias": (d,)}
            made: dict[str, Any] = {name: rng.normal(size=size) for name, size in shapes.items()}
            padding = np.arange(S) >= rng.integers(1, S, (B, 1))
            hidden = np.triu(np.ones((L, S), bool), 1)
            made["key_padding_mask"] = padding if "padding" in masks else None
            made["attn_mask"] = hidden if "hidden" in masks else None
            return made | {"what": what, "heads": n}

        return {
            "cases": [
                case("three heads", 2, 4, 5, 6, 3),
                case("one head", 2, 3, 4, 4, 1),
                case("few queries, many keys", 1, 2, 6, 4, 2),
                case("padding", 3, 2, 5, 6, 2, "padding"),
                case("the future hidden", 2, 5, 5, 6, 2, "hidden"),
                case("both masks", 2, 4, 4, 8, 4, "padding", "hidden"),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        from seqcourse.lesson.check import is_stub

        if is_stub(getattr(answer, "forward", None)):
            raise NotImplementedError
        found: list[Any] = []
        for case in inputs["cases"]:
            try:
                found.append(_attended(answer, case))
            except Exception:  # what is wrong without masks explains it better
                if all(map(_like, inputs["cases"], found)):
                    raise
                break
        return found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=False):
            what = case["what"]
            part = f"{what}: the weights"
            if isinstance(given, str):
                wanted = "two: what is read, the weights" if given == ONE else "torch's parameters"
                look = "" if given == ONE else _NAMES_LOOK
                yield holds(part, False, given=given, expected=wanted, look=look)
                yield holds(f"{what}: what is read", False)
                continue
            if lost := misshapen(given, 2, "two: what is read, the weights", part):
                yield lost
                yield holds(f"{what}: what is read", False)
                continue
            read, weights = _multihead(case)
            ways = {text: _multihead(case, way) for text, way in _HEADS.items()}
            slips = {t: w[1] for t, w in ways.items() if not same(w[1], weights, 1e-5)}
            if "both" in what:
                alone = [_multihead(case, way)[1] for way in ("no padding", "no hidden", "and")]
                if any(same(given[1], value, 1e-5) for value in alone):
                    slips = {"Both masks hide: True in either is enough.": np.asarray(given[1])}
            each = "Those are the weights of each head: their mean, (B, L, S), is asked for."
            if np.shape(given[1]) == _multihead(case, "each")[1].shape:
                yield holds(part, False, given=f"shape {np.shape(given[1])}", look=each)
                yield holds(f"{what}: what is read", False)
                continue
            if np.shape(given[1]) != weights.shape and same(
                given[1], _multihead(case, "query only")[1], 1e-5
            ):
                shape = f"shape {np.shape(given[1])}"
                yield holds(part, False, given=shape, look=_QUERY_LOOK)
                yield holds(f"{what}: what is read", False)
                continue
            look = slip(given[1], slips, rtol=1e-5) or (
                "Head by head: q·k over the root of d / n, masks, then the softmax over the keys; "
                "at last the mean over heads."
            )
            found = close(part, given[1], weights, look=look, rtol=1e-5, atol=1e-7)
            yield found
            if not found.ok:
                yield holds(f"{what}: what is read", False)
                continue
            slips = {t: w[0] for t, w in ways.items() if not same(w[0], read, 1e-5)}
            look = slip(given[0], slips, rtol=1e-5) or (
                "weights @ values in each head, joined head by head, then out_proj."
            )
            yield close(f"{what}: what is read", given[0], read, look=look, rtol=1e-5, atol=1e-7)
        if len(outputs) < len(inputs["cases"]):
            yield holds("the other cases", False)


_PARAMETERS = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
_NAMES_LOOK = (
    "Keep the parameters of the stub, by their names: torch's weights are loaded into them."
)


def _attended(answer: Any, case: Mapping[str, Any]) -> Any:
    """What a layer with the case's weights gives, or a text: they cannot be loaded."""
    import torch

    layer = answer(case["query"].shape[-1], case["heads"])
    if not isinstance(layer, torch.nn.Module):
        return "no nn.Module"
    have = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    want = {name: case[name].shape for name in _PARAMETERS}
    if have != want:
        return f"parameters {have}"
    layer = layer.double()
    layer.load_state_dict({name: torch.tensor(case[name]) for name in _PARAMETERS})
    given = [torch.tensor(case[name]) for name in ("query", "key", "value")]
    masks = {
        name: torch.tensor(case[name])
        for name in ("key_padding_mask", "attn_mask")
        if case[name] is not None
    }
    found = layer(*given, **masks)
    return ONE if isinstance(found, torch.Tensor) else found


def _like(case: Mapping[str, Any], found: Any) -> bool:
    """Whether a layer's weights and what it read are right."""
    if not isinstance(found, tuple | list) or len(found) != 2:
        return False
    try:
        given = [np.asarray(part.detach()) for part in found]
    except (AttributeError, RuntimeError, TypeError):
        return False
    return all(same(a, b, 1e-5) for a, b in zip(given, _multihead(case), strict=True))


ONE = "one tensor"
_QUERY_LOOK = "All three were made of the query: keys come from `key`, values from `value`."
_HEADS = {
    "The scores are not divided.": "unscaled",
    "The scores are divided by the root of n: of d / n, a head's columns.": "root of n",
    "The scores are divided by the root of d: of d / n, a head's columns.": "root of d",
    "The scores are divided by d / n: by its root.": "d_k",
    "The softmax runs over the queries: it is over the keys, the last axis.": "axis",
    "The heads were cut by view alone: (B, L, d) is (B, L, n, d / n), and then heads and places "
    "change sides, transpose(1, 2).": "view",
    "The columns are cut into d / n heads of n: it is n heads of d / n.": "cut",
    "The masks are turned round: True hides.": "inverted",
    "key_padding_mask is left out, or turned round.": "no padding",
    "attn_mask is left out.": "no hidden",
    "Hidden scores became 0, a score like any other: they must go to minus infinity.": "zero score",
    "The hidden weights were set to 0 after the softmax: the rest no longer sums to 1.": "after",
    "The biases of queries, keys and values are missing.": "no bias",
    "The thirds of in_proj_weight are for queries, keys, values, in this order.": "order",
    _QUERY_LOOK: "query only",
    "The values were made of `key`: they come from `value`.": "value of key",
    "The weights of in_proj are transposed: x @ W.T, as nn.Linear does.": "transposed",
    "out_proj is missing.": "no out",
    "What the heads read was joined without changing heads and places back: transpose(1, 2).": (
        "join"
    ),
    "Every head got the mean weights: the mean is only for the return value.": "mean weights",
}


def _multihead(case: Mapping[str, Any], way: str = "") -> tuple[Array, Array]:
    """What is read and the mean weights, or what comes out with a mistake."""
    names = {"query only": ("query",) * 3, "value of key": ("query", "key", "key")}
    given = [case[name] for name in names.get(way, ("query", "key", "value"))]
    weight, bias = np.split(case["in_proj_weight"], 3), np.split(case["in_proj_bias"], 3)
    if way == "order":
        weight, bias = [weight[i] for i in (1, 2, 0)], [bias[i] for i in (1, 2, 0)]
    if way == "transposed":
        weight = [w.T for w in weight]
    if way == "no bias":
        bias = [0 * b for b in bias]
    B, L, d = case["query"].shape
    n, S = case["heads"], case["key"].shape[1]
    d_k = d // n
    q, k, v = (_cut(x @ w.T + b, n, way) for x, w, b in zip(given, weight, bias, strict=True))
    if way == "query only" and L != S:
        if case["key_padding_mask"] is not None or case["attn_mask"] is not None:
            return np.zeros(0), np.zeros(0)
        S = L
    if way == "cut":
        d_k = n
    root = {"unscaled": 1.0, "root of d": np.sqrt(d), "root of n": np.sqrt(n), "d_k": d_k}.get(
        way, np.sqrt(d_k)
    )
    scores = q @ k.swapaxes(-1, -2) / root
    hide = np.zeros((B, 1, L, S), bool)
    if case["key_padding_mask"] is not None and way != "no padding":
        hide = hide | case["key_padding_mask"][:, None, None]
    if case["attn_mask"] is not None and way != "no hidden":
        hide = hide | case["attn_mask"]
    if way == "and" and case["key_padding_mask"] is not None and case["attn_mask"] is not None:
        hide = case["key_padding_mask"][:, None, None] & case["attn_mask"]
    hide = ~hide if way == "inverted" and hide.any() else hide
    with np.errstate(all="ignore"):
        if way == "zero score":
            a = _softmax(np.where(hide, 0.0, scores))
        elif way == "after":
            a = np.where(hide, 0.0, _softmax(scores))
        else:
            a = _softmax(np.where(hide, -np.inf, scores), -2 if way == "axis" else -1)
        if way == "each":
            return np.zeros(0), a
        mixed = a.mean(1, keepdims=True) if way == "mean weights" else a
        read = mixed @ v
        joined = read if way in ("join", "view") else read.swapaxes(1, 2)
        joined = joined.reshape(B, L, d)
        out = (
            joined
            if way == "no out"
            else joined @ case["out_proj.weight"].T + case["out_proj.bias"]
        )
    return np.asarray(out), np.asarray(a.mean(1))


def _cut(x: Array, n: int, way: str) -> Array:
    B, T, d = x.shape
    if way == "view":
        return x.reshape(B, n, T, d // n)
    if way == "cut":
        return x.reshape(B, T, d // n, n).swapaxes(1, 2)
    return x.reshape(B, T, n, d // n).swapaxes(1, 2)
