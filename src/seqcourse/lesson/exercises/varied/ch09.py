"""Changed tasks of chapter 9: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# dp-count: arguments D, H, layers


def _sizes(rng: np.random.Generator) -> Calls:
    return [
        [5, 7, 1],
        [3, 4, 2],
        [10, 3, 4],
        [int(k) for k in rng.integers([3, 20, 2], [9, 40, 5])],
    ]


def _count_rule(key: str, value: str, look: str) -> Register:
    what = "D = {0}, H = {1}, {2} layers"
    parts = ("numbers to train", "the output's width")
    return rule("dp-count", key, value, draw=_sizes, what=what, look=look, parts=parts)


def _block(reads: int, H: int, *, ways: int = 2, gates: int = 4, biases: int = 2) -> int:
    """One layer's numbers: in each direction and gate, H units read their input and H states."""
    return ways * gates * H * (reads + H + biases)


def _stack(D: int, H: int, layers: int, above: int, **sort: int) -> int:
    return _block(D, H, **sort) + (layers - 1) * _block(above, H, **sort)


def _published(D: int, H: int, layers: int) -> tuple[int, int]:
    return _stack(D, H, layers, 2 * H), 2 * H


_THAT = "That is the published task's stack. Read yours again: what differs?"


@_count_rule("cell", "GRU", "A GRU has three blocks of weights: r, z and n.")
def _count_gru(D: int, H: int, layers: int) -> Judgement:
    right = _stack(D, H, layers, 2 * H, gates=3)
    return (right, 2 * H), {
        "Four blocks has an LSTM; a GRU has three.": _published(D, H, layers),
        "PyTorch keeps two biases.": (_stack(D, H, layers, 2 * H, gates=3, biases=1), None),
        "Two directions, and the upper layers read both of them: 2H numbers, not H.": (
            _stack(D, H, layers, H, gates=3),
            None,
        ),
        "That is one direction: each has weights of its own.": (
            _stack(D, H, layers, H, gates=3, ways=1),
            None,
        ),
        "Both directions stand side by side: 2H.": (None, H),
        "That is the first layer alone.": (_block(D, H, gates=3), None),
    }


@_count_rule("ways", "one", "One direction: an upper layer reads the H states below it.")
def _count_one_way(D: int, H: int, layers: int) -> Judgement:
    right = _stack(D, H, layers, H, ways=1)
    return (right, H), {
        "That is a stack that reads both ways. Here it reads one way.": _published(D, H, layers),
        "Every layer reads one way: half of that.": (_stack(D, H, layers, H), None),
        "Below stand H states, not 2H.": (_stack(D, H, layers, 2 * H, ways=1), None),
        "An upper layer reads the states below it, not the input: H numbers, not D.": (
            layers * _block(D, H, ways=1),
            None,
        ),
        "PyTorch keeps two biases.": (_stack(D, H, layers, H, ways=1, biases=1), None),
        "One direction is H wide.": (None, 2 * H),
        "That is the first layer alone.": (_block(D, H, ways=1), None),
    }


@_count_rule("joined", "sum", "The two directions are added: H numbers go up, and come out.")
def _count_sum(D: int, H: int, layers: int) -> Judgement:
    right = _stack(D, H, layers, H)
    return (right, H), {
        "That puts the directions side by side, 2H numbers. Here they are added.": _published(
            D, H, layers
        ),
        "The sum of two directions is H wide: the upper layers read H numbers.": (
            _stack(D, H, layers, 2 * H),
            None,
        ),
        "The sum is H wide.": (None, 2 * H),
        "That is one direction: each has weights of its own.": (
            _stack(D, H, layers, H, ways=1),
            None,
        ),
        "PyTorch keeps two biases.": (_stack(D, H, layers, H, biases=1), None),
        "That is the first layer alone.": (_block(D, H), None),
    }


@_count_rule("biases", "one", "One bias a gate and unit: D + H + 1 numbers each.")
def _count_one_bias(D: int, H: int, layers: int) -> Judgement:
    right = _stack(D, H, layers, 2 * H, biases=1)
    return (right, 2 * H), {
        "PyTorch keeps two biases; here there is one.": _published(D, H, layers),
        "The biases are missing.": (_stack(D, H, layers, 2 * H, biases=0), None),
        "Two directions, and the upper layers read both of them: 2H numbers, not H.": (
            _stack(D, H, layers, H, biases=1),
            None,
        ),
        "That is one direction: each has weights of its own.": (
            _stack(D, H, layers, H, biases=1, ways=1),
            None,
        ),
        "Both directions stand side by side: 2H.": (None, H),
        "That is the first layer alone.": (_block(D, H, biases=1), None),
    }


@_count_rule(
    "ways",
    "two at the bottom",
    "Layer 1 both ways; layer 2 reads 2H numbers, those above it read H.",
)
def _count_bottom(D: int, H: int, layers: int) -> Judgement:
    second = _block(2 * H, H, ways=1) if layers > 1 else 0
    right = _block(D, H) + second + max(0, layers - 2) * _block(H, H, ways=1)
    return (right, H if layers > 1 else 2 * H), {
        "That reads both ways in every layer. Here only the lowest does.": _published(D, H, layers),
        "Only layer 2 reads 2H numbers; from layer 3 on it is H.": (
            _block(D, H) + (layers - 1) * _block(2 * H, H, ways=1),
            None,
        ),
        "Layer 2 reads both directions of the lowest: 2H numbers.": (
            _block(D, H) + (layers - 1) * _block(H, H, ways=1),
            None,
        ),
        "The lowest layer reads both ways: twice the weights.": (
            _block(D, H, ways=1) + second + max(0, layers - 2) * _block(H, H, ways=1),
            None,
        ),
        "The uppermost layer reads one way: its output is H wide.": (None, 2 * H),
        "With one layer, that is the one that reads both ways: 2H wide.": (None, H),
        "That is the first layer alone.": (_block(D, H), None),
    }


# dp-stack: arguments x, the layers' weights, residual


def _layer(x: Array, weight: Array) -> Array:
    """A layer that also looks one place back, (B, T, I) to (B, T, H)."""
    before = np.concatenate([np.zeros_like(x[:, :1]), x[:, :-1]], 1)
    return np.asarray(np.tanh((x + 0.5 * before) @ weight.T))


def _stack_call(answer: Any, x: Array, weights: list[Array], *more: Any) -> Any:
    import torch

    def layer(weight: Array) -> Callable[[Any], Any]:
        def run(given: Any) -> Any:
            before = torch.cat([torch.zeros_like(given[:, :1]), given[:, :-1]], 1)
            return torch.tanh((given + 0.5 * before) @ torch.tensor(weight).T)

        return run

    return answer(torch.tensor(x), [layer(weight) for weight in weights], *more)


def _stack_draw(*cases: tuple[bool, tuple[int, ...]]) -> Draw:
    """Draws a stack for each case: whether residual, and the widths from the input up."""

    def draw(rng: np.random.Generator) -> Calls:
        calls: Calls = []
        for residual, widths in cases:
            pairs = zip(widths[:-1], widths[1:], strict=True)
            weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in pairs]
            calls.append([rng.normal(size=(2, 3, widths[0])), weights, residual])
        return calls

    return draw


_THREE = _stack_draw(
    (True, (4, 4, 4, 4)), (True, (3, 5, 5, 5)), (False, (4, 4, 4, 4)), (True, (4, 5, 4, 4))
)


def _stack_rule(key: str, value: str, look: str, draw: Draw = _THREE) -> Register:
    return rule("dp-stack", key, value, draw=draw, what="the stack", look=look, call=_stack_call)


Joined = Callable[[Array, Array, Array], Array]  # what goes on, from x, what went in, the states


def _run(x: Array, weights: list[Array], join: Joined | None = None) -> Array:
    h = x
    for weight in weights:
        states = _layer(h, weight)
        h = join(x, h, states) if join else states
    return h


def _fit(one: Array, states: Array, scale: float = 1.0) -> Array:
    """The sum, where the widths agree, else the states alone."""
    return scale * (one + states) if one.shape == states.shape else states


def _below(x: Array, h: Array, states: Array) -> Array:
    return _fit(h, states)


_NOTHING = "Nothing was added: with residual=True something is to be."
_ALWAYS = "With residual=False nothing is to be added."
_SHORT = "That is one layer too few: the last is missing."


@_stack_rule("adds", "the input", "To the states of every layer, x itself is added, if it fits.")
def _stack_input(x: Array, weights: list[Array], residual: bool) -> Judgement:
    def added(x: Array, h: Array, states: Array) -> Array:
        return _fit(x, states)

    plain = _run(x, weights)
    right = _run(x, weights, added) if residual else plain
    return right, {
        "That adds what went into a layer. Here it is the network's own input, x.": _run(
            x, weights, _below
        )
        if residual
        else plain,
        _NOTHING: plain,
        _ALWAYS: _run(x, weights, added),
        "x is added to the states of every layer, not at the end alone.": _fit(x, plain)
        if residual
        else plain,
        _SHORT: _run(x, weights[:-1], added if residual else None),
    }


@_stack_rule("adds", "scaled", "Where it is added, the sum is divided by √2.")
def _stack_scaled(x: Array, weights: list[Array], residual: bool) -> Judgement:
    def scaled(x: Array, h: Array, states: Array) -> Array:
        return _fit(h, states, 2**-0.5)

    def halved(x: Array, h: Array, states: Array) -> Array:
        return _fit(h, states, 0.5)

    def all_scaled(x: Array, h: Array, states: Array) -> Array:
        return np.asarray(_fit(h, states) / np.sqrt(2))

    plain = _run(x, weights)
    ways = {
        "The sum is not scaled: divide it by √2.": _below,
        "The sum is divided by √2, not by 2.": halved,
        "Where nothing is added, nothing is scaled.": all_scaled,
    }
    return _run(x, weights, scaled) if residual else plain, {
        _NOTHING: plain,
        _ALWAYS: _run(x, weights, scaled),
        **{text: _run(x, weights, how) if residual else plain for text, how in ways.items()},
        _SHORT: _run(x, weights[:-1], scaled if residual else None),
    }


def _pairs(x: Array, weights: list[Array], residual: bool) -> Array:
    h = x
    for one, two in zip(weights[0::2], weights[1::2], strict=True):
        states = _layer(_layer(h, one), two)
        h = _fit(h, states) if residual else states
    return h


@_stack_rule(
    "adds",
    "over two layers",
    "Two layers, then the sum with what went into the first of them.",
    _stack_draw(
        (True, (4, 4, 4, 4, 4)),
        (True, (3, 5, 5, 5, 5)),
        (False, (4, 4, 4)),
        (True, (4, 6, 4, 5, 4)),
    ),
)
def _stack_pairs(x: Array, weights: list[Array], residual: bool) -> Judgement:
    plain = _run(x, weights)
    return _pairs(x, weights, residual), {
        "That adds around every layer. Here it is around every two.": _run(x, weights, _below)
        if residual
        else plain,
        _NOTHING: plain,
        _ALWAYS: _pairs(x, weights, True),
        "That is without the last two layers.": _pairs(x, weights[:-2], residual),
    }


def _all_states(x: Array, weights: list[Array], residual: bool) -> list[Array]:
    """What each layer hands on."""
    many = range(1, len(weights) + 1)
    return [_run(x, weights[:k], _below if residual else None) for k in many]


@_stack_rule("gives", "every layer", "What every layer hands on, side by side, the lowest first.")
def _stack_every(x: Array, weights: list[Array], residual: bool) -> Judgement:
    every = _all_states(x, weights, residual)
    h, bare = x, []
    for weight in weights:
        states = _layer(h, weight)
        bare.append(states)
        h = _fit(h, states) if residual else states
    return np.concatenate(every, -1), {
        "That is what the last layer hands on. Here it is what every layer does.": every[-1],
        "The lowest layer comes first.": np.concatenate(every[::-1], -1),
        "The network's own input is not among them.": np.concatenate([x, *every], -1),
        "Those are the states before the sum: what a layer hands *on* has its input added.": (
            np.concatenate(bare, -1)
        ),
        _NOTHING: np.concatenate(_all_states(x, weights, False), -1),
        _ALWAYS: np.concatenate(_all_states(x, weights, True), -1),
    }


def _dense_draw(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for widths in ((4, 4, 4), (3, 5, 2, 4), (2, 3)):
        read = np.cumsum(widths)[:-1]
        weights = [
            rng.normal(size=(wide, many)) / np.sqrt(many)
            for many, wide in zip(read, widths[1:], strict=True)
        ]
        calls.append([rng.normal(size=(2, 3, widths[0])), weights])
    return calls


def _dense(x: Array, weights: list[Array], *, last_first: bool = False) -> list[Array]:
    """Input and the states of every layer, each of which reads all before it side by side."""
    found = [x]
    for weight in weights:
        order = found[::-1] if last_first else found
        found.append(_layer(np.concatenate(order, -1), weight))
    return found


@_stack_rule(
    "reads", "all below", "Each layer reads x and all states below it, side by side.", _dense_draw
)
def _stack_dense(x: Array, weights: list[Array]) -> Judgement:
    found = _dense(x, weights)
    return found[-1], {
        "x comes first, then the lowest layer's states, and so on: yours stand the other way "
        "round.": _dense(x, weights, last_first=True)[-1],
        "That is everything side by side: the last layer's states alone are asked for.": (
            np.concatenate(found, -1)
        ),
        _SHORT: found[-2],
        "The states of the last layer alone: nothing is added to them.": _fit(x, found[-1]),
    }


# dp-ends: arguments states, lengths


def _two_way(rng: np.random.Generator) -> Calls:
    return [
        [rng.normal(size=(4, 6, 6)), rng.permutation([3, 5, 1, 4])],
        [rng.normal(size=(2, 4, 8)), np.array([4, 4])],
        [rng.normal(size=(5, 5, 4)), np.array([2, 5, 3, 1, 4])],
    ]


def _ends_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule("dp-ends", key, value, draw=draw, what="the summaries", look=look)


def _halves(h: Array) -> tuple[Array, Array]:
    half = h.shape[2] // 2
    return h[:, :, :half], h[:, :, half:]


def _join(ends: Array, begins: Array) -> Array:
    return np.concatenate([ends, begins], 1)


@_ends_rule(
    "axis",
    "time first",
    "Time is the first axis. Look at the two halves apart: where does each run end?",
    lambda rng: [[h.swapaxes(0, 1), n] for h, n in _two_way(rng)],
)
def _ends_time(states: Array, lengths: Array) -> Judgement:
    h, rows = states.swapaxes(0, 1), np.arange(len(lengths))
    there, back = _halves(h)
    ends, begins = there[rows, lengths - 1], back[:, 0]
    return _join(ends, begins), {
        "The backward half is taken where it has read one place only: where does a backward run "
        "end?": h[rows, lengths - 1],
        "Forwards, the last place of each sequence is wanted, not its first.": h[:, 0],
        "Forwards, the last step is padding where a sequence is shorter. Use the lengths.": _join(
            there[:, -1], begins
        ),
        "That is the last step, padding for all but the longest, for both halves.": h[:, -1],
        "The two halves have changed places: forwards first.": _join(begins, ends),
        "The forward half is taken one step too early.": _join(there[rows, lengths - 2], begins),
    }


@_ends_rule(
    "padding",
    "in front",
    "Sequence b begins at T − lengths[b], and ends at T − 1: which run ends where?",
    _two_way,
)
def _ends_front(states: Array, lengths: Array) -> Judgement:
    rows, T = np.arange(len(lengths)), states.shape[1]
    there, back = _halves(states)
    ends, begins = there[:, -1], back[rows, T - lengths]
    return _join(ends, begins), {
        "That is for padding behind. Here it stands in front.": _join(
            there[rows, lengths - 1], back[:, 0]
        ),
        "The backward half is taken where it has read one place only: where does a backward run "
        "end?": states[:, -1],
        "Backwards, the first step of the row is padding where a sequence is shorter.": _join(
            ends, back[:, 0]
        ),
        "The two halves have changed places: forwards first.": _join(begins, ends),
        "The backward half is one place too late: a sequence begins at T − lengths[b].": _join(
            ends, back[rows, np.minimum(T - lengths + 1, T - 1)]
        ),
        "Forwards, that is the first place of each sequence: its run ends at the last.": states[
            rows, T - lengths
        ],
    }


@_ends_rule(
    "lengths",
    "mask of padding",
    "How many places of a row are False? The forward run ends at the last of them.",
    lambda rng: [[h, np.arange(h.shape[1]) >= n[:, None]] for h, n in _two_way(rng)],
)
def _ends_mask(states: Array, padding: Array) -> Judgement:
    rows, lengths, hidden = np.arange(len(states)), (~padding).sum(1), padding.sum(1)
    there, back = _halves(states)
    ends, begins = there[rows, lengths - 1], back[:, 0]
    return _join(ends, begins), {
        "True means padding here, not a word: yours counts the padding.": _join(
            there[rows, hidden - 1], begins
        ),
        "The backward half is taken where it has read one place only: where does a backward run "
        "end?": states[rows, lengths - 1],
        "Forwards, the last step is padding where a sequence is shorter.": _join(
            there[:, -1], begins
        ),
        "The two halves have changed places: forwards first.": _join(begins, ends),
        "The forward half is taken one step too early.": _join(there[rows, lengths - 2], begins),
    }


@_ends_rule(
    "joined",
    "sum",
    "One vector of H numbers: the forward half where its run ends, plus the backward half where "
    "its own does.",
    _two_way,
)
def _ends_sum(states: Array, lengths: Array) -> Judgement:
    rows = np.arange(len(states))
    there, back = _halves(states)
    ends, begins = there[rows, lengths - 1], back[:, 0]
    return ends + begins, {
        "Both stand side by side there. Here they are added.": _join(ends, begins),
        "The backward half is taken where it has read one place only: where does a backward run "
        "end?": ends + back[rows, lengths - 1],
        "Forwards, the last step is padding where a sequence is shorter.": there[:, -1] + begins,
        "Forwards, the last place of each sequence is wanted, not its first.": there[:, 0] + begins,
        "They are added, not averaged.": (ends + begins) / 2,
        "That is the forward half alone.": ends,
    }
