"""N-gram models of spelling: counts of letters after contexts, and what to do about zeros.

A model of order k gives the next symbol's probability from the k symbols before it. Contexts never
reach into the word before: where a word is too young, END stands in for the missing letters.

Every model here is one formula, used once for each length j of the context, the shortest first:

    p_j(c | h) = (max(n(h, c) - D, 0) + (S + D u(h)) p_{j-1}(c | h')) / (n(h) + S)

with n the counts, u(h) the number of different symbols seen after h, and h' the context without its
oldest symbol. D is taken off each count, S is added; below order 0 stands the uniform law. Then
D = S = 0 is maximum likelihood, S alone is add-alpha, and D alone is interpolated Kneser-Ney.

Source: Kneser and Ney (1995), in the interpolated form of Chen and Goodman (1999).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from seqcourse.data.words import ALPHABET, END, decode, encode

SYMBOLS = len(ALPHABET)
LONGEST = 12  # 27 ** 13 is the largest power that an int64 holds


class Windows(NamedTuple):
    """Each symbol of some words, with what stands before it.

    Args:
        context: (N, k) int64, the symbol just before in the last column.
        next: (N,) int64, letters and, after each word, END.
    """

    context: np.ndarray
    next: np.ndarray


def windows(words: Iterable[str], order: int) -> Windows:
    """The N = letters + words predictions that spelling the words takes.

    Raises:
        ValueError: the order is not one of 0 … 12, or a word holds another symbol than a to z.
    """
    if not 0 <= order <= LONGEST:
        raise ValueError(f"windows got order {order}: give one of 0 … {LONGEST}.")
    tokens = encode(words)
    before, target = tokens[:-1], tokens[1:]  # (N,) each
    place = np.arange(len(target))
    begin = np.maximum.accumulate(np.where(before == END, place, 0))  # where each one's word begins
    context = np.zeros((len(target), order), dtype=np.int64)
    for back in range(order):  # how far back, from the symbol just before
        inside = place - back > begin
        context[inside, order - 1 - back] = before[place[inside] - back]
    return Windows(context, target)


class Table(NamedTuple):
    """Counts of one context length, as sorted numbers: what was never seen takes no room.

    Args:
        grams, counts: (G,) int64; n(h, c) under the number of h and c.
        contexts, total, kinds: (C,) int64; n(h) and u(h) under the number of h.
    """

    grams: np.ndarray
    counts: np.ndarray
    contexts: np.ndarray
    total: np.ndarray
    kinds: np.ndarray


def count(context: np.ndarray, nxt: np.ndarray) -> Table:
    """Counts from windows.

    Args:
        context: (N, j) int64.
        nxt: (N,) int64.
    """
    grams, counts = np.unique(_number(context) * SYMBOLS + nxt, return_counts=True)
    contexts, first, kinds = np.unique(grams // SYMBOLS, return_index=True, return_counts=True)
    return Table(grams, counts, contexts, np.add.reduceat(counts, first), kinds)


@dataclass(frozen=True)
class NGram:
    """An n-gram model of spelling; `mle`, `add_alpha` and `kneser_ney` fit one.

    Args:
        order: k, the length of its contexts.
        tables: counts for the context lengths that it uses, the shortest first.
        discount: D, taken off every count that is not zero.
        strength: S, added to every context's total.
    """

    order: int
    tables: dict[int, Table]
    discount: float = 0.0
    strength: float = 0.0

    def probability(self, context: np.ndarray, nxt: np.ndarray) -> np.ndarray:
        """p(next | context).

        A context that was never seen says what the next shorter one says, or the uniform law.

        Args:
            context: (N, k) int64, the latest symbol last.
            nxt: (N,) int64.

        Returns:
            (N,).

        Raises:
            ValueError: the contexts are not of the model's order.
        """
        if context.ndim != 2 or context.shape[1] != self.order:
            raise ValueError(
                f"A model of order {self.order} needs contexts of shape (N, {self.order}), "
                f"but got {context.shape}."
            )
        p: np.ndarray = np.full(len(context), 1 / SYMBOLS)
        for length, table in self.tables.items():
            h = _number(context[:, self.order - length :])
            n = _look_up(table.grams, table.counts, h * SYMBOLS + nxt)
            total = _look_up(table.contexts, table.total, h)
            kinds = _look_up(table.contexts, table.kinds, h)
            lent = self.strength + self.discount * kinds
            mass = np.maximum(n - self.discount, 0) + lent * p
            seen = total > 0
            p = np.where(seen, mass / np.where(seen, total + self.strength, 1), p)
        return p

    def distribution(self, context: np.ndarray) -> np.ndarray:
        """p(· | context) over all symbols: contexts (N, k) give (N, 27)."""
        each = np.repeat(context, SYMBOLS, axis=0)
        symbols = np.tile(np.arange(SYMBOLS), len(context))
        return np.reshape(self.probability(each, symbols), (len(context), SYMBOLS))

    def log_probability(self, words: Iterable[str]) -> np.ndarray:
        """Natural logarithm of each symbol's probability, in the order of `windows`: (N,).

        It is -inf where the model says that a symbol cannot come.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.probability(*windows(words, self.order))))

    def loss(self, words: Iterable[str]) -> float:
        """Cross-entropy in nats per character, the end of each word being one."""
        return float(-self.log_probability(words).mean())


def mle(words: Iterable[str], order: int) -> NGram:
    """Relative frequencies: the likeliest n-gram. A context never seen gives the uniform law."""
    return NGram(order, {order: count(*windows(words, order))})


def add_alpha(words: Iterable[str], order: int, alpha: float = 1.0) -> NGram:
    """Frequencies after `alpha` made-up sightings of every symbol behind every context.

    Raises:
        ValueError: alpha is not above 0.
    """
    if not alpha > 0:
        raise ValueError(f"add_alpha got alpha={alpha}: give a number above 0, or use mle.")
    return NGram(order, {order: count(*windows(words, order))}, strength=alpha * SYMBOLS)


def kneser_ney(words: Iterable[str], order: int, discount: float = 0.75) -> NGram:
    """Interpolated Kneser-Ney: discounted counts, what is taken off going to shorter contexts.

    Below the full order a symbol counts once for each *different* longer context that it was seen
    after, not for each sighting. A context that begins with END fits one longer context only, with
    one END more, so there every sighting counts.

    Args:
        words: to count.
        order: k.
        discount: D, above 0 and at most 1.

    Raises:
        ValueError: the discount is outside (0, 1].
    """
    if not 0 < discount <= 1:
        raise ValueError(f"kneser_ney got discount={discount}: give a number in (0, 1].")
    context, nxt = windows(words, order)
    tables = {order: count(context, nxt)}
    for length in range(order - 1, -1, -1):
        longer = np.column_stack([context[:, order - 1 - length :], nxt])  # (N, length + 2)
        different = np.unique(_number(longer), return_index=True)[1]
        if length:
            begins = longer[:, 1] == END
            different = np.append(different[~begins[different]], np.flatnonzero(begins))
        tables[length] = count(longer[different, 1:-1], nxt[different])
    return NGram(order, dict(sorted(tables.items())), discount=discount)


def adjust(
    p: np.ndarray, temperature: float = 1.0, top_k: int | None = None, top_p: float = 1.0
) -> np.ndarray:
    """Reshape distributions before drawing from them.

    First the temperature (p to the power 1/T), then the k likeliest, then the fewest likeliest
    whose probabilities reach `top_p`; the rest becomes 0. Of equals, the earlier stays.

    Args:
        p: (…, V) probabilities.
        temperature: T ≥ 0; at 0 only the likeliest symbol is left.
        top_k: how many symbols may stay, or None for all.
        top_p: how much probability must stay, in (0, 1].

    Returns:
        (…, V), summing to 1.

    Raises:
        ValueError: a setting is out of its range.
    """
    if not temperature >= 0 or not 0 < top_p <= 1 or (top_k is not None and top_k < 1):
        raise ValueError(
            f"adjust got temperature={temperature}, top_k={top_k}, top_p={top_p}: "
            "give temperature ≥ 0, top_k ≥ 1 or None, and top_p in (0, 1]."
        )
    order = np.argsort(-p, axis=-1, kind="stable")
    ranked = np.take_along_axis(p, order, axis=-1)
    if temperature == 0:
        top_k = 1
    else:
        ranked = (ranked / ranked[..., :1]) ** (1 / temperature)  # scaled, so that none underflows
    if top_k is not None:
        ranked[..., top_k:] = 0
    ranked = ranked / ranked.sum(-1, keepdims=True)
    if top_p < 1:
        before = np.cumsum(ranked, axis=-1) - ranked
        ranked = np.where(before < top_p - 1e-12, ranked, 0)
        ranked = ranked / ranked.sum(-1, keepdims=True)
    adjusted: np.ndarray = np.empty_like(ranked)
    np.put_along_axis(adjusted, order, ranked, axis=-1)
    return adjusted


def sample(
    model: NGram,
    words: int,
    rng: np.random.Generator,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float = 1.0,
    longest: int = 30,
) -> list[str]:
    """Spell new words, all of them side by side.

    Args:
        model: to draw from.
        words: how many.
        rng: the source of chance.
        temperature, top_k, top_p: see `adjust`.
        longest: a word without END after so many letters is cut there.

    Returns:
        Spellings; one may be empty, where END came first.
    """
    spelled = np.zeros((words, longest), dtype=np.int64)
    context = np.zeros((words, model.order), dtype=np.int64)
    open_ = np.ones(words, dtype=bool)
    for place in range(longest):
        p = adjust(model.distribution(context), temperature, top_k, top_p)  # (words, 27)
        reached = np.cumsum(p, axis=-1)
        drawn = (rng.random((words, 1)) * reached[:, -1:] >= reached).sum(-1)
        spelled[:, place] = np.where(open_, drawn, END)
        open_ &= spelled[:, place] != END
        context = np.column_stack([context, spelled[:, place]])[:, 1:]
        if not open_.any():
            break
    return ["".join(decode(row)) for row in spelled]


def _number(context: np.ndarray) -> np.ndarray:
    """Contexts (N, j) as one number each, (N,): symbols are digits of base 27."""
    powers = SYMBOLS ** np.arange(context.shape[1], dtype=np.int64)[::-1]
    return np.asarray(context @ powers, dtype=np.int64)


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The values of the wanted keys, 0 where there is none; keys are sorted."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
