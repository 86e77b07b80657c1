"""The spelling ladder's LSTM, and what its gates do at the letters of words it never saw.

Batches, number of steps and rate are those of the recurrent rungs, so that they compare at equal
steps. With 128 units it has about as many weights as the RNN with 256.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET, IGNORE, batch
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import CLIP, EMBEDDING, RATE, STEPS, FallingAdam, batches
from seqcourse.models.language_model import LanguageModel, sample_words, spelling_nats

CHAPTER = 7
FAMILY = "spelling"
SEEDS = (0, 1, 2)


def settings() -> list[dict[str, Any]]:
    """One size."""
    return [{"hidden": 128}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: its curve on the dev words, and what it pays."""
    train, dev, test = spellings()
    torch.manual_seed(seed)
    layer = nn.LSTM(EMBEDDING, setting["hidden"], batch_first=True)
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
        "forget": forget_gates(model, dev[:2000]),
    }


@torch.no_grad()
def forget_gates(model: LanguageModel, words: Sequence[str]) -> list[float]:
    """The mean of each unit's forget gate over the letters of words, (H,), the least first."""
    layer: Any = model.layer
    assert model.embedding is not None
    inputs, targets = map(torch.from_numpy, batch(words))
    a = model.embedding(inputs) @ layer.weight_ih_l0.T + layer.bias_ih_l0 + layer.bias_hh_l0
    h = torch.cat([a.new_zeros(len(a), 1, layer.hidden_size), layer(model.embedding(inputs))[0]], 1)
    gates = torch.sigmoid((a + h[:, :-1] @ layer.weight_hh_l0.T).chunk(4, -1)[1])  # (B, T, H)
    real = targets != IGNORE
    real[:, 0] = False  # the first step has nothing to forget
    return [round(float(f), 3) for f in gates[real].mean(0).sort().values]


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rung, a mean over the seeds; and the seeds' curves, losses and forget gates."""
    return {
        "unit": "nats per character",
        "rungs": [
            {
                "chapter": CHAPTER,
                "model": f"LSTM, H = {setting['hidden']}",
                "size": runs[0]["numbers"],
                "dev": float(np.mean([run["dev"] for run in runs])),
                "test": float(np.mean([run["test"] for run in runs])),
                "seeds": len(runs),
            }
            for setting, runs in by_setting(trials)
        ],
        "runs": [
            setting
            | {
                key: [run[key] for run in runs]
                for key in ("seconds", "dev", "curve", "drawn", "forget")
            }
            for setting, runs in by_setting(trials)
        ],
    }
