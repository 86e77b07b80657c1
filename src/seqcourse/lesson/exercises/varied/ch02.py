"""Changed tasks of chapter 2: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# ar-next: arguments x, const, phi


def _series(rng: np.random.Generator) -> Calls:
    return [
        [rng.normal(10, 5, 9), float(rng.uniform(1, 3)), rng.uniform(0.2, 0.9, p)]
        for p in (2, 1, 3)
    ]


def _next_rule(key: str, value: str, look: str, draw: Draw = _series) -> Register:
    return rule("ar-next", key, value, draw=draw, what="the guess", look=look)


_PUBLISHED = "That is the published task's guess. Read yours again: what differs?"


def _guess(x: Array, const: float, phi: Array) -> float:
    return float(const + phi @ x[::-1][: len(phi)])


@_next_rule("order", "oldest first", "phi[-1] belongs to x[-1], phi[-2] to x[-2], and so on.")
def _next_oldest(x: Array, const: float, phi: Array) -> Judgement:
    p = len(phi)
    right = const + phi @ x[-p:]
    return right, {
        "phi meets the years the wrong way round: here the *last* of phi belongs to the latest "
        "year.": _guess(x, const, phi),
        "The constant is missing.": right - const,
        "That looks one year too far back: the latest value is x[-1].": const
        + phi @ x[-p - 1 : -1],
        "That uses the first years; the guess is for the year after the last.": const + phi @ x[:p],
        "That adds the constant once for every lag.": right + (p - 1) * const,
    }


@_next_rule(
    "model", "around the mean", "Each year's distance from the mean, times its phi; then the mean."
)
def _next_mean(x: Array, mean: float, phi: Array) -> Judgement:
    p = len(phi)
    latest = x[::-1][:p]
    right = mean + phi @ (latest - mean)
    return right, {
        "The mean is no constant: take it off the years first.": _guess(x, mean, phi),
        "The mean has to come back on in the end.": right - mean,
        "phi meets the years the wrong way round: phi[0] belongs to x[-1].": mean
        + phi @ (x[-p:] - mean),
        "The model's own mean is given: not that of x.": x.mean() + phi @ (latest - x.mean()),
        "The mean is taken off, not put on.": mean + phi @ (latest + mean),
    }


@_next_rule(
    "model", "differences", "Guess the next change from the latest changes; add it to x[-1]."
)
def _next_change(x: Array, const: float, phi: Array) -> Judgement:
    p, change = len(phi), np.diff(x)
    right = x[-1] + const + phi @ change[::-1][:p]
    return right, {
        "That is the guess from the years themselves: phi belongs to their changes.": _guess(
            x, const, phi
        ),
        "That is the change: the next year is the latest one plus the change.": right - x[-1],
        "phi meets the changes the wrong way round: phi[0] belongs to the latest.": x[-1]
        + const
        + phi @ change[-p:],
        "A change is a year minus the one before it.": x[-1] + const - phi @ change[::-1][:p],
        "The constant is missing.": right - const,
        "The change starts from x[-1], the latest year.": right - x[-1] + x[-2],
    }


@_next_rule("horizon", "two years", "Guess next year, then take this guess for the latest year.")
def _next_two(x: Array, const: float, phi: Array) -> Judgement:
    one = _guess(x, const, phi)
    right = _guess(np.append(x, one), const, phi)
    return right, {
        "That is next year: one more year is asked for.": one,
        "That takes each year two steps on by the same numbers: let the guess be the latest year, "
        "and guess again.": _guess(x[:-1], const, phi),
        "That is three years ahead.": _guess(np.append(x, [one, right]), const, phi),
        "The latest year of the second step is your guess, not x[-1].": _guess(
            np.append(x, x[-1]), const, phi
        ),
        "The constant belongs to both steps.": right - const,
    }


def _with_lags(rng: np.random.Generator) -> Calls:
    return [
        [rng.normal(10, 5, 14), float(rng.uniform(1, 3)), rng.uniform(0.2, 0.9, len(lags)), lags]
        for lags in (np.array([1, 2, 9]), np.array([3, 1]), np.array([11]))
    ]


@_next_rule("lags", "chosen", "phi[i] belongs to the value lags[i] years before.", _with_lags)
def _next_lags(x: Array, const: float, phi: Array, lags: Array) -> Judgement:
    right = const + phi @ x[-lags]
    return right, {
        "The lags are left out: yours takes the latest years.": _guess(x, const, phi),
        "One year too far back: a lag of 1 is x[-1].": const + phi @ x[-lags - 1],
        "One year too late: a lag of 1 is x[-1], the latest.": const + phi @ x[-lags + 1],
        "Lags are counted from the end: yours are from the beginning.": const + phi @ x[lags],
        "phi meets the lags the wrong way round.": const + phi[::-1] @ x[-lags],
        "Each phi keeps its own lag: do not sort them.": const + phi @ x[-np.sort(lags)],
        "The constant is missing.": right - const,
    }


# ar-horizon: arguments x, first, const, phi, k


def _horizons(*ks: int) -> Draw:
    def draw(rng: np.random.Generator) -> Calls:
        x = 20 + rng.normal(size=60).cumsum() + 5 * np.sin(np.arange(60) / 2)
        return [[x, 45, 4.0, np.array([1.3, -0.5]), k] for k in ks]

    return draw


_SOME = _horizons(2, 1, 5, 9)


def _horizon_rule(key: str, value: str, look: str, draw: Draw = _SOME) -> Register:
    return rule("ar-horizon", key, value, draw=draw, what="k = {4}", look=look)


def _ahead(x: Array, const: float, phi: Array, starts: Array, k: int) -> Array:
    """Forecasts made k years ahead, when the years `starts` were the latest known."""
    latest, before = x[starts], x[starts - 1]
    for _ in range(k):
        latest, before = const + phi[0] * latest + phi[1] * before, latest
    return np.asarray(latest)


def _gaps(x: Array, first: int, const: float, phi: Array, k: int, shift: int = 0) -> Array:
    """Forecast minus truth for every target from `first`; `shift` moves the start."""
    times = np.arange(first, len(x))
    return np.asarray(_ahead(x, const, phi, times - k + shift, k) - x[first:])


def _rms(gaps: Array) -> float:
    return float(np.sqrt(np.mean(gaps**2)))


def _starts_slips(
    x: Array, first: int, const: float, phi: Array, k: int, of: Any
) -> dict[str, Any]:
    """What comes out, by the summary `of` the gaps, where a forecast starts at a wrong year."""
    arguments = x, first, const, phi
    slips = {
        "Your forecasts start one year too late, at a year that was not known: the last known one "
        "is x[t - k].": of(_gaps(*arguments, k, 1)),
        "Your forecasts start one year too early: the last known one is x[t - k].": of(
            _gaps(*arguments, k, -1)
        ),
        "phi is the wrong way round: phi[0] belongs to the latest year.": of(
            _gaps(x, first, const, phi[::-1], k)
        ),
        "The targets start one too late: x[first] belongs to them.": of(
            _gaps(x, first + 1, const, phi, k)
        ),
    }
    if k > 1:
        slips["That is one step ahead: step k times, and feed guesses back."] = of(
            _gaps(*arguments, 1)
        )
    return slips


@_horizon_rule("error", "absolute", "The mean of |forecast − truth|, over all t ≥ first.")
def _horizon_absolute(x: Array, first: int, const: float, phi: Array, k: int) -> Judgement:
    gaps = _gaps(x, first, const, phi, k)
    return np.abs(gaps).mean(), {
        "That is the root mean square, as in the published task. Here no square is taken.": _rms(
            gaps
        ),
        "Errors of both signs cancel: take absolute values first.": gaps.mean(),
        "Take absolute values before the mean, not of it.": abs(gaps.mean()),
        "That is the median: the mean is asked for.": np.median(np.abs(gaps)),
        "That is the sum: the mean is asked for.": np.abs(gaps).sum(),
        **_starts_slips(x, first, const, phi, k, lambda g: np.abs(g).mean()),
    }


@_horizon_rule("error", "mean", "The mean of forecast minus truth, over all t ≥ first.")
def _horizon_bias(x: Array, first: int, const: float, phi: Array, k: int) -> Judgement:
    gaps = _gaps(x, first, const, phi, k)
    return gaps.mean(), {
        "That is the root mean square. Here errors of both signs may cancel.": _rms(gaps),
        "That is the mean absolute error. Here errors of both signs may cancel.": np.abs(
            gaps
        ).mean(),
        "The sign is turned: forecast minus truth, positive where you say too much.": -gaps.mean(),
        "The sign counts: leave it.": abs(gaps.mean()),
        **_starts_slips(x, first, const, phi, k, np.mean),
    }


@_horizon_rule(
    "counted",
    "by origin",
    "A forecast for each t from `first` on that has a truth: t + k < len(x).",
)
def _horizon_origin(x: Array, first: int, const: float, phi: Array, k: int) -> Judgement:
    starts = np.arange(first, len(x) - k)
    right = _rms(_ahead(x, const, phi, starts, k) - x[starts + k])
    later, most = starts[1:], starts[:-1]
    slips = {
        "That takes all targets from `first` on. Here `first` is the year *from* which the first "
        "forecast is made.": _rms(_gaps(x, first, const, phi, k)),
        "The mean square has yet to lose its square: take the root.": right**2,
        "The first forecast is made when x[first] is known.": _rms(
            _ahead(x, const, phi, later, k) - x[later + k]
        ),
        "The last forecast is missing: it is the one of x[-1].": _rms(
            _ahead(x, const, phi, most, k) - x[most + k]
        ),
        "phi is the wrong way round: phi[0] belongs to the latest year.": _rms(
            _ahead(x, const, phi[::-1], starts, k) - x[starts + k]
        ),
        "That is the mean absolute error: square, average, take the root.": float(
            np.abs(_ahead(x, const, phi, starts, k) - x[starts + k]).mean()
        ),
    }
    if k > 1:
        slips["That is one step: step k times, and feed guesses back."] = _rms(
            _ahead(x, const, phi, starts, 1) - x[starts + k]
        )
    return right, slips


@_horizon_rule(
    "gives",
    "every horizon",
    "Number j of the result is the error j + 1 years ahead, over the same targets.",
    _horizons(4, 1, 9),
)
def _horizon_every(x: Array, first: int, const: float, phi: Array, k: int) -> Judgement:
    every = [_gaps(x, first, const, phi, j) for j in range(1, k + 1)]
    right = np.array([_rms(gaps) for gaps in every])
    on = [x[first - 1 + j :] for j in range(1, k + 1)]
    starts = [np.arange(first - 1, len(x) - j) for j in range(1, k + 1)]
    moving = [
        _rms(_ahead(x, const, phi, s, j) - truth)
        for s, j, truth in zip(starts, range(1, k + 1), on, strict=True)
    ]
    return right, {
        "That is the error k years ahead alone: those of 1, 2, …, k are asked for.": right[-1],
        "The order is turned round: one year ahead comes first.": right[::-1],
        "The mean squares have yet to lose their square: take the root of each.": right**2,
        "Those are mean absolute errors: square, average, take the root.": np.array(
            [np.abs(gaps).mean() for gaps in every]
        ),
        "Every horizon has the same targets, x[first] and later: yours has the same first start.": (
            np.array(moving)
        ),
        "The horizons begin with 1: yours begin with 0.": np.append(0.0, right[:-1]),
        "The horizons end with k: yours end one later.": np.array(
            [_rms(_gaps(x, first, const, phi, j)) for j in range(2, k + 2)]
        ),
    }


@_horizon_rule(
    "score", "skill", "1 minus a ratio: your summed squares over those of guessing x[t - k]."
)
def _horizon_skill(x: Array, first: int, const: float, phi: Array, k: int) -> Judgement:
    gaps = _gaps(x, first, const, phi, k)
    still = x[first - k : len(x) - k] - x[first:]

    def skill(gaps: Array) -> float:
        return float(1 - (gaps**2).sum() / (still[-len(gaps) :] ** 2).sum())

    right = skill(gaps)
    day = np.diff(x[first - 1 :])
    spread = x[first:] - x[first:].mean()
    slips = {
        "That is the error itself. How much of persistence's does it remove?": _rms(gaps),
        "That is what is left of the error: the share *removed* is 1 minus it.": 1 - right,
        "That compares the roots: the share is one of *squared* error.": 1
        - _rms(gaps) / _rms(still),
        "That compares with the mean: here it is with the value k years before.": 1
        - (gaps**2).sum() / (spread**2).sum(),
        "The ratio is upside down.": 1 - (still**2).sum() / (gaps**2).sum(),
        **_starts_slips(x, first, const, phi, k, skill),
    }
    if k > 1:
        slips["Persistence knew no more than you did: x[t - k], not last year's x[t - 1]."] = (
            1 - (gaps**2).sum() / (day**2).sum()
        )
    return right, slips


# ar-leak: arguments x, p, and where to cut


def _waves(rng: np.random.Generator, *sizes: int) -> list[Array]:
    # Waves, so that sorting the values does not sort the years; each value is there once.
    return [10 * np.sin(np.arange(n) / 2) + rng.normal(size=n) for n in sizes]


def _with_share(rng: np.random.Generator) -> Calls:
    cases = ((3, 0.7), (2, 0.5), (5, 0.62))
    return [[x, *case] for x, case in zip(_waves(rng, 31, 41, 40), cases, strict=True)]


_FOUR = ("training pasts", "training targets", "test pasts", "test targets")
_ORDER = "Leave the windows in the order of time, and each past with its target."


def _leak_rule(
    key: str, value: str, look: str, draw: Draw, what: str, parts: tuple[str, ...] = _FOUR
) -> Register:
    look = f"{look} {_ORDER}"
    return rule("ar-leak", key, value, draw=draw, what=what, look=look, parts=parts)


def _windows(x: Array, p: int, *stretches: tuple[int, int]) -> tuple[tuple[Array, Array], ...]:
    """(past, now) of windows begin … end, for each stretch."""
    from seqcourse.data import lagged

    past, now = lagged(x, p)
    return tuple((past[begin:end], now[begin:end]) for begin, end in stretches)


@_leak_rule(
    "between",
    "no shared year",
    "The last training window knows year cut + p − 1: the first test window begins behind it.",
    _with_share,
    "p = {1}, share = {2}",
)
def _leak_gap(x: Array, p: int, share: float) -> Judgement:
    n = len(x) - p
    cut = int(share * n)

    def parted(train: int, test: int) -> Any:
        return _windows(x, p, (0, train), (test, n))

    return parted(cut, cut + p), {
        "The first test windows look back into the training years. Here no year may be in both "
        "parts.": parted(cut, cut),
        "The last training target is the first year of a test window: leave out one more.": parted(
            cut, cut + p - 1
        ),
        "That leaves out one test window too many.": parted(cut, cut + p + 1),
        "The windows are to be left out of the test part: training keeps its share.": parted(
            cut - p, cut
        ),
        "The two parts are swapped: train on the earlier one.": parted(cut, cut + p)[::-1],
    }


def _with_dev(rng: np.random.Generator) -> Calls:
    cases = ((3, 0.7, 0.15), (2, 0.5, 0.26), (5, 0.62, 0.2))
    return [[x, *case] for x, case in zip(_waves(rng, 31, 41, 40), cases, strict=True)]


@_leak_rule(
    "parts",
    "three",
    "int(share · n) windows to train, the next int(dev · n) to choose, the rest to test.",
    _with_dev,
    "p = {1}, share = {2}, dev = {3}",
    ("training pasts", "training targets", "dev pasts", "dev targets", *_FOUR[2:]),
)
def _leak_three(x: Array, p: int, share: float, dev: float) -> Judgement:
    n = len(x) - p
    one = int(share * n)
    two = one + int(dev * n)

    def parted(one: int, two: int) -> Any:
        return _windows(x, p, (0, one), (one, two), (two, n))

    right = parted(one, two)
    return right, {
        "dev is a share of all windows, not of those that are left.": parted(
            one, one + int(dev * (n - one))
        ),
        "The shares are ones of windows, not of years.": parted(
            int(share * len(x)), int(share * len(x)) + int(dev * len(x))
        ),
        "dev and test are swapped: the latest windows are to test on.": (
            right[0],
            right[2],
            right[1],
        ),
        "Some windows are in both dev and test: test begins where dev ends.": _windows(
            x, p, (0, one), (one, two), (one, n)
        ),
        "dev is a number of windows behind the training part, not a place.": _windows(
            x, p, (0, one), (one, int(dev * n)), (int(dev * n), n)
        ),
    }


def _with_number(rng: np.random.Generator) -> Calls:
    cases = ((3, 7), (2, 12), (5, 1))
    return [[x, *case] for x, case in zip(_waves(rng, 30, 41, 25), cases, strict=True)]


@_leak_rule(
    "cut",
    "last windows",
    "The last `test` windows are to test on, all before them to train on.",
    _with_number,
    "p = {1}, test = {2}",
)
def _leak_number(x: Array, p: int, test: int) -> Judgement:
    n = len(x) - p

    def parted(cut: int) -> Any:
        return _windows(x, p, (0, cut), (cut, n))

    return parted(n - test), {
        "That many windows are to *test* on: you train on them.": parted(test),
        "The two parts are swapped: train on the earlier one.": parted(n - test)[::-1],
        "One test window too few.": parted(n - test + 1),
        "One test window too many.": parted(n - test - 1),
        "Count windows, len(now), not years, len(x).": parted(n + p - test),
    }


def _with_year(rng: np.random.Generator) -> Calls:
    cases = ((3, 20), (2, 17), (5, 24))
    return [[x, *case] for x, case in zip(_waves(rng, 30, 41, 26), cases, strict=True)]


@_leak_rule(
    "cut",
    "first test year",
    "Window i is answered by x[i + p]: which is the first whose answer is x[first]?",
    _with_year,
    "p = {1}, first = {2}",
)
def _leak_year(x: Array, p: int, first: int) -> Judgement:
    n = len(x) - p

    def parted(cut: int) -> Any:
        return _windows(x, p, (0, cut), (cut, n))

    return parted(first - p), {
        "Window i does not answer with x[i] but with x[i + p]: x[first] is the first *target* to "
        "test on.": parted(first),
        "x[first] is to be tested on: you train on it.": parted(first - p + 1),
        "The year before x[first] is to be trained on: you test on it.": parted(first - p - 1),
        "The two parts are swapped: train on the earlier one.": parted(first - p)[::-1],
        "A test window may look back into training years: a forecaster knows the past.": _windows(
            x, p, (0, first - p), (first, n)
        ),
    }
