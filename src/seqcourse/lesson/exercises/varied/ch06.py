"""Changed tasks of chapter 6: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

Gradients = list[Array | None]


# vg-clip: arguments the parameters' gradients, and max_norm


def _clip_draw(rng: np.random.Generator) -> Calls:
    def gradients(length: float, *shapes: tuple[int, ...]) -> Gradients:
        drawn = [rng.normal(size=shape) for shape in shapes]
        total = np.sqrt(sum((g**2).sum() for g in drawn))
        return [g * length / total for g in drawn]

    return [
        [gradients(7.0, (3, 4), (3,), (2, 3)), 1.0],
        [gradients(0.5, (4,)), 2.0],
        [gradients(1.5, *[(2, 2)] * 5), 0.6],
        [[None, *gradients(3.0, (2, 2), (3,))], 0.25],
    ]


def _clip_call(answer: Any, gradients: Gradients, most: float) -> Any:
    """What came back, and the parameters' gradients after it, as one long array."""
    import torch

    parameters = []
    for g in gradients:
        parameter = torch.nn.Parameter(torch.zeros(2 if g is None else g.shape).double())
        parameter.grad = None if g is None else torch.tensor(g)
        parameters.append(parameter)
    back = answer(parameters, most)
    if isinstance(back, list | tuple) and any(isinstance(b, torch.Tensor) and b.ndim for b in back):
        back = torch.cat([b.flatten() for b in back if b is not None])
    return back, torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])


def _long(gradients: Gradients) -> tuple[list[Array], Array, float]:
    """The gradients that are there, each flat; all in one; and their norm."""
    parts = [g.ravel() for g in gradients if g is not None]
    whole = np.concatenate(parts)
    return parts, whole, float(np.linalg.norm(whole))


_AS_THEY_WERE = "They are as they were: change each .grad in place (mul_, or `p.grad *= …`)."
_PARTS = ("the returned number", "the gradients")
_BY_EUCLID = "That clips by the root of the summed squares, as in the published task."


def _clip_rule(
    value: str,
    key: str = "norm",
    *,
    look: str,
    parts: tuple[str, ...] = _PARTS,
    draw: Draw = _clip_draw,
) -> Register:
    what = "max_norm = {1:g}"
    return rule(
        "vg-clip", key, value, draw=draw, what=what, look=look, parts=parts, call=_clip_call
    )


@_clip_rule(
    "largest entry", look="One factor for all: max_norm over the largest entry, if below 1."
)
def _clip_largest(gradients: Gradients, most: float) -> Judgement:
    parts, g, norm = _long(gradients)
    largest = float(np.abs(g).max())
    right = g * min(1.0, most / largest)
    own = [part * min(1.0, most / np.abs(part).max()) for part in parts]
    return (largest, right), {
        f"{_BY_EUCLID} Here the norm is the largest entry.": (norm, g * min(1.0, most / norm)),
        "Each entry was cut: that turns the gradient. Multiply all by one factor.": (
            None,
            np.clip(g, -most, most),
        ),
        "Each gradient was scaled by its own largest entry: one factor serves all of them.": (
            None,
            np.concatenate(own),
        ),
        "The largest entry may be negative: take absolute values first.": (
            g.max(),
            g * min(1.0, most / g.max()),
        ),
        "A gradient that is small enough is to stay as it is: the factor is never above 1.": (
            None,
            g * most / largest,
        ),
        "That is the norm after the clipping: return the one before.": (np.abs(right).max(), None),
        "That is the root of the summed squares: the norm here is the largest entry.": (norm, None),
        _AS_THEY_WERE: (None, g),
    }


@_clip_rule(
    "each its own",
    look="Each .grad has its own norm and its own factor.",
    parts=("the returned norms", "the gradients"),
)
def _clip_each(gradients: Gradients, most: float) -> Judgement:
    parts, g, norm = _long(gradients)
    norms = np.array([np.linalg.norm(part) for part in parts])
    pairs = list(zip(parts, norms, strict=True))
    after = np.concatenate([part * min(1.0, most / n) for part, n in pairs])
    return (norms, after), {
        "That is one norm and one factor for all, as in the published task. Here each gradient "
        "has its own.": (None, g * min(1.0, most / norm)),
        "That is the norm of all gradients together: return one norm for each of them.": (
            norm,
            None,
        ),
        "A gradient that is short enough is to stay as it is: the factor is never above 1.": (
            None,
            np.concatenate([part * most / n for part, n in pairs]),
        ),
        "Each entry was cut: that turns the gradient. Multiply a gradient by one factor.": (
            None,
            np.clip(g, -most, most),
        ),
        "Those are the squared norms.": (norms**2, None),
        "Those are the norms after the clipping: return the ones before.": (
            np.minimum(norms, most),
            None,
        ),
        _AS_THEY_WERE: (None, g),
    }


@_clip_rule("exact", "length", look="One factor for all, above 1 or below: max_norm over the norm.")
def _clip_exact(gradients: Gradients, most: float) -> Judgement:
    parts, g, norm = _long(gradients)
    own = [part * most / np.linalg.norm(part) for part in parts]
    return (norm, g * most / norm), {
        "Short gradients were left as they are. Here they are made longer, to max_norm.": (
            None,
            g * min(1.0, most / norm),
        ),
        "Each gradient was brought to max_norm on its own: all of them together are one long "
        "vector.": (None, np.concatenate(own)),
        "The norm is 1 then: it is to be max_norm.": (None, g / norm),
        "The norm lacks its square root.": (None, g * most / norm**2),
        "That is the squared norm.": (norm**2, None),
        "That is the norm afterwards: return the one before.": (most, None),
        "That is the factor.": (most / norm, None),
        _AS_THEY_WERE: (None, g),
    }


def _values_draw(rng: np.random.Generator) -> Calls:
    calls = _clip_draw(rng)
    first, most = calls[0]
    first[0][0, :2] = most, -most  # entries just at the limit need no cut
    return calls


@_clip_rule(
    "values",
    "clip",
    draw=_values_draw,
    look="Each entry on its own, to at least −max_norm, at most max_norm.",
)
def _clip_values(gradients: Gradients, most: float) -> Judgement:
    parts, g, norm = _long(gradients)
    cut = np.abs(g) > most
    each = float(np.mean([(np.abs(part) > most).mean() for part in parts]))
    return (float(cut.mean()), np.clip(g, -most, most)), {
        "That multiplies all by one factor, as in the published task. Here each entry is cut on "
        "its own.": (None, g * min(1.0, most / norm)),
        "That cuts from above only: the smallest value allowed is −max_norm.": (
            None,
            np.minimum(g, most),
        ),
        "That cuts from below only: the largest value allowed is max_norm.": (
            None,
            np.maximum(g, -most),
        ),
        "The signs are lost: a large negative entry becomes −max_norm.": (
            None,
            np.minimum(np.abs(g), most),
        ),
        "That is the number of entries cut: divide by how many there are.": (cut.sum(), None),
        "That is the share that was not cut.": (1 - cut.mean(), None),
        "That counts large positive entries only.": ((g > most).mean(), None),
        "That is the mean of the parameters' shares: count the entries of all of them together.": (
            each,
            None,
        ),
        "No entry counts as cut: count before you cut them.": (0.0, None),
        "That is the norm: return the share of entries that were cut.": (norm, None),
        _AS_THEY_WERE: (None, g),
    }


@_clip_rule(
    "new tensors",
    "gives",
    look="Return new tensors, one for each gradient, and leave every .grad alone.",
    parts=("the returned gradients", "the parameters' own gradients"),
)
def _clip_new(gradients: Gradients, most: float) -> Judgement:
    parts, g, norm = _long(gradients)
    pairs = [(part, np.linalg.norm(part)) for part in parts]
    right = g * min(1.0, most / norm)
    return (right, g), {
        "The parameters' own gradients were changed in place: return new tensors instead.": (
            None,
            right,
        ),
        "That is the norm. Return the clipped gradients, as a list.": (norm, None),
        "They came back as they were.": (g, None),
        "Each gradient was clipped by its own norm: one norm and one factor serve all.": (
            np.concatenate([part * min(1.0, most / n) for part, n in pairs]),
            None,
        ),
        "Each entry was cut: that turns the gradient. Multiply all by one factor.": (
            np.clip(g, -most, most),
            None,
        ),
        "Gradients that are short enough are to stay: the factor is never above 1.": (
            g * most / norm,
            None,
        ),
    }


# vg-sixth: arguments m, a, c


def _sixth_draw(rng: np.random.Generator) -> Calls:
    cases = [[2, 1.0, 1.0], [3, 1.0, 1.5], [1, 2.0, 0.5], [4, 0.5, 0.0]]
    return [*cases, [int(rng.integers(3, 9)), *rng.uniform(0.5, 3, 2).tolist()]]


def _bits_draw(rng: np.random.Generator) -> Calls:
    cases = [[2, 0.5, 1.0], [3, 0.25, 0.0], [1, 0.9, 0.5]]
    drawn = float(rng.uniform(0.1, 0.45)), float(rng.uniform(0.5, 3))
    return [*cases, [int(rng.integers(3, 9)), *drawn]]


def _published(m: int, a: float, c: float) -> float:
    return m * a**2 / 12 + (m * a / 2 - c) ** 2


def _parted(variance: float, mean: float, c: float, wrong: dict[str, float]) -> Judgement:
    """Variance plus squared distance, and what comes out where one of them is lost."""
    off = (mean - c) ** 2
    return variance + off, {
        **wrong,
        "That is the variance alone: c counts, too.": variance,
        "Only the distance from the mean is in it: the target also varies.": off,
        "The distance of c from the mean enters squared.": variance + abs(mean - c),
        "Its distance from the mean is to be added, not taken off.": variance - off,
    }


def _sixth_rule(key: str, value: str, *, draw: Draw = _sixth_draw, names: str = "mac") -> Register:
    what = ", ".join(f"{name} = {{{place}:.3g}}" for place, name in enumerate(names))
    look = "The variance of what you compare, plus its (mean)²: which are they here?"
    return rule("vg-sixth", key, value, draw=draw, what=what, look=look)


@_sixth_rule("numbers", "symmetric")
def _sixth_symmetric(m: int, a: float, c: float) -> Judgement:
    wrong = {
        "That is for numbers between 0 and a. Here they lie between −a and a.": _published(m, a, c),
        "Between −a and a lies a stretch of 2a: the variance grows with its square.": (
            m * a**2 / 12 + c**2
        ),
        "The mean of the numbers is 0.": m * a**2 / 3 + (m * a / 2 - c) ** 2,
        "m independent numbers vary m times as much as one, not m² times.": m**2 * a**2 / 3 + c**2,
        "That is the variance of one number: m of them are added.": a**2 / 3 + c**2,
    }
    return _parted(m * a**2 / 3, 0.0, c, wrong)


@_sixth_rule("target", "mean")
def _sixth_mean(m: int, a: float, c: float) -> Judgement:
    off = (a / 2 - c) ** 2
    wrong = {
        "That is for the sum of the marked numbers. Here the target is their mean.": _published(
            m, a, c
        ),
        "That is the variance of one number: a mean of m varies less.": a**2 / 12 + off,
        "The mean divides each number by m: its variance goes down by m², and m of them are "
        "added.": a**2 / 12 / m**2 + off,
        "The variance is that of the sum: divide it by m².": m * a**2 / 12 + off,
        "The mean's own mean is a / 2, whatever m is.": a**2 / 12 / m + (m * a / 2 - c) ** 2,
    }
    return _parted(a**2 / 12 / m, a / 2, c, wrong)


@_sixth_rule("target", "difference")
def _sixth_difference(m: int, a: float, c: float) -> Judgement:
    wrong = {
        "That is for one sum of m numbers. Here a second one is taken off.": _published(m, a, c),
        "Two sums vary twice as much as one, also where one is taken off.": m * a**2 / 12 + c**2,
        "The variances do not cancel: they add up, also in a difference.": c**2,
        "The means cancel: the difference is 0 on average.": m * a**2 / 6 + (m * a / 2 - c) ** 2,
        "2m numbers vary 2m times as much as one.": m * a**2 / 3 + c**2,
    }
    return _parted(m * a**2 / 6, 0.0, c, wrong)


@_sixth_rule("numbers", "bits", draw=_bits_draw, names="mpc")
def _sixth_bits(m: int, p: float, c: float) -> Judgement:
    off = (m * p - c) ** 2
    wrong = {
        "That is for uniform numbers between 0 and p. Here each is 1 with probability p, else 0.": (
            _published(m, p, c)
        ),
        "The variance of a bit is its mean square minus its squared mean: p − p².": m * p + off,
        "That is the variance of one bit: m of them are added.": p * (1 - p) + off,
        "m independent bits vary m times as much as one, not m² times.": m**2 * p * (1 - p) + off,
        "The mean of the sum is m times p.": m * p * (1 - p) + (p - c) ** 2,
        "p (1 − p) is the variance, not the deviation.": m * np.sqrt(p * (1 - p)) + off,
    }
    return _parted(m * p * (1 - p), m * p, c, wrong)


@_sixth_rule("guess", "random")
def _sixth_random(m: int, a: float, c: float) -> Judgement:
    off = (m * a / 2 - c / 2) ** 2
    own, said = m * a**2 / 12, c**2 / 12
    wrong = {
        "That is for always saying c. Here the guess is a random number between 0 and c.": (
            _published(m, a, c)
        ),
        "Your guess varies, too: its variance comes on top.": own + off,
        "The guess is c / 2 on average.": own + said + (m * a / 2 - c) ** 2,
        "The variances add up: the guess does not know the sum.": own - said + off,
        "The sum varies, too.": said + off,
    }
    return _parted(own + said, m * a / 2, c / 2, wrong)


# vg-probe: arguments h, x


def _probe_draw(rng: np.random.Generator) -> Calls:
    calls = []
    for count, size, noise, far in ((400, 5, 0.3, 4.0), (80, 12, 1.0, 1.0), (200, 6, 50.0, 0.0)):
        h = rng.normal(size=(count, size))
        x = h @ rng.normal(size=size) + noise * rng.normal(size=count) + far
        x[3 * count // 4 :] += 0.5 * far / 4  # the rest has another mean
        calls.append([h, x])
    return calls


def _fitted(h: Array, x: Array, train: Any, constant: bool = True) -> Array:
    """All of x as read linearly from h, fitted on the rows `train`."""
    h = np.column_stack([h, np.ones(len(h))]) if constant else h
    return np.asarray(h @ np.linalg.lstsq(h[train], x[train])[0])


def _r2(x: Array, guess: Array) -> Any:
    return 1 - ((x - guess) ** 2).sum(0) / ((x - x.mean(0)) ** 2).sum(0)


def _split_slips(h: Array, x: Array, train: Any, test: Any) -> dict[str, Any]:
    """What comes out with a mistake in the fit or in the score, for any split."""
    every = np.arange(len(x))
    guess = _fitted(h, x, train)
    error = ((x[test] - guess[test]) ** 2).mean(0)
    return {
        "It was fitted on all sequences, so it is judged on what it has seen.": _r2(
            x[test], _fitted(h, x, every)[test]
        ),
        "That is the score on the sequences it was fitted on.": _r2(x[train], guess[train]),
        "Fitted and judged on the wrong parts: exchange them.": _r2(
            x[train], _fitted(h, x, test)[train]
        ),
        "The constant is missing: put a column of ones beside h.": _r2(
            x[test], _fitted(h, x, train, constant=False)[test]
        ),
        "That is the mean squared error: divide by the variance, and take it from 1.": error,
        "That is the share that is left: take it from 1.": 1 - _r2(x[test], guess[test]),
    }


def _probe_rule(key: str, value: str, *, look: str, draw: Draw = _probe_draw) -> Register:
    return rule("vg-probe", key, value, draw=draw, what="the score", look=look)


def _quarters(h: Array) -> tuple[Array, Array]:
    rows, cut = np.arange(len(h)), 3 * len(h) // 4
    return rows[:cut], rows[cut:]


@_probe_rule("held back", "first quarter", look="Score on h[: N // 4], fit on all behind it.")
def _probe_first(h: Array, x: Array) -> Judgement:
    rows, cut = np.arange(len(h)), len(h) // 4
    train, test = rows[cut:], rows[:cut]
    late = _quarters(h)
    return _r2(x[test], _fitted(h, x, train)[test]), {
        "That keeps the last quarter back. Here it is the first.": _r2(
            x[late[1]], _fitted(h, x, late[0])[late[1]]
        ),
        **_split_slips(h, x, train, test),
    }


def _odd_draw(rng: np.random.Generator) -> Calls:
    (h, x), (g, y), *rest = _probe_draw(rng)
    return [[h, x], [g[1:], y[1:]], *rest]  # an even and an odd number of rows


@_probe_rule(
    "held back", "odd rows", draw=_odd_draw, look="Fit on rows 0, 2, 4, …, score on rows 1, 3, 5, …"
)
def _probe_odd(h: Array, x: Array) -> Judgement:
    rows = np.arange(len(h))
    train, test = rows[0::2], rows[1::2]
    late = _quarters(h)
    return _r2(x[test], _fitted(h, x, train)[test]), {
        "That keeps the last quarter back. Here it is every second sequence.": _r2(
            x[late[1]], _fitted(h, x, late[0])[late[1]]
        ),
        **_split_slips(h, x, train, test),
    }


@_probe_rule("score", "rmse", look="On the last quarter: square, average, take the root.")
def _probe_rmse(h: Array, x: Array) -> Judgement:
    train, test = _quarters(h)
    rest, guess = x[test], _fitted(h, x, train)[test]
    right = np.sqrt(((rest - guess) ** 2).mean())
    seen = x[train] - _fitted(h, x, train)[train]
    every = _fitted(h, x, np.arange(len(x)))[test]
    bare = _fitted(h, x, train, constant=False)[test]
    return right, {
        "That is R². Here the error itself is asked for, in the numbers' own unit.": _r2(
            rest, guess
        ),
        "The root is missing.": right**2,
        "That is the mean absolute error: square, average, take the root.": np.abs(
            rest - guess
        ).mean(),
        "Average the squares: yours is their sum's root.": right * np.sqrt(len(rest)),
        "The errors' standard deviation forgives a guess that is off on average: do not take the "
        "mean off.": (rest - guess).std(),
        "That is the error on the sequences it was fitted on.": np.sqrt((seen**2).mean()),
        "It was fitted on all sequences, so it is judged on what it has seen.": np.sqrt(
            ((rest - every) ** 2).mean()
        ),
        "The constant is missing: put a column of ones beside h.": np.sqrt(
            ((rest - bare) ** 2).mean()
        ),
    }


def _ridge(h: Array, x: Array, penalty: float, *, constant: bool = False) -> Array:
    """All of x as read from h with a penalty, on the constant too where asked."""
    cut = 3 * len(h) // 4
    if constant:
        h = np.column_stack([h, np.ones(len(h))])
        A = h[:cut].T @ h[:cut] + penalty * np.eye(h.shape[1])
        return np.asarray(h @ np.linalg.solve(A, h[:cut].T @ x[:cut]))
    centre, mean = h[:cut].mean(0), x[:cut].mean()
    g = h - centre
    A = g[:cut].T @ g[:cut] + penalty * np.eye(h.shape[1])
    return np.asarray(mean + g @ np.linalg.solve(A, g[:cut].T @ (x[:cut] - mean)))


def _ridge_draw(rng: np.random.Generator) -> Calls:
    penalties = (30.0, 5.0, 100.0)
    return [[*call, p] for call, p in zip(_probe_draw(rng), penalties, strict=True)]


@_probe_rule(
    "fit",
    "ridge",
    draw=_ridge_draw,
    look="With the means of the first three quarters taken off: "
    "(hᵀh + λ I) w = hᵀx; the constant follows from the means.",
)
def _probe_ridge(h: Array, x: Array, penalty: float) -> Judgement:
    train, test = _quarters(h)
    rest, cut = x[test], len(train)
    return _r2(rest, _ridge(h, x, penalty)[test]), {
        "That is the regression without a penalty.": _r2(rest, _fitted(h, x, train)[test]),
        "The constant is held small, too: the penalty is on the weights alone.": _r2(
            rest, _ridge(h, x, penalty, constant=True)[test]
        ),
        "The penalty stands with the sum of the squares, not with their mean.": _r2(
            rest, _ridge(h, x, penalty * cut)[test]
        ),
        "The penalty is λ, not λ².": _r2(rest, _ridge(h, x, penalty**2)[test]),
        "That is the score on the sequences it was fitted on.": _r2(
            x[train], _ridge(h, x, penalty)[train]
        ),
        "That is the share that is left: take it from 1.": 1
        - _r2(rest, _ridge(h, x, penalty)[test]),
    }


@rule(
    "vg-probe",
    "gives",
    "both scores",
    draw=_probe_draw,
    what="the two scores",
    look="Two scores of one fit: on the sequences it saw, then on the others.",
    parts=("the first", "the second"),
)
def _probe_both(h: Array, x: Array) -> Judgement:
    train, test = _quarters(h)
    seen = _r2(x[train], _fitted(h, x, train)[train])
    late = _fitted(h, x, train)[test]
    mean = x[train].mean()
    pairs = _split_slips(h, x, train, test)
    bare = "The constant is missing: put a column of ones beside h."
    every = _fitted(h, x, np.arange(len(x)))
    return (seen, _r2(x[test], late)), {
        "The two are swapped: the score on what was seen comes first.": (
            _r2(x[test], late),
            seen,
        ),
        "It was fitted on all sequences, so it is judged on what it has seen.": (
            _r2(x[train], every[train]),
            _r2(x[test], every[test]),
        ),
        "The mean in the denominator is that of the sequences that are scored.": (
            None,
            1 - ((x[test] - late) ** 2).sum() / ((x[test] - mean) ** 2).sum(),
        ),
        bare: (_r2(x[train], _fitted(h, x, train, constant=False)[train]), pairs[bare]),
        "That is the gap between them: return both.": seen - _r2(x[test], late),
    }
