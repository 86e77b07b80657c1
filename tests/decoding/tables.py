"""Models small enough to write down all they can say: a law for each beginning, from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqcourse.decoding import Hypothesis

START = STOP = 0


class Table:
    """Log-probabilities that depend on the whole beginning and on the sequence of the batch.

    Args:
        seeds: one for each sequence of the batch.
        symbols: V, STOP among them.
        zeros: the share of the probabilities that are 0.
        levels: with so few different weights, ties are common; 0 for many.
    """

    def __init__(
        self, seeds: list[int], symbols: int = 3, zeros: float = 0.0, levels: int = 0
    ) -> None:
        self.seeds, self.symbols, self.zeros, self.levels = seeds, symbols, zeros, levels
        self.asked = 0
        self.law = cache(self._law)

    def _law(self, seed: int, tokens: tuple[int, ...]) -> np.ndarray:
        rng = np.random.default_rng([seed, *tokens, 7])
        levels = self.levels
        p = rng.integers(1, levels + 1, self.symbols) / 1 if levels else rng.random(self.symbols)
        p = np.where(rng.random(self.symbols) < self.zeros, 0, p)
        with np.errstate(divide="ignore"):
            return np.log(p) - np.log(max(p.sum(), 1e-300))

    def state(self) -> Any:
        """A nesting of each kind: (seed, symbols so far, the beginning as one number)."""
        seeds = torch.tensor(self.seeds)
        return {"seed": [seeds, None], "so far": (torch.zeros(len(seeds), 0, dtype=torch.long),)}

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        self.asked += len(tokens)
        seeds, (so_far,) = state["seed"][0], state["so far"]
        so_far = torch.cat([so_far, tokens[:, None]], 1)  # begins with START
        rows = zip(seeds.tolist(), so_far.tolist(), strict=True)
        laws = np.stack([self.law(seed, tuple(row[1:])) for seed, row in rows])
        return torch.from_numpy(laws), {"seed": [seeds, None], "so far": (so_far,)}


def everything(
    table: Table, seed: int, max_steps: int, lp: Callable[[int], float] = lambda n: 1.0
) -> list[Hypothesis]:
    """All that can be written, with its probability, best first."""
    found: list[Hypothesis] = []

    def go(tokens: tuple[int, ...], total: float) -> None:
        for symbol, nats in enumerate(table.law(seed, tokens)):
            now, length = total + float(nats), len(tokens) + 1
            if now == -math.inf:
                continue
            if symbol == STOP:
                found.append(Hypothesis(tokens, now, now / lp(length)))
            elif length == max_steps:
                found.append(Hypothesis((*tokens, symbol), now, now / lp(length), ended=False))
            else:
                go((*tokens, symbol), now)

    go((), 0.0)
    return sorted(found, key=lambda h: (not h.ended, -h.score))
