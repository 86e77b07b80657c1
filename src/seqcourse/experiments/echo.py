"""Echo: what came `lag` steps ago, learnt with a gradient that goes back k steps.

Every trial sees streams of the same kind and the same number of updates; within a seed only what
its setting names differs. The accuracy is that on streams held back, read as in training.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data import echo
from seqcourse.data.words import IGNORE
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.gradients import orthogonal_
from seqcourse.models.language_model import LanguageModel
from seqcourse.models.truncated import read_in_pieces, truncated_loss
from seqcourse.nn import RNN

CHAPTER = 5
FAMILY = "echo"
SEEDS = (0, 1, 2)

BATCH, LENGTH = 32, 96
USUAL: dict[str, Any] = {
    "lag": 12,
    "k": 96,
    "carry": True,
    "layer": "RNN",  # or "LSTM"
    "size": 64,
    "start": "torch",  # or "orthogonal"
    "trained": "all",  # or "output": the recurrence stays as it began
    "steps": 500,
    "rate": 3e-3,
}
GRID = {8: (1, 4, 8, 9, 12, 24), 12: (1, 4, 8, 12, 13, 16, 24), 16: (1, 8, 12, 16, 17, 24)}


def settings() -> list[dict[str, Any]]:
    """The grid of lag and k, then one thing changed at a time."""
    grid = [{"lag": lag, "k": k} for lag, ks in GRID.items() for k in ks]
    orthogonal = [{"start": "orthogonal", "k": k} for k in (1, 4, 8, 12, 13, 24)]
    lstm = [{"layer": "LSTM", "k": k, "steps": 2000} for k in (12, 24)]
    below: list[dict[str, Any]] = [
        {"k": 12, "steps": 3000},
        {"k": 12, "size": 256, "rate": 1e-3},
        {"k": 1, "start": "orthogonal", "trained": "output"},
        {"k": 1, "trained": "output"},
    ]
    reset = [{"k": k, "carry": False} for k in (16, 24, 48)]
    changes: list[dict[str, Any]] = [*grid, *orthogonal, *lstm, *below, *reset]
    return [USUAL | change for change in changes]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """Train one model and score it: its accuracy, and its loss in nats."""
    draw = partial(_draw, setting["lag"])
    held_back = draw(np.random.default_rng(10_000), 128)
    cut = {"k": setting["k"], "carry": setting["carry"]}

    def accuracy(model: LanguageModel) -> float:
        return _scores(model, held_back, **cut)["accuracy"]

    model = build(setting, seed)
    history = fit(
        model,
        lambda model, batch: truncated_loss(model, *batch, **cut),
        lambda rng: draw(rng, BATCH),
        steps=setting["steps"],
        optimizer=torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad], lr=setting["rate"]
        ),
        clip=1.0,
        seed=seed,
        evaluate=accuracy,
        every=100,
    )
    return {"curve": history.plain(), **_scores(model, held_back, **cut)}


def build(setting: dict[str, Any], seed: int) -> LanguageModel:
    """The model of a setting before it is trained."""
    torch.manual_seed(seed)
    make: Callable[..., nn.Module] = {"RNN": RNN, "LSTM": nn.LSTM}[setting["layer"]]
    layer = make(2, setting["size"], batch_first=True)
    if setting["start"] == "orthogonal":
        orthogonal_(cast(Tensor, layer.weight_hh_l0))
    layer.requires_grad_(setting["trained"] == "all")
    return LanguageModel(2, layer)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean, least and largest accuracy and loss of each setting."""
    return {
        "usual": USUAL,
        "rows": [
            {
                "changed": {name: value for name, value in setting.items() if value != USUAL[name]},
                "accuracy": spread(trial["accuracy"] for trial in group),
                "loss": spread(trial["loss"] for trial in group),
            }
            for setting, group in by_setting(trials)
        ],
    }


def _draw(lag: int, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    inputs, targets = echo(count, LENGTH, lag, rng)
    return torch.from_numpy(inputs), torch.from_numpy(targets)


@torch.no_grad()
def _scores(
    model: LanguageModel, batch: tuple[Tensor, Tensor], k: int, carry: bool
) -> dict[str, float]:
    inputs, targets = batch
    asked = targets != IGNORE
    right = read_in_pieces(model, inputs, k, carry).argmax(-1) == targets
    return {
        "accuracy": right[asked].double().mean().item(),
        "loss": truncated_loss(model, inputs, targets, k, carry).item(),
    }
