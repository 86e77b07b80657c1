"""Chapter 18's associative recall by a net whose states are a scan, for longer.

The net of `linear_recall`, with as many steps as linear attention of the same width has there.
"""

from __future__ import annotations

from typing import Any

from seqcourse.experiments import Fit, linear_recall
from seqcourse.experiments.recalling import STEPS

CHAPTER = 21
FAMILY = "recall"
SEEDS = (0, 1, 2)


def settings() -> list[dict[str, Any]]:
    """The net, and for how many steps."""
    return [{"kind": "scan", "width": 64, "steps": 2 * STEPS}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """It as it learns."""
    return linear_recall.trial(setting, seed, fit)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Curves, a run a seed."""
    return linear_recall.summary(trials)
