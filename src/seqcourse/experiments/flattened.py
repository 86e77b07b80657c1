"""The jumbled pictures of `bags`, read by a CNN that keeps the places of what it found.

The CNN of `crossover` ends in a mean over all places; this one has a weight for each place there,
fewer channels in its last convolution, and so about as many numbers. It, too, tries two rates.
"""

from __future__ import annotations

from typing import Any

import torch

from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.bags import DATA, LAYOUTS, laid_out
from seqcourse.experiments.crossover import CLASSES, EVERY, KINDS, batches, few, load, loss, right
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.placed_cnn import PlacedCNN

CHAPTER = 19
FAMILY = "pictures"
SEEDS = (0, 1, 2)

CHANNELS = (16, 32, 76)  # about as many numbers as the ViT has
RATES = (1e-2, 3e-3)  # those of `bags` and `slower`


def net() -> PlacedCNN:
    """Untrained."""
    kind = KINDS[DATA]
    return PlacedCNN(CLASSES, CHANNELS, kind.halved, kind.size)


def settings() -> list[dict[str, Any]]:
    """How patches are laid out, and the rate."""
    return [{"layout": layout, "rate": rate} for layout in LAYOUTS for rate in RATES]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net, trained and tested on pictures so laid out."""
    kind, layout = KINDS[DATA], setting["layout"]
    pool, test = load(DATA)
    train = laid_out(few(pool, kind.train, seed), layout, 100 + seed)
    test = laid_out(test, layout, 100 + seed)
    torch.manual_seed(seed)
    model = net()
    fit(
        model,
        loss,
        batches(train, kind.batch),
        steps=kind.steps,
        optimizer=FallingAdam(model.parameters(), setting["rate"], kind.steps),
        seed=seed,
        every=EVERY,
    )
    numbers = sum(p.numel() for p in model.parameters())
    return {"right": right(model, test), "learnt": right(model, train), "numbers": numbers}


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each layout and rate with the share told right over the seeds."""
    nets = []
    for setting, runs in by_setting(trials):
        shares = [run["right"] for run in runs]
        entry = setting | {"right": shares, "learnt": [run["learnt"] for run in runs]}
        nets.append(entry | {"spread": spread(shares), "seconds": [r["seconds"] for r in runs]})
    return {"nets": nets, "numbers": trials[0]["numbers"]}
