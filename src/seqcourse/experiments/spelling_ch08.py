"""The spelling ladder's GRU.

Batches, number of steps and rate are those of the recurrent rungs, so that they compare at equal
steps. Two widths: that of chapter 7's LSTM, and the largest with no more numbers than that has.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import CLIP, EMBEDDING, RATE, STEPS, FallingAdam, batches
from seqcourse.models.language_model import LanguageModel, sample_words, spelling_nats
from seqcourse.nn import GRU

CHAPTER = 8
FAMILY = "spelling"
SEEDS = (0, 1, 2)


def settings() -> list[dict[str, Any]]:
    """As wide as the LSTM, then as many numbers."""
    return [{"hidden": 128}, {"hidden": 149}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: its curve on the dev words, and what it pays."""
    train, dev, test = spellings()
    torch.manual_seed(seed)
    layer = GRU(EMBEDDING, setting["hidden"], batch_first=True)
    model = LanguageModel(len(ALPHABET), layer, EMBEDDING)
    history = fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        batches(train),
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATE, STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: spelling_nats(model, dev),
        every=2000,
    )
    return {
        "curve": history.plain(),
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "dev": spelling_nats(model, dev),
        "test": spelling_nats(model, test),
        "drawn": sample_words(model, 12, seed=seed),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung for each width, a mean over the seeds; and the seeds' curves and losses."""
    rungs, each = [], []
    for setting, runs in by_setting(trials):
        rungs.append(
            {
                "chapter": CHAPTER,
                "model": f"GRU, H = {setting['hidden']}",
                "size": runs[0]["numbers"],
                "dev": float(np.mean([run["dev"] for run in runs])),
                "test": float(np.mean([run["test"] for run in runs])),
                "seeds": len(runs),
            }
        )
        kept = ("seconds", "dev", "curve", "drawn")
        each.append(setting | {key: [run[key] for run in runs] for key in kept})
    return {"unit": "nats per character", "rungs": rungs, "runs": each}
