"""Variations of chapter 10's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_SCORES = '''\
def scores({first}: np.ndarray, lengths: np.ndarray, alpha: float) -> np.ndarray:
    """{says}"""
    ...
'''
_WROTE = r"""
```python
def scores({first}, lengths, alpha):
    return {wrong}
```
"""

_SIGN_WU = Variation(
    "wu",
    {"penalty": "Wu et al."},
    r"""
To compare answers of several lengths, Wu and others divide by their penalty,

$$
\frac{\log p}{\mathrm{lp}(n)}, \qquad \mathrm{lp}(n) = \Bigl(\frac{5 + n}{6}\Bigr)^{\alpha}
$$

where $n$ counts an answer's symbols, the stop included: the empty answer has $n = 1$, and keeps its
$\log p$. From a library that counts words, without the stop, somebody has `lengths`, and writes
"""
    + _WROTE.format(first="log_p", wrong="log_p * ((5 + lengths) / 6) ** alpha")
    + r"""
That is wrong twice. Mend it, so that a larger `alpha` favours longer answers.
""",
    _SCORES.format(
        first="log_p", says="A score for each answer, the higher the better; lengths in words."
    ),
    """\
def scores(log_p, lengths, alpha):
    return log_p / ((5 + lengths + 1) / 6) ** alpha
""",
    "The penalty of Wu et al. in the place of a power of the length.",
)

_SIGN_REWARD = Variation(
    "reward",
    {"penalty": "a reward"},
    r"""
To help longer answers, each *word* shall earn $\alpha$ on top of $\log p$; the stop earns nothing.
With $\alpha = 0.5$ an answer of 4 words and $\log p = -6$ has the score $-4$. Somebody wrote
"""
    + _WROTE.format(first="log_p", wrong="log_p - alpha * (lengths + 1)")
    + r"""
Now short answers win, the more so the larger `alpha`. Mend it. `lengths` counts words, without the
stop.
""",
    _SCORES.format(
        first="log_p", says="A score for each answer, the higher the better; lengths in words."
    ),
    """\
def scores(log_p, lengths, alpha):
    return log_p + alpha * lengths
""",
    "A reward for each word, added, in the place of a division.",
)

_SIGN_COSTS = Variation(
    "costs",
    {"given": "costs"},
    r"""
A search keeps *costs*: `nats` is minus an answer's log-probability, the lower the better. Its
`lengths` count all symbols, the *stop among them*. Somebody wrote
"""
    + _WROTE.format(first="nats", wrong="nats * lengths**alpha")
    + r"""
and the empty answer is the cheapest, the more so the larger `alpha`. Return a cost again, the lower
the better, but let a larger `alpha` favour longer answers: at `alpha` = 1, three words and a stop
that took 8 nats together cost 2.
""",
    _SCORES.format(
        first="nats", says="A cost for each answer, the lower the better; lengths with the stop."
    ),
    """\
def scores(nats, lengths, alpha):
    return nats / lengths**alpha
""",
    "Costs, of which the lowest is best; the stop is among the lengths already.",
)

_SIGN_EACH = Variation(
    "each-symbol",
    {"given": "each symbol"},
    r"""
A batch of answers is to be compared. `log_p[b, u]` is the log-probability of the symbol at place
$u$ of answer $b$: its words first, then its stop, then whatever the network went on with, which is
no part of the answer. `lengths` counts words, without the stop. Somebody wrote
"""
    + _WROTE.format(first="log_p", wrong="log_p.sum(axis=1) * lengths**alpha")
    + r"""
Mend it: add the answer's own symbols up, its stop included, and divide by their number to the power
`alpha`. With log-probabilities $-1, -2, -3, -9$ and a length of 2 the score at `alpha` = 1 is $-2$.
""",
    _SCORES.format(
        first="log_p", says="A score for each answer (B,), of log_p (B, U); lengths in words."
    ),
    """\
def scores(log_p, lengths, alpha):
    own = np.arange(log_p.shape[1]) <= lengths[:, None]
    return (log_p * own).sum(axis=1) / (lengths + 1) ** alpha
""",
    "The symbols' log-probabilities are given, with what the network wrote behind the stop.",
)

_LOSS = '''\
def loss(log_p: np.ndarray, target: np.ndarray{more}) -> float:
    """{says}"""
    ...
'''
_LENGTHS = ", lengths: np.ndarray"
_ZERO = "Words are numbered from 1 on; 0 is the stop symbol, and padding, too."
_STOPLESS = r"""
```python
def loss(log_p, target, lengths):
    rows, places = np.indices(target.shape)
    paid = -log_p[rows, places, target]
    mask = target != 0
    return (paid * mask).sum() / mask.sum()
```
"""

_MASK_TIME = Variation(
    "time-first",
    {"axis": "time first"},
    f"""
A library keeps *time first*: `log_p` is $(U, B, V)$, and `target`, $(U, B)$, holds an answer in
each *column*. {_ZERO} Somebody's translator never stops:
"""
    + _STOPLESS.replace("rows, places", "places, columns")
    + r"""
A column holds an answer's words, then zeros, of which the first is its stop; `lengths` counts the
words, one number an answer. Mend it: nats a symbol, the stop counted, what stands behind it not.
""",
    _LOSS.format(
        more=_LENGTHS, says="Nats a symbol: log_p (U, B, V), target (U, B), lengths (B,)."
    ),
    """\
def loss(log_p, target, lengths):
    places, columns = np.indices(target.shape)
    paid = -log_p[places, columns, target]
    mask = places <= lengths
    return (paid * mask).sum() / mask.sum()
""",
    "Time is the first axis, the batch the second.",
)

_MASK_ANSWERS = Variation(
    "over-answers",
    {"mean": "over answers"},
    f"""
{_ZERO} In this course's loss a long answer counts more than a short one, as it has more symbols.
Here each *answer* shall count alike: take the mean of its own symbols' nats, the stop counted,
what stands behind it not; then the mean of these means. An empty answer whose stop took 3 nats and
an answer of three words that took 1 nat a symbol have a loss of 2. Somebody began so, and lost the
stops:
"""
    + _STOPLESS
    + r"""
`target` holds in each row an answer's words, then zeros, of which the first is its stop; `lengths`
counts the words.
""",
    _LOSS.format(
        more=_LENGTHS,
        says="The answers' mean of nats a symbol: log_p (B, U, V), target (B, U), lengths (B,).",
    ),
    """\
def loss(log_p, target, lengths):
    rows, places = np.indices(target.shape)
    paid = -log_p[rows, places, target]
    mask = places <= lengths[:, None]
    return ((paid * mask).sum(axis=1) / mask.sum(axis=1)).mean()
""",
    "Each answer counts alike, not each symbol.",
)

_MASK_NUMBERED = Variation(
    "padding-below",
    {"padding": "-1"},
    r"""
Words are numbered from 1 on, 0 is the stop symbol, and padding has a number of its own, $-1$.
Nobody tells you the lengths: they can be seen. Somebody's translator never stops, and learns
strange things beside:

```python
def loss(log_p, target):
    rows, places = np.indices(target.shape)
    paid = -log_p[rows, places, target]
    mask = target != 0
    return (paid * mask).sum() / mask.sum()
```

`target` holds in each row an answer's words, its stop, then padding. Mend it: nats a symbol, stops
counted, padding not.
""",
    _LOSS.format(more="", says="Nats a symbol: log_p (B, U, V), target (B, U), -1 where padding."),
    """\
def loss(log_p, target):
    rows, places = np.indices(target.shape)
    paid = -log_p[rows, places, target]
    mask = target >= 0
    return (paid * mask).sum() / mask.sum()
""",
    "Padding is −1, the stop 0; no lengths are given.",
)

_MASK_BEGUN = Variation(
    "start-in-front",
    {"start": "in front"},
    r"""
Words are numbered from 1 on; 0 is the start symbol, the stop symbol, and padding. `target` holds in
each row a start, an answer's words, then zeros, of which the first is its stop. The network has
read all of it: `log_p[b, u]` is its law for the symbol that comes *after* `target[b, u]`, so the
last one is of no use. For the answer $5, 3$ the row begins $0, 5, 3, 0$, and the laws at the places
0, 1 and 2 pay for 5, for 3 and for the stop. Somebody wrote
"""
    + _STOPLESS
    + r"""
Mend it: nats a symbol, the stop counted, the start and the padding not. `lengths` counts the words.
""",
    _LOSS.format(
        more=_LENGTHS, says="Nats a symbol: log_p (B, U, V), target (B, U), start in front."
    ),
    """\
def loss(log_p, target, lengths):
    target = target[:, 1:]
    rows, places = np.indices(target.shape)
    paid = -log_p[rows, places, target]
    mask = places <= lengths[:, None]
    return (paid * mask).sum() / mask.sum()
""",
    "The target begins with the start symbol: laws and symbols are one place apart.",
)

_MASK_WORDS = Variation(
    "a-word",
    {"divides": "words"},
    f"""
{_ZERO} To compare with models that have no stop, give the loss *a word*: add the nats of all words
and all stops up, and divide by the number of *words*, as a stop has to be paid for and is none.
Three words that took 1 nat each, and a stop that took 3, make 2 nats a word. Somebody forgot what
the stops cost:
"""
    + _STOPLESS
    + r"""
`target` holds in each row an answer's words, then zeros, of which the first is its stop; `lengths`
counts the words.
""",
    _LOSS.format(more=_LENGTHS, says="Nats a word: log_p (B, U, V), target (B, U), lengths (B,)."),
    """\
def loss(log_p, target, lengths):
    rows, places = np.indices(target.shape)
    paid = -log_p[rows, places, target]
    mask = places <= lengths[:, None]
    return (paid * mask).sum() / lengths.sum()
""",
    "Nats a word: the stops are paid for, and not counted.",
)

_EDITS = '''\
def edits(a: str, b: str) -> {gives}:
    """{says}"""
    ...
'''
_ROWS = """\
def edits(a, b):
    row = {first}
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append({step})
        row = new
    return {result}
"""
_USUAL = "min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y))"
_TABLE = "Let $d(i, j)$ be that for the first $i$ symbols of $a$ and the first $j$ of $b$."

_EDITS_TWO = Variation(
    "no-replacement",
    {"edits": "no replacement"},
    f"""
How far are two strings apart, for somebody who can only *insert* and *delete*? Count the fewest
symbols to insert or delete that turn $a$ into $b$. To turn *bat* into *bit* takes two: out with the
a, in with an i. {_TABLE} Which ways lead to $(i, j)$, and at what cost?
""",
    _EDITS.format(gives="int", says="The fewest insertions and deletions that turn a into b."),
    _ROWS.format(
        first="list(range(len(b) + 1))",
        step="row[j - 1] if x == y else min(row[j], new[-1]) + 1",
        result="row[-1]",
    ),
    "There are insertions and deletions, and no replacement.",
)

_EDITS_SWAP = Variation(
    "swap",
    {"edits": "swap"},
    f"""
Who types fast writes *form* for *from*. Count the fewest edits that turn $a$ into $b$, where an
edit inserts, deletes or replaces one symbol, or lets two *neighbours change places*. {_TABLE} It is
the least of $d(i-1, j) + 1$, of $d(i, j-1) + 1$, of $d(i-1, j-1)$, plus 1 if $a_i \\ne b_j$, and,
where $a_{{i-1}} a_i$ is $b_j b_{{j-1}}$, of $d(i-2, j-2) + 1$. So *form* is one edit from *from*.
""",
    _EDITS.format(
        gives="int", says="The fewest edits that turn a into b, a swap of neighbours one."
    ),
    """\
def edits(a, b):
    d = np.zeros((len(a) + 1, len(b) + 1), int)
    d[:, 0], d[0] = range(len(a) + 1), range(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (x != y))
            if i > 1 and j > 1 and a[i - 2] + x == y + b[j - 2]:
                d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return int(d[-1, -1])
""",
    "A fourth edit: two neighbours change places.",
)

_EDITS_FOUND = Variation(
    "found-in",
    {"place": "anywhere in b"},
    f"""
Where in a long text $b$ does something like $a$ stand? Count the fewest symbols to insert, delete
or replace that turn $a$ into *some piece* of $b$: symbols of $b$ that stand in one go, anywhere,
maybe none. All before and behind the piece costs nothing. *seven* is one edit from a piece of
*twenty sven two*. {_TABLE} The three ways to $(i, j)$ are the usual ones; what of the first row,
and where do you read the answer?
""",
    _EDITS.format(gives="int", says="The fewest edits that turn a into some piece of b."),
    _ROWS.format(first="[0] * (len(b) + 1)", step=_USUAL, result="min(row)"),
    "The nearest piece of b counts, not all of it.",
)

_EDITS_COSTS = Variation(
    "dear-insertions",
    {"cost": "insertions 2"},
    f"""
An answer $a$ that lacks something is worse than one that has something too much. What does it cost
to turn it into the right answer $b$, if to *insert* a symbol costs 2, to delete or to replace one
costs 1? To turn *at* into *bat* costs 2, *bat* into *at* costs 1. {_TABLE}
""",
    _EDITS.format(gives="int", says="The least cost that turns a into b: insertions 2, others 1."),
    _ROWS.format(
        first="[2 * j for j in range(len(b) + 1)]",
        step=_USUAL.replace("new[-1] + 1", "new[-1] + 2"),
        result="row[-1]",
    ),
    "An insertion costs 2, so that a and b cannot change places.",
)

_EDITS_WORDS = Variation(
    "words",
    {"unit": "words"},
    r"""
The *word error rate* of an answer $a$, where $b$ is right: the fewest *words* to insert, delete or
replace that turn $a$ into $b$, divided by the number of words of $b$. Between two words is a space.
For *two hundred five*, where *two hundred and five* is right, it is 1/4. The answer may be
empty; $b$ is not.
""",
    _EDITS.format(gives="float", says="The fewest edits of words that turn a into b, per word."),
    """\
def edits(a, b):
    a, b = a.split(), b.split()
"""
    + "".join(
        _ROWS.format(
            first="list(range(len(b) + 1))", step=_USUAL, result="row[-1] / len(b)"
        ).splitlines(keepends=True)[1:]
    ),
    "Words are edited, not letters; divided by those of the right answer.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "ed-sign": (_SIGN_WU, _SIGN_REWARD, _SIGN_COSTS, _SIGN_EACH),
    "ed-mask": (_MASK_TIME, _MASK_ANSWERS, _MASK_NUMBERED, _MASK_BEGUN, _MASK_WORDS),
    "ed-edits": (_EDITS_TWO, _EDITS_SWAP, _EDITS_FOUND, _EDITS_COSTS, _EDITS_WORDS),
}
