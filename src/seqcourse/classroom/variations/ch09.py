"""Variations of chapter 9's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_COUNT = '''\
def two_way_count(D: int, H: int, layers: int) -> tuple[int, int]:
    """Numbers to train, and the width of the output."""
    ...
'''

_COUNT_GRU = Variation(
    "gru",
    {"cell": "GRU"},
    r"""
How many numbers has PyTorch's `nn.GRU(D, H, num_layers=n, bidirectional=True)` to train, and how
wide is its output? $D$ is the width of the input, $H$ the number of units in each direction, $n$ is
`layers` in the code. Every layer reads both ways; the two directions stand side by side, also for
the layer above. Count both biases, $b_{ih}$ and $b_{hh}$.
""",
    _COUNT,
    """\
def two_way_count(D, H, layers):
    first, other = D + H + 2, 2 * H + H + 2
    return 2 * 3 * H * (first + (layers - 1) * other), 2 * H
""",
    "GRU layers in the place of LSTM layers.",
)

_COUNT_ONE_WAY = Variation(
    "one-way",
    {"ways": "one"},
    r"""
How many numbers has PyTorch's `nn.LSTM(D, H, num_layers=n)` to train, and how wide is its output?
$D$ is the width of the input, $H$ the number of units in each layer, $n$ is `layers` in the code.
No layer reads backwards. Count both biases, $b_{ih}$ and $b_{hh}$.
""",
    _COUNT,
    """\
def two_way_count(D, H, layers):
    first, other = D + H + 2, H + H + 2
    return 4 * H * (first + (layers - 1) * other), H
""",
    "A stack that reads one way.",
)

_COUNT_SUM = Variation(
    "summed",
    {"joined": "sum"},
    r"""
A stack of LSTM layers reads both ways in every layer, but its two directions are *added*, not put
side by side: a layer hands the sum of its forward and its backward state on, to the layer above and
out. How many numbers has it to train, and how wide is its output? $D$ is the width of the input,
$H$ the number of units in each direction. Every direction has PyTorch's weights of its own, with
both biases, $b_{ih}$ and $b_{hh}$.
""",
    _COUNT,
    """\
def two_way_count(D, H, layers):
    first, other = D + H + 2, H + H + 2
    return 2 * 4 * H * (first + (layers - 1) * other), H
""",
    "The two directions are added, not put side by side.",
)

_COUNT_BIAS = Variation(
    "one-bias",
    {"biases": "one"},
    r"""
Keras stacks two-way LSTM layers as PyTorch does, the two directions side by side, also for the
layer above, but keeps *one* bias a gate and unit, where PyTorch keeps two. How many numbers has
such a stack to train, and how wide is its output? $D$ is the width of the input, $H$ the number of
units in each direction, and `layers` the number of layers, all of which read both ways.
""",
    _COUNT,
    """\
def two_way_count(D, H, layers):
    first, other = D + H + 1, 2 * H + H + 1
    return 2 * 4 * H * (first + (layers - 1) * other), 2 * H
""",
    "One bias a gate and unit, as in Keras.",
)

_COUNT_BOTTOM = Variation(
    "two-way-bottom",
    {"ways": "two at the bottom"},
    r"""
To translate, a network reads a sentence by a stack of LSTM layers of which only the *lowest* reads
both ways, its two directions side by side; every layer above reads forwards only. How many numbers
has the stack to train, and how wide is its output? $D$ is the width of the input, $H$ the number of
units in each direction and in each upper layer; `layers` counts all of them, and may be 1. As in
PyTorch, there are two biases, $b_{ih}$ and $b_{hh}$.
""",
    _COUNT,
    """\
def two_way_count(D, H, layers):
    total, width = 2 * 4 * H * (D + H + 2), 2 * H
    for _ in range(1, layers):
        total += 4 * H * (width + H + 2)
        width = H
    return total, width
""",
    "Only the lowest layer reads both ways.",
)

_STACK = '''\
def stacked(
    x: torch.Tensor, layers: Sequence[Callable]{more}
) -> torch.Tensor:
    """{says}"""
    ...
'''
_RESIDUAL = ", residual: bool"
_LAYERS = r"""
A layer is a function that gives states, $(B, T, H)$, for what it is given,
$(B, T, \cdot)$; layers may differ in width. Do not change `x` in place."""

_STACK_INPUT = Variation(
    "own-input",
    {"adds": "the input"},
    r"""
Run layers one above the other. With `residual`, the *network's own input* `x` is added to the
states of every layer, before they go on; but where their width differs from that of `x`, nothing is
added, and the states go on alone. Without `residual`, nothing is added anywhere."""
    + _LAYERS,
    _STACK.format(more=_RESIDUAL, says="What the last layer hands on, (B, T, H), x added."),
    """\
def stacked(x, layers, residual):
    h = x
    for layer in layers:
        states = layer(h)
        h = x + states if residual and states.shape == x.shape else states
    return h
""",
    "The network's input is added at every layer, not the layer's own.",
)

_STACK_SCALED = Variation(
    "scaled",
    {"adds": "scaled"},
    r"""
Run layers one above the other. With `residual`, each layer's input is added to its states, and the
sum divided by $\sqrt 2$, so that numbers do not grow with the depth; but where the widths differ,
nothing is added, and the states go on as they are, unscaled. Without `residual`, nothing is added
or scaled."""
    + _LAYERS,
    _STACK.format(more=_RESIDUAL, says="What the last layer hands on, (B, T, H), sums scaled."),
    """\
def stacked(x, layers, residual):
    for layer in layers:
        states = layer(x)
        x = (x + states) / 2**0.5 if residual and states.shape == x.shape else states
    return x
""",
    "Each sum is divided by √2.",
)

_STACK_PAIRS = Variation(
    "over-two",
    {"adds": "over two layers"},
    r"""
Run layers one above the other, *two at a time*; their number is even. With `residual`, what went
into the first of each two is added to the states of the second, and the sum goes on; nothing is
added between the two. But where the widths of what went in and of what came out of the two differ,
nothing is added. Without `residual`, nothing is added anywhere."""
    + _LAYERS,
    _STACK.format(more=_RESIDUAL, says="What the last two layers hand on, (B, T, H)."),
    """\
def stacked(x, layers, residual):
    for one, two in zip(layers[0::2], layers[1::2]):
        states = two(one(x))
        x = x + states if residual and states.shape == x.shape else states
    return x
""",
    "Residual connections reach over two layers.",
)

_STACK_EVERY = Variation(
    "every-layer",
    {"gives": "every layer"},
    r"""
Run layers one above the other. With `residual`, each layer's input is added to its states; but
where the widths differ, the states go on alone. Without `residual`, nothing is added anywhere.
Return what *every* layer hands on, sums included, side by side along the last axis: the lowest
layer's first. The input `x` itself is not among them."""
    + _LAYERS,
    _STACK.format(more=_RESIDUAL, says="What all layers hand on, side by side, (B, T, sum of H)."),
    """\
def stacked(x, layers, residual):
    found = []
    for layer in layers:
        states = layer(x)
        x = x + states if residual and states.shape == x.shape else states
        found.append(x)
    return torch.cat(found, -1)
""",
    "What every layer hands on comes back, not the last alone.",
)

_STACK_DENSE = Variation(
    "dense",
    {"reads": "all below"},
    r"""
Run layers one above the other, without losing anything: each layer reads the input `x` *and* the
states of all layers below it, side by side along the last axis: `x` first, then the lowest layer's
states, and so on. Nothing is added. Return the states of the last layer."""
    + _LAYERS,
    _STACK.format(
        more="", says="The last layer's states, (B, T, H); each layer reads all below it."
    ),
    """\
def stacked(x, layers):
    found = [x]
    for layer in layers:
        found.append(layer(torch.cat(found, -1)))
    return found[-1]
""",
    "Each layer reads the input and all states below it.",
)

_ENDS = '''\
def summary(states: np.ndarray, {second}: np.ndarray) -> np.ndarray:
    """{says}"""
    ...
'''
_SOMEBODY = r"""

```python
def summary({arguments}):
    return {wrong}
```

It is wrong twice. """

_ENDS_TIME = Variation(
    "time-first",
    {"axis": "time first"},
    r"""
A batch of padded sequences went through a two-way layer that keeps *time first*: its states are
$(T, B, 2H)$, at each place the $H$ numbers of the forward run, then those of the backward run.
Sequence $b$ has `lengths[b]` places; padding stands behind them, and neither run has read it. To
classify each, somebody takes one vector:"""
    + _SOMEBODY.format(arguments="states, lengths", wrong="states[:, -1]")
    + r"""Let each half come from where its own run has read the whole sequence, the forward half
first.
""",
    _ENDS.format(
        second="lengths", says="(B, 2H) from a two-way layer's states (T, B, 2H) and lengths (B,)."
    ),
    """\
def summary(states, lengths):
    H = states.shape[2] // 2
    forwards = states[lengths - 1, np.arange(len(lengths)), :H]
    return np.concatenate([forwards, states[0, :, H:]], -1)
""",
    "Time is the first axis, the batch the second.",
)

_ENDS_FRONT = Variation(
    "padding-in-front",
    {"padding": "in front"},
    r"""
A batch of sequences, padded *in front*, went through a two-way layer; its states are $(B, T, 2H)$,
at each place the $H$ numbers of the forward run, then those of the backward run. Sequence $b$
stands at the last `lengths[b]` places of its row; neither run has read the padding before it. To
classify each, somebody takes one vector:"""
    + _SOMEBODY.format(arguments="states, lengths", wrong="states[:, 0]")
    + r"""Let each half come from where its own run has read the whole sequence, the forward half
first.
""",
    _ENDS.format(
        second="lengths", says="(B, 2H) from a two-way layer's states (B, T, 2H) and lengths (B,)."
    ),
    """\
def summary(states, lengths):
    H, T = states.shape[2] // 2, states.shape[1]
    backwards = states[np.arange(len(states)), T - lengths, H:]
    return np.concatenate([states[:, -1, :H], backwards], -1)
""",
    "The padding stands before the sequence.",
)

_ENDS_MASK = Variation(
    "mask",
    {"lengths": "mask of padding"},
    r"""
A batch of padded sequences went through a two-way layer; its states are $(B, T, 2H)$, at each place
the $H$ numbers of the forward run, then those of the backward run. Nobody tells you the lengths:
`padding`, $(B, T)$, is *True* where a place is padding, which stands behind a sequence only, and
which neither run has read. To classify each, somebody takes one vector:"""
    + _SOMEBODY.format(arguments="states, padding", wrong="states[:, -1]")
    + r"""Let each half come from where its own run has read the whole sequence, the forward half
first.
""",
    _ENDS.format(
        second="padding",
        says="(B, 2H) from a two-way layer's states (B, T, 2H) and padding (B, T).",
    ),
    """\
def summary(states, padding):
    H, lengths = states.shape[2] // 2, (~padding).sum(axis=1)
    forwards = states[np.arange(len(states)), lengths - 1, :H]
    return np.concatenate([forwards, states[:, 0, H:]], -1)
""",
    "A mask that is True at padding, in the place of the lengths.",
)

_ENDS_SUM = Variation(
    "summed",
    {"joined": "sum"},
    r"""
A batch of padded sequences went through a two-way layer; its states are $(B, T, 2H)$, at each place
the $H$ numbers of the forward run, then those of the backward run. Sequence $b$ has `lengths[b]`
places; padding stands behind them, and neither run has read it. To classify each by a vector of $H$
numbers, somebody *adds* the two halves:"""
    + _SOMEBODY.format(
        arguments="states, lengths",
        wrong="states[:, -1, : states.shape[2] // 2] + states[:, -1, states.shape[2] // 2 :]",
    )
    + r"""Add them again, each taken from where its own run has read the whole sequence.
""",
    _ENDS.format(
        second="lengths", says="(B, H) from a two-way layer's states (B, T, 2H) and lengths (B,)."
    ),
    """\
def summary(states, lengths):
    H = states.shape[2] // 2
    forwards = states[np.arange(len(states)), lengths - 1, :H]
    return forwards + states[:, 0, H:]
""",
    "The two halves are added, not put side by side.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "dp-count": (_COUNT_GRU, _COUNT_ONE_WAY, _COUNT_SUM, _COUNT_BIAS, _COUNT_BOTTOM),
    "dp-stack": (_STACK_INPUT, _STACK_SCALED, _STACK_PAIRS, _STACK_EVERY, _STACK_DENSE),
    "dp-ends": (_ENDS_TIME, _ENDS_FRONT, _ENDS_MASK, _ENDS_SUM),
}
