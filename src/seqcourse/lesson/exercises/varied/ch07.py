"""Changed tasks of chapter 7: what each asks for, and its typical mistakes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.shared import logit, sigmoid
from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# ls-step: arguments a, h, c, weight_hh, and what a variation adds


def _steps(parts: int = 4, *, turned: bool = False, peep: bool = False) -> Draw:
    """Draws three steps with so many parts in a; `turned`: W_hh is (H, parts H)."""

    def draw(rng: np.random.Generator) -> Calls:
        calls: Calls = []
        for count, size in ((3, 2), (1, 5), (2, 4)):
            shapes = [(count, parts * size), (count, size), (count, size), (parts * size, size)]
            a, h, c, W = (rng.normal(size=shape) for shape in shapes)
            more = [rng.normal(size=(3, size))] if peep else []
            calls.append([a, h, c, W.T.copy() if turned else W, *more])
        return calls

    return draw


def _step_call(answer: Any, *arguments: Array) -> Any:
    import torch

    a, h, c, *others = (torch.tensor(value) for value in arguments)
    return answer(a, (h, c), *others)


def _step_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    parts = ("the new h", "the new c")
    return rule(
        "ls-step", key, value, draw=draw, what="one step", look=look, parts=parts, call=_step_call
    )


def _lstm(z: Array, c: Array, order: str = "ifgo") -> tuple[Array, Array]:
    """h and c from the four parts of z, which stand in that order."""
    part = dict(zip(order, np.split(z, 4, 1), strict=True))
    new = sigmoid(part["f"]) * c + sigmoid(part["i"]) * np.tanh(part["g"])
    return sigmoid(part["o"]) * np.tanh(new), new


def _common(o: Array, c: Array, new: Array, cell: dict[str, Array]) -> dict[str, Any]:
    """What comes out where the output or the cell goes wrong; `cell` holds wrong cells by text."""
    slips: dict[str, Any] = {
        text: (sigmoid(o) * np.tanh(wrong), wrong) for text, wrong in cell.items()
    }
    right = sigmoid(o) * np.tanh(new)
    return slips | {
        "h and c are swapped: the output comes first.": (new, right),
        "h shows the *new* cell: compute c first.": (sigmoid(o) * np.tanh(c), new),
        "h is o times tanh(c): the tanh is missing.": (sigmoid(o) * new, new),
        "The output gate is missing: h = o tanh(c).": (np.tanh(new), new),
    }


def _all_gates(i: Array, f: Array, g: Array, o: Array, c: Array) -> dict[str, Any]:
    """The same for a step with all its gates."""
    kept, written = sigmoid(f) * c, sigmoid(i) * np.tanh(g)
    wrong = {
        "The old cell is kept whole: multiply it by f.": c + written,
        "The candidate comes in whole: multiply it by i.": kept + np.tanh(g),
        "The old cell is missing: f times it is what makes the memory.": written,
    }
    return _common(o, c, kept + written, wrong)


@_step_rule("order", "i, o, f, g", "The parts of a stand in the order i, o, f, g.", _steps())
def _step_order(a: Array, h: Array, c: Array, W: Array) -> Judgement:
    z = a + h @ W.T
    i, o, f, g = np.split(z, 4, 1)
    return _lstm(z, c, "iofg"), {
        "That takes the parts in PyTorch's order, i, f, g, o. Here it is i, o, f, g.": _lstm(z, c),
        "The parts stand in the order i, o, f, g: yours are f, o, i, g.": _lstm(z, c, "foig"),
        "W_hh h_{t-1} is missing: the gates read the last output.": _lstm(a, c, "iofg"),
        **_all_gates(i, f, g, o, c),
    }


@_step_rule(
    "gates",
    "coupled",
    "Three parts, f, g, o: what f does not keep, the candidate fills.",
    _steps(3),
)
def _step_coupled(a: Array, h: Array, c: Array, W: Array) -> Judgement:
    f, g, o = np.split(a + h @ W.T, 3, 1)
    bare = np.split(a, 3, 1)
    keep, new = sigmoid(f), np.tanh(g)
    cell = keep * c + (1 - keep) * new
    lone = sigmoid(bare[0])
    alone = lone * c + (1 - lone) * np.tanh(bare[1])
    return (sigmoid(o) * np.tanh(cell), cell), {
        "W_hh h_{t-1} is missing: the gates read the last output.": (
            sigmoid(bare[2]) * np.tanh(alone),
            alone,
        ),
        **_common(
            o,
            c,
            cell,
            {
                "The shares are exchanged: f is what is kept of the old cell.": (1 - keep) * c
                + keep * new,
                "The candidate comes in whole: multiply it by 1 − f.": keep * c + new,
                "The candidate gets f, too. Its share is 1 − f.": keep * c + keep * new,
                "The old cell is kept whole: multiply it by f.": c + (1 - keep) * new,
                "The candidate passes through tanh, not through a sigmoid.": keep * c
                + (1 - keep) * sigmoid(g),
            },
        ),
    }


@_step_rule("gates", "no forget gate", "Three parts, i, g, o: the old cell stays whole.", _steps(3))
def _step_first(a: Array, h: Array, c: Array, W: Array) -> Judgement:
    i, g, o = np.split(a + h @ W.T, 3, 1)
    gate, new = sigmoid(i), np.tanh(g)
    cell = c + gate * new
    bare = np.split(a, 3, 1)
    alone = c + sigmoid(bare[0]) * np.tanh(bare[1])
    return (sigmoid(o) * np.tanh(cell), cell), {
        "W_hh h_{t-1} is missing: the gates read the last output.": (
            sigmoid(bare[2]) * np.tanh(alone),
            alone,
        ),
        **_common(
            o,
            c,
            cell,
            {
                "There is no forget gate: what comes in does not take off what is there.": (
                    (1 - gate) * c + gate * new
                ),
                "i is the input gate: it goes with the candidate, not with the old cell.": gate * c
                + new,
                "The candidate comes in whole: multiply it by i.": c + new,
                "The old cell is missing: it stays, whole.": gate * new,
                "The candidate passes through tanh, not through a sigmoid.": c + gate * sigmoid(g),
            },
        ),
    }


@_step_rule(
    "layout", "in, out", "A row of states stands on the left of W_hh, (H, 4H).", _steps(turned=True)
)
def _step_layout(a: Array, h: Array, c: Array, W: Array) -> Judgement:
    z = a + h @ W
    i, f, g, o = np.split(z, 4, 1)
    return _lstm(z, c), {
        "W_hh h_{t-1} is missing: the gates read the last output.": _lstm(a, c),
        "The gates read h, not c.": _lstm(a + c @ W, c),
        "i and f are exchanged: the parts stand in the order i, f, g, o.": _lstm(z, c, "figo"),
        "The parts stand in the order i, f, g, o: g comes third, before o.": _lstm(z, c, "ifog"),
        **_all_gates(i, f, g, o, c),
    }


@_step_rule(
    "gates",
    "peepholes",
    "i and f also read the old cell, o the new one: each times its own row of `peep`.",
    _steps(peep=True),
)
def _step_peep(a: Array, h: Array, c: Array, W: Array, peep: Array) -> Judgement:
    z = a + h @ W.T

    def step(
        p: Array = peep, see: str = "new", old: bool = True, z: Array = z
    ) -> tuple[Array, Array]:
        i, f, g, o = np.split(z, 4, 1)
        look_in = sigmoid(i + p[0] * c), sigmoid(f + p[1] * c)
        new = (look_in[1] * c if old else 0 * c) + look_in[0] * np.tanh(g)
        seen = {"new": new, "old": c, "": 0 * c}[see]
        return sigmoid(o + p[2] * seen) * np.tanh(new), new

    h_new, c_new = step()
    return (h_new, c_new), {
        "The gates do not look into the cell: that is the step without peepholes.": _lstm(z, c),
        "The output gate looks at the *new* cell: compute c first.": step(see="old"),
        "The output gate looks into the cell, too.": step(see=""),
        "W_hh h_{t-1} is missing: the gates read the last output.": step(z=a),
        "The rows of peep stand in the order i, f, o.": step(peep[[1, 0, 2]]),
        "The old cell is missing: f times it is what makes the memory.": step(old=False),
        "h and c are swapped: the output comes first.": (c_new, h_new),
    }


# ls-bias: argument k, and what a variation adds


def _half_lives(rng: np.random.Generator) -> Calls:
    return [[2.0], [1.5], [69.0], [round(float(rng.uniform(5, 500)), 1)]]


def _bias_rule(
    key: str, value: str, look: str, draw: Draw = _half_lives, more: str = ""
) -> Register:
    what = "the bias for k = {0:g}" + more
    return rule("ls-bias", key, value, draw=draw, what=what, look=look)


def _half(k: float) -> float:
    return logit(0.5 ** (1 / k))


def _with_share(rng: np.random.Generator) -> Calls:
    drawn = [round(float(rng.uniform(5, 300)), 1), round(float(rng.uniform(0.6, 0.95)), 2)]
    return [[2.0, 0.25], [10.0, 0.9], [1.0, 0.3], drawn]


@_bias_rule(
    "left",
    "a share",
    "Which f has fᵏ = share? And which bias gives this f?",
    _with_share,
    ", share = {1:g}",
)
def _bias_share(k: float, share: float) -> Judgement:
    f = share ** (1 / k)
    return logit(f), {
        "That leaves one half after k steps. Here it is the share.": _half(k),
        "That is f itself. Which bias gives it?": f,
        "The sign is wrong: a larger bias keeps longer.": -logit(f),
        "The share is left after k steps, not after one.": logit(share),
        "That loses the share: it is what is to be left.": logit((1 - share) ** (1 / k)),
        "Turn the sigmoid round: ln(f / (1 − f)), not ln f.": math.log(f),
    }


def _with_power(rng: np.random.Generator) -> Calls:
    drawn = [round(float(rng.uniform(5, 300)), 1), 8.0]
    return [[2.0, 3.0], [1.5, 2.0], [69.0, 8.0], drawn]


@_bias_rule(
    "gate",
    "to a power",
    "Which σ has (σ to that power)ᵏ = ½? And which bias gives this σ?",
    _with_power,
    ", power = {1:g}",
)
def _bias_power(k: float, power: float) -> Judgement:
    inner = 0.5 ** (1 / (k * power))
    return logit(inner), {
        "That is for a gate that is the sigmoid itself. Here it is a power of it.": _half(k),
        "That is the sigmoid. Which bias gives it?": inner,
        "That is the gate. Which sigmoid, to that power, gives it? And which bias?": 0.5 ** (1 / k),
        "The power is on the wrong side: the sigmoid has to be nearer to 1.": _half(k / power),
        "The sign is wrong: a larger bias keeps longer.": -logit(inner),
        "A power of the sigmoid is no multiple of the bias: solve for the sigmoid first.": power
        * _half(k),
        "Turn the sigmoid round: ln(σ / (1 − σ)), not ln σ.": math.log(inner),
    }


@_bias_rule("gate", "hard", "Which f has fᵏ = ½? And where is b / 6 + ½ this f?")
def _bias_hard(k: float) -> Judgement:
    f = 0.5 ** (1 / k)
    return 6 * (f - 0.5), {
        "That is for the smooth sigmoid. Here the gate is a straight line, cut at 0 and 1.": (
            _half(k)
        ),
        "That is f itself. Which bias gives it?": f,
        "A gate of one half has the bias 0: take ½ off first.": 6 * f,
        "The slope is 1/6, so the bias is six times as much.": f - 0.5,
        "Divide by the slope of 1/6, that is, times 6.": (f - 0.5) / 6,
        "The sign is wrong: a larger bias keeps longer.": 6 * (0.5 - f),
    }


@_bias_rule(
    "left", "on average k steps", "How long does it last, on average, if it is lost with 1 − f?"
)
def _bias_mean(k: float) -> Judgement:
    f = 1 - 1 / k
    return logit(f), {
        "That leaves one half after k steps. Here k is how long it lasts on average.": _half(k),
        "That is f itself. Which bias gives it?": f,
        "The sign is wrong: a larger bias keeps longer.": -logit(f),
        "The step in which it is lost counts, too: the mean is 1 / (1 − f).": math.log(k),
        "That leaves exactly 1/e after k steps.": logit(math.exp(-1 / k)),
        "Turn the sigmoid round: ln(f / (1 − f)), not ln f.": math.log(f),
    }


# ls-count: arguments inputs, blocks, size, outputs


def _sizes(rng: np.random.Generator) -> Calls:
    drawn = [int(n) for n in rng.choice(np.arange(2, 12), 4, False)]
    return [[2, 2, 2, 1], [8, 3, 2, 8], [3, 4, 3, 2], drawn]


def _count_rule(key: str, value: str, look: str) -> Register:
    what = "the number for {0} inputs, {1} blocks of {2}, {3} outputs"
    return rule("ls-count", key, value, draw=_sizes, what=what, look=look)


def _units(inputs: int, units: int, read: int, out: int) -> int:
    """Weights of so many units, each reading the inputs, `read` numbers and a bias; and `out`."""
    return units * (inputs + read + 1) + out


def _counted(
    inputs: int, blocks: int, size: int, outputs: int, wrong: dict[str, int]
) -> dict[str, int]:
    units, out = blocks * (size + 2), outputs * (blocks * size + 1)
    return {
        "That is the published network's number. Read yours again: what differs?": _units(
            inputs, units, units, out
        ),
        **wrong,
    }


@_count_rule("gates", "three a block", "Each block has three gates now: how many units are there?")
def _count_forget(inputs: int, blocks: int, size: int, outputs: int) -> Judgement:
    units, out = blocks * (size + 3), outputs * (blocks * size + 1)
    right = _units(inputs, units, units, out)
    wrong = {
        "The three gates belong to a block, not to a cell.": _units(
            inputs, 4 * blocks * size, 4 * blocks * size, out
        ),
        "The new gates are read by all units, too.": _units(inputs, units, units - blocks, out),
        "The output layer is missing.": right - out,
        "The outputs' biases are missing: one for each.": right - outputs,
        "The biases of cells and gates are missing: one for each.": right - units,
        "The output reads the cells alone, not the gates.": right - out + outputs * (units + 1),
    }
    return right, _counted(inputs, blocks, size, outputs, wrong)


@_count_rule("gates", "of each cell", "Each cell has two gates of its own: three units a cell.")
def _count_own(inputs: int, blocks: int, size: int, outputs: int) -> Judgement:
    cells = blocks * size
    out = outputs * (cells + 1)
    right = _units(inputs, 3 * cells, 3 * cells, out)
    wrong = {
        "The gates' outputs are read as well: by cells, and by gates.": _units(
            inputs, 3 * cells, cells, out
        ),
        "A cell has two gates: one lets in, one lets out.": _units(
            inputs, 2 * cells, 2 * cells, out
        ),
        "There is no forget gate yet: a cell has two gates.": _units(
            inputs, 4 * cells, 4 * cells, out
        ),
        "The output layer is missing.": right - out,
        "The outputs' biases are missing: one for each.": right - outputs,
        "The biases of cells and gates are missing: one for each.": right - 3 * cells,
    }
    return right, _counted(inputs, blocks, size, outputs, wrong)


@_count_rule("reads", "cells only", "Each unit reads the inputs, the cells' outputs and a bias.")
def _count_unread(inputs: int, blocks: int, size: int, outputs: int) -> Judgement:
    units, cells = blocks * (size + 2), blocks * size
    out = outputs * (cells + 1)
    right = _units(inputs, units, cells, out)
    wrong = {
        "Cells and gates of other blocks are read, too: all cells' outputs.": _units(
            inputs, units, size, out
        ),
        "The gates have weights, too: count them among the units.": _units(
            inputs, cells, cells, out
        ),
        "The two gates belong to a block, not to a cell.": _units(inputs, 3 * cells, cells, out),
        "The output layer is missing.": right - out,
        "The outputs' biases are missing: one for each.": right - outputs,
        "The biases of cells and gates are missing: one for each.": right - units,
    }
    return right, _counted(inputs, blocks, size, outputs, wrong)


@_count_rule("outputs", "read the inputs", "Each output reads cells, inputs and a bias.")
def _count_direct(inputs: int, blocks: int, size: int, outputs: int) -> Judgement:
    units, cells = blocks * (size + 2), blocks * size
    out = outputs * (cells + inputs + 1)
    right = _units(inputs, units, units, out)
    wrong = {
        "The output reads cells and inputs, not the gates.": right
        - out
        + outputs * (units + inputs + 1),
        "The output layer is missing.": right - out,
        "The outputs' biases are missing: one for each.": right - outputs,
        "Each output reads every input: inputs times outputs.": right
        - out
        + outputs * (cells + 1)
        + inputs,
        "The biases of cells and gates are missing: one for each.": right - units,
    }
    return right, _counted(inputs, blocks, size, outputs, wrong)
