"""A language model of spellings, one to eight LSTMs deep, with and without residual connections.

All layers have one width, so that a residual connection needs no weights of its own: the two nets
of a depth have the same numbers to train, and from one seed begin from the same. Two plain stacks
begin from larger matrices, and one is trained longer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.spelling_ch04 import FallingAdam, batches
from seqcourse.gradients import total_norm
from seqcourse.models.language_model import LanguageModel, spelling_nats
from seqcourse.models.stack import Stack
from seqcourse.nn import LSTM

CHAPTER = 9
FAMILY = "spelling"
SEEDS = (0, 1, 2)

STEPS, LONG = 1000, 5000
WIDTH = 64
RATE = 4e-3
CLIP = 1.0
EVERY = 50
DEPTHS = (1, 2, 4, 6, 8)
LARGER = 4  # times torch's start


def net(depth: int, residual: bool, start: int = 1) -> LanguageModel:
    """A language model from torch's generator, the stack's matrices `start` times as large."""
    model = LanguageModel(len(ALPHABET), Stack(LSTM, WIDTH, depth, residual), WIDTH)
    with torch.no_grad():
        for weight in model.layer.parameters():
            if weight.dim() == 2:
                weight.mul_(start)
    return model


def layer_norms(model: LanguageModel, inputs: torch.Tensor, targets: torch.Tensor) -> list[float]:
    """The norm of the loss's gradient by the weights of each layer, the lowest first."""
    model.zero_grad()
    model.loss(inputs, targets).backward()  # type: ignore[no-untyped-call]
    layers: Any = model.layer.layers
    norms = [
        total_norm(p.grad for p in layer.parameters() if p.grad is not None).item()
        for layer in layers
    ]
    model.zero_grad()
    return norms


def settings() -> list[dict[str, Any]]:
    """The shallow ones first; one layer is its own stack. Then larger starts, and more steps."""
    usual = {"start": 1, "steps": STEPS}
    both = [{"depth": d, "residual": r} for d in DEPTHS[1:] for r in (False, True)]
    found = [s | usual for s in ({"depth": 1, "residual": False}, *both)]
    found += [{"depth": d, "residual": False, "start": LARGER, "steps": STEPS} for d in (4, 8)]
    return [*found, {"depth": 4, "residual": False, "start": 1, "steps": LONG}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net: the first gradients, and its curve on the dev words."""
    train, dev, _ = spellings()
    torch.manual_seed(seed)
    model = net(setting["depth"], setting["residual"], setting["start"])
    first = batches(train)(np.random.default_rng(seed))
    norms = layer_norms(model, *first)
    history = fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        batches(train),
        steps=setting["steps"],
        optimizer=FallingAdam(model.parameters(), RATE, setting["steps"]),
        clip=CLIP,
        seed=seed,
        every=EVERY,
    )
    return {
        "loss": [round(value, 4) for value in history.loss],
        "norms": norms,
        "dev": spelling_nats(model, dev),
        "numbers": sum(weight.numel() for weight in model.parameters()),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each setting the dev loss over the seeds, every curve, and every first gradient."""
    found = []
    for setting, runs in by_setting(trials):
        each = {key: [run[key] for run in runs] for key in ("loss", "norms")}
        dev = {"dev": spread(run["dev"] for run in runs), "numbers": runs[0]["numbers"]}
        found.append(setting | dev | each)
    return {"every": EVERY, "steps": STEPS, "settings": found}
