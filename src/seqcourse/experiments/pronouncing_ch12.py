"""The pronunciation ladder's recogniser: CTC over the letters, two steps for each.

Both have about as many numbers as chapter 11's attention with the dot product.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from seqcourse.data.pairs import PairBatch
from seqcourse.decoding import Hypothesis, ctc_best_path, ctc_prefix_beam
from seqcourse.experiments import Fit
from seqcourse.experiments._pronouncing import BEAMS, EMBEDDING, LETTERS, SOUNDS, trained
from seqcourse.experiments._rungs import summed_up
from seqcourse.models.ctc_recogniser import CTCRecogniser

CHAPTER = 12
FAMILY = "pronouncing"
SEEDS = (0, 1, 2)

FRAMES = 2  # steps of output for a letter: 'x' is said in two phonemes
LAYERS = 2
SIZES = {"both ways": 112, "forwards": 196}


def settings() -> list[dict[str, Any]]:
    """It hears the whole word, or only what came so far."""
    return [{"reads": reads} for reads in SIZES]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words."""
    torch.manual_seed(seed)
    both = setting["reads"] == "both ways"
    layer = nn.GRU(EMBEDDING, SIZES[setting["reads"]], LAYERS, batch_first=True, bidirectional=both)
    model = CTCRecogniser(layer, SOUNDS, nn.Embedding(LETTERS, EMBEDDING), FRAMES)
    searches: dict[str, Any] = {"best path": heard}
    searches |= {f"beam {beam}": partial(heard, beam=beam) for beam in BEAMS}
    return trained(model, loss, searches, seed, fit)


def loss(model: CTCRecogniser, batch: PairBatch) -> Tensor:
    """CTC's loss of the phonemes; a pair for which there are too few steps counts as 0."""
    targets, sizes = map(torch.tensor, batch.targets())
    return model.loss(torch.from_numpy(batch.source), None, targets, sizes)


def heard(model: CTCRecogniser, beam: int = 0) -> Callable[[Tensor], list[Hypothesis]]:
    """What the network says: its best path, or the best label that a beam over prefixes finds."""

    @torch.no_grad()
    def say(source: Tensor) -> list[Hypothesis]:
        log_probs, lengths = model(source)
        if not beam:
            return ctc_best_path(log_probs, lengths)
        return [found[0] for found in ctc_prefix_beam(log_probs, lengths, beam=beam)]

    return say


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung for each, a mean over the seeds; and the seeds' curves and rates."""
    return summed_up(CHAPTER, trials, lambda setting: f"CTC, {setting['reads']}")
