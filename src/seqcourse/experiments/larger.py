"""As `crossover`, with pictures of 28 × 28 pixels; and what attention rollout names on them."""

from __future__ import annotations

from typing import Any

from seqcourse.experiments import Fit, crossover

CHAPTER = 19
FAMILY = "pictures"
SEEDS = (0, 1, 2)

DATA = "28 × 28"


def settings() -> list[dict[str, Any]]:
    """How many pictures, shifts, net."""
    return crossover.grid(DATA)


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """As `crossover` does; of ViTs trained with shifts, what they look at, too."""
    return crossover.trial(setting, seed, fit)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """As that of `crossover`."""
    return crossover.summary(trials)
