"""Changed tasks of chapter 8: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.shared import on_tensors, sigmoid
from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# gr-step: arguments a, h, weight_hh, bias_hn


def _steps(parts: int = 3, *, turned: bool = False) -> Draw:
    """Draws three steps with so many parts in a; `turned`: W_hh is (H, parts H)."""

    def draw(rng: np.random.Generator) -> Calls:
        calls: Calls = []
        for size, batch in ((3, 2), (2, 4), (5, 1)):
            shapes = [(batch, parts * size), (batch, size), (parts * size, size), (size,)]
            a, h, W, b = (rng.normal(size=shape) for shape in shapes)
            calls.append([a, h, W.T.copy() if turned else W, b])
        return calls

    return draw


def _step_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule("gr-step", key, value, draw=draw, what="the new state", look=look, call=on_tensors)


def _gru(
    a: Array,
    h: Array,
    W: Array,
    b: Array,
    *,
    order: str = "rzn",
    new: bool = False,
    before: bool = False,
    bias: str = "inside",
    tanh: bool = True,
    part: str = "",
) -> Array:
    """The next state; `new`: z lets in the new; `before`: the reset stands before the matrix."""
    x = dict(zip(order, np.split(a, 3, 1), strict=True))
    w = dict(zip(order, np.split(W, 3, 0), strict=True))
    r, z = (sigmoid(x[k] + h @ w[k].T) for k in "rz")
    inner = b if bias == "inside" else 0 * b
    memory = (r * h) @ w["n"].T + inner if before else r * (h @ w["n"].T + inner)
    total = x["n"] + memory + (b if bias == "outside" else 0)
    n = np.tanh(total) if tanh else total
    if part == "n":
        return np.asarray(n)
    z = 1 - z if new else z
    return np.asarray(z * h + (1 - z) * n)


_Z_NEW = "That lets z keep the old state, as PyTorch does. Here z lets the *new* in."
_Z_OLD = "z is turned round: it keeps the old state, and 1 - z lets the new one in."
_LESS = {
    "The candidate lacks its tanh.": {"tanh": False},
    "That is the candidate alone: mix it with h, by z.": {"part": "n"},
    "b_hn is missing.": {"bias": "none"},
}


@_step_rule("z", "lets in the new", "h_t = (1 − z) h + z n; r scales W_hn h + b_hn.", _steps())
def _step_new(a: Array, h: Array, W: Array, b: Array) -> Judgement:
    given = a, h, W, b
    return _gru(*given, new=True), {
        _Z_NEW: _gru(*given),
        "The reset came before the product: here r scales W_hn h + b_hn.": _gru(
            *given, new=True, before=True
        ),
        "b_hn stands outside of the reset: r scales it, too.": _gru(
            *given, new=True, bias="outside"
        ),
        "The parts are in another order: r first, then z, then n.": _gru(
            *given, new=True, order="zrn"
        ),
        **{text: _gru(*given, new=True, **how) for text, how in _LESS.items()},  # type: ignore[arg-type]
    }


@_step_rule(
    "reset", "before the matrix", "r scales h first; then W_hn, and b_hn is added.", _steps()
)
def _step_before(a: Array, h: Array, W: Array, b: Array) -> Judgement:
    given = a, h, W, b
    return _gru(*given, before=True), {
        "The reset came behind the product, as in PyTorch. Here r scales h before it.": _gru(
            *given
        ),
        "The reset scales h alone, not b_hn.": _gru(*given, bias="outside"),
        _Z_OLD: _gru(*given, before=True, new=True),
        "The parts are in another order: r first, then z, then n.": _gru(
            *given, before=True, order="zrn"
        ),
        **{text: _gru(*given, before=True, **how) for text, how in _LESS.items()},  # type: ignore[arg-type]
    }


@_step_rule("order", "z, r, n", "The parts of a, and the rows of W_hh, stand as z, r, n.", _steps())
def _step_order(a: Array, h: Array, W: Array, b: Array) -> Judgement:
    given = a, h, W, b
    return _gru(*given, order="zrn"), {
        "That takes the parts in PyTorch's order, r, z, n. Here it is z, r, n.": _gru(*given),
        _Z_OLD: _gru(*given, order="zrn", new=True),
        "The reset came before the product: here r scales W_hn h + b_hn.": _gru(
            *given, order="zrn", before=True
        ),
        "b_hn stands outside of the reset: r scales it, too.": _gru(
            *given, order="zrn", bias="outside"
        ),
        **{text: _gru(*given, order="zrn", **how) for text, how in _LESS.items()},  # type: ignore[arg-type]
    }


@_step_rule(
    "layout", "in, out", "A row of states stands on the left of W_hh, (H, 3H).", _steps(turned=True)
)
def _step_layout(a: Array, h: Array, W: Array, b: Array) -> Judgement:
    given = a, h, W.T, b
    return _gru(*given), {
        _Z_OLD: _gru(*given, new=True),
        "The reset came before the product: here r scales h W_hn + b_hn.": _gru(
            *given, before=True
        ),
        "b_hn stands outside of the reset: r scales it, too.": _gru(*given, bias="outside"),
        "The parts are in another order: r first, then z, then n.": _gru(*given, order="zrn"),
        **{text: _gru(*given, **how) for text, how in _LESS.items()},  # type: ignore[arg-type]
    }


@_step_rule("gates", "no reset", "Two parts, z and n: nothing scales W_hn h + b_hn.", _steps(2))
def _step_minimal(a: Array, h: Array, W: Array, b: Array) -> Judgement:
    (a_z, a_n), (m_z, m_n) = np.split(a, 2, 1), np.split(h @ W.T, 2, 1)
    z, n = sigmoid(a_z + m_z), np.tanh(a_n + m_n + b)
    scaled = np.tanh(a_n + z * (m_n + b))
    bare = np.tanh(a_n + m_n)
    return z * h + (1 - z) * n, {
        _Z_OLD: (1 - z) * h + z * n,
        "There is no reset: z does not scale what comes from h in the candidate.": z * h
        + (1 - z) * scaled,
        "b_hn is missing.": z * h + (1 - z) * bare,
        "The candidate lacks its tanh.": z * h + (1 - z) * (a_n + m_n + b),
        "That is the candidate alone: mix it with h, by z.": n,
        "The candidate does not read h: W_hn h is missing.": z * h + (1 - z) * np.tanh(a_n + b),
    }


# gr-flip: a dict of four arrays

NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def _weights(parts: int = 3, *, turned: bool = False) -> Draw:
    def draw(rng: np.random.Generator) -> Calls:
        size, width = 3, 2
        shapes = ((parts * size, width), (parts * size, size), (parts * size,), (parts * size,))
        drawn = [rng.normal(size=shape) for shape in shapes]
        if turned:
            drawn = [w.T.copy() if w.ndim == 2 else w for w in drawn]
        return [[dict(zip(NAMES, drawn, strict=True))]]

    return draw


def _flip_call(answer: Any, weights: dict[str, Array]) -> Any:
    """The four arrays, in order; what is no such dict, as it is."""
    given = {name: w.copy() for name, w in weights.items()}
    for w in given.values():
        w.flags.writeable = False
    back = answer(given)
    if isinstance(back, dict) and set(back) == set(NAMES):
        return tuple(back[name] for name in NAMES)
    return back


def _flip_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule(
        "gr-flip",
        key,
        value,
        draw=draw,
        what="what came back",
        look=f"{look} Return a dict of the same four names.",
        parts=NAMES,
        call=_flip_call,
    )


def _turned(w: Array, *places: int, parts: int = 3, axis: int = 0) -> Array:
    """A copy, with the sign of these parts changed."""
    pieces = np.split(w, parts, axis)
    return np.concatenate([-p if k in places else p for k, p in enumerate(pieces)], axis)


def _moved(w: Array, order: tuple[int, ...]) -> Array:
    """A copy, its parts in another order."""
    pieces = np.split(w, len(order))
    return np.concatenate([pieces[k] for k in order])


@_flip_rule("stored", "z, r, n", "Which third of the rows is z's?", _weights())
def _flip_stored(weights: dict[str, Array]) -> Judgement:
    each = [weights[name] for name in NAMES]
    return tuple(_turned(w, 0) for w in each), {
        "The second third changed its sign. Here the parts stand as z, r, n: that is r.": tuple(
            _turned(w, 1) for w in each
        ),
        "The biases go into z's sigmoid, too.": (*(_turned(w, 0) for w in each[:2]), *each[2:]),
        "The last third changed its sign: that is the candidate.": tuple(
            _turned(w, 2) for w in each
        ),
        "Everything changed its sign: r and the candidate must stay.": tuple(-w for w in each),
        "The parts were moved. They stay where they are: one of them changes its sign.": tuple(
            _moved(w, (1, 0, 2)) for w in each
        ),
        "They are as they were.": tuple(each),
    }


@_flip_rule(
    "asked", "the order", "Thirds of the rows move, in all four; no sign changes.", _weights()
)
def _flip_order(weights: dict[str, Array]) -> Judgement:
    each = [weights[name] for name in NAMES]
    return tuple(_moved(w, (1, 2, 0)) for w in each), {
        "A sign changed. Here z means the same; the parts stand in another order.": tuple(
            _turned(w, 1) for w in each
        ),
        "That goes the other way: given is n, r, z, and r, z, n is wanted.": tuple(
            _moved(w, (2, 0, 1)) for w in each
        ),
        "The biases have the same order as the rows of the weights: move them, too.": (
            *(_moved(w, (1, 2, 0)) for w in each[:2]),
            *each[2:],
        ),
        "That only turns the order round: n, r, z becomes z, r, n.": tuple(
            _moved(w, (2, 1, 0)) for w in each
        ),
        "They are as they were.": tuple(each),
    }


@_flip_rule("cell", "LSTM", "Which fourth of the rows is the forget gate's?", _weights(4))
def _flip_lstm(weights: dict[str, Array]) -> Judgement:
    each = [weights[name] for name in NAMES]
    slips: dict[str, Any] = {
        f"That fourth belongs to {name}: the parts stand in the order i, f, g, o.": tuple(
            _turned(w, k, parts=4) for w in each
        )
        for k, name in ((0, "i"), (2, "g"), (3, "o"))
    }
    return tuple(_turned(w, 1, parts=4) for w in each), {
        **slips,
        "The biases go into the forget gate's sigmoid, too.": (
            *(_turned(w, 1, parts=4) for w in each[:2]),
            *each[2:],
        ),
        "Everything changed its sign: i, g and o must stay.": tuple(-w for w in each),
        "They are as they were.": tuple(each),
    }


@_flip_rule(
    "layout",
    "in, out",
    "z's part is the middle third of the *columns*; of a bias, of its numbers.",
    _weights(turned=True),
)
def _flip_layout(weights: dict[str, Array]) -> Judgement:
    each = [weights[name] for name in NAMES]
    right = tuple(_turned(w, 1, axis=-1) for w in each)
    return right, {
        "The biases go into z's sigmoid, too.": (*right[:2], *each[2:]),
        "The first third of the columns changed its sign: that is r.": tuple(
            _turned(w, 0, axis=-1) for w in each
        ),
        "The last third of the columns changed its sign: that is the candidate.": tuple(
            _turned(w, 2, axis=-1) for w in each
        ),
        "The result has the layout of what was given: a row for each source.": (
            *(w.T for w in right[:2]),
            *right[2:],
        ),
        "Everything changed its sign: r and the candidate must stay.": tuple(-w for w in each),
        "They are as they were.": tuple(each),
    }


# gr-time: arguments a, b, level


def _curves(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for every, each, other in ((50, 0.004, 0.012), (100, 0.02, 0.015), (20, 0.001, 0.0011)):
        pair = []
        for place, (per_step, falls) in enumerate(((each, 9), (other, 5))):
            step = np.cumsum(every + np.arange(20) + place * np.arange(20) % 7)
            value = 0.2 / (1 + np.exp(np.arange(20) - falls)) + 0.002 + 0.0001 * rng.random(20)
            value[falls + 5] = 0.05  # it comes back for a moment
            seconds = per_step * (step * rng.uniform(0.97, 1.03) + 30 * falls)
            pair.append({"step": step, "seconds": seconds, "value": value})
        calls.append([*pair, 0.02])
    for curve, falls in zip(calls[-1][:2], (9, 5), strict=True):  # at the level is not below it
        curve["value"][[_first(curve, 0.02) - 1, falls + 5]] = 0.02
    return calls


Curve = dict[str, Array]


def _time_call(answer: Any, a: Curve, b: Curve, *more: Any) -> Any:
    copies = [{key: part.copy() for key, part in curve.items()} for curve in (a, b)]
    return answer(*copies, *more)


def _time_rule(
    key: str, value: str, look: str, parts: tuple[str, ...], draw: Draw = _curves
) -> Register:
    what = "the race"
    return rule(
        "gr-time", key, value, draw=draw, what=what, look=look, parts=parts, call=_time_call
    )


def _at(curve: Curve, place: int) -> Array:
    return np.array([curve["step"][place], curve["seconds"][place]], float)


def _first(curve: Curve, level: float) -> int:
    return int((curve["value"] < level).argmax())


def _settled(curve: Curve, level: float) -> int:
    """The first entry from which on the curve stays below the level."""
    return int(np.flatnonzero(curve["value"] >= level)[-1]) + 1


_RATIOS = ("the ratio of steps", "the ratio of seconds")


@_time_rule(
    "until", "for good", "The entry behind the last one that is not below the level.", _RATIOS
)
def _time_settled(a: Curve, b: Curve, level: float) -> Judgement:
    one, two = _at(a, _settled(a, level)), _at(b, _settled(b, level))
    last = _at(a, _settled(a, level) - 1) / _at(b, _settled(b, level) - 1)
    early = _at(a, _first(a, level)) / _at(b, _first(b, level))
    return tuple(one / two), {
        "That is the first entry below the level; the curve comes back. From which entry on does "
        "it stay below?": tuple(early),
        "That is the last entry that is not below: the one behind it is asked for.": tuple(last),
        "The ratios are upside down: a's need over b's.": tuple(two / one),
        "The two stand in the other order: steps first, then seconds.": tuple((one / two)[::-1]),
        "Those are the ratios at the end of the curves.": tuple(_at(a, -1) / _at(b, -1)),
    }


@_time_rule(
    "gives",
    "differences",
    "Of each, the first entry below; b's need minus a's.",
    ("the steps", "the seconds"),
)
def _time_difference(a: Curve, b: Curve, level: float) -> Judgement:
    one, two = _at(a, _first(a, level)), _at(b, _first(b, level))
    slow = _at(b, _settled(b, level)) - _at(a, _settled(a, level))
    return tuple(two - one), {
        "Those are the ratios. Here it is by how much a is ahead.": tuple(one / two),
        "The sign is turned: positive where a needs less.": tuple(one - two),
        "The two stand in the other order: steps first, then seconds.": tuple((two - one)[::-1]),
        "The sign counts: leave it.": tuple(np.abs(two - one)),
        "Take the first entry below the level, also if the curve comes back.": tuple(slow),
    }


def _with_seconds(rng: np.random.Generator) -> Calls:
    calls = _curves(rng)
    for call in calls:
        a, b, _ = call
        most = min(a["seconds"][-1], b["seconds"][-1])
        call[2] = float(rng.uniform(0.45, 0.7) * most)
    calls[-1][2] = float(calls[-1][0]["seconds"][11])  # just at that time is not too late
    return calls


@_time_rule(
    "at",
    "equal time",
    "Of each curve, the last entry that is not later than `seconds`.",
    ("a's value", "b's value"),
    _with_seconds,
)
def _time_equal(a: Curve, b: Curve, seconds: float) -> Judgement:
    def last(curve: Curve, shift: int = 0) -> float:
        at = int(np.flatnonzero(curve["seconds"] <= seconds)[-1]) + shift
        return float(curve["value"][at])

    def best(curve: Curve) -> float:
        return float(curve["value"][curve["seconds"] <= seconds].min())

    return (last(a), last(b)), {
        "That is the first entry after that time: nobody had it yet.": (last(a, 1), last(b, 1)),
        "That is one entry too early.": (last(a, -1), last(b, -1)),
        "The two stand in the other order: a's value first.": (last(b), last(a)),
        "That is the best so far; the latest is asked for.": (best(a), best(b)),
        "That is at the end of the curves.": (float(a["value"][-1]), float(b["value"][-1])),
    }


def _best_draw(rng: np.random.Generator) -> Calls:
    return [[a, b] for a, b, _ in _curves(rng)]


@_time_rule(
    "level",
    "the best of both",
    "The level is the larger of the two smallest values.",
    _RATIOS,
    _best_draw,
)
def _time_best(a: Curve, b: Curve) -> Judgement:
    def ratios(level: float) -> Any:
        places = [int((curve["value"] <= level).argmax()) for curve in (a, b)]
        return tuple(_at(a, places[0]) / _at(b, places[1]))

    lows = [float(curve["value"].min()) for curve in (a, b)]
    right = ratios(max(lows))
    own = tuple(_at(a, int(a["value"].argmin())) / _at(b, int(b["value"].argmin())))
    return right, {
        "Each was taken to its own best. Both are to reach the same level: the worse of the two "
        "bests.": own,
        "That is the better of the two bests: one of them never gets there.": ratios(min(lows)),
        "The ratios are upside down: a's need over b's.": tuple(1 / np.array(right)),
        "The two stand in the other order: steps first, then seconds.": right[::-1],
        "Those are the ratios at the end of the curves.": tuple(_at(a, -1) / _at(b, -1)),
    }
