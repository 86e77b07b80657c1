"""The CNN of `bags` again, at a lower rate: the one chosen on pictures as they are may not suit."""

from __future__ import annotations

from typing import Any

import torch

from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.bags import DATA, LAYOUTS, laid_out
from seqcourse.experiments.crossover import EVERY, KINDS, batches, few, load, loss, net, right
from seqcourse.experiments.spelling_ch04 import FallingAdam

CHAPTER = 19
FAMILY = "pictures"
SEEDS = (0, 1, 2)

RATE = 3e-3


def settings() -> list[dict[str, Any]]:
    """How patches are laid out."""
    return [{"layout": layout} for layout in LAYOUTS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One CNN, trained and tested on pictures so laid out."""
    kind = KINDS[DATA]
    pool, test = load(DATA)
    train = laid_out(few(pool, kind.train, seed), setting["layout"], 100 + seed)
    test = laid_out(test, setting["layout"], 100 + seed)
    torch.manual_seed(seed)
    model = net("cnn", DATA)
    fit(
        model,
        loss,
        batches(train, kind.batch),
        steps=kind.steps,
        optimizer=FallingAdam(model.parameters(), RATE, kind.steps),
        seed=seed,
        every=EVERY,
    )
    return {"right": right(model, test), "learnt": right(model, train)}


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each layout with the share told right over the seeds."""
    nets = []
    for setting, runs in by_setting(trials):
        shares = [run["right"] for run in runs]
        entry = setting | {"right": shares, "learnt": [run["learnt"] for run in runs]}
        nets.append(entry | {"spread": spread(shares), "seconds": [r["seconds"] for r in runs]})
    return {"nets": nets, "rate": RATE}
