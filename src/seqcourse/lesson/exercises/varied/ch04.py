"""Changed tasks of chapter 4: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# rn-count: arguments T, D, H, V


def _count_draw(rng: np.random.Generator) -> Calls:
    drawn = [[int(n) for n in rng.choice(np.arange(2, 60), 4, False)] for _ in range(3)]
    return [[5, 32, 64, 42], *drawn]


def _count_rule(key: str, value: str, *, look: str, both: str = "the number") -> Register:
    what = "T = {0}, D = {1}, H = {2}, V = {3}"
    parts = (f"{both} of the recurrent network", f"{both} of the feed-forward one")
    return rule("rn-count", key, value, draw=_count_draw, what=what, look=look, parts=parts)


def _counted(T: int, D: int, H: int, V: int) -> tuple[int, int]:
    out = V * (H + 1)
    return H * (D + H + 2) + out, H * (T * D + 1) + out


def _two(recurrent: int, flat: int, T: int, D: int, H: int, V: int, **wrong: Any) -> Judgement:
    return (recurrent, flat), {
        "That is the published task's count. Read yours again: what differs?": _counted(T, D, H, V),
        "The two are swapped: the recurrent network's comes first.": (flat, recurrent),
        **wrong,
    }


@_count_rule("biases", "one", look="One bias a hidden unit, and none behind the output matrix.")
def _count_one_bias(T: int, D: int, H: int, V: int) -> Judgement:
    recurrent, flat = H * (D + H + 1) + V * H, H * (T * D + 1) + V * H
    return _two(
        recurrent,
        flat,
        T,
        D,
        H,
        V,
        **{
            "PyTorch's second bias is not there: one a hidden unit.": (recurrent + H, None),
            "The output layer has no bias here.": (recurrent + V, flat + V),
            "The hidden layer's bias is missing.": (recurrent - H, flat - H),
            "The output layer is missing: V H.": (recurrent - V * H, flat - V * H),
            "W_hh is missing: H times H.": (recurrent - H * H, None),
            "It takes all T places at once: T D inputs.": (None, flat - H * (T - 1) * D),
        },
    )


@_count_rule(
    "layers", "two", look="The second layer takes the H states of the first for its input."
)
def _count_two_layers(T: int, D: int, H: int, V: int) -> Judgement:
    one, other = _counted(T, D, H, V)
    recurrent, flat = one + H * (2 * H + 2), other + H * (H + 1)
    return _two(
        recurrent,
        flat,
        T,
        D,
        H,
        V,
        **{
            "The second layer takes the first one's H states, not the D inputs.": (
                one + H * (D + H + 2),
                other + H * (T * D + 1),
            ),
            "The second recurrent layer has a W_hh of its own, too.": (one + H * (H + 2), None),
            "PyTorch keeps two biases in each recurrent layer.": (recurrent - H, None),
            "The second layer has biases, too.": (recurrent - 2 * H, flat - H),
            "There is one output layer: it stands on the second layer alone.": (
                recurrent + V * (H + 1),
                flat + V * (H + 1),
            ),
            "The second layer of the feed-forward network has no W_hh.": (
                None,
                other + H * (2 * H + 1),
            ),
        },
    )


@_count_rule("directions", "two", look="Two of everything but the output layer, which is 2H wide.")
def _count_directions(T: int, D: int, H: int, V: int) -> Judgement:
    out = V * (2 * H + 1)
    recurrent, flat = 2 * H * (D + H + 2) + out, 2 * H * (T * D + 1) + out
    narrow = V * (H + 1)
    return _two(
        recurrent,
        flat,
        T,
        D,
        H,
        V,
        **{
            "The output layer takes both last states, 2H numbers.": (
                recurrent - out + narrow,
                flat - out + narrow,
            ),
            "The output layer has one bias, not two.": (recurrent + V, flat + V),
            "Each direction has weights of its own.": (H * (D + H + 2) + out, None),
            "The two directions do not see each other: each W_hh is H times H.": (
                2 * H * (D + 2 * H + 2) + out,
                None,
            ),
            "PyTorch keeps two biases in each direction.": (recurrent - 2 * H, None),
            "The feed-forward network has 2H hidden units here.": (None, H * (T * D + 1) + out),
        },
    )


@_count_rule(
    "count",
    "multiplications",
    look="A matrix (m, n) times a column takes m n multiplications, each time that it is used.",
    both="the multiplications",
)
def _count_multiplications(T: int, D: int, H: int, V: int) -> Judgement:
    recurrent, flat = T * H * (D + H) + V * H, H * T * D + V * H
    return _two(
        recurrent,
        flat,
        T,
        D,
        H,
        V,
        **{
            "Those are the weights. The recurrent ones are used at every step: T times.": (
                H * (D + H) + V * H,
                None,
            ),
            "A bias is added, not multiplied.": (
                T * H * (D + H + 2) + V * (H + 1),
                H * (T * D + 1) + V * (H + 1),
            ),
            "The output layer is used once, behind the last step.": (
                T * (H * (D + H) + V * H),
                None,
            ),
            "The output layer is missing: V H.": (recurrent - V * H, flat - V * H),
            "W_hh is missing: H times H at each step.": (recurrent - T * H * H, None),
            "W_hh is used at the first step, too, on a state of zeros.": (recurrent - H * H, None),
        },
    )


@_count_rule("outputs", "every step", look="The recurrent network's output layer serves all steps.")
def _count_outputs(T: int, D: int, H: int, V: int) -> Judgement:
    recurrent, other = _counted(T, D, H, V)
    flat = H * (T * D + 1) + T * V * (H + 1)
    return _two(
        recurrent,
        flat,
        T,
        D,
        H,
        V,
        **{
            "The recurrent network uses one output layer at every step: it does not grow with T.": (
                recurrent + (T - 1) * V * (H + 1),
                None,
            ),
            "The feed-forward network gives T V scores: its output layer grows.": (None, other),
            "Each of the T V scores has a bias.": (None, flat - (T - 1) * V),
            "Only the output layer grows: the hidden layer has T D inputs once.": (
                None,
                T * (H * (T * D + 1) + V * (H + 1)),
            ),
            "PyTorch keeps two biases in the recurrent layer.": (recurrent - H, None),
        },
    )


# rn-last: arguments states, lengths


def _padded(rng: np.random.Generator) -> Calls:
    # No row is full: one step too late is another state, and no IndexError.
    return [
        [rng.normal(size=(4, 6, 3)), np.array([5, 1, 4, 2])],
        [rng.normal(size=(5, 5, 5)), rng.permutation([4, 3, 1, 2, 3])],
    ]


def _last_rule(key: str, value: str, *, draw: Draw, look: str) -> Register:
    return rule("rn-last", key, value, draw=draw, what="the states", look=look)


def _time_first(rng: np.random.Generator) -> Calls:
    return [[states.swapaxes(0, 1), lengths] for states, lengths in _padded(rng)]


@_last_rule(
    "axis", "time first", draw=_time_first, look="Time is the first axis, the sequence the second."
)
def _last_time_first(states: Array, lengths: Array) -> Judgement:
    rows = np.arange(len(lengths))
    square = states.shape[0] == states.shape[1]
    return states[lengths - 1, rows], {
        **(
            {
                "That takes the sequence for the first axis, as in the published task. Here time "
                "is.": states[rows, lengths - 1]
            }
            if square
            else {}
        ),
        "That is the last step of every sequence, padding too: use the lengths.": states[-1],
        "That is the first step of every sequence.": states[0],
        "One step too late: a sequence of length 3 ends at index 2.": states[lengths, rows],
        "One step too early: a sequence of length 3 ends at index 2.": states[lengths - 2, rows],
        "That takes every length for every sequence, (B, B, H): pair each with its own.": states[
            lengths - 1
        ],
        "All of them come from the first sequence: pair each with its own length.": states[
            lengths - 1, 0
        ],
    }


def _with_mask(rng: np.random.Generator) -> Calls:
    calls = _padded(rng)
    return [[s, np.arange(s.shape[1]) >= lengths[:, None]] for s, lengths in calls]


@_last_rule(
    "lengths",
    "mask of padding",
    draw=_with_mask,
    look="How many places of a row are False? The last of them is one less.",
)
def _last_mask(states: Array, padding: Array) -> Judgement:
    rows, lengths = np.arange(len(states)), (~padding).sum(1)
    hidden = padding.sum(1)
    return states[rows, lengths - 1], {
        "True means padding here, not a word: yours counts the padding.": states[rows, hidden - 1],
        "That is the first place of padding: the last word stands one before it.": states[
            rows, lengths
        ],
        "One step too early: three words end at index 2.": states[rows, lengths - 2],
        "That is the last step of every row, padding too: the mask tells what is real.": states[
            :, -1
        ],
        "That is the first step of every row.": states[:, 0],
        "All of them come from the first row: pair each row with its own length.": states[
            0, lengths - 1
        ],
    }


def _two_ways(rng: np.random.Generator) -> Calls:
    lengths = [np.array([5, 1, 4, 2]), rng.permutation([4, 3, 1, 2, 3])]
    shapes = ((4, 6, 8), (5, 5, 6))
    return [[rng.normal(size=s), n] for s, n in zip(shapes, lengths, strict=True)]


@_last_rule(
    "directions",
    "two",
    draw=_two_ways,
    look="Forwards the last state stands at the last word; backwards, at the first.",
)
def _last_directions(states: Array, lengths: Array) -> Judgement:
    rows, half = np.arange(len(states)), states.shape[2] // 2
    last, first = states[rows, lengths - 1], states[:, 0]
    right = np.concatenate([last[:, :half], first[:, half:]], 1)
    return right, {
        "The backward layer is done at the first word, not at the last: there it has read one word "
        "only.": last,
        "That is what both layers hold at the first word: forwards it is the last that counts.": (
            first
        ),
        "The halves are exchanged: the forward layer's H numbers come first.": np.concatenate(
            [first[:, half:], last[:, :half]], 1
        ),
        "Which half is which? The first H numbers are the forward layer's.": np.concatenate(
            [first[:, :half], last[:, half:]], 1
        ),
        "The forward half is from the padded end: use the lengths.": np.concatenate(
            [states[:, -1, :half], first[:, half:]], 1
        ),
        "One step too late forwards: a sequence of length 3 ends at index 2.": np.concatenate(
            [states[rows, lengths][:, :half], first[:, half:]], 1
        ),
        "Only the forward half is there.": last[:, :half],
    }


def _packed(rng: np.random.Generator) -> Calls:
    lengths = [np.array([5, 1, 4, 2]), rng.permutation([4, 3, 1, 2, 3])]
    return [[rng.normal(size=(n.sum(), size)), n] for n, size in zip(lengths, (3, 5), strict=True)]


@_last_rule(
    "padding",
    "none",
    draw=_packed,
    look="Where in the long row does each sequence end? Add up the lengths.",
)
def _last_packed(states: Array, lengths: Array) -> Judgement:
    ends = np.cumsum(lengths)
    return states[ends - 1], {
        "The lengths count within a sequence: add up those of the sequences before it.": states[
            lengths - 1
        ],
        "That is the first state of each sequence.": states[ends - lengths],
        "One too late: that is the next sequence's first state.": states[ends % len(states)],
        "One too early: a sequence that ends before place 5 ends at index 4.": states[ends - 2],
        "That is the last state of the last sequence alone.": states[-1],
    }


@_last_rule(
    "gives",
    "last three",
    draw=lambda rng: [
        [rng.normal(size=(4, 6, 3)), np.array([5, 1, 4, 2])],
        [rng.normal(size=(5, 7, 5)), rng.permutation([4, 3, 1, 2, 6])],
    ],
    look="The last three words of each sequence, in the order of time; zeros where there is none.",
)
def _last_three(states: Array, lengths: Array) -> Judgement:
    def taken(n: Array, fill: bool = True) -> Array:
        at = n[:, None] + np.array([-3, -2, -1])
        found = states[np.arange(len(states))[:, None], at % states.shape[1]]
        return np.where((at >= 0)[..., None] | (not fill), found, 0.0)

    right = taken(lengths)
    return right, {
        "A short sequence has no state before its first: there stand zeros. A negative index takes "
        "from the padded end.": taken(lengths, fill=False),
        "Those are the last three steps of every row, padding too: use the lengths.": states[
            :, -3:
        ],
        "One step too late: a sequence of length 3 ends at index 2.": taken(lengths + 1),
        "One step too early: a sequence of length 3 ends at index 2.": taken(lengths - 1),
        "The order is turned round: the last word comes last.": right[:, ::-1],
        "The zeros stand in front of a short sequence, not behind it.": np.stack(
            [np.roll(row, -max(0, 3 - n), 0) for row, n in zip(right, lengths, strict=True)]
        ),
    }


# rn-leaky: arguments a, h, weight_hh, leak


def _leaky_draw(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for size, hidden, leak in ((3, 4, 0.2), (1, 5, 0.9), (4, 4, 0.6)):
        shapes = (size, hidden), (size, hidden), (hidden, hidden)
        calls.append([*(rng.normal(size=shape) for shape in shapes), leak])
    return calls


def _leaky_call(answer: Any, *arguments: Any) -> Any:
    import torch

    *arrays, leak = arguments
    return answer(*(torch.tensor(value, requires_grad=True) for value in arrays), leak)


def _leaky_rule(
    key: str, value: str, look: str = "First the plain step; then mix it with h."
) -> Register:
    what = "one step, λ = {3:g}"
    return rule("rn-leaky", key, value, draw=_leaky_draw, what=what, look=look, call=_leaky_call)


def _mixed(h: Array, new: Array, old: float, share: float, bare: Array) -> dict[str, Array]:
    """What comes out where the mixing goes wrong; `bare` is the new state without activation."""
    return {
        "The old state is kept whole.": h + share * new,
        "The old state is lost: a share of it is to stay.": share * new,
        "The new state is taken whole.": old * h + new,
        "The activation is missing.": old * h + share * bare,
        "That is the plain step: a share of the old state is to stay.": new,
        "λ is not 0.7 always: take the argument.": (1 - 0.7) * h + 0.7 * new,
    }


@_leaky_rule("share", "kept", "λ is the share that stays: how much of the new state comes in?")
def _leaky_kept(a: Array, h: Array, w: Array, leak: float) -> Judgement:
    bare = a + h @ w.T
    new = np.tanh(bare)
    slips = _mixed(h, new, leak, 1 - leak, bare)
    slips["λ is not 0.7 always: take the argument."] = 0.7 * h + 0.3 * new
    return leak * h + (1 - leak) * new, {
        "λ stands on the wrong side: here it is the share of the *old* state.": (1 - leak) * h
        + leak * new,
        "The weights are transposed: a row h times W_hh is h @ weight_hh.T.": leak * h
        + (1 - leak) * np.tanh(a + h @ w),
        **slips,
    }


@_leaky_rule("activation", "relu", "First the rectified step; then mix it with h.")
def _leaky_relu(a: Array, h: Array, w: Array, leak: float) -> Judgement:
    bare = a + h @ w.T
    new = np.maximum(bare, 0)
    return (1 - leak) * h + leak * new, {
        "That is the step with tanh. Here the units are rectified.": (1 - leak) * h
        + leak * np.tanh(bare),
        "The old state leaks outside: only the new one is rectified.": np.maximum(
            (1 - leak) * h + leak * bare, 0
        ),
        "λ stands on the wrong side: it is the share of the *new* state.": leak * h
        + (1 - leak) * new,
        "The weights are transposed: a row h times W_hh is h @ weight_hh.T.": (1 - leak) * h
        + leak * np.maximum(a + h @ w, 0),
        **_mixed(h, new, 1 - leak, leak, bare),
    }


@_leaky_rule("layout", "in, out", "A row of states stands on the left of W_hh; then mix.")
def _leaky_layout(a: Array, h: Array, w: Array, leak: float) -> Judgement:
    bare = a + h @ w
    new = np.tanh(bare)
    return (1 - leak) * h + leak * new, {
        "The weights are transposed. Here row i of W_hh holds what unit i sends: h @ weight_hh.": (
            (1 - leak) * h + leak * np.tanh(a + h @ w.T)
        ),
        "λ stands on the wrong side: it is the share of the *new* state.": leak * h
        + (1 - leak) * new,
        **_mixed(h, new, 1 - leak, leak, bare),
    }


@_leaky_rule(
    "leaks", "before the tanh", "The state has no tanh around it; what it sends to W_hh has."
)
def _leaky_before(a: Array, h: Array, w: Array, leak: float) -> Judgement:
    new = a + np.tanh(h) @ w.T
    return (1 - leak) * h + leak * new, {
        "That is the published step. Here the tanh stands on what the units send, inside W_hh's "
        "product.": (1 - leak) * h + leak * np.tanh(a + h @ w.T),
        "The tanh is missing: units send tanh(u).": (1 - leak) * h + leak * (a + h @ w.T),
        "The old state leaks as it is, without a tanh.": (1 - leak) * np.tanh(h) + leak * new,
        "The new state gets no tanh: only what the units send does.": (1 - leak) * h
        + leak * np.tanh(new),
        "λ stands on the wrong side: it is the share of what comes in.": leak * h
        + (1 - leak) * new,
        "The weights are transposed: a row times W_hh is … @ weight_hh.T.": (1 - leak) * h
        + leak * (a + np.tanh(h) @ w),
        "The old state is kept whole.": h + leak * new,
        "λ is not 0.7 always: take the argument.": (1 - 0.7) * h + 0.7 * new,
    }


@_leaky_rule("step", "residual", "The old state stays whole; λ times the plain step is added.")
def _leaky_residual(a: Array, h: Array, w: Array, leak: float) -> Judgement:
    new = np.tanh(a + h @ w.T)
    return h + leak * new, {
        "The old state leaks in yours. Here it is kept whole.": (1 - leak) * h + leak * new,
        "λ is missing.": h + new,
        "The old state is lost.": leak * new,
        "The weights are transposed: a row h times W_hh is h @ weight_hh.T.": h
        + leak * np.tanh(a + h @ w),
        "λ stands outside the tanh.": h + np.tanh(leak * (a + h @ w.T)),
        "The tanh is missing.": h + leak * (a + h @ w.T),
        "λ is not 0.7 always: take the argument.": h + 0.7 * new,
    }
