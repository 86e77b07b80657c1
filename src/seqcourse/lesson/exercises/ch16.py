"""Checkers of chapter 16: position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import (
    Called,
    Predicted,
    called,
    misshapen,
    on_tensors,
    same,
    slip,
)
from seqcourse.lesson.findings import Finding, Plain, close, holds

Array = np.ndarray


def _unchanged(answer: Any, *arguments: Any) -> Any:
    """The answer's output for tensors; one that writes into them is told so."""
    import torch

    tensors = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in arguments]
    given = answer(*tensors)
    for before, after in zip(arguments, tensors, strict=True):
        if isinstance(before, np.ndarray) and not np.array_equal(before, after.detach().numpy()):
            raise ValueError("the tensors are read-only")  # worded as for arrays
    return given


def _single(given: Plain, slips: Mapping[str, Any]) -> str:
    """`slip`, with room for what single precision makes of great angles."""
    mine = np.asarray(given) if isinstance(given, np.ndarray) else np.empty(0)
    near = (
        t for t, v in slips.items() if mine.shape == v.shape and np.allclose(mine, v, atol=2e-3)
    )
    return slip(given, slips) or (next(near, "") if mine.dtype.kind == "f" else "")


def _rates(width: int, base: float) -> Array:
    return base ** (-np.arange(0, width, 2) / width)


def _pairs(first: Array, second: Array) -> Array:
    """Two halves, column by column in turn."""
    return np.stack([first, second], -1).reshape(*first.shape[:-1], -1)


def _turns(angles: Array) -> Array:
    """A matrix with one 2 × 2 block for each angle: [[c, s], [-s, c]]."""
    size = 2 * len(angles)
    found = np.zeros((size, size))
    for i, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        found[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return found


@exercise("po-shift")
class Shift(Called):
    """The matrix that leads from one row of the sinusoids to another."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(3, 6, 50.0), (1, 2, 10_000.0), (-2, 4, 10_000.0), (0, 4, 50.0)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (k, width, base), given in zip(inputs["cases"], outputs, strict=True):
            angles = k * _rates(width, base)
            right = _turns(angles)
            half = width // 2
            cos, sin = np.diag(np.cos(angles)), np.diag(np.sin(angles))
            halves = np.block([[cos, sin], [-sin, cos]])
            slips = {
                "So it goes k places back: the minus belongs to the other sine.": right.T,
                "That has all sines first, then all cosines: in the table they take turns.": halves,
                "That has all sines first, and goes back besides.": halves.T,
                "The rate of pair i is base^(-2 i / d): your exponent grows half as fast.": _turns(
                    k * base ** (-np.arange(half) / width)
                ),
                "The rate of pair i is base^(-2 i / d): your exponent grows twice as fast.": _turns(
                    k * base ** (-4 * np.arange(half) / width)
                ),
                "The base is given: it is not always 10,000.": _turns(k * _rates(width, 10_000.0)),
                "All pairs turn at one rate here: each has its own.": _turns(np.full(half, k)),
                "The angle is k times the rate: k is missing.": _turns(_rates(width, base)),
                "The rates grow here: the exponent has a minus.": _turns(k / _rates(width, base)),
            }
            slips = {t: v for t, v in slips.items() if not np.allclose(v, right)}
            look = slip(given, slips) or (
                "Each pair of columns has a block of its own: sin(a + b) = sin a cos b + cos a "
                "sin b, cos(a + b) = cos a cos b - sin a sin b."
            )
            yield close(f"k = {k}, d = {width}, base {base:g}", given, right, look=look)


@exercise("po-sinusoids", forbid=("seqcourse.nn.sinusoids", "seqcourse.nn.positions.sinusoids"))
class Sinusoids:
    """The table of sines and cosines."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(9, 6, 50.0), (1, 4, 10_000.0), (5, 2, 10_000.0), (12, 8, 10_000.0)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [called(answer, *case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (length, width, base), given in zip(inputs["cases"], outputs, strict=True):
            half, at = width // 2, np.arange(length)[:, None]
            angles = at * _rates(width, base)
            sin, cos = np.sin(angles), np.cos(angles)
            right = _pairs(sin, cos)

            def of(angles: Array) -> Array:
                return _pairs(np.sin(angles), np.cos(angles))

            slips = {
                "All sines stand first, then all cosines: let them take turns.": np.hstack(
                    [sin, cos]
                ),
                "Cosines stand in the even columns: sines do, cosines in the odd ones.": _pairs(
                    cos, sin
                ),
                "Places count from 0.": of((at + 1) * _rates(width, base)),
                "The exponent has the 2 twice: with columns 0, 2, …, which are 2 i, it is -column "
                "/ d, and sine and cosine of a pair share it.": np.where(
                    np.arange(width) % 2,
                    np.cos(at * base ** (-2 * np.arange(width) / width)),
                    np.sin(at * base ** (-2 * np.arange(width) / width)),
                ),
                "Your angles are 2 π times too large: the rate is an angle already.": of(
                    2 * np.pi * angles
                ),
                "The exponent lacks the width: -2 i / d.": of(
                    at * base ** -np.arange(0.0, width, 2)
                ),
                "The sine of a column and the cosine of the next share a rate: the exponent is "
                "that of the pair, not of the column.": np.where(
                    np.arange(width) % 2,
                    np.cos(at * base ** (-np.arange(width) / width)),
                    np.sin(at * base ** (-np.arange(width) / width)),
                ),
                "The rate of pair i is base^(-2 i / d): your exponent grows half as fast.": of(
                    at * base ** (-np.arange(half) / width)
                ),
                "The rate of pair i is base^(-2 i / d): your exponent grows twice as fast.": of(
                    at * base ** (-4 * np.arange(half) / width)
                ),
                "The base is given: it is not always 10,000.": of(at * _rates(width, 10_000.0)),
                "The rates grow here: the exponent has a minus.": of(at / _rates(width, base)),
                "That is the transpose: a row for each place.": right.T,
            }
            slips = {
                t: v
                for t, v in slips.items()
                if v.shape != right.shape or not np.allclose(v, right)
            }
            look = _single(given, slips) or (
                "Angles first, place times rate, (T, d / 2); then sines into columns 0, 2, …, "
                "cosines into 1, 3, …"
            )
            name = f"{length} places, width {width}, base {base:g}"
            yield close(name, given, right, look=look, rtol=1e-4, atol=1e-5)


@exercise("po-relative")
class Relative(Predicted):
    """Which scores stay when both places move on together."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 6, "six of True and False: (a) to (f)"):
            yield lost
            return
        rights = (False, False, True, False, True, True)
        looks = (
            "Rows 3 and 5 of a table know nothing of rows 13 and 15: each was learnt alone.",
            "pe·pe alone would depend on the distance, if no W_q and W_k stood between. And the "
            "score has three more terms: x with x, x with pe, pe with x. In which of them does a "
            "single place stand?",
            "R(-a) R(b) is R(b - a): what is left of the two places?",
            "Only a full turn of the query alone is left: whose place does it know?",
            "What is added there is -λ times what?",
            "Nothing in that score knows a place, so nothing changes when places do.",
        )
        for name, given, right, look in zip("abcdef", outputs, rights, looks, strict=True):
            ok = isinstance(given, bool | np.bool_) and bool(given) == right
            if not isinstance(given, bool | np.bool_):
                look = "Say True where the score stays the same, False where it changes."
            yield holds(f"({name})", ok, given=given, expected="the other one", look=look)


@exercise("po-table")
class Table:
    """Rows of a learned table for what comes in pieces, and a clear word past its end."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        table = rng.normal(size=(6, 3))
        sizes = ((2, 4, 0), (2, 1, 4), (1, 3, 2), (2, 6, 0), (1, 1, 5))
        cases = [(rng.normal(size=(B, T, 3)), table, seen) for B, T, seen in sizes]
        over = [(rng.normal(size=(2, T, 3)), table, seen) for T, seen in ((1, 6), (7, 0), (2, 5))]
        return {"cases": cases, "over": over}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        given: list[Any] = []
        for case in inputs["cases"]:
            try:
                given.append(_unchanged(answer, *case))
            except (IndexError, RuntimeError) as error:
                if type(error) not in (IndexError, RuntimeError):
                    raise
                given.append(f"{type(error).__name__}: {error}")
        refused: list[Any] = []
        for case in inputs["over"]:
            try:
                found = on_tensors(answer, *case)
            except Exception as error:
                refused.append(type(error).__name__)
            else:
                shape = getattr(found, "shape", None)
                name = getattr(found, "__name__", type(found).__name__)
                refused.append(f"returned {name}" if shape is None else list(shape))
        return {"given": given, "refused": refused}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (x, table, seen), given in zip(inputs["cases"], outputs["given"], strict=True):
            T = x.shape[1]
            slips = {
                "These are the table's first rows: x begins at place `seen`.": x + table[:T],
                "Each place got the row of the last one: a row for each.": x + table[seen + T - 1],
                "Each place got the row of the first one: a row for each.": x + table[seen],
                "These are the table's last rows: x begins at place `seen`.": x + table[-T:],
            }
            if seen:
                slips["The first new symbol stands at place `seen`, not one before."] = (
                    x + table[seen - 1 : seen - 1 + T]
                )
            if seen + 1 + T <= len(table):
                slips["The first new symbol stands at place `seen`: places count from 0."] = (
                    x + table[seen + 1 : seen + 1 + T]
                )
            right = x + table[seen : seen + T]
            name = f"T = {T}, seen = {seen}, a table of {len(table)} rows"
            if isinstance(given, str):
                fits = f"a tensor of shape {right.shape}"
                look = f"Rows {seen} to {seen + T - 1} are wanted, and the table has them"
                look += ": the last row is a place, too." if seen + T == len(table) else "."
                yield holds(name, False, given=given, expected=fits, look=look)
                continue
            slips = {t: v for t, v in slips.items() if not np.allclose(v, right)}
            look = slip(given, slips) or "Rows seen, seen + 1, …, seen + T - 1, one for each place."
            yield close(name, given, right, look=look)
        for (x, _, seen), given in zip(inputs["over"], outputs["refused"], strict=True):
            T = x.shape[1]
            name = f"places {seen} to {seen + T - 1} of a table with 6 rows"
            if given == "IndexError":
                yield holds(name, True, given=given)
            elif isinstance(given, str) and given.startswith("returned "):
                look = "Nothing was refused: `raise` the error, do not return it."
                yield holds(name, False, given=given, expected="IndexError raised", look=look)
            elif isinstance(given, str):
                look = (
                    "Say it yourself, before you add: `raise IndexError(…)`. A slice past the end "
                    "is only shorter."
                )
                yield holds(name, False, given=given, expected="IndexError", look=look)
            else:
                look = (
                    "A slice past the end is not refused, it is shorter: an empty one, added to "
                    "one place, leaves none. Look at seen + T first."
                    if 0 in given
                    else "There is no row for that place: refuse it before you add, whatever you "
                    "could put there."
                )
                shape = f"a tensor of shape {tuple(given)}"
                yield holds(name, False, given=shape, expected="IndexError", look=look)


@exercise("po-rotary", forbid=("seqcourse.nn.rotate", "seqcourse.nn.positions.rotate"))
class Rotary:
    """Pairs of columns, turned by place times rate."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        shapes = (((3, 2), 0), ((2, 5, 6), 0), ((2, 3, 4, 8), 7))
        return {
            "cases": [
                (rng.normal(size=shape), np.arange(shape[-2]) * (1 + 2 * (at > 0)) + at)
                for shape, at in shapes
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_unchanged(answer, *case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (x, places), given in zip(inputs["cases"], outputs, strict=True):
            width = x.shape[-1]
            half = width // 2
            angles = places[:, None] * _rates(width, 10_000.0)
            right = _rotated(x, angles)
            first, second = x[..., :half], x[..., half:]
            cos, sin = np.cos(angles), np.sin(angles)
            even, odd = x[..., 0::2], x[..., 1::2]
            twice = np.concatenate([angles, angles], -1)
            lead = 10_000.0 ** (-np.arange(0, width, 2) / width)
            slips = {
                "That turns the other way: minus the sine belongs to the even column.": _rotated(
                    x, -angles
                ),
                "Column i was paired with column i + d/2, as some libraries do: here a pair is two "
                "neighbours.": np.concatenate(
                    [first * cos - second * sin, first * sin + second * cos], -1
                ),
                "The turned columns stand in two halves: let even and odd ones take turns again.": (
                    np.concatenate([right[..., 0::2], right[..., 1::2]], -1)
                ),
                "Rows were counted 0, 1, 2, …: their places are given.": _rotated(
                    x, np.arange(len(places))[:, None] * lead
                ),
                "Only the first place was read, and 1 added row by row: each row's place is "
                "given.": _rotated(x, (places[0] + np.arange(len(places)))[:, None] * lead),
                "The even columns were overwritten before the odd ones read them: make both first, "
                "or copy.": _pairs(
                    even * cos - odd * sin, (even * cos - odd * sin) * sin + odd * cos
                ),
                "All angles were repeated one after another: each stands twice in a row, for its "
                "two columns (repeat_interleave).": x * np.cos(twice)
                + _pairs(-odd, even) * np.sin(twice),
                "The exponent lacks the width: -2 i / d for pair i.": _rotated(
                    x, places[:, None] * 10_000.0 ** -np.arange(0.0, width, 2)
                ),
                "The exponent grows twice as fast as it should: -2 i / d for pair i.": _rotated(
                    x, places[:, None] * lead**2
                ),
                "The rates grow here: the exponent has a minus.": _rotated(
                    x, places[:, None] / lead
                ),
                "All pairs turn at one rate: pair i has base^(-2 i / d).": _rotated(
                    x, places[:, None] * np.ones(half)
                ),
                "The exponent grows half as fast as it should: -2 i / d for pair i.": _rotated(
                    x, places[:, None] * 10_000.0 ** (-np.arange(half) / width)
                ),
                "Sinusoids were added: rotary multiplies, each pair by its rotation.": x
                + _pairs(sin, cos),
                "Both columns lost the other's share: x cos - y sin, and x sin + y cos.": x
                * _pairs(cos, cos),
                "Both signs are plus: a rotation has one minus, or lengths change.": _pairs(
                    even * cos + odd * sin, even * sin + odd * cos
                ),
            }
            slips = {t: v for t, v in slips.items() if not np.allclose(v, right)}
            look = _single(given, slips) or (
                "Angles (T, d / 2): place times rate. Then x[..., 0::2] and x[..., 1::2] are the "
                "two coordinates of every pair."
            )
            yield close(f"x of shape {x.shape}", given, right, look=look, rtol=1e-4, atol=1e-5)


def _rotated(x: Array, angles: Array) -> Array:
    cos, sin = np.cos(angles), np.sin(angles)
    even, odd = x[..., 0::2], x[..., 1::2]
    return _pairs(even * cos - odd * sin, even * sin + odd * cos)


@exercise("po-reach", forbid=("seqcourse.nn.alibi_slopes", "seqcourse.nn.positions.alibi_slopes"))
class Reach(Called):
    """How far back each head of ALiBi can see a key whose score leads."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(4, 3.0), (8, 1.0), (16, 2.0), (1, 5.0), (2, 0.5)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (heads, lead), given in zip(inputs["cases"], outputs, strict=True):
            number = np.arange(1, heads + 1)
            slopes = 2.0 ** (-8 * number / heads)
            right = lead / slopes
            ways = (np.floor(right), np.ceil(right), np.round(right))
            rounded = next((way for way in ways if same(given, way)), ways[0])
            slips = {
                "Those are the slopes: at which distance has slope times distance used up the "
                "lead?": slopes,
                "That is what a head takes off for one step, in shares of the lead: turn it "
                "round.": slopes / lead,
                "That is slope times lead: the distance is the lead over the slope.": lead * slopes,
                "The first head has 2^(-8/n), not 2^0: count heads from 1.": lead
                / 2.0 ** (-8 * (number - 1) / heads),
                "These are 8 heads' slopes for any number: the exponent is -8 i / n.": lead
                * 2.0**number,
                "The exponent of head i is -8 i / n: the 8 is missing.": lead
                * 2.0 ** (number / heads),
                "The first head has the steepest slope.": right[::-1],
                "Do not round: equal weights may lie between two places.": rounded,
                "Weights are e to the score: the lead counts as it is, without a factor ln 2.": (
                    right / np.log(2)
                ),
                "The weights are equal where the scores are: no logarithm of the lead.": np.log(
                    lead
                )
                / slopes,
            }
            slips = {t: v for t, v in slips.items() if not np.allclose(v, right)}
            look = slip(given, slips) or (
                "λ_i = 2^(-8 i / n) for i = 1 … n; a key at distance k has lost λ_i k. When is "
                "that the whole lead?"
            )
            if not same(given, right) and np.shape(given) == ():
                look = "A list: one distance for each head."
            yield close(f"{heads} heads, lead {lead:g}", given, right, look=look)
