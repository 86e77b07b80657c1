"""Changed tasks of chapter 12: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.shared import called
from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# ct-nats: arguments log_p, label


def _labels(*labels: list[int]) -> Draw:
    """Draws probabilities of four symbols for each label: short, too short, and many steps."""

    def draw(rng: np.random.Generator) -> Calls:
        calls: Calls = []
        for label in labels:
            for extra in (0, 3, 5):
                p = rng.dirichlet(np.ones(4), len(label) + extra or 2)
                calls.append([np.log(p), label])
        calls.append([np.log(rng.dirichlet(np.ones(4), 700)), labels[0]])
        return calls

    return draw


_FROM_1 = _labels([3, 1], [1, 1, 2], [2], [2, 1, 2, 2], [])


def _nats_rule(key: str, value: str, look: str, draw: Draw = _FROM_1) -> Register:
    return rule("ct-nats", key, value, draw=draw, what="label {1}", look=look)


def _skips(label: list[int], skips: str = "right", first: bool = True) -> Array:
    """Which of the 2U + 1 places are reached from two before; or with a mistake."""
    skip = np.zeros(2 * len(label) + 1, bool)
    for u, k in enumerate(label):
        differs = skips == "right" and k != label[u - 1]
        skip[2 * u + 1] = (differs or skips == "twins") if u else first
    return skip


def _alphas(
    log_p: Array, label: list[int], blank: int = 0, *, add: Any = np.logaddexp, **how: Any
) -> Array:
    """The lattice's logarithms, (T + 1, 2U + 3), two places in front."""
    places = [k for symbol in label for k in (blank, symbol)] + [blank]
    skip = _skips(label, **how) & (np.array(places) != blank)
    rows = [np.full(len(places) + 2, -np.inf)]
    rows[0][1] = 0
    for row in log_p:
        old = rows[-1]
        came = add(old[2:], old[1:-1])
        came = np.where(skip, add(came, old[:-2]), came)
        rows.append(np.concatenate([[-np.inf, -np.inf], row[places] + came]))
    return np.array(rows)


def _ctc(
    log_p: Array, label: list[int], blank: int = 0, *, ends: str = "both", **how: Any
) -> float:
    last = _alphas(log_p, label, blank, **how)[-1]
    both = how.get("add", np.logaddexp)(last[-1], last[-2])
    return -float({"both": both, "symbol": last[-2], "blank": last[-1]}[ends])


def _usual(right: float) -> dict[str, float]:
    return {
        "That is the logarithm itself: minus that is asked for.": -right,
        "That is the probability itself: minus its logarithm is asked for.": float(np.exp(-right)),
    }


def _lattice(loss: Callable[..., float]) -> dict[str, float]:
    """Mistakes in CTC's lattice, for a loss that takes them by name."""
    return {
        "A path may leave out a blank between two symbols that differ: the term from s - 2 is "
        "missing.": loss(skips="never"),
        "A path may not leave out the blank between twins: compare the symbol with the one two "
        "places before.": loss(skips="twins"),
        "Paths that begin with the first symbol are missing: no blank need stand before it.": loss(
            first=False
        ),
        **_usual(loss()),
    }


def _ends(loss: Callable[..., float]) -> dict[str, float]:
    end = "a label may end in either of the last two places."
    return {
        f"Paths that end in the last blank are missing: {end}": loss(ends="symbol"),
        f"Paths that end in the last symbol are missing: {end}": loss(ends="blank"),
    }


_ALONE = "That is the likeliest path of this label alone: add them up, np.logaddexp."


@_nats_rule(
    "blank",
    "the last",
    "Symbols count from 0, and the blank has the number behind them.",
    _labels([2, 0], [0, 0, 1], [0], [2, 1, 2, 2], []),
)
def _nats_last(log_p: Array, label: list[int]) -> Judgement:
    def loss(**how: Any) -> float:
        return _ctc(log_p, label, 3, **how)

    return loss(), {
        "That takes 0 for the blank. Here it is the last symbol, and 0 is one like the others.": (
            _ctc(log_p, label)
        ),
        **_lattice(loss),
        **_ends(loss),
        _ALONE: loss(add=np.maximum),
    }


@_nats_rule("adds", "the likeliest", "Of the ways into a place, take the largest.")
def _nats_likeliest(log_p: Array, label: list[int]) -> Judgement:
    def loss(**how: Any) -> float:
        return _ctc(log_p, label, add=np.maximum, **how)

    return loss(), {
        "That adds up all paths of the label. Here the likeliest alone counts: the largest in "
        "place of the sum.": _ctc(log_p, label),
        "That is the likeliest path of all, whatever it says: it must say the label.": -float(
            log_p.max(1).sum()
        ),
        "The last two places are added: take the larger.": -float(
            np.logaddexp(*_alphas(log_p, label, add=np.maximum)[-1, -2:])
        ),
        **_lattice(loss),
        **_ends(loss),
    }


def _in_order(log_p: Array, label: list[int], way: str = "", add: Any = np.logaddexp) -> float:
    """Minus the logarithm of all paths that say each symbol at one step; or with a mistake."""
    alpha = np.full(len(label) + 1, -np.inf)
    alpha[0] = 0
    for row in log_p:
        new = alpha + (0 if way == "free" else row[0])
        for u, k in enumerate(label, 1):
            new[u] = add(new[u], (new if way == "in place" else alpha)[u - 1] + row[k])
        alpha = new
    return -float(alpha[-1])


@_nats_rule("merging", "none", "Places are how many symbols are said: a blank stays, one goes on.")
def _nats_unmerged(log_p: Array, label: list[int]) -> Judgement:
    right = _in_order(log_p, label)
    return right, {
        "There equal neighbours merge. Here nothing does: each step that says a symbol adds one to "
        "the label.": _ctc(log_p, label),
        "At most one symbol is said at a step: make the new row from the old one alone.": _in_order(
            log_p, label, "in place"
        ),
        "A step that says no symbol says a blank: its probability is missing.": _in_order(
            log_p, label, "free"
        ),
        _ALONE: _in_order(log_p, label, add=np.maximum),
        **_usual(right),
    }


def _stretched(
    log_p: Array, label: list[int], *, twins: bool = False, add: Any = np.logaddexp
) -> float:
    """Minus the logarithm of all paths without blanks; `twins`: two runs of a symbol may touch."""
    alpha = np.full(len(label) + 1, -np.inf)
    alpha[0] = 0
    begins = np.array([u == 0 or twins or k != label[u - 1] for u, k in enumerate(label)], bool)
    for row in log_p:
        came = np.where(begins, add(alpha[1:], alpha[:-1]), alpha[1:])
        alpha = np.concatenate([[-np.inf], came + row[label]])
    return -float(alpha[-1])


@_nats_rule(
    "blank",
    "none",
    "A step says the same symbol again, or the label's next; twins have no path.",
    _labels([3, 1], [0, 2, 0], [2], [1, 0, 0], [2, 1, 2, 3], []),
)
def _nats_no_blank(log_p: Array, label: list[int]) -> Judgement:
    right = _stretched(log_p, label)
    return right, {
        "That has blanks. Here is none: 0 is a symbol like the others.": _ctc(log_p, label),
        "Equal neighbours merge, and no blank keeps twins apart: such a label has no path.": (
            _stretched(log_p, label, twins=True)
        ),
        "At least one step says a symbol: the empty label has no path.": right if label else 0.0,
        _ALONE: _stretched(log_p, label, add=np.maximum),
        **_usual(right),
    }


def _begun(log_p: Array, label: list[int], way: str = "", **how: Any) -> float:
    """Minus the logarithm of all paths whose label begins so; or with a mistake."""
    if not label:
        return 0.0
    alphas = _alphas(log_p, label, **how)
    if way == "again":
        return -float(np.logaddexp.reduce(alphas[1:, -2]))
    came = alphas[:-1, -3]
    if _skips(label, **how)[-2]:
        came = np.logaddexp(came, alphas[:-1, -4])
    return -float(np.logaddexp.reduce(came + log_p[:, label[-1]]))


@_nats_rule(
    "asked",
    "begins with",
    "Once the last symbol is said, whatever follows has probability 1 in all.",
)
def _nats_begins(log_p: Array, label: list[int]) -> Judgement:
    def loss(**how: Any) -> float:
        return _begun(log_p, label, **how)

    return loss(), {
        "That is the label and nothing behind it. Here anything may follow.": _ctc(log_p, label),
        "A path counts once: when it says the last symbol first, not again at each step that it "
        "stays there.": loss(way="again"),
        "Every path begins with the empty label: 0 nats.": loss() if label else _ctc(log_p, label),
        **_lattice(loss),
    }


# ct-prefix: arguments p, or its logarithms, and what else stays the same at each step

_PREFIXES = [(), *((k,) for k in (1, 2)), *((j, k) for j in (1, 2) for k in (1, 2))]
Sums = dict[tuple[int, ...], Any]


def _tables(rng: np.random.Generator) -> Calls:
    return [[rng.dirichlet(np.ones(3), T)] for T in (1, 3, 4)]


def _logs(rng: np.random.Generator) -> Calls:
    return [[np.log(p)] for (p,) in _tables(rng)]


def _with_bigrams(rng: np.random.Generator) -> Calls:
    return [[p, rng.dirichlet(np.ones(3), 3)] for (p,) in _tables(rng)]


def _prefix_call(start: Any, none: Any) -> Callable[..., Any]:
    """Runs all steps from `start`; gives what each prefix has, and how many others there are."""

    def call(answer: Any, p: Array, *more: Array) -> Any:
        beams: Any = {(): start}
        for row in p:
            beams = called(answer, dict(beams), row, *more)
            if not isinstance(beams, dict):
                return beams
        symbols = set(range(1, len(p[0])))
        said = [isinstance(y, tuple) and len(y) <= len(p) and set(y) <= symbols for y in beams]
        return (*(beams.get(prefix, none) for prefix in _PREFIXES), said.count(False))

    return call


def _prefix_rule(
    key: str,
    value: str,
    look: str,
    draw: Draw = _tables,
    start: Any = (1.0, 0.0),
    none: Any = (0.0, 0.0),
) -> Register:
    parts = (*map(str, _PREFIXES), "the number of prefixes that are none,")
    what, call = "what is kept after all steps", _prefix_call(start, none)
    return rule("ct-prefix", key, value, draw=draw, what=what, look=look, parts=parts, call=call)


def _grown(
    p: Array,
    way: str = "",
    *,
    larger: bool = False,
    parted: bool = False,
    bigrams: Array | None = None,
    empty: float = 0.0,
) -> Sums:
    """Both sums of each prefix after all steps, or what comes out with a mistake."""
    beams: Sums = {(): (1.0, 0.0)}
    for row in p:
        new: Sums = {}

        def put(prefix: tuple[int, ...], end: int, weight: float, new: Sums = new) -> None:
            sums = new.setdefault(prefix, [empty, empty])
            if way == "wiped":
                sums[end] = weight
            else:
                sums[end] = max(sums[end], weight) if larger else sums[end] + weight

        for prefix, (in_blank, in_symbol) in beams.items():
            both = max(in_blank, in_symbol) if larger else in_blank + in_symbol
            put(prefix, 0, both * row[0])
            for k in range(1, len(row)):
                stays, goes = _parts(way, in_blank, in_symbol, both)
                factor = 1.0 if bigrams is None else bigrams[prefix[-1] if prefix else 0, k]
                twin = prefix[-1:] == (k,)
                if twin:
                    put(prefix, 1, stays * row[k] * (factor if way == "merged, too" else 1))
                else:
                    goes = in_blank if parted else both
                put((*prefix, k), 1, goes * row[k] * (1 if twin and way == "no twins" else factor))
        beams = new
    return beams


def _parts(way: str, in_blank: float, in_symbol: float, both: float) -> tuple[float, float]:
    """For the last symbol again: what stays with the prefix, and what makes it longer."""
    ways = {
        "never": (both, 0.0),
        "merged": (both, in_blank),
        "parted": (in_symbol, both),
        "twice": (both, both),
        "swapped": (in_blank, in_symbol),
        "lost": (0.0, in_blank),
        "always": (0.0, both),
    }
    return ways.get(way, (in_symbol, in_blank))


def _rows(found: Sums, logs: bool = False) -> tuple[Any, ...]:
    """What `_prefix_call` gives for these sums."""
    rows = [np.array(found.get(prefix, (0.0, 0.0))) for prefix in _PREFIXES]
    with np.errstate(divide="ignore"):
        return (*((np.log(row) if logs else row) for row in rows), 0)


_WAYS = {
    "Twins never part: after a blank, the same symbol makes the prefix longer.": "never",
    "All paths merge, also those that end in a blank: there the same symbol is a new one.": (
        "merged"
    ),
    "All paths make the prefix longer, also those that end in the symbol: there it merges.": (
        "parted"
    ),
    "All paths merge, and all part: only those that end in the symbol stay, only those that end in "
    "a blank go on.": "twice",
    "The two went the wrong ways: after a blank the symbol is new, after itself it merges.": (
        "swapped"
    ),
    "Merging is missing: a symbol said again after itself changes no prefix.": "lost",
    "Every symbol makes the prefix longer here, with no merging.": "always",
    "A prefix is reached from several, and the last one wiped out the others.": "wiped",
}


def _slips(p: Array, logs: bool = False, **how: Any) -> dict[str, Any]:
    return {text: _rows(_grown(p, way, **how), logs) for text, way in _WAYS.items()}


@_prefix_rule(
    "sums",
    "logarithms",
    "All are logarithms: a product is a sum, a sum is np.logaddexp, and no path at all is -inf.",
    _logs,
    (0.0, -np.inf),
    (-np.inf, -np.inf),
)
def _prefix_logs(log_p: Array) -> Judgement:
    p = np.exp(log_p)
    return _rows(_grown(p), logs=True), {
        "Those are the sums; their logarithms are asked for.": _rows(_grown(p)),
        "A new prefix began with 0, which is the logarithm of 1: no path yet is -inf.": _rows(
            _grown(p, empty=1.0), logs=True
        ),
        "That keeps the largest: paths are added up, np.logaddexp.": _rows(
            _grown(p, larger=True), logs=True
        ),
        **_slips(p, logs=True),
    }


@_prefix_rule("keeps", "the likeliest", "Of all ways to a prefix and an end, keep the largest.")
def _prefix_likeliest(p: Array) -> Judgement:
    return _rows(_grown(p, larger=True)), {
        "That adds paths up. Here only the likeliest of each kind counts: the larger in place of "
        "the sum, everywhere.": _rows(_grown(p)),
        **_slips(p, larger=True),
    }


@_prefix_rule(
    "between", "always a blank", "From one symbol a path goes on to itself or to a blank, only."
)
def _prefix_parted(p: Array) -> Judgement:
    return _rows(_grown(p, parted=True)), {
        "There another symbol may follow at once. Here a blank must stand between any two: only "
        "paths that end in a blank make a prefix longer.": _rows(_grown(p)),
        **_slips(p, parted=True),
    }


@_prefix_rule(
    "weights",
    "bigrams",
    "Multiply by bigrams[last, k] where a prefix grows by k, and nowhere else.",
    _with_bigrams,
)
def _prefix_bigrams(p: Array, bigrams: Array) -> Judgement:
    return _rows(_grown(p, bigrams=bigrams)), {
        "The bigrams are not used: multiply by them where a prefix grows.": _rows(_grown(p)),
        "A symbol that merges adds nothing to the label: no bigram there.": _rows(
            _grown(p, "merged, too", bigrams=bigrams)
        ),
        "The rows of bigrams are what stands before: bigrams[last, k].": _rows(
            _grown(p, bigrams=bigrams.T)
        ),
        "A twin makes the prefix longer, too: its bigram is missing.": _rows(
            _grown(p, "no twins", bigrams=bigrams)
        ),
        **_slips(p, bigrams=bigrams),
    }


def _unmerged(p: Array, way: str = "") -> Sums:
    """The one sum of each prefix where nothing merges; or with a mistake."""
    beams: Sums = {(): 1.0}
    for row in p:
        new: Sums = {}
        for prefix, total in beams.items():
            for k, weight in enumerate(row):
                grown = (
                    prefix if k == 0 or way == "merges" and prefix[-1:] == (k,) else (*prefix, k)
                )
                if k or way != "no blank":
                    new[grown] = total * weight + (0 if way == "wiped" else new.get(grown, 0.0))
        beams = new
    return beams


@_prefix_rule(
    "merging",
    "none",
    "A blank leaves a prefix as it is; any symbol makes it longer.",
    start=1.0,
    none=0.0,
)
def _prefix_unmerged(p: Array) -> Judgement:
    def kept(found: Sums) -> tuple[Any, ...]:
        return (*(float(np.sum(found.get(prefix, 0.0))) for prefix in _PREFIXES), 0)

    return kept(_unmerged(p)), {
        "There equal neighbours merge unless a blank stands between. Here nothing merges.": kept(
            _grown(p)
        ),
        "Nothing merges: the same symbol again makes the prefix longer, too.": kept(
            _unmerged(p, "merges")
        ),
        "A prefix is reached from several, and the last one wiped out the others.": kept(
            _unmerged(p, "wiped")
        ),
        "Paths that say a blank now are missing: their prefix stays.": kept(
            _unmerged(p, "no blank")
        ),
    }
