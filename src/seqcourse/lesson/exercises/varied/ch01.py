"""Changed tasks of chapter 1: what each asks for, and its typical mistakes."""

from __future__ import annotations

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# sd-mask: arguments values, lengths


def _batches(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for lengths, steps, size, junk in (
        ([4, 1, 2], 4, 2, 0.0),
        ([1, 3, 2, 6], 8, 3, 1e3),
        ([2, 5], 6, 1, np.nan),
    ):
        values = rng.normal(1, 2, (len(lengths), steps, size))
        for row, length in enumerate(lengths):
            values[row, length:] = junk
        calls.append([values, np.array(lengths)])
    return calls


def _mask_rule(key: str, value: str, look: str, draw: Draw) -> Register:
    return rule("sd-mask", key, value, draw=draw, what="the result", look=look)


_NAN = "NaN times 0 is NaN: choose with np.where instead of multiplying."


def _each(values: Array, real: Array) -> list[Array]:
    """The real steps of each sequence of (B, T, D), for a mask (B, T)."""
    return [row[kept] for row, kept in zip(values, real, strict=True)]


def _front(values: Array, lengths: Array) -> Array:
    return np.asarray(np.arange(values.shape[1]) >= values.shape[1] - lengths[:, None])


def _behind(values: Array, lengths: Array) -> Array:
    return np.arange(values.shape[1]) < lengths[:, None]


def _turned(rng: np.random.Generator) -> Calls:
    calls = _batches(rng)
    # what is padded with 0 gets 7: else a sum over it would be right
    return [[np.where(v[:, ::-1] == 0, 7.0, v[:, ::-1]), lengths] for v, lengths in calls]


@_mask_rule(
    "padding",
    "in front",
    f"Sequence b is the last lengths[b] steps of values[b]. {_NAN}",
    _turned,
)
def _mask_front(values: Array, lengths: Array) -> Judgement:
    rows = _each(values, _front(values, lengths))
    right = np.array([row.mean(0) for row in rows])
    starts = values.shape[1] - lengths
    late = [v[max(0, s - 1) :].mean(0) for v, s in zip(values, starts, strict=True)]
    return right, {
        "That takes the first steps of each row. Here the padding stands in front.": np.array(
            [row.mean(0) for row in _each(values, _behind(values, lengths))]
        ),
        "That is the mean of the whole row, padding and all.": values.mean(1),
        "That is the sum: divide by the lengths.": right * lengths[:, None],
        "That divides by the padded length T: divide by each sequence's own length.": (
            right * (lengths / values.shape[1])[:, None]
        ),
        "That takes one step of the padding along.": np.array(late),
        "That is one mean over the whole batch; each sequence has its own.": (
            right * 0 + np.concatenate(rows).mean(0)
        ),
    }


def _holes(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for many, steps, size, junk in ((3, 5, 2, 4.0), (4, 8, 3, 1e3), (2, 6, 1, np.nan)):
        values = rng.normal(1, 2, (many, steps, size))
        missing = rng.random((many, steps)) < 0.5
        missing[np.arange(many), rng.integers(0, steps, many)] = False
        missing[0, 1], missing[0, 0] = True, False
        values[missing] = junk
        calls.append([values, missing])
    return calls


@_mask_rule(
    "lengths",
    "mask of gaps",
    f"For sequence b, the mean of the steps where missing[b] is False. {_NAN}",
    _holes,
)
def _mask_holes(values: Array, missing: Array) -> Judgement:
    rows = _each(values, ~missing)
    counts = (~missing).sum(1)
    right = np.array([row.mean(0) for row in rows])
    with np.errstate(invalid="ignore"):
        other = (values * missing[..., None]).sum(1) / missing.sum(1)[:, None]
    return right, {
        "True means missing here, not real: yours takes the gaps.": other,
        "The gaps are anywhere: that takes the first steps, as many as are real.": np.array(
            [v[:n].mean(0) for v, n in zip(values, counts, strict=True)]
        ),
        "That is the mean of the whole row, gaps and all.": values.mean(1),
        "That divides by T: divide by how many steps are real.": (
            right * (counts / values.shape[1])[:, None]
        ),
        "That is the sum: divide by how many steps are real.": right * counts[:, None],
        "That is one mean over the whole batch; each sequence has its own.": (
            right * 0 + np.concatenate(rows).mean(0)
        ),
    }


def _time_first(rng: np.random.Generator) -> Calls:
    square = rng.normal(1, 2, (4, 4, 2))
    lengths = np.array([4, 1, 2, 3])
    square[~_behind(square, lengths)] = 9.0
    return [
        [values.swapaxes(0, 1), lengths] for values, lengths in [*_batches(rng), [square, lengths]]
    ]


@_mask_rule(
    "axis",
    "time first",
    f"For sequence b, the mean of values[: lengths[b], b] over its steps. {_NAN}",
    _time_first,
)
def _mask_time(values: Array, lengths: Array) -> Judgement:
    turned = values.swapaxes(0, 1)
    rows = _each(turned, _behind(turned, lengths))
    right = np.array([row.mean(0) for row in rows])
    whole = values.mean(0)
    return right, {
        "That is the mean of all steps, padding and all: the lengths tell what is real.": whole,
        "That averages over the sequences: time is the first axis, and to be averaged over.": (
            values.mean(1)
        ),
        "That is the sum: divide by the lengths.": right * lengths[:, None],
        "That divides by the padded length T: divide by each sequence's own length.": (
            right * (lengths / len(values))[:, None]
        ),
        "That is one mean over the whole batch; each sequence has its own.": (
            right * 0 + np.concatenate(rows).mean(0)
        ),
    }


def _below(rng: np.random.Generator) -> Calls:
    # all below zero, so that a padding of zeros would win
    calls = _batches(rng)
    return [[np.where(v == 0, 0.0, v - 12), lengths] for v, lengths in calls]


@_mask_rule(
    "gives",
    "largest",
    "For sequence b, the largest of values[b, : lengths[b]] over its steps; what is padded may be "
    "larger.",
    _below,
)
def _mask_largest(values: Array, lengths: Array) -> Judgement:
    rows = _each(values, _behind(values, lengths))
    kept = np.where(_behind(values, lengths)[..., None], values, 0.0)
    right = np.array([row.max(0) for row in rows])
    return right, {
        "That is the mean, as in the published task. Here it is the largest.": np.array(
            [row.mean(0) for row in rows]
        ),
        "That is the largest of the whole row, padding and all.": values.max(1),
        "Padding set to 0 wins over values below 0: set it to minus infinity.": kept.max(1),
        "That is the smallest.": np.array([row.min(0) for row in rows]),
        "Each of the D numbers has its own largest: keep the last axis.": np.array(
            [row.max() for row in rows]
        ),
        "That is one largest of the whole batch; each sequence has its own.": (
            right * 0 + np.concatenate(rows).max(0)
        ),
    }


@_mask_rule(
    "over",
    "whole batch",
    f"Add up all real steps of all sequences; divide by how many there are. {_NAN}",
    _batches,
)
def _mask_whole(values: Array, lengths: Array) -> Judgement:
    rows = _each(values, _behind(values, lengths))
    every = np.concatenate(rows)
    each = np.array([row.mean(0) for row in rows])
    right = every.mean(0)
    return right, {
        "That is one mean for each sequence. Here it is one for the whole batch.": each,
        "The mean of the sequences' means lets a short one count as much as a long one: every real "
        "step counts the same.": each.mean(0),
        "That is the mean of all steps, padding and all.": values.mean((0, 1)),
        "That divides by B T: divide by how many steps are real.": (
            every.sum(0) / (values.shape[0] * values.shape[1])
        ),
        "That is the sum: divide by how many steps are real.": every.sum(0),
        "Each of the D numbers has its own mean: keep the last axis.": every.mean(),
    }


# sd-skill: arguments x, guess, first


def _guesses(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for length, first, noise in ((40, 8, 0.3), (60, 20, 0.8), (50, 7, 3.0)):
        x = rng.normal(size=length).cumsum() + 5
        calls.append([x, x + rng.normal(0.2, noise, length), first])
    return calls


def _skill_rule(key: str, value: str, look: str, draw: Draw = _guesses) -> Register:
    return rule("sd-skill", key, value, draw=draw, what="the skill from day {2} on", look=look)


def _skill(own: Array, other: Array) -> float:
    """The share of the other squared error that is removed."""
    return float(1 - (own**2).sum() / (other**2).sum())


def _published(x: Array, guess: Array, first: int) -> float:
    return _skill(x[first:] - guess[first:], x[first:] - x[first - 1 : -1])


_LEFT = "That is what is left of the error: the share *removed* is 1 minus it."


@_skill_rule(
    "error", "absolute", "1 minus a ratio of two sums of absolute errors, both over t ≥ first."
)
def _skill_absolute(x: Array, guess: Array, first: int) -> Judgement:
    own = np.abs(x[first:] - guess[first:]).sum()
    same = np.abs(x[first:] - x[first - 1 : -1]).sum()
    ratio = float(own / same)
    return 1 - ratio, {
        "That is a share of the *squared* error. Here errors enter by their absolute value.": (
            _published(x, guess, first)
        ),
        _LEFT: ratio,
        "The ratio is upside down: your error over that of persistence.": 1 - 1 / ratio,
        "That takes all days: only those from `first` on count.": 1
        - np.abs(x[1:] - guess[1:]).sum() / np.abs(np.diff(x)).sum(),
        "Errors of both signs cancel: take absolute values before the sum.": 1
        - (x[first:] - guess[first:]).sum() / (x[first:] - x[first - 1 : -1]).sum(),
        "Your sum of steps begins a day late: persistence for day `first` is x[first - 1].": 1
        - own / np.abs(np.diff(x[first:])).sum(),
    }


@_skill_rule(
    "gives",
    "ratio of roots",
    "The root mean square error of the guess, over that of persistence; both over t ≥ first.",
)
def _skill_ratio(x: Array, guess: Array, first: int) -> Judgement:
    own = ((x[first:] - guess[first:]) ** 2).mean()
    same = ((x[first:] - x[first - 1 : -1]) ** 2).mean()
    right = float(np.sqrt(own / same))
    return right, {
        "That is the skill, the share removed. Here the ratio itself is asked for.": _published(
            x, guess, first
        ),
        "That is the ratio of the mean squares: take the roots.": own / same,
        "The ratio is upside down: your error over that of persistence.": 1 / right,
        "That is 1 minus the ratio.": 1 - right,
        "That is your own error: divide by that of persistence.": np.sqrt(own),
        "That takes all days: only those from `first` on count.": np.sqrt(
            ((x[1:] - guess[1:]) ** 2).sum() / (np.diff(x) ** 2).sum()
        ),
        "That is the ratio of mean absolute errors: square, average, take the roots.": np.abs(
            x[first:] - guess[first:]
        ).mean()
        / np.abs(x[first:] - x[first - 1 : -1]).mean(),
    }


@_skill_rule("baseline", "a week", "The rival says x[t - 7]; both sums run over t ≥ first.")
def _skill_week(x: Array, guess: Array, first: int) -> Judgement:
    own, week = x[first:] - guess[first:], x[first:] - x[first - 7 : -7]
    right = _skill(own, week)
    return right, {
        "That compares with the day before. Here the rival says what was a week ago.": _published(
            x, guess, first
        ),
        _LEFT: 1 - right,
        "A week is seven days: yours goes back six.": _skill(own, x[first:] - x[first - 6 : -6]),
        "A week is seven days: yours goes back eight.": _skill(own[8:], (x[8:] - x[:-8])[first:]),
        "The ratio is upside down: your error over that of the rival.": _skill(week, own),
        "Your rival's sum begins a week late: for day `first` it says x[first - 7].": float(
            1 - (own**2).sum() / ((x[first + 7 :] - x[first:-7]) ** 2).sum()
        ),
        "That takes all days from 7 on: only those from `first` on count.": _skill(
            x[7:] - guess[7:], x[7:] - x[:-7]
        ),
    }


def _ahead(rng: np.random.Generator) -> Calls:
    return [[x, np.roll(guess, -1), first] for x, guess, first in _guesses(rng)]


@_skill_rule(
    "guess",
    "the day it is made",
    "x[t] is to be compared with guess[t - 1]; both sums run over t ≥ first.",
    _ahead,
)
def _skill_made(x: Array, guess: Array, first: int) -> Judgement:
    own, same = x[first:] - guess[first - 1 : -1], x[first:] - x[first - 1 : -1]
    right = _skill(own, same)
    return right, {
        "That compares guess[t] with x[t]. Here guess[t] was said *on* day t, of the day after.": (
            _published(x, guess, first)
        ),
        "That shifts the guesses the wrong way.": _skill(
            x[first:-1] - guess[first + 1 :], same[:-1]
        ),
        _LEFT: 1 - right,
        "The ratio is upside down: your error over that of persistence.": _skill(same, own),
        "The first target is x[first]: yours is the day after.": _skill(own[1:], same[1:]),
        "That takes all days: only those from `first` on count.": _skill(
            x[1:] - guess[:-1], np.diff(x)
        ),
    }


@_skill_rule(
    "baseline",
    "mean so far",
    "The rival says x[:t].mean(), which changes from day to day; both sums run over t ≥ first.",
)
def _skill_mean(x: Array, guess: Array, first: int) -> Judgement:
    means = np.cumsum(x) / np.arange(1, len(x) + 1)
    own, mean = x[first:] - guess[first:], x[first:] - means[first - 1 : -1]
    right = _skill(own, mean)
    return right, {
        "That compares with the day before. Here the rival says the mean of all days before.": (
            _published(x, guess, first)
        ),
        "On day t the rival does not know x[t] yet: the mean of x[:t].": _skill(
            own, x[first:] - means[first:]
        ),
        "The rival knows all days before t, not just those before `first`.": _skill(
            own, x[first:] - x[:first].mean()
        ),
        "The rival does not know the future: that is the mean of all of x.": _skill(
            own, x[first:] - x.mean()
        ),
        "That is R²: its mean is that of the days to be guessed, which nobody knew.": _skill(
            own, x[first:] - x[first:].mean()
        ),
        _LEFT: 1 - right,
        "The ratio is upside down: your error over that of the rival.": _skill(mean, own),
    }
