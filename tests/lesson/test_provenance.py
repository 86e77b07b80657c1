"""Where a stored result comes from stands below it, and that it is out of date."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from seqcourse.lesson import provenance

MODULE = sys.modules["seqcourse.lesson.provenance"]
Shown = list[tuple[dict[str, str], dict[str, Any]]]
RECORD = {
    "command": "seqcourse run mine",
    "seconds": 1234,
    "versions": {"torch": "2.13.0+cpu"},
    "seeds": [0, 1, 2],
}


@pytest.mark.parametrize(
    ("changes", "changed", "text"),
    [
        ({}, [], "seqcourse run mine: 3 seeds, 21 min on one thread, torch 2.13.0."),
        (
            {"seconds": 12, "seeds": [0]},
            ["models/a.py"],
            "seqcourse run mine: 1 seed, 12 s on one thread, torch 2.13.0. "
            "Out of date: seqcourse/models/a.py has changed since.",
        ),
        (
            {"seconds": 0},
            ["a.py", "b.py"],
            "seqcourse run mine: 3 seeds, 1 s on one thread, torch 2.13.0. "
            "Out of date: seqcourse/a.py and seqcourse/b.py have changed since.",
        ),
    ],
)
def test_one_line(
    changes: dict[str, Any],
    changed: list[str],
    text: str,
    shown: Shown,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MODULE, "stored", lambda name: RECORD | changes)
    monkeypatch.setattr(MODULE, "out_of_date", lambda name: changed)
    provenance("mine")
    data, _ = shown[0]
    assert data["text/plain"] == f"Stored result of {text}"
    assert "<code>seqcourse run mine</code>: " in data["text/html"]
    assert ("<strong>Out of date: " in data["text/html"]) == bool(changed)


def test_what_has_no_result_says_how_to_get_one() -> None:
    with pytest.raises(KeyError, match="no experiment 'no'; there are "):
        provenance("no")
