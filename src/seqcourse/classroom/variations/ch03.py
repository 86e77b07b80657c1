"""Variations of chapter 3's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_ROW = '''\
def next_symbol(counts: np.ndarray{more}) -> np.ndarray:
    """{says}"""
    ...
'''

_ROW_BEFORE = Variation(
    "before",
    {"gives": "before"},
    r"""
Look backwards. `counts[h, c]` says how often symbol $c$ came right after symbol $h$. Turn it into
the probabilities of what came *before*: if you see $c$, how likely is it that $h$ stood in front of
it? Return $p(h \mid c)$ with the axes of the counts: $h$ down the rows, $c$ along the columns.
Every symbol came at least once.
""",
    _ROW.format(
        more="", says="P(h | c), (V, V), from counts (V, V); counts[h, c]: c came after h."
    ),
    """\
def next_symbol(counts):
    return counts / counts.sum(axis=0, keepdims=True)
""",
    "What came before, given the symbol: columns sum to 1.",
)

_ROW_LAYOUT = Variation(
    "after-before",
    {"layout": "after, before"},
    r"""
A colleague's program counts with the axes the other way round: `counts[c, h]` says how often symbol
$c$ came right after symbol $h$, so the symbol that *comes* has the rows. Turn it into a table of
next-symbol probabilities in the usual order: row $h$ of the result holds $p(c \mid h)$ for every
$c$. Every symbol was followed by something.
""",
    _ROW.format(
        more="",
        says="P(c | h), (V, V), h in the rows, from counts (V, V); counts[c, h]: c after h.",
    ),
    """\
def next_symbol(counts):
    return (counts / counts.sum(axis=0, keepdims=True)).T
""",
    "The counts come with the following symbol in the rows; the result does not.",
)

_ROW_BITS = Variation(
    "bits",
    {"gives": "bits"},
    r"""
Turn a table of counts into *surprises*. `counts[h, c]` says how often symbol $c$ came right after
symbol $h$, and the model's probabilities are the shares, $p(c \mid h) = n(h, c) / n(h)$, with
$n(h)$ the sum of row $h$. Return how many bits it costs to be told $c$ after $h$,
$-\log_2 p(c \mid h)$. No count is 0.
""",
    _ROW.format(more="", says="Bits (V, V) from counts (V, V); counts[h, c]: c came after h."),
    """\
def next_symbol(counts):
    return -np.log2(counts / counts.sum(axis=1, keepdims=True))
""",
    "The surprise in bits, not the probability.",
)

_ROW_ALPHA = Variation(
    "alpha",
    {"smoothing": "alpha"},
    r"""
Turn a table of counts into a table of probabilities in which nothing is impossible. `counts[h, c]`
says how often symbol $c$ came right after symbol $h$. Count every symbol $\alpha$ times more than
it was seen, after every context:
$p(c \mid h) = (n(h, c) + \alpha) / \sum_{c'} (n(h, c') + \alpha)$, with $\alpha$, `alpha` in the
code, any positive number. A row may be empty, that is, all zeros.
""",
    _ROW.format(
        more=", alpha: float",
        says="P(c | h), (V, V), from counts (V, V) with alpha more of each; counts[h, c].",
    ),
    """\
def next_symbol(counts, alpha):
    more = counts + alpha
    return more / more.sum(axis=1, keepdims=True)
""",
    "α is added to every count; rows may be empty.",
)

_ROW_TWO = Variation(
    "two-before",
    {"context": "two symbols"},
    r"""
The context is now two symbols: `counts[g, h, c]` says how often symbol $c$ came right after $g$ and
then $h$. Turn it into probabilities of the next symbol, $p(c \mid g, h)$, with the same axes. Some
pairs $g, h$ were never seen, and have no counts at all: after those, every symbol gets $1/V$. Let
no NaN be in the result.
""",
    _ROW.format(
        more="",
        says="P(c | g, h), (V, V, V), from counts (V, V, V); counts[g, h, c]: c after g, h.",
    ),
    """\
def next_symbol(counts):
    totals = counts.sum(axis=2, keepdims=True)
    return np.where(totals > 0, counts / np.maximum(totals, 1), 1 / len(counts))
""",
    "Contexts of two symbols, some of them never seen.",
)

_CHAIN = '''\
def two_states(a: float, b: float{more}) -> tuple[{gives}]:
    """{says}"""
    ...
'''

_CHAIN_STAYING = Variation(
    "staying",
    {"chances": "staying"},
    r"""
Divide letters into vowels V and consonants C, and let each depend on the one before alone. A vowel
is followed by another *vowel* with probability $a$, a consonant by another *consonant* with
probability $b$; $a$ and $b$ are below 1. Solve on paper for the shares $\pi_V$ and $\pi_C$ of the
two classes in a long text, and find the eigenvalue of the table that is not 1. No linear algebra
routine may be called.
""",
    _CHAIN.format(
        more="", gives="float, float, float", says="Returns pi_V, pi_C and the second eigenvalue."
    ),
    """\
def two_states(a, b):
    total = 2 - a - b
    return (1 - b) / total, (1 - a) / total, a + b - 1
""",
    "a and b are the chances to stay in a class, not to leave it.",
)

_CHAIN_RUNS = Variation(
    "runs",
    {"asked": "runs"},
    r"""
Divide letters into vowels V and consonants C, and let each depend on the one before alone. A
consonant follows a vowel with probability $a$, a vowel follows a consonant with probability $b$;
both are above 0. Find on paper, for a long text: (1) how many letters a run of vowels has on
average, from the first vowel after a consonant up to the last before the next consonant; (2) the
same for a run of consonants; (3) the share of all pairs of neighbouring letters whose two letters
are of different classes.
""",
    _CHAIN.format(
        more="",
        gives="float, float, float",
        says="Returns the mean run of vowels, of consonants, and the share of unlike pairs.",
    ),
    """\
def two_states(a, b):
    return 1 / a, 1 / b, 2 * a * b / (a + b)
""",
    "Lengths of runs and the share of changes, not the stationary law.",
)

_CHAIN_PAIRS = Variation(
    "pairs",
    {"asked": "pairs"},
    r"""
Divide letters into vowels V and consonants C, and let each depend on the one before alone. A
consonant follows a vowel with probability $a$, a vowel follows a consonant with probability $b$;
both are above 0. Of all pairs of neighbouring letters in a long text, which shares are two vowels
(VV), a vowel and then a consonant (VC, in this order), and two consonants (CC)? Solve it on paper.
""",
    _CHAIN.format(
        more="", gives="float, float, float", says="Returns the shares of VV, of VC and of CC."
    ),
    """\
def two_states(a, b):
    vowels, consonants = b / (a + b), a / (a + b)
    return vowels * (1 - a), vowels * a, consonants * (1 - b)
""",
    "The shares of pairs of neighbours, not of letters.",
)

_CHAIN_LATER = Variation(
    "later",
    {"asked": "n steps on"},
    r"""
Divide letters into vowels V and consonants C, and let each depend on the one before alone. A
consonant follows a vowel with probability $a$, a vowel follows a consonant with probability $b$;
both are above 0. How likely is a *vowel* $n$ letters after a vowel? And $n$ letters after a
consonant? Solve it on paper for any whole $n \ge 0$ ($n = 1$ is the next letter); write no loop and
multiply no matrices.
""",
    _CHAIN.format(
        more=", n: int",
        gives="float, float",
        says="Returns p(V, n letters after a vowel) and p(V, n letters after a consonant).",
    ),
    """\
def two_states(a, b, n):
    vowels, shrunk = b / (a + b), (1 - a - b) ** n
    return vowels + (1 - vowels) * shrunk, vowels - vowels * shrunk
""",
    "The law after n steps, not in the end.",
)

_NUCLEUS = '''\
def nucleus({arguments}) -> np.ndarray:
    """{says}"""
    ...
'''

_NUCLEUS_K = Variation(
    "top-k",
    {"cut": "top k"},
    r"""
Before you draw the next symbol from a law $p$, cut off what is unlikely. Write *top-k*: keep the
`k` likeliest symbols, set the others to 0, and scale what is left to sum to 1. Each symbol stays in
its own place. No two probabilities are equal, and $1 \le k \le V$.
""",
    _NUCLEUS.format(
        arguments="p: np.ndarray, k: int",
        says="p (V,) cut to its k likeliest symbols: (V,), each symbol in its own place.",
    ),
    """\
def nucleus(p, k):
    kept = np.argsort(-p)[:k]
    out = np.zeros(len(p))
    out[kept] = p[kept] / p[kept].sum()
    return out
""",
    "A fixed number of symbols is kept.",
)

_NUCLEUS_MIN = Variation(
    "min-p",
    {"cut": "min p"},
    r"""
Before you draw the next symbol from a law $p$, cut off what is unlikely. Write *min-p*: keep each
symbol whose probability is at least `min_p` times that of the likeliest one, set the others to 0,
and scale what is left to sum to 1. A symbol that is exactly at this limit stays. Each symbol stays
in its own place; `min_p` lies between 0 and 1.
""",
    _NUCLEUS.format(
        arguments="p: np.ndarray, min_p: float",
        says="p (V,) without what is far below its maximum: (V,), each symbol in its own place.",
    ),
    """\
def nucleus(p, min_p):
    kept = np.where(p >= min_p * p.max(), p, 0.0)
    return kept / kept.sum()
""",
    "A threshold relative to the likeliest symbol.",
)

_NUCLEUS_REMOVED = Variation(
    "removed",
    {"gives": "removed"},
    r"""
Top-p keeps the fewest likeliest symbols whose probabilities together reach `top_p` (a sum of
exactly `top_p` reaches it). Do not cut the law $p$ yet. Return a mask in the way of PyTorch's
`masked_fill`: an array of truth values, True where a symbol is to be *removed*, False where it
stays, each symbol in its own place.
""",
    _NUCLEUS.format(
        arguments="p: np.ndarray, top_p: float",
        says="True where a symbol of p (V,) is outside of its nucleus: (V,), of dtype bool.",
    ),
    """\
def nucleus(p, top_p):
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]
    removed = np.zeros(len(p), dtype=bool)
    removed[order] = before >= top_p
    return removed
""",
    "A mask that is True where a symbol is removed.",
)

_NUCLEUS_LOGITS = Variation(
    "logits",
    {"takes": "logits"},
    r"""
A network gives logits $\ell$, any real numbers; the law is $p = \mathrm{softmax}(\ell)$. Write
top-p for them: keep the fewest likeliest symbols whose probabilities together reach `top_p`, and
set the logits of all others to minus infinity, so that a softmax gives these exactly 0. The logits
that are kept stay *as they are*, each in its own place.
""",
    _NUCLEUS.format(
        arguments="logits: np.ndarray, top_p: float",
        says="logits (V,) with −np.inf outside of the nucleus: (V,), each in its own place.",
    ),
    """\
def nucleus(logits, top_p):
    p = np.exp(logits - logits.max())
    p = p / p.sum()
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]
    out = np.full(len(logits), -np.inf)
    kept = order[before < top_p]
    out[kept] = logits[kept]
    return out
""",
    "From logits to logits, with minus infinity for what is cut off.",
)

_NUCLEUS_ROWS = Variation(
    "batch",
    {"axis": "a batch"},
    r"""
Write top-p for a whole batch: each row of `p` is a law of its own, $(B, V)$. In each row, keep the
fewest likeliest symbols whose probabilities together reach `top_p` (a sum of exactly `top_p`
reaches it), set the others to 0, and scale what is left in this row to sum to 1. Each symbol stays
in its own place; of symbols with equal probabilities the first counts as the likelier.
""",
    _NUCLEUS.format(
        arguments="p: np.ndarray, top_p: float",
        says="Each row of p (B, V) cut to its nucleus: (B, V), each symbol in its own place.",
    ),
    """\
def nucleus(p, top_p):
    order = np.argsort(-p, axis=1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=1)
    before = np.cumsum(ranked, axis=1) - ranked
    kept = np.where(before < top_p, ranked, 0.0)
    out = np.zeros(p.shape)
    np.put_along_axis(out, order, kept / kept.sum(axis=1, keepdims=True), axis=1)
    return out
""",
    "A batch of laws, a nucleus for each row.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "mk-row": (_ROW_BEFORE, _ROW_LAYOUT, _ROW_BITS, _ROW_ALPHA, _ROW_TWO),
    "mk-stationary": (_CHAIN_STAYING, _CHAIN_RUNS, _CHAIN_PAIRS, _CHAIN_LATER),
    "mk-nucleus": (
        _NUCLEUS_K,
        _NUCLEUS_MIN,
        _NUCLEUS_REMOVED,
        _NUCLEUS_LOGITS,
        _NUCLEUS_ROWS,
    ),
}
