"""The adding problem by an LSTM: its starts, and how far its gradients reach."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqcourse.experiments import adding_lstm
from seqcourse.experiments.adding import draw

H = adding_lstm.HIDDEN


def test_the_starts_are_what_their_names_say() -> None:
    found = {}
    for start in adding_lstm.STARTS:
        torch.manual_seed(0)
        layer = adding_lstm.net(start, 50).layer
        found[start] = torch.sigmoid(layer.bias_ih_l0 + layer.bias_hh_l0).detach().split(H)
    i, f, *_ = found["torch's"]
    assert (i - 0.5).abs().max() < 0.1 and (f - 0.5).abs().max() < 0.1
    for start, written in ("forget bias from T", i), ("both biases from T", torch.tensor(1 / 50)):
        torch.testing.assert_close(found[start][1], torch.full((H,), 1 - 1 / 50))
        torch.testing.assert_close(found[start][0], written.expand(H))
        torch.testing.assert_close(found[start][2:], found["torch's"][2:])


def test_reach_is_autograds() -> None:
    torch.manual_seed(0)
    model = adding_lstm.net("both biases from T", 6)
    x, _ = draw(np.random.default_rng(0), 6, 1)
    _, (h, c) = model.layer(x[:, :2])

    def onwards(c: torch.Tensor) -> torch.Tensor:
        end: torch.Tensor = model.layer(x[:, 2:], (h, c))[1][1]
        return end

    full = torch.autograd.functional.jacobian(onwards, c).reshape(H, H)
    norm = torch.linalg.matrix_norm(full, 2)
    found = adding_lstm.reach(model, x)
    assert found["all"][4] == pytest.approx(float(norm.log10()), abs=0.02)
    assert found["cell"][4] < 0 and len(found["cell"]) == 7


def test_the_summary_finds_the_step() -> None:
    trial = {
        "setting": {"length": 150, "start": "torch's"},
        "seed": 0,
        "seconds": 1.4,
        "error": [0.2, 0.05, 0.02, 0.009],
        "before": None,
        "after": None,
    }
    stuck = [0.2] * (adding_lstm.LIMITS[150] // adding_lstm.EVERY)
    runs = adding_lstm.summary([trial, trial | {"error": stuck}])["runs"]
    assert [(r["found"], r["solved"]) for r in runs] == [(200, 400), (None, None)]
