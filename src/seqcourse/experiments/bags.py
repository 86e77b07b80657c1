"""Pictures of digits cut into patches, laid out again in an order of one's own.

All pictures' patches are laid out in one order that never changes ("one order"), or those of each
in an order of its own, drawn by lot ("any order"). Beside that, where a ViT's places come from, and
what its scores are read off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from seqcourse.data.images import Digits
from seqcourse.experiments import Fit, by_setting, spread
from seqcourse.experiments.crossover import (
    EVERY,
    KINDS,
    batches,
    few,
    load,
    loss,
    net,
    right,
)
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.nn.patches import patchify, unpatchify

CHAPTER = 19
FAMILY = "pictures"
SEEDS = (0, 1, 2)

DATA = "8 × 8"
LAYOUTS = ("as they are", "one order", "any order")


def laid_out(pictures: Digits, layout: str, seed: int) -> Digits:
    """Their patches in another order, the same for all or for each its own."""
    kind = KINDS[DATA]
    rows = patchify(torch.from_numpy(pictures.image)[:, None], kind.patch)
    count, T, _ = rows.shape
    rng = np.random.default_rng(seed)
    if layout == "as they are":
        order = np.tile(np.arange(T), (count, 1))
    elif layout == "one order":
        order = np.tile(rng.permutation(T), (count, 1))
    else:
        order = rng.permuted(np.tile(np.arange(T), (count, 1)), axis=1)
    moved = torch.take_along_dim(rows, torch.from_numpy(order)[..., None], 1)
    images = unpatchify(moved, kind.patch, (kind.size, kind.size))[:, 0]
    return Digits(images.numpy(), pictures.label)


def settings() -> list[dict[str, Any]]:
    """Net, its places, what it reads its scores off, and how patches are laid out.

    What `crossover` has trained already, as they are, is not trained again. Without places a ViT
    gives the same scores for any layout.
    """
    as_is, one, each = LAYOUTS
    rows = [
        ("vit", "learned", "cls", one),
        ("vit", "learned", "cls", each),
        ("cnn", None, "cls", one),
        ("cnn", None, "cls", each),
        ("vit", None, "cls", as_is),
        ("vit", "sinusoidal", "cls", as_is),
        ("vit", "learned", "mean", as_is),
    ]
    keys = ("net", "positions", "pooling", "layout")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net, trained and tested on pictures so laid out."""
    kind, name = KINDS[DATA], setting["net"]
    pool, test = load(DATA)
    pool = few(pool, kind.train, seed)  # all of them, in the order of `crossover`
    # One order is one for training and test; any order is drawn for each picture of both.
    train = laid_out(pool, setting["layout"], 100 + seed)
    test = laid_out(test, setting["layout"], 100 + seed)
    torch.manual_seed(seed)
    options = {"positions": setting["positions"], "pooling": setting["pooling"]}
    model = net(name, DATA, **({} if name == "cnn" else options))
    fit(
        model,
        loss,
        batches(train, kind.batch),
        steps=kind.steps,
        optimizer=FallingAdam(model.parameters(), kind.rates[name], kind.steps),
        seed=seed,
        every=EVERY,
    )
    return {"right": right(model, test), "learnt": right(model, train)}


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each setting with the share told right over the seeds."""
    nets = []
    for setting, runs in by_setting(trials):
        shares = [run["right"] for run in runs]
        entry = setting | {"right": shares, "learnt": [run["learnt"] for run in runs]}
        nets.append(entry | {"spread": spread(shares), "seconds": [r["seconds"] for r in runs]})
    return {"nets": nets, "pictures": KINDS[DATA].train, "steps": KINDS[DATA].steps}
