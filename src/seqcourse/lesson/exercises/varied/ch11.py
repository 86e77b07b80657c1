"""Changed tasks of chapter 11: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.shared import called
from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# at-circle: arguments s, y, what the variation adds, memory; first the cell's three matrices


def _steps(*, previous: bool = False, middle: bool = False) -> Draw:
    """`previous`: what was read a step before; `middle`: a place."""

    def draw(rng: np.random.Generator) -> Calls:
        calls: Calls = []
        for H, T, D, place in ((3, 4, 2, 0), (2, 9, 3, 4), (3, 6, 2, 4)):
            cell = [rng.normal(size=(H, many)) for many in (H, D, H)]
            given: list[Any] = [rng.normal(size=H), rng.normal(size=D)]
            given += [rng.normal(size=H)] * previous
            given += [rng.normal(size=(T, H))] + [place] * middle
            calls.append([cell, *given])
        return calls

    return draw


def _cell(cell: list[Array], s: Array, y: Array, m: Array) -> Array:
    W, U, M = cell
    return np.asarray(np.tanh(W @ s + U @ y + M @ m))


def _step_call(answer: Any, cell: list[Array], *given: Any) -> Any:
    def run(s: Array, y: Array, m: Array) -> Array:
        return _cell(cell, s, y, m)

    return called(answer, *given, run, lambda s, memory: memory @ s)


def _step_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule(
        "at-circle",
        key,
        value,
        draw=draw,
        what="the step",
        look=look,
        parts=("the next state", "what is read"),
        call=_step_call,
    )


def _softmax(scores: Array) -> Array:
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


_TWICE = "The cell was called twice, and has read the symbol twice: once is enough."
_NEW_ASKS = "The new state asks here, made with nothing read. The one that came in is to ask."


def _read_by(
    cell: list[Array], s: Array, y: Array, memory: Array, m: Array, early: Array
) -> Judgement:
    """In Bahdanau's timing: the step that reads m, and slips of the timing.

    Args:
        cell, s, y, memory: as given.
        m: what is read where s asks.
        early: what is read where the new state asks.
    """
    new = _cell(cell, s, y, np.zeros_like(s))
    published = _softmax(memory @ s) @ memory
    return (_cell(cell, s, y, m), m), {
        "That is the softmax over all of the memory. Here it is read in another way.": (
            _cell(cell, s, y, published),
            published,
        ),
        _TWICE: (_cell(cell, new, y, m), m),
        "The symbol was read twice, and the new state asks. Call the cell once.": (
            _cell(cell, new, y, early),
            early,
        ),
        _NEW_ASKS: (new, early),
        "That is the state with nothing read: the cell wants what you read.": (new, m),
    }


@_step_rule(
    "timing",
    "Luong",
    "First the cell, with what was read before; then its new state asks.",
    _steps(previous=True),
)
def _step_luong(cell: list[Array], s: Array, y: Array, m: Array, memory: Array) -> Judgement:
    def read(asks: Array) -> Array:
        return np.asarray(_softmax(memory @ asks) @ memory)

    new, nothing = _cell(cell, s, y, m), _cell(cell, s, y, np.zeros_like(s))
    late = _cell(cell, s, y, read(s))
    return (new, read(new)), {
        "The state that came in asks there, and the cell reads the answer. Here the cell comes "
        "first, with what was read before; then the new state asks.": (late, read(s)),
        "The state is right, but the new one asks, not the one that came in.": (new, read(s)),
        "What was read before is not fed: the cell's third argument is m.": (
            nothing,
            read(nothing),
        ),
        _TWICE: (_cell(cell, new, y, read(new)), read(new)),
        "What is read is computed anew: what came in as m is old.": (None, m),
        "The scores weigh the memory as they are: take their softmax first.": (
            None,
            (memory @ new) @ memory,
        ),
    }


@_step_rule(
    "reads", "the best", "One row of the memory, as it is: that of the best score.", _steps()
)
def _step_best(cell: list[Array], s: Array, y: Array, memory: Array) -> Judgement:
    new = _cell(cell, s, y, np.zeros_like(s))
    scores = memory @ s
    m, early = memory[scores.argmax()], memory[(memory @ new).argmax()]
    right, slips = _read_by(cell, s, y, memory, m, early)
    worst, scaled = memory[scores.argmin()], scores.max() * m
    return right, {
        **slips,
        "That is the worst place: the highest score is the best.": (None, worst),
        "The row is read as it is: its score does not scale it.": (None, scaled),
    }


def _window(scores: Array, middle: int, reach: int = 2) -> Array:
    near = np.abs(np.arange(len(scores)) - middle) <= reach
    return _softmax(np.where(near, scores, -np.inf))


@_step_rule(
    "reads",
    "a window",
    "The places middle − 2 to middle + 2, as far as there are such; the softmax is over these.",
    _steps(middle=True),
)
def _step_window(cell: list[Array], s: Array, y: Array, memory: Array, middle: int) -> Judgement:
    new = _cell(cell, s, y, np.zeros_like(s))

    def read(asks: Array, reach: int = 2) -> Array:
        return np.asarray(_window(memory @ asks, middle, reach) @ memory)

    near = np.abs(np.arange(len(memory)) - middle) <= 2
    late = (_softmax(memory @ s) * near) @ memory
    back = memory[max(0, middle - 2) : middle + 2]
    right, slips = _read_by(cell, s, y, memory, read(s), read(new))
    return right, {
        **slips,
        "The weights do not sum to 1: take the softmax over the window, not over all places.": (
            None,
            late,
        ),
        "The window reaches too far: two places to either side.": (None, read(s, 3)),
        "The window is too narrow: two places to either side.": (None, read(s, 1)),
        "The last place of the window is missing: a slice ends before its end.": (
            None,
            _softmax(back @ s) @ back,
        ),
    }


@_step_rule(
    "reads",
    "or nothing",
    "One score more, 0, in the sum that divides; its value is zeros.",
    _steps(),
)
def _step_nothing(cell: list[Array], s: Array, y: Array, memory: Array) -> Judgement:
    def read(asks: Array) -> Array:
        return np.asarray(_softmax(np.append(memory @ asks, 0.0))[:-1] @ memory)

    right, slips = _read_by(cell, s, y, memory, read(s), read(_cell(cell, s, y, np.zeros_like(s))))
    scores = memory @ s
    shifted = np.exp(scores - scores.max())
    return right, {
        **slips,
        "The largest score was taken off the places, not off the score 0 of reading nothing: "
        "e⁰ = 1 became another number.": (None, shifted @ memory / (1 + shifted.sum())),
        "Nothing has the score 0, whose exponential is 1.": (
            None,
            shifted @ memory / (shifted.sum() + np.exp(-1 - scores.max())),
        ),
        "The exponentials are not divided by their sum.": (None, np.exp(scores) @ memory),
    }


# at-mask: arguments scores, and what the variation knows of the places


def _real(rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Scores and real places: padding at either end; low scores; high padding; an empty row."""
    real = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 1], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    real = np.concatenate([real, rng.permutation(real[:1], axis=1)])
    scores, more = rng.normal(size=(2, 5, 5))
    none = real.copy()
    none[1] = False
    return [
        (scores, real),
        (rng.normal(size=(5, 5)) - 3, np.roll(real, 1, 0)),
        (np.where(real, more - 900 * (np.arange(5) % 2)[:, None], 40.0), real),
        (rng.normal(size=(5, 5)), none),
    ]


def _mask_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule("at-mask", key, value, draw=draw, what="the weights", look=look)


def _weighed(scores: Array, times: Array) -> Array:
    """Rows of times exp(scores), over their sum; zeros where all times are 0."""
    best = np.where(times > 0, scores, -np.inf).max(-1, keepdims=True)
    best = np.where(np.isfinite(best), best, 0)
    raised = times * np.exp(np.where(times > 0, scores - best, 0))
    total = raised.sum(-1, keepdims=True)
    return np.asarray(raised / np.where(total > 0, total, 1))


_AFTER = "The rows do not sum to 1: padding took its share of the softmax before it was set to 0."
_ZERO = "The scores of padding became 0, which is a score like any other: e⁰ = 1."
_UNMASKED = "Nothing is masked."
_EMPTY = "Where all is padding every weight is to be 0."


def _masks(scores: Array, real: Array) -> dict[str, Array]:
    every = np.ones_like(real)
    empty = ~real.any(-1, keepdims=True)
    return {
        _AFTER: _weighed(scores, every) * real,
        _ZERO: _weighed(scores * real, every),
        _UNMASKED: _weighed(scores, every),
        _EMPTY: np.where(empty, 1 / scores.shape[-1], _weighed(scores, real)),
        "Where all is padding the scores count again: every weight is to be 0.": _weighed(
            scores, real | empty
        ),
    }


_NAN = "No place: all weights are 0, no 0 by 0."


@_mask_rule(
    "mask",
    "True at padding",
    f"True is padding, which gets nothing; the rest is a softmax. {_NAN}",
    lambda rng: [[scores, ~real] for scores, real in _real(rng)],
)
def _mask_padding(scores: Array, padding: Array) -> Judgement:
    return _weighed(scores, ~padding), {
        "That takes True for a real place. Here True is padding.": _weighed(scores, padding),
        **_masks(scores, ~padding),
    }


@_mask_rule(
    "axis",
    "places first",
    f"A column is a softmax over its own places. {_NAN}",
    lambda rng: [[scores.T.copy(), real.T.copy()] for scores, real in _real(rng)],
)
def _mask_columns(scores: Array, real: Array) -> Judgement:
    return _weighed(scores.T, real.T).T, {
        "The softmax runs along the rows. Here the places run down the first axis.": _weighed(
            scores, real
        ),
        "The result has the layout of the scores: places down the first axis.": _weighed(
            scores.T, real.T
        ),
        **{text: value.T for text, value in _masks(scores.T, real.T).items()},
    }


def _counts(rng: np.random.Generator) -> Calls:
    return [[scores, real * rng.integers(1, 5, real.shape) - 1] for scores, real in _real(rng)]


@_mask_rule(
    "mask", "further keys", f"A place with 2 further keys weighs what three would. {_NAN}", _counts
)
def _mask_counts(scores: Array, more: Array) -> Judgement:
    times, real = more + 1, more >= 0
    return _weighed(scores, times), {
        "Each place counts once there. Here it counts more + 1 times.": _weighed(scores, real),
        "0 further keys is one key: only −1 is no place.": _weighed(scores, np.maximum(more, 0)),
        "That asks whether `more` is 0 or not, as of a mask. Here it counts.": _weighed(
            scores, more != 0
        ),
        "The rows do not sum to 1: multiply before you divide by the sum.": _weighed(scores, real)
        * times,
        "The number was added to the scores: its logarithm is what would do.": _weighed(
            scores + times, real
        ),
        "That is one key's share: a place has that of all its keys.": _weighed(scores, times)
        / np.where(real, times, 1),
        **{text: value for text, value in _masks(scores, real).items() if text != _AFTER},
    }


def _biased(rng: np.random.Generator) -> Calls:
    return [
        [scores, np.where(real, 2 * rng.normal(size=real.shape), -np.inf)]
        for scores, real in _real(rng)
    ]


@_mask_rule(
    "mask",
    "added",
    f"Add first; then the softmax over what is not minus infinity. {_NAN}",
    _biased,
)
def _mask_added(scores: Array, bias: Array) -> Judgement:
    real = np.isfinite(bias)
    low = np.where(real, bias, 0)
    slips = _masks(scores + low, real)
    return _weighed(scores + low, real), {
        "That only asks whether the bias is there. Here it is added to the scores.": _weighed(
            scores, np.ones_like(real)
        ),
        "The finite part of the bias is lost: it is added to the scores.": _weighed(scores, real),
        "The bias was taken off: add it.": _weighed(scores - low, real),
        "The bias was added behind the softmax: add it to the scores.": np.where(
            real, _weighed(scores, real) + low, 0
        ),
        **slips,
    }


def _square(rng: np.random.Generator) -> Calls:
    sizes = (4, 6, 2)
    return [[rng.normal(size=(T, T)) + up] for T, up in zip(sizes, (0, -3, 2), strict=True)] + [
        [np.where(np.tri(5, k=-1, dtype=bool), rng.normal(size=(5, 5)) - 900, 40.0)]
    ]


@_mask_rule(
    "mask",
    "earlier places",
    f"In row t the places 0 to t − 1. Row 0 has none. {_NAN}",
    _square,
)
def _mask_earlier(scores: Array) -> Judgement:
    shape = scores.shape[0]
    real = np.tri(shape, k=-1, dtype=bool)
    return _weighed(scores, real), {
        "A row may not see its own place: it ends before it.": _weighed(scores, np.tri(shape) > 0),
        "Those are the later places: a row sees what comes before.": _weighed(scores, real.T),
        "A column, not a row, is a query there.": _weighed(scores.T, real).T,
        "Those are the later places, and the own one.": _weighed(scores, np.tri(shape).T > 0),
        **_masks(scores, real),
    }


# at-cov: arguments q, keys, values, tau


def _places(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for places, width, height, tau in ((5, 3, 2, 1.5), (4, 2, 3, 0.5), (6, 3, 3, 2.0)):
        shapes = ((width,), (places, width), (places, height))
        calls.append([*(rng.normal(size=shape) for shape in shapes), tau])
    return calls


def _cov_rule(key: str, value: str, look: str, draw: Draw = _places) -> Register:
    return rule("at-cov", key, value, draw=draw, what="the derivative", look=look)


def _weighted(a: Array, values: Array, keys: Array) -> Array:
    """The covariance of values and keys under weights."""
    return np.asarray((a[:, None] * (values - a @ values)).T @ (keys - a @ keys))


_NEARLY = "Compare with (m(x + ε) − m(x − ε)) / 2ε, where x is what the derivative is by."
_NO_TAU = "The temperature divides the scores, and so the derivative, too: 1/τ is missing."
_NO_MEAN = "The mean is not taken off: subtract m from the values."


@_cov_rule("by", "tau", f"Scores are q·k/τ: how do they change with τ? {_NEARLY}")
def _cov_tau(q: Array, keys: Array, values: Array, tau: float) -> Judgement:
    scores = keys @ q
    a = _softmax(scores / tau)
    by = _weighted(a, values, scores[:, None])[:, 0]
    return -by / tau**2, {
        "That is the derivative by the query. Here it is by the temperature.": _weighted(
            a, values, keys
        )
        / tau,
        "The derivative of 1/τ is −1/τ²: the sign is missing.": by / tau**2,
        "The derivative of 1/τ is −1/τ², not −1/τ.": -by / tau,
        "That is the derivative by 1/τ: multiply by that of 1/τ, −1/τ².": by,
        _NO_MEAN: -(a * scores) @ values / tau**2,
        "The scores were divided by τ once more: −1/τ² times q·k is −1/τ times the score.": -by
        / tau**3,
    }


def _one_key(rng: np.random.Generator) -> Calls:
    return [[*call, int(rng.integers(len(call[1])))] for call in _places(rng)]


@_cov_rule(
    "by", "one key", f"Key j changes one score, and with it all the weights. {_NEARLY}", _one_key
)
def _cov_key(q: Array, keys: Array, values: Array, tau: float, j: int) -> Judgement:
    a = _softmax(keys @ q / tau)
    away = values[j] - a @ values
    right = a[j] * np.outer(away, q) / tau
    return right, {
        "That is the derivative by the query. Here it is by one key.": _weighted(a, values, keys)
        / tau,
        _NO_MEAN: a[j] * np.outer(values[j], q) / tau,
        "The place's weight is missing: a key that hardly counts changes little.": np.outer(away, q)
        / tau,
        _NO_TAU: right * tau,
        "A score's derivative by its key is the query, not the key.": a[j]
        * np.outer(away, keys[j])
        / tau,
        "That is the transpose: row i is the derivative of m[i].": right.T,
        "The derivative of the softmax is taken for one weight alone; the others change, too.": (
            a[j] * (1 - a[j]) * np.outer(values[j], q) / tau
        ),
    }


@_cov_rule(
    "score", "Gaussian", f"The weights are those of −‖q − k‖²/2τ: the rest follows. {_NEARLY}"
)
def _cov_gaussian(q: Array, keys: Array, values: Array, tau: float) -> Judgement:
    def by(scores: Array) -> Array:
        return _weighted(_softmax(scores), values, keys) / tau

    square = ((q - keys) ** 2).sum(-1)
    a = _softmax(-square / (2 * tau))
    return by(-square / (2 * tau)), {
        "Those weights are of dot products. Here the score is minus half the squared distance.": by(
            keys @ q / tau
        ),
        "The half is missing: the squared distance is divided by 2τ.": by(-square / tau),
        "The half is missing, and comes out as a 2 in front: the squared distance is divided by "
        "2τ.": 2 * by(-square / tau),
        "Far keys get the most there: the score is minus the squared distance.": by(
            square / (2 * tau)
        ),
        _NO_MEAN: (a[:, None] * values).T @ (keys - q) / tau,
        _NO_TAU: by(-square / (2 * tau)) * tau,
        "The derivative of −‖q − k‖²/2 by q is k − q, not q − k.": -by(-square / (2 * tau)),
        "That is the distance, not its square.": by(-np.sqrt(square) / (2 * tau)),
    }


def _bilinear(rng: np.random.Generator) -> Calls:
    sizes = (3, 4, 3)
    return [
        [rng.normal(size=d), rng.normal(size=(d, call[1].shape[1])), *call[1:]]
        for d, call in zip(sizes, _places(rng), strict=True)
    ]


@_cov_rule(
    "score",
    "q W k",
    f"A score's derivative by q is W k/τ; dm/dq has a column for each number of q. {_NEARLY}",
    _bilinear,
)
def _cov_bilinear(q: Array, W: Array, keys: Array, values: Array, tau: float) -> Judgement:
    a = _softmax(keys @ (q @ W) / tau)
    by = _weighted(a, values, keys)
    right = by @ W.T / tau
    slips = {
        "The weights are right; but a score's derivative by q is W k, not k.": by / tau,
        _NO_TAU: right * tau,
        _NO_MEAN: (a[:, None] * values).T @ keys @ W.T / tau,
        "That is the transpose: row i is the derivative of m[i], by the query.": right.T,
    }
    if len(W) == len(W.T):
        plain = _softmax(keys @ q / tau)
        slips |= {
            "W is missing: the score is q · (W k).": _weighted(plain, values, keys) / tau,
            "The weights lack W: the score is q · (W k).": _weighted(plain, values, keys)
            @ W.T
            / tau,
            "W is turned round: W k, not Wᵀ k.": by @ W / tau,
        }
    return right, slips
