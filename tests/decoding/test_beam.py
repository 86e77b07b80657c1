"""Beam search: equal to enumeration, to greedy, to its items one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqcourse import decoding
from seqcourse.decoding import Hypothesis, beam_search, beam_step, greedy

from .tables import START, STOP, Table, everything

ENDS: dict[str, Any] = {"start": START, "stop": STOP}
seeds = st.lists(st.integers(0, 10**6), min_size=1, max_size=4)
penalties = st.sampled_from([0.0, 0.2, 0.7, 1.0, 2.0])


def same(a: list[Hypothesis], b: list[Hypothesis]) -> None:
    assert [h.tokens for h in a] == [h.tokens for h in b]
    assert [h.ended for h in a] == [h.ended for h in b]
    for number in (1, 2):
        assert [h[number] for h in a] == pytest.approx([h[number] for h in b], abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(2, 4), st.integers(1, 4), st.sampled_from([0.0, 0.4]), penalties)
def test_as_wide_as_everything_it_is_enumeration(
    numbers: list[int], symbols: int, steps: int, zeros: float, alpha: float
) -> None:
    table = Table(numbers, symbols, zeros)

    def lp(length: int) -> float:
        return decoding.length_penalty(length, alpha)

    found = beam_search(
        table.step,
        table.state(),
        beam=symbols**steps,
        max_steps=steps,
        length_penalty=lp if alpha else None,
        **ENDS,
    )
    for seed, answers in zip(numbers, found, strict=True):
        wanted = everything(table, seed, steps, lp)
        same(answers, wanted)
        assert zeros or sum(math.exp(h.log_probability) for h in answers) == pytest.approx(1)


@settings(deadline=None, max_examples=100)
@given(seeds, st.sampled_from([0.0, 0.4]), st.sampled_from([0, 2]), penalties)
def test_a_beam_of_one_is_greedy(
    numbers: list[int], zeros: float, levels: int, alpha: float
) -> None:
    table = Table(numbers, 4, zeros, levels)
    one = beam_search(
        table.step,
        table.state(),
        beam=1,
        max_steps=6,
        length_penalty=lambda n: decoding.length_penalty(n, alpha),
        **ENDS,
    )
    for best, taken in zip(
        one, greedy(table.step, table.state(), max_steps=6, **ENDS), strict=True
    ):
        if taken.log_probability == -math.inf:
            assert best == []
        else:
            assert [h[:2] + h[3:] for h in best] == [taken[:2] + taken[3:]]


@settings(deadline=None, max_examples=60)
@given(seeds, st.integers(1, 7), st.sampled_from([0.0, 0.4]), st.sampled_from([0, 2]))
def test_a_batch_is_its_items(numbers: list[int], beam: int, zeros: float, levels: int) -> None:
    table = Table(numbers, 4, zeros, levels)
    options = {"beam": beam, "max_steps": 6, **ENDS}
    together = beam_search(table.step, table.state(), **options)
    for seed, answers in zip(numbers, together, strict=True):
        alone = Table([seed], 4, zeros, levels)
        assert beam_search(alone.step, alone.state(), **options) == [answers]


def slow(table: Table, seed: int, beam: int, steps: int, alpha: float) -> list[Hypothesis]:
    """A second way to search, with lists, which goes on to the last step."""
    beginnings: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    found: list[Hypothesis] = []
    for length in range(1, steps + 1):
        longer = [
            ((*tokens, symbol), total + float(nats))
            for tokens, total in beginnings
            for symbol, nats in enumerate(table.law(seed, tokens))
            if nats > -math.inf
        ]
        beginnings = []
        for tokens, total in sorted(longer, key=lambda pair: -pair[1])[:beam]:
            score = total / ((5 + length) / 6) ** alpha
            if tokens[-1] == STOP:
                found.append(Hypothesis(tokens[:-1], total, score))
            elif length == steps:
                found.append(Hypothesis(tokens, total, score, ended=False))
            else:
                beginnings.append((tokens, total))
    return sorted(found, key=lambda h: (not h.ended, -h.score))[:beam]


@settings(deadline=None, max_examples=100)
@given(
    st.integers(0, 10**6), st.integers(1, 6), penalties, st.sampled_from([0, 2]), st.integers(1, 7)
)
def test_to_stop_early_changes_no_answer(
    seed: int, beam: int, alpha: float, levels: int, steps: int
) -> None:
    table = Table([seed], 3, 0.2, levels)
    (answers,) = beam_search(
        table.step,
        table.state(),
        beam=beam,
        max_steps=steps,
        length_penalty=lambda n: decoding.length_penalty(n, alpha),
        **ENDS,
    )
    same(answers, slow(table, seed, beam, steps, alpha))


def constant(*p: float) -> Any:
    """A model that always says the same: no state."""
    return lambda tokens, state: (torch.tensor(p).log().expand(len(tokens), -1), None)


def test_ties_go_to_the_shorter_the_earlier_and_the_smaller() -> None:
    (answers,) = beam_search(
        constant(0.5, 0.25, 0.25), None, beam=9, max_steps=3, batch_size=1, **ENDS
    )
    ended = [h.tokens for h in answers if h.ended]
    assert ended == [(), (1,), (2,), (1, 1), (1, 2), (2, 1), (2, 2)]
    assert [h.tokens for h in answers if not h.ended] == [(1, 1, 1), (1, 1, 2)]
    # a tie across lengths: the score of a stop now is that of a stop a step later
    (answers,) = beam_search(constant(0.5, 0.5), None, beam=2, max_steps=9, batch_size=1,
                             length_penalty=lambda n: n, **ENDS)  # fmt: skip
    assert [h.tokens for h in answers] == [(), (1,)]


def test_what_never_stops_is_cut_and_what_stops_at_once_is_empty() -> None:
    never = beam_search(constant(0.0, 0.75, 0.25), None, beam=2, max_steps=3, batch_size=2, **ENDS)
    assert never[0] == never[1]
    assert [(h.tokens, h.ended) for h in never[0]] == [((1, 1, 1), False), ((1, 1, 2), False)]
    assert math.exp(never[0][0].log_probability) == pytest.approx(0.75**3)
    (once,) = beam_search(constant(1.0, 0.0, 0.0), None, beam=3, max_steps=5, batch_size=1, **ENDS)
    assert once == [Hypothesis((), 0.0, 0.0, True)]
    (nothing,) = beam_search(constant(0.0, 0.0), None, beam=3, max_steps=5, batch_size=1, **ENDS)
    assert nothing == []


def test_an_ended_answer_comes_before_a_cut_one() -> None:
    (answers,) = beam_search(constant(0.1, 0.9), None, beam=2, max_steps=3, batch_size=1, **ENDS)
    assert [h.ended for h in answers] == [True, True]
    (answers,) = beam_search(constant(0.1, 0.9), None, beam=9, max_steps=3, batch_size=1, **ENDS)
    assert [h.ended for h in answers] == [True, True, True, False]
    assert answers[-1].score > answers[0].score


def test_the_search_ends_when_nothing_better_can_come() -> None:
    table = Table([3], 4)
    beam_search(table.step, table.state(), beam=1, max_steps=1000, **ENDS)
    assert table.asked < 20
    many = Table([3, 4, 5], 4)
    beam_search(many.step, many.state(), beam=3, max_steps=1000, **ENDS)
    assert many.asked < 300


def test_the_length_penalty_favours_the_long() -> None:
    """d2l says of such a divisor that it penalises long sequences: log-probabilities are < 0."""

    def length(alpha: float) -> int:
        (answers,) = beam_search(
            constant(0.3, 0.7), None, beam=8, max_steps=8, batch_size=1,
            length_penalty=lambda n: n**alpha, **ENDS,
        )  # fmt: skip
        return len(answers[0].tokens)

    assert [length(alpha) for alpha in (0, 1)] == [0, 7]


def looking(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
    """Symbols 1 and 2 look at the places 0 and 1 a step later; the third place is padding."""
    attention = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.4, 0.6, 0.0]])[tokens]
    log_probs = torch.tensor([0.3, 0.4, 0.3]).log().expand(len(tokens), 3)
    return log_probs, {**state, "attention": attention}


def test_coverage_is_that_of_each_answer() -> None:
    state = {"key_padding_mask": torch.tensor([[False, False, True]] * 2)}
    found = beam_search(looking, state, beam=27, max_steps=3, coverage=0.2, **ENDS)
    assert found[0] == found[1]
    scores = {h.tokens: h for h in found[0]}
    for tokens, places in {(2, 2): (0.8, 1.0), (1, 2): (1.0, 0.6), (2, 1, 1): (1.0, 0.6)}.items():
        cp = sum(math.log(min(place, 1.0)) for place in places)
        wanted = scores[tokens].log_probability + 0.2 * cp
        assert scores[tokens].score == pytest.approx(wanted, abs=1e-6)
    assert scores[()].score == scores[(1, 1)].score == -math.inf  # place 1 was never looked at
    assert found[0][0].tokens == (2,)
    free = beam_search(looking, state, beam=27, max_steps=3, **ENDS)
    assert free[0][0].tokens == ()


def test_coverage_follows_its_sequence_and_its_beginning() -> None:
    """With attention drawn for each beginning: a batch is its items, and each score its own."""
    seeds = [1, 2, 3, 8, 9]

    def attention(seed: int, so_far: list[int]) -> Tensor:
        generator = torch.Generator().manual_seed(
            seed * 1000 + sum(9**i * n for i, n in enumerate(so_far, 1))
        )  # noqa: E501
        return torch.softmax(2 * torch.randn(3, generator=generator, dtype=torch.float64), -1)

    def search(seeds: list[int]) -> list[list[Hypothesis]]:
        table = Table(seeds, 3)

        def step(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
            log_probs, state = table.step(tokens, state)
            rows = zip(state["seed"][0].tolist(), state["so far"][0].tolist(), strict=True)
            return log_probs, {**state, "attention": torch.stack([attention(*row) for row in rows])}

        return beam_search(step, table.state(), beam=4, max_steps=6, coverage=0.7, **ENDS)

    together = search(seeds)
    assert together == [answers for seed in seeds for answers in search([seed])]
    for seed, answers in zip(seeds, together, strict=True):
        for answer in answers:
            fed = [START, *answer.tokens][: None if answer.ended else -1]
            covered = sum(attention(seed, fed[: n + 1]) for n in range(len(fed)))
            cp = float(torch.as_tensor(covered).clamp(max=1).log().sum())
            assert answer.score == pytest.approx(answer.log_probability + 0.7 * cp)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_a_step_keeps_the_largest(seed: int, beam: int) -> None:
    torch.manual_seed(seed)
    total = torch.randn(2, 3).log()
    log_probs = torch.randint(-2, 1, (2, 3, 4)).double()
    total = torch.nan_to_num(total, nan=-math.inf).double()
    best, parent, token = beam_step(total, log_probs, beam)
    for b in range(2):
        every = [
            (-(total[b, k] + log_probs[b, k, v]).item(), k, v) for k in range(3) for v in range(4)
        ]  # noqa: E501
        found = zip((-best[b]).tolist(), parent[b].tolist(), token[b].tolist(), strict=True)
        assert list(found) == sorted(every)[:beam]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"beam": 0}, ValueError, "beam=0 came"),
        ({"max_steps": 0}, ValueError, "max_steps=0 came"),
        ({"coverage": -1}, ValueError, "coverage=-1 came"),
        ({"coverage": 1.0}, TypeError, "with the weights"),
        ({"length_penalty": lambda n: n - 1}, ValueError, r"length_penalty\(1\) gives 0.0"),
        ({"length_penalty": lambda n: math.nan}, ValueError, r"gives nan"),
    ],
)
def test_what_is_refused(changes: Any, error: type[Exception], says: str) -> None:
    options = {"beam": 2, "max_steps": 3, "batch_size": 1, **ENDS, **changes}
    with pytest.raises(error, match=says):
        beam_search(constant(0.5, 0.5), None, **options)
