"""The spelling ladder's long rungs: an LSTM and a Transformer with thirty minutes of one core each.

Both have about as many numbers, nearly four times what the ladder's largest have, and about ten
times their training; so much needs dropout. Batches are those of the other rungs. The steps are as
many as thirty minutes held when a step of each was timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments._pronouncing import timed, training_seconds
from seqcourse.experiments.spelling_ch04 import CLIP, EMBEDDING, batches
from seqcourse.experiments.spelling_ch17 import HEADS, LENGTH, WARM, WarmAdam
from seqcourse.models.gpt import GPT
from seqcourse.models.language_model import LanguageModel, sample_words, spelling_nats
from seqcourse.nn import LSTM

CHAPTER = 21
FAMILY = "spelling"
SEEDS = (0,)

EVERY = 2000
RATE = 3e-3
DROPOUT = {"LSTM": 0.2, "Transformer": 0.1}


def settings() -> list[dict[str, Any]]:
    """Two layers of states; and four blocks, with as many numbers."""
    return [
        {"net": "LSTM", "layers": 2, "width": 256, "steps": 28_000},
        {"net": "Transformer", "layers": 4, "width": 128, "steps": 26_000},
    ]


def network(setting: dict[str, Any]) -> Any:
    """The network of a setting, with its first weights."""
    layers, width, dropout = setting["layers"], setting["width"], DROPOUT[setting["net"]]
    if setting["net"] == "Transformer":
        return GPT(len(ALPHABET), width, HEADS, layers, length=LENGTH, dropout=dropout)
    layer = LSTM(EMBEDDING, width, layers, batch_first=True, dropout=dropout)
    return LanguageModel(len(ALPHABET), layer, EMBEDDING)


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: its curve on the dev words, and what it pays."""
    train, dev, test = spellings()
    torch.manual_seed(seed)
    model = network(setting)
    history = fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        batches(train),
        steps=setting["steps"],
        optimizer=WarmAdam(model.parameters(), RATE, setting["steps"], WARM),
        clip=CLIP,
        seed=seed,
        evaluate=timed(lambda model: {"dev": spelling_nats(model, dev)}),
        every=EVERY,
    )
    curve = history.plain()
    return {
        "training": training_seconds(curve),
        "curve": curve | {"value": [value["dev"] for value in curve["value"]]},
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "dev": spelling_nats(model, dev),
        "test": spelling_nats(model, test),
        "drawn": sample_words(model, 12, seed=seed),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rungs, means over the seeds; and of each setting its seeds' curves and losses."""
    kept = ("seconds", "training", "dev", "test", "curve", "drawn", "numbers")
    return {
        "unit": "nats per character",
        "rungs": [
            {
                "chapter": CHAPTER,
                "model": f"{setting['net']}, {setting['layers']} layers, {setting['width']}, long",
                "size": runs[0]["numbers"],
                "dev": float(np.mean([run["dev"] for run in runs])),
                "test": float(np.mean([run["test"] for run in runs])),
                "seeds": len(runs),
            }
            for setting, runs in by_setting(trials)
        ],
        "runs": [
            setting | {key: [run[key] for run in runs] for key in kept}
            for setting, runs in by_setting(trials)
        ],
    }
