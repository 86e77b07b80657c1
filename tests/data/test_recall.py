"""Recall and repeats: what is asked can be known, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from seqcourse.data.recall import associative_recall, repeats
from seqcourse.data.words import IGNORE


def test_every_question_has_the_answer_that_was_told() -> None:
    inputs, targets = associative_recall(50, 6, np.random.default_rng(0), keys=9, values=5)
    assert inputs.shape == targets.shape == (50, 18)
    for row, answers in zip(inputs, targets, strict=True):
        told = dict(zip(row[:12:2].tolist(), row[1:12:2].tolist(), strict=True))
        assert len(told) == 6 and max(told) < 9 and 9 <= min(told.values()) <= 13
        assert (answers[:12] == IGNORE).all()
        assert [told[key] for key in row[12:].tolist()] == answers[12:].tolist()
        assert sorted(row[12:]) == sorted(told)


def test_repeats_repeat_and_ask_only_what_can_be_known() -> None:
    inputs, targets = repeats(60, 20, (4, 9), np.random.default_rng(0), 12)
    periods = set()
    for row, answers in zip(inputs, targets, strict=True):
        asked = np.flatnonzero(answers != IGNORE)
        period = int(asked[0])
        periods.add(period)
        assert (asked == np.arange(period, 20)).all()
        assert len(set(row[:period])) == period
        assert (row[period:] == row[:-period]).all()
        assert (answers[period:-1] == row[period + 1 :]).all()
        assert answers[-1] == row[20 % period]
    assert periods == set(range(4, 10))
    fixed = repeats(5, 20, 10, np.random.default_rng(0), 12)
    assert ((fixed.targets != IGNORE).sum(1) == 10).all()


def test_a_generator_gives_the_same_again() -> None:
    for draw in (
        lambda rng: associative_recall(3, 4, rng),
        lambda rng: repeats(3, 12, (3, 6), rng, 8),
    ):
        one, same, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert np.array_equal(one.inputs, same.inputs)
        assert not np.array_equal(one.inputs, other.inputs)


@pytest.mark.parametrize(("count", "pairs", "keys"), [(0, 2, 4), (3, 0, 4), (3, 5, 4)])
def test_recall_refuses(count: int, pairs: int, keys: int) -> None:
    with pytest.raises(ValueError, match="no more pairs than keys"):
        associative_recall(count, pairs, np.random.default_rng(0), keys=keys)


@pytest.mark.parametrize("period", [0, 13, (5, 4), (3, 11)])
def test_repeats_refuse(period: int | tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="periods from small to large"):
        repeats(2, 12, period, np.random.default_rng(0), 10)
