"""Variations of chapter 18's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_SCORE = '''\
def induction_score({given}) -> {back}:
    """{says}"""
    ...
'''
_A_HEAD = "a: np.ndarray, tokens: np.ndarray"
_ROWS_ASK = r"""
`a` is (T, T); row $t$ asks, and its weights add up to 1. `tokens` is (T,), and at least one symbol
comes again. Places whose symbol is new do not count, not even in the mean.
"""

_SCORE_ALL = Variation(
    "all-earlier",
    {"places": "all"},
    r"""
A head that looks behind *any* earlier occurrence of a symbol knows as much as one that looks behind
the latest. Write a score for it, for one head and one sequence: for each place whose symbol was
there before, add up the weights on the places right behind *all* its earlier occurrences; then take
the mean over these places."""
    + _ROWS_ASK,
    _SCORE.format(
        given=_A_HEAD, back="float", says="Mean weight behind all earlier occurrences, added up."
    ),
    """\
def induction_score(a, tokens):
    found = []
    for t, symbol in enumerate(tokens):
        earlier = np.flatnonzero(tokens[:t] == symbol)
        if len(earlier):
            found.append(a[t, earlier + 1].sum())
    return float(np.mean(found))
""",
    "The weights behind all earlier occurrences, added up.",
)

_SCORE_SAME = Variation(
    "same-symbol",
    {"looks": "the same symbol"},
    r"""
A *duplicate-token head* looks at earlier occurrences of the symbol that stands here: at them, not
behind them. Write its score for one head and one sequence: for each place whose symbol was there
before, add up the weights on all its earlier occurrences, the place itself not among them; then
take the mean over these places."""
    + _ROWS_ASK,
    _SCORE.format(
        given=_A_HEAD, back="float", says="Mean weight on earlier occurrences, added up."
    ),
    """\
def induction_score(a, tokens):
    found = []
    for t, symbol in enumerate(tokens):
        earlier = np.flatnonzero(tokens[:t] == symbol)
        if len(earlier):
            found.append(a[t, earlier].sum())
    return float(np.mean(found))
""",
    "A duplicate-token head's score: the occurrences themselves.",
)

_SCORE_HEADS = Variation(
    "all-heads",
    {"heads": "several"},
    r"""
Write the induction scores of all heads of a layer at once. `a` is (n, T, T), the weights of $n$
heads, row $t$ asks; `tokens` is (T,). A head's score is the mean weight over all places whose
symbol was there before, to the place right behind its *latest* earlier occurrence. Return the $n$
scores, an array (n,). At least one symbol comes again; places whose symbol is new do not count.
""",
    _SCORE.format(
        given=_A_HEAD, back="np.ndarray", says="A score for each head (n,); weights a (n, T, T)."
    ),
    """\
def induction_score(a, tokens):
    found = []
    for t, symbol in enumerate(tokens):
        earlier = np.flatnonzero(tokens[:t] == symbol)
        if len(earlier):
            found.append(a[:, t, earlier[-1] + 1])
    return np.mean(found, axis=0)
""",
    "The scores of all heads of a layer, an array.",
)

_SCORE_HITS = Variation(
    "hits",
    {"asks": "hits"},
    r"""
Not how much weight, but how *often* it is the most: of all places whose symbol was there before, at
which share has the place right behind its *latest* earlier occurrence the largest weight of the
row? Write it for one head and one sequence. No two weights of a row are alike."""
    + _ROWS_ASK,
    _SCORE.format(
        given=_A_HEAD, back="float", says="How often the largest weight is behind the latest."
    ),
    """\
def induction_score(a, tokens):
    found = []
    for t, symbol in enumerate(tokens):
        earlier = np.flatnonzero(tokens[:t] == symbol)
        if len(earlier):
            found.append(a[t].argmax() == earlier[-1] + 1)
    return float(np.mean(found))
""",
    "How often the largest weight stands there.",
)

_SCORE_TWICE = Variation(
    "twice",
    {"tokens": "twice"},
    r"""
A head was shown $P$ *different* symbols, and then the same $P$ in the same order once more. You get
its weights alone, `a`, (2P, 2P), row $t$ asks; that is enough. Return the mean weight, over all
places of the second pass, to the place right behind the same symbol in the first pass. (For the
last place of all, that is where the second pass begins.)
""",
    _SCORE.format(
        given="a: np.ndarray", back="float", says="The score, from weights (2P, 2P) alone."
    ),
    """\
def induction_score(a):
    P = len(a) // 2
    return float(np.mean([a[t, t - P + 1] for t in range(P, 2 * P)]))
""",
    "The sequence is known to repeat itself: from the weights alone.",
)

_ABLATE = '''\
def without(
    {given}
) -> np.ndarray:
    """{says}"""
    ...
'''
_GIVEN = "read: np.ndarray, W_o: np.ndarray, {head}, n: int"
_ABLATE_MEAN = Variation(
    "mean",
    {"instead": "the mean"},
    r"""
Put *its mean* in a head's place, not 0: what head number `head`, from 0, has read at each place
becomes the mean of what it has read over all $T$ places, number by number. Then the others get what
they are used to. `read` (T, n d_k) is what $n$ heads have read, side by side, each a block of
$d_k$ numbers, and `W_o` (d, n d_k) maps it back. Return what all heads add then, (T, d); leave the
arguments as they are.
""",
    _ABLATE.format(
        given=_GIVEN.format(head="head: int"),
        says="What n heads add (T, d), the mean over places in the place of one.",
    ),
    """\
def without(read, W_o, head, n):
    size = read.shape[1] // n
    mixed = read.copy()
    mine = slice(head * size, (head + 1) * size)
    mixed[:, mine] = read[:, mine].mean(axis=0)
    return mixed @ W_o.T
""",
    "The mean over the places in the head's place, not 0.",
)

_ABLATE_OTHER = Variation(
    "another-run",
    {"instead": "another run's"},
    r"""
Put what a head has read in *another run* in its place: that shows what this head alone changes.
`read` (T, n d_k) is what $n$ heads have read on one sequence, side by side, each a block of $d_k$
numbers; `other`, of the same shape, what they have read on another sequence. Head number `head`,
from 0, is taken from `other`, all the others from `read`. `W_o` (d, n d_k) maps it back. Return
what all heads add then, (T, d); leave the arguments as they are.
""",
    _ABLATE.format(
        given="read: np.ndarray, other: np.ndarray, W_o: np.ndarray, head: int, n: int",
        says="What n heads add (T, d), one of them from another run.",
    ),
    """\
def without(read, other, W_o, head, n):
    size = read.shape[1] // n
    mixed = read.copy()
    mine = slice(head * size, (head + 1) * size)
    mixed[:, mine] = other[:, mine]
    return mixed @ W_o.T
""",
    "Another run's reading in the head's place, not 0.",
)

_ABLATE_SEVERAL = Variation(
    "several",
    {"takes": "several"},
    r"""
Four heads may do the same work, and none alone is missed. So take away *several at once*: `heads`
lists their numbers, from 0, in any order; it may be empty, and then all heads stay. `read`
(T, n d_k) is what $n$ heads have read, side by side, each a block of $d_k$ numbers, and `W_o`
(d, n d_k) maps it back. Return what the heads that are left add, (T, d); leave the arguments as
they are.
""",
    _ABLATE.format(
        given=_GIVEN.format(head="heads: list[int]"),
        says="What n heads add (T, d), without those listed.",
    ),
    """\
def without(read, W_o, heads, n):
    size = read.shape[1] // n
    W = W_o.copy()
    for head in heads:
        W[:, head * size : (head + 1) * size] = 0
    return read @ W.T
""",
    "A list of heads is taken away at once.",
)

_ABLATE_TURNS = Variation(
    "interleaved",
    {"heads": "interleaved"},
    r"""
In a package that takes its heads apart in another way they *take turns*: of the numbers that $n$
heads have read, `read` (T, n d_k), number $i$ is head $i \bmod n$'s, both counted from 0. `W_o`
(d, n d_k) maps them back, `read @ W_o.T`. Return what the heads add without head number `head`,
(T, d); leave the arguments as they are.
""",
    _ABLATE.format(
        given=_GIVEN.format(head="head: int"),
        says="What n heads add (T, d), without one; heads take turns.",
    ),
    """\
def without(read, W_o, head, n):
    W = W_o.copy()
    W[:, head::n] = 0
    return read @ W.T
""",
    "Heads take turns number by number, they are no blocks.",
)

_ABLATE_ROWS = Variation(
    "other-way-round",
    {"W_o": "rows say whence"},
    r"""
A package keeps its matrices *the other way round*, as GPT-2's: `W_o` is (n d_k, d), and what $n$
heads add is `read @ W_o`, nothing transposed. `read` (T, n d_k) is what they have read, side by
side, each head a block of $d_k$ numbers. Return what they add without head number `head`, from 0,
(T, d); leave the arguments as they are.
""",
    _ABLATE.format(
        given=_GIVEN.format(head="head: int"),
        says="What n heads add (T, d), without one; W_o (n d_k, d).",
    ),
    """\
def without(read, W_o, head, n):
    size = read.shape[1] // n
    W = W_o.copy()
    W[head * size : (head + 1) * size] = 0
    return read @ W
""",
    "W_o is kept as (in, out).",
)

_POOL = '''\
def pooled({given}) -> np.ndarray:
    """{says}"""
    ...
'''
_MASKED = "rows: np.ndarray, real: np.ndarray"
_BATCH = r"""
`rows` is (B, T, d), the rows of $B$ texts; `real` is (B, T), True where a text has a piece. Shorter
texts have padding behind their last piece, whose rows may hold anything. Each text has a piece at
least. Return (B, d).
"""

_POOL_LARGEST = Variation(
    "largest",
    {"pools": "the largest"},
    r"""
Make one vector of each text's rows, not by their mean: in each of the $d$ features the *largest*
value that any real row has, with its sign."""
    + _BATCH,
    _POOL.format(given=_MASKED, says="The largest of each feature over a text's real rows (B, d)."),
    """\
def pooled(rows, real):
    return np.where(real[..., None], rows, -np.inf).max(axis=1)
""",
    "The largest of each feature, not the mean.",
)

_POOL_UNIT = Variation(
    "unit-length",
    {"length": "1"},
    r"""
For a search by cosine, vectors are kept at length 1, so that a product alone compares them. Take
the mean of each text's real rows, and divide it by its length: the root of the sum of the squares
of its $d$ numbers."""
    + _BATCH,
    _POOL.format(given=_MASKED, says="Means of real rows, each brought to length 1 (B, d)."),
    """\
def pooled(rows, real):
    total = np.where(real[..., None], rows, 0).sum(axis=1)
    mean = total / real.sum(axis=1)[:, None]
    return mean / np.sqrt((mean**2).sum(axis=1, keepdims=True))
""",
    "The mean is brought to length 1.",
)

_POOL_WEIGHTED = Variation(
    "weighted",
    {"weights": "given"},
    r"""
Rare words say more. So `weight`, (B, T), has a positive number for each row, and a text's vector is
the *weighted* mean of its real rows: the sum of weight times row, divided by the sum of the
weights. Padding has weights, too, which mean nothing."""
    + _BATCH,
    _POOL.format(
        given=_MASKED + ", weight: np.ndarray",
        says="The weighted mean (B, d) of each text's real rows; weight (B, T).",
    ),
    """\
def pooled(rows, real, weight):
    share = np.where(real, weight, 0)
    total = (share[..., None] * rows).sum(axis=1)
    return total / share.sum(axis=1, keepdims=True)
""",
    "Each row has a weight.",
)

_POOL_FRONT = Variation(
    "padding-in-front",
    {"padding": "in front"},
    r"""
Decoders like their padding *in front*, so that all texts end at the same place. `rows` is
(B, T, d); `lengths` (B,) says how many pieces each text has, 1 to $T$: its rows are the last ones,
and those before them are padding, which may hold anything. Return the mean of each text's own rows,
(B, d).
""",
    _POOL.format(
        given="rows: np.ndarray, lengths: np.ndarray",
        says="The mean (B, d) of each text's rows; padding in front, lengths (B,).",
    ),
    """\
def pooled(rows, lengths):
    T = rows.shape[1]
    real = np.arange(T) >= T - lengths[:, None]
    return np.where(real[..., None], rows, 0).sum(axis=1) / lengths[:, None]
""",
    "Padding stands in front, and lengths are given in place of a mask.",
)

_POOL_LAST = Variation(
    "last",
    {"pools": "the last"},
    r"""
In a causal net only the last piece has seen the whole text. Return each text's *last real* row, the
one before its padding begins."""
    + _BATCH,
    _POOL.format(given=_MASKED, says="The last real row of each text (B, d)."),
    """\
def pooled(rows, real):
    last = real.sum(axis=1) - 1
    return rows[np.arange(len(rows)), last]
""",
    "The last real row of each text.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "wl-score": (_SCORE_ALL, _SCORE_SAME, _SCORE_HEADS, _SCORE_HITS, _SCORE_TWICE),
    "wl-ablate": (_ABLATE_MEAN, _ABLATE_OTHER, _ABLATE_SEVERAL, _ABLATE_TURNS, _ABLATE_ROWS),
    "wl-pool": (_POOL_LARGEST, _POOL_UNIT, _POOL_WEIGHTED, _POOL_FRONT, _POOL_LAST),
}
