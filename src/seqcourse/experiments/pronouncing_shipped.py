"""What a network that others trained and ship scores on the pronunciation ladder's words.

It is no rung: it may have been trained on the dev and test words. Nothing is chosen, so the test
words are scored with the dev words; nothing is drawn by lot, so one run stands for all seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch

from seqcourse.data.pairs import letters
from seqcourse.data.pronunciations import Pronunciation, pronunciations
from seqcourse.experiments import Fit
from seqcourse.experiments._pronouncing import tabled
from seqcourse.models.shipped_pronouncer import (
    shipped_answers,
    shipped_pronouncer,
    without_stress,
)

CHAPTER = 10
FAMILY = "counts"  # nothing is trained: none of its trials is the shortest of this family
SEEDS = (0,)
SOME = 20  # of the training words, one in so many


def settings() -> list[dict[str, Any]]:
    """One network."""
    return [{"model": "g2p-en 2.1.0"}]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """PER and WER in percent, on all three parts."""
    model = shipped_pronouncer()
    train, dev, test = pronunciations()
    found: dict[str, Any] = {"numbers": sum(weight.numel() for weight in model.parameters())}
    for name, words in {"train": train[::SOME], "dev": dev, "test": test}.items():
        found[name] = tabled(_answers(model, words), words) | {"words": len(words)}
    return found


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """What the trial found."""
    return {"unit": "percent"} | trials[0]


def _answers(model: Any, words: Sequence[Pronunciation]) -> list[tuple[str, ...]]:
    found = {}
    for _, same in groupby(sorted(words, key=_length), key=_length):
        group = list(same)
        source = torch.tensor([letters(word.word) for word in group])
        for word, answer in zip(group, shipped_answers(model, source), strict=True):
            found[word.word] = without_stress(answer.tokens)
    return [found[word.word] for word in words]


def _length(word: Pronunciation) -> int:
    return len(word.word)
