"""Variations of chapter 7's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_STEP = '''\
def lstm_step(
    a: torch.Tensor,
    state: tuple[torch.Tensor, torch.Tensor],
    weight_hh: torch.Tensor,{more}
) -> tuple[torch.Tensor, torch.Tensor]:
    """{says}"""
    ...
'''

_STEP_ORDER = Variation(
    "gate-order",
    {"order": "i, o, f, g"},
    r"""
Write one step of an LSTM whose weights are stored in another order than PyTorch's: the rows of
$W_{hh}$, and the parts of $a_t$, belong to $i, o, f, g$, in this order: the input gate, the output
gate, the forget gate, the candidate. With $h$ and $c$ of the step before,

$$
c_t = \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g), \qquad h_t = \sigma(o) \odot \tanh(c_t)
$$

where $(i, o, f, g)$ are the four parts of $a_t + W_{hh} h_{t-1}$. Sequences are rows. $a_t$ holds
the input's share and the biases. The state is the pair $(h, c)$, and so is what you return. No
ready-made LSTM may be called.
""",
    _STEP.format(
        more="", says="(h_t, c_t), (B, H) each, from a_t (B, 4H), (h, c), W_hh (4H, H): i, o, f, g."
    ),
    """\
def lstm_step(a, state, weight_hh):
    h, c = state
    i, o, f, g = (a + h @ weight_hh.T).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
""",
    "The four parts stand in the order i, o, f, g.",
)

_STEP_COUPLED = Variation(
    "coupled-gates",
    {"gates": "coupled"},
    r"""
Write one step of an LSTM with *coupled* gates. There is no input gate of its own: what the forget
gate does not keep of the old cell, the candidate fills,

$$
c_t = \sigma(f) \odot c_{t-1} + (1 - \sigma(f)) \odot \tanh(g), \qquad
h_t = \sigma(o) \odot \tanh(c_t)
$$

where $(f, g, o)$, in this order, are the three parts of $a_t + W_{hh} h_{t-1}$. Sequences are rows.
$a_t$ holds the input's share and the biases. The state is the pair $(h, c)$, and so is what you
return. No ready-made LSTM may be called.
""",
    _STEP.format(
        more="", says="(h_t, c_t), (B, H) each, from a_t (B, 3H), (h, c) and W_hh (3H, H): f, g, o."
    ),
    """\
def lstm_step(a, state, weight_hh):
    h, c = state
    f, g, o = (a + h @ weight_hh.T).chunk(3, -1)
    keep = torch.sigmoid(f)
    c = keep * c + (1 - keep) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
""",
    "The input gate is 1 minus the forget gate.",
)

_STEP_FIRST = Variation(
    "no-forget-gate",
    {"gates": "no forget gate"},
    r"""
Write one step of an LSTM of the first kind, without a forget gate: what a cell holds stays, and
what comes in is added,

$$
c_t = c_{t-1} + \sigma(i) \odot \tanh(g), \qquad h_t = \sigma(o) \odot \tanh(c_t)
$$

where $(i, g, o)$, in this order, are the three parts of $a_t + W_{hh} h_{t-1}$. Sequences are rows.
$a_t$ holds the input's share and the biases. The state is the pair $(h, c)$, and so is what you
return. No ready-made LSTM may be called.
""",
    _STEP.format(
        more="", says="(h_t, c_t), (B, H) each, from a_t (B, 3H), (h, c) and W_hh (3H, H): i, g, o."
    ),
    """\
def lstm_step(a, state, weight_hh):
    h, c = state
    i, g, o = (a + h @ weight_hh.T).chunk(3, -1)
    c = c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
""",
    "No forget gate: the cell keeps everything.",
)

_STEP_LAYOUT = Variation(
    "in-out",
    {"layout": "in, out"},
    r"""
Write one step of an LSTM for weights stored as Keras stores them: a state is a row that stands on
the *left* of `weight_hh`, $(H, 4H)$, so its columns belong to the four parts $i, f, g, o$, in this
order. With $h$ and $c$ of the step before,

$$
c_t = \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g), \qquad h_t = \sigma(o) \odot \tanh(c_t)
$$

where $(i, f, g, o)$ are the four parts of $a_t + h_{t-1} W_{hh}$. $a_t$ holds the input's share and
the biases. The state is the pair $(h, c)$, and so is what you return. No ready-made LSTM may be
called.
""",
    _STEP.format(
        more="", says="(h_t, c_t), (B, H) each, from a_t (B, 4H), (h, c) and W_hh (H, 4H)."
    ),
    """\
def lstm_step(a, state, weight_hh):
    h, c = state
    i, f, g, o = (a + h @ weight_hh).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
""",
    "Weights stored as (in, out), not as (out, in).",
)

_STEP_PEEP = Variation(
    "peepholes",
    {"gates": "peepholes"},
    r"""
Write one step of an LSTM with *peepholes*: its gates also look into their own cell, each unit
through one weight. With $(i, f, g, o)$ the four parts of $a_t + W_{hh} h_{t-1}$, in this order, and
$p_i, p_f, p_o$ the three rows of `peep`,

$$
\begin{aligned}
c_t &= \sigma(f + p_f \odot c_{t-1}) \odot c_{t-1} + \sigma(i + p_i \odot c_{t-1}) \odot \tanh(g) \\
h_t &= \sigma(o + p_o \odot c_t) \odot \tanh(c_t)
\end{aligned}
$$

Input and forget gate see the old cell, the output gate sees the new one; the candidate sees none.
Sequences are rows. $a_t$ holds the input's share and the biases. The state is the pair $(h, c)$,
and so is what you return. No ready-made LSTM may be called.
""",
    _STEP.format(
        more="\n    peep: torch.Tensor,",
        says="(h_t, c_t), (B, H) each; a_t (B, 4H), (h, c), W_hh (4H, H), peep (3, H): i, f, o.",
    ),
    """\
def lstm_step(a, state, weight_hh, peep):
    h, c = state
    i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)
    p_i, p_f, p_o = peep
    i, f = torch.sigmoid(i + p_i * c), torch.sigmoid(f + p_f * c)
    c = f * c + i * torch.tanh(g)
    return torch.sigmoid(o + p_o * c) * torch.tanh(c), c
""",
    "The gates look into their cell.",
)

_BIAS = '''\
def bias_of(k: float{more}) -> float:
    """{says}"""
    ...
'''

_BIAS_SHARE = Variation(
    "share",
    {"left": "a share"},
    r"""
A cell's forget gate is $f = \sigma(b)$, with $\sigma(b) = 1 / (1 + e^{-b})$: nothing but its bias
$b$ reaches it. Each step keeps the share $f$ of what the cell holds, and nothing is added. You want
a given share of a memory to be left after $k$ steps, exactly: `share`, between 0 and 1. Which bias?
""",
    _BIAS.format(
        more=", share: float", says="The forget gate's bias that leaves share after k steps."
    ),
    """\
def bias_of(k, share):
    f = share ** (1 / k)
    return math.log(f / (1 - f))
""",
    "Any share may be left, not one half.",
)

_BIAS_POWER = Variation(
    "power",
    {"gate": "to a power"},
    r"""
To remember for long without a large bias, some cells raise their forget gate to a power:
$f = \sigma(b)^p$, with $\sigma(b) = 1 / (1 + e^{-b})$ and a fixed $p \ge 1$, `power` in the code.
Nothing but its bias $b$ reaches the gate. Each step keeps the share $f$ of what the cell holds, and
nothing is added. You want half of a memory left after $k$ steps, exactly. Which bias?
""",
    _BIAS.format(more=", power: float", says="The bias of a forget gate σ(b)**power, alone in it."),
    """\
def bias_of(k, power):
    inner = 0.5 ** (1 / (k * power))
    return math.log(inner / (1 - inner))
""",
    "The gate is a power of the sigmoid.",
)

_BIAS_HARD = Variation(
    "hard-gate",
    {"gate": "hard"},
    r"""
To save time, some libraries have a *hard* sigmoid: $f = b / 6 + \tfrac12$, cut off at 0 and at 1. A
cell's forget gate is this $f$, and nothing but its bias $b$ reaches it. Each step keeps the share
$f$ of what the cell holds, and nothing is added. You want half of a memory left after $k$ steps,
exactly; $k \ge 1$. Which bias?
""",
    _BIAS.format(more="", says="The hard forget gate's bias, if nothing else reaches the gate."),
    """\
def bias_of(k):
    f = 0.5 ** (1 / k)
    return 6 * (f - 0.5)
""",
    "A hard sigmoid in the place of the smooth one.",
)

_BIAS_MEAN = Variation(
    "mean-time",
    {"left": "on average k steps"},
    r"""
A cell holds one thing, and at each step loses it altogether with probability $1 - f$, or keeps it
whole with probability $f = \sigma(b)$, whatever happened before; $\sigma(b) = 1 / (1 + e^{-b})$.
You want the thing to be lost in step $k$ *on average* (the expected number of the step in which it
is lost, the first step being number 1); $k > 1$. Which bias?
""",
    _BIAS.format(more="", says="The bias with which a memory is lost in step k on average."),
    """\
def bias_of(k):
    f = 1 - 1 / k
    return math.log(f / (1 - f))
""",
    "A mean time until all is lost, not a half-life.",
)

_COUNT = '''\
def weights_1997(inputs: int, blocks: int, size: int, outputs: int) -> int:
    """How many weights such a network has, the biases counted."""
    ...
'''
_NETWORK = r"""
A network has `inputs` inputs, `outputs` outputs, and `blocks` *blocks* of `size` cells each."""

_COUNT_FORGET = Variation(
    "forget-gate",
    {"gates": "three a block"},
    _NETWORK
    + r"""
The cells of a block share an input gate, an output gate and a *forget gate*. Every cell's candidate
and every gate reads all inputs, all cells' outputs, all gates of all blocks, and a bias. Each
output reads the cells' outputs and a bias. How many weights?
""",
    _COUNT,
    """\
def weights_1997(inputs, blocks, size, outputs):
    hidden = blocks * (size + 3)
    return hidden * (inputs + hidden + 1) + outputs * (blocks * size + 1)
""",
    "A forget gate for each block.",
)

_COUNT_OWN = Variation(
    "own-gates",
    {"gates": "of each cell"},
    _NETWORK
    + r"""
Nothing is shared in a block: *every cell* has an input gate and an output gate of its own; there is
no forget gate. Every cell's candidate and every gate reads all inputs, all cells' outputs, all
gates, and a bias. Each output reads the cells' outputs and a bias. How many weights?
""",
    _COUNT,
    """\
def weights_1997(inputs, blocks, size, outputs):
    cells = blocks * size
    return 3 * cells * (inputs + 3 * cells + 1) + outputs * (cells + 1)
""",
    "Each cell has gates of its own.",
)

_COUNT_UNREAD = Variation(
    "gates-unread",
    {"reads": "cells only"},
    _NETWORK
    + r"""
The cells of a block share one input gate and one output gate; there is no forget gate. Nobody reads
the gates: every cell's candidate and every gate reads all inputs, all *cells'* outputs of all
blocks, and a bias. Each output reads the cells' outputs and a bias. How many weights?
""",
    _COUNT,
    """\
def weights_1997(inputs, blocks, size, outputs):
    cells = blocks * size
    return blocks * (size + 2) * (inputs + cells + 1) + outputs * (cells + 1)
""",
    "The gates are read by nobody.",
)

_COUNT_DIRECT = Variation(
    "direct",
    {"outputs": "read the inputs"},
    _NETWORK
    + r"""
The cells of a block share one input gate and one output gate; there is no forget gate. Every cell's
candidate and every gate reads all inputs, all cells' outputs, all gates, and a bias. Each output
reads the cells' outputs, *all inputs directly*, and a bias. How many weights?
""",
    _COUNT,
    """\
def weights_1997(inputs, blocks, size, outputs):
    hidden = blocks * (size + 2)
    return hidden * (inputs + hidden + 1) + outputs * (blocks * size + inputs + 1)
""",
    "The outputs read the inputs, too.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "ls-step": (_STEP_ORDER, _STEP_COUPLED, _STEP_FIRST, _STEP_LAYOUT, _STEP_PEEP),
    "ls-bias": (_BIAS_SHARE, _BIAS_POWER, _BIAS_HARD, _BIAS_MEAN),
    "ls-count": (_COUNT_FORGET, _COUNT_OWN, _COUNT_UNREAD, _COUNT_DIRECT),
}
