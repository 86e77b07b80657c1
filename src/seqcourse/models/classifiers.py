"""Small classifiers of short sequences, out of PyTorch's plain layers: they see (B, T) numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

STEPS = {"linear": 1000, "MLP": 1500, "CNN": 1500, "GRU": 1500}  # enough for each to settle
RATES = {"linear": 1e-2, "MLP": 5e-3, "CNN": 1e-2, "GRU": 1e-2}


def linear(length: int = 40, classes: int = 10) -> nn.Module:
    """One weight for each place and class."""
    return nn.Linear(length, classes)


def mlp(length: int = 40, classes: int = 10, width: int = 100) -> nn.Module:
    """Two hidden layers. Every place has weights of its own: it knows no neighbours."""
    return nn.Sequential(
        nn.Linear(length, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, classes),
    )


def cnn(length: int = 40, classes: int = 10, channels: int = 25) -> nn.Module:
    """Three layers that slide over neighbours; `length` is a multiple of 8."""
    return nn.Sequential(
        nn.Unflatten(1, (1, length)),  # (B, 1, T): one channel
        nn.Conv1d(1, channels, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv1d(channels, channels, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv1d(channels, channels, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),  # (B, channels * T / 8)
        nn.Linear(channels * length // 8, classes),
    )


class MeanGRU(nn.Module):
    """Reads one number after the other; its states are averaged, then classified.

    Args:
        width: size of its state.
        classes: how many.
    """

    def __init__(self, width: int = 64, classes: int = 10) -> None:
        super().__init__()
        self.gru = nn.GRU(1, width, batch_first=True)
        self.out = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (B, classes) for x (B, T)."""
        states, _ = self.gru(x[..., None])  # (B, T, width)
        scores: Tensor = self.out(states.mean(1))
        return scores


KINDS: dict[str, Callable[[], nn.Module]] = {
    "linear": linear,
    "MLP": mlp,
    "CNN": cnn,
    "GRU": MeanGRU,
}


def train(
    kind: str, x: np.ndarray, label: np.ndarray, *, seed: int, steps: int = 0, batch: int = 100
) -> nn.Module:
    """Train one of the `KINDS`: Adam, its rate up and down once, a fixed number of steps.

    Args:
        kind: 'linear', 'MLP', 'CNN' or 'GRU'.
        x: (N, 40) numbers.
        label: (N,) int, 0 … 9.
        seed: of the initial weights and of the batches.
        steps: updates; 0 is the kind's own number of `STEPS`.
        batch: examples a step.

    Raises:
        KeyError: there is no such kind.
    """
    torch.manual_seed(seed)
    model = KINDS[kind]()
    draw = torch.Generator().manual_seed(seed)
    inputs, targets = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(label)
    optimizer = torch.optim.Adam(model.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATES[kind], steps or STEPS[kind])
    for _ in range(steps or STEPS[kind]):
        some = torch.randint(len(inputs), (batch,), generator=draw)
        loss = nn.functional.cross_entropy(model(inputs[some]), targets[some])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        rate.step()
    return model


def accuracy(model: nn.Module, x: np.ndarray, label: np.ndarray) -> float:
    """Share of x (N, T) that the model labels rightly."""
    with torch.no_grad():
        scores = model(torch.as_tensor(x, dtype=torch.float32))  # (N, classes)
    return float(np.mean(scores.argmax(1).numpy() == label))
