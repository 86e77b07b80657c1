"""Windows hold what they say, and refuse what cannot be cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcourse.data import lagged


def test_by_hand() -> None:
    past, now = lagged([10, 11, 12, 13, 14], 2)
    assert past.tolist() == [[11, 10], [12, 11], [13, 12]]
    assert now.tolist() == [12, 13, 14]


@given(st.integers(1, 8), st.integers(1, 20))
def test_every_entry(p: int, extra: int) -> None:
    x = np.arange(p + extra) * 1.5
    past, now = lagged(x, p)
    assert past.shape == (extra, p) and now.shape == (extra,)
    for i in range(extra):
        assert now[i] == x[i + p]
        assert past[i].tolist() == [x[i + p - 1 - j] for j in range(p)]


def test_windows_are_copies() -> None:
    x = np.arange(6.0)
    past, now = lagged(x, 2)
    past[:] = now[:] = -1
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("x", "p", "error", "message"),
    [
        ([1.0, 2.0], 2, ValueError, "takes at least 3"),
        ([1.0, 2.0], 0, ValueError, "p ≥ 1"),
        ([1.0, 2.0], 1.0, TypeError, "whole number"),
        ([1.0, 2.0], True, TypeError, "whole number"),
        ([[1.0, 2.0]], 1, ValueError, r"shape \(1, 2\)"),
        ([1.0, np.nan, 3.0, np.inf], 1, ValueError, "2 place.*first at index 1"),
    ],
)
def test_errors_say_what_to_do(
    x: list[float], p: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        lagged(x, p)
