"""Variations of chapter 12's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_NATS = '''\
def ctc_nats(log_p: np.ndarray, label: list[int]) -> float:
    """{says}"""
    ...
'''
_REST = r"""
`log_p` holds the logarithms of the probabilities, $(T, V)$, a row for each step. There may be
hundreds of steps: stay in logarithms. `np.logaddexp(a, b)` is $\ln(e^a + e^b)$, and knows
$-\infty$.
"""

_NATS_LAST = Variation(
    "blank-last",
    {"blank": "the last"},
    r"""
Write CTC's loss, $-\ln p(y \mid x)$, for a network whose blank is its *last* symbol, as in
TensorFlow: of $V$ symbols, $0$ to $V - 2$ are said, and $V - 1$ is the blank. So 0 may stand in a
label. What a path says: equal neighbours merge, then blanks are dropped; add up all paths that say
the label. It may be empty, may have twins, and may need more steps than there are: then the loss is
infinite. With $V = 2$, all probabilities $\tfrac12$ and two steps, the label $(0)$ has three paths,
$-\ln \tfrac34$ nats."""
    + _REST,
    _NATS.format(says="The loss from logarithms of probabilities (T, V); the blank is V - 1."),
    """\
def ctc_nats(log_p, label):
    blank = log_p.shape[1] - 1
    places = [k for symbol in label for k in (blank, symbol)] + [blank]
    alpha = np.full(len(places) + 2, -np.inf)
    alpha[1] = 0
    for row in log_p:
        new = np.full_like(alpha, -np.inf)
        for s, k in enumerate(places, 2):
            came = np.logaddexp(alpha[s], alpha[s - 1])
            if k != blank and (s == 3 or k != places[s - 4]):
                came = np.logaddexp(came, alpha[s - 2])
            new[s] = row[k] + came
        alpha = new
    return -np.logaddexp(alpha[-1], alpha[-2])
""",
    "The blank is the last symbol, not symbol 0.",
)

_NATS_LIKELIEST = Variation(
    "likeliest",
    {"adds": "the likeliest"},
    r"""
How likely is the *likeliest* of all paths that say a label? Return minus its logarithm,

$$
-\ln \max_{\omega :\, \mathcal{B}(\omega) = y} p(\omega \mid x)
$$

where $\mathcal{B}$ merges equal neighbours, then drops the blanks, symbol 0. Nothing is added up.
With two steps, the blank 0.4 and symbol 1 0.6 at each, the label $(1)$ is best said by $1, 1$:
$-\ln 0.36$ nats. A label may be empty, may have twins, and may need more steps than there are: then
it is infinite."""
    + _REST,
    _NATS.format(says="Minus the log-probability of the label's likeliest path."),
    """\
def ctc_nats(log_p, label):
    places = [k for symbol in label for k in (0, symbol)] + [0]
    alpha = np.full(len(places) + 2, -np.inf)
    alpha[1] = 0
    for row in log_p:
        new = np.full_like(alpha, -np.inf)
        for s, k in enumerate(places, 2):
            came = max(alpha[s], alpha[s - 1])
            if k != 0 and (s == 3 or k != places[s - 4]):
                came = max(came, alpha[s - 2])
            new[s] = row[k] + came
        alpha = new
    return -max(alpha[-1], alpha[-2])
""",
    "The likeliest path of the label alone, not the sum over all.",
)

_NATS_UNMERGED = Variation(
    "no-merging",
    {"merging": "none"},
    r"""
Another loss adds up paths that say a label in another way: *nothing merges*. Each step says one
symbol or the blank, 0, and a path's label is what is left when the blanks are dropped: $a, a$ says
$aa$, and $a$ alone takes one step. So a path that says $U$ symbols in $T$ steps has $T - U$ blanks.
Return $-\ln p(y \mid x)$, $p(y \mid x)$ the sum over all paths that say $y$ in this way. With blank
and $a$ at $\tfrac12$ each and two steps, $(a)$ has two paths, $-\ln \tfrac12$ nats, and $(a, a)$
one, $-\ln \tfrac14$. A label may be empty, may have twins, and may be longer than $T$: then the
loss is infinite."""
    + _REST,
    _NATS.format(says="The loss where nothing merges, from logarithms (T, V)."),
    """\
def ctc_nats(log_p, label):
    alpha = np.full(len(label) + 1, -np.inf)
    alpha[0] = 0
    for row in log_p:
        new = alpha + row[0]
        for u, k in enumerate(label, 1):
            new[u] = np.logaddexp(new[u], alpha[u - 1] + row[k])
        alpha = new
    return -alpha[-1]
""",
    "Blanks are dropped, and nothing merges: a symbol takes exactly one step.",
)

_NATS_NO_BLANK = Variation(
    "no-blank",
    {"blank": "none"},
    r"""
A network has *no blank*: 0 is a symbol like the others, and may stand in a label. What a path says
is what is left when equal neighbours merge, no more: $a, a, b$ says $ab$. So each symbol of the
label lasts one step or longer, and the last one to the end. Return $-\ln p(y \mid x)$,
$p(y \mid x)$ the sum over all paths that say $y$. With $a$ and $b$ at $\tfrac12$ each and three
steps, $(a, b)$ has the paths $a, a, b$ and $a, b, b$: $-\ln \tfrac14$ nats. Where no path says a
label, the loss is infinite: too few steps, the empty label, and any label with twins."""
    + _REST,
    _NATS.format(says="The loss without a blank, from logarithms (T, V)."),
    """\
def ctc_nats(log_p, label):
    alpha = np.full(len(label) + 1, -np.inf)
    alpha[0] = 0
    for row in log_p:
        new = np.full_like(alpha, -np.inf)
        for u, k in enumerate(label, 1):
            came = alpha[u]
            if u == 1 or k != label[u - 2]:
                came = np.logaddexp(came, alpha[u - 1])
            new[u] = row[k] + came
        alpha = new
    return -alpha[-1]
""",
    "There is no blank: paths merge, and twins have none.",
)

_NATS_BEGINS = Variation(
    "begins-with",
    {"asked": "begins with"},
    r"""
How likely is it that what CTC says *begins with* a label, whatever follows? Return minus the
logarithm of the sum over all paths whose label begins with $y$, $y$ itself among them. What a path
says: equal neighbours merge, then blanks, symbol 0, are dropped. With three symbols at
$\tfrac13$ each, blank, 1 and 2, and two steps, four of nine paths begin with $(1)$:
$1, 1$; $1, \varnothing$; $\varnothing, 1$; and $1, 2$: $-\ln \tfrac49$ nats. Every path begins with
the empty label: 0 nats. A label may have twins, and may need more steps than there are: then the
answer is infinite. (Once $y$'s last symbol is said, the rest of the path may be anything, and all
that it may be has probability 1.)"""
    + _REST,
    _NATS.format(says="Minus the log-probability that what is said begins with the label."),
    """\
def ctc_nats(log_p, label):
    places = [k for symbol in label for k in (0, symbol)]
    alpha = np.full(len(places) + 2, -np.inf)
    alpha[1] = 0
    for row in log_p:
        new = np.full_like(alpha, -np.inf)
        new[-1] = alpha[-1]
        for s, k in enumerate(places, 2):
            came = alpha[s - 1]
            if s <= len(places):
                came = np.logaddexp(came, alpha[s])
            if k != 0 and (s == 3 or k != places[s - 4]):
                came = np.logaddexp(came, alpha[s - 2])
            new[s] = np.logaddexp(new[s], row[k] + came)
        alpha = new
    return -alpha[-1]
""",
    "What is said begins with the label; anything may follow.",
)

_EXTEND = '''\
def extend(
    beams: dict[tuple[int, ...], {kept}], {p}: np.ndarray{more}
) -> dict[tuple[int, ...], {kept}]:
    """{says}"""
    ...
'''
_TWO = "tuple[float, float]"
_BEAM = r"""
Write one step of prefix beam search, without the cut{how}. `beams` is a dict; its keys are
prefixes, tuples of symbols. """
_BACK = r""" Return all prefixes after this step, in the same form; 0 is the blank."""
_SAYS = r""" What a path says: equal neighbours merge, then blanks are dropped."""

_PREFIX_LOGS = Variation(
    "logarithms",
    {"sums": "logarithms"},
    _BEAM.format(how=", in *logarithms*")
    + r"""Each has two numbers: the logarithm of the probability of its paths that end in a blank,
and of those that end in its last symbol; `-np.inf` where there is no such path. `log_p` holds the
logarithms of this step's probabilities."""
    + _SAYS
    + _BACK
    + r"""

The search begins with `{(): (0.0, -np.inf)}`. After a step with $\tfrac12$ each for the blank and
symbol 1 this is `{(): (-0.69, -inf), (1,): (-inf, -0.69)}`. `np.logaddexp(a, b)` is
$\ln(e^a + e^b)$.
""",
    _EXTEND.format(
        kept=_TWO, p="log_p", more="", says="All prefixes after one more step, both in logarithms."
    ),
    """\
def extend(beams, log_p):
    new = defaultdict(lambda: [-np.inf, -np.inf])

    def put(prefix, end, value):
        new[prefix][end] = np.logaddexp(new[prefix][end], value)

    for prefix, (in_blank, in_symbol) in beams.items():
        both = np.logaddexp(in_blank, in_symbol)
        put(prefix, 0, both + log_p[0])
        for k in range(1, len(log_p)):
            if prefix and k == prefix[-1]:
                put(prefix, 1, in_symbol + log_p[k])
                put(prefix + (k,), 1, in_blank + log_p[k])
            else:
                put(prefix + (k,), 1, both + log_p[k])
    return {prefix: tuple(sums) for prefix, sums in new.items()}
""",
    "Everything in logarithms.",
)

_PREFIX_LIKELIEST = Variation(
    "likeliest",
    {"keeps": "the likeliest"},
    _BEAM.format(how="")
    + r"""Each has two probabilities: of the *likeliest* of its paths that end in a blank, and of
the likeliest of those that end in its last symbol; 0 where there is no such path. Nothing is added
up. `p` holds the probabilities of this step's symbols."""
    + _SAYS
    + _BACK
    + r"""

The search begins with `{(): (1.0, 0.0)}`. After two steps, each with $\tfrac12$ for the blank and
for symbol 1, two paths of `(1,)` end in 1, with $\tfrac14$ each: its second number is 0.25, not
0.5.
""",
    _EXTEND.format(
        kept=_TWO, p="p", more="", says="All prefixes after one more step, with likeliest paths."
    ),
    """\
def extend(beams, p):
    new = defaultdict(lambda: [0.0, 0.0])

    def put(prefix, end, value):
        new[prefix][end] = max(new[prefix][end], value)

    for prefix, (in_blank, in_symbol) in beams.items():
        both = max(in_blank, in_symbol)
        put(prefix, 0, both * p[0])
        for k in range(1, len(p)):
            if prefix and k == prefix[-1]:
                put(prefix, 1, in_symbol * p[k])
                put(prefix + (k,), 1, in_blank * p[k])
            else:
                put(prefix + (k,), 1, both * p[k])
    return {prefix: tuple(best) for prefix, best in new.items()}
""",
    "The likeliest path of each kind is kept, not the sum.",
)

_PREFIX_PARTED = Variation(
    "always-a-blank",
    {"between": "always a blank"},
    _BEAM.format(how="")
    + r"""Each has two sums: the probability of its paths that end in a blank, and of those that end
in its last symbol. `p` holds the probabilities of this step's symbols."""
    + _SAYS
    + r""" But here a path must hold *a blank between any two symbols* of its label, not between
twins alone: after symbol 1 comes 1 again, which merges, or a blank; $1, 2$ is no path of any label,
and its probability is lost. Before the first symbol none is needed."""
    + _BACK
    + r"""

The search begins with `{(): (1.0, 0.0)}`. After two steps `(1, 2)` has no path, and both its sums
are 0 (or it is missing); after three it has one, $1, \varnothing, 2$.
""",
    _EXTEND.format(
        kept=_TWO, p="p", more="", says="All prefixes after one more step, blanks between symbols."
    ),
    """\
def extend(beams, p):
    new = defaultdict(lambda: [0.0, 0.0])
    for prefix, (in_blank, in_symbol) in beams.items():
        new[prefix][0] += (in_blank + in_symbol) * p[0]
        if prefix:
            new[prefix][1] += in_symbol * p[prefix[-1]]
        for k in range(1, len(p)):
            new[prefix + (k,)][1] += in_blank * p[k]
    return {prefix: tuple(sums) for prefix, sums in new.items()}
""",
    "A blank must stand between any two symbols, not between twins alone.",
)

_PREFIX_BIGRAMS = Variation(
    "bigrams",
    {"weights": "bigrams"},
    _BEAM.format(how=", that asks a language model")
    + r"""Each has two weights: of its paths that end in a blank, and of those that end in its last
symbol. `p` holds the probabilities of this step's symbols."""
    + _SAYS
    + r""" The weight of a path is its probability, times `bigrams[j, k]` for each symbol $k$ *of
its label*, $j$ the label's symbol before it, or 0 at the label's beginning. So a path pays when its
prefix grows; not for a blank, nor for a symbol that merges."""
    + _BACK
    + r"""

The search begins with `{(): (1.0, 0.0)}`. After a path 1, 1, blank, 1 the label is $(1, 1)$; it has
paid `bigrams[0, 1]` and `bigrams[1, 1]`.
""",
    _EXTEND.format(
        kept=_TWO,
        p="p",
        more=", bigrams: np.ndarray",
        says="All prefixes after one more step; bigrams (V, V): [before, symbol].",
    ),
    """\
def extend(beams, p, bigrams):
    new = defaultdict(lambda: [0.0, 0.0])
    for prefix, (in_blank, in_symbol) in beams.items():
        both, last = in_blank + in_symbol, prefix[-1] if prefix else 0
        new[prefix][0] += both * p[0]
        for k in range(1, len(p)):
            grows = p[k] * bigrams[last, k]
            if k == last:
                new[prefix][1] += in_symbol * p[k]
                new[prefix + (k,)][1] += in_blank * grows
            else:
                new[prefix + (k,)][1] += both * grows
    return {prefix: tuple(sums) for prefix, sums in new.items()}
""",
    "A bigram model weighs each symbol that makes a prefix longer.",
)

_PREFIX_UNMERGED = Variation(
    "no-merging",
    {"merging": "none"},
    _BEAM.format(
        how=", for a network whose paths say their labels in another way: *nothing merges*"
    )
    + r"""Each has *one* number: the probability of all its paths. `p` holds the probabilities of
this step's symbols. What a path says is what is left when the blanks are dropped: $1, 1$ says
$(1, 1)$, as $1, \varnothing, 1$ does. So it does not matter how a path ends."""
    + _BACK
    + r"""

The search begins with `{(): 1.0}`. After two steps, each with $\tfrac12$ for the blank and for
symbol 1, it is `{(): 0.25, (1,): 0.5, (1, 1): 0.25}`.
""",
    _EXTEND.format(
        kept="float", p="p", more="", says="All prefixes after one more step, where nothing merges."
    ),
    """\
def extend(beams, p):
    new = defaultdict(float)
    for prefix, total in beams.items():
        new[prefix] += total * p[0]
        for k in range(1, len(p)):
            new[prefix + (k,)] += total * p[k]
    return dict(new)
""",
    "Nothing merges, and each prefix has one sum.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "ct-nats": (_NATS_LAST, _NATS_LIKELIEST, _NATS_UNMERGED, _NATS_NO_BLANK, _NATS_BEGINS),
    "ct-prefix": (
        _PREFIX_LOGS,
        _PREFIX_LIKELIEST,
        _PREFIX_PARTED,
        _PREFIX_BIGRAMS,
        _PREFIX_UNMERGED,
    ),
}
