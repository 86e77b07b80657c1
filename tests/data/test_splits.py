"""Splits: nothing lost, nothing shared, and a guard that sees a leak."""

from __future__ import annotations

import numpy as np
import pytest

from seqcourse.data.splits import (
    Leak,
    require_no_leak_in_time,
    require_no_shared_group,
    split_by_group,
    split_by_time,
)


def test_by_time_the_past_comes_first() -> None:
    train, test = split_by_time(10, 0.75)
    assert train.tolist() == list(range(7)) and test.tolist() == [7, 8, 9]
    train, test = split_by_time(10, 0.75, gap=2)
    assert train.tolist() == list(range(5)) and test.tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    ("length", "share", "gap", "says"),
    [(10, 0.0, 0, "between"), (10, 1.0, 0, "between"), (10, 0.5, -1, "gap"), (1, 0.5, 0, "0 would")]
    + [(10, 0.5, 5, "0 would")],
)
def test_impossible_splits_are_refused(length: int, share: float, gap: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        split_by_time(length, share, gap=gap)


def test_a_group_stays_together_and_in_its_place() -> None:
    groups = [f"word {i % 300}" for i in range(900)]
    train, test = split_by_group(groups, 0.8)
    assert sorted([*train, *test]) == list(range(900))
    assert {groups[i] for i in train}.isdisjoint(groups[i] for i in test)
    assert 0.72 < len(train) / 900 < 0.88
    half = split_by_group(groups[:450], 0.8)[0]
    assert half.tolist() == [i for i in train if i < 450]
    require_no_shared_group(groups, train, test)


def test_a_shared_group_is_seen() -> None:
    with pytest.raises(Leak, match="1 of 2 test examples.*'b'"):
        require_no_shared_group(["a", "b", "b", "c"], [0, 1], [2, 3])
    with pytest.raises(ValueError, match="0 and 4|4 of 4"):
        split_by_group(["a"] * 4, 0.5)


@pytest.mark.parametrize("ahead", [1, 5])
def test_targets_that_reach_into_the_test_are_seen(ahead: int) -> None:
    origin = np.arange(9, 100 - ahead)
    end = origin + ahead
    train, test = split_by_time(len(origin), 0.7, gap=ahead - 1)
    require_no_leak_in_time(origin, end, train, test)
    with pytest.raises(Leak, match="1 of .* reaches to"):
        require_no_leak_in_time(origin, end + 1, train, test)
    mixed = np.random.default_rng(0).permutation(len(origin))
    with pytest.raises(Leak, match="after time"):
        require_no_leak_in_time(origin, end, mixed[:60], mixed[60:])


def test_examples_in_both_parts_and_empty_parts_are_refused() -> None:
    with pytest.raises(Leak, match="both parts, such as example 3"):
        require_no_shared_group("abcdef", [1, 3], [3, 5])
    with pytest.raises(ValueError, match="0 test"):
        require_no_leak_in_time([1, 2], [2, 3], [0, 1], [])
    with pytest.raises(ValueError, match="from 0 to 3, and there are 2"):
        require_no_leak_in_time([1, 2], [2, 3], [0, 3], [1])


@pytest.mark.parametrize(
    ("origin", "end", "says"),
    [
        ([1, 2], [2, 3, 4], "one of each"),
        ([1, 2], [2, 1], "Example 1 may look until 2"),
        ([1, np.nan], [2, 3], "no time is missing"),
    ],
)
def test_times_that_do_not_fit_are_refused(
    origin: list[float], end: list[float], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        require_no_leak_in_time(origin, end, [0], [1])


def test_dates_are_times_too() -> None:
    day = np.arange("2020-01-01", "2020-01-11", dtype="datetime64[D]")
    require_no_leak_in_time(day[:-2], day[2:], [0, 1, 2], [4, 5])
    with pytest.raises(Leak, match="after time 2020-01-05"):
        require_no_leak_in_time(day[:-2], day[2:], [0, 1, 3], [4, 5])
