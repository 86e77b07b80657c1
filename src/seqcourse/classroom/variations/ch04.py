"""Variations of chapter 4's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_COUNT = '''\
def count_both(T: int, D: int, H: int, V: int) -> tuple[int, int]:
    """{says} of the recurrent and of the feed-forward network."""
    ...
'''

_COUNT_ONE_BIAS = Variation(
    "one-bias",
    {"biases": "one"},
    r"""
Two networks score a sequence of $T$ inputs of $D$ numbers each, with $V$ scores. The recurrent one
is $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$ with $H$ units, and its scores are $W_{ho} h_T$.
The feed-forward one takes all $T D$ numbers at once into $H$ hidden units,
$h = \tanh(W x + b)$, and its scores are $W_{o} h$.

Unlike in PyTorch, there is one bias $b$ a hidden layer, and none in the output layer. How many
numbers does each of the two learn?
""",
    _COUNT.format(says="Numbers"),
    """\
def count_both(T, D, H, V):
    out = V * H
    return H * (D + H + 1) + out, H * (T * D + 1) + out
""",
    "One bias a hidden layer and none at the output, unlike PyTorch.",
)

_COUNT_LAYERS = Variation(
    "two-layers",
    {"layers": "two"},
    r"""
Two networks score a sequence of $T$ inputs of $D$ numbers each, with $V$ scores. The recurrent one
has *two* recurrent layers of $H$ units, the second of which reads the states of the first; the
scores come from the second layer's last state. The feed-forward one takes all $T D$ numbers at once
into $H$ hidden units, and these into a second layer of $H$ hidden units, from which the scores
come.

As in PyTorch, each recurrent layer keeps two biases, $b_{ih}$ and $b_{hh}$; every other layer keeps
one, the output layers too. How many numbers does each of the two learn?
""",
    _COUNT.format(says="Numbers"),
    """\
def count_both(T, D, H, V):
    out = V * (H + 1)
    recurrent = H * (D + H + 2) + H * (H + H + 2)
    flat = H * (T * D + 1) + H * (H + 1)
    return recurrent + out, flat + out
""",
    "Two hidden layers in both networks.",
)

_COUNT_DIRECTIONS = Variation(
    "two-directions",
    {"directions": "two"},
    r"""
Two networks score a sequence of $T$ inputs of $D$ numbers each, with $V$ scores. The recurrent one
reads it in *both directions*: one recurrent layer of $H$ units forwards, another of $H$ units
backwards, with weights of its own; the scores come from the two last states side by side. The
feed-forward one takes all $T D$ numbers at once into $2 H$ hidden units, from which the scores
come.

As in PyTorch, each recurrent layer keeps two biases, $b_{ih}$ and $b_{hh}$; every other layer keeps
one, the output layers too. How many numbers does each of the two learn?
""",
    _COUNT.format(says="Numbers"),
    """\
def count_both(T, D, H, V):
    out = V * (2 * H + 1)
    return 2 * H * (D + H + 2) + out, 2 * H * (T * D + 1) + out
""",
    "A layer for each direction, and an output layer twice as wide.",
)

_COUNT_WORK = Variation(
    "multiplications",
    {"count": "multiplications"},
    r"""
Two networks score a sequence of $T$ inputs of $D$ numbers each, with $V$ scores. The recurrent one
is $h_t = \tanh(W_{ih} x_t + W_{hh} h_{t-1} + b)$ with $H$ units, and its scores, asked for once,
are $W_{ho} h_T + c$. The feed-forward one takes all $T D$ numbers at once into $H$ hidden units,
$h = \tanh(W x + b)$, and its scores are $W_{o} h + c$.

Count the work, not the weights: how many *multiplications* of two numbers does each of the two need
for one sequence? A matrix $(m, n)$ times a column takes $m n$ of them. Count $W_{hh} h_0$ at the
first step like all others, although $h_0 = 0$; leave out whatever $\tanh$ needs.
""",
    _COUNT.format(says="Multiplications"),
    """\
def count_both(T, D, H, V):
    return T * H * (D + H) + V * H, H * T * D + V * H
""",
    "Multiplications for one sequence, not learnt numbers.",
)

_COUNT_OUTPUTS = Variation(
    "every-step",
    {"outputs": "every step"},
    r"""
Two networks tag a sequence of $T$ inputs of $D$ numbers each: $V$ scores for *every* step. The
recurrent one has $H$ units, and one output layer turns the state of any step into its $V$ scores.
The feed-forward one takes all $T D$ numbers at once into $H$ hidden units, and its output layer
turns these into all $T V$ scores at once.

As in PyTorch, the recurrent layer keeps two biases, $b_{ih}$ and $b_{hh}$; every other layer keeps
one for each of its outputs. How many numbers does each of the two learn?
""",
    _COUNT.format(says="Numbers"),
    """\
def count_both(T, D, H, V):
    recurrent = H * (D + H + 2) + V * (H + 1)
    flat = H * (T * D + 1) + T * V * (H + 1)
    return recurrent, flat
""",
    "Scores at every step, not once a sequence.",
)

_LAST = '''\
def last_states(states: np.ndarray, {second}: np.ndarray) -> np.ndarray:
    """{says}"""
    ...
'''

_LAST_TIME = Variation(
    "time-first",
    {"axis": "time first"},
    r"""
A batch of padded sequences went through a recurrent layer that keeps *time first*: its states are
$(T, B, H)$, step by step, and at each step one row for each of the $B$ sequences. Sequence $b$ has
`lengths[b]` words; what stands at later steps is padding. Take of each sequence the state behind
its own last word. No loop is needed.
""",
    _LAST.format(
        second="lengths", says="(B, H) from states (T, B, H) and lengths (B,), each 1 … T."
    ),
    """\
def last_states(states, lengths):
    return states[lengths - 1, np.arange(len(lengths))]
""",
    "Time is the first axis, the batch the second.",
)

_LAST_MASK = Variation(
    "mask",
    {"lengths": "mask of padding"},
    r"""
A batch of padded sequences went through a recurrent layer; its states are $(B, T, H)$. Nobody tells
you the lengths. You get a mask in the way of PyTorch's `key_padding_mask`, $(B, T)$: *True* where a
place is padding, False where a word stands. Padding comes behind the words only, and every sequence
has one word at least. Take of each sequence the state behind its own last word.
""",
    _LAST.format(second="padding", says="(B, H) from states (B, T, H) and padding (B, T)."),
    """\
def last_states(states, padding):
    lengths = (~padding).sum(axis=1)
    return states[np.arange(len(states)), lengths - 1]
""",
    "A mask that is True at padding, in the place of the lengths.",
)

_LAST_DIRECTIONS = Variation(
    "two-directions",
    {"directions": "two"},
    r"""
A batch of padded sequences went through two recurrent layers: one read each sequence from its first
word to its last, the other from its last word to its first (not through the padding). Their states
stand side by side in `states`, $(B, T, 2H)$: at each word the $H$ numbers of the forward layer,
then the $H$ numbers of the backward layer, each taken when the layer had just read that word.

Take of each sequence what each layer held when it was *done*, that is, after the last word that
this layer read. Forward numbers first, $(B, 2H)$.
""",
    _LAST.format(
        second="lengths", says="(B, 2H) from states (B, T, 2H) and lengths (B,), each 1 … T."
    ),
    """\
def last_states(states, lengths):
    half = states.shape[2] // 2
    forwards = states[np.arange(len(states)), lengths - 1, :half]
    backwards = states[:, 0, half:]
    return np.concatenate([forwards, backwards], axis=1)
""",
    "Two layers, of which one reads backwards and ends at the first word.",
)

_LAST_PACKED = Variation(
    "packed",
    {"padding": "none"},
    r"""
To save work, a batch is stored without padding: the states of all sequences stand in one long
array, first all states of sequence 0 in the order of time, then all of sequence 1, and so on,
$(N, H)$. Sequence $b$ has `lengths[b]` words, and $N$ is the sum of the lengths. Take of each
sequence the state behind its own last word.
""",
    _LAST.format(second="lengths", says="(B, H) from states (N, H) and lengths (B,), each ≥ 1."),
    """\
def last_states(states, lengths):
    return states[np.cumsum(lengths) - 1]
""",
    "Sequences one behind the other, without padding.",
)

_LAST_THREE = Variation(
    "last-three",
    {"gives": "last three"},
    r"""
A batch of padded sequences went through a recurrent layer; its states are $(B, T, H)$, $T \ge 3$,
and sequence $b$ has `lengths[b]` words. Take of each sequence the states behind its own last
*three* words, in the order of time: $(B, 3, H)$, the last word's state last. Where a sequence has
fewer than three words, rows of zeros stand in front.
""",
    _LAST.format(
        second="lengths", says="(B, 3, H) from states (B, T, H) and lengths (B,), each 1 … T."
    ),
    """\
def last_states(states, lengths):
    places = lengths[:, None] + np.array([-3, -2, -1])
    found = states[np.arange(len(states))[:, None], places]
    return np.where(places[..., None] >= 0, found, 0.0)
""",
    "The last three states, with zeros before a short sequence.",
)

_LEAKY = '''\
def leaky_step(
    a: torch.Tensor,
    {state}: torch.Tensor,
    weight_hh: torch.Tensor,
    leak: float = 0.7,
) -> torch.Tensor:
    """{says}"""
    ...
'''

_LEAKY_KEPT = Variation(
    "share-kept",
    {"share": "kept"},
    r"""
Write a step with a leaking state. Here $\lambda$ says how much of the *old* state is kept; the rest
comes from what a plain step would make of it:

$$
h_t = \lambda\, h_{t-1} + (1 - \lambda) \tanh(a_t + W_{hh} h_{t-1})
$$

$a_t$ holds the input's share and the biases. Sequences are rows; $W_{hh}$ is stored as PyTorch
stores it, with a row for each unit that receives.
""",
    _LEAKY.format(
        state="h", says="h_t (B, H) from a_t (B, H) and h_{t-1} (B, H); leak is λ, the share kept."
    ),
    """\
def leaky_step(a, h, weight_hh, leak=0.7):
    new = torch.tanh(a + h @ weight_hh.T)
    return leak * h + (1 - leak) * new
""",
    "λ is the share of the old state, as in an exponential average's memory.",
)

_LEAKY_RELU = Variation(
    "relu",
    {"activation": "relu"},
    r"""
Write a step with a leaking state and rectified units: keep a share $1 - \lambda$ of the state as it
was, and take only $\lambda$ of what a rectified step would make of it:

$$
h_t = (1 - \lambda)\, h_{t-1} + \lambda \max(0, a_t + W_{hh} h_{t-1})
$$

The old state may be negative, and stays so. $a_t$ holds the input's share and the biases. Sequences
are rows; $W_{hh}$ is stored as PyTorch stores it, with a row for each unit that receives.
""",
    _LEAKY.format(state="h", says="h_t (B, H) from a_t (B, H) and h_{t-1} (B, H); leak is λ."),
    """\
def leaky_step(a, h, weight_hh, leak=0.7):
    new = torch.relu(a + h @ weight_hh.T)
    return (1 - leak) * h + leak * new
""",
    "Rectified units in the place of tanh.",
)

_LEAKY_LAYOUT = Variation(
    "in-out",
    {"layout": "in, out"},
    r"""
Write a step with a leaking state, for weights stored the other way round: a state is a row that
stands on the left of $W_{hh}$, so row $i$ of `weight_hh` holds what unit $i$ *sends*, and column
$j$ what unit $j$ receives. Keep a share $1 - \lambda$ of the state as it was, and take only
$\lambda$ of what a plain step would make of it:

$$
h_t = (1 - \lambda)\, h_{t-1} + \lambda \tanh(a_t + h_{t-1} W_{hh})
$$

$a_t$ holds the input's share and the biases. Sequences are rows.
""",
    _LEAKY.format(
        state="h",
        says="h_t (B, H) from a_t (B, H) and h_{t-1} (B, H); weight_hh (sends, receives).",
    ),
    """\
def leaky_step(a, h, weight_hh, leak=0.7):
    new = torch.tanh(a + h @ weight_hh)
    return (1 - leak) * h + leak * new
""",
    "Weights stored as (in, out), not as (out, in).",
)

_LEAKY_BEFORE = Variation(
    "before-tanh",
    {"leaks": "before the tanh"},
    r"""
In models of nerve cells it is the voltage that leaks, not the firing rate. Let $u$ be the state; a
unit *sends* $\tanh(u)$:

$$
u_t = (1 - \lambda)\, u_{t-1} + \lambda\, (a_t + W_{hh} \tanh(u_{t-1}))
$$

$a_t$ holds the input's share and the biases. Write the step from $u_{t-1}$ to $u_t$. Sequences are
rows; $W_{hh}$ is stored as PyTorch stores it, with a row for each unit that receives.
""",
    _LEAKY.format(state="u", says="u_t (B, H) from a_t (B, H) and u_{t-1} (B, H); leak is λ."),
    """\
def leaky_step(a, u, weight_hh, leak=0.7):
    new = a + torch.tanh(u) @ weight_hh.T
    return (1 - leak) * u + leak * new
""",
    "The tanh stands on what units send, not on the new state.",
)

_LEAKY_RESIDUAL = Variation(
    "residual",
    {"step": "residual"},
    r"""
Write a *residual* step: the state is kept whole, and $\lambda$ times what a plain step would make
of it is added. So the network learns by how much the state moves:

$$
h_t = h_{t-1} + \lambda \tanh(a_t + W_{hh} h_{t-1})
$$

$a_t$ holds the input's share and the biases. Sequences are rows; $W_{hh}$ is stored as PyTorch
stores it, with a row for each unit that receives.
""",
    _LEAKY.format(state="h", says="h_t (B, H) from a_t (B, H) and h_{t-1} (B, H); leak is λ."),
    """\
def leaky_step(a, h, weight_hh, leak=0.7):
    return h + leak * torch.tanh(a + h @ weight_hh.T)
""",
    "Nothing leaks: a share of the new state is added to the old one.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "rn-count": (
        _COUNT_ONE_BIAS,
        _COUNT_LAYERS,
        _COUNT_DIRECTIONS,
        _COUNT_WORK,
        _COUNT_OUTPUTS,
    ),
    "rn-last": (_LAST_TIME, _LAST_MASK, _LAST_DIRECTIONS, _LAST_PACKED, _LAST_THREE),
    "rn-leaky": (_LEAKY_KEPT, _LEAKY_RELU, _LEAKY_LAYOUT, _LEAKY_BEFORE, _LEAKY_RESIDUAL),
}
