"""Checkers of chapter 21: choosing and scaling."""

from __future__ import annotations

import math
import sys
import tracemalloc
from collections.abc import Iterable
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


@exercise("cs-crossing")
class Crossing(Called):
    """From what length on attention takes more operations than a recurrent layer."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        widths = [8 * int(rng.integers(2, 9)) for _ in range(3)]
        return {"cases": [(widths[0], 4, 4), (widths[1], 3, 2), (widths[2], 4, 1), (48, 1, 8)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (d, G, n), given in zip(inputs["cases"], outputs, strict=True):
            right = max(1, (2 * G - 3) * d)
            slips = {
                "Each head compares columns of its own: d / n of them, not d. Heads cancel.": (
                    max(1, math.floor((2 * G - 3) * d / n))
                ),
                "At that length both take as many: one place more.": right - 1,
                "One place too far: at the one before, attention is the dearer already. T² / 2 "
                "pairs give this; with the diagonal there are T (T + 1) / 2.": right + 1,
                "Each place compares itself with its own key, too: T (T + 1) / 2 pairs.": (
                    max(1, (2 * G - 3) * d + 2)
                ),
                "A multiplication and an addition are two operations, in the maps, in the scores "
                "and in the recurrent layer.": max(1, (4 * G - 3) * d),
                "The recurrent layer's are two operations as well: 4 G d² a place.": (
                    max(1, (G - 3) * d)
                ),
                "You counted T² pairs. Place t compares itself with t keys: T (T + 1) / 2.": (
                    max(1, math.floor((2 * G - 3) * d / 2) + 1)
                ),
                "You counted four maps: this attention has no output matrix.": (
                    max(1, (2 * G - 4) * d)
                ),
                "That is the page's, with T² pairs and an output matrix: here are neither.": (
                    max(1, (G - 2) * d + 1)
                ),
                "At no length is it cheaper: the least T is 1.": (2 * G - 3) * d,
            }
            look = slip(given, slips) or (
                "Three maps of 2 d² a place, and 4 d for each pair, in all heads together; "
                "against 4 G d² a place."
            )
            yield close(f"d = {d}, G = {G}, {n} heads", given, right, look=look)


GROWS = {
    "LSTM": (1, "h and c are all that it keeps."),
    "attention's cache": (4, "Keys and values of every place are kept."),
    "linear attention": (1, "Its state is a matrix of d_k by d_v, however long it was."),
    "TCN of 5 blocks": (1, "It keeps the places that it can still see: a fixed number."),
    "LSTM, training": (4, "The way back needs every step's gates."),
    "attention, training": (16, "A score for each pair of places is kept."),
    "attention, blockwise": (
        4,
        "Scores are made once more on the way back: queries, keys and values are kept, and one "
        "number a query.",
    ),
}


@exercise("cs-memory")
class Memory(Predicted):
    """By what factor memory grows with four times the length."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if not isinstance(outputs, dict) or set(outputs) != set(GROWS):
            look = f"Keep the names: {', '.join(GROWS)}."
            yield holds("the seven answers", False, given=outputs, expected="a dict", look=look)
            return
        for name, (right, look) in GROWS.items():
            finding = close(name, outputs[name], right, look=look, rtol=0.02)
            if finding.ok:
                yield finding
            else:
                yield Finding(name, False, finding.given, "another number", finding.look)


PLACES = 400  # where what an answer keeps is measured
FEW, MANY = 64, 1024  # where its steps are


def work(answer: Any, *arguments: Any) -> tuple[int, int]:
    """Python's steps (bytecodes) that an answer takes, and the most bytes that it holds.

    Bytes are rounded to 100,000: the same answer holds a few more in another process.
    """
    steps = 0

    def traced(frame: Any, event: str, _: Any) -> Any:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        called(answer, *arguments)
    finally:
        sys.settrace(before)
    was_on = tracemalloc.is_tracing()
    tracemalloc.start()
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    try:
        called(answer, *arguments)
        peak = tracemalloc.get_traced_memory()[1] - held
    finally:
        if not was_on:
            tracemalloc.stop()
    return max(steps, 1), round(peak, -5)


def _read(q: np.ndarray, k: np.ndarray, v: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Linear attention where `seen` (T, T)."""
    scores = np.where(seen, q @ k.T, 0)
    return np.asarray(scores @ v / scores.sum(1, keepdims=True))


_BEFORE = "Before t = w nothing leaves: t - w is below 0 there, and NumPy counts from the end."


def _from_end(q: np.ndarray, k: np.ndarray, v: np.ndarray, w: int) -> np.ndarray:
    """All but the last row where t - w below 0 takes off a place counted from the end."""
    times = np.zeros((len(q), len(q)))  # how often a place is in the state
    for t in range(len(q)):
        times[t:, t] += 1
        times[t:, (t - w) % len(q)] -= 1
    scores = (times * (q @ k.T))[:-1]  # at the last place what is left is rounding
    return np.asarray(scores @ v / scores.sum(1, keepdims=True))


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0))) + 1


@exercise(
    "cs-window",
    forbid=("seqcourse.nn.linear_attention", "seqcourse.nn.linear_attention_product"),
)
class Window(Called):
    """Linear attention over the last w places."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for T, w in ((9, 3), (7, 1), (5, 8)):
            q, k = rng.uniform(0.2, 2, (2, T, 4))
            cases.append((q, k, rng.normal(size=(T, 3)), w))
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = []
        for case in inputs["cases"]:
            try:
                found.append(called(answer, *case))
            except IndexError as error:
                if case[-1] <= len(case[0]):
                    raise
                found.append(f"IndexError: {error}")
        if any(isinstance(given, str) for given in found):
            return found, None
        long = np.random.default_rng(0).uniform(0.2, 2, (3, PLACES, 2))
        steps = [work(answer, *long[:, :FEW], w)[0] for w in (1, FEW // 2)]
        return found, (*steps, work(answer, *long, 1)[1])

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        given_all, costs = outputs
        right_all = True
        for (q, k, v, w), given in zip(inputs["cases"], given_all, strict=True):
            T = len(q)
            back = np.arange(T)[:, None] - np.arange(T)
            past = back >= 0
            right = _read(q, k, v, past & (back < w))
            sums = np.where(past & (back < w), q @ k.T, 0)
            all_sums = np.where(past, q @ k.T, 0)
            with np.errstate(all="ignore"):
                slips = {
                    "Nothing ever leaves the window: take off the place that is w back.": (
                        _read(q, k, v, past)
                    ),
                    "The window holds w + 1 places: place t - w leaves when t enters.": (
                        _read(q, k, v, past & (back <= w))
                    ),
                    "The window holds w - 1 places: its own counts, and w - 1 before it.": (
                        _read(q, k, v, past & (back < w - 1))
                    ),
                    "The query's own place is left out: write first, then read.": (
                        _read(q, k, v, (back > 0) & (back < w))
                    ),
                    "That is the sum: divide by the query's product with z.": sums @ v,
                    "The matrix is taken from, z is not: both lose the old place.": (
                        sums @ v / all_sums.sum(1, keepdims=True)
                    ),
                    "z is taken from, the matrix is not: both lose the old place.": (
                        all_sums @ v / sums.sum(1, keepdims=True)
                    ),
                    "φ is applied already: q and k come positive.": (
                        _read(_elu(q), _elu(k), v, past & (back < w))
                    ),
                    "The future is in it: a place sees itself and those before.": (
                        _read(q, k, v, abs(back) < w)
                    ),
                }
                look = slip(given, slips) or "Add each place's term; take off the one w before it."
            name = f"T = {T}, w = {w}"
            if isinstance(given, np.ndarray) and same(given[:-1], _from_end(q, k, v, w)):
                look = _BEFORE
            finding = close(name, given, right, look=look, rtol=1e-6)
            if isinstance(given, str):  # an IndexError
                finding = Finding(name, False, given, f"shape {right.shape}", _BEFORE)
            right_all &= finding.ok
            yield finding
        if not right_all or costs is None:
            return
        few, many, peak = costs
        look = "A place costs more the larger w is: add one term, take one off, sum nothing anew."
        yield holds(
            "work, whatever w", many <= 2 * few, given=f"{many / few:.0f} times the Python steps",
            expected="2 times or fewer", look=look,
        )  # fmt: skip
        look = "That keeps a table of T by T: only a matrix, a vector and what is read are needed."
        yield holds(
            "memory", peak < 8 * PLACES**2 / 2, given=f"{peak / 1e3:,.0f} kB at {PLACES} places",
            expected=f"less than {8 * PLACES**2 / 2e3:,.0f} kB", look=look,
        )  # fmt: skip


@exercise("cs-scan", forbid=("seqcourse.nn.scan", "seqcourse.nn.scan_loop"))
class Scan:
    """A linear recurrence in rounds."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for T, H in ((13, 2), (64, 3), (1, 2)):
            f = rng.uniform(0.3, 1.1, (T, H))
            f[T // 2, 0] = 0  # what was before is forgotten: nothing may be divided by it
            cases.append((f, rng.normal(size=(T, H))))
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = [called(answer, f, u) for f, u in inputs["cases"]]
        rng = np.random.default_rng(0)
        return found, [work(answer, *rng.uniform(0.3, 1, (2, T, 2))) for T in (FEW, MANY)]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        given_all, ((few, _), (many, peak)) = outputs
        right_all = True
        for (f, u), given in zip(inputs["cases"], given_all, strict=True):
            T = len(f)
            right = _states(f, u)
            slips = {
                "f grew with u: after each round f is the product of both steps' f.": (
                    _rounds(f, u, 0)
                ),
                "One round too few: ⌈log2 T⌉ of them, as long as the reach is below T.": (
                    _rounds(f, u, 1, 1)
                ),
                "That is one round: go on with twice the reach until it covers T.": _once(f, u),
                "The reach grew by 1, not twofold: k *= 2.": _reach(f, u),
                "The new f was used for the new u: make u first, or keep the old f.": (
                    _rounds(f, u, 2)
                ),
                "That is the last state alone: all T are wanted.": right[-1],
                "Those are the products of f: the states are in u.": np.cumprod(f, 0),
                "It runs from the end: h_t takes from h_{t-1}, which stands before it.": (
                    _states(f[::-1], u[::-1])[::-1]
                ),
                "Whole sums, f left out: h_{t-1} is multiplied by f_t.": np.cumsum(u, 0),
            }
            look = slip(given, slips)
            if not look and np.shape(given) == right.shape and not np.isfinite(given).all():
                look = "Do not divide by products of f: one of them is 0."
            look = look or "Each round: u_t + f_t u_{t-k} from place k on, and the product of f."
            name = f"T = {T}"
            finding = close(name, given, right, look=look, rtol=1e-6)
            right_all &= finding.ok
            yield finding
        if not right_all:
            return
        look = "That goes place by place: take all places at once in each round."
        yield holds(
            "in rounds", many <= 4 * few, given=f"{many / few:.0f} times the Python steps",
            expected=f"4 times or fewer, for {MANY} places against {FEW}", look=look,
        )  # fmt: skip
        look = "That makes a table of T by T: a round needs no more than T rows."
        yield holds(
            "memory", peak < 8 * MANY**2 / 2, given=f"{peak / 1e3:,.0f} kB at {MANY} places",
            expected=f"less than {8 * MANY**2 / 2e3:,.0f} kB", look=look,
        )  # fmt: skip


def _states(f: np.ndarray, u: np.ndarray) -> np.ndarray:
    h, found = np.zeros(f.shape[1]), []
    for f_t, u_t in zip(f, u, strict=True):
        h = f_t * h + u_t
        found.append(h)
    return np.array(found)


def _rounds(f: np.ndarray, u: np.ndarray, kind: int, fewer: int = 0) -> np.ndarray:
    """The scan; with 0, f stays as it is; with 2, u is made of the new f; or with fewer rounds."""
    k = 1
    while k << fewer < len(u):
        new = np.concatenate([f[:k], f[k:] * f[:-k]])
        used = new if kind == 2 else f
        u = np.concatenate([u[:k], used[k:] * u[:-k] + u[k:]])
        f = f if kind == 0 else new
        k *= 2
    return u


def _once(f: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.concatenate([u[:1], f[1:] * u[:-1] + u[1:]])


def _reach(f: np.ndarray, u: np.ndarray) -> np.ndarray:
    for k in range(1, len(u)):
        u = np.concatenate([u[:k], f[k:] * u[:-k] + u[k:]])
        f = np.concatenate([f[:k], f[k:] * f[:-k]])
    return u


@exercise("cs-shares")
class Shares(Called):
    """The gradient of a mean over letters, from several shares'."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for sizes in ((3, 2), (1, 4, 2), (2,)):
            letters = [[int(n) for n in rng.integers(2, 12, size)] for size in sizes]
            gradients = [rng.normal(size=3) for _ in sizes]
            cases.append((gradients, letters))
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [
            called(answer, [fixed(g) for g in gradients], [list(share) for share in letters])
            for gradients, letters in inputs["cases"]
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (gradients, letters), given in zip(inputs["cases"], outputs, strict=True):
            counts = np.array([sum(share) for share in letters])
            rows = np.array([len(share) for share in letters])
            stack = np.array(gradients)
            right = counts @ stack / counts.sum()
            slips = {
                "Weighted by words: each mean runs over letters.": rows @ stack / rows.sum(),
                "All shares weigh alike: one with more letters counts more.": stack.mean(0),
                "That is the sum of the shares' gradients, without weights.": stack.sum(0),
                "That is not divided: by the letters of all shares.": counts @ stack,
                "Divided by the number of shares: divide by the letters of all.": (
                    counts @ stack / len(rows)
                ),
                "Divided by the words of all shares: divide by their letters.": (
                    counts @ stack / rows.sum()
                ),
                "Weighted by a share's mean length: by its letters in all.": (
                    (counts / rows) @ stack / (counts / rows).sum()
                ),
                "Weights upside down: more letters, more weight.": (
                    (1 / counts) @ stack / (1 / counts).sum()
                ),
            }
            look = slip(given, slips) or "A share weighs as its letters among all letters."
            name = f"shares of {', '.join(map(str, counts))} letters"
            yield close(name, given, right, look=look, rtol=1e-6)


SYMBOLS, LONG, LEARN, ASK = 6, 24, 500, 60
NEAR = 0.1  # nats above the true law that are let through


def _laws(begin: np.ndarray, tables: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What comes next after each row: its first symbol says which table of pairs rules."""
    return tables[rows[:, 0], rows[:, -1]] if rows.size else np.tile(begin, (len(rows), 1))


def _drawn(
    rng: np.random.Generator, begin: np.ndarray, tables: np.ndarray, count: int
) -> np.ndarray:
    rows = np.zeros((count, LONG), dtype=int)
    for t in range(LONG):
        up_to = _laws(begin, tables, rows[:, :t]).cumsum(1)[:, :-1]  # the last is 1
        rows[:, t] = (rng.random((count, 1)) >= up_to).sum(1)
    return rows


def _nats(p: np.ndarray, rows: np.ndarray) -> float:
    """Of p (N, T, V) on symbols (N, T)."""
    with np.errstate(divide="ignore"):
        return float(-np.log(np.take_along_axis(p, rows[..., None], 2)).mean())


@exercise("cs-capstone", trains=True)
class Capstone:
    """A function `learn(sequences)` that gives a function `(context) -> p`."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        begin = rng.dirichlet(np.full(SYMBOLS, 5.0))
        tables = rng.dirichlet(np.full(SYMBOLS, 0.3), (SYMBOLS, SYMBOLS)) * 0.97 + 0.03 / SYMBOLS
        return {
            "train": _drawn(rng, begin, tables, LEARN),
            "test": _drawn(rng, begin, tables, ASK),
            "begin": begin,
            "tables": tables,
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        model = answer(fixed(inputs["train"]))
        if not callable(model):
            return model
        return [
            [np.asarray(model(tuple(row[:t]))) for t in range(len(row))]
            for row in inputs["test"].tolist()
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        rows, train = inputs["test"], inputs["train"]
        wanted = "probabilities (6,) of each next symbol"
        if wrong := misshapen(outputs, len(rows), wanted, "what learn returns"):
            look = "learn returns a function: from the symbols so far to p. Return it uncalled."
            yield Finding(wrong.name, False, wrong.given, wrong.expected, look)
            return
        try:
            p = np.array(outputs, dtype=float)
        except (TypeError, ValueError):
            p = np.zeros(0)
        if p.shape != (*rows.shape, SYMBOLS):
            look = "The model gives six probabilities for every context, the empty one, too."
            yield holds(
                "probabilities", False, given=f"shape {p.shape[2:]}", expected="(6,)", look=look
            )
            return
        sums = p.sum(2)
        ok = np.isfinite(p).all() and (p >= 0).all() and np.abs(sums - 1).max() < 1e-3
        look = "Six numbers from 0 to 1 that sum to 1: divide counts by their sum, or use softmax."
        worst = f"a sum of {sums.flat[np.abs(sums - 1).argmax()]:.3g}, least {p.min():.3g}"
        yield holds("probabilities", ok, given=worst, expected="a sum of 1", look=look)
        if not ok:
            return
        floor = _nats(_truth(inputs), rows)
        nats = _nats(p, rows)
        near = nats < floor + NEAR
        yield holds(
            "nats on hidden sequences", near, given=f"{nats:.3f}",
            expected=f"{floor + NEAR:.3f} or less; the true law has {floor:.3f}",
            look="" if near else _advice(nats, train, rows),
        )  # fmt: skip


def _truth(inputs: Inputs) -> np.ndarray:
    rows = inputs["test"]
    laws = [_laws(inputs["begin"], inputs["tables"], rows[:, :t]) for t in range(LONG)]
    return np.stack(laws, axis=1)


def _advice(nats: float, train: np.ndarray, rows: np.ndarray) -> str:
    """What a model that pays so much has not seen."""
    if not math.isfinite(nats):
        return "A symbol that came had probability 0: leave some to every symbol."
    one = 0.5 + np.bincount(train.ravel(), minlength=SYMBOLS)
    single = np.broadcast_to(one / one.sum(), (*rows.shape, SYMBOLS))
    two = np.full((SYMBOLS, SYMBOLS), 0.5)
    np.add.at(two, (train[:, :-1].ravel(), train[:, 1:].ravel()), 1)
    pairs = np.array(single)
    pairs[:, 1:] = (two / two.sum(1, keepdims=True))[rows[:, :-1]]
    of_one, of_two = _nats(single, rows), _nats(pairs, rows)
    if nats > math.log(SYMBOLS) + 0.02:
        return f"A die pays {math.log(SYMBOLS):.2f}: is p in the order of the symbols, 0 to 5?"
    if nats > of_one - 0.02:
        return f"The frequency of symbols alone pays {of_one:.2f}: let the context count."
    if nats > of_two - 0.02:
        return f"Pairs pay {of_two:.2f}: what before the last symbol says more of the next?"
    return (
        f"Better than pairs, which pay {of_two:.2f}. Does the sequence's first symbol help? Does "
        "your model see it? Or has it too many numbers for 500 sequences, too few steps, or so "
        "many that it learnt the sequences by heart?"
    )
