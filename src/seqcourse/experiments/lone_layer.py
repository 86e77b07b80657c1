"""The network that chapter 13's comparison needs besides: one layer a side that reads forwards.

Between it and `pronouncing_ch13`'s first network lies the direction alone, between it and the deep
one with residual connections depth, and with it width.
"""

from __future__ import annotations

from typing import Any

from seqcourse.experiments import Fit, pronouncing_ch13

CHAPTER = 13
FAMILY = "pronouncing"
SEEDS = (0, 1, 2)


def settings() -> list[dict[str, Any]]:
    """One, in the words of `pronouncing_ch13`."""
    return [{"depth": 1, "residual": False, "bottom": "forwards", "source": "letters"}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """Train and ask it as the others are."""
    return pronouncing_ch13.trial(setting, seed, fit)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Its run, in the form of the others'."""
    return {"runs": pronouncing_ch13.summary(trials)["runs"]}
