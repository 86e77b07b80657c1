"""Checkers of chapter 8: the GRU, and what each gate buys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import (
    Called,
    Predicted,
    fixed,
    on_tensors,
    same,
    sigmoid,
    slip,
)
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise(
    "gr-step",
    forbid=("torch.nn.GRU", "torch.nn.GRUCell", "torch.gru_cell", "seqcourse.nn.gru_step"),
)
class Step:
    """One step of PyTorch's GRU."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for size, batch in ((3, 2), (1, 4), (5, 1)):
            shapes: dict[str, tuple[int, ...]] = {"a": (batch, 3 * size), "h": (batch, size)}
            shapes |= {"W": (3 * size, size), "b": (size,)}
            cases.append({name: rng.normal(size=shape) for name, shape in shapes.items()})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [on_tensors(answer, *(c[n] for n in ("a", "h", "W", "b"))) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            batch, size = case["h"].shape
            if isinstance(given, tuple | list):
                text = "Return h_t alone: a GRU has one state."
                shape = f"one tensor of shape {case['h'].shape}"
                yield holds(f"B = {batch}, H = {size}", False, expected=shape, look=text)
                continue
            slips = {
                "z is turned round: here it keeps the old state, and 1 - z lets the new one in.": (
                    _step(case, keep="1-z")
                ),
                "The reset came before the product: here r scales W_hn h + b_hn.": _step(
                    case, before=True
                ),
                "b_hn stands outside of the reset: r scales it, too.": _step(case, bias="outside"),
                "b_hn is missing: add it to W_hn h, before r scales the two.": _step(
                    case, bias="none"
                ),
                "The parts are in another order: r first, then z, then n.": _step(
                    case, order=(1, 0, 2)
                ),
                "The reset also scales the input's share: a_n stays as it is.": _step(
                    case, all_of_n=True
                ),
                "r is not used: it scales what comes from h in the candidate.": _step(
                    case, reset=False
                ),
                "That is the candidate alone: mix it with h, by z.": _step(case, part="n"),
                "The candidate lacks its tanh.": _step(case, tanh=False),
                "That is what the old state adds: the candidate's share, (1 - z) n, is missing.": (
                    _step(case, part="old")
                ),
                "That is what the candidate adds: the old state's share, z h, is missing.": _step(
                    case, part="new"
                ),
            }
            right = _step(case)
            look = slip(given, slips) or (
                "No single slip that we know gives this, so look for two: compare r, then z, then "
                "n, then the mean with the definition, one line at a time."
            )
            yield close(f"B = {batch}, H = {size}", given, right, look=look, rtol=1e-6)


def _step(
    case: Mapping[str, np.ndarray],
    *,
    keep: str = "z",
    before: bool = False,
    bias: str = "inside",
    order: tuple[int, int, int] = (0, 1, 2),
    all_of_n: bool = False,
    reset: bool = True,
    part: str = "",
    tanh: bool = True,
) -> np.ndarray:
    """The next state, or what comes out with a mistake."""
    h, b = case["h"], case["b"]
    a = [np.split(case["a"], 3, 1)[k] for k in order]
    w = [np.split(case["W"], 3, 0)[k] for k in order]
    r, z = (sigmoid(a[k] + h @ w[k].T) for k in (0, 1))
    r = r if reset else np.ones_like(r)
    inner = b if bias == "inside" else 0 * b
    memory = (r * h) @ w[2].T + inner if before else r * (h @ w[2].T + inner)
    total = r * (a[2] + h @ w[2].T + inner) if all_of_n else a[2] + memory
    total = total + b if bias == "outside" else total
    n = np.tanh(total) if tanh else total
    if part == "n":
        return np.asarray(n)
    old, new = (z * h, (1 - z) * n) if keep == "z" else ((1 - z) * h, z * n)
    mixed: np.ndarray = old if part == "old" else new if part == "new" else old + new
    return mixed


NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


@exercise("gr-flip")
class Flip:
    """A GRU's weights for the other meaning of z."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        size, width = 3, 2
        shapes = ((3 * size, width), (3 * size, size), (3 * size,), (3 * size,))
        return {name: rng.normal(size=shape) for name, shape in zip(NAMES, shapes, strict=True)}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return answer({name: fixed(inputs[name]) for name in NAMES})

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if not isinstance(outputs, dict) or set(outputs) != set(NAMES):
            text = "a dict of the same four names"
            look = "Begin with out = dict(weights), and put each new array under its own name."
            yield holds("what came back", False, given=outputs, expected=text, look=look)
            return
        for name in NAMES:
            w = inputs[name]
            slips = {
                "It is as it was. Two products and two biases are added up inside of z's sigmoid: "
                "does this one play no part?": w,
                "The first third changed its sign: that is r. In which order do the parts stand?": (
                    _turned(w, 0)
                ),
                "The last third changed its sign: that is the candidate.": _turned(w, 2),
                "Everything changed its sign: r and the candidate must stay.": -w,
                "r changed its sign, too: it must stay.": _turned(_turned(w, 0), 1),
                "z's rows became 1 - w: turn round the sign of what goes into the sigmoid, "
                "1 - σ(u) = σ(-u).": _one_minus(w),
            }
            look = slip(outputs[name], slips) or (
                "One third of the rows changes its sign, and nothing moves: which third?"
            )
            yield close(name, outputs[name], _turned(w, 1), look=look)


def _turned(w: np.ndarray, part: int) -> np.ndarray:
    out, size = w.copy(), len(w) // 3
    out[part * size : (part + 1) * size] *= -1
    return out


def _one_minus(w: np.ndarray) -> np.ndarray:
    out, size = w.copy(), len(w) // 3
    out[size : 2 * size] = 1 - out[size : 2 * size]
    return out


@exercise("gr-reset")
class Reset:
    """Whether both places of the reset give the same candidate, whatever the state."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        full, none = rng.normal(size=(4, 4)), np.zeros(4)
        some = rng.normal(size=4)
        differ = np.array([0.2, 0.9, 0.5, 0.7])
        pairs = np.array([0.3, 0.3, 0.8, 0.8])
        blocks = np.kron(np.eye(2), np.ones((2, 2))) * full
        one_way = blocks.copy()
        one_way[0, 3] = 0.4
        partly = np.array([1.0, 0.5, 1.0, 0.5])
        biased = np.array([0.7, 0.0, -0.2, 0.0])
        diagonal = np.diag(some)
        # exact in binary: in row 0, the parts of h = (1, 1, 1, 1) cancel; then those and the bias
        halves = np.array([0.5, 0.25, 0.75, 0.5])
        cancel = np.zeros((4, 4))
        cancel[0, 1:3] = 1.0
        offset, by_bias = np.zeros((4, 4)), np.zeros(4)
        offset[0, 1], by_bias[0] = 1.0, 0.5
        nearly = pairs + np.array([0.0, 1e-12, 0.0, 0.0])
        stands = "Both give the same here: which term did you take for one that is not zero?"
        cases = [
            ("a full W, all r different", full, none, differ,
             "They differ: try it with an h that is 1 in one place, and 0 elsewhere."),
            ("a diagonal W, all r different, no bias", diagonal, none, differ, stands),
            ("a full W, all r one half, no bias", full, none, np.full(4, 0.5), stands),
            ("a full W, all r one half, a bias", full, some, np.full(4, 0.5),
             "They differ: try h = 0."),
            ("a full W, all r 1, a bias", full, some, np.ones(4), stands),
            ("a W of two blocks, r alike within each", blocks, none, pairs, stands),
            ("the same, and one weight from block to block", one_way, none, pairs,
             "They differ: which unit hears of a unit with another r?"),
            ("a diagonal W, a bias only where r is 1", diagonal, biased, partly, stands),
            ("a diagonal W, a bias where r is not 1", diagonal, biased[::-1].copy(), partly,
             "They differ: try h = 0."),
            ("a W whose differences cancel where h is 1 everywhere", cancel, none, halves,
             "They agree where h is 1 everywhere, and differ for other h: a sum of terms may "
             "cancel, each of them must not."),
            ("a bias that cancels the rest where h is 1", offset, by_bias, halves,
             "They agree where h is 1 everywhere, and differ at h = 0."),
            ("two resets that differ by 1e-12", blocks, none, nearly,
             "They differ, if by little. Compare exactly, without a tolerance."),
        ]  # fmt: skip
        names = ("what", "W", "b", "r", "look")
        return {"cases": [dict(zip(names, case, strict=True)) for case in cases]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = []
        for case in inputs["cases"]:
            said = answer(fixed(case["W"]), fixed(case["b"]), fixed(case["r"]))
            whole = isinstance(said, bool | np.bool_)
            text = f"a {type(said).__name__} of shape {np.shape(said)}"
            found.append(bool(said) if whole else None if said is None else text)
        return None if all(said is None for said in found) else found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            W, b, r = case["W"], case["b"], case["r"]
            right = bool((W * (r[:, None] - r) == 0).all() and (b * (1 - r) == 0).all())
            look = case["look"]
            if not isinstance(given, bool):
                look = "Return one True or False, for the whole matrix: reduce with .all()."
            yield holds(case["what"], given is right, given=given, expected=str(right), look=look)


@exercise("gr-anbn")
class Anbn(Predicted):
    """Which machines can count without end."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        five = isinstance(outputs, tuple | list | np.ndarray) and len(outputs) == 5
        if not five or any(x not in (True, False) for x in np.asarray(outputs, dtype=object)):
            text = "five truth values: (a) to (e)"
            yield holds("the form of the answer", False, given=outputs, expected=text)
            return
        wanted = (
            (True, "What does a cell with f = 1 do with a candidate of 1, step by step?"),
            (False, "With i = 1 - f, where does a cell end when every candidate is 1?"),
            (True, "An output gate decides what is shown: what does it do to the cell?"),
            (False, "In a GRU, where does the state end when every candidate is 1? Does the reset "
             "change that line? (Steps of one size are asked for: tiny ones shrink.)"),
            (True, "Without input gate a candidate goes in whole. It may still be 1, -1 or 0: is "
             "that not enough?"),
        )  # fmt: skip
        wrong = [look for (right, look), g in zip(wanted, outputs, strict=True) if bool(g) != right]
        count = f"{len(wanted) - len(wrong)} of {len(wanted)} right"
        look = wrong[0] if wrong else ""
        yield holds("(a) to (e)", not wrong, given=count, expected="all right", look=look)


@exercise("gr-count")
class Count(Called):
    """The widest GRU that has no more numbers than an LSTM."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(2, 32), (32, 128), (32, 17), (300, 20), (10, 500), (8, 128)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (D, H), given in zip(inputs["cases"], outputs, strict=True):
            right = _widest(D, H)
            slips = {
                "That is one too wide: it has more numbers than the LSTM. Round down.": right + 1,
                "That is 4/3 of the LSTM's width: the numbers grow with the square of the "
                "width, nearly.": 4 * H // 3,
                "That is 3/4 of the LSTM's width: a GRU of as many numbers is wider, not "
                "narrower.": 3 * H // 4,
                "That is √(4/3) of the LSTM's width, which leaves the inputs and the biases out.": (
                    int(H * (4 / 3) ** 0.5)
                ),
                "That is the LSTM's own width: at equal width the GRU has fewer numbers.": H,
                "The biases are missing, or one of the two, b_ih and b_hh: a unit of a gate has "
                "D + H + 2 numbers.": _widest(D, H, 0),
            }
            whole = isinstance(given, int | np.integer) or (
                isinstance(given, float) and given.is_integer()
            )
            text = "A width is a whole number: round down."
            look = slip(given, slips) if whole else text
            usual = "Set 3 G (D + G + 2) against 4 H (D + H + 2)."
            yield close(f"D = {D}, H = {H}", given, right, look=look or usual, rtol=0, atol=0.1)


def _widest(D: int, H: int, biases: int = 2) -> int:
    """The largest G with 3 G (D + G + biases) at most 4 H (D + H + biases)."""
    most = 4 * H * (D + H + biases)
    return next(G for G in range(2 * H, 0, -1) if 3 * G * (D + G + biases) <= most)


@exercise("gr-time")
class Time:
    """Two trainings, compared at equal steps and at equal time."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases: list[dict[str, Any]] = []
        for every, each, other in ((50, 0.004, 0.012), (100, 0.02, 0.015), (20, 0.001, 0.001)):
            pair = []
            for per_step, falls in ((each, 9), (other, 5)):
                step = every * np.arange(1, 21)
                value = 0.2 / (1 + np.exp(np.arange(20) - falls)) + 0.002
                value[falls + 5] = 0.05  # it comes back for a moment
                seconds = per_step * (step * rng.uniform(0.97, 1.03) + 30 * falls)
                pair.append({"step": step, "seconds": seconds, "value": value})
            cases.append({"a": pair[0], "b": pair[1], "level": 0.02})
        for place, name in (10, "a"), (7, "b"):
            curve = cases[-1][name]
            at = int((curve["value"] < 0.02).argmax())
            curve["value"][at - 1] = 0.02  # at the level, not below
            curve["step"] = np.cumsum(np.arange(place, place + 20))  # unevenly spaced
            curve["seconds"] = 0.003 * curve["step"] + 0.0001 * np.arange(20)
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [
            answer(
                *({key: fixed(part) for key, part in case[name].items()} for name in "ab"),
                case["level"],
            )
            for case in inputs["cases"]
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for number, (case, given) in enumerate(zip(inputs["cases"], outputs, strict=True), 1):
            a, b = (_first(case[name], case["level"]) for name in "ab")
            again = [_first(case[name], case["level"], last=True) for name in "ab"]
            right = a / b
            slips = {
                "The ratios are upside down: a's need over b's.": b / a,
                "The two stand in the other order: steps first, then seconds.": right[::-1],
                "Those are a's own step and second: divide by b's.": a,
                "An entry at the level is not below it.": (
                    _first(case["a"], case["level"], most=True)
                    / _first(case["b"], case["level"], most=True)
                ),
                "That is the last entry above the level, or the first after it: take the first "
                "entry below, also if the curve comes back.": again[0] / again[1],
                "Those are the ratios at the beginning: which entry did you take?": _at(case, 0),
                "Those are the ratios at the end of the curves: stop at the first entry below the "
                "level.": _at(case, -1),
            }  # fmt: skip
            look = slip(given, slips)
            if not look and np.shape(given) == (2,):
                one, two = (same(g, r) for g, r in zip(given, right, strict=True))
                if one or two:
                    name, key = ("second", "seconds") if one else ("first", "step")
                    look = f"Only the {name} number is off: divide the two entries of `{key}`."
            look = look or "Of each curve, the first entry below the level."
            yield close(f"pair {number}", given, right, look=look, rtol=1e-6)


def _at(case: Mapping[str, Any], place: int) -> np.ndarray:
    """Both ratios at one entry of the curves."""
    keys = ("step", "seconds")
    return np.array([case["a"][key][place] / case["b"][key][place] for key in keys])


def _first(
    curve: Mapping[str, np.ndarray], level: float, last: bool = False, most: bool = False
) -> np.ndarray:
    """Step and second of the first entry below a level; or below for good; or at most at it."""
    below = curve["value"] <= level if most else curve["value"] < level
    at = int(np.flatnonzero(~below)[-1]) + 1 if last else int(below.argmax())
    return np.array([curve["step"][at], curve["seconds"][at]], dtype=float)
