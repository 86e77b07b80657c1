"""Variations of chapter 2's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_NEXT = '''\
def predict_next(x: np.ndarray, {second}: float, phi: np.ndarray{more}) -> float:
    """{says}"""
    ...
'''

_NEXT_OLDEST = Variation(
    "oldest-first",
    {"order": "oldest first"},
    r"""
An autoregression guesses the next year by a constant plus a weighted sum of the latest $p$ years.
Here the coefficients stand in the order of time, like the years themselves: the *last* number in
`phi` belongs to the latest year `x[-1]`, the one before it to the year before, and the first number
to the earliest of the $p$ years. Write the best guess for the year after the last; `phi` may hold
any number of coefficients.
""",
    _NEXT.format(
        second="const",
        more="",
        says="The guess for what follows x (T,), given const and phi (p,), the oldest first.",
    ),
    """\
def predict_next(x, const, phi):
    return const + phi @ x[len(x) - len(phi) :]
""",
    "phi in the order of time: the latest year's coefficient comes last.",
)

_NEXT_MEAN = Variation(
    "around-mean",
    {"model": "around the mean"},
    r"""
Many books write an autoregression *around its mean* $\mu$, without a constant: with
$z_t = x_t - \mu$ it is $z_t = \phi_1 z_{t-1} + \dots + \phi_p z_{t-p} + \varepsilon_t$. `phi[0]` is
$\phi_1$, and belongs to the latest year; there may be any number of lags. The mean of the model is
given as `mean`, which need not be the mean of `x`. Write the best guess for the year after the
last, in the units of `x`.
""",
    _NEXT.format(
        second="mean",
        more="",
        says="The guess for what follows x (T,), given the model's mean and phi (p,).",
    ),
    """\
def predict_next(x, mean, phi):
    return mean + phi @ (x[::-1][: len(phi)] - mean)
""",
    "The model has a mean in the place of a constant.",
)

_NEXT_CHANGE = Variation(
    "differences",
    {"model": "differences"},
    r"""
A series that wanders is often modelled by its *changes* $d_t = x_t - x_{t-1}$. Let these follow an
autoregression, $d_t = c + \phi_1 d_{t-1} + \dots + \phi_p d_{t-p} + \varepsilon_t$; `const` is $c$,
and `phi[0]` is $\phi_1$, which belongs to the latest change. You get the series $x$ itself, at
least $p + 1$ years of it. Write the best guess for the *value* of the year after the last.
""",
    _NEXT.format(
        second="const",
        more="",
        says="The guess for what follows x (T,), given const and phi (p,) of its changes.",
    ),
    """\
def predict_next(x, const, phi):
    changes = np.diff(x)[::-1]
    return x[-1] + const + phi @ changes[: len(phi)]
""",
    "The model is one of the changes; the value is asked for.",
)

_NEXT_TWO = Variation(
    "two-ahead",
    {"horizon": "two years"},
    r"""
An autoregression says $x_t = c + \phi_1 x_{t-1} + \dots + \phi_p x_{t-p} + \varepsilon_t$; `const`
is $c$, and `phi[0]` is $\phi_1$, which belongs to the latest year. There may be any number of lags.
Write the best guess for the *second* year after the last one in `x`: nothing is known of the first,
so your guess takes its place.
""",
    _NEXT.format(
        second="const",
        more="",
        says="The guess for two years after the last of x (T,), given const and phi (p,).",
    ),
    """\
def predict_next(x, const, phi):
    for _ in range(2):
        x = np.append(x, const + phi @ x[::-1][: len(phi)])
    return x[-1]
""",
    "Two years ahead: the first guess is fed back.",
)

_NEXT_LAGS = Variation(
    "chosen-lags",
    {"lags": "chosen"},
    r"""
Sunspots come and go in some eleven years, so a model may skip years: it guesses the next one by a
constant plus a weighted sum of *chosen* earlier years. `lags` holds whole numbers, such as
$(1, 2, 9)$, in any order, and `phi[i]` is the coefficient of the value `lags[i]` years before the
year to be guessed; a lag of 1 is the latest year in `x`. Write the best guess for the year after
the last.
""",
    _NEXT.format(
        second="const",
        more=", lags: np.ndarray",
        says="The guess for what follows x (T,), given const, phi (p,) and the lags (p,).",
    ),
    """\
def predict_next(x, const, phi, lags):
    return const + phi @ x[len(x) - lags]
""",
    "Coefficients at chosen lags, not at 1 … p.",
)

_HORIZON = '''\
def horizon_error(
    x: np.ndarray, first: int, const: float, phi: np.ndarray, k: int
) -> {gives}:
    """{says}"""
    ...
'''
_AR2 = r"""
An AR(2) says $x_t = c + \phi_1 x_{t-1} + \phi_2 x_{t-2} + \varepsilon_t$; `const` is $c$, and `phi`
is $(\phi_1, \phi_2)$. A forecast made $k$ years before its target knows nothing later than that
year: it feeds its own guesses back, step by step."""

_HORIZON_ABSOLUTE = Variation(
    "absolute",
    {"error": "absolute"},
    _AR2
    + r"""

Write the error of its forecasts $k$ years ahead as the mean *absolute* error: the mean of
$|\hat x_t - x_t|$ over all $t \ge$ `first`, each $\hat x_t$ made from what was known $k$ years
before, `x[t - k]` and earlier.
""",
    _HORIZON.format(
        gives="float", says="Mean absolute error of k-step forecasts of x[first], x[first + 1], …"
    ),
    """\
def horizon_error(x, first, const, phi, k):
    gaps = []
    for t in range(first, len(x)):
        latest, before = x[t - k], x[t - k - 1]
        for _ in range(k):
            latest, before = const + phi[0] * latest + phi[1] * before, latest
        gaps.append(abs(latest - x[t]))
    return np.mean(gaps)
""",
    "The mean absolute error, not the root mean square.",
)

_HORIZON_BIAS = Variation(
    "bias",
    {"error": "mean"},
    _AR2
    + r"""

Do its forecasts say too much, or too little? Write their *bias* $k$ years ahead: the mean of
forecast minus truth, $\hat x_t - x_t$, over all $t \ge$ `first`, with its sign. Each $\hat x_t$ is
made from what was known $k$ years before, `x[t - k]` and earlier.
""",
    _HORIZON.format(
        gives="float",
        says="Mean of forecast minus truth, k steps ahead, of x[first], x[first + 1], …",
    ),
    """\
def horizon_error(x, first, const, phi, k):
    gaps = []
    for t in range(first, len(x)):
        latest, before = x[t - k], x[t - k - 1]
        for _ in range(k):
            latest, before = const + phi[0] * latest + phi[1] * before, latest
        gaps.append(latest - x[t])
    return np.mean(gaps)
""",
    "The mean of forecast minus truth: a bias, with its sign.",
)

_HORIZON_ORIGIN = Variation(
    "by-origin",
    {"counted": "by origin"},
    _AR2
    + r"""

Count by the year in which a forecast is *made*. The first is made when `x[first]` is the latest
known year, the next one when `x[first + 1]` is, and so on, each for the year $k$ later, as long as
`x` holds the truth. Write the root of the mean square of their errors. So the number of forecasts
gets smaller as $k$ grows.
""",
    _HORIZON.format(
        gives="float", says="Error (RMSE) of k-step forecasts made in years first, first + 1, …"
    ),
    """\
def horizon_error(x, first, const, phi, k):
    squares = []
    for t in range(first, len(x) - k):
        latest, before = x[t], x[t - 1]
        for _ in range(k):
            latest, before = const + phi[0] * latest + phi[1] * before, latest
        squares.append((x[t + k] - latest) ** 2)
    return np.sqrt(np.mean(squares))
""",
    "`first` is the first year in which a forecast is made, not the first target.",
)

_HORIZON_EVERY = Variation(
    "every-horizon",
    {"gives": "every horizon"},
    _AR2
    + r"""

Write the error of its forecasts for *every* horizon up to $k$: an array of $k$ numbers, one year
ahead first. Each is the root mean square over the same targets, `x[t]` for all $t \ge$ `first`; a
forecast $j$ years ahead is made from `x[t - j]` and earlier.
""",
    _HORIZON.format(
        gives="np.ndarray", says="Errors (RMSE) (k,) of 1- to k-step forecasts of x[first], …"
    ),
    """\
def horizon_error(x, first, const, phi, k):
    errors = []
    for ahead in range(1, k + 1):
        squares = []
        for t in range(first, len(x)):
            latest, before = x[t - ahead], x[t - ahead - 1]
            for _ in range(ahead):
                latest, before = const + phi[0] * latest + phi[1] * before, latest
            squares.append((x[t] - latest) ** 2)
        errors.append(np.sqrt(np.mean(squares)))
    return np.array(errors)
""",
    "All horizons from 1 to k at once.",
)

_HORIZON_SKILL = Variation(
    "skill",
    {"score": "skill"},
    _AR2
    + r"""

Write the *skill* of its forecasts $k$ years ahead: the share of persistence's squared error that
they remove, over all targets $t \ge$ `first`,
$1 - \sum_t (x_t - \hat x_t)^2 / \sum_t (x_t - x_{t-k})^2$. Both know the same: `x[t - k]` and
earlier. It is 1 where the forecasts are perfect, and negative where persistence is better.
""",
    _HORIZON.format(
        gives="float", says="Skill of k-step forecasts of x[first], x[first + 1], … over x[t − k]."
    ),
    """\
def horizon_error(x, first, const, phi, k):
    own = same = 0.0
    for t in range(first, len(x)):
        latest, before = x[t - k], x[t - k - 1]
        for _ in range(k):
            latest, before = const + phi[0] * latest + phi[1] * before, latest
        own += (x[t] - latest) ** 2
        same += (x[t] - x[t - k]) ** 2
    return 1 - own / same
""",
    "The skill over persistence at the same horizon, not the error.",
)

_LEAK = '''\
Pair = tuple[np.ndarray, np.ndarray]  # past (n, p), now (n,)


def split_by_time(x: np.ndarray, p: int, {more}) -> {gives}:
    """{says}"""
    ...
'''
_TWO_PAIRS = "tuple[Pair, Pair]"
_COLLEAGUE = r"""
A colleague judges models with the function below, and next year always turns out worse than
promised. `lagged(x, p)` gives `past`, windows of $p$ years in a row, and `now`, the year that
follows each.

```python
def split(x, p, share):
    past, now = lagged(x, p)
    order = np.random.default_rng(0).permutation(len(now))
    cut = int(share * len(now))
    train, test = order[:cut], order[cut:]
    return (past[train], now[train]), (past[test], now[test])
```
"""

_LEAK_GAP = Variation(
    "no-shared-year",
    {"between": "no shared year"},
    _COLLEAGUE
    + r"""
Write it again, as strictly as can be: windows in the order of time, the first `share` of them
(rounded down) for training, and *no year in both parts*, neither as a target nor in a past. Leave
out of the test part what you must, and no more; training keeps its whole share. The form of the
result stays.
""",
    _LEAK.format(
        more="share: float",
        gives=_TWO_PAIRS,
        says="(past, now) to train on and to test on, without a common year.",
    ),
    """\
def split_by_time(x, p, share):
    past, now = lagged(x, p)
    cut = int(share * len(now))
    return (past[:cut], now[:cut]), (past[cut + p :], now[cut + p :])
""",
    "No year may be in both parts: p windows between them are left out.",
)

_LEAK_THREE = Variation(
    "three-parts",
    {"parts": "three"},
    _COLLEAGUE
    + r"""
Write it again with three parts, so that the number of lags can be chosen on one and the winner
judged on another. Windows stay in the order of time: the first `share` of all windows for training,
the next `dev` of all windows to choose with, what is left to test on. Both numbers of windows are
rounded down, each by itself. Return three pairs in this order, (past, now) each.
""",
    _LEAK.format(
        more="share: float, dev: float",
        gives="tuple[Pair, Pair, Pair]",
        says="(past, now) to train on, to choose with, and to test on: three pairs.",
    ),
    """\
def split_by_time(x, p, share, dev):
    past, now = lagged(x, p)
    one = int(share * len(now))
    two = one + int(dev * len(now))
    parts = slice(0, one), slice(one, two), slice(two, None)
    return tuple((past[part], now[part]) for part in parts)
""",
    "Three parts: train, dev and test.",
)

_LEAK_NUMBER = Variation(
    "last-windows",
    {"cut": "last windows"},
    _COLLEAGUE
    + r"""
Write it again, so that no model is trained on a year later than the first it is tested on. This
time the size of the *test* part is given: `test`, a number of windows, not a share. Test on the
last `test` windows, train on all before them, and leave both in the order of time. The form of the
result stays.
""",
    _LEAK.format(
        more="test: int",
        gives=_TWO_PAIRS,
        says="(past, now) to train on and (past, now) of the last windows to test on.",
    ),
    """\
def split_by_time(x, p, test):
    past, now = lagged(x, p)
    cut = len(now) - test
    return (past[:cut], now[:cut]), (past[cut:], now[cut:])
""",
    "The number of test windows is given, not the share of training windows.",
)

_LEAK_YEAR = Variation(
    "first-test-year",
    {"cut": "first test year"},
    _COLLEAGUE
    + r"""
Write it again, so that no model is trained on a year later than the first it is tested on. This
time you are told where to cut by the year itself: `x[first]` is the first year to be *predicted* in
the test part; $p <$ `first`. All windows that answer with an earlier year are for training. Test
windows may look back into training years. Leave both parts in the order of time; the form of the
result stays.
""",
    _LEAK.format(
        more="first: int",
        gives=_TWO_PAIRS,
        says="(past, now) to train on and to test on, whose first target is x[first].",
    ),
    """\
def split_by_time(x, p, first):
    past, now = lagged(x, p)
    cut = first - p
    return (past[:cut], now[:cut]), (past[cut:], now[cut:])
""",
    "The first test year is given, not a share.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "ar-next": (_NEXT_OLDEST, _NEXT_MEAN, _NEXT_CHANGE, _NEXT_TWO, _NEXT_LAGS),
    "ar-horizon": (
        _HORIZON_ABSOLUTE,
        _HORIZON_BIAS,
        _HORIZON_ORIGIN,
        _HORIZON_EVERY,
        _HORIZON_SKILL,
    ),
    "ar-leak": (_LEAK_GAP, _LEAK_THREE, _LEAK_NUMBER, _LEAK_YEAR),
}
