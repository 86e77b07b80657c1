"""Chapter 18's associative recall by layers whose memory is of one size, whatever the length.

Sequences, batches, rate and number of steps are those of `recalling`, whose two layers of softmax
attention are what these are compared with: the same net with linear attention, for longer; one
twice as wide; and a net whose states are a scan.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.recalling import (
    CLIP,
    EVERY,
    KEYS,
    PAIRS,
    RATE,
    STEPS,
    VALUES,
    accuracy,
    draw,
    held,
    loss,
)
from seqcourse.models.placed_model import PlacedModel
from seqcourse.models.stack import Stack
from seqcourse.nn.linear_attention import LinearAttention
from seqcourse.nn.scan import MinGRU

CHAPTER = 21
FAMILY = "recall"
SEEDS = (0, 1, 2)

LAYERS = {"linear attention": LinearAttention, "scan": MinGRU}
DEPTH = 2


def net(kind: str, width: int) -> nn.Module:
    """An untrained net, one of `LAYERS`."""
    layer = Stack(LAYERS[kind], width, DEPTH, residual=True)
    return PlacedModel(KEYS + VALUES, layer, length=3 * PAIRS)


def settings() -> list[dict[str, Any]]:
    """The nets, and for how many steps."""
    linear = "linear attention"
    nets = [(linear, 64, 2 * STEPS), (linear, 128, STEPS), ("scan", 64, STEPS)]
    return [{"kind": kind, "width": width, "steps": steps} for kind, width, steps in nets]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net as it learns."""
    torch.manual_seed(seed)
    model = net(setting["kind"], setting["width"])
    history = fit(
        model,
        loss,
        draw,
        steps=setting["steps"],
        lr=RATE,
        clip=CLIP,
        seed=seed,
        evaluate=partial(accuracy, batch=held()),
        every=EVERY,
    )
    return {
        "numbers": sum(p.numel() for p in model.parameters()),
        "right": [round(value, 4) for value in history.value],
        "loss": [round(value, 4) for value in history.loss],
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves by net, a run a seed."""
    keys = ("numbers", "right", "loss", "seconds")
    return {
        "every": EVERY,
        "nets": [
            setting | {"runs": [{key: run[key] for key in keys} for run in runs]}
            for setting, runs in by_setting(trials)
        ],
    }
