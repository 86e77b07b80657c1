"""Checkers of chapter 12: connectionist temporal classification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, product
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, called, fixed, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("ct-collapse", forbid=("seqcourse.decoding.collapse", "seqcourse.decoding.ctc.collapse"))
class Collapse(Called):
    """Merge, then drop."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        hello = [8, 8, 0, 5, 12, 0, 12, 12, 15, 0, 8]  # and once more its first letter
        random = rng.integers(0, 4, 30).tolist()
        other = [3, 0, 0, 3, 0, 1, 1, 3, 3, 1, 2, 0]
        return {
            "cases": [
                (hello, 0),
                ([2, 2, 1, 2], 0),
                (other, 3),
                (random, 2),
                ([0, 0, 0], 0),
                ([], 0),
            ]
        }

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (path, blank), given in zip(inputs["cases"], outputs, strict=True):
            right = [k for k, _ in groupby(path) if k != blank]
            slips = {
                "Blanks were dropped first: twins that a blank kept apart stood side by side, and "
                "merged. Merge in the path, then drop.": _merged(_dropped(path, blank)),
                "Repeats are merged; the blanks are still there: drop them.": _merged(path),
                "Blanks are dropped; repeats are not merged.": _dropped(path, blank),
                "Each symbol is there once only: merge neighbours, not all that are alike.": list(
                    dict.fromkeys(right)
                ),
                "The first symbol has none before it: path[-1] is the last one of the path.": [
                    k for t, k in enumerate(path) if k not in (blank, path[t - 1])
                ],
                "You dropped the symbol 0: the blank is given, and need not be 0.": [
                    k for k, _ in groupby(path) if k != 0
                ],
            }
            look = next((text for text, value in slips.items() if _is(given, value)), "")
            look = (
                look or "Compare each symbol with the one before it in the path, blanks included."
            )
            name = f"path {_written(path)}, blank {blank}"
            yield holds(name, _is(given, right), given=given, expected=right, look=look)


def _merged(path: Sequence[int]) -> list[int]:
    return [k for k, _ in groupby(path)]


def _dropped(path: Sequence[int], blank: int) -> list[int]:
    return [k for k in path if k != blank]


def _is(given: Plain, right: Sequence[int]) -> bool:
    if not isinstance(given, list | tuple | np.ndarray) or np.ndim(given) != 1:
        return False
    return np.shape(given) == np.shape(right) and all(
        not isinstance(g, bool | str) and g == r for g, r in zip(given, right, strict=True)
    )


def _written(path: Sequence[int]) -> str:
    text = " ".join(map(str, path)) or "without steps"
    return text if len(text) < 40 else text[:37] + " …"


@exercise("ct-least")
class Least(Called):
    """How few steps say a label."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        labels = [[8, 5, 12, 12, 15], [1, 1, 1], [1, 2, 1, 2], [4], [], [3, 3, 5, 5, 5, 3]]
        return {"cases": [(label,) for label in labels]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (label,), given in zip(inputs["cases"], outputs, strict=True):
            size, twins = len(label), sum(map(int.__eq__, label, label[1:]))
            slips = {
                "That is a step a symbol: what keeps two equal neighbours apart?": size,
                "That has a blank before, between and behind: which of them may be left out?": (
                    2 * size + 1
                ),
                "That has a blank between any two symbols: which of them may be left out?": (
                    max(0, 2 * size - 1)
                ),
                "Only equal *neighbours* need a blank, not any two equal symbols.": (
                    2 * size - len(set(label))
                ),
                "Count the pairs of neighbours that are alike: three in a row are two pairs.": (
                    size + sum(len(list(run)) > 1 for _, run in groupby(label))
                ),
                "Add the blanks between twins, do not take them off.": size - twins,
            }
            look = slip(given, slips) or "Write the shortest path for this label, and count."
            if not label:
                look = "A path of no steps at all says the empty label."
            yield close(f"label {label}", given, size + twins, look=look, rtol=0, atol=0.1)


@exercise(
    "ct-nats",
    forbid=(
        "torch.nn.functional.ctc_loss",
        "torch.nn.CTCLoss",
        "seqcourse.nn.functional.ctc_loss",
        "seqcourse.nn.CTCLoss",
        "seqcourse.gradients.ctc_lattice",
        "seqcourse.gradients.ctc_forward",
    ),
)
class Nats:
    """The loss by the forward recursion, in logarithms."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        labels: tuple[list[int], ...]
        labels = ([1, 2], [1, 1, 2], [2], [2, 1, 2, 2], [], [1, 1], [3, 1])
        steps = (4, 6, 1, 7, 3, 2, 700)
        cases = []
        for label, T in zip(labels, steps, strict=True):
            cases.append({"log_p": np.log(rng.dirichlet(np.ones(4), T)), "label": label})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [called(answer, c["log_p"], list(c["label"])) for c in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            log_p, label = case["log_p"], case["label"]
            right = _nats(log_p, label)
            slips = {
                "That is ln p(y|x): the loss is minus that.": -right,
                "A path may leave out a blank between two symbols that differ: the third term, "
                "from s - 2, is missing.": _nats(log_p, label, skips="never"),
                "A path may not leave out the blank between twins: compare the symbol with the one "
                "two places before.": _nats(log_p, label, skips="twins"),
                "A path may not come to a blank from two places before: it would leave out a "
                "symbol.": _nats(log_p, label, skips="blanks"),
                "Paths that end in the last blank are missing: a label may end in either of the "
                "last two places.": _nats(log_p, label, ends="symbol"),
                "Paths that end in the last symbol are missing: a label may end in either of the "
                "last two places.": _nats(log_p, label, ends="blank"),
                "Paths that begin with the first symbol are missing: from in front of place 1, "
                "place 2 is reached by leaving out a blank.": _nats(log_p, label, first=False),
                "That is the likeliest path of this label alone: add them up, np.logaddexp, "
                "instead of taking the largest.": _nats(log_p, label, add=np.maximum),
                "That is the probability itself: minus its logarithm is asked for.": (
                    float(np.exp(-right))
                ),
                "The start stays in your new rows: once a step is made, nothing stands in front of "
                "place 1.": _nats(log_p, label, stays=True),
                "That is the loss for each symbol: the whole label's is asked for.": (
                    right / max(1, len(label))
                ),
                "That is the loss for each step: the whole path's is asked for.": (
                    right / len(log_p)
                ),
            }
            look = slip(given, slips, rtol=1e-6)
            if not look and np.isinf(right):
                look = "No path fits in so few steps: the loss is infinite, and nothing is NaN."
            elif not look and isinstance(given, float) and not np.isfinite(given):
                look = "Stay in logarithms: so many probabilities multiplied are 0 to a float."
            look = look or (
                "Is the new row made from the old one alone, with ln p_t of the place's own symbol?"
            )
            name = f"label {label} in {len(log_p)} steps"
            yield close(name, given, right, look=look, rtol=1e-6)


def _nats(
    log_p: np.ndarray,
    label: Sequence[int],
    *,
    skips: str = "right",
    ends: str = "both",
    first: bool = True,
    stays: bool = False,
    add: Any = np.logaddexp,
) -> float:
    """The loss, or what comes out with a mistake."""
    places = [k for symbol in label for k in (0, symbol)] + [0]
    skip = np.zeros(len(places), bool)
    for s, k in enumerate(places):
        begins = s == 1 and first
        differs = s > 1 and k != 0 and k != places[s - 2]
        twin = skips == "twins" and s > 1 and k != 0
        blank = skips == "blanks" and s > 1 and k == 0
        skip[s] = begins or (skips != "never" and (differs or twin)) or blank
    alpha = np.full(len(places) + 2, -np.inf)
    alpha[1] = 0
    with np.errstate(invalid="ignore"):
        for row in log_p:
            came = add(alpha[2:], alpha[1:-1])
            came = np.where(skip, add(came, alpha[:-2]), came)
            alpha = np.concatenate([[-np.inf, 0 if stays else -np.inf], row[places] + came])
    last = {"both": add(alpha[-1], alpha[-2]), "symbol": alpha[-2], "blank": alpha[-1]}
    return float(-last[ends])


@exercise("ct-weights")
class Weights(Called):
    """How many numbers a two-way LSTM with peepholes and a softmax trains."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(26, 100, 62), (3, 7, 5), (39, 64, 40), (1, 1, 2)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (D, H, V), given in zip(inputs["cases"], outputs, strict=True):
            softmax = V * (2 * H + 1)

            def both(extra: int, biases: int = 1, D: int = D, H: int = H) -> int:
                return 2 * H * (4 * (D + H + biases) + extra)

            slips = {
                "The peepholes are missing: each unit has three.": both(0) + softmax,
                "Only three gates look into the cell; the candidate does not.": both(4) + softmax,
                "Two biases a block are PyTorch's; this net has one.": both(3, 2) + softmax,
                "The blocks' biases are missing.": both(3, 0) + softmax,
                "A peephole looks into its own cell: one weight, not one for each cell.": (
                    both(3 * H) + softmax
                ),
                "The softmax reads both directions: 2 H numbers.": both(3) + V * (H + 1),
                "The softmax's bias is missing.": both(3) + V * 2 * H,
                "Off by V: one softmax has one bias a symbol.": both(3) + V * (2 * H + 2),
                "V holds the blank already.": both(3) + (V + 1) * (2 * H + 1),
                "There are two directions, each with weights of its own.": both(3) // 2 + softmax,
                "That is the two LSTM layers alone: the softmax is missing.": both(3),
            }
            usual = "Count one unit, then one direction, then both, then the softmax."
            look = slip(given, slips, rtol=1e-9) or usual
            name = f"D = {D}, H = {H}, V = {V}"
            yield close(name, given, both(3) + softmax, look=look, rtol=0, atol=0.1)


@exercise("ct-mislead")
class Mislead(Predicted):
    """A table whose best path says (1), and whose best label is (2)."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        try:
            p = np.asarray(outputs, dtype=float)
        except (TypeError, ValueError):
            p = np.zeros(0)
        if p.shape != (3, 3) or not np.isfinite(p).all():
            look = "One row a step; in it, what blank, 1 and 2 get."
            wanted = "three rows, each of three numbers"
            yield holds("the table", False, given=outputs, expected=wanted, look=look)
            return
        sums = p.sum(1)
        law = bool((p >= 0).all() and np.allclose(sums, 1, atol=1e-6))
        look = "No probability below 0, and each row adds up to 1."
        yield holds("each row is a law", law, given=sums, expected="1, 1, 1", look=look)
        labels: dict[tuple[int, ...], float] = {}
        for path in product(range(3), repeat=3):
            said = tuple(k for k, _ in groupby(path) if k)
            labels[said] = labels.get(said, 0.0) + float(p[np.arange(3), path].prod())
        best = str(tuple(int(k) for k, _ in groupby(p.argmax(1).tolist()) if k))
        look = "Take each row's largest: 1 in one row, or in neighbours, and blanks elsewhere."
        tied = np.flatnonzero(np.diff(np.sort(p, 1)[:, 1:], axis=1)[:, 0] < 1e-9)
        if tied.size:
            best = f"a tie in row {tied[0] + 1}"
            look = "The two largest of that row are equal: let one win."
        yield holds("the best path says", best == "(1,)", given=best, expected="(1,)", look=look)
        likeliest = max(labels, key=lambda label: labels[label])
        found = f"{likeliest} with {labels[likeliest]:.3f}; (2,) has {labels[2,]:.3f}"
        look = {
            (1,): "1 is the likeliest label still: where 1 does not win, give it next to nothing, "
            "and let 2 be close behind the winner.",
            (): "To say nothing is the likeliest: give the blanks less, and 2 more.",
        }.get(likeliest, "A longer label is the likeliest: give more to the blank.")
        rest = max(weight for label, weight in labels.items() if label != (2,))
        ahead = labels[2,] > rest + 1e-9
        yield holds("the likeliest label is", ahead, given=found, expected="(2,)", look=look)


@exercise("ct-prefix")
class Prefix:
    """One step of prefix beam search."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [rng.dirichlet(np.ones(3), T) for T in (1, 3, 4)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = []
        for p in inputs["cases"]:
            beams: Any = {(): (1.0, 0.0)}
            for row in p:
                beams = answer(dict(beams), fixed(row))
                if beams is None:
                    return None
            found.append([[list(prefix), *map(float, sums)] for prefix, sums in beams.items()])
        return found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for p, given in zip(inputs["cases"], outputs, strict=True):
            right = _extended(p)
            mine = {tuple(prefix): (blank, symbol) for prefix, blank, symbol in given}
            wanted = _rows(right, right)
            slips = {
                "Twins never part: after a blank, the same symbol makes the prefix longer.": (
                    _rows(_extended(p, "never"), right)
                ),
                "All paths merge, and all part: only those that end in the symbol stay, only "
                "those that end in a blank go on.": _rows(_extended(p, "twice"), right),
                "All paths merge, those that end in a blank, too: there the same symbol is new.": (
                    _rows(_extended(p, "merged"), right)
                ),
                "All paths go on to a longer prefix, those that end in the symbol, too: there the "
                "same symbol merges.": _rows(_extended(p, "longer"), right),
                "Another symbol may follow at once: only the same one needs a blank before it.": (
                    _rows(_extended(p, "parted"), right)
                ),
                "The two sums went the wrong ways: after a blank the symbol is new, after itself "
                "it merges.": _rows(_extended(p, "swapped"), right),
                "Merging is missing: a symbol said again after itself changes no prefix.": (
                    _rows(_extended(p, "lost"), right)
                ),
                "Every symbol makes the prefix longer here, with no merging.": (
                    _rows(_extended(p, "always"), right)
                ),
                "A prefix is reached from several, and the last one wiped out the others: add.": (
                    _rows(_extended(p, "wiped"), right)
                ),
            }
            values = _rows(mine, right)
            look = slip(values, slips, rtol=1e-7) or (
                "Compare the two sums of (1,) after two steps with your own, by hand."
            )
            after = f"after {len(p)} step{'s' * (len(p) > 1)}"
            strange = sorted(set(mine) - set(right), key=str)
            if strange:
                look = "Each prefix is a tuple of symbols without blank, at most one a step."
                yield holds(f"the prefixes {after}", False, given=str(strange[:3]), look=look)
                continue
            wrong = np.argwhere(~np.isclose(values, wanted, rtol=1e-7, atol=1e-9))
            name = f"both sums of each prefix {after}"
            if len(wrong):
                row, end = wrong[0]
                ends = ("a blank", "its symbol")[end]
                name = f"prefix {sorted(right)[row]} {after}, its paths that end in {ends}"
                values, wanted = values[row, end], wanted[row, end]
            yield close(name, values, wanted, look=look, rtol=1e-7)


Sums = dict[tuple[int, ...], tuple[float, float]]


def _rows(found: Sums, order: Sums) -> np.ndarray:
    """Both sums, (prefixes, 2), in one order; 0 where a prefix is not there."""
    return np.array([found.get(prefix, (0.0, 0.0)) for prefix in sorted(order)], dtype=float)


def _extended(p: np.ndarray, slip_: str = "") -> Sums:
    """All prefixes after all steps, or what comes out with a mistake."""
    beams: dict[tuple[int, ...], list[float]] = {(): [1.0, 0.0]}
    for row in p:
        new: dict[tuple[int, ...], list[float]] = {}

        def put(prefix: tuple[int, ...], end: int, weight: float, new: Any = new) -> None:
            sums = new.setdefault(prefix, [0.0, 0.0])
            sums[end] = weight if slip_ == "wiped" else sums[end] + weight

        for prefix, (in_blank, in_symbol) in beams.items():
            both = in_blank + in_symbol
            ways = {  # for its last symbol again: what stays, and what makes it longer
                "never": (both, 0.0),
                "twice": (both, both),
                "merged": (both, in_blank),
                "longer": (in_symbol, both),
                "swapped": (in_blank, in_symbol),
                "lost": (0.0, in_blank),
                "always": (0.0, both),
            }
            put(prefix, 0, both * row[0])
            for k in range(1, len(row)):
                stays, goes = ways.get(slip_, (in_symbol, in_blank))
                if prefix and k == prefix[-1]:
                    put(prefix, 1, stays * row[k])
                    put((*prefix, k), 1, goes * row[k])
                else:
                    put((*prefix, k), 1, (in_blank if slip_ == "parted" else both) * row[k])
        beams = new
    return {prefix: (sums[0], sums[1]) for prefix, sums in beams.items()}
