"""Variations of chapter 16's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_SHIFT = '''\
def shift_matrix({arguments}) -> np.ndarray:
    """{says}"""
    ...
'''
_SPEEDS = r"""$\theta_i = b^{-2i/d}$, $i = 0, \dots, d/2 - 1$, and $b$ is `base`. """
_TURNS = (
    r"""
Sinusoids of width $d$ have in columns $2i$ and $2i + 1$ of row $t$ the sine and the cosine of
$t\,\theta_i$, with """
    + _SPEEDS
)

_SHIFT_HALVES = Variation(
    "halves",
    {"columns": "halves"},
    r"""
In some libraries the sinusoids of place $t$ are *all sines first*, then all cosines: column $i$
holds $\sin t\,\theta_i$ and column $d/2 + i$ holds $\cos t\,\theta_i$, with """
    + _SPEEDS
    + r"""Give the matrix with $\mathrm{pe}(t + k) = M\, \mathrm{pe}(t)$ for every $t$.
""",
    _SHIFT.format(
        arguments="k: int, d: int, base: float",
        says="(d, d), for sinusoids with all sines first, then all cosines.",
    ),
    """\
def shift_matrix(k, d, base):
    angles = k * base ** (-np.arange(0, d, 2) / d)
    c, s = np.diag(np.cos(angles)), np.diag(np.sin(angles))
    return np.block([[c, s], [-s, c]])
""",
    "All sines stand first, then all cosines.",
)

_SHIFT_ROWS = Variation(
    "from-the-right",
    {"side": "from the right"},
    _TURNS
    + r"""In code the places are the *rows* of a table, (T, d), and a matrix multiplies from the
right. Give the matrix with `table[t] @ M` equal to `table[t + k]` for every $t$.
""",
    _SHIFT.format(
        arguments="k: int, d: int, base: float",
        says="(d, d); it multiplies rows from the right.",
    ),
    """\
def shift_matrix(k, d, base):
    M = np.zeros((d, d))
    for i in range(d // 2):
        angle = k * base ** (-2 * i / d)
        c, s = np.cos(angle), np.sin(angle)
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, -s], [s, c]]
    return M
""",
    "The matrix multiplies rows from the right.",
)

_SHIFT_MEAN = Variation(
    "mean-of-two",
    {"asks": "the mean of two"},
    _TURNS
    + r"""Give the matrix that takes a row to the *mean* of those $k$ places before and $k$ places
behind it:

$$
M\, \mathrm{pe}(t) = \tfrac12 \bigl(\mathrm{pe}(t - k) + \mathrm{pe}(t + k)\bigr)
$$

for every $t$.
""",
    _SHIFT.format(
        arguments="k: int, d: int, base: float",
        says="(d, d); it gives the mean of the rows k before and k behind.",
    ),
    """\
def shift_matrix(k, d, base):
    angles = k * base ** (-np.arange(0, d, 2) / d)
    return np.diag(np.repeat(np.cos(angles), 2))
""",
    "The mean of the rows k before and k behind.",
)

_SHIFT_CHANGE = Variation(
    "change",
    {"asks": "the change"},
    _TURNS
    + r"""Give the matrix that takes a row to what *changes* in $k$ places:

$$
M\, \mathrm{pe}(t) = \mathrm{pe}(t + k) - \mathrm{pe}(t)
$$

for every $t$.
""",
    _SHIFT.format(
        arguments="k: int, d: int, base: float",
        says="(d, d); it gives the difference of the rows t + k and t.",
    ),
    """\
def shift_matrix(k, d, base):
    M = np.zeros((d, d))
    for i in range(d // 2):
        angle = k * base ** (-2 * i / d)
        c, s = np.cos(angle), np.sin(angle)
        M[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return M - np.eye(d)
""",
    "The difference of the rows t + k and t, not the row t + k.",
)

_REACH = '''\
def reach({arguments}) -> list[float]:
    """{says}"""
    ...
'''
_ALIBI = r"""
ALiBi takes off each score what the distance costs: head $i$ of $n$ takes $\lambda_i k$ off that of
a key $k$ places back, """
_USUAL = r"""$\lambda_i = 2^{-8i/n}$ for $i = 1, \dots, n$, $n$ a power of two. """
_WHERE = r"""A key's score, before anything is taken off, is greater than that of the query's own place
by a lead. At which distance is the lead used up, so that both have the same weight? Give it for
each head.
"""

_REACH_HALVED = Variation(
    "a-ratio",
    {"asks": "a ratio"},
    _ALIBI
    + _USUAL
    + r"""Let all scores be *equal* before, so that distance alone decides. At
which distance has a key only one `ratio`-th of the weight of the query's own place? Give it for
each head; do not round.
""",
    _REACH.format(
        arguments="n: int, ratio: float",
        says="For heads 1 … n; 8 heads and a ratio of e give 2, 4, …, 256.",
    ),
    """\
def reach(n, ratio):
    return [np.log(ratio) * 2 ** (8 * i / n) for i in range(1, n + 1)]
""",
    "Scores are equal before, and the ratio of two weights is given.",
)

_REACH_ENDS = Variation(
    "from-a-half",
    {"slopes": "from 1/2 to 1/256"},
    _ALIBI
    + r"""but here the first head has the slope $\lambda_1 = \tfrac12$ and the last one
$\lambda_n = \tfrac1{256}$, *for any number* $n \geq 2$ of heads, and from head to head all slopes
fall by the same factor. """
    + _WHERE,
    _REACH.format(
        arguments="n: int, lead: float",
        says="For heads 1 … n; 2 heads and a lead of 1 give 2, 256.",
    ),
    """\
def reach(n, lead):
    return [lead * 2 ** (1 + 7 * i / (n - 1)) for i in range(n)]
""",
    "Slopes run from 1/2 to 1/256 for any number of heads.",
)

_REACH_ANY = Variation(
    "any-number",
    {"heads": "any number"},
    _ALIBI
    + r"""$\lambda_i = 2^{-8i/n}$ for $i = 1, \dots, n$, if $n$ is a power of two. If it is *not*,
the authors take the slopes of the power of two below, $p$, and, until there are $n$, every second
one of those for $2p$ heads: its first, third, fifth … With $n = 3$ these are
$\tfrac1{16}, \tfrac1{256}$ and then $\tfrac14$. """
    + _WHERE
    + r"""Sort the distances, the *farthest first*.
""",
    _REACH.format(
        arguments="n: int, lead: float",
        says="The farthest first; 3 heads and a lead of 1 give 256, 16, 4.",
    ),
    """\
def reach(n, lead):
    p = 2 ** int(np.log2(n))
    more = [2 ** (8 * (2 * i + 1) / (2 * p)) for i in range(n - p)]
    back = [2 ** (8 * i / p) for i in range(1, p + 1)] + more
    return sorted([lead * b for b in back], reverse=True)
""",
    "Any number of heads, and the farthest first.",
)

_REACH_SQUARED = Variation(
    "squared",
    {"cost": "squared"},
    r"""
An encoding takes off each score what the *square* of the distance costs: head $i$ of $n$ takes
$\lambda_i k^2$ off that of a key $k$ places back, """
    + _USUAL
    + _WHERE,
    _REACH.format(
        arguments="n: int, lead: float",
        says="For heads 1 … n; 4 heads and a lead of 1 give 2, 4, 8, 16.",
    ),
    """\
def reach(n, lead):
    return [np.sqrt(lead * 2 ** (8 * i / n)) for i in range(1, n + 1)]
""",
    "The cost grows as the square of the distance.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "po-shift": (_SHIFT_HALVES, _SHIFT_ROWS, _SHIFT_MEAN, _SHIFT_CHANGE),
    "po-reach": (_REACH_HALVED, _REACH_ENDS, _REACH_ANY, _REACH_SQUARED),
}
