"""CTC's best path and prefix beam: equal to all paths, to torch's loss, to a second way."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqcourse.decoding import collapse, ctc_best_path, ctc_prefix_beam

INF = math.inf


def frames(
    seed: int, steps: int, batch: int, symbols: int, zeros: float = 0.0, levels: int = 0
) -> Tensor:
    """log_probs (T, B, V): random, some of them -inf, or so few different that they tie."""
    generator = torch.Generator().manual_seed(seed)
    p = torch.rand(steps, batch, symbols, generator=generator, dtype=torch.float64)
    if levels:
        p = 1 + torch.floor(p * levels)
    p[torch.rand(p.shape, generator=generator) < zeros] = 0
    p[p.sum(-1) == 0] = 1
    return (p / p.sum(-1, keepdim=True)).log()


def all_labels(y: list[list[float]], blank: int) -> dict[tuple[int, ...], float]:
    """The probability of every label, from every path."""
    labels: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(len(y[0])), repeat=len(y)) if y else [()]:
        p = math.exp(math.fsum(y[t][k] for t, k in enumerate(path)))
        if p:
            labels[collapse(path, blank)] += p
    return labels


def test_merge_then_drop() -> None:
    assert collapse([0, 1, 1, 0, 1, 2, 2, 0]) == (1, 1, 2)
    assert collapse([]) == collapse([0, 0]) == ()
    assert collapse([0, 1, 2, 0], blank=2) == (0, 1, 0)


cases = {
    "seed": st.integers(0, 10**6),
    "steps": st.integers(1, 5),
    "symbols": st.integers(1, 3),
    "zeros": st.sampled_from([0.0, 0.4]),
    "data": st.data(),
}


@settings(deadline=None, max_examples=60)
@given(**cases)
def test_as_wide_as_everything_it_is_enumeration(
    seed: int, steps: int, symbols: int, zeros: float, data: Any
) -> None:
    log_probs = frames(seed, steps, 3, symbols, zeros)
    blank = data.draw(st.integers(0, symbols - 1))
    lengths = data.draw(st.lists(st.integers(0, steps), min_size=3, max_size=3))
    found = ctc_prefix_beam(log_probs, lengths, blank, beam=500)
    for b, answers in enumerate(found):
        wanted = all_labels(log_probs[: lengths[b], b].tolist(), blank)
        assert len(answers) == len(wanted)
        for answer in answers:
            assert math.exp(answer.log_probability) == pytest.approx(wanted[answer.tokens])
            assert answer.score == answer.log_probability
        scores = [answer.score for answer in answers]
        assert scores == sorted(scores, reverse=True)
        assert math.fsum(math.exp(s) for s in scores) == pytest.approx(1)


def test_its_sums_are_those_of_torchs_loss() -> None:
    log_probs = frames(1, 6, 2, 3)
    for b, answers in enumerate(ctc_prefix_beam(log_probs, [6, 4], beam=500)):
        steps = (6, 4)[b]
        for answer in answers[:20]:
            loss = F.ctc_loss(
                log_probs[:steps, b : b + 1],
                torch.tensor([answer.tokens], dtype=torch.long),
                torch.tensor([steps]),
                torch.tensor([len(answer.tokens)]),
                reduction="sum",
            )
            assert -answer.log_probability == pytest.approx(loss.item())


def slow(y: list[list[float]], blank: int, beam: int, lm: Any) -> list[tuple[Any, ...]]:
    """The same search with a dictionary, in probabilities."""
    prefixes = {(): (1.0, 0.0)}
    bonus = {(): 0.0}
    for row in y:
        p = [math.exp(v) for v in row]
        after: dict[tuple[int, ...], list[float]] = {}
        rank: dict[tuple[int, ...], tuple[int, int]] = {}
        for place, prefix in enumerate(prefixes):
            after[prefix], rank[prefix] = [0.0, 0.0], (0, place)
        for place, (prefix, (in_blank, in_label)) in enumerate(prefixes.items()):
            for c, p_c in enumerate(p):
                if c == blank:
                    after[prefix][0] += (in_blank + in_label) * p_c
                    continue
                if prefix and c == prefix[-1]:
                    after[prefix][1] += in_label * p_c
                    came = in_blank * p_c
                else:
                    came = (in_blank + in_label) * p_c
                if came:
                    longer = (*prefix, c)
                    rank.setdefault(longer, (1, place * len(p) + c))
                    bonus[longer] = bonus[prefix] + lm(prefix)[c]
                    after.setdefault(longer, [0.0, 0.0])[1] += came
        scores = {q: math.log(sum(v)) + bonus[q] for q, v in after.items() if sum(v)}
        best = sorted(scores, key=lambda q: (-round(scores[q], 10), rank[q]))
        prefixes = {q: tuple(after[q]) for q in best[:beam] if scores[q] > -INF}  # type: ignore[misc]
    return [(q, math.log(sum(v)), math.log(sum(v)) + bonus[q]) for q, v in prefixes.items()]


def pairs(seed: int, symbols: int, zeros: float, blank: int) -> Any:
    """A label model: what a label adds depends on the one before it."""
    generator = torch.Generator().manual_seed(seed)
    table = torch.randn(symbols + 1, symbols, generator=generator, dtype=torch.float64)
    table[torch.rand(table.shape, generator=generator) < zeros] = -INF

    def lm(prefix: tuple[int, ...]) -> list[float]:
        assert blank not in prefix
        numbers: list[float] = table[prefix[-1] if prefix else symbols].tolist()
        return numbers

    return lm


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 10**6), st.integers(1, 9), st.integers(2, 4), st.integers(1, 6),
    st.sampled_from([0.0, 0.3]), st.sampled_from([None, 0.0, 0.3]),
)  # fmt: skip
def test_it_is_the_search_with_a_dictionary(
    seed: int, steps: int, symbols: int, beam: int, zeros: float, lm_zeros: float | None
) -> None:
    log_probs = frames(seed, steps, 1, symbols, zeros)
    lm = None if lm_zeros is None else pairs(seed, symbols, lm_zeros, symbols - 1)
    (found,) = ctc_prefix_beam(log_probs, [steps], symbols - 1, beam=beam, lm=lm)
    free = lm or (lambda prefix: [0.0] * symbols)
    wanted = slow(log_probs[:, 0].tolist(), symbols - 1, beam, free)
    assert [h.tokens for h in found] == [tokens for tokens, _, _ in wanted]
    for number, part in ((1, "log_probability"), (2, "score")):
        numbers = [getattr(h, part) for h in found]
        assert numbers == pytest.approx([row[number] for row in wanted])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 5), st.booleans())
def test_a_batch_is_its_items(seed: int, beam: int, with_lm: bool) -> None:
    log_probs = frames(seed, 7, 4, 4, 0.2)
    lengths = torch.tensor([7, 0, 3, 5])
    lm = pairs(seed, 4, 0.2, 0) if with_lm else None
    together = ctc_prefix_beam(log_probs, lengths, beam=beam, lm=lm)
    paths = ctc_best_path(log_probs, lengths)
    for b, length in enumerate(lengths.tolist()):
        alone = log_probs[:length, b : b + 1]
        (answers,) = ctc_prefix_beam(alone, [length], beam=beam, lm=lm)
        assert [h.tokens for h in answers] == [h.tokens for h in together[b]]
        assert [h.score for h in answers] == pytest.approx([h.score for h in together[b]])
        assert ctc_best_path(alone, [length])[0].tokens == paths[b].tokens
    assert together[1] == [((), 0.0, 0.0, True)]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 3), st.sampled_from([0, 2]))
def test_the_best_path_is_the_likeliest_path(
    seed: int, steps: int, symbols: int, levels: int
) -> None:
    log_probs = frames(seed, steps, 2, symbols, levels=levels)
    for b, answer in enumerate(ctc_best_path(log_probs, [steps, steps])):
        y = log_probs[:, b].tolist()

        def nats(path: tuple[int, ...], y: list[list[float]] = y) -> float:
            return math.fsum(y[t][k] for t, k in enumerate(path))

        best = max(product(range(symbols), repeat=steps), key=nats)  # of equals the first
        assert answer.tokens == collapse(best) or levels
        assert answer.log_probability == pytest.approx(nats(best))


def test_the_best_path_need_not_say_the_best_label() -> None:
    log_probs = torch.tensor([[[0.6, 0.4]], [[0.6, 0.4]]]).log()
    assert ctc_best_path(log_probs, [2])[0].tokens == ()  # 0.36
    (best, *_), *_ = ctc_prefix_beam(log_probs, [2], beam=2)
    assert best.tokens == (1,) and math.exp(best.log_probability) == pytest.approx(0.64)


def test_ties_go_to_what_was_first_and_then_to_the_smaller_label() -> None:
    log_probs = torch.full((1, 1, 4), 0.25).log()
    assert [h.tokens for h in ctc_prefix_beam(log_probs, [1])[0]] == [(), (1,), (2,), (3,)]
    assert [h.tokens for h in ctc_prefix_beam(log_probs, [1], 3)[0]] == [(), (0,), (1,), (2,)]
    assert ctc_best_path(log_probs, [1], 3)[0].tokens == (0,)


def test_where_nothing_can_be_said_there_is_no_answer() -> None:
    log_probs = torch.tensor([[[0.0, 1.0], [0.5, 0.5]]]).log()  # the first must say the label
    found = ctc_prefix_beam(log_probs, [1, 1], lm=lambda prefix: [-INF, -INF])
    assert found[0] == [] and [h.tokens for h in found[1]] == [()]
    assert ctc_prefix_beam(log_probs[:, :1], [1], lm=lambda prefix: [-INF, -INF]) == [[]]


def test_a_label_model_can_forbid_everything_but_silence() -> None:
    log_probs = frames(0, 4, 1, 3)
    (found,) = ctc_prefix_beam(log_probs, [4], lm=lambda prefix: [-INF] * 3)
    assert [h.tokens for h in found] == [()]
    assert found[0].log_probability == pytest.approx(log_probs[:, 0, 0].sum().item())


GOOD = frames(0, 4, 2, 3)


@pytest.mark.parametrize(
    ("log_probs", "lengths", "options", "says"),
    [
        (GOOD[0], [4, 4], {}, r"shape \(2, 3\)"),
        (GOOD.long(), [4, 4], {}, "torch.int64 came"),
        (GOOD, [4], {}, r"lengths of shape \(1,\)"),
        (GOOD, [4.0, 4.0], {}, "whole number"),
        (GOOD, [4, 5], {}, "lengths 4 … 5 came for 4 time steps"),
        (GOOD, [-1, 4], {}, "lengths -1 … 4"),
        (GOOD, [4, 4], {"blank": 3}, "blank=3 came for 3 symbols"),
        (GOOD + 1, [4, 4], {}, "sum to 2.718"),
        (GOOD * torch.nan, [4, 4], {}, "sum to nan"),
        (GOOD, [4, 4], {"beam": 0}, "beam=0 came"),
        (GOOD, [4, 4], {"lm": lambda prefix: [0.0]}, r"lm gives shape \(1,\) after \(\)"),
        (GOOD, [4, 4], {"lm": lambda prefix: [0.0, INF, 0.0]}, "none of them NaN"),
    ],
)
def test_what_is_refused(log_probs: Tensor, lengths: Any, options: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ctc_prefix_beam(log_probs, lengths, **options)
