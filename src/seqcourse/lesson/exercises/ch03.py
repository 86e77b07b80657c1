"""Checkers of chapter 3, Markov models and n-grams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import exercise
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("mk-row")
class Row:
    """Next-symbol probabilities from counts of pairs."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
        return {"counts": [rng.integers(1, 50, (n, n)).astype(float) for n in (3, 27)]}

    @staticmethod
    def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
        return [answer(counts.copy()) for counts in inputs["counts"]]

    @staticmethod
    def judge(
        inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
    ) -> Iterable[Finding]:
        for counts, given in zip(inputs["counts"], outputs, strict=True):
            right = counts / counts.sum(1, keepdims=True)
            slips = {
                "Each column sums to 1 here: that is how likely each symbol came *before*. Divide "
                "each row by its own sum.": counts / counts.sum(0),
                "Each count is divided by the sum of another row: keep the axis of the row sums "
                "(keepdims=True), so that they stand beside their rows.": counts / counts.sum(1),
                "All numbers together sum to 1: these are pairs' probabilities. Divide each row by "
                "its own sum.": counts / counts.sum(),
                "That is a softmax of the counts: they are no logits, just divide.": _softmax(
                    counts
                ),
                "That adds 1 to every count: not asked for yet.": (counts + 1)
                / (counts + 1).sum(1, keepdims=True),
            }
            look = _slip(given, slips) or "Row h holds what came after h: it has to sum to 1."
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
    def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
        return {"P": rng.dirichlet(np.ones(27), 27), "words": ["cat", "a", "sequence"]}

    @staticmethod
    def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
        return [answer(word, inputs["P"].copy()) for word in inputs["words"]]

    @staticmethod
    def judge(
        inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
    ) -> Iterable[Finding]:
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
                "That is the mean of the logarithms: a word's probability is a product.": mean,
                "The table is read the wrong way round: P[before, after].": np.log(
                    table[x[1:], x[:-1]]
                ).sum(),
                "That is the negative: a loss. The logarithm itself is asked for.": -right,
            }
            look = _slip(given, slips) or f"“{word}” takes {len(logs)} factors: count yours."
            yield close(f"ln p({word})", given, right, look=look)


@exercise("mk-perplexity")
class Perplexity:
    """Three perplexities: uniform, mixed, and with one zero."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    @staticmethod
    def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
        return answer

    @staticmethod
    def judge(
        inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
    ) -> Iterable[Finding]:
        if not isinstance(outputs, tuple | list | np.ndarray) or len(outputs) != 3:
            text = "three numbers: one perplexity for each of (a), (b), (c)"
            yield holds("the form of the answer", False, given=outputs, expected=text)
            return
        look = "e to the mean of −ln p; here all p are equal."
        slips = {"That is the loss in nats: the perplexity is e to it.": np.log(27)}
        slips["That is the loss in bits: the perplexity is 2 to it."] = np.log2(27)
        slips["The end of the word is a symbol, too."] = 26.0
        yield _about("(a)", outputs[0], 27.0, _slip(outputs[0], slips) or look)
        slips = {
            "That is the mean of 2 and 8. Average the *logarithms*, then take e to it.": 5.0,
            "That is one over the mean probability. Average the *logarithms*.": 3.2,
            "That is the loss in nats: the perplexity is e to it.": np.log(4),
            "That is the loss in bits: the perplexity is 2 to it.": 2.0,
        }
        look = "The mean of ln 2 and ln 8 is ln √16."
        yield _about("(b)", outputs[1], 4.0, _slip(outputs[1], slips) or look)
        look = "What is −ln 0? And the mean of a thousand numbers, one of which is that?"
        yield _about("(c)", outputs[2], np.inf, look)


@exercise("mk-witten-bell")
class WittenBell:
    """Witten-Bell smoothing of one context's counts."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
        rows = [[5, 0, 2, 1, 0], [0, 0, 7, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]]
        cases = [[np.array(row, dtype=float), rng.dirichlet(np.full(5, 3.0))] for row in rows]
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
        return [answer(n.copy(), shorter.copy()) for n, shorter in inputs["cases"]]

    @staticmethod
    def judge(
        inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
    ) -> Iterable[Finding]:
        for (n, shorter), given in zip(inputs["cases"], outputs, strict=True):
            case = f"for counts {n.astype(int).tolist()}"
            total, kinds = n.sum(), np.count_nonzero(n)
            zeros = len(n) - kinds
            if not total:
                look = "Nothing was ever seen here: all there is is what the shorter context says."
                yield close(f"the probabilities {case}", given, shorter, look=look)
                continue
            right = (n + kinds * shorter) / (total + kinds)
            unseen = np.where(n > 0, n, kinds * shorter) / (total + kinds)
            slips = {
                "The shorter context's law does not come in: new words will meet zeros.": n / total,
                "u is the number of *different* symbols seen, not of those never seen.": (
                    n + zeros * shorter
                )
                / (total + zeros),
                "u is the number of different symbols seen, not of all symbols.": (
                    n + len(n) * shorter
                )
                / (total + len(n)),
                "That does not sum to 1: what is lent must stand below the line, too.": (
                    n + kinds * shorter
                )
                / total,
                "That lends to unseen symbols only: the shorter law speaks of all of them.": unseen,
                "That is half of each, whatever was counted.": (n / total + shorter) / 2,
            }
            look = _slip(given, slips) or "Follow one symbol by hand: (n + u q) / (N + u)."
            yield close(f"the probabilities {case}", given, right, look=look)


@exercise(
    "mk-stationary",
    forbid=("numpy.linalg.eig", "numpy.linalg.eigvals", "numpy.linalg.solve", "numpy.linalg.inv"),
)
class Stationary:
    """Stationary law and second eigenvalue of a chain with two states."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
        pairs = [[0.25, 0.5], [1.0, 1.0], [0.9, 0.6]]
        return {"pairs": pairs + rng.uniform(0.05, 0.95, (3, 2)).tolist()}

    @staticmethod
    def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
        return [answer(a, b) for a, b in inputs["pairs"]]

    @staticmethod
    def judge(
        inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
    ) -> Iterable[Finding]:
        for (a, b), given in zip(inputs["pairs"], outputs, strict=True):
            case = f"for a = {a:.3g}, b = {b:.3g}"
            if not isinstance(given, tuple | list | np.ndarray) or len(given) != 3:
                text = "return three numbers: π_V, π_C, λ"
                yield holds(f"the form of the answer {case}", False, given=given, expected=text)
                return
            look = "Balance: as many steps leave V, π_V a, as come to it, π_C b. And they sum to 1."
            slips = {
                "The two are swapped: a is the chance to *leave* V, so a large a makes V rare.": a
                / (a + b),
                "They do not sum to 1: divide by a + b.": b,
                "Half of the time each would need a = b.": 0.5,
            }
            first = _slip(given[0], slips) if a != b else ""
            yield close(f"π_V {case}", given[0], b / (a + b), look=first or look)
            yield close(f"π_C {case}", given[1], a / (a + b), look=look)
            slips = {
                "The sign is wrong: the trace of P is 2 − a − b, and one eigenvalue is 1.": a
                + b
                - 1,
                "That is the eigenvalue 1, whose vector is π; the other one is asked for.": 1.0,
                "That is the trace; take the eigenvalue 1 off.": 2 - a - b,
                "That is the share that moves; the eigenvalue is what is left of a start.": a + b,
            }
            look = _slip(given[2], slips) or "The eigenvalues sum to the trace, 2 − a − b."
            yield close(f"λ {case}", given[2], 1 - a - b, look=look)


@exercise("mk-nucleus")
class Nucleus:
    """Top-p: the fewest likeliest symbols whose probabilities reach top_p."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Mapping[str, Any]) -> dict[str, Any]:
        cases: list[list[Any]] = [
            [np.array([0.25, 0.5, 0.125, 0.125]), 0.5],
            [np.array([0.0625, 0.25, 0.5, 0.1875]), 0.6],
            [np.array([0.125, 0.75, 0.125]), 0.25],
        ]
        return {"cases": cases + [[rng.dirichlet(np.ones(9)), share] for share in (0.8, 1.0)]}

    @staticmethod
    def call(answer: Any, inputs: Mapping[str, Any]) -> Any:
        return [answer(p.copy(), share) for p, share in inputs["cases"]]

    @staticmethod
    def judge(
        inputs: Mapping[str, Any], outputs: Plain, spec: Mapping[str, Any]
    ) -> Iterable[Finding]:
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
                "The symbol that crosses top_p is left out: those kept must *reach* it.": _scaled(
                    short
                ),
                "One symbol too many: top_p was reached before it.": _scaled(more),
                "The result is in order of probability: each has to go back to its own place.": kept
                / kept.sum(),
                "That keeps the *least* likely ones: sort the other way round.": _least(p, share),
                "top_p is no threshold for a single symbol: it is one for their sum.": _scaled(
                    floor
                ),
                "Nothing was cut off.": p,
            }
            look = _slip(given, slips) or "Sort, add up from the likeliest, stop once top_p is met."
            text = np.array2string(p, precision=3, separator=", ")
            yield close(f"top_p = {share} of {text}", given, right, look=look)


def _about(name: str, given: Plain, right: float, look: str) -> Finding:
    """A number guessed to two digits; the message keeps the right one to itself."""
    finding = close(name, given, right, look=look, rtol=0.01)
    if finding.ok:
        return finding
    return Finding(name, False, finding.given, "another number", finding.look)


def _slip(given: Plain, slips: Mapping[str, Any]) -> str:
    """What the typical mistake is that gives this value; empty if it is none of them."""
    try:
        mine = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        return ""
    for text, value in slips.items():
        wrong = np.asarray(value, dtype=float)
        if mine.shape == wrong.shape and np.allclose(mine, wrong, rtol=1e-4, atol=1e-9):
            return text
    return ""


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
