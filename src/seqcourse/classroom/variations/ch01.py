"""Variations of chapter 1's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_MASK = '''\
def mean_over_real(values: np.ndarray, {second}: np.ndarray) -> np.ndarray:
    """{says}"""
    ...
'''

_MASK_FRONT = Variation(
    "padding-in-front",
    {"padding": "in front"},
    r"""
A batch of $B$ sequences was padded *in front*, so that all end at the same place: of `values[b]`,
of shape $(T, D)$, the *last* `lengths[b]` steps are real, and what stands before them is padding.
Average each sequence over its real steps. The padding may hold anything, NaN too.
""",
    _MASK.format(
        second="lengths",
        says="Means (B, D) of values (B, T, D), of which the last lengths (B,) are real.",
    ),
    """\
def mean_over_real(values, lengths):
    T = values.shape[1]
    mask = np.arange(T) >= T - lengths[:, None]
    kept = np.where(mask[..., None], values, 0.0)
    return kept.sum(axis=1) / lengths[:, None]
""",
    "The padding stands before the real steps.",
)

_MASK_GAPS = Variation(
    "gaps",
    {"lengths": "mask of gaps"},
    r"""
Sensors fail now and then. You get a batch of $B$ sequences of $T$ steps, and a mask `missing`,
$(B, T)$: *True* where nothing was measured, False where the step is real. Steps may be missing
anywhere, also in the middle; each sequence has one real step at least. Average each sequence over
its real steps. A missing step may hold anything, NaN too.
""",
    _MASK.format(
        second="missing", says="Means (B, D) of values (B, T, D) where missing (B, T) is False."
    ),
    """\
def mean_over_real(values, missing):
    kept = np.where(missing[..., None], 0.0, values)
    return kept.sum(axis=1) / (~missing).sum(axis=1)[:, None]
""",
    "A mask that is True at gaps, which may be anywhere.",
)

_MASK_TIME = Variation(
    "time-first",
    {"axis": "time first"},
    r"""
A batch of $B$ padded sequences is stored with *time first*, as PyTorch's recurrent layers take it
by default: `values[t, b]` holds the $D$ numbers of step $t$ of sequence $b$. Sequence $b$ has
`lengths[b]` real steps; what stands behind them is padding. Average each sequence over its real
steps. The padding may hold anything, NaN too.
""",
    _MASK.format(
        second="lengths",
        says="Means (B, D) of values (T, B, D), of which the first lengths (B,) steps are real.",
    ),
    """\
def mean_over_real(values, lengths):
    mask = np.arange(len(values))[:, None] < lengths
    kept = np.where(mask[..., None], values, 0.0)
    return kept.sum(axis=0) / lengths[:, None]
""",
    "Time is the first axis, the batch the second.",
)

_MASK_LARGEST = Variation(
    "largest",
    {"gives": "largest"},
    r"""
Another summary of a padded batch: of each sequence, and of each of the $D$ numbers, take the
*largest* value over the real steps. Of `values[b]`, of shape $(T, D)$, the first `lengths[b]` steps
are real, one at least; what stands behind them is padding. All real values may be below zero, and
the padding may hold anything, NaN too.
""",
    _MASK.format(
        second="lengths",
        says="Largest (B, D) of values (B, T, D), of which the first lengths (B,) are real.",
    ),
    """\
def mean_over_real(values, lengths):
    mask = np.arange(values.shape[1]) < lengths[:, None]
    return np.where(mask[..., None], values, -np.inf).max(axis=1)
""",
    "The largest value over the real steps, not the mean.",
)

_MASK_WHOLE = Variation(
    "whole-batch",
    {"over": "whole batch"},
    r"""
To scale a padded batch, you need the mean of each of its $D$ numbers over *all real steps of all
sequences together*: one mean for the whole batch, in which every real step counts the same, so that
a long sequence counts more than a short one. Of `values[b]`, of shape $(T, D)$, the first
`lengths[b]` steps are real; what stands behind them is padding, and may hold anything, NaN too.
""",
    _MASK.format(
        second="lengths",
        says="Mean (D,) over the real steps of values (B, T, D), the first lengths (B,) of each.",
    ),
    """\
def mean_over_real(values, lengths):
    mask = np.arange(values.shape[1]) < lengths[:, None]
    return values[mask].mean(axis=0)
""",
    "One mean over all real steps of the batch.",
)

_SKILL = '''\
def skill(x: np.ndarray, guess: np.ndarray, first: int) -> float:
    """{says}"""
    ...
'''
_TEXT = r"""
Persistence says: today as yesterday, $x_{t-1}$ for $x_t$."""

_SKILL_ABSOLUTE = Variation(
    "absolute",
    {"error": "absolute"},
    _TEXT
    + r""" Write the skill of a forecast by *absolute* errors,
so that one wild day does not decide: the share of persistence's summed absolute error that the
forecast removes,

$$
S = 1 - \frac{\sum_t |x_t - \hat x_t|}{\sum_t |x_t - x_{t-1}|}
$$

Both sums run over all $t \ge$ `first`; `first` is 1 at least. `guess[t]` is what was said of
`x[t]`, the day before.
""",
    _SKILL.format(says="1 where the guess is perfect, 0 where it is as good as persistence."),
    """\
def skill(x, guess, first):
    own = np.sum(np.abs(x[first:] - guess[first:]))
    same = np.sum(np.abs(x[first:] - x[first - 1 : -1]))
    return 1 - own / same
""",
    "Absolute errors in the place of squares.",
)

_SKILL_RATIO = Variation(
    "ratio",
    {"gives": "ratio of roots"},
    _TEXT
    + r""" Economists judge a forecast by a ratio of
errors, which is called Theil's $U$: the root mean square error of the forecast, divided by the root
mean square error of persistence. It is 0 where the forecast is perfect, and above 1 where
persistence is better.

Both errors are taken over all $t \ge$ `first`; `first` is 1 at least. `guess[t]` is what was said
of `x[t]`, the day before. Write it.
""",
    _SKILL.format(says="0 where the guess is perfect, 1 where it is as good as persistence."),
    """\
def skill(x, guess, first):
    own = np.mean((x[first:] - guess[first:]) ** 2)
    same = np.mean((x[first:] - x[first - 1 : -1]) ** 2)
    return np.sqrt(own / same)
""",
    "The ratio of the root mean square errors, not the share removed.",
)

_SKILL_WEEK = Variation(
    "week",
    {"baseline": "a week"},
    r"""
Sales of bread follow the week: the rule to beat is not yesterday, but the same day *a week ago*,
$x_{t-7}$ for $x_t$. Write the skill of a forecast over this rule: the share of the rule's summed
squared error that the forecast removes,
$S = 1 - \sum_t (x_t - \hat x_t)^2 / \sum_t (x_t - x_{t-7})^2$.

Both sums run over all $t \ge$ `first`; `first` is 7 at least. `guess[t]` is what was said of
`x[t]`.
""",
    _SKILL.format(says="1 where the guess is perfect, 0 where it is as good as a week ago."),
    """\
def skill(x, guess, first):
    own = np.sum((x[first:] - guess[first:]) ** 2)
    week = np.sum((x[first:] - x[first - 7 : -7]) ** 2)
    return 1 - own / week
""",
    "The rule to beat is the value of a week ago.",
)

_SKILL_MADE = Variation(
    "day-made",
    {"guess": "the day it is made"},
    _TEXT
    + r""" The skill of a forecast is the share of
persistence's summed squared error that it removes,
$S = 1 - \sum_t (x_t - \hat x_t)^2 / \sum_t (x_t - x_{t-1})^2$.

A colleague files forecasts under the day on which they were *made*: `guess[t]` was said on day $t$,
when `x[t]` was known, of the day after. Both sums run over all targets `x[t]` with $t \ge$ `first`;
`first` is 1 at least. What was said on the last day has no target yet. Write the skill.
""",
    _SKILL.format(says="1 where the guess is perfect, 0 where it is as good as persistence."),
    """\
def skill(x, guess, first):
    own = np.sum((x[first:] - guess[first - 1 : -1]) ** 2)
    same = np.sum((x[first:] - x[first - 1 : -1]) ** 2)
    return 1 - own / same
""",
    "A guess stands at the day on which it was made, not at its target.",
)

_SKILL_MEAN = Variation(
    "mean-so-far",
    {"baseline": "mean so far"},
    r"""
Where a series comes back to its mean, the rule to beat is the mean of *all days so far*: for $x_t$
it says the mean of $x_0, \dots, x_{t-1}$, which changes from day to day. Write the skill of a
forecast over this rule: the share of the rule's summed squared error that the forecast removes, 1
minus the forecast's sum of squares divided by the rule's.

Both sums run over all $t \ge$ `first`; `first` is 1 at least. `guess[t]` is what was said of
`x[t]`, the day before.
""",
    _SKILL.format(says="1 where the guess is perfect, 0 where it is as good as the mean so far."),
    """\
def skill(x, guess, first):
    so_far = np.cumsum(x) / np.arange(1, len(x) + 1)
    own = np.sum((x[first:] - guess[first:]) ** 2)
    mean = np.sum((x[first:] - so_far[first - 1 : -1]) ** 2)
    return 1 - own / mean
""",
    "The rule to beat is the mean of all days before.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "sd-mask": (_MASK_FRONT, _MASK_GAPS, _MASK_TIME, _MASK_LARGEST, _MASK_WHOLE),
    "sd-skill": (_SKILL_ABSOLUTE, _SKILL_RATIO, _SKILL_WEEK, _SKILL_MADE, _SKILL_MEAN),
}
