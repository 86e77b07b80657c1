"""The spelling ladder's Transformers: a GPT about as large as chapter 7's LSTM, and a larger one.

Batches and number of steps are those of the recurrent rungs. The rates and the warm-up were chosen
on the dev words by trials of 1,500 and 3,000 steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments._pronouncing import timed, training_seconds
from seqcourse.experiments.spelling_ch04 import CLIP, STEPS, FallingAdam, batches
from seqcourse.models.gpt import GPT
from seqcourse.models.language_model import sample_words, spelling_nats

CHAPTER = 17
FAMILY = "spelling"
SEEDS = (0, 1, 2)

HEADS = 4
LENGTH = 40  # places in the table: more than the longest word has
WARM = 500  # steps in which the rate rises


class WarmAdam(FallingAdam):
    """`FallingAdam` whose rate first rises from nothing, in a straight line over `warm` steps."""

    def __init__(self, parameters: Any, lr: float, steps: int, warm: int) -> None:
        super().__init__(parameters, lr=lr, steps=steps)
        self.full, self.warm = lr, warm

    def step(self, closure: Any = None) -> Any:
        done = max((float(kept["step"]) for kept in self.state.values()), default=0.0)
        self.first = self.full * min(1.0, (done + 1) / self.warm)
        found = super().step(closure)
        for group in self.param_groups:
            group["lr"] = self.full
        return found


def settings() -> list[dict[str, Any]]:
    """Near the LSTM's size; and near that of its two layers."""
    return [
        {"width": 48, "layers": 3, "rate": 6e-3},
        {"width": 96, "layers": 2, "rate": 4e-3},
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: its curve on the dev words, and what it pays."""
    train, dev, test = spellings()
    torch.manual_seed(seed)
    model: Any = GPT(len(ALPHABET), setting["width"], HEADS, setting["layers"], length=LENGTH)
    history = fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        batches(train),
        steps=STEPS,
        optimizer=WarmAdam(model.parameters(), setting["rate"], STEPS, WARM),
        clip=CLIP,
        seed=seed,
        evaluate=timed(lambda model: {"dev": spelling_nats(model, dev)}),
        every=2000,
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
                "model": f"Transformer, {setting['layers']} layers, d = {setting['width']}",
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
