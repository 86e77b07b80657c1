"""Variations of chapter 11's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_STEP = '''\
def decoder_step(
    s: np.ndarray,
    y: np.ndarray,
{more}    cell: Callable,
    score: Callable,
) -> tuple[np.ndarray, np.ndarray]:
    """{says}"""
    ...
'''
_M, _MEMORY, _MIDDLE = "    m: np.ndarray,\n", "    memory: np.ndarray,\n", "    middle: int,\n"
_GIVEN = "s_t (H,) and m_t (H,) from s_{t-1}, y_{t-1}, "
_PARTS = r"""
`cell(s, y, m)` gives the next state of a decoder from a state, a symbol and what was read;
`score(s, memory)` a score, $(T,)$, for each of the memory's $T$ rows."""
_TWICE = r""" Somebody cut the circle so:

```python
def decoder_step({given}, cell, score):
    s = cell(s, y, np.zeros(memory.shape[1]))  # a first guess
    m = softmax(score(s, memory)) @ memory
    return cell(s, y, m), m
```
"""
_BAHDANAU = r"""
It runs, but the symbol is read twice, and {but}. Write the step again, in Bahdanau's timing: the
state that came in, $s_{{t-1}}$, asks. Return $s_t$ and $m_t$.
"""

_STEP_LUONG = Variation(
    "luong",
    {"timing": "Luong"},
    _PARTS
    + _TWICE.format(given="s, y, m, memory")
    + r"""
It runs, but the symbol is read twice, and what was read a step before is forgotten. Write the step
in Luong's timing, with what was read fed back: the state advances *first*, with $m_{t-1}$, which is
given as `m`; then the *new* state asks:

$$
s_t = \mathrm{cell}(s_{t-1}, y_{t-1}, m_{t-1}), \qquad
m_t = \text{what } s_t \text{ reads}
$$

by the softmax of its scores. Return $s_t$ and $m_t$.
""",
    _STEP.format(more=_M + _MEMORY, says=_GIVEN + "m_{t-1}, memory (T, H)."),
    """\
def decoder_step(s, y, m, memory, cell, score):
    s = cell(s, y, m)
    scores = score(s, memory)
    weights = np.exp(scores - scores.max())
    return s, weights @ memory / weights.sum()
""",
    "The state advances first, with what was read before; then the new state asks.",
)

_STEP_BEST = Variation(
    "the-best",
    {"reads": "the best"},
    _PARTS
    + _TWICE.format(given="s, y, memory")
    + _BAHDANAU.format(but="all places are mixed")
    + r"""What is read is *hard*: the one row of the memory whose score is highest, as it is. Of
scores 2, 5 and 1, it is row 1.
""",
    _STEP.format(more=_MEMORY, says=_GIVEN + "memory (T, H), the best row read."),
    """\
def decoder_step(s, y, memory, cell, score):
    m = memory[score(s, memory).argmax()]
    return cell(s, y, m), m
""",
    "The best place alone is read, not a mean.",
)

_STEP_WINDOW = Variation(
    "window",
    {"reads": "a window"},
    _PARTS
    + _TWICE.format(given="s, y, memory, middle")
    + _BAHDANAU.format(but="far places are read")
    + r"""Only a *window* of the memory is read: the place `middle`, counted from 0, and two to
either side, as far as there are such places. The weights are the softmax of the scores of these
places alone, and sum to 1. Of 6 places, with `middle` = 4, it is 2, 3, 4 and 5.
""",
    _STEP.format(more=_MEMORY + _MIDDLE, says=_GIVEN + "memory (T, H), near middle."),
    """\
def decoder_step(s, y, memory, middle, cell, score):
    near = np.abs(np.arange(len(memory)) - middle) <= 2
    scores = np.where(near, score(s, memory), -np.inf)
    weights = np.exp(scores - scores.max())
    m = weights @ memory / weights.sum()
    return cell(s, y, m), m
""",
    "The softmax is over five places about a given one.",
)

_STEP_NOTHING = Variation(
    "or-nothing",
    {"reads": "or nothing"},
    _PARTS
    + _TWICE.format(given="s, y, memory")
    + _BAHDANAU.format(but="it must read, even where nothing fits")
    + r"""To read *nothing* is possible: it is one place more, with a score of 0 and a value of
zeros. It takes its share of the softmax, so the weights of the memory sum to less than 1:

$$
m_t = \sum_i \frac{e^{\text{score}_i}}{1 + \sum_j e^{\text{score}_j}}\, \text{memory}_i
$$

Of one row with a score of 0, half is read.
""",
    _STEP.format(more=_MEMORY, says=_GIVEN + "memory (T, H), or nothing read."),
    """\
def decoder_step(s, y, memory, cell, score):
    scores = np.append(score(s, memory), 0)
    weights = np.exp(scores - scores.max())
    m = weights[:-1] @ memory / weights.sum()
    return cell(s, y, m), m
""",
    "A place of zeros, with a score of 0, takes part in the softmax.",
)

_WEIGHTS = '''\
def masked_weights(scores: np.ndarray{more}) -> np.ndarray:
    """{says}"""
    ...
'''
_LATE = r"""
```python
def masked_weights({given}):
    a = np.exp(scores - scores.max({axis}, keepdims=True))
    a = a / a.sum({axis}, keepdims=True)
    return a * {times}
```
"""
_REPAIR = r"""
Repair it: {what}. {one} without any place to see gets zeros. (To divide once more at the end is not
enough: hidden places may score a thousand more than all others.)
"""

_SOFTMAX = """\
    scores = np.where(real, scores, -np.inf)
    some = real.any(1, keepdims=True)
    best = np.where(some, scores.max(1, keepdims=True), 0)
    a = np.exp(scores - best)
    return a / np.where(some, a.sum(1, keepdims=True), 1)
"""

_MASK_PADDING = Variation(
    "true-is-padding",
    {"mask": "True at padding"},
    r"""
A library marks the *padding*: `padding[b, s]` is True where there is nothing to read. Somebody
masks too late:
"""
    + _LATE.format(given="scores, padding", axis="-1", times="~padding")
    + _REPAIR.format(what="padding gets no weight, and the rest of a row sums to 1", one="A row"),
    _WEIGHTS.format(
        more=", padding: np.ndarray",
        says="Attention weights (B, S) of scores (B, S); padding (B, S) is True at padding.",
    ),
    """\
def masked_weights(scores, padding):
    real = ~padding
"""
    + _SOFTMAX,
    "The mask is True at padding.",
)

_MASK_COLUMNS = Variation(
    "places-first",
    {"axis": "places first"},
    r"""
The encoder's states have *time first*, and so have their scores: `scores` and `real` are $(S, B)$,
a column for each sequence; `real` is False at padding. Somebody masks too late:
"""
    + _LATE.format(given="scores, real", axis="0", times="real")
    + _REPAIR.format(
        what="padding gets no weight, and the rest of a column sums to 1", one="A column"
    ),
    _WEIGHTS.format(
        more=", real: np.ndarray",
        says="Attention weights (S, B) of scores (S, B); real (S, B) is False at padding.",
    ),
    """\
def masked_weights(scores, real):
    scores = np.where(real, scores, -np.inf)
    some = real.any(0)
    a = np.exp(scores - np.where(some, scores.max(0), 0))
    return a / np.where(some, a.sum(0), 1)
""",
    "The places run down the first axis.",
)

_MASK_COUNTS = Variation(
    "counts",
    {"mask": "further keys"},
    r"""
Equal keys were put together: `more[b, s]` says how many *further* keys are like that of place $s$,
0 where there is none, and is $-1$ where there is nothing to read. A place's weight is what all its
keys would get together: with scores 1 and 1, and `more` 2 and 0, the weights are 3/4 and 1/4.
Somebody counts too late:
"""
    + _LATE.format(given="scores, more", axis="-1", times="(more + 1)")
    + _REPAIR.format(
        what="a place weighs what its keys would, and each row sums to 1", one="A row"
    ),
    _WEIGHTS.format(
        more=", more: np.ndarray",
        says="Attention weights (B, S) of scores (B, S); more (B, S) is -1 at padding.",
    ),
    """\
def masked_weights(scores, more):
    real = more >= 0
"""
    + _SOFTMAX.replace("a = np", "a = (more + 1) * np"),
    "In place of a mask, how many further keys are like a place's.",
)

_MASK_ADDED = Variation(
    "added",
    {"mask": "added"},
    r"""
A mask may be a number that is *added to the scores*: `bias[b, s]` is minus infinity where there is
nothing to read, else a number that makes a place weigh more or less, positive, negative or 0.
Somebody uses it too late, and loses the numbers:
"""
    + _LATE.format(given="scores, bias", axis="-1", times="(bias > -np.inf)")
    + _REPAIR.format(what="each row is the softmax of its scores with the bias added", one="A row"),
    _WEIGHTS.format(
        more=", bias: np.ndarray",
        says="Attention weights (B, S) of scores (B, S) and a bias (B, S), -inf at padding.",
    ),
    """\
def masked_weights(scores, bias):
    scores = scores + bias
    best = scores.max(1, keepdims=True)
    a = np.exp(scores - np.where(best > -np.inf, best, 0))
    return a / np.where(best > -np.inf, a.sum(1, keepdims=True), 1)
""",
    "The mask is added to the scores: a finite bias, or minus infinity.",
)

_MASK_EARLIER = Variation(
    "earlier",
    {"mask": "earlier places"},
    r"""
A sequence attends to itself: `scores[t, s]` is what place $t$ scores place $s$. Place $t$ may see
the places *before* it alone, not itself: place 2 sees 0 and 1. Somebody masks too late:
"""
    + _LATE.format(given="scores", axis="-1", times="np.tri(len(scores), k=-1)")
    + _REPAIR.format(
        what="row $t$ is a softmax over the places before $t$, the others get no weight",
        one="The row",
    ),
    _WEIGHTS.format(
        more="", says="Attention weights (T, T) of scores (T, T), earlier places only."
    ),
    """\
def masked_weights(scores):
    real = np.tri(len(scores), k=-1, dtype=bool)
"""
    + _SOFTMAX,
    "Each place sees those before it; no mask is given.",
)

_JACOBIAN = '''\
def jacobian({given}) -> np.ndarray:
    """{says}"""
    ...
'''
_ALL = """
    q: np.ndarray, {W}keys: np.ndarray, values: np.ndarray, tau: float{j}
"""
_READ = r"""
A query reads $m = \sum_s a_s v_s$, where $a$ is the softmax of the scores {scores}. How does $m$
change {by}? """

_COV_TAU = Variation(
    "by-temperature",
    {"by": "tau"},
    _READ.format(scores=r"$q \cdot k_s / \tau$", by=r"with the *temperature*")
    + r"""Code $\partial m / \partial \tau$, a vector, with the weights at this $\tau$. For two keys
with values 1 and 0, $q \cdot k_1 = \ln 3$, $q \cdot k_2 = 0$ and $\tau = 1$, the weights are 3/4
and 1/4, and the derivative is $-\tfrac{3}{16} \ln 3$: a hotter softmax is more even.
""",
    _JACOBIAN.format(
        given=_ALL.format(W="", j=""),
        says="dm/dtau (M,) for query (K,), keys (S, K), values (S, M).",
    ),
    """\
def jacobian(q, keys, values, tau):
    scores = keys @ q
    a = np.exp((scores - scores.max()) / tau)
    a = a / a.sum()
    return -(a * scores) @ (values - a @ values) / tau**2
""",
    "The derivative is by the temperature.",
)

_COV_KEY = Variation(
    "by-one-key",
    {"by": "one key"},
    _READ.format(scores=r"$q \cdot k_s / \tau$", by="with *one key*, $k_j$")
    + r"""Code $\partial m / \partial k_j$: row $i$ belongs to $m_i$, column $l$ to the key's number
$l$. The query and the values stay. A key that moves changes one score, and by the softmax all the
weights. For two keys of one number, equal, with values 1 and 0, $q = 2$ and $\tau = 1$, the
derivative by $k_1$ is $\tfrac12$.
""",
    _JACOBIAN.format(
        given=_ALL.format(W="", j=", j: int"),
        says="dm/dk_j (M, K) for query (K,), keys (S, K), values (S, M).",
    ),
    """\
def jacobian(q, keys, values, tau, j):
    scores = keys @ q / tau
    a = np.exp(scores - scores.max())
    a = a / a.sum()
    return a[j] * np.outer(values[j] - a @ values, q) / tau
""",
    "The derivative is by one key.",
)

_COV_GAUSSIAN = Variation(
    "gaussian",
    {"score": "Gaussian"},
    _READ.format(
        scores=r"$-\lVert q - k_s \rVert^2 / 2\tau$: near keys weigh more", by="with the query"
    )
    + r"""Code $\partial m / \partial q$: row $i$ belongs to $m_i$, column $j$ to $q_j$. For two
keys of one number, $k_1 = 1$ and $k_2 = -1$, with values 1 and 0, $q = 0$ and $\tau = 1$, it is
$\tfrac12$. Begin with a score's derivative.
""",
    _JACOBIAN.format(
        given=_ALL.format(W="", j=""),
        says="dm/dq (M, K) for query (K,), keys (S, K), values (S, M), Gaussian weights.",
    ),
    """\
def jacobian(q, keys, values, tau):
    scores = -((q - keys) ** 2).sum(-1) / (2 * tau)
    a = np.exp(scores - scores.max())
    a = a / a.sum()
    return (a[:, None] * (values - a @ values)).T @ (keys - q) / tau
""",
    "Gaussian weights in the place of dot products.",
)

_COV_BILINEAR = Variation(
    "bilinear",
    {"score": "q W k"},
    _READ.format(scores=r"$q^\top W k_s / \tau$", by="with the query")
    + r"""Code $\partial m / \partial q$: row $i$ belongs to $m_i$, column $j$ to $q_j$. The query
has $D$ numbers, a key $K$, so $W$ is $(D, K)$. For two keys of one number, $k_1 = 1$ and
$k_2 = -1$, with values 1 and 0, $q = 0$, $W = 3$ and $\tau = 1$, it is $\tfrac32$.
""",
    _JACOBIAN.format(
        given="\n    q: np.ndarray,\n    W: np.ndarray,\n    keys: np.ndarray,\n"
        "    values: np.ndarray,\n    tau: float,\n",
        says="dm/dq (M, D) for query (D,), W (D, K), keys (S, K), values (S, M).",
    ),
    """\
def jacobian(q, W, keys, values, tau):
    scores = keys @ (q @ W) / tau
    a = np.exp(scores - scores.max())
    a = a / a.sum()
    return (a[:, None] * (values - a @ values)).T @ keys @ W.T / tau
""",
    "A matrix stands between query and key.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "at-circle": (_STEP_LUONG, _STEP_BEST, _STEP_WINDOW, _STEP_NOTHING),
    "at-mask": (_MASK_PADDING, _MASK_COLUMNS, _MASK_COUNTS, _MASK_ADDED, _MASK_EARLIER),
    "at-cov": (_COV_TAU, _COV_KEY, _COV_GAUSSIAN, _COV_BILINEAR),
}
