"""Checkers of chapter 7, Long short-term memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import (
    Called,
    Predicted,
    about,
    fixed,
    logit,
    misshapen,
    same,
    sigmoid,
    slip,
)
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("ls-hold")
class Hold(Predicted):
    """What a cell holds after some steps with gates that stand still."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 4, "four numbers: (a), (b), (c), (d)"):
            yield lost
            return
        slips: list[dict[str, float]] = [
            {"A forget gate of 1 keeps everything: its name says the opposite.": 0.0},
            {
                "f = 0 keeps nothing from one step to the next: only the last is left.": 300.0,
                "f = 0 keeps nothing: what was there is gone.": 0.8,
                "What was there is gone, f = 0; take it out of the sum.": 1.1,
                "i = 1 lets the candidate in.": 0.0,
            },
            {
                "What was there is kept, f = 1: add it.": 3.0,
                "Each of the ten steps adds a candidate.": 1.1,
                "f = 1 keeps what the steps before have written.": 0.3,
                "f = 1 and i = 1: nothing leaks, and ten candidates come in.": 0.8,
            },
            {
                "Each step halves what is left; it does not take off a third.": 0.8 / 3,
                "That is after two steps.": 0.2,
                "That is after one step.": 0.4,
                "That is after four steps.": 0.05,
                "f is the share that stays, at each step.": 0.8,
                "Half is left after one step; three steps halve it three times.": 0.0,
            },
        ]
        general = "One step: f times what was there, plus i times g."
        for name, given, right, known in zip(
            "abcd", outputs, (0.8, 0.3, 3.8, 0.1), slips, strict=True
        ):
            yield about(f"({name})", given, right, slip(given, known) or general)


@exercise("ls-count")
class Count(Called):
    """The weights of a network of 1997."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        drawn = tuple(int(n) for n in rng.choice(np.arange(2, 12), 4, False))
        return {"cases": [(2, 2, 2, 1), (8, 2, 2, 4), (8, 3, 2, 8), (3, 4, 1, 2), drawn]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        ways = [_counts(*case) for case in inputs["cases"]]
        # one case alone may fit a mistake by accident, all of them do not
        whole = slip(outputs, {text: [way[text] for way in ways] for text in ways[0]})
        for case, given in zip(inputs["cases"], outputs, strict=True):
            inputs_, blocks, size, outs = case
            units, cells = blocks * (size + 2), blocks * size
            right = units * (inputs_ + units + 1) + outs * (cells + 1)
            look = whole or "Unit by unit: what does each cell, each gate, each output read?"
            name = f"{inputs_} inputs, {blocks} blocks of {size}, {outs} outputs"
            yield close(name, given, right, look=look)


def _counts(inputs: int, blocks: int, size: int, outputs: int) -> dict[str, float]:
    """What a typical mistake gives in one case, by what to say of it."""
    cells = blocks * size
    units = cells + 2 * blocks
    out = outputs * (cells + 1)

    def hidden(units: int, read: int) -> int:
        return units * (inputs + read + 1)

    return {
        "You always return 93. Count for any sizes.": 93,
        "The output layer is missing: each output reads the cells and a bias.": hidden(
            units, units
        ),
        "The biases of cells and gates are missing: one for each.": hidden(units, units)
        - units
        + out,
        "The outputs' biases are missing: one for each.": hidden(units, units) + out - outputs,
        "All biases are missing: every cell's, every gate's, every output's.": hidden(units, units)
        - units
        + out
        - outputs,
        "The gates' outputs are read as well: by cells, and by gates.": hidden(units, cells) + out,
        "The output reads the cells alone, not the gates.": hidden(units, units)
        + outputs * (units + 1),
        "The output reads the cells alone, not the inputs.": hidden(units, units)
        + outputs * (inputs + cells + 1),
        "A block has two gates: one lets in, one lets out.": (
            hidden(cells + blocks, cells + blocks) + out
        ),
        "The two gates belong to a block, not to a cell.": hidden(3 * cells, 3 * cells) + out,
        "There is no forget gate yet: a block has two gates.": (
            hidden(cells + 3 * blocks, cells + 3 * blocks) + out
        ),
        "The gates have weights, too: count them among the units.": hidden(cells, cells) + out,
        "That is today's LSTM as PyTorch keeps it. Here gates are shared, and read gates.": (
            4 * cells * (inputs + cells + 2) + out
        ),
        "Nothing reads what the units gave at the step before: add these weights.": (
            units * (inputs + 1) + out
        ),
    }


@exercise(
    "ls-step",
    forbid=(
        "torch.nn.LSTM",
        "torch.nn.LSTMCell",
        "torch.lstm_cell",
        "seqcourse.nn.lstm_step",
        "seqcourse.nn.LSTM",
        "seqcourse.nn.LSTMCell",
    ),
)
class Step:
    """One step of an LSTM, from the input's share and the state."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for count, size in ((3, 2), (1, 5), (2, 4)):
            shapes = (count, 4 * size), (count, size), (count, size), (4 * size, size)
            cases.append([rng.normal(size=shape) for shape in shapes])
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        import torch

        outputs = []
        for case in inputs["cases"]:
            a, h, c, w = (torch.tensor(value) for value in case)
            outputs.append(answer(a, (h, c), w))
        return outputs

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (a, h, c, w), given in zip(inputs["cases"], outputs, strict=True):
            name = f"one step, B = {len(h)}, H = {h.shape[1]}"
            if not isinstance(given, tuple | list) or len(given) != 2:
                wanted = "two tensors, (h, c): the new h, the new c"
                yield holds(f"{name}: the form of the answer", False, given=given, expected=wanted)
                return
            ways = _steps(a, h, c, w)
            right_h, right_c = ways.pop("")
            if same(given[0], right_c) and same(given[1], right_h):
                look = "h and c are swapped: the output comes first."
                yield holds(f"{name}: the order of the two", False, look=look)
                return
            both = next(
                (
                    text
                    for text, (h_way, c_way) in ways.items()
                    if same(given[0], h_way) and same(given[1], c_way)
                ),
                "",
            )
            look = both or "What goes into the new c? The old c, h, four parts: which with which?"
            yield close(f"{name}: the new c", given[1], right_c, look=look)
            look = both or "h is o times tanh of the *new* c."
            yield close(f"{name}: the new h", given[0], right_h, look=look)


def _steps(
    a: np.ndarray, h: np.ndarray, c: np.ndarray, w: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(h, c) by what to say of the mistake; the right one under ''."""

    def step(
        z: np.ndarray, order: str = "ifgo", old: np.ndarray = c
    ) -> tuple[np.ndarray, np.ndarray]:
        part = dict(zip(order, np.split(z, 4, 1), strict=True))
        new = sigmoid(part["f"]) * old + sigmoid(part["i"]) * np.tanh(part["g"])
        return sigmoid(part["o"]) * np.tanh(new), new

    z = a + h @ w.T
    i, f, g, o = np.split(z, 4, 1)
    si, sf, so, tg = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    right_h, right_c = step(z)
    found = {
        "": (right_h, right_c),
        "i and f are exchanged: the parts stand in the order i, f, g, o, and f goes with the old "
        "cell, i with the candidate.": step(z, "figo"),
        "The parts stand in the order i, f, g, o: g comes third, before o.": step(z, "ifog"),
        "The parts stand in the order i, f, g, o, not f, i, o, g.": step(z, "fiog"),
        "W_hh h_{t-1} is missing: the gates read the last output.": step(a),
        "The input's share a is missing.": step(h @ w.T),
        "The gates read h, not c: a + h @ weight_hh.T.": step(a + c @ w.T),
        "state is (h, c), in this order.": step(a + c @ w.T, old=h),
        "state is (h, c), in this order, and so is what you return.": (
            step(a + c @ w.T, old=h)[::-1]
        ),
        "h shows the *new* cell: compute c first.": (so * np.tanh(c), right_c),
        "h is o times tanh(c): the tanh is missing.": (so * right_c, right_c),
        "The output gate is missing: h = o tanh(c).": (np.tanh(right_c), right_c),
    }
    for text, cell in {
        "The old cell is kept whole: multiply it by f.": c + si * tg,
        "The old cell is missing: f times it is what makes the memory.": si * tg,
        "The candidate comes in whole: multiply it by i.": sf * c + tg,
        "The candidate passes through tanh, not through a sigmoid.": sf * c + si * sigmoid(g),
        "The candidate lacks its tanh.": sf * c + si * g,
        "i and f are gates: they pass through a sigmoid, not through tanh.": np.tanh(f) * c
        + np.tanh(i) * tg,
        "The gates lack their sigmoid.": f * c + i * tg,
        "That shares the old and the new as 1 - i and i; here f has weights of its own.": (1 - si)
        * c
        + si * tg,
        "That shares the new and the old as 1 - f and f; here i has weights of its own.": sf * c
        + (1 - sf) * tg,
        "What is kept is f, not 1 - f: a forget gate of 1 forgets nothing.": (1 - sf) * c + si * tg,
    }.items():
        found[text] = (so * np.tanh(cell), cell)
    found["o is a gate: a sigmoid, not tanh."] = (np.tanh(o) * np.tanh(right_c), right_c)
    found["The output gate lacks its sigmoid."] = (o * np.tanh(right_c), right_c)
    return found


@exercise("ls-bias")
class Bias:
    """The bias for a half-life."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [1.0, 2.0, 0.5, 69.0, round(float(rng.uniform(5, 500)), 1)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_called(answer, k) for k in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        slips = {
            "That is the rule that leaves about 1/e after k steps. Here it is one half.": (
                lambda k: math.log(k - 1) if k > 1 else math.nan
            ),
            "That is near the answer for a large k only. Solve fᵏ = ½ exactly.": lambda k: math.log(
                k / math.log(2)
            ),
            "That is f itself. Which bias gives it?": lambda k: 0.5 ** (1 / k),
            "The sign is wrong: a larger bias keeps longer.": lambda k: -_bias(k),
            "Turn the sigmoid round: ln(f / (1 − f)), not ln f.": lambda k: math.log(2) / -k,
            "That is what is left of ½ after k steps. Which f has fᵏ = ½?": lambda k: logit(0.5**k),
            "That leaves exactly 1/e after k steps. Here it is one half.": lambda k: logit(
                math.exp(-1 / k)
            ),
            "That is 1 − 1/k, which leaves about 1/e. Solve fᵏ = ½.": lambda k: (
                1 - 1 / k if k != 1 else math.nan
            ),
            "The logarithm is the natural one.": lambda k: _bias(k) / math.log(2),
            "The logarithm is the natural one, not that to the base 10.": lambda k: (
                _bias(k) / math.log(10)
            ),
        }
        found = [text for text, rule in slips.items() if _fits(rule, inputs["cases"], outputs)]
        look = found[0] if found else "Which f has fᵏ = ½? And which bias gives this f?"
        for k, given in zip(inputs["cases"], outputs, strict=True):
            yield close(f"half left after {k:g} steps", given, _bias(k), look=look)


def _called(answer: Any, *given: float) -> Any:
    """The answer to one case; a logarithm that does not exist is shown with its arguments."""
    try:
        return answer(*given)
    except ValueError as error:
        shown = ", ".join(f"{number:g}" for number in given)
        told = ValueError(f"{error}, with the arguments ({shown})")
        raise told.with_traceback(error.__traceback__) from None  # the learner's line stays


def _bias(k: float) -> float:
    return logit(0.5 ** (1 / k))


def _fits(rule: Any, cases: Iterable[float], outputs: Plain) -> bool:
    """Whether a rule gives every output that it gives at all."""
    pairs = [(rule(k), given) for k, given in zip(cases, outputs, strict=True)]
    return all(same(given, value) for value, given in pairs if not math.isnan(value))


@exercise("ls-note")
class Note:
    """The states of the LSTM that a note describes, its two faults mended."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for steps, inputs, hidden in ((3, 2, 4), (5, 3, 6)):
            W = {k: rng.normal(size=(hidden, hidden + inputs)) for k in "fiCo"}
            b = {k: rng.normal(size=hidden) for k in "fiCo"}
            cases.append({"x": rng.normal(size=(steps, inputs)), "W": W, "b": b})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        outputs = []
        for case in inputs["cases"]:
            W, b = (
                _Gates({k: fixed(v) for k, v in case[name].items()}, name=name) for name in "Wb"
            )
            outputs.append(answer(fixed(case["x"]), W, b))
        return outputs

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            right = _noted(case)
            slips = {
                "The cell still forgets all: f is computed, and nobody uses it.": _noted(
                    case, old=""
                ),
                "The old cell is kept whole: multiply it by f.": _noted(case, f=False),
                "The candidate comes in whole: multiply it by i.": _noted(case, i=""),
                "Old and new are swapped: f goes with the old cell, i with the candidate.": (
                    _noted(case, swap=True)
                ),
                "The input gate has no bias any more: it has one, b['i'].": _noted(
                    case, b_i="none"
                ),
                "The bias is the same at all times: b['i'] as a whole, not b['i'][t].": _noted(
                    case, b_i="by time"
                ),
                "x and h are swapped: the matrices act on [h, x].": _noted(case, order="xh"),
                "These are the cells: return the h of each step.": _noted(case, back="c"),
                "h is what the output gate shows of c: o · tanh(c).": _noted(case, back="c as h"),
                "f multiplies the old h there: what is carried on and leaks is c.": _noted(
                    case, old="h"
                ),
                "Old and new are shared as f and 1 − f: the input gate is not used.": _noted(
                    case, i="1 - f"
                ),
                "h and c begin at zero at every step: begin them once, before the loop.": _noted(
                    case, reset="hc"
                ),
                "c begins at zero at every step: begin it once, before the loop.": _noted(
                    case, reset="c"
                ),
                "h begins at zero at every step: begin it once, before the loop.": _noted(
                    case, reset="h"
                ),
                "h lacks the tanh: o times tanh(c).": _noted(case, back="oc"),
                "The output gate is missing: h = o · tanh(c).": _noted(case, back="tanh"),
            }
            size, steps = len(case["b"]["i"]), len(case["x"])
            last = "Return the states of all steps, (T, H), not the last alone."
            last = last if same(given, right[-1]) else ""
            hint = (
                "Two arrays are carried on. What of the old c is in the new one, and what is added?"
            )
            look = last or slip(given, slips) or hint
            yield close(f"the states of {steps} steps, H = {size}", given, right, look=look)


class _Gates(dict[str, np.ndarray]):
    """Weights or biases by gate, that say which keys there are."""

    def __init__(self, parts: Mapping[str, np.ndarray], name: str) -> None:
        super().__init__(parts)
        self.name = name

    def __missing__(self, key: str) -> np.ndarray:
        raise KeyError(f"{key!r}: {self.name} has the keys f, i, C and o")


def _noted(
    case: Mapping[str, Any],
    *,
    old: str = "c",
    f: bool = True,
    i: str = "i",
    swap: bool = False,
    b_i: str = "whole",
    order: str = "hx",
    back: str = "h",
    reset: str = "",
) -> np.ndarray:
    """The states (T, H), or what comes out with a mistake."""
    W, b = case["W"], case["b"]
    h = c = np.zeros(len(b["i"]))
    found = []
    for t, x in enumerate(case["x"]):
        h, c = (0 * part if name in reset else part for name, part in (("h", h), ("c", c)))
        both = np.concatenate([h, x] if order == "hx" else [x, h])
        keep = sigmoid(W["f"] @ both + b["f"]) if f else 1.0
        write = W["i"] @ both + {"whole": b["i"], "none": 0.0, "by time": b["i"][t]}[b_i]
        write = {"i": sigmoid(write), "1 - f": 1 - keep, "": 1.0}[i]
        new = np.tanh(W["C"] @ both + b["C"])
        if swap:
            keep, write = write, keep
        c = keep * {"c": c, "h": h, "": 0 * c}[old] + write * new
        o = sigmoid(W["o"] @ both + b["o"])
        h = {"oc": o * c, "tanh": np.tanh(c), "c as h": c}.get(back, o * np.tanh(c))
        found.append(c if back == "c" else h)
    return np.array(found)


@exercise("ls-copy")
class Copy:
    """What is paid on copy memory with some of the symbols remembered."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = [(8, 10, 1000, 0), (8, 10, 30, 0), (8, 10, 30, 4), (4, 6, 20, 6)]
        symbols, length = (int(n) for n in rng.integers((3, 4), (12, 15)))
        drawn = (symbols, length, int(rng.integers(5, 90)), int(rng.integers(1, length)))
        return {"cases": [*cases, drawn]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_called(answer, *case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        slips: dict[str, Callable[[int, int, int, int], float]] = {
            "That is per sequence: divide by the number of steps, T + 2n.": lambda s, n, T, m: (
                (n - m) * math.log(s)
            ),
            "There are T + 2n steps: n symbols come in, and n are asked for.": lambda s, n, T, m: (
                (n - m) * math.log(s) / T
            ),
            "n symbols come in before, too: T + 2n steps.": lambda s, n, T, m: (
                (n - m) * math.log(s) / (T + n)
            ),
            "What is remembered costs nothing: take off m.": lambda s, n, T, m: (
                n * math.log(s) / (T + 2 * n)
            ),
            "Those remembered cost nothing; those forgotten cost.": lambda s, n, T, m: (
                m * math.log(s) / (T + 2 * n)
            ),
            "The blank is not among the guesses: who knows when to answer guesses among k.": (
                lambda s, n, T, m: (n - m) * math.log(s + 1) / (T + 2 * n)
            ),
            "The blank and the sign are not among the guesses.": lambda s, n, T, m: (
                (n - m) * math.log(s + 2) / (T + 2 * n)
            ),
            "That is in bits: the loss is in nats, with the natural logarithm.": (
                lambda s, n, T, m: (n - m) * math.log2(s) / (T + 2 * n)
            ),
            "That is per symbol asked for. The loss is a mean over all steps.": (
                lambda s, n, T, m: (n - m) * math.log(s) / n
            ),
        }
        whole = slip(
            outputs,
            {text: [rule(*case) for case in inputs["cases"]] for text, rule in slips.items()},
        )
        for case, given in zip(inputs["cases"], outputs, strict=True):
            k, n, lag, m = case
            right = (n - m) * math.log(k) / (lag + 2 * n)
            look = whole or "What does each forgotten symbol cost? Over how many steps is the mean?"
            yield close(f"k = {k}, n = {n}, T = {lag}, m = {m}", given, right, look=look)
