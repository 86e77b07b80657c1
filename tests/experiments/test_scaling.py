"""The look-up whose scores are divided: what it starts from, and what is measured of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqcourse.experiments import scaling


@pytest.mark.parametrize("width", [64, 256])
def test_scores_start_with_the_variance_of_the_argument(width: int) -> None:
    torch.manual_seed(0)
    model = scaling.LookUp(width, 1.0)
    scores, rows = model.scores(scaling.tables(np.random.default_rng(0), 200))
    assert rows.shape == (200, scaling.PAIRS, width)
    assert abs(scores.std().item() / math.sqrt(width) - 1) < 0.1
    assert abs(rows.std().item() - 1) < 0.05


def test_a_table_asks_for_a_key_that_it_has_once() -> None:
    drawn = scaling.tables(np.random.default_rng(0), 50)
    assert all(len(set(row)) == scaling.PAIRS for row in drawn.keys.tolist())
    assert drawn.place.max() < scaling.PAIRS and drawn.values.max() < scaling.SYMBOLS


def test_what_is_measured() -> None:
    torch.manual_seed(0)
    model, held = scaling.LookUp(64, 8.0), scaling.tables(np.random.default_rng(1), 20)
    found = scaling.measured(model, held)
    scores, _ = model.scores(held)
    right = scores.gather(1, held.place[:, None])[:, 0]
    others = (scores.sum(1) - right) / (scaling.PAIRS - 1)
    assert found["lead"] == pytest.approx((right - others).mean().item(), abs=1e-3)
    assert found["loss"] == pytest.approx(scaling.loss(model, held).item(), abs=1e-3)
    weights = (scores / 8).softmax(-1).gather(1, held.place[:, None])
    assert found["weight"] == pytest.approx(weights.mean().item(), abs=1e-3)


def test_louder_queries_undo_the_divisor() -> None:
    found = []
    for setting in ({"divisor": "√d", "louder": False}, {"divisor": "d", "louder": True}):
        torch.manual_seed(0)
        model = scaling.model_of({"width": 256, **setting})
        found.append(model(scaling.tables(np.random.default_rng(0), 4)))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-5)
