"""Variations of chapter 20's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_STRAIGHT = '''\
def straight_through(
    zeta: np.ndarray, codebook: np.ndarray, up: np.ndarray, {given}
) -> tuple[np.ndarray, np.ndarray]:
    """{says}"""
    ...
'''
_BOTH = _STRAIGHT.format(
    given="beta: float", says="Gradients by zeta (T, d) and by the codebook (V, d)."
)
_THROUGH = r"""
Each row $\zeta_t$ of `zeta`, $(T, d)$, takes the nearest row $\xi_{\kappa_t}$ of `codebook`,
$(V, d)$. The decoder gets that code, and its gradient, `up`, $(T, d)$, is handed to the vectors as
if nothing had been chosen. """
_NEAR_SQUARES = "Near is in squares: the smallest sum of squared differences. "

_MEANS = Variation(
    "means",
    {"terms": "means"},
    _THROUGH
    + _NEAR_SQUARES
    + r"""The codebook's term is the *mean* of the squares of all $T d$ numbers of
$\mathrm{sg}(\zeta_t) - \xi_{\kappa_t}$, $t = 1, \dots, T$, and the commitment is `beta` times the
mean of the squares of all numbers of $\zeta_t - \mathrm{sg}(\xi_{\kappa_t})$, as in the chapter's
code; $\mathrm{sg}$ holds a side fixed. Write both gradients in NumPy: by the vectors and by the
codebook.
""",
    _BOTH,
    """\
def straight_through(zeta, codebook, up, beta):
    codes = ((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)
    apart = (zeta - codebook[codes]) / zeta.size
    by_code = np.zeros_like(codebook)
    np.add.at(by_code, codes, -2 * apart)
    return up + 2 * beta * apart, by_code
""",
    "The two terms are means over all numbers, not sums.",
)

_ABSOLUTE = Variation(
    "absolute",
    {"distance": "absolute"},
    _THROUGH
    + r"""Here nothing is squared. Near is in absolute values: the smallest sum over the $d$ numbers
of $|\zeta_{tj} - \xi_{kj}|$. And so are both terms: the codebook's is the sum of the absolute
values of all numbers of $\mathrm{sg}(\zeta_t) - \xi_{\kappa_t}$, over all $t$, and the commitment
`beta` times the sum of those of $\zeta_t - \mathrm{sg}(\xi_{\kappa_t})$; $\mathrm{sg}$ holds a side
fixed. Write both gradients in NumPy: by the vectors and by the codebook. (No difference is 0.)
""",
    _BOTH,
    """\
def straight_through(zeta, codebook, up, beta):
    codes = np.abs(zeta[:, None] - codebook).sum(-1).argmin(1)
    signs = np.sign(zeta - codebook[codes])
    by_code = np.zeros_like(codebook)
    np.add.at(by_code, codes, -signs)
    return up + beta * signs, by_code
""",
    "Near, and both terms, in absolute values.",
)

_LOOSE = Variation(
    "nothing-held",
    {"held": "nothing"},
    _THROUGH
    + _NEAR_SQUARES
    + r"""Somebody wrote the other two terms of the loss without `detach`: they are
$\sum_t \lVert \zeta_t - \xi_{\kappa_t} \rVert^2$ and `beta` times the same, and nothing is held
fixed in either. (In the way through the decoder nothing was forgotten: of `up` the codes feel
nothing.) Write in NumPy which gradients come out: by the vectors and by the codebook.
""",
    _BOTH,
    """\
def straight_through(zeta, codebook, up, beta):
    codes = ((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)
    pull = 2 * (1 + beta) * (zeta - codebook[codes])
    by_code = np.zeros_like(codebook)
    np.add.at(by_code, codes, -pull)
    return up + pull, by_code
""",
    "Nothing is held fixed in the last two terms.",
)

_MOVED = Variation(
    "moved",
    {"codebook": "moved"},
    _THROUGH
    + _NEAR_SQUARES
    + r"""The vectors feel the commitment, too: `beta` times
$\sum_t \lVert \zeta_t - \mathrm{sg}(\xi_{\kappa_t}) \rVert^2$, where $\mathrm{sg}$ holds the code
fixed. The codebook has no term of its own, and no gradient. Instead it is moved: a code becomes
`keep` times itself and `1 - keep` times the mean of the vectors that took it; a code that none took
stays as it is. Return the gradient by the vectors (with the codes as they were) and the codebook
after the move. Change no argument.
""",
    _STRAIGHT.format(
        given="beta: float, keep: float",
        says="The gradient by zeta (T, d), and the codebook moved (V, d).",
    ),
    """\
def straight_through(zeta, codebook, up, beta, keep):
    codes = ((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)
    moved = codebook.copy()
    for k in set(codes):
        moved[k] = keep * codebook[k] + (1 - keep) * zeta[codes == k].mean(0)
    return up + 2 * beta * (zeta - codebook[codes]), moved
""",
    "The codebook is moved towards means, without a gradient.",
)

_BEST = '''\
def best_of({given}) -> {back}:
    """{says}"""
    ...
'''
_GIVEN = "scores: np.ndarray, right: np.ndarray, many: int"
_SCORED = r"""
`scores` and `right` are (draws, captions): what a reader gave each drawing, and whether a judge
found it right. """
_GROUPED = "Take the draws in groups of `many`, one below the other. "

_LIST = Variation(
    "shown",
    {"shown": "the first few"},
    _SCORED
    + _GROUPED
    + r"""In each group, for each caption, a user is shown the `top` drawings with the best scores,
and is content if at least one of those shown is right. In what share of all cases, over groups and
captions, is the user content?
""",
    _BEST.format(
        given=f"{_GIVEN}, top: int",
        back="float",
        says="The share of groups and captions with a right one among the `top` best.",
    ),
    """\
def best_of(scores, right, many, top):
    groups = scores.reshape(-1, many, scores.shape[1])
    won = right.reshape(groups.shape)
    shown = np.argsort(-groups, axis=1)[:, :top]
    return float(np.take_along_axis(won, shown, 1).any(1).mean())
""",
    "The best few are shown; one right among them is enough.",
)

_STOPPED = Variation(
    "good-enough",
    {"stops": "when good enough"},
    _SCORED
    + _GROUPED
    + r"""Drawings cost time. So in each group, for each caption, one draws in the order of the rows
and stops at the first drawing whose score is at least `enough`: that one is taken. If none of the
`many` is good enough, the one with the best score is taken. What share of those taken is right, and
how many drawings were made for one, in the mean over groups and captions?
""",
    _BEST.format(
        given=f"{_GIVEN}, enough: float",
        back="tuple[float, float]",
        says="The share right of those taken; the mean number of drawings made.",
    ),
    """\
def best_of(scores, right, many, enough):
    groups = scores.reshape(-1, many, scores.shape[1])
    won = right.reshape(groups.shape)
    passed = groups >= enough
    some, first = passed.any(1), passed.argmax(1)
    taken = np.where(some, first, groups.argmax(1))
    drawn = np.where(some, first + 1, many)
    return np.take_along_axis(won, taken[:, None], 1).mean(), drawn.mean()
""",
    "Drawing stops at the first that is good enough; its cost is asked for, too.",
)

_SETS = Variation(
    "all-sets",
    {"groups": "all"},
    _SCORED
    + r"""Groups one below the other use each draw once, and leave the rest to luck. Take instead,
for each caption, *every* set of `many` different draws, all sets alike. In each set the drawing
with the best score is chosen. What share of the choices is right, over all sets and captions? No
two scores of a caption are alike. (There may be very many sets: sort, and count in how many of them
a drawing is the best.)
""",
    _BEST.format(
        given=_GIVEN, back="float", says="The share right, over all sets of `many` and captions."
    ),
    """\
def best_of(scores, right, many):
    won = np.take_along_axis(right, scores.argsort(0), 0)
    best = [math.comb(r, many - 1) for r in range(len(scores))]
    return float((np.array(best) @ won).mean() / math.comb(len(scores), many))
""",
    "The mean over all sets of draws, not over groups as they stand.",
)

_READERS = Variation(
    "two-readers",
    {"readers": "two"},
    r"""
Two readers scored each drawing: `scores` and `others`, both (draws, captions), are what they gave,
on the same scale; `right` is whether a judge found it right. """
    + _GROUPED
    + r"""Whoever chooses is cautious: a drawing counts as much as the *lower* of its two scores,
and in each group, for each caption, the drawing that counts most is chosen. What share of the
choices is right?
""",
    _BEST.format(
        given="scores: np.ndarray, others: np.ndarray, right: np.ndarray, many: int",
        back="float",
        says="The share right of what both readers together chose.",
    ),
    """\
def best_of(scores, others, right, many):
    lower = np.minimum(scores, others)
    groups = lower.reshape(-1, many, lower.shape[1])
    won = right.reshape(groups.shape)
    chosen = groups.argmax(1)
    return float(np.take_along_axis(won, chosen[:, None], 1).mean())
""",
    "Two readers; the lower of both scores chooses.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "wp-straight": (_MEANS, _ABSOLUTE, _LOOSE, _MOVED),
    "wp-best": (_LIST, _STOPPED, _SETS, _READERS),
}
