"""Claims: a sentence, its verdict, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from seqcourse.lesson import ClaimFailed, claim

Shown = list[tuple[dict[str, str], dict[str, Any]]]


def test_a_claim_shows_its_sentence_and_leaves_a_record(shown: Shown) -> None:
    claim("σ is {s:.1f} < 16", np.bool_(True), s=15.43, id="sigma", answers="S0-3")
    data, metadata = shown[0]
    assert data["text/plain"] == "✓ σ is 15.4 < 16"
    assert "σ is 15.4 &lt; 16" in data["text/html"]
    assert metadata["seqcourse"]["claim"] == {
        "id": "sigma",
        "sentence": "σ is 15.4 < 16",
        "holds": True,
        "answers": ["S0-3"],
        "values": {"s": 15.43},
    }


def test_a_record_is_json_whatever_was_measured(shown: Shown) -> None:
    values = {"a": np.float64("nan"), "b": np.int64(2), "c": [1], "d": True, "e": "text"}
    claim("{a} {b} {c} {d} {e}", True, id="odd", **values)
    kept = shown[0][1]["seqcourse"]["claim"]["values"]
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept
    assert kept == {"a": "nan", "b": 2, "c": "[1]", "d": True, "e": "text"}


def test_a_false_claim_is_told_to_a_reader_and_stops_the_book(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEQCOURSE_STRICT", raising=False)
    claim("s is {s}", False, s=17, id="sigma")
    assert shown[0][0]["text/plain"] == "✗ s is 17 (does not hold here)"
    monkeypatch.setenv("SEQCOURSE_STRICT", "1")
    with pytest.raises(ClaimFailed, match="'sigma' does not hold: s is 17"):
        claim("s is {s}", False, s=17, id="sigma")
    claim("s is {s}", True, s=17, id="sigma")


@pytest.mark.parametrize("holds", [1, None, "yes", np.array([True]), np.float64(1)])
def test_only_a_truth_value_is_a_verdict(holds: Any, shown: Shown) -> None:
    with pytest.raises(TypeError, match="give True or False"):
        claim("s is {s}", holds, s=1, id="sigma")
    assert not shown


@pytest.mark.parametrize(
    ("sentence", "values"),
    [("plain", {}), ("{a}", {}), ("{a}", {"a": 1, "b": 2}), ("no", {"a": 1})],
)
def test_sentence_and_values_go_together(
    sentence: str, values: dict[str, int], shown: Shown
) -> None:
    with pytest.raises(ValueError, match="claim 'x'"):
        claim(sentence, True, id="x", **values)
