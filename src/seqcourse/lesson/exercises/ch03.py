"""Checkers of chapter 3, Markov models and n-grams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, about, fixed, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close


@exercise("mk-row")
class Row(Called):
    """Next-symbol probabilities from counts of pairs."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [[rng.integers(1, 50, (n, n)).astype(float)] for n in (3, 27)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (counts,), given in zip(inputs["cases"], outputs, strict=True):
            right = counts / counts.sum(1, keepdims=True)
            slips = {
                "Each column sums to 1 here: that is how likely each symbol came *before*. Divide "
                "each row by its own sum.": counts / counts.sum(0),
                "Each count is divided by the sum of another row: keep the axis of the row sums "
                "(keepdims=True), so that they stand beside their rows.": counts / counts.sum(1),
                "All numbers together sum to 1: these are pairs' probabilities. Divide each row by "
                "its own sum.": counts / counts.sum(),
                "That is a softmax of the counts: they are not logits, just divide.": _softmax(
                    counts
                ),
                "That adds 1 to every count: not asked for yet.": (counts + 1)
                / (counts + 1).sum(1, keepdims=True),
            }
            look = slip(given, slips) or "Row h holds what came after h: it has to sum to 1."
            yield close(
                f"the probabilities from {len(counts)} × {len(counts)} counts",
                given,
                right,
                look=look,
            )


@exercise("mk-start")
class Start:
    """The logarithm of a whole word's probability under a bigram table."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"P": rng.dirichlet(np.ones(27), 27), "words": ["cat", "a", "sequence"]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(word, inputs["P"].copy()) for word in inputs["words"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        from seqcourse.data.words import encode

        table = inputs["P"]
        for word, given in zip(inputs["words"], outputs, strict=True):
            x = encode([word])
            logs = np.log(table[x[:-1], x[1:]])  # (letters + 1,)
            right, mean = logs.sum(), logs.mean()
            inner = logs[1:-1].sum()
            slips = {
                "Two factors are missing: the first, p(x₁ | .), and the last, p(. | x_T).": inner,
                "The first letter's factor, p(x₁ | .), is missing.": logs[1:].sum(),
                "The end's factor, p(. | x_T), is missing: a word also says where it stops.": logs[
                    :-1
                ].sum(),
                "That is the probability: its logarithm is asked for.": np.exp(right),
                "That is in bits: take the natural logarithm.": right / np.log(2),
                "That is to base 10: take the natural logarithm.": right / np.log(10),
                "That is the logarithm of a sum: take each factor's logarithm first, then add.": (
                    np.log(table[x[:-1], x[1:]].sum())
                ),
                "That is the mean of the logarithms: a word's probability is a product.": mean,
                "The table is read the wrong way round: P[before, after].": np.log(
                    table[x[1:], x[:-1]]
                ).sum(),
                "That is the negative: a loss. The logarithm itself is asked for.": -right,
            }
            look = slip(given, slips) or f"“{word}” takes {len(logs)} factors: count yours."
            yield close(f"ln p({word})", given, right, look=look)


@exercise("mk-perplexity")
class Perplexity(Predicted):
    """Three perplexities: uniform, mixed, and with one zero."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 3, "three numbers: one perplexity for each of (a), (b), (c)"):
            yield lost
            return
        look = "e to the mean of −ln p; here all p are equal."
        slips = {"That is the loss in nats: the perplexity is e to it.": np.log(27)}
        slips["That is the loss in bits: the perplexity is 2 to it."] = np.log2(27)
        slips["The end of the word is a symbol, too."] = 26.0
        yield about("(a)", outputs[0], 27.0, slip(outputs[0], slips) or look)
        slips = {
            "That is the mean of 2 and 8. Average the *logarithms*, then take e to it.": 5.0,
            "That is one over the mean probability. Average the *logarithms*.": 3.2,
            "That is 2 times 8. The mean of two logarithms is half their sum.": 16.0,
            "That is upside down: a number of choices is at least 1.": 0.25,
            "That is the loss in nats: the perplexity is e to it.": np.log(4),
            "That is the loss in bits: the perplexity is 2 to it.": 2.0,
        }
        look = "The mean of ln 2 and ln 8 is ln √16."
        yield about("(b)", outputs[1], 4.0, slip(outputs[1], slips) or look)
        look = "What is −ln 0? And the mean of a thousand numbers, one of which is that?"
        yield about("(c)", outputs[2], np.inf, look)


@exercise("mk-witten-bell")
class WittenBell:
    """Witten-Bell: a spelling model from counts after contexts of every length."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        words = ["".join(rng.choice(list("aent"), size)) for size in rng.integers(1, 7, 60)]
        words += ["tea", "neat", "tent"]
        contexts = {0: ["", "tea"], 1: ["", "n", "tean", "z"], 3: ["", "t", "nea", "teat", "zen"]}
        return {
            "tables": {str(k): [_tally(words, j) for j in range(k + 1)] for k in contexts},
            "cases": [[str(k), context] for k in contexts for context in contexts[k]],
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        outputs = []
        for k, context in inputs["cases"]:
            tables = [_Seen({h: fixed(n) for h, n in t.items()}) for t in inputs["tables"][k]]
            outputs.append(answer(tables, context))
        return outputs

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        cases = [(inputs["tables"][k], context) for k, context in inputs["cases"]]
        slip = next(
            (text for text, how in _LENDING.items() if all(_all_same(cases, outputs, how))),
            _stopped_early(cases, outputs),
        )
        for (tables, context), given in zip(cases, outputs, strict=True):
            look = slip or _lost(tables, context, given)
            k = len(tables) - 1
            name = f"after {context!r}, with contexts of up to {k} symbol{'s' * (k != 1)}"
            yield close(name, given, _lend(tables, context), look=look)


class _Seen(dict[str, np.ndarray]):
    """Counts that say what to do where there are none."""

    def __missing__(self, context: str) -> np.ndarray:
        raise KeyError(
            f"{context!r} was never seen: ask with tables[j].get(…). Where it gives None, "
            "leave p as it is"
        )


def _all_same(
    cases: Iterable[tuple[list[dict[str, np.ndarray]], str]], outputs: Plain, how: dict[str, Any]
) -> Iterable[bool]:
    """Whether each output is what a mistake makes of its case."""
    return (same(given, _lend(*case, **how)) for case, given in zip(cases, outputs, strict=True))


def _stopped_early(cases: Iterable[tuple[list[dict[str, np.ndarray]], str]], outputs: Plain) -> str:
    """Whether every output stops at the same short length."""
    cases = list(cases)
    for j in range(max(len(tables) for tables, _ in cases) - 1):
        cut = [(tables[: j + 1], context) for tables, context in cases]
        if all(_all_same(cut, outputs, {})):
            return f"That is right for contexts of up to {j} symbols: go on to the longer ones."
    return ""


# What each typical mistake does in `_lend`.
_LENDING: dict[str, dict[str, Any]] = {
    "u is the number of *different* symbols seen after the context, not of those never seen.": {
        "kinds": "zeros"
    },
    "u is the number of different symbols seen after the context, not always 27.": {"kinds": "all"},
    "u counts each different symbol one time, however often: `np.count_nonzero(n)`.": {
        "kinds": "sightings"
    },
    "That does not sum to 1: what is lent must stand below the line, too.": {"below": False},
    "That lends to unseen symbols only: the shorter context's law speaks of all of them.": {
        "unseen": True
    },
    "Only n / n.sum() is there, so new words will meet zeros: add u * p above the line, u below; "
    "p is what the shorter context said.": {"lend": False},
    "You lend from 1/27. The shorter context's own law has to come in: go through the lengths "
    "0, 1, 2, … and let each result be the next one's p.": {"chain": False},
    "Put dots in front, however many letters there are so far: `'.' * len(tables) + context`.": {
        "dots": ""
    },
    "Length 0 is left out: `text[-0:]` is the whole text, not its last 0 symbols. Write "
    "`text[len(text) - j :]`.": {"first": 1},
    "The longest contexts are left out: length len(tables) - 1 counts, too.": {"last": -1},
    "The lengths come in the wrong order: the shortest first, so that the longest has the last "
    "word.": {"order": -1},
    "The dots stand behind the letters: a word begins with them.": {"behind": True},
    "The context of length j is the *last* j symbols: yours are the first.": {"early": True},
    "Below length 0 stands 1/27 for each symbol, not 0.": {"base": 0.0},
    "Below length 0 stands 1/27 for each symbol, not 1.": {"base": 1.0},
    "Below length 0 stands 1/27: the end of a word is a symbol, too.": {"base": 1 / 26},
    "A context that was never seen keeps what the shorter one said: you start again from 1/27.": {
        "unseen_base": True
    },
}


def _lend(
    tables: list[dict[str, np.ndarray]],
    context: str,
    *,
    kinds: str = "",
    below: bool = True,
    unseen: bool = False,
    lend: bool = True,
    chain: bool = True,
    first: int = 0,
    last: int = 0,
    order: int = 1,
    dots: str = ".",
    behind: bool = False,
    early: bool = False,
    base: float = 1 / 27,
    unseen_base: bool = False,
) -> np.ndarray:
    """p (27,) by Witten and Bell, or what comes out with a mistake."""
    pad = dots * len(tables)
    text = context + pad if behind else pad + context
    p: np.ndarray = np.full(27, base)
    for j in list(range(first, len(tables) + last))[::order]:
        n = tables[j].get(
            (text.lstrip(".") or text)[:j] if early else text[max(len(text) - j, 0) :]
        )
        if n is None:
            p = np.full(27, 1 / 27) if unseen_base else p
            continue
        seen = np.count_nonzero(n)
        u = {"zeros": 27 - seen, "all": 27, "sightings": n.sum()}.get(kinds, seen)
        lent = (u if lend else 0) * (p if chain else np.full(27, 1 / 27))
        mass = np.where(n > 0, n, lent) if unseen else n + lent
        p = mass / (n.sum() + (u if below and lend else 0))
    return p


def _lost(tables: list[dict[str, np.ndarray]], context: str, given: Plain) -> str:
    """Where one output leaves the right way, if no single mistake explains them all."""
    if not np.isfinite(np.asarray(given, dtype=float)).all():
        return "Where a context was never seen there is nothing to divide by: keep what p was."
    for text, how in _LENDING.items():
        wrong = _lend(tables, context, **how)
        if same(given, wrong) and not same(given, _lend(tables, context)):
            return text
    if not np.isclose(np.sum(given), 1):
        return "Your numbers do not sum to 1. One step: p = (n + u * p) / (n.sum() + u)."
    return (
        "Follow it by hand: p begins as 1/27 for each symbol; for each length 0, 1, 2, … that was "
        "seen, p = (n + u * p) / (n.sum() + u)."
    )


def _tally(words: Iterable[str], k: int) -> dict[str, np.ndarray]:
    """Counts (27,) after every context of k symbols."""
    from seqcourse.data.words import ALPHABET

    table: dict[str, np.ndarray] = {}
    for word in words:
        text = "." * k + word + "."
        for t in range(k, len(text)):
            table.setdefault(text[t - k : t], np.zeros(27))[ALPHABET.index(text[t])] += 1
    return table


@exercise(
    "mk-stationary",
    forbid=("numpy.linalg.eig", "numpy.linalg.eigvals", "numpy.linalg.solve", "numpy.linalg.inv"),
)
class Stationary(Called):
    """Stationary law and second eigenvalue of a chain with two states."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        pairs = [[0.2, 0.7], [1.0, 1.0], [0.9, 0.6]]
        return {"cases": pairs + rng.uniform(0.05, 0.95, (3, 2)).tolist()}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (a, b), given in zip(inputs["cases"], outputs, strict=True):
            case = f"for a = {a:.3g}, b = {b:.3g}"
            text = "return three numbers: π_V, π_C, λ"
            if lost := misshapen(given, 3, text, f"the form of the answer {case}"):
                yield lost
                return
            look = "Balance: as many steps leave V, π_V a, as come to it, π_C b. And they sum to 1."
            slips = {
                "The two are swapped: a is the chance to *leave* V, so a large a makes V rare.": a
                / (a + b),
                "They do not sum to 1: divide by a + b.": b,
                "b / a is π_V / π_C: put π_C = 1 − π_V there, and solve for π_V.": b / a,
                "Half of the time each would need a = b.": 0.5,
            }
            first = slip(given[0], slips) if a != b else ""
            yield close(f"π_V {case}", given[0], b / (a + b), look=first or look)
            yield close(f"π_C {case}", given[1], a / (a + b), look=look)
            slips = {
                "The sign is wrong: the trace of P is 2 − a − b, and one eigenvalue is 1.": a
                + b
                - 1,
                "That is the eigenvalue 1, whose vector is π. They sum to the trace, 2 − a − b: "
                "which is the other?": 1.0,
                "That is the trace; take the eigenvalue 1 off.": 2 - a - b,
                "That is the share that moves; the eigenvalue is what is left of a start.": a + b,
            }
            look = slip(given[2], slips) or "The eigenvalues sum to the trace, 2 − a − b."
            yield close(f"λ {case}", given[2], 1 - a - b, look=look)


@exercise("mk-nucleus")
class Nucleus(Called):
    """Top-p: the fewest likeliest symbols whose probabilities reach top_p."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases: list[list[Any]] = [
            [np.array([0.125, 0.0625, 0.5, 0.25, 0.0625]), 0.5],
            [np.array([0.0625, 0.25, 0.5, 0.1875]), 0.6],
            [np.array([0.125, 0.75, 0.125]), 0.25],
        ]
        return {"cases": cases + [[rng.dirichlet(np.ones(9)), share] for share in (0.8, 1.0)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (p, share), given in zip(inputs["cases"], outputs, strict=True):
            order = np.argsort(-p, kind="stable")
            ranked = p[order]
            reached = np.cumsum(ranked)
            kept = np.where(reached - ranked < share, ranked, 0)
            right = np.zeros_like(p)
            right[order] = kept / kept.sum()
            raw, short, more = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
            raw[order] = kept
            short[order] = np.where(reached <= share, ranked, 0)
            more[order] = np.where(reached - ranked <= share, ranked, 0)
            floor = np.where(p >= share, p, 0)
            slips = {
                "What is left does not sum to 1: divide by its sum.": raw,
                "The symbol that crosses top_p is left out: one stays if the sum *before* it is "
                "below top_p.": _scaled(short),
                "One symbol too many: top_p was reached before it.": _scaled(more),
                "The result is in order of probability: put each back into its own place, by "
                "`out[order] = …`.": kept / kept.sum(),
                "Each stands in a wrong place: `out[order] = kept` puts them back, `kept[order]` "
                "sorts once more.": (kept / kept.sum())[order],
                "That keeps the *least* likely ones: sort the other way round.": _least(p, share),
                "top_p is not a threshold for a single symbol: sort, add up, and keep a symbol "
                "while the sum before it is below top_p.": _scaled(floor),
                "Nothing was cut off.": p,
            }
            look = slip(given, slips) or "Sort, add up from the likeliest, stop once top_p is met."
            text = np.array2string(p, precision=4, separator=", ")
            yield close(f"top_p = {share} of {text}", given, right, look=look)


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True))


def _scaled(p: np.ndarray) -> np.ndarray:
    return p / p.sum() if p.sum() else p


def _least(p: np.ndarray, share: float) -> np.ndarray:
    """Top-p of the unlikeliest."""
    order = np.argsort(p, kind="stable")
    ranked = p[order]
    out = np.zeros_like(p)
    out[order] = np.where(np.cumsum(ranked) - ranked < share, ranked, 0)
    return _scaled(out)
