"""The spelling ladder's convolutional rung: a TCN, and how far back its gradient reaches.

Batches, number of steps and rate are those of the recurrent rungs, so that they compare at equal
steps; the width is the largest with no more numbers than chapter 7's LSTM has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET, batch
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import CLIP, EMBEDDING, RATE, STEPS, FallingAdam, batches
from seqcourse.models.language_model import LanguageModel, sample_words, spelling_nats
from seqcourse.models.tcn import TCN

CHAPTER = 14
FAMILY = "spelling"
SEEDS = (0, 1, 2)

KERNEL = 3
PLACE = 12  # where the gradient is asked


def settings() -> list[dict[str, Any]]:
    """One size."""
    return [{"hidden": 89, "dilations": [1, 4]}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words: its curve on the dev words, and what it pays."""
    train, dev, test = spellings()
    torch.manual_seed(seed)
    layer = TCN(EMBEDDING, setting["hidden"], setting["dilations"], KERNEL)
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
        "field": layer.receptive_field,
        "dev": spelling_nats(model, dev),
        "test": spelling_nats(model, test),
        "drawn": sample_words(model, 12, seed=seed),
        "shares": gradient_shares(model, dev),
    }


def gradient_shares(model: LanguageModel, words: Sequence[str]) -> list[float]:
    """Whence the gradient of the loss at place `PLACE` comes: a share for each place 1 … PLACE.

    Of each word, the norm of the gradient by what stands at a place, as its embedding; its sum over
    the words, divided by that over all places.
    """
    assert model.embedding is not None
    tokens = [batch([word]) for word in words if len(word) >= PLACE]
    inputs = torch.from_numpy(np.concatenate([i[:, :PLACE] for i, _ in tokens]))
    targets = torch.from_numpy(np.concatenate([t[:, PLACE - 1] for _, t in tokens]))
    x = model.embedding(inputs).detach().requires_grad_()  # (B, T, E)
    states, _ = model.layer(x)
    loss = F.cross_entropy(model.out(states[:, -1]), targets, reduction="sum")
    (slope,) = torch.autograd.grad(loss, x)
    size = slope.norm(dim=-1).sum(0)  # (T,)
    return [round(float(share), 4) for share in size / size.sum()]


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rung, a mean over the seeds; and the seeds' curves, losses and gradients' shares."""
    [(setting, runs)] = by_setting(trials)
    kept = ("seconds", "dev", "curve", "drawn", "shares")
    return {
        "unit": "nats per character",
        "rungs": [
            {
                "chapter": CHAPTER,
                "model": f"TCN, {2 * len(setting['dilations'])} layers, H = {setting['hidden']}",
                "size": runs[0]["numbers"],
                "dev": float(np.mean([run["dev"] for run in runs])),
                "test": float(np.mean([run["test"] for run in runs])),
                "seeds": len(runs),
            }
        ],
        "runs": setting
        | {"field": runs[0]["field"]}
        | {key: [run[key] for run in runs] for key in kept},
    }
