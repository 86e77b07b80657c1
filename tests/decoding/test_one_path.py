"""Greedy decoding and sampling, and what a step function is asked for."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqcourse.decoding import Hypothesis, greedy, sample
from seqcourse.decoding.model import select

from .tables import START, STOP, Table, everything

ENDS: dict[str, Any] = {"start": START, "stop": STOP}
seeds = st.lists(st.integers(0, 10**6), min_size=1, max_size=5)


def by_hand(table: Table, seed: int, steps: int) -> Hypothesis:
    tokens: tuple[int, ...] = ()
    total = 0.0
    for _ in range(steps):
        law = table.law(seed, tokens).tolist()
        symbol = law.index(max(law))
        total += law[symbol]
        if symbol == STOP or total == -math.inf:
            return Hypothesis(tokens, total, total, ended=total > -math.inf)
        tokens += (symbol,)
    return Hypothesis(tokens, total, total, ended=False)


@settings(deadline=None, max_examples=100)
@given(seeds, st.sampled_from([0.0, 0.5]), st.sampled_from([0, 2]), st.integers(1, 6))
def test_greedy_takes_the_likeliest(
    numbers: list[int], zeros: float, levels: int, steps: int
) -> None:
    table = Table(numbers, 4, zeros, levels)
    found = greedy(table.step, table.state(), max_steps=steps, **ENDS)
    assert found == [by_hand(table, seed, steps) for seed in numbers]
    draws = {"generator": torch.Generator().manual_seed(1), "max_steps": steps, **ENDS}
    if not zeros:
        assert sample(table.step, table.state(), temperature=0, **draws) == found
        assert sample(table.step, table.state(), top_k=1, **draws) == found
        assert sample(table.step, table.state(), top_p=1e-6, **draws) == found


def test_what_ended_is_asked_no_more() -> None:
    table = Table(list(range(20)), 4)
    found = greedy(table.step, table.state(), max_steps=50, **ENDS)
    assert table.asked == sum(len(h.tokens) + h.ended for h in found)


def test_samples_come_as_often_as_the_model_says() -> None:
    count, steps = 20_000, 3
    table = Table([3] * count, 3, zeros=0.2)
    generator = torch.Generator().manual_seed(0)
    drawn = sample(table.step, table.state(), max_steps=steps, generator=generator, **ENDS)
    wanted = everything(table, 3, steps)
    assert len(wanted) > 5
    chi2 = 0.0
    for answer in wanted:
        n = sum(h.tokens == answer.tokens and h.ended == answer.ended for h in drawn)
        expected = count * math.exp(answer.log_probability)
        chi2 += (n - expected) ** 2 / expected
    assert chi2 < len(wanted) + 6 * math.sqrt(2 * len(wanted))
    logs = {h.tokens: h.log_probability for h in wanted}
    assert all(h.log_probability == pytest.approx(logs[h.tokens]) for h in drawn[:100])


def test_sampling_keeps_the_models_own_log_probability_and_its_seed() -> None:
    table = Table([5, 6, 7], 4)
    options: dict[str, Any] = {"max_steps": 4, "temperature": 0.5, "top_k": 2, **ENDS}
    first = sample(table.step, table.state(), generator=torch.Generator().manual_seed(3), **options)
    again = sample(table.step, table.state(), generator=torch.Generator().manual_seed(3), **options)
    assert first == again
    for seed, answer in zip(table.seeds, first, strict=True):
        (found,) = [h for h in everything(table, seed, 4) if h[0::3] == answer[0::3]]
        assert answer.log_probability == pytest.approx(found.log_probability)


def test_a_dead_end_has_probability_0() -> None:
    def step(tokens: Tensor, state: Any) -> tuple[Tensor, Any]:  # after 1, nothing can come
        laws = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]).log()
        return laws[tokens], state

    wanted = [Hypothesis((1,), -math.inf, -math.inf, ended=False)]
    assert greedy(step, None, max_steps=5, batch_size=1, **ENDS) == wanted
    generator = torch.Generator().manual_seed(0)
    drawn = sample(step, None, max_steps=5, batch_size=1, generator=generator, **ENDS)
    assert drawn == wanted


class Pair(NamedTuple):
    h: Tensor
    c: Tensor | None


def test_every_nesting_is_selected() -> None:
    x = torch.arange(6).view(3, 2)
    rows = torch.tensor([2, 0, 0, 1])
    chosen = select({"a": [x, (x,)], "b": Pair(x, None)}, rows)
    assert chosen["a"][0].tolist() == chosen["a"][1][0].tolist() == x[rows].tolist()
    assert isinstance(chosen["b"], Pair) and chosen["b"].c is None
    assert chosen["b"].h.tolist() == x[rows].tolist()


def answers(log_probs: Any) -> Any:
    return lambda tokens, state: (log_probs, state)


FAIR = torch.full((2, 3), 1 / 3).log()


@pytest.mark.parametrize(
    ("step", "state", "changes", "error", "says"),
    [
        (answers(FAIR), None, {}, ValueError, "give batch_size"),
        (answers(FAIR), torch.zeros(2), {"batch_size": 3}, ValueError, r"\[2, 3\] rows: all must"),
        (answers(FAIR), (torch.zeros(1, 2), torch.zeros(2)), {}, ValueError, r"have \[1, 2\] rows"),
        (answers(FAIR), torch.tensor(1.0), {}, ValueError, r"have \[0\] rows"),
        (answers(FAIR), [torch.zeros(2), 3], {}, TypeError, "a state holds a int"),
        (answers(FAIR), torch.zeros(2), {"max_steps": 0}, ValueError, "max_steps=0 came"),
        (answers(FAIR), torch.zeros(2), {"stop": 3}, ValueError, "stop=3 came for 3 symbols"),
        (lambda t, s: (FAIR, s[:1]), torch.zeros(2), {}, ValueError, r"have \[1, 2\] rows"),
        (lambda t, s: (FAIR, (s, "h")), torch.zeros(2), {}, TypeError, "a state holds a str"),
        (lambda t, s: FAIR, torch.zeros(2), {}, TypeError, "step gave a Tensor"),
        (answers(FAIR[:1]), torch.zeros(2), {}, ValueError, r"shape \(1, 3\) for 2 tokens"),
        (answers(FAIR[0]), torch.zeros(2), {}, ValueError, r"shape \(3,\) for 2 tokens"),
        (answers(FAIR + 1), torch.zeros(2), {}, ValueError, "sum to 2.718"),
        (answers(FAIR.exp()), torch.zeros(2), {}, ValueError, "Return log_softmax"),
        (answers(FAIR * torch.nan), torch.zeros(2), {}, ValueError, "sum to nan"),
    ],
)
def test_what_is_refused(
    step: Any, state: Any, changes: Any, error: type[Exception], says: str
) -> None:
    options = {"max_steps": 3, **ENDS, **changes}
    with pytest.raises(error, match=says):
        greedy(step, state, **options)


def test_the_settings_of_sampling_are_checked() -> None:
    generator = torch.Generator()
    with pytest.raises(ValueError, match="top_p=2"):
        sample(answers(FAIR), torch.zeros(2), max_steps=3, top_p=2, generator=generator, **ENDS)
