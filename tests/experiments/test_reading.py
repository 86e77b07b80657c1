"""Strips read by a window and an LSTM: what nets are told, and how their answers are counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from seqcourse.data.strips import Strips
from seqcourse.experiments import reading


def two_digits() -> Strips:
    """3 in columns 2 to 6, 3 again in columns 8 to 14, of 16."""
    edges = np.array([[2.0, 6.0], [8.0, 14.0]])
    return Strips((np.zeros((28, 16), np.float32),), ((3, 3),), (edges,))


def test_each_step_is_told_the_nearest_digit() -> None:
    strip = two_digits()
    other = strip._replace(label=((3, 5),))
    *_, nearest = reading.prepared(other)
    middles = reading.STRIDE * (np.arange(8) + 0.5)
    assert nearest[:, 0].tolist() == [4 if middle <= 7 else 6 for middle in middles]


def saying(path: list[int], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A net that says this path of every strip."""
    log_probs = torch.log_softmax(20.0 * torch.eye(reading.SYMBOLS)[path], -1)[:, None]
    steps = torch.tensor([len(path)])
    monkeypatch.setattr(reading, "outputs", lambda model, drawn: (log_probs, steps))
    return SimpleNamespace()


def test_where_digits_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    net = saying([0, 4, 4, 0, 0, 0, 4, 0], monkeypatch)
    found = reading.places(net, two_digits())
    assert found["at"] == [(4 - 2) / 4, round((13 - 8) / 6, 3)]
    assert found["steps"] == [2, 1] and found["blank"] == 5 / 8
    assert found["covered"] == 5 / 8  # middles 3, 5 and 9, 11, 13
    wrong = reading.places(saying([0, 4, 4, 4, 4, 4, 4, 0], monkeypatch), two_digits())
    assert wrong["at"] == [] and wrong["blank"] == 2 / 8


def test_steps_and_labels_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    path = [0, 4, 4, 0, 0, 0, 4, 0]
    assert reading.unmerged(path) == (4, 4, 4) and reading.collapse(path) == (4, 4)
    net = saying(path, monkeypatch)
    assert reading.progress(net, two_digits()) == {"error": 0.0, "blank": 5 / 8}
    found = reading.decoded(net, two_digits())
    assert found == {
        "best": 0.0, "beam": 0.0, "strips": 1, "differ": 0, "best_right": 1, "beam_right": 1
    }  # fmt: skip


def test_the_nets_compared_have_about_as_many_numbers() -> None:
    one, two = (
        sum(p.numel() for p in reading.recogniser(ways).parameters()) for ways in reading.UNITS
    )
    assert abs(one / two - 1) < 0.1
