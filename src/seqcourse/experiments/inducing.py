"""Sequences that repeat: heads as they learn to look behind the same symbol, and what each is for.

Attention-only nets of one layer and of two, four heads in each. How often a sequence repeats itself
differs, so that no fixed distance helps. Of the trained nets of two layers each head is taken away,
and every set of heads is tried alone.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.data.recall import repeats
from seqcourse.data.words import IGNORE
from seqcourse.experiments import Fit, by_setting
from seqcourse.models.attention_only import AttentionOnly
from seqcourse.models.circuits import ablations, after_same, attention_to, one_before

CHAPTER = 18
FAMILY = "repeats"
SEEDS = (0, 1, 2, 3, 4)

SYMBOLS, LENGTH, PERIODS = 32, 32, (8, 16)
WIDTH, HEADS = 64, 4
BATCH, RATE, CLIP, STEPS, EVERY = 32, 3e-3, 1.0, 800, 50

Batch = tuple[Tensor, Tensor]


def net(layers: int) -> AttentionOnly:
    """An untrained net."""
    return AttentionOnly(SYMBOLS, WIDTH, HEADS, layers, LENGTH)


def draw(
    rng: np.random.Generator, count: int = BATCH, period: int | tuple[int, int] = PERIODS
) -> Batch:
    """Inputs and targets, (B, 32) each."""
    inputs, targets = repeats(count, LENGTH, period, rng, SYMBOLS)
    return torch.from_numpy(inputs), torch.from_numpy(targets)


def held(count: int = 200) -> Batch:
    """The same sequences at each call: 16 symbols, and the same 16 once more."""
    return draw(np.random.default_rng(1), count, LENGTH // 2)


def loss(model: AttentionOnly, batch: Batch) -> Tensor:
    """Cross-entropy, where the next symbol can be known."""
    return model.loss(*batch)


def right(logits: Tensor, targets: Tensor) -> float:
    """The share of the symbols that can be known which are foretold."""
    asked = targets != IGNORE
    return float((logits.argmax(-1) == targets)[asked].double().mean())


@torch.no_grad()
def looks(model: AttentionOnly, batch: Batch) -> dict[str, Any]:
    """Loss, accuracy, and how much each head looks one back, and behind the same symbol."""
    inputs, targets = batch
    logits, weights = model.look(inputs)
    scores = {
        "before": attention_to(weights, one_before(inputs)),
        "behind": attention_to(weights, after_same(inputs)),
    }
    found = {name: [[round(float(v), 3) for v in row] for row in s] for name, s in scores.items()}
    return found | {
        "loss": round(float(loss(model, batch)), 4),
        "right": round(right(logits, targets), 4),
    }


@torch.no_grad()
def alone(model: AttentionOnly, batch: Batch) -> list[dict[str, Any]]:
    """Of every set of heads, none to all: which are kept (layers · n), and how much is right."""
    inputs, targets = batch
    found = []
    for kept in product((0, 1), repeat=len(model.layers) * HEADS):
        keep = torch.tensor(kept, dtype=torch.float32).view(-1, HEADS)
        share = right(model(inputs, keep), targets)
        found.append({"kept": list(kept), "right": round(share, 4)})
    return found


def settings() -> list[dict[str, Any]]:
    """One layer, and two."""
    return [{"layers": 1}, {"layers": 2}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One net as it learns, and what its heads are for in the end."""
    torch.manual_seed(seed)
    model = net(setting["layers"])
    history = fit(
        model,
        loss,
        draw,
        steps=STEPS,
        lr=RATE,
        clip=CLIP,
        seed=seed,
        evaluate=partial(looks, batch=held()),
        every=EVERY,
    )
    found: dict[str, Any] = {"looks": history.value}
    if setting["layers"] == 2:
        lost = ablations(model, *held())
        found["lost"] = [[round(float(v), 4) for v in row] for row in lost]
        found["alone"] = alone(model, held(50))
    return found


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves, scores and losses, a run a seed; of the sets of heads, the best of each size."""
    nets = []
    for setting, runs in by_setting(trials):
        kept = []
        for run in runs:
            entry = {key: run[key] for key in ("seed", "seconds", "looks", "lost") if key in run}
            sets = run.get("alone", [])
            for one in sets:
                if one["kept"] == [1] * HEADS + [0] * HEADS:
                    entry["without_second_layer"] = one["right"]
            sizes = sorted({sum(one["kept"]) for one in sets})
            entry["best"] = [
                max((one for one in sets if sum(one["kept"]) == n), key=lambda one: one["right"])
                for n in sizes
            ]
            kept.append(entry)
        nets.append(setting | {"runs": kept})
    return {"every": EVERY, "steps": STEPS, "nets": nets}
