"""Bach's chorales, a frame of 88 keys at each quarter note: a TCN against RNN, LSTM and GRU.

All have about as many numbers, see the same batches for as many steps, and drop as many outputs.
Rates were chosen on the dev pieces by short runs of each kind. Of each training the entry with the
lowest dev loss counts, and the test pieces are scored there. One TCN has a kernel of one place: it
sees the present frame alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.data.rolls import KEYS, Rolls, chorale_rolls, roll_batch
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import FallingAdam
from seqcourse.models.piano_roll import PianoRollModel, roll_nats
from seqcourse.models.tcn import TCN
from seqcourse.nn import GRU, LSTM, RNN

CHAPTER = 14
FAMILY = "chorales"
SEEDS = (0, 1, 2)

BATCH, STEPS, EVERY, CLIP, DROPOUT = 16, 600, 50, 1.0, 0.2
KINDS = ("RNN", "LSTM", "GRU", "TCN", "TCN, one frame")
RATES = {"RNN": 3e-3, "LSTM": 1e-2, "GRU": 1e-2, "TCN": 1e-2, "TCN, one frame": 1e-2}

Batch = tuple[Tensor, Tensor]


def layer(kind: str) -> nn.Module:
    """An untrained layer of one of the `KINDS`.

    Raises:
        KeyError: there is no such kind.
    """
    make: dict[str, Callable[[], nn.Module]] = {
        "RNN": lambda: RNN(KEYS, 240, batch_first=True),
        "LSTM": lambda: LSTM(KEYS, 110, batch_first=True),
        "GRU": lambda: GRU(KEYS, 132, batch_first=True),
        "TCN": lambda: TCN(KEYS, 84, (1, 2), 3, DROPOUT),
        "TCN, one frame": lambda: TCN(KEYS, 145, (1, 1), 1, DROPOUT),
    }
    return make[kind]()


@cache
def rolls() -> Rolls:
    """The chorales in three parts."""
    return chorale_rolls()


def prepared(part: tuple[np.ndarray, ...]) -> Batch:
    """Frames (B, T, 88), and where they are real (B, T)."""
    frames, real = map(torch.from_numpy, roll_batch(part))
    return frames, real


def draw(rng: np.random.Generator) -> Batch:
    """A batch of training pieces."""
    pieces = rolls().train
    return prepared(tuple(pieces[i] for i in rng.integers(0, len(pieces), BATCH)))


def constant() -> float:
    """Nats a frame of the test pieces, where each key has its share of the training frames."""
    share = np.clip(np.concatenate(rolls().train).mean(0), 1e-4, 1 - 1e-4)
    frames = np.concatenate([piece[1:] for piece in rolls().test])
    cost = frames * np.log(share) + (1 - frames) * np.log(1 - share)
    return float(-cost.sum(1).mean())


def settings() -> list[dict[str, Any]]:
    """The kinds."""
    return [{"kind": kind} for kind in KINDS]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One model: its curve, and dev and test loss where dev is lowest."""
    torch.manual_seed(seed)
    model = PianoRollModel(layer(setting["kind"]), KEYS, DROPOUT)
    dev, test = prepared(rolls().dev), prepared(rolls().test)
    history = fit(
        model,
        lambda model, batch: model.loss(*batch),
        draw,
        steps=STEPS,
        optimizer=FallingAdam(model.parameters(), RATES[setting["kind"]], STEPS),
        clip=CLIP,
        seed=seed,
        evaluate=lambda model: [roll_nats(model, *dev), roll_nats(model, *test)],
        every=EVERY,
    )
    best = min(history.value)
    return {
        "numbers": sum(p.numel() for p in model.parameters()),
        "field": getattr(model.layer, "receptive_field", None),
        "dev": best[0],
        "test": best[1],
        "curve": history.plain(),
        "constant": constant(),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Each kind's trials, one a seed; what no model, only each key's share, pays."""
    keys = ("dev", "test", "curve", "seconds")
    return {
        "steps": STEPS,
        "constant": trials[0]["constant"],
        "nets": [
            setting
            | {"numbers": runs[0]["numbers"], "field": runs[0]["field"]}
            | {key: [run[key] for run in runs] for key in keys}
            for setting, runs in by_setting(trials)
        ],
    }
