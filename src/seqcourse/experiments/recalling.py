"""Associative recall: one layer of attention, two, and recurrent nets, wide and narrow.

All see the same sequences, as many a step, for as many steps; each is asked for the values of eight
keys. Who answers with the value that stands most often in the sequence is right a quarter of the
time.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data.recall import associative_recall
from seqcourse.data.words import IGNORE
from seqcourse.experiments import Fit, by_setting
from seqcourse.models.attention_only import AttentionOnly
from seqcourse.models.language_model import LanguageModel
from seqcourse.nn import GRU, LSTM

CHAPTER = 18
FAMILY = "recall"
SEEDS = (0, 1, 2)

PAIRS, KEYS, VALUES = 8, 16, 16
BATCH, RATE, CLIP, STEPS, EVERY = 32, 3e-3, 1.0, 1500, 50
EMBEDDING = 64  # of the recurrent nets

Batch = tuple[Tensor, Tensor]


def net(kind: str, width: int, layers: int = 1, heads: int = 1) -> nn.Module:
    """An untrained net: "attention", "GRU" or "LSTM"."""
    if kind == "attention":
        return AttentionOnly(KEYS + VALUES, width, heads, layers, length=3 * PAIRS)
    layer = (GRU if kind == "GRU" else LSTM)(EMBEDDING, width, layers, batch_first=True)
    return LanguageModel(KEYS + VALUES, layer, EMBEDDING)


def draw(rng: np.random.Generator, count: int = BATCH) -> Batch:
    """Inputs and targets, (B, 24) each."""
    inputs, targets = associative_recall(count, PAIRS, rng, KEYS, VALUES)
    return torch.from_numpy(inputs), torch.from_numpy(targets)


def held(count: int = 1000) -> Batch:
    """The same sequences at each call."""
    return draw(np.random.default_rng(1), count)


def loss(model: Any, batch: Batch) -> Tensor:
    """Cross-entropy of the values asked for."""
    found: Tensor = model.loss(*batch)
    return found


@torch.no_grad()
def accuracy(model: nn.Module, batch: Batch) -> float:
    """The share of questions answered right."""
    inputs, targets = batch
    logits = model(inputs)
    asked = targets != IGNORE
    best = (logits[0] if isinstance(logits, tuple) else logits).argmax(-1)  # (B, T)
    return float((best == targets)[asked].double().mean())


def most_frequent(batch: Batch) -> float:
    """How often the value that stands most often in its sequence is right."""
    values = batch[1][:, 2 * PAIRS :] - KEYS  # (B, n)
    counts = torch.nn.functional.one_hot(values, VALUES).sum(1)  # (B, VALUES)
    return float(counts.max(1).values.double().mean() / PAIRS)


def settings() -> list[dict[str, Any]]:
    """The nets."""
    attention = [(1, 1, 64), (1, 8, 64), (2, 1, 64), (2, 1, 16)]
    return [
        *({"kind": "attention", "layers": n, "heads": h, "width": d} for n, h, d in attention),
        *({"kind": kind, "width": width} for kind in ("GRU", "LSTM") for width in (64, 128)),
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net as it learns."""
    torch.manual_seed(seed)
    model = net(**setting)
    history = fit(
        model,
        loss,
        draw,
        steps=STEPS,
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
    """Curves by net, a run a seed; and what the most frequent value gets."""
    keys = ("numbers", "right", "loss", "seconds")
    return {
        "every": EVERY,
        "steps": STEPS,
        "most_frequent": most_frequent(held()),
        "nets": [
            setting | {"runs": [{key: run[key] for key in keys} for run in runs]}
            for setting, runs in by_setting(trials)
        ],
    }
