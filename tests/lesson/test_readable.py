"""Numbers in a page's sentences."""

from __future__ import annotations

import pytest

from seqcourse.lesson.readable import readable


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("equal to 0e+00.", "equal to 0."),
        ("to 6e-08, or 2e+09, or 1.5e+00", "to 6e-8, or 2e9, or 1.5e0"),
        ("0.0e+00 but 10e-05 and 30.0", "0 but 10e-5 and 30.0"),
        ("-0.5 (-3) and \u00b1-2, 10^-20", "\u22120.5 (\u22123) and \u00b1\u22122, 10^\u221220"),
        ("one-way, 3-5 of S0-14a, x-1, --seeds", "one-way, 3-5 of S0-14a, x-1, --seeds"),
        ("the case-07", "the case-07"),
    ],
)
def test_readable(written: str, read: str) -> None:
    assert readable(written) == read
    assert readable(read) == read
