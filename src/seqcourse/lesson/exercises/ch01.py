"""Checkers of chapter 1, Sequence data."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("sd-ball")
class Ball:
    """The next place of a ball on a tilted table: an array of two numbers."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"balls": [rng.normal(size=(length, 2)).cumsum(0) for length in (3, 4, 7)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(x.copy()) for x in inputs["balls"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for x, given in zip(inputs["balls"], outputs, strict=True):
            slips = {
                "That is the level table, where the step stays the same: 2x[-1] - x[-2]. Here the "
                "step changes too, so three places are needed.": 2 * x[-1] - x[-2],
                "The weight 3 went to the wrong end: the latest place is x[-1].": (
                    3 * x[0] - 3 * x[1] + x[2]
                ),
                "That is the latest place: the ball rolls on.": x[-1],
                "The weights 3 and 1 changed places: the latest, x[-1], has the weight 3.": (
                    3 * x[-3] - 3 * x[-2] + x[-1]
                ),
            }
            look = slip(given, slips) or (
                "3 times the latest place, minus 3 times the one before, plus the one before that."
            )
            if np.ndim(given) == 0 and given is not None:
                look = "Both coordinates are asked for: x[-1] is a place, x[-1, 0] half of one."
            yield close(
                f"the place after {len(x)} pictures",
                given,
                3 * x[-1] - 3 * x[-2] + x[-3],
                look=look,
            )


@exercise("sd-mask")
class Mask:
    """Each sequence's mean over its real steps: an array (B, D)."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for lengths, steps, size, junk in (
            ([5, 5], 5, 3, 0.0),
            ([4, 1, 2], 4, 2, 0.0),
            ([1, 3, 2, 6], 8, 3, 1e3),
            ([2, 5], 6, 1, np.nan),
        ):
            values = rng.normal(1, 2, (len(lengths), steps, size))
            for row, length in enumerate(lengths):
                values[row, length:] = junk
            cases.append({"values": values, "lengths": np.array(lengths), "junk": junk})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(c["values"].copy(), c["lengths"].copy()) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            values, lengths, junk = case["values"], case["lengths"], case["junk"]
            rows = list(zip(values, lengths, strict=True))
            right = np.array([row[:n].mean(0) for row, n in rows])
            padded = values.shape[1] > lengths.min()
            name = "the means where nothing is padded"
            if padded:
                name = f"the means with {junk:g} in the padding".replace("nan", "NaN")
            off = [np.array([row[: n + 1].mean(0) for row, n in rows])]
            off += [np.array([row[: n + 1].sum(0) / n[None] for row, n in rows])]
            slips = {
                "That divides by the padded length T: divide by each sequence's own length.": (
                    right * (lengths / values.shape[1])[:, None]
                ),
                "That is the mean of the whole row, padding and all: the lengths tell what is "
                "real, the values do not.": values.mean(1),
                "That is the sum: divide by the lengths.": right * lengths[:, None],
                "That takes one step of the padding along: step number lengths[b] is the first "
                "that is not real.": off[0],
                "That adds one step of the padding: step number lengths[b] is the first that is "
                "not real.": off[1],
                "That is one mean over the whole batch; each sequence has its own.": (
                    right * 0 + np.concatenate([row[:n] for row, n in rows]).mean(0)
                ),
            }
            look = slip(given, slips)
            if not look and np.isnan(junk):
                look = "NaN times 0 is NaN: choose with np.where instead of multiplying."
            look = look or "For sequence b, the mean of values[b, : lengths[b]] over its steps."
            yield close(name, given, right, look=look)


@exercise("sd-orders")
class Orders:
    """The three factors of a joint probability, in a given order of the axes."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for order in permutations(range(3)):
            P = rng.uniform(0.1, 1, (2, 3, 4))
            cases.append({"P": P / P.sum(), "order": list(order)})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(c["P"].copy(), tuple(c["order"])) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            P, (i, j, k) = case["P"], case["order"]
            where = f"for order {(i, j, k)}"
            pair = P.sum(axis=k, keepdims=True)
            single = pair.sum(axis=j, keepdims=True)
            if not isinstance(given, tuple | list) or len(given) != 3:
                many = f"{len(given)} of them" if isinstance(given, tuple | list) else given
                look = "Return the three factors, separated by commas."
                name = f"the number of factors {where}"
                yield holds(name, False, given=many, expected="three arrays", look=look)
                return
            a, b, c = "abc"[i], "abc"[j], "abc"[k]
            wanted = {
                f"p({a})": (single, "Sum P over the other two axes, with keepdims=True."),
                f"p({b} | {a})": (
                    pair / single,
                    f"p({a}, {b}), which is P summed over axis {k}, divided by p({a}).",
                ),
                f"p({c} | {a}, {b})": (
                    P / pair,
                    f"P divided by p({a}, {b}), which is P summed over axis {k}.",
                ),
            }
            joint = {1: pair, 2: P}
            for place, ((name, (right, look)), mine) in enumerate(
                zip(wanted.items(), given, strict=True)
            ):
                array = np.asarray(mine) if isinstance(mine, np.ndarray) else None
                if place and array is not None and same(array, joint[place]):
                    look = f"That is the joint probability: divide by what is given. {look}"
                elif (
                    place == 2
                    and array is not None
                    and same(array, P / P.sum((i, j), keepdims=True))
                ):
                    look = f"That divides by p({c}): divide by the probability of what is *given*."
                if array is not None and array.shape != right.shape:
                    axes = [axis for axis in range(3) if right.shape[axis] > 1]
                    look += f" It depends on {' and '.join('abc'[axis] for axis in axes)} alone."
                    if array.ndim < 3:
                        look = "Keep the summed axes, with length 1: keepdims=True."
                    elif sorted(array.shape) == sorted(right.shape):
                        look = "Your axes are turned: put them back into the order that P has."
                    shapes = {"given": array.shape, "expected": right.shape}
                    yield holds(f"the shape of {name}, {where}", False, **shapes, look=look)
                    continue
                yield close(f"{name}, {where}", mine, right, look=look)


@exercise("sd-survive")
class Survive:
    """Which of the six survive a shuffle: a set of letters."""

    WHY = {
        "a": "The mean adds up all values, and a sum does not ask for their order.",
        "b": "The largest value is the largest wherever it stands.",
        "c": "The correlation of neighbours: after a shuffle, who stands beside whom?",
        "d": "The median is the middle one of the *sorted* values.",
        "e": "The largest step from one value to the next: after a shuffle, which is the next?",
        "f": "The share above the mean counts values, wherever they stand.",
    }

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"series": rng.normal(size=500).cumsum()}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return sorted(answer) if isinstance(answer, set | frozenset) else answer

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        form = isinstance(outputs, list | tuple) and all(isinstance(s, str) for s in outputs)
        yield holds(
            "the form of your answer",
            form and set(outputs) <= set(Survive.WHY),
            given=outputs,
            expected="a set of letters from a to f",
            look='Write it like {"a", "b"}.',
        )
        if not form:
            return
        x = inputs["series"]
        mixed = np.random.default_rng(1).permutation(x)
        for letter, (before, after) in _summaries(x, mixed).items():
            said = letter in outputs
            survives = bool(np.isclose(before, after, rtol=1e-9))
            yield holds(
                f"({letter})",
                said == survives,
                given="it stays" if said else "it changes",
                expected=f"to be compared: {before:.4g} before a shuffle, {after:.4g} after",
                look=Survive.WHY[letter],
            )


def _summaries(x: np.ndarray, mixed: np.ndarray) -> dict[str, tuple[float, float]]:
    """The six of 'What survives?', before and after a shuffle."""
    rules = {
        "a": np.mean,
        "b": np.max,
        "c": lambda s: np.corrcoef(s[:-1], s[1:])[0, 1],
        "d": np.median,
        "e": lambda s: np.abs(np.diff(s)).max(),
        "f": lambda s: np.mean(s > s.mean()),
    }
    return {letter: (float(rule(x)), float(rule(mixed))) for letter, rule in rules.items()}  # type: ignore[operator]


@exercise("sd-skill")
class Skill:
    """The share of persistence's squared error that a forecast removes."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for length, first, noise in ((40, 1, 0.3), (60, 20, 0.8), (50, 7, 3.0)):
            x = rng.normal(size=length).cumsum() + 5
            cases.append({"x": x, "guess": x + rng.normal(0.2, noise, length), "first": first})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(c["x"].copy(), c["guess"].copy(), c["first"]) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            x, guess, first = case["x"], case["guess"], case["first"]
            own = np.sum((x[first:] - guess[first:]) ** 2)
            same = np.sum((x[first:] - x[first - 1 : -1]) ** 2)
            right = 1 - own / same
            spread = np.sum((x[first:] - x[first:].mean()) ** 2)
            all_days = 1 - np.sum((x[1:] - guess[1:]) ** 2) / np.sum(np.diff(x) ** 2)
            slips = {
                "That is what is left of the error: the share *removed* is 1 minus it.": own / same,
                "That is R², which compares with the mean: compare with persistence.": (
                    1 - own / spread
                ),
                "That compares the roots of the errors: the share is one of *squared* error.": (
                    1 - np.sqrt(own / same)
                ),
                "That takes all days: only those from `first` on count.": all_days,
                "Your sum of steps begins a day late: persistence for day `first` is "
                "x[first - 1].": 1 - own / np.sum(np.diff(x[first:]) ** 2),
                "The ratio is upside down: your error over that of persistence.": 1 - same / own,
                "A forecast worse than persistence has a negative skill: leave it negative.": (
                    max(0.0, right)
                ),
                "That is the squared error itself.": own,
            }
            look = slip(given, slips) or (
                "1 minus a ratio of two sums of squares, both over t ≥ first: of x[t] - guess[t], "
                "and of x[t] - x[t - 1]."
            )
            yield close(f"the skill from day {first} on", given, right, look=look)


@exercise("sd-leak")
class Leaks:
    """Examples for training and testing, without the two leaks."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for length, p, h, share in ((60, 3, 5, 0.7), (50, 4, 1, 0.5), (80, 2, 9, 0.63)):
            x = rng.normal(0.4, 1, length).cumsum() + 3
            cases.append({"x": x, "p": p, "h": h, "share": share})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(c["x"].copy(), c["p"], c["h"], c["share"]) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            x, p, h, share = case["x"], case["p"], case["h"], case["share"]
            n = len(x) - p - h + 1
            cut = int(share * n)
            where = f"with p = {p}, h = {h}"
            known = x[: cut + p]
            if not _pairs(given):
                yield holds(
                    f"the form {where}",
                    False,
                    given=given,
                    expected="(past, change), (past, change)",
                    look="Return two pairs of arrays, as the colleague does.",
                )
                return
            (train_past, train_change), (test_past, test_change) = given
            right = _examples((x - known.mean()) / known.std(), p, h)
            last = cut - h + 1
            yield from _sizes(len(train_change), len(test_change), n, cut, h, where)
            scale = _scale_slip(x, cut, p, h, test_past, test_change)
            for name, mine, wanted in (
                ("test pasts", test_past, right[0][cut:]),
                ("test changes", test_change, right[1][cut:]),
                ("training pasts", train_past, right[0][:last]),
                ("training changes", train_change, right[1][:last]),
            ):
                look = scale or (
                    "Scale with the mean and the standard deviation of x[: cut + p], both past and "
                    "change, and leave them in the order of time."
                )
                yield close(f"the {name} {where}", mine, wanted, look=look)


def _sizes(train: int, test: int, n: int, cut: int, h: int, where: str) -> Iterable[Finding]:
    """Findings on how many examples there are in the two parts."""
    yield holds(
        f"the number of test examples {where}",
        test == n - cut,
        given=test,
        expected=n - cut,
        look="The test part stays as the colleague has it: from `cut` to the end.",
    )
    last = cut - h + 1
    look = (
        "Example i is answered by x[i + p - 1 + h], and known is x[: cut + p]: i ≤ cut - h. "
        "These are cut - h + 1 examples."
    )
    if train == cut and h > 1:
        look = (
            f"The last {h - 1} training examples have answers that end after the first test "
            "forecast is made: leave them out."
        )
    elif train < last:
        look = f"That drops {last - train} more than it must. {look}"
    elif train > last:
        look = f"That still leaves {train - last} that leak. {look}"
    yield holds(
        f"the number of training examples {where}",
        train == last,
        given=train,
        expected=last,
        look=look,
    )


def _scale_slip(x: np.ndarray, cut: int, p: int, h: int, past: Plain, change: Plain) -> str:
    """Which wrong stretch of the series the scale was taken from; empty where none is known."""
    texts = {
        "all of x, the future included": x,
        "x[:cut], which leaves out p days that are known by then": x[:cut],
        "the training pasts alone": x[: cut - h + p],
        "x[: cut + p + 1], one day too many": x[: cut + p + 1],
        "x[: cut + p - 1], one day too few": x[: cut + p - 1],
        "the test part": x[cut:],
    }
    for text, stretch in texts.items():
        z = (x - stretch.mean()) / stretch.std()
        if same(past, _examples(z, p, h)[0][cut:]):
            return f"The scale is that of {text}. Known at the first test forecast is x[: cut + p]."
    known = x[: cut + p]
    if same(past, _examples(x, p, h)[0][cut:]):
        return "That is not scaled at all: subtract the mean, divide by the standard deviation."
    if same(past, _examples(x - known.mean(), p, h)[0][cut:]):
        return "The mean is right, and the standard deviation is missing."
    raw = _examples(x, p, h)[1][cut:]
    if same(change, raw / known.std() - known.mean() / known.std()):
        return "A change is a difference already: divide it by the deviation, subtract no mean."
    if same(change, raw):
        return "The changes are not scaled: divide them by the standard deviation, too."
    return ""


def _examples(z: np.ndarray, p: int, h: int) -> tuple[np.ndarray, np.ndarray]:
    n = len(z) - p - h + 1
    past = np.lib.stride_tricks.sliding_window_view(z, p)[:n]
    return past, z[p - 1 + h :] - z[p - 1 : -h]


def _pairs(given: Plain) -> bool:
    """Whether it is two pairs of arrays, with a first axis."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        return False
    parts = [pair for pair in given if isinstance(pair, tuple | list) and len(pair) == 2]
    return len(parts) == 2 and all(
        isinstance(array, np.ndarray) and array.ndim for pair in parts for array in pair
    )
