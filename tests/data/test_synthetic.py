"""Adding, copy memory and echo: the answers are what the descriptions say, by a slow loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data import adding, copy_memory, echo
from seqcourse.data.words import IGNORE


@given(st.integers(1, 9), st.integers(2, 30), st.integers(0, 99))
def test_adding(count: int, length: int, seed: int) -> None:
    x, y = adding(count, length, np.random.default_rng(seed))
    assert x.shape == (count, length, 2) and x.dtype == y.dtype == np.float32
    for row, total in zip(x, y, strict=True):
        marked = [t for t in range(length) if row[t, 1] == 1]
        assert len(marked) == 2 and marked[0] < length // 2 <= marked[1]
        assert set(row[:, 1]) <= {0.0, 1.0}
        assert total == pytest.approx(sum(row[t, 0] for t in marked), abs=1e-6)


def test_who_says_one_is_wrong_by_a_sixth() -> None:
    _, y = adding(200_000, 10, np.random.default_rng(0))
    assert np.mean((y - 1) ** 2) == pytest.approx(1 / 6, abs=2e-3)


@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))
def test_copy_memory(count: int, length: int, lag: int, symbols: int) -> None:
    inputs, targets = copy_memory(count, length, lag, np.random.default_rng(0), symbols)
    assert inputs.shape == targets.shape == (count, lag + 2 * length)
    for given_, asked in zip(inputs.tolist(), targets.tolist(), strict=True):
        word = given_[:length]
        assert set(word) <= set(range(1, symbols + 1))
        assert given_ == word + [0] * (lag - 1) + [symbols + 1] + [0] * length
        assert asked == [0] * (length + lag) + word


@given(st.integers(1, 4), st.integers(0, 9), st.integers(1, 9), st.integers(2, 5))
def test_echo(count: int, lag: int, more: int, symbols: int) -> None:
    inputs, targets = echo(count, lag + more, lag, np.random.default_rng(0), symbols)
    for given_, asked in zip(inputs.tolist(), targets.tolist(), strict=True):
        assert asked == [IGNORE] * lag + given_[: len(given_) - lag]
        assert set(given_) <= set(range(symbols))


def test_every_symbol_and_every_place_comes() -> None:
    rng = np.random.default_rng(0)
    x, _ = adding(2000, 7, rng)
    assert (x[..., 1].mean(0) > 0.1).all()
    assert set(copy_memory(50, 5, 3, rng).inputs.ravel().tolist()) == set(range(10))
    assert set(echo(9, 99, 3, rng, symbols=4).inputs.ravel().tolist()) == set(range(4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: adding(0, 5, rng), "adding got count=0: give at least 1"),
        (lambda rng: adding(1, 1, rng), "length=1: give at least 2"),
        (lambda rng: copy_memory(1, 0, 1, rng), "length=0"),
        (lambda rng: copy_memory(1, 1, 0, rng), "lag=0"),
        (lambda rng: copy_memory(1, 1, 1, rng, symbols=0), "symbols=0"),
        (lambda rng: echo(1, 3, 3, rng), "length=3: give at least 4"),
        (lambda rng: echo(1, 3, -1, rng), "lag=-1"),
        (lambda rng: echo(1, 3, 1, rng, symbols=1), "symbols=1"),
    ],
)
def test_what_cannot_be(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))
