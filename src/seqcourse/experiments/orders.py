"""MNIST-1D as it is and shuffled: a TCN against RNN, LSTM and GRU, each read by its mean.

All have about as many numbers and see the same batches for as many steps. Rates were chosen on
signals as they are, with the last 500 training signals held back, by short runs of each kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data import mnist1d
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.shuffled import ORDERS, reordered
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.tcn import TCN
from seqcourse.nn import GRU, LSTM, RNN

CHAPTER = 14
FAMILY = "orders"
SEEDS = (0, 1, 2)

KINDS = ("RNN", "LSTM", "GRU", "TCN")
RATES = {"RNN": 3e-3, "LSTM": 2e-2, "GRU": 2e-2, "TCN": 2e-2}
BATCH, STEPS, CLIP, EVERY = 64, 700, 1.0, 50
CLASSES = 10

Batch = tuple[Tensor, Tensor]


class MeanClassifier(nn.Module):
    """Scores of the classes from the mean of a layer's outputs.

    Args:
        kind: of the layer, one of `KINDS`.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        make: dict[str, Callable[[], nn.Module]] = {
            "RNN": lambda: RNN(1, 110, batch_first=True),
            "LSTM": lambda: LSTM(1, 54, batch_first=True),
            "GRU": lambda: GRU(1, 62, batch_first=True),
            "TCN": lambda: TCN(1, 24, (1, 2, 4, 8), 3),
        }
        self.layer = make[kind]()
        self.out = nn.Linear(int(self.layer.hidden_size), CLASSES)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """(B, 10) from x (B, T)."""
        states, _ = self.layer(x[..., None])
        scores: Tensor = self.out(states.mean(1))
        return scores

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy."""
        return F.cross_entropy(self(x), y)


@torch.no_grad()
def accuracy(model: MeanClassifier, x: Tensor, y: Tensor) -> float:
    """Share of signals that are labelled rightly."""
    return float((model(x).argmax(1) == y).float().mean())


def settings() -> list[dict[str, Any]]:
    """Each kind with each of two orders: as it is, and one shuffle for all signals."""
    return [{"kind": kind, "order": order} for kind in KINDS for order in ORDERS[:2]]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One model: its test accuracy as it learns; the seed sets the shuffle, too."""
    data = mnist1d()
    both = np.concatenate([data.train_x, data.test_x])
    moved = reordered(both, setting["order"], np.random.default_rng(seed))
    x = torch.as_tensor(moved, dtype=torch.float32)
    y = torch.as_tensor(np.concatenate([data.train_y, data.test_y]))
    cut = len(data.train_x)

    def draw(rng: np.random.Generator) -> Batch:
        some = torch.from_numpy(rng.integers(0, cut, BATCH))
        return x[some], y[some]

    torch.manual_seed(seed)
    model = MeanClassifier(setting["kind"])
    history = fit(
        model,
        lambda model, batch: model.loss(*batch),
        draw,
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATES[setting["kind"]], STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: accuracy(model, x[cut:], y[cut:]),
        every=EVERY,
    )
    return {
        "accuracy": history.value[-1],
        "numbers": sum(p.numel() for p in model.parameters()),
        "curve": history.plain(),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each kind and order: accuracies and seconds, one a seed."""
    return {
        "steps": STEPS,
        "nets": [
            setting
            | {"numbers": runs[0]["numbers"]}
            | {key: [run[key] for run in runs] for key in ("accuracy", "seconds", "curve")}
            for setting, runs in by_setting(trials)
        ],
    }
