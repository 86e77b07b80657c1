"""The pronunciation ladder's encoder–decoders: what the decoder is given, and how letters are read.

One thing changes at a time: the first reads the letters one way, as they are spelled, and hands the
decoder its summary as the first state; the others differ from it in one of these.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from seqcourse.experiments import Fit
from seqcourse.experiments._pronouncing import (
    EMBEDDING,
    HIDDEN,
    SOUNDS,
    encoder,
    encoder_decoder_loss,
    searches,
    trained,
)
from seqcourse.experiments._rungs import summed_up
from seqcourse.models.seq2seq import Decoder, EncoderDecoder

CHAPTER = 10
FAMILY = "pronouncing"
SEEDS = (0, 1, 2)


def settings() -> list[dict[str, Any]]:
    """The plain one, and those that differ from it in one thing."""
    return [
        {"context": "first", "reads": "forwards"},
        {"context": "first", "reads": "backwards"},
        {"context": "each", "reads": "forwards"},
        {"context": "first", "reads": "both ways"},
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words."""
    torch.manual_seed(seed)
    both, backwards = setting["reads"] == "both ways", setting["reads"] == "backwards"
    model = EncoderDecoder(encoder(both), decoder(setting["context"]))
    loss = partial(encoder_decoder_loss, backwards=backwards)
    return trained(model, loss, searches(backwards), seed, fit)


def decoder(context: Any) -> Decoder:
    """A GRU that writes the phonemes; reading the summary at each step makes its input wider."""
    width = EMBEDDING + (HIDDEN if context == "each" else 0)
    layer = nn.GRU(width, HIDDEN, batch_first=True)
    return Decoder(SOUNDS, layer, EMBEDDING, HIDDEN, context)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung for each, a mean over the seeds; and the seeds' curves and rates."""
    return summed_up(CHAPTER, trials, _name)


def _name(setting: dict[str, Any]) -> str:
    context = ", summary at each step" if setting["context"] == "each" else ""
    return f"encoder–decoder, {setting['reads']}{context}"
