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
def coverage(weights: np.ndarray{more}) -> float:
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
    _COVER.format(more=", real: np.ndarray", says="cp of weights (U, T); real (T,) bool."),
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
    _COVER.format(more="", says="cp of weights (T, U): the source first."),
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
    _COVER.format(more="", says="Minus what is above 1, of weights (U, T)."),
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
    _COVER.format(more="", says="Minus what was read again, of weights (U, T)."),
    """\
def coverage(weights):
    before = np.cumsum(weights, 0) - weights
    return -np.minimum(weights, before).sum()
""",
    "It asks, step by step, what was read again.",
)

VARIATIONS = {
    "gn-count": (_COUNT_GRU, _COUNT_BIASES, _COUNT_SUM, _COUNT_HALVED, _COUNT_TOP),
    "gn-cover": (_COVER_PADDED, _COVER_TURNED, _COVER_EXCESS, _COVER_AGAIN),
}
