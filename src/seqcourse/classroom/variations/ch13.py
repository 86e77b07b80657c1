"""Variations of chapter 13's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_COUNT = '''\
def encoder_weights(H: int, L: int) -> tuple[int, int]:
    """{says}; all layers both ways."""
    ...
'''
_BOTTOM = "Only the bottom layer both ways"


def _counted(
    name: str, spec: dict[str, str], task: str, solution: str, change: str, says: str = _BOTTOM
) -> Variation:
    return Variation(name, spec, task, _COUNT.format(says=says), solution, change)


_COUNT_GRU = _counted(
    "gru",
    {"cell": "GRU"},
    r"""
An encoder has $L \ge 2$ GRU layers with $H$ units in each direction, one bias for each of the three
blocks ($r$, $z$, $n$) and unit, and an input of $H$ numbers. Where a layer reads both ways, its two
directions stand side by side. How many weights has it if only the bottom layer reads both ways? How
many if all do?
""",
    """\
def encoder_weights(H, L):
    def one(D):
        return 3 * H * (D + H + 1)

    bottom = 2 * one(H)
    paper = bottom + one(2 * H) + (L - 2) * one(H)
    return paper, bottom + 2 * (L - 1) * one(2 * H)
""",
    "GRU layers in the place of LSTM layers.",
)

_COUNT_BIASES = _counted(
    "two-biases",
    {"biases": "two"},
    r"""
An encoder has $L \ge 2$ LSTM layers with $H$ units in each direction and an input of $H$ numbers.
As in PyTorch, each gate and unit has *two* biases, $b_{ih}$ and $b_{hh}$. Where a layer reads both
ways, its two directions stand side by side. How many weights, biases counted, has it if only the
bottom layer reads both ways? How many if all do?
""",
    """\
def encoder_weights(H, L):
    def one(D):
        return 4 * H * (D + H + 2)

    bottom = 2 * one(H)
    paper = bottom + one(2 * H) + (L - 2) * one(H)
    return paper, bottom + 2 * (L - 1) * one(2 * H)
""",
    "Two biases a gate and unit, as in PyTorch.",
)

_COUNT_SUM = _counted(
    "summed",
    {"joined": "sum"},
    r"""
An encoder has $L \ge 2$ LSTM layers with $H$ units in each direction, one bias for each gate and
unit, and an input of $H$ numbers. Where a layer reads both ways, its two directions are *added*,
and the sum goes up. How many weights has it if only the bottom layer reads both ways? How many if
all do?
""",
    """\
def encoder_weights(H, L):
    one = 4 * H * (H + H + 1)
    return 2 * one + (L - 1) * one, 2 * L * one
""",
    "The two directions are added, not put side by side.",
)

_COUNT_HALVED = _counted(
    "halved",
    {"width": "halved"},
    r"""
An encoder hands on $H$ numbers from each of its $L \ge 2$ LSTM layers, and its input has $H$
numbers, too; $H$ is even. A layer that reads forwards has $H$ units. One that reads both ways has
$H/2$ in each direction, and they stand side by side. Each gate and unit has one bias. How many
weights has it if only the bottom layer reads both ways? How many if all do?
""",
    """\
def encoder_weights(H, L):
    def one(units):
        return 4 * units * (H + units + 1)

    both = 2 * one(H // 2)
    return both + (L - 1) * one(H), L * both
""",
    "Each direction has half of the units, so that every layer hands on H numbers.",
)

_COUNT_TOP = _counted(
    "top",
    {"both ways": "top"},
    r"""
An encoder has $L \ge 2$ LSTM layers with $H$ units in each direction, one bias for each gate and
unit, and an input of $H$ numbers. Where a layer reads both ways, its two directions stand side by
side. How many weights has it if only the *top* layer reads both ways? How many if all do?
""",
    """\
def encoder_weights(H, L):
    def one(D):
        return 4 * H * (D + H + 1)

    top = (L - 1) * one(H) + 2 * one(H)
    return top, 2 * one(H) + 2 * (L - 1) * one(2 * H)
""",
    "The top layer reads both ways, not the bottom one.",
    "Only the top layer both ways",
)

_COVER = '''\
def coverage(weights: np.ndarray{more}) -> {gives}:
    """{says}"""
    ...
'''

_COVER_PADDED = Variation(
    "padded",
    {"places": "padded"},
    r"""
The coverage penalty of Wu et al. (2016), without $\beta$: for each source place the sum of the
attention that it got, cut off at 1; its natural logarithm; all of them added up. `weights` has a
row for each symbol written and a column for each source place, (U, T). Some columns are padding:
`real`, (T,), is False there. They got no weight, and must cost nothing.
""",
    _COVER.format(
        gives="float", more=", real: np.ndarray", says="cp of weights (U, T); real (T,) bool."
    ),
    """\
def coverage(weights, real):
    seen = np.minimum(weights[:, real].sum(0), 1)
    return np.log(seen).sum()
""",
    "Some source places are padding, and must cost nothing.",
)

_COVER_TURNED = Variation(
    "source-first",
    {"axes": "source first"},
    r"""
The coverage penalty of Wu et al. (2016), without $\beta$: for each source place the sum of the
attention that it got, cut off at 1; its natural logarithm; all of them added up. Here `weights` has
a row for each *source place* and a column for each symbol written, (T, U).
""",
    _COVER.format(gives="float", more="", says="cp of weights (T, U): the source first."),
    """\
def coverage(weights):
    seen = np.minimum(weights.sum(1), 1)
    return np.log(seen).sum()
""",
    "The source comes first: a column holds the weights of one symbol.",
)

_COVER_EXCESS = Variation(
    "too-much",
    {"asks": "too much"},
    r"""
A penalty on source places that were read *too much*, used for summaries. `weights` has a row for
each symbol written and a column for each source place, (U, T). For each place, sum the attention
that it got, and take what is above 1; what is below costs nothing. Add up over all places. It is
added to a score, so give it as a number that is 0 at most.
""",
    _COVER.format(gives="float", more="", says="Minus what is above 1, of weights (U, T)."),
    """\
def coverage(weights):
    return -np.maximum(weights.sum(0) - 1, 0).sum()
""",
    "It asks what was read too much, and takes no logarithm.",
)

_COVER_AGAIN = Variation(
    "again",
    {"asks": "again"},
    r"""
A penalty on reading the same place *again*, after See, Liu & Manning (2017). `weights` has a row
for each symbol written and a column for each source place, (U, T). At each step, and for each
place, take the smaller of two numbers: its weight at this step, and all the weight that it got at
the steps *before*. Add up over places and steps (at the first step nothing went before). It is
added to a score, so give it as a number that is 0 at most.
""",
    _COVER.format(gives="float", more="", says="Minus what was read again, of weights (U, T)."),
    """\
def coverage(weights):
    before = np.cumsum(weights, 0) - weights
    return -np.minimum(weights, before).sum()
""",
    "It asks, step by step, what was read again.",
)

_TABLE = r"""
`weights` are attention weights, $(n, T)$: a row for each symbol written, which sums to 1, a column
for each source place. """

_COVER_SHARE = Variation(
    "fair-share",
    {"enough": "a fair share"},
    _TABLE
    + r"""GNMT's coverage penalty wants 1 in sum of each place, which a short answer cannot give.
Take a *fair share* for enough: of $n$ symbols' weights each of $T$ places would get $n / T$. Return

$$
\sum_{t=1}^{T} \ln \min \Bigl( \frac{T}{n} \sum_{u=1}^{n} a_{ut},\ 1 \Bigr)
$$

With one symbol and two places, weights 0.8 and 0.2, a fair share is $\tfrac12$, and the penalty
$\ln 0.4$.
""",
    _COVER.format(
        more="", gives="float", says="The coverage penalty of weights (n, T) by fair shares."
    ),
    """\
def coverage(weights):
    n, T = weights.shape
    return np.log(np.minimum(weights.sum(0) * T / n, 1)).sum()
""",
    "Enough is a fair share, n / T, in place of 1.",
)

_COVER_STEPS = Variation(
    "each-step",
    {"gives": "each step"},
    _TABLE
    + r"""A beam asks for the coverage penalty, without $\beta$, after *every* symbol. Return $n$
numbers: after $m$ symbols

$$
\mathrm{cp}_m = \sum_{t=1}^{T} \ln \min \Bigl( \sum_{u=1}^{m} a_{ut},\ 1 \Bigr), \qquad
m = 1, \dots, n
$$

With the rows $(0.9, 0.1)$ and $(0.6, 0.4)$ these are $\ln 0.9 + \ln 0.1$ and $\ln 0.5$.
""",
    _COVER.format(
        more="", gives="np.ndarray", says="The coverage penalty after each symbol, (n,)."
    ),
    """\
def coverage(weights):
    seen = np.minimum(np.cumsum(weights, axis=0), 1)
    return np.log(seen).sum(axis=1)
""",
    "The penalty after each symbol, not after the last alone.",
)

_ROUND = '''\
def eight_bits(W: np.ndarray{more}) -> tuple[{gives}]:
    """{says}"""
    ...
'''
_TWO = "np.ndarray, np.ndarray"
_GIVE = r""" Return the whole numbers, in the shape of `W` and in any type, and the steps. No
weight may move by more than half a step. Where all weights are 0 the step is 0."""

_ROUND_COLUMNS = Variation(
    "columns",
    {"axis": "columns"},
    r"""
Store a matrix $W$, $(R, C)$, in eight bits. Its inputs stand on the left, $x W$, so each *column*
makes one output, and gets a step of its own:

$$
\delta_j = \max_i |W_{ij}| / 127
$$

Store how many steps each weight is from 0, rounded: a whole number from −127 to 127."""
    + _GIVE
    + r""" In a column 2.54, 1 and −0.5 a step is 0.02, and they become 127, 50 and −25.
""",
    _ROUND.format(
        more="", gives=_TWO, says="Whole numbers (R, C), -127 to 127; and each column's step (C,)."
    ),
    """\
def eight_bits(W):
    step = abs(W).max(0) / 127
    safe = np.where(step > 0, step, 1)
    return np.round(W / safe), step
""",
    "A step for each column, not for each row.",
)

_ROUND_SHIFTED = Variation(
    "from-the-smallest",
    {"zero": "the smallest"},
    r"""
Store a matrix $W$, $(R, C)$, in eight bits *without a sign*, row by row. In each row 0 stands for
its smallest weight, 255 for its largest, and the numbers between are spread evenly:

$$
\mathrm{low}_i = \min_j W_{ij}, \qquad
\delta_i = \bigl( \max_j W_{ij} - \mathrm{low}_i \bigr) / 255, \qquad
W_{ij} \approx \mathrm{low}_i + \delta_i\, q_{ij}
$$

Round $q_{ij}$ to the nearest whole number: no weight may move by more than half a step. Return $q$,
in any type, the steps, and the smallest weights. A row that is the same number throughout has the
step 0, and $q = 0$. In the row 1, 1.1 and 3.55 a step is 0.01, and they become 0, 10 and 255.
""",
    _ROUND.format(
        more="",
        gives="np.ndarray, np.ndarray, np.ndarray",
        says="Whole numbers (R, C), 0 to 255; each row's step (R,); its smallest weight (R,).",
    ),
    """\
def eight_bits(W):
    low = W.min(1)
    step = (W.max(1) - low) / 255
    safe = np.where(step > 0, step, 1)
    return np.round((W - low[:, None]) / safe[:, None]), step, low
""",
    "From 0, the row's smallest weight, to 255, its largest.",
)

_ROUND_BITS = Variation(
    "any-bits",
    {"bits": "any"},
    r"""
Store a matrix $W$, $(R, C)$, in any number of bits $b$ (`bits`, from 2 to 8). One of them is the
sign, and as many numbers lie above 0 as below: from $-m$ to $m$, where $m = 2^{b-1} - 1$; for eight
bits that is 127, for four 7, for two 1. Each row has a step of its own,

$$
\delta_i = \max_j |W_{ij}| / m
$$

and each weight is stored as how many steps it is from 0, rounded."""
    + _GIVE
    + r""" In four bits, the row 1.4, −0.6 and 0.1 has the step 0.2, and 1.4 becomes 7.
""",
    _ROUND.format(
        more=", bits: int",
        gives=_TWO,
        says="Whole numbers (R, C), -m to m; and each row's step (R,).",
    ),
    """\
def eight_bits(W, bits):
    step = abs(W).max(1) / (2 ** (bits - 1) - 1)
    safe = np.where(step > 0, step, 1)
    return np.round(W / safe[:, None]), step
""",
    "Any number of bits, not eight.",
)

_ROUND_POWERS = Variation(
    "powers-of-two",
    {"steps": "powers of two"},
    r"""
A chip multiplies by powers of two at no cost. Store a matrix $W$, $(R, C)$, in eight bits, each row
with a step of its own that is a *power of two*: of those with which no weight of the row is more
than 127 steps from 0, the smallest. Its exponent may be negative:

$$
\delta_i = 2^{e_i}, \qquad e_i = \Bigl\lceil \log_2 \frac{\max_j |W_{ij}|}{127} \Bigr\rceil
$$

Store how many steps each weight is from 0, rounded."""
    + _GIVE
    + r""" Where the largest weight is 1, a step is $2^{-6}$: with $2^{-7}$ it would be 128 steps.
""",
    _ROUND.format(
        more="", gives=_TWO, says="Whole numbers (R, C); and each row's step (R,), a power of two."
    ),
    """\
def eight_bits(W):
    exact = abs(W).max(1) / 127
    step = np.zeros(len(W))
    some = exact > 0
    step[some] = 2.0 ** np.ceil(np.log2(exact[some]))
    safe = np.where(some, step, 1)
    return np.round(W / safe[:, None]), step
""",
    "Steps are powers of two, the next above max / 127.",
)

_ROUND_BLOCKS = Variation(
    "blocks-of-four",
    {"blocks": "of four"},
    r"""
Store a matrix $W$, $(R, C)$, in eight bits, in *blocks*: every four neighbours in a row share a
step. $C$ is a multiple of four; columns 1 to 4 are a row's first block, 5 to 8 its second, and so
on. A block's step is the largest $|W_{ij}|$ in it, divided by 127; each weight is stored as how
many of its block's steps it is from 0, rounded: from −127 to 127."""
    + _GIVE
    + r""" The steps are $(R, C / 4)$. A row that begins with 2.54, 1, 0, 0 has 0.02 for its first
step, whatever follows.
""",
    _ROUND.format(
        more="",
        gives=_TWO,
        says="Whole numbers (R, C), -127 to 127; and each block's step (R, C / 4).",
    ),
    """\
def eight_bits(W):
    blocks = W.reshape(len(W), W.shape[1] // 4, 4)
    step = abs(blocks).max(2) / 127
    safe = np.where(step > 0, step, 1)
    whole = np.round(blocks / safe[:, :, None])
    return whole.reshape(W.shape), step
""",
    "Every four neighbours share a step, not a whole row.",
)

VARIATIONS = {
    "gn-count": (_COUNT_GRU, _COUNT_BIASES, _COUNT_SUM, _COUNT_HALVED, _COUNT_TOP),
    "gn-cover": (
        _COVER_PADDED,
        _COVER_TURNED,
        _COVER_EXCESS,
        _COVER_AGAIN,
        _COVER_SHARE,
        _COVER_STEPS,
    ),
    "gn-round": (_ROUND_COLUMNS, _ROUND_SHIFTED, _ROUND_BITS, _ROUND_POWERS, _ROUND_BLOCKS),
}
