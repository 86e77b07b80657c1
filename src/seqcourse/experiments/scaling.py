"""A look-up by attention whose scores are divided by 1, by the root of d, or by d.

A table of 32 pairs of symbols; one key is asked for, and the value beside it is to be said. At
first queries and keys are independent, with variance 1 in each column. What are the scores like
then, and what are they like when the look-up is learnt?
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.experiments import Fit, by_setting

CHAPTER = 15
FAMILY = "look-up"
SEEDS = (0, 1, 2)

PAIRS, SYMBOLS = 32, 64
BATCH, RATE, STEPS, EVERY, HELD = 32, 1e-3, 400, 10, 200
DIVISORS = {"1": lambda d: 1.0, "√d": math.sqrt, "d": float}


class Tables(NamedTuple):
    """Pairs of symbols.

    Args:
        keys: (B, S) int64, all different in a row.
        values: (B, S) int64.
        place: (B,) int64, of the key that is asked for.
    """

    keys: Tensor
    values: Tensor
    place: Tensor


def tables(rng: np.random.Generator, count: int = BATCH) -> Tables:
    """Tables drawn by lot."""
    keys = rng.random((count, SYMBOLS)).argsort(1)[:, :PAIRS].copy()
    values = rng.integers(0, SYMBOLS, (count, PAIRS))
    return Tables(*map(torch.from_numpy, (keys, values, rng.integers(0, PAIRS, count))))


class LookUp(nn.Module):
    """One head of d columns: the rows are sums of two embeddings.

    Args:
        width: d.
        divisor: of the scores.
        louder: W_q begins so many times as large.
    """

    def __init__(self, width: int, divisor: float, louder: float = 1.0) -> None:
        super().__init__()
        self.divisor = divisor
        self.key, self.value = nn.Embedding(SYMBOLS, width), nn.Embedding(SYMBOLS, width)
        self.w_q, self.w_k, self.w_v = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.out = nn.Linear(width, SYMBOLS)
        for layer in (self.w_q, self.w_k, self.w_v):
            nn.init.normal_(layer.weight, std=width**-0.5)
        with torch.no_grad():
            self.w_q.weight.mul_(louder)

    def scores(self, batch: Tables) -> tuple[Tensor, Tensor]:
        """q·k (B, S), not yet divided, and the rows (B, S, d)."""
        x = (self.key(batch.keys) + self.value(batch.values)) / math.sqrt(2)  # (B, S, d)
        asked = self.key(batch.keys.gather(1, batch.place[:, None]))  # (B, 1, d)
        return (self.w_q(asked) @ self.w_k(x).mT)[:, 0], x

    def forward(self, batch: Tables) -> Tensor:
        """Logits of the value, (B, V)."""
        scores, x = self.scores(batch)
        weights = (scores / self.divisor).softmax(-1)  # (B, S)
        found: Tensor = self.out((weights[:, None] @ self.w_v(x))[:, 0])
        return found


def loss(model: LookUp, batch: Tables) -> Tensor:
    """Nats."""
    right = batch.values.gather(1, batch.place[:, None])[:, 0]
    return torch.nn.functional.cross_entropy(model(batch), right)


@torch.no_grad()
def measured(model: LookUp, held: Tables) -> dict[str, float]:
    """Loss; of q·k the deviation, and by how much the asked key leads the mean of the others;
    its weight."""
    scores, _ = model.scores(held)
    right = torch.nn.functional.one_hot(held.place, PAIRS).bool()
    of_right, others = scores[right], scores[~right].view(-1, PAIRS - 1)
    weights = (scores / model.divisor).softmax(-1)
    return {
        "loss": round(loss(model, held).item(), 4),
        "deviation": round(others.std(-1).mean().item(), 4),
        "lead": round((of_right - others.mean(-1)).mean().item(), 4),
        "weight": round(weights[right].mean().item(), 4),
    }


def settings() -> list[dict[str, Any]]:
    """Three divisors at two widths; and d where W_q begins as much larger."""
    every = [{"width": d, "divisor": name, "louder": False} for d in (64, 256) for name in DIVISORS]
    return [*every, {"width": 256, "divisor": "d", "louder": True}]


def model_of(setting: Mapping[str, Any]) -> LookUp:
    """An untrained look-up of `settings`."""
    width = setting["width"]
    louder = math.sqrt(width) if setting["louder"] else 1.0
    return LookUp(width, DIVISORS[setting["divisor"]](width), louder)


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One look-up as it is learnt."""
    torch.manual_seed(seed)
    model = model_of(setting)
    held = tables(np.random.default_rng(1), HELD)
    first = measured(model, held)
    history = fit(
        model,
        loss,
        tables,
        steps=STEPS,
        lr=RATE,
        seed=seed,
        evaluate=lambda model: measured(model, held),
        every=EVERY,
    )
    return {"step": [0, *history.step], "held": [first, *history.value], "train": history.loss}


def summary(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The trials of each setting, one a seed, each measure as a line."""
    nets = []
    for setting, runs in by_setting(trials):
        lines = [
            {"step": run["step"]}
            | {key: [entry[key] for entry in run["held"]] for key in run["held"][0]}
            for run in runs
        ]
        nets.append(setting | {"runs": lines})
    return {"nets": nets}
