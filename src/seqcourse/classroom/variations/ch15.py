"""Variations of chapter 15's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_COUNT = '''\
def numbers({arguments}) -> int:
    """{says}"""
    ...
'''
_BIASES = r"""
Each of the four maps has biases, or, where `bias` is False, none has. $d_k$ need not be $d / n$.
"""

_COUNT_GROUPED = Variation(
    "grouped",
    {"keys": "grouped"},
    r"""
Count the numbers that *grouped-query* attention trains. Rows have $d$ numbers. There are $n$ heads
of queries, but only $g$ heads of keys and $g$ of values: $n / g$ heads of queries share each. All
of them have $d_k$ columns. What all $n$ heads have read is joined, and $W_o$ makes $d$ numbers of
it."""
    + _BIASES,
    _COUNT.format(
        arguments="d: int, n: int, g: int, d_k: int, bias: bool",
        says="Numbers to train: n heads of queries, g of keys and of values.",
    ),
    """\
def numbers(d, n, g, d_k, bias):
    maps = [(d, n * d_k), (d, g * d_k), (d, g * d_k), (n * d_k, d)]
    return sum(i * o + o * bias for i, o in maps)
""",
    "Heads of queries share heads of keys and values.",
)

_COUNT_OTHER = Variation(
    "another-sequence",
    {"reads": "another sequence"},
    r"""
Count the numbers that multi-head attention trains where it reads *another sequence*. Queries are
made of rows of $d$ numbers; keys and values of rows of a memory, $m$ numbers each. There are $n$
heads, all with $d_k$ columns for queries, keys and values, and $W_o$ makes $d$ numbers of what they
have read."""
    + _BIASES,
    _COUNT.format(
        arguments="d: int, m: int, n: int, d_k: int, bias: bool",
        says="Numbers to train; the memory's rows have m numbers.",
    ),
    """\
def numbers(d, m, n, d_k, bias):
    maps = [(d, n * d_k), (m, n * d_k), (m, n * d_k), (n * d_k, d)]
    return sum(i * o + o * bias for i, o in maps)
""",
    "Keys and values are made of rows of another width.",
)

_COUNT_PRODUCTS = Variation(
    "multiplications",
    {"asks": "multiplications"},
    r"""
How many *multiplications* does multi-head self-attention need for a sequence of $T$ rows? Rows have
$d$ numbers; there are $n$ heads of $d_k$ columns for queries and keys and $d_v$ for values. Count
those in all four maps, in all scores, and where the weights read the values; every row looks at all
$T$. Biases, divisions and the softmax are left out. For two rows with all other sizes 1 there are
16: eight in the maps, four scores, four where values are read.
""",
    _COUNT.format(
        arguments="T: int, d: int, n: int, d_k: int, d_v: int",
        says="Multiplications for T rows.",
    ),
    """\
def numbers(T, d, n, d_k, d_v):
    maps = T * n * d * (2 * d_k + 2 * d_v)
    scores = n * T**2 * d_k
    return maps + scores + n * T**2 * d_v
""",
    "Multiplications for T rows, not numbers to train.",
)

_COUNT_NARROW = Variation(
    "narrow",
    {"keys": "of a narrow row"},
    r"""
To keep less of the past, keys and values are made of a *narrow row*: one map takes a row of $d$
numbers to $r$, and this row alone is kept. All heads make their keys of it, and their values, by
two more maps. Queries are made of the row of $d$, as ever. There are $n$ heads of $d_k$ columns for
queries and keys and $d_v$ for values, and $W_o$ makes $d$ numbers of what all have read. Count the
numbers that these five maps train. None has biases.
""",
    _COUNT.format(
        arguments="d: int, n: int, d_k: int, d_v: int, r: int",
        says="Numbers to train, with keys and values made of r numbers; no biases.",
    ),
    """\
def numbers(d, n, d_k, d_v, r):
    maps = [(d, n * d_k), (d, r), (r, n * d_k), (r, n * d_v), (n * d_v, d)]
    return sum(i * o for i, o in maps)
""",
    "Keys and values are made of a narrow row that all heads share.",
)

_SCALE = '''\
def head_weights({arguments}) -> np.ndarray:
    """{says}"""
    ...
'''
_LARGE = r""" Scores may be in the thousands.
"""

_SCALE_TIME = Variation(
    "time-first",
    {"axes": "time first"},
    r"""
Write the weights of self-attention, all heads at once, for rows that come *time first*, as torch's
layers have them: `q` and `k` are $(T, B, n, d_k)$: place, sequence of the batch, head, column.
Scores are products of a query and a key of the same sequence and the same head, divided by
$\sqrt{d_k}$; each query spreads a weight of 1 over all keys. Return $(B, n, T, T)$: the batch
first, queries before keys."""
    + _LARGE,
    _SCALE.format(
        arguments="q: np.ndarray, k: np.ndarray",
        says="Weights (B, n, T, T) of queries and keys (T, B, n, d_k).",
    ),
    """\
def head_weights(q, k):
    scores = np.einsum("tbnk,sbnk->bnts", q, k) / np.sqrt(q.shape[-1])
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)
""",
    "Queries and keys come time first.",
)

_SCALE_COSINE = Variation(
    "cosine",
    {"scores": "cosines"},
    r"""
Scores that cannot grow with what the network learns: the *cosine* of the angle between query and
key, over a temperature. Write the weights of all heads: `q` is $(B, T, n, d_k)$, `k` is
$(B, S, n, d_k)$, and `tau` $(n,)$ has a temperature for each head. Divide each query and each key,
cut into heads, by its length $\sqrt{\sum_j q_j^2}$; the score is their product over the head's
temperature, and there is no other divisor. Each query spreads a weight of 1 over the keys.
Temperatures may be as small as a thousandth.
""",
    _SCALE.format(
        arguments="q: np.ndarray, k: np.ndarray, tau: np.ndarray",
        says="Weights (B, n, T, S) of cosines over each head's temperature.",
    ),
    """\
def head_weights(q, k, tau):
    q = q / np.sqrt((q**2).sum(-1, keepdims=True))
    k = k / np.sqrt((k**2).sum(-1, keepdims=True))
    scores = np.einsum("btnk,bsnk->bnts", q, k) / tau[:, None, None]
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)
""",
    "Cosines over a temperature, not products over a root.",
)

_SCALE_NOTHING = Variation(
    "nothing-to-read",
    {"softmax": "one more"},
    r"""
In a softmax some key always gets weight. Let a head look at *nothing*: its sum has a 1 more, as if
there were one key besides, with the score 0 and nothing to read,

$$
a_{ts} = \frac{e^{\ell_{ts}}}{1 + \sum_r e^{\ell_{tr}}}
$$

with scores $\ell_{ts} = q_t \cdot k_s / \sqrt{d_k}$. Write these weights for all heads: `q` is
$(B, T, n, d_k)$, `k` is $(B, S, n, d_k)$. Scores may be in the thousands, above 0 and below: a row
with nothing but low scores has weights near 0, and none may become NaN.
""",
    _SCALE.format(
        arguments="q: np.ndarray, k: np.ndarray",
        says="Weights (B, n, T, S) that sum to less than 1.",
    ),
    """\
def head_weights(q, k):
    scores = np.einsum("btnk,bsnk->bnts", q, k) / np.sqrt(q.shape[-1])
    scores = np.concatenate([scores, np.zeros_like(scores[..., :1])], -1)
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return (raised / raised.sum(-1, keepdims=True))[..., :-1]
""",
    "The softmax has one more in its sum: weights need not sum to 1.",
)

_SCALE_OTHERS = Variation(
    "all-but-itself",
    {"sees": "all but itself"},
    r"""
Write the weights of self-attention in which a row sees *all rows but itself*, for all heads at
once: `q` and `k` are $(B, T, n, d_k)$, with two rows or more. The score of a query and a key is
their product over $\sqrt{d_k}$; a row's weight on itself is 0, and its weights on the others sum
to 1. Return $(B, n, T, T)$, queries before keys."""
    + _LARGE,
    _SCALE.format(
        arguments="q: np.ndarray, k: np.ndarray",
        says="Weights (B, n, T, T), zeros on the diagonal.",
    ),
    """\
def head_weights(q, k):
    scores = np.einsum("btnk,bsnk->bnts", q, k) / np.sqrt(q.shape[-1])
    scores = np.where(np.eye(q.shape[1], dtype=bool), -np.inf, scores)
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)
""",
    "No row sees itself.",
)

_SCALE_GROUPED = Variation(
    "grouped",
    {"keys": "grouped"},
    r"""
Heads of queries *share* keys, and the keys come *uncut*: `q` is $(B, T, n, d_k)$, but `k` is
$(B, S, g\, d_k)$, the columns of $g$ heads side by side, and $n$ is a multiple of $g$. The first
$n / g$ heads of queries ask the first head of keys, the next $n / g$ the second, and so on: with
$n = 4$ and $g = 2$, heads 0 and 1 ask keys 0, heads 2 and 3 keys 1. Scores are divided by
$\sqrt{d_k}$; each query spreads a weight of 1 over the keys. Return the weights of all heads of
queries, $(B, n, T, S)$."""
    + _LARGE,
    _SCALE.format(
        arguments="q: np.ndarray, k: np.ndarray",
        says="Weights (B, n, T, S) of q (B, T, n, d_k), k (B, S, g d_k): heads share keys.",
    ),
    """\
def head_weights(q, k):
    g = k.shape[2] // q.shape[3]
    k = k.reshape(len(k), k.shape[1], g, q.shape[3])
    k = np.repeat(k, q.shape[2] // g, axis=2)
    scores = np.einsum("btnk,bsnk->bnts", q, k) / np.sqrt(q.shape[-1])
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)
""",
    "Several heads of queries share one head of keys, and keys come uncut.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "sa-count": (_COUNT_GROUPED, _COUNT_OTHER, _COUNT_PRODUCTS, _COUNT_NARROW),
    "sa-scale": (_SCALE_TIME, _SCALE_COSINE, _SCALE_NOTHING, _SCALE_OTHERS, _SCALE_GROUPED),
}
