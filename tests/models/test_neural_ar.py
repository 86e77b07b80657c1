"""The neural autoregression: its form, its training, its repeatability."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqcourse.data import lagged, sunspots
from seqcourse.models.neural_ar import NeuralAR, train_neural_ar

torch.set_num_threads(1)
SPOTS = sunspots().between(1700, 1920).number


def test_twelve_eight_one() -> None:
    model = NeuralAR(12, 8)
    assert sum(weight.numel() for weight in model.parameters()) == 12 * 8 + 8 + 8 + 1
    assert model(torch.zeros(5, 3, 12)).shape == (5, 3)


def test_its_equation() -> None:
    torch.manual_seed(0)
    model = NeuralAR(3, 4, mean=10.0, scale=5.0).double()
    past = torch.randn(6, 3, dtype=torch.float64) * 5 + 10
    first, _, last = model.layers
    hidden = torch.tanh((past - 10) / 5 @ first.weight.T + first.bias)
    torch.testing.assert_close(model(past), 10 + 5 * (hidden @ last.weight[0] + last.bias))


def test_training_learns_and_repeats() -> None:
    past, now = lagged(SPOTS, 12)
    errors = [
        np.mean((train_neural_ar(SPOTS, seed=0, steps=steps).predict(past) - now) ** 2)
        for steps in (0, 200, 200)
    ]
    assert errors[1] == errors[2] < 0.2 * errors[0]


def test_bad_series_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        train_neural_ar([1.0, np.nan] * 20, seed=0)
