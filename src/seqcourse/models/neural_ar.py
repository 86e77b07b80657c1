"""Autoregression with a small network in place of the weighted sum."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from seqcourse.data import lagged


class NeuralAR(nn.Module):
    """x_t = const + network(x_{t-1}, …, x_{t-p}) + noise: one hidden layer of tanh units.

    The form of Weigend, Huberman and Rumelhart (1990): p inputs, a few hidden units, one output.

    Args:
        p: how many past values it looks at.
        hidden: units.
        mean, scale: of the training series; inputs and outputs are standardised with them.
    """

    def __init__(self, p: int, hidden: int, mean: float = 0.0, scale: float = 1.0) -> None:
        super().__init__()
        self.p, self.mean, self.scale = p, mean, scale
        self.layers = nn.Sequential(nn.Linear(p, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, past: Tensor) -> Tensor:
        """The next value, (…,), for past (…, p), the latest first, in the series' own unit."""
        standard: Tensor = self.layers((past - self.mean) / self.scale)[..., 0]
        return self.mean + self.scale * standard

    def predict(self, past: ArrayLike) -> np.ndarray:
        """`forward` for NumPy arrays, without gradients."""
        with torch.no_grad():
            values = self(torch.as_tensor(np.asarray(past), dtype=torch.float32))
        return np.asarray(values.numpy(), dtype=float)


def train_neural_ar(
    x: ArrayLike,
    p: int = 12,
    hidden: int = 8,
    *,
    seed: int,
    steps: int = 1000,
    penalty: float = 5e-3,
    rate: float = 1e-2,
) -> NeuralAR:
    """Fit a `NeuralAR` to a series: Adam on all windows at once, a fixed number of steps.

    Args:
        x: (T,) series.
        p, hidden: the network's size.
        seed: of the initial weights.
        steps: updates.
        penalty: of the squared weights, against overfitting.
        rate: of learning.

    Raises:
        TypeError, ValueError: as `lagged`.
    """
    past, now = lagged(x, p)
    series = np.asarray(x, dtype=float)
    scale = float(series.std()) or 1.0
    torch.manual_seed(seed)
    model = NeuralAR(p, hidden, float(series.mean()), scale)
    inputs = torch.as_tensor(past, dtype=torch.float32)  # (N, p)
    targets = torch.as_tensor(now, dtype=torch.float32)  # (N,)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        error = ((model(inputs) - targets) / scale).square().mean()
        loss = error + penalty * sum(weight.square().sum() for weight in model.parameters())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model
