"""Changed tasks of chapter 21: what each asks for, and its typical mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqcourse.lesson.exercises.ch21 import FEW, PLACES, work
from seqcourse.lesson.exercises.shared import called, fixed
from seqcourse.lesson.exercises.varied import Array, Calls, Judgement, Register, rule

# cs-window: arguments q, k, v, w

_LENGTHS = ((9, 3), (7, 1), (6, 6), (8, 2))  # T and w; work is measured where they are equal


def _rows(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for T, w in _LENGTHS:
        q, k = rng.uniform(0.2, 2, (2, T, 4))
        calls.append([q, k, rng.normal(size=(T, 3)), w])
    return calls


def _window_call(answer: Any, q: Array, k: Array, v: Array, w: int) -> Any:
    """What is read; whether more steps are taken for a wider window; whether a table is kept."""
    read = called(answer, q, k, v, w)
    if len(q) != w:
        return read, np.array([False]), np.array([False])
    long = np.random.default_rng(0).uniform(0.2, 2, (3, PLACES, 2))
    short = long[:, :FEW]
    peak = work(answer, *long, 1)[1]
    few, many = (work(answer, *short, width)[0] for width in (1, FEW // 2))
    return read, np.array([many > 2 * few]), np.array([peak >= 8 * PLACES**2 / 2])


def _window_rule(value: str, look: str) -> Register:
    return rule(
        "cs-window", "window", value, draw=_rows, what="a window of {3}", look=look,
        parts=("what is read", "whether work grows with w,", "whether a table of T by T is kept,"),
        call=_window_call,
    )  # fmt: skip


def _read(q: Array, k: Array, v: Array, above: Array, below: Array | None = None) -> Any:
    """Linear attention with weights (T, T) on places; others `below`, in what is divided by."""
    scores = q @ k.T
    under = scores * (above if below is None else below)
    with np.errstate(all="ignore"):
        return np.asarray((scores * above) @ v / under.sum(1, keepdims=True))


def _back(q: Array) -> Array:
    """How far each place (columns) lies behind each other (rows)."""
    place = np.arange(len(q))
    return place[:, None] - place


def _sliding(q: Array, w: int) -> Array:
    back = _back(q)
    return (back >= 0) & (back < w)


def _judged(q: Array, k: Array, v: Array, weights: Array, slips: dict[str, Array]) -> Judgement:
    """Of these weights, and of mistakes that give other weights."""
    none, yes = np.array([False]), np.array([True])
    right, past = _read(q, k, v, weights), _back(q) >= 0
    wrong = {
        **{text: _read(q, k, v, above) for text, above in slips.items()},
        "That is the sum: divide by the query's product with z.": (weights * (q @ k.T)) @ v,
        "The matrix forgets, z does not: what leaves one must leave the other.": (
            _read(q, k, v, weights, past)
        ),
        "z forgets, the matrix does not: what leaves one must leave the other.": (
            _read(q, k, v, past, weights)
        ),
        "φ is applied already: q and k come positive.": _read(q + 1, k + 1, v, weights),
    }
    judged: dict[str, Any] = {text: (value, None, None) for text, value in wrong.items()}
    judged["A place costs more the larger w is: change the state by a term or two, and sum nothing "
           "anew."] = (None, yes, None)  # fmt: skip
    judged["That keeps a table of T by T: only a matrix, a vector and what is read are needed."] = (
        None,
        None,
        yes,
    )
    return (right, none, none), judged


_NOTHING_LEAVES = "Nothing is ever forgotten: that reads all places up to here."


@_window_rule("blocks", "Empty the matrix and the vector where a block begins: at 0, w, 2 w, …")
def _window_blocks(q: Array, k: Array, v: Array, w: int) -> Judgement:
    back, block = _back(q), np.arange(len(q)) // w
    late = (np.arange(len(q)) - 1) // w
    weights = (back >= 0) & (block[:, None] == block)
    return _judged(q, k, v, weights, {
        "There the window slides. Here it begins anew, at places 0, w, 2 w, …: all is forgotten at "
        "once.": _sliding(q, w),
        "Blocks begin at places that w divides, counted from 0; yours begin one place later.": (
            (back >= 0) & (late[:, None] == late)
        ),
        "Yours hold w + 1 places: blocks begin at 0, w, 2 w, …": (
            (back >= 0) & ((np.arange(len(q)) // (w + 1))[:, None] == np.arange(len(q)) // (w + 1))
        ),
        "The future is in it: of its block a place sees itself and those before.": (
            block[:, None] == block
        ),
        _NOTHING_LEAVES: back >= 0,
    })  # fmt: skip


@_window_rule("half-life", "At each step, before it writes, multiply matrix and vector by keep.")
def _window_fading(q: Array, k: Array, v: Array, w: int) -> Judgement:
    back = _back(q)
    past = back >= 0
    age = np.where(past, back, 0)
    return _judged(q, k, v, past * 0.5 ** (age / w), {
        "There a place leaves at once, w steps on. Here none leaves: each fades, by half in w "
        "steps.": _sliding(q, w),
        "Half is gone after w steps, not after one: what stays of a step is the w-th root of a "
        "half.": past * 0.5**age,
        "Half to the power of w is what stays of w half-lives: the w-th root of a half is wanted, "
        "0.5 ** (1 / w).": past * 0.5 ** (1.0 * age * w),
        "After w steps that leaves 1 / e, not a half.": past * np.exp(-age / w),
        "That leaves 1 - 1 / w of a step, and of w steps about 1 / e: a half is wanted.": (
            past * (1 - 1 / w) ** age
        ),
        "It fades by a half of a half: a place's weight after w steps is 1 / 2.": (
            past * 0.25 ** (age / w)
        ),
        "It grows with age: multiply by less than 1.": past * 2.0 ** (age / w),
        _NOTHING_LEAVES: past,
    })  # fmt: skip


@_window_rule("and the first", "Take off the place that is w back, unless it is the first of all.")
def _window_sink(q: Array, k: Array, v: Array, w: int) -> Judgement:
    back, first = _back(q), np.arange(len(q)) == 0
    sliding = _sliding(q, w)
    return _judged(q, k, v, sliding | first, {
        "There the first place leaves like any other. Here it stays for good.": sliding,
        "The first counts twice while it is in the window: it is there once.": (
            sliding * 1.0 + (first & (back >= 0))
        ),
        "It stays besides the last w: yours keeps w - 1 and the first.": (
            (sliding & (back < w - 1)) | first
        ),
        "It keeps w + 1 places besides the first: place t - w leaves when t enters.": (
            ((back >= 0) & (back <= w)) | first
        ),
        "The first place never got in.": sliding & ~first,
        _NOTHING_LEAVES: back >= 0,
    })  # fmt: skip


@_window_rule("both sides", "When t is read, t + w has entered and t - w - 1 has left.")
def _window_sides(q: Array, k: Array, v: Array, w: int) -> Judgement:
    back = _back(q)
    return _judged(q, k, v, abs(back) <= w, {
        "That looks back alone. Here w places on each side are seen, and the place itself.": (
            _sliding(q, w)
        ),
        "It looks back w places, and not ahead.": (back >= 0) & (back <= w),
        "It looks ahead w places, and not back.": (back <= 0) & (back >= -w),
        "On each side are w places, the place itself not counted: yours has w - 1.": abs(back) < w,
        "Behind are w places, as ahead: place t - w has left too early.": (
            (back >= -w) & (back < w)
        ),
        "Ahead are w places, as behind: place t + w has not entered yet.": (
            (back > -w) & (back <= w)
        ),
        "Place t - w - 1 is still in it.": (back >= -w) & (back <= w + 1),
        "Nothing leaves: place t - w - 1 does when t + w enters.": back >= -w,
        "All see all: a place leaves when it lies more than w behind.": np.full(back.shape, True),
    })  # fmt: skip


# cs-shares: arguments gradients, letters


def _shares(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for sizes in ((3, 2), (1, 4, 2), (2, 5)):
        letters = [[int(n) for n in rng.integers(2, 12, size)] for size in sizes]
        letters[0][0] = 12 + len(calls)  # so that no two ways to weigh agree
        calls.append([[rng.normal(size=3) for _ in sizes], letters])
    return calls


def _shares_call(answer: Any, gradients: list[Array], letters: list[list[int]]) -> Any:
    return answer([fixed(g) for g in gradients], [list(share) for share in letters])


def _shares_rule(key: str, value: str, look: str) -> Register:
    what = "shares whose words have {1} letters"
    return rule("cs-shares", key, value, draw=_shares, what=what, look=look, call=_shares_call)


def _of(gradients: list[Array], letters: list[list[int]]) -> tuple[Array, Array, Array, Array]:
    """The gradients (shares, 3); of each share its letters, its words, and what it is padded to."""
    counts = np.array([sum(share) for share in letters])
    rows = np.array([len(share) for share in letters])
    padded = np.array([len(share) * max(share) for share in letters])
    return np.array(gradients), counts, rows, padded


_BY_WORDS = "Weighted by words: the mean that is wanted runs over letters."
_ALIKE = "All shares weigh alike: one with more letters counts more."
_SUM = "That is the sum of the shares' gradients, without weights."
_NOT_DIVIDED = "That is not divided: by the letters of all shares."
_BY_SHARES = "Divided by the number of shares: divide by the letters of all."


def _weighed(stack: Array, weights: Array, whole: float, rows: Array) -> dict[str, Any]:
    """Mistakes where each share has a weight, and the sum is divided by `whole`."""
    added = weights @ stack
    return {
        _BY_WORDS: rows @ stack / rows.sum(),
        _ALIKE: stack.mean(0),
        _SUM: stack.sum(0),
        _NOT_DIVIDED: added,
        _BY_SHARES: added / len(rows),
        "Divided by the words of all shares: divide by their letters.": added / rows.sum(),
        "Weights upside down: more letters, more weight.": (
            (1 / weights) @ stack / (1 / weights).sum()
        ),
    }


@_shares_rule("of", "sums", "Add the sums up, and divide once, by the letters of all.")
def _shares_sums(gradients: list[Array], letters: list[list[int]]) -> Judgement:
    stack, counts, rows, _ = _of(gradients, letters)
    return stack.sum(0) / counts.sum(), {
        "There each share gives a mean, which is weighted. Here it gives a sum: its letters are "
        "in it already.": counts @ stack / counts.sum(),
        _SUM.replace("without weights", "not yet divided"): stack.sum(0),
        "Divided by the number of shares: divide by the letters of all.": stack.mean(0),
        "Divided by the words of all shares: divide by their letters.": stack.sum(0) / rows.sum(),
        "That is the mean of the shares' means: they do not weigh alike.": (
            (stack / counts[:, None]).mean(0)
        ),
        "That adds the shares' means up: add the sums, then divide once.": (
            (stack / counts[:, None]).sum(0)
        ),
        "Weighted by words: a sum needs no weight.": rows @ stack / rows.sum(),
    }


@_shares_rule(
    "divided by", "padded size", "Times what the share was divided by; then by the letters of all."
)
def _shares_padded(gradients: list[Array], letters: list[list[int]]) -> Judgement:
    stack, counts, rows, padded = _of(gradients, letters)
    longest = max(map(max, letters))
    return padded @ stack / counts.sum(), {
        "There a share's mean is over its letters. Here it was divided by its padded size, words "
        "times the longest: that is what to multiply by.": counts @ stack / counts.sum(),
        "Divided by the padded sizes of all: the wanted mean is over letters alone.": (
            padded @ stack / padded.sum()
        ),
        "A share is padded to its own longest word, not to the longest of all.": (
            longest * rows @ stack / counts.sum()
        ),
        "Times the longest word alone: a share has as many rows as words.": (
            (padded / rows) @ stack / counts.sum()
        ),
        "Each share is rescaled to its letters' mean, but then all weigh alike.": (
            (padded / counts) @ stack / len(rows)
        ),
        **_weighed(stack, padded, counts.sum(), rows),
    }


@_shares_rule("returns", "what is sent", "The plain mean of what you return must be the gradient.")
def _shares_sent(gradients: list[Array], letters: list[list[int]]) -> Judgement:
    stack, counts, rows, _ = _of(gradients, letters)
    scaled = counts[:, None] * stack / counts.sum()
    return len(rows) * scaled, {
        "That is the whole batch's gradient. Here each share's part is wanted, before the engine "
        "takes the mean.": counts @ stack / counts.sum(),
        "Their sum is the gradient, but the engine takes the mean: it divides by the number of "
        "processes, so multiply by it.": scaled,
        "Those are the factors: multiply each share's gradient by its own.": (
            len(rows) * counts / counts.sum()
        ),
        "Weighted by words: each mean runs over letters.": (
            len(rows) * rows[:, None] * stack / rows.sum()
        ),
        "They are sent as they are: all shares weigh alike then.": stack,
        "That is not divided: by the letters of all shares.": counts[:, None] * stack,
        "That is not divided by the letters of all; the mean does divide by the processes.": (
            len(rows) * counts[:, None] * stack
        ),
        "Divided by the number of shares: the engine does that. Multiply.": scaled / len(rows),
        "Upside down: more letters, more weight.": (
            counts.sum() * stack / (counts[:, None] * len(rows))
        ),
    }


@_shares_rule("scored", "but the first", "A word of n letters has n - 1 in the mean.")
def _shares_scored(gradients: list[Array], letters: list[list[int]]) -> Judgement:
    stack, counts, rows, _ = _of(gradients, letters)
    scored = counts - rows
    return scored @ stack / scored.sum(), {
        "There all letters count. Here each word's first is given, not predicted: it is in no "
        "mean.": counts @ stack / counts.sum(),
        "One letter a share is taken off: it is one a word.": (
            (counts - 1) @ stack / (counts - 1).sum()
        ),
        "Added: the first letter is one fewer, not one more.": (
            (counts + rows) @ stack / (counts + rows).sum()
        ),
        "The weights are right; what you divide by holds the first letters still.": (
            scored @ stack / counts.sum()
        ),
        "What you divide by is right; the weights hold the first letters still.": (
            counts @ stack / scored.sum()
        ),
        **_weighed(stack, scored, scored.sum(), rows),
    }
