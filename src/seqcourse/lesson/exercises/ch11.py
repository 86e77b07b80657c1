"""Checkers of chapter 11, attention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import (
    Called,
    Predicted,
    called,
    fixed,
    misshapen,
    on_tensors,
    same,
    slip,
)
from seqcourse.lesson.findings import Finding, Plain, close, holds

Array = np.ndarray


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


@exercise("at-circle")
class Circle:
    """One step of a decoder in Bahdanau's timing, of one that advanced its state twice."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for size, places, width in ((3, 4, 2), (2, 6, 3)):
            shapes = {"s": (size,), "y": (width,), "memory": (places, size)}
            shapes |= {"W": (size, size), "U": (size, width), "M": (size, size)}
            cases.append({name: rng.normal(size=shape) for name, shape in shapes.items()})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [
            called(answer, c["s"], c["y"], c["memory"], _cell(c), _dot) for c in inputs["cases"]
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            name = f"{len(case['memory'])} places"
            part = f"{name}: what is read"
            if lost := misshapen(given, 2, "two: the next state, what was read", part):
                yield lost
                yield holds(f"{name}: the next state", False)
                continue
            state, read = _circle(case)
            if same(given[0], read) and same(given[1], state):
                look = "The two are in the other order: the next state first, then what was read."
                yield holds(part, False, given=given[1], expected="what was read", look=look)
                yield holds(f"{name}: the next state", False)
                continue
            read_slips = {text: _circle(case, way)[1] for text, way in _READ.items()}
            look = slip(given[1], read_slips) or (
                "The state that came in asks: score it against every place, take the softmax, "
                "and the mean of the memory under these weights."
            )
            yield close(part, given[1], read, look=look)
            state_slips = {text: _circle(case, way)[0] for text, way in _STATE.items()}
            look = slip(given[0], state_slips) or (
                "The cell is called once: with the state that came in, the symbol, and what "
                "was read."
            )
            yield close(f"{name}: the next state", given[0], state, look=look)


def _cell(case: Mapping[str, Array]) -> Callable[[Array, Array, Array], Array]:
    H, E = case["U"].shape

    def cell(s: Array, y: Array, m: Array) -> Array:
        shapes = tuple(map(np.shape, (s, y, m)))
        if shapes != ((H,), (E,), (H,)):
            raise ValueError(
                f"cell(s, y, m) wants a state ({H},), a symbol ({E},) and what was read ({H},), "
                f"in this order; it got {', '.join(map(str, shapes))}."
            )
        return np.asarray(np.tanh(case["W"] @ s + case["U"] @ y + case["M"] @ m))

    return cell


def _dot(s: Array, memory: Array) -> Array:
    return np.asarray(memory @ s)


def _circle(case: Mapping[str, Array], way: str = "") -> tuple[Array, Array]:
    """Next state and what is read; `way` names a mistake."""
    s, y, memory, cell = case["s"], case["y"], case["memory"], _cell(case)
    nothing = np.zeros_like(s)
    early = cell(s, y, nothing)
    asks = early if way == "new" else s
    scores = _dot(asks, memory)
    weights = {
        "raw": scores,
        "even": np.full(len(memory), 1 / len(memory)),
        "sum": np.exp(scores),
        "hard": np.eye(len(memory))[scores.argmax()],
    }.get(way, _softmax(scores))
    m = weights @ memory
    if way == "late":
        return cell(s, y, m), _softmax(_dot(cell(s, y, m), memory)) @ memory
    if way == "exchanged":
        return cell(m, y, s), m
    if way == "stale":
        return cell(early, y, m), m
    if way == "unread":
        return early, m
    if way == "double":
        return cell(cell(s, y, m), y, m), m
    return cell(s, y, m), m


_READ = {
    "The new state asks here, made with nothing read. In Bahdanau's timing the state that came in "
    "asks.": "new",
    "The scores weigh the memory as they are: take their softmax first.": "raw",
    "That is the plain mean of the memory: weigh it by the softmax of the scores.": "even",
    "The exponentials are not divided by their sum.": "sum",
    "That was read after the cell, by the new state. Return what was read before it, and went into "
    "it.": "late",
    "That is the best place alone, a hard look-up: take the mean under the softmax.": "hard",
}
_STATE = {
    "The symbol was read twice: the state had advanced once before the cell was called with what "
    "was read. Call the cell once, with the state that came in.": "stale",
    "That is the state with nothing read: the cell wants what you read as its third argument.": (
        "unread"
    ),
    "The cell got what was read as its state, and the state as what was read: it is "
    "cell(s, y, m).": "exchanged",
    "The cell was called twice with what was read: once is enough.": "double",
}


@exercise("at-mask")
class Mask(Called):
    """Attention weights where some places are padding, and some rows all padding."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        real = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)
        scores = rng.normal(size=(3, 5))
        full, none = real.copy(), real.copy()
        full[1], none[1] = True, False
        return {
            "cases": [
                (scores, real),
                (rng.normal(size=(3, 5)) - 3, full),
                (np.where(real, scores - 900, 40.0), real),
                (rng.normal(size=(3, 5)) + [[0], [1000], [-1000]], real),
                (rng.normal(size=(3, 5)), none),
            ]
        }

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        names = (
            "padding at either end",
            "low scores, one row without padding",
            "padding with much higher scores",
            "rows of very different height",
            "a row that is padding throughout",
        )
        for name, (scores, real), given in zip(names, inputs["cases"], outputs, strict=True):
            right = _masked(scores, real)
            ways = {text: _masked(scores, real, way) for text, way in _MASKS.items()}
            slips = {
                text: value
                for text, value in ways.items()
                if value.shape == right.shape and not np.allclose(value, right, equal_nan=True)
            }
            slips = {t: v for t, v in slips.items() if (v > 1e-9).any()}  # zeros have many causes
            look = slip(given, slips)
            if not look and name == "a row that is padding throughout":
                look = (
                    "Where all is padding every weight is to be 0: no division of 0 by 0, no "
                    "even weights."
                )
            if not look and name == "padding with much higher scores":
                look = (
                    "Here the real scores lie some 900 below 0, and below the padding's. Take off "
                    "the largest *real* score of the row before the exponential, and let padding "
                    "in nowhere. (A row that has no real score comes next.)"
                )
            if not look and name == "rows of very different height":
                look = (
                    "Take off each row's own largest real score: with another, or none, "
                    "exponentials overflow, or are all 0."
                )
            look = look or "Each row: a softmax over its real places, 0 at the others."
            yield close(name, given, right, look=look)


_MASKS = {
    "The rows do not sum to 1: the padding took its share of the softmax before it was set to 0.": (
        "after"
    ),
    "The mask is turned round: True is a real place, and takes part.": "inverted",
    "The scores of padding became 0, which is a score like any other: e⁰ = 1. They must go to "
    "minus infinity.": "zero score",
    "Nothing is masked.": "none",
    "The softmax runs over the rows: it is over the places, the last axis.": "axis",
    "The exponentials are not divided by their sum.": "sum",
}


def _masked(scores: Array, real: Array, way: str = "") -> Array:
    with np.errstate(all="ignore"):
        if way == "after":
            return np.asarray(_softmax(scores) * real)
        if way == "none":
            return _softmax(scores)
        if way == "zero score":
            return _softmax(scores * real)
        if way == "inverted":
            return _masked(scores, ~real)
        if way == "axis":
            raised = np.exp(np.where(real, scores, -np.inf))
            return np.asarray(raised / raised.sum(0))
        best = np.where(real, scores, -np.inf).max(-1, keepdims=True)
        raised = np.where(real, np.exp(np.where(real, scores - np.where(real, best, 0), 0)), 0)
        if way == "sum":
            return np.asarray(np.where(real, np.exp(scores), 0))
        total = raised.sum(-1, keepdims=True)
        return np.asarray(np.divide(raised, total, out=np.zeros_like(raised), where=total > 0))


@exercise(
    "at-cov",
    forbid=(
        "torch.autograd.functional.jacobian",
        "torch.autograd.grad",
        "seqcourse.gradients.attention_query_jacobian",
        "seqcourse.gradients.weighted_covariance",
    ),
)
class Covariance(Called):
    """The derivative of what is read by the query."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases: list[Any] = []
        for places, width, height, tau in ((5, 3, 2, 1.0), (4, 2, 3, 0.5), (6, 3, 3, 2.0)):
            shapes = ((width,), (places, width), (places, height))
            cases.append((*(rng.normal(size=shape) for shape in shapes), tau))
        q, keys, values, _ = cases[0]
        high = keys + 10 * q / (q @ q)  # scores of about 10, so that e^(10 / 0.01) overflows
        cases.append((q, high, values, 0.01))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            right = _jacobian(*case)
            name = f"{len(case[1])} places, τ = {case[3]:g}"
            ways = {text: _jacobian(*case, way=way) for text, way in _JACOBIANS.items()}
            slips = {t: v for t, v in ways.items() if not np.allclose(v, right)}
            if right.shape != right.T.shape or not np.allclose(right, right.T):
                text = "That is the transpose: row i is the derivative of m[i], by the query."
                slips[text] = right.T
            look = slip(given, slips)
            if not look and case[3] == 0.01:
                look = "Scores of 1,000 overflow: take the largest off before the exponential."
            look = look or (
                "Compare with (m(q + ε) − m(q − ε)) / 2ε, one number of the query after the other."
            )
            yield close(name, given, right, look=look)


_JACOBIANS = {
    "The means are not taken off: subtract m from the values, or the mean key from the keys.": (
        "second moment"
    ),
    "The temperature divides the scores, and so the derivative, too: 1/τ is missing.": "no tau",
    "The temperature multiplies: divide by it.": "times tau",
    "The mean is the plain one: it is taken under the weights.": "plain mean",
    "Weights that come before the temperature: divide the scores by τ first.": "cold weights",
    "The weights are missing: every place counts alike here.": "no weights",
    "Divided by the number of places: the weights sum to 1 already.": "divided",
    "The sign is turned round: towards keys whose values lie that way.": "sign",
}


def _jacobian(q: Array, keys: Array, values: Array, tau: float, *, way: str = "") -> Array:
    a = _softmax(keys @ q / (1 if way == "cold weights" else tau))
    v, k = values - a @ values, keys - a @ keys
    if way == "second moment":
        v, k = values, keys
    if way == "plain mean":
        v, k = values - values.mean(0), keys - keys.mean(0)
    if way == "no weights":
        a = np.ones_like(a)
    found = (v * a[:, None]).T @ k
    scale = {"no tau": 1.0, "times tau": tau, "divided": 1 / (tau * len(a)), "sign": -1 / tau}
    return np.asarray(found * scale.get(way, 1 / tau))


@exercise("at-kernel")
class Kernel:
    """Queries and keys, one number longer, so that dot products give the Gaussian's weights."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for places, width, tau in ((5, 2, 1.0), (4, 3, 0.5), (6, 1, 2.0)):
            sizes = rng.uniform(0.3, 2, size=(places, 1))
            keys = rng.normal(size=(places, width)) * sizes
            cases.append({"q": rng.normal(size=width), "keys": keys, "tau": tau})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(fixed(c["q"]), fixed(c["keys"]), c["tau"]) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            q, keys, tau = case["q"], case["keys"], case["tau"]
            places, width = keys.shape
            name = f"{places} keys of {width}, τ = {tau:g}: the weights"
            if lost := misshapen(given, 2, "two: the query, the keys", name):
                yield lost
                continue
            shapes = ((width + 1,), (places, width + 1))
            made = [np.asarray(part) if _is_numbers(part) else None for part in given]
            if any(m is None or m.shape != s for m, s in zip(made, shapes, strict=True)):
                shown = [m.shape if m is not None else "no array" for m in made]
                text = "One number more for the query, one more for each key; no batch."
                wanted = f"shapes {shapes[0]} and {shapes[1]}"
                yield holds(name, False, given=shown, expected=wanted, look=text)
                continue
            longer, lifted = made
            assert longer is not None and lifted is not None
            with np.errstate(all="ignore"):
                weights = _softmax(lifted @ longer)
            square = (keys**2).sum(-1)
            right = _softmax(-((q - keys) ** 2).sum(-1) / (2 * tau))
            slips = {
                "Those are the weights of plain attention: the keys' lengths still count.": (
                    _softmax(keys @ q / tau)
                ),
                "The temperature is missing: distances are divided by 2τ.": _softmax(
                    keys @ q - square / 2
                ),
                "The new number has the wrong sign: long keys get more now, not less.": _softmax(
                    (keys @ q + square / 2) / tau
                ),
                "The keys' squares count twice as much as they should: half of them.": _softmax(
                    (keys @ q - square) / tau
                ),
                "Take the square of the length, not the length.": _softmax(
                    (keys @ q - np.sqrt(square) / 2) / tau
                ),
                "In yours τ divides the dot product, but not the new number: it must divide "
                "both.": (_softmax(keys @ q / tau - square / 2)),
                "In yours τ divides the new number, but not the dot product: it must divide "
                "both.": (_softmax(keys @ q - square / (2 * tau))),
                "τ divides twice: give it to the query, or to the keys, not to both.": _softmax(
                    (keys @ q - square / 2) / tau**2
                ),
            }
            slips = {t: v for t, v in slips.items() if not np.allclose(v, right, rtol=1e-3)}
            look = slip(weights, slips) or (
                "Multiply −‖q − k‖²/2τ out: which part is a product of something of the query "
                "with something of the key, and which part is the same for all keys?"
            )
            yield close(name, weights, right, look=look)


def _is_numbers(value: Plain) -> bool:
    try:
        return np.asarray(value).dtype.kind in "iuf"
    except ValueError:
        return False


@exercise(
    "at-additive",
    forbid=("seqcourse.nn.AdditiveAttention", "seqcourse.nn.attention_scores.additive_score"),
)
class Additive:
    """Additive attention over a padded batch."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for B, L, S, Dq, Dk, Dv, A in ((3, 2, 5, 4, 3, 2, 6), (2, 3, 4, 2, 5, 5, 3)):
            shapes: dict[str, tuple[int, ...]] = {"query": (B, L, Dq), "key": (B, S, Dk)}
            shapes["value"] = (B, S, Dv)
            shapes |= {"weight_q": (A, Dq), "weight_k": (A, Dk), "u": (A,)}
            case: dict[str, Any] = {n: rng.normal(size=shape) for n, shape in shapes.items()}
            case["padding"] = np.arange(S) >= rng.integers(1, S + 1, (B, 1))
            case["padding"][0] = np.arange(S) >= S - 2
            cases.append(case)
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [on_tensors(answer, *(c[name] for name in _NAMES)) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            B, L = case["query"].shape[:2]
            name = f"B = {B}, L = {L}"
            part = f"{name}: the weights"
            if lost := misshapen(given, 2, "two: what is read, the weights", part):
                yield lost
                yield holds(f"{name}: what is read", False)
                continue
            read, weights = _additive(case)
            ways = {text: _additive(case, way) for text, way in _ADDITIVE.items()}
            look = slip(given[1], {t: w[1] for t, w in ways.items()}) or (
                "Scores first: u · tanh(W_q q + W_k k), for every query with every key, (B, L, S)."
            )
            found = close(part, given[1], weights, look=look, rtol=1e-5)
            yield found
            if not found.ok:
                yield holds(f"{name}: what is read", False)
                continue
            slips = {
                "That is the sum of the values without their weights.": np.broadcast_to(
                    case["value"].sum(1, keepdims=True), read.shape
                ),
                "The keys were averaged: the values are what is read.": (
                    weights @ case["key"] if case["key"].shape[2] == read.shape[2] else np.zeros(1)
                ),
            }
            look = slip(given[0], slips) or "The mean of the values: weights @ value."
            yield close(f"{name}: what is read", given[0], read, look=look, rtol=1e-5)


_NAMES = ("query", "key", "value", "weight_q", "weight_k", "u", "padding")
_ADDITIVE = {
    "The mask is turned round: True is padding, and gets no weight.": "inverted",
    "Padding is not masked.": "unmasked",
    "The padding's weights were set to 0 after the softmax: the rest no longer sums to 1.": "after",
    "The tanh is missing: then the query adds the same to all keys, and does not count.": "no tanh",
    "The softmax runs over the queries: it is over the keys, the last axis.": "axis",
    "These weights are the same for every query. It is left out, or added outside of the tanh, "
    "where it adds the same to all keys and cancels in the softmax: sum inside.": "no query",
    "The scores of padding became 0, which is a score like any other: they must go to minus "
    "infinity.": "zero score",
    "u stands inside the tanh: it weighs what comes out of it.": "inside",
    "The scores are divided by a root: that belongs to the dot product.": "scaled",
}


def _additive(case: Mapping[str, Array], way: str = "") -> tuple[Array, Array]:
    of_query = case["query"] @ case["weight_q"].T
    of_query = np.zeros_like(of_query) if way == "no query" else of_query
    inner = of_query[:, :, None] + (case["key"] @ case["weight_k"].T)[:, None]
    if way == "inside":
        scores = np.tanh(inner @ case["u"])
    else:
        scores = (inner if way == "no tanh" else np.tanh(inner)) @ case["u"]
    scores = scores / np.sqrt(len(case["u"])) if way == "scaled" else scores
    real = ~case["padding"][:, None] if way != "inverted" else case["padding"][:, None]
    real = np.broadcast_to(real, scores.shape)
    if way in ("unmasked", "zero score"):
        weights = _softmax(scores * real if way == "zero score" else scores)
    elif way == "after":
        weights = _softmax(scores) * real
    elif way == "axis":
        weights = _softmax(np.where(real, scores, -1e9).swapaxes(1, 2)).swapaxes(1, 2)
    else:
        weights = _masked(scores, real)
    return weights @ case["value"], weights


@exercise("at-two")
class Two(Predicted):
    """Weights of two keys, by hand."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 6, "six numbers: (a) to (f)"):
            yield lost
            return
        rights = (3 / 4, 9 / 10, 1.0, 1 / 2, 3 / 4, 3 / 7)
        looks = (
            "Take the exponentials of the scores, and divide by their sum.",
            "Half the temperature doubles the scores: e^(2 ln 3) = 9.",
            "What does the bound of the text become?",
            "What becomes of scores that are divided by a huge number?",
            "What does the same number, added to both scores, do to the ratio of exponentials?",
            "Three exponentials now: 3, 1, and 3 again.",
        )
        slips: tuple[dict[str, float], ...] = (
            {
                "That is the weight of key 2.": 1 / 4,
                "That is the ratio of the two weights, upside down.": 1 / 3,
                "That is the ratio of the two weights, not the weight.": 3.0,
                "That is the logistic function of 3; the scores differ by ln 3.": 0.9525741268,
                "Scores are not weights: take their exponentials first.": 1.0,
            },
            {
                "That is at temperature 2: the scores are divided by τ, so halving τ doubles "
                "them.": float(np.sqrt(3) / (1 + np.sqrt(3))),
                "The temperature does change the weights.": 3 / 4,
                "The scores double, their exponentials are squared: 9 to 1, not 6 to 1.": 6 / 7,
            },
            {"Cold makes hard: the better key takes all.": 1 / 2, "The other one.": 0.0},
            {
                "Hot makes even: the scores no longer count.": 1.0,
                "All weights still sum to 1.": 0.0,
            },
            {
                "A softmax does not see what is added to all scores.": 1.0,
                "They differ as much as before.": 1 / 2,
            },
            {
                "The third key takes its share from both others.": 3 / 4,
                "Half of 3/4 would leave key 2 its old quarter; but a third exponential joins the "
                "sum, and takes from both: 3, 1, and 3 again.": 3 / 8,
                "The other key keeps a part: 1 of 7.": 1 / 2,
                "That is what both good keys have together.": 6 / 7,
            },
        )
        for name, given, right, look, known in zip(
            "abcdef", outputs, rights, looks, slips, strict=True
        ):
            said = slip(given, known) or look
            ok = same(given, right, 1e-3)
            yield holds(f"({name})", ok, given=given, expected="another number", look=said)
