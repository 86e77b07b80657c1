"""The pronunciation ladder's attention: its score, and when it asks.

The encoder is that of chapter 10's network that reads both ways, so that attention is all that is
new. Among those that ask in Luong's timing the score alone differs; the additive score stands in
both timings.
"""

from __future__ import annotations

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
from seqcourse.models.attention_decoder import AttentionDecoder
from seqcourse.models.seq2seq import EncoderDecoder
from seqcourse.nn import AdditiveAttention, DotProductAttention, GeneralAttention

CHAPTER = 11
FAMILY = "pronouncing"
SEEDS = (0, 1, 2)


def settings() -> list[dict[str, Any]]:
    """Three scores in one timing, and one of them in the other."""
    return [
        {"score": "dot", "timing": "luong"},
        {"score": "general", "timing": "luong"},
        {"score": "additive", "timing": "luong"},
        {"score": "additive", "timing": "bahdanau"},
    ]


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One network on the training words."""
    torch.manual_seed(seed)
    timing = setting["timing"]
    width = EMBEDDING + (HIDDEN if timing == "bahdanau" else 0)
    decoder = AttentionDecoder(
        SOUNDS,
        nn.GRU(width, HIDDEN, batch_first=True),
        EMBEDDING,
        HIDDEN,
        attention(setting["score"]),
        timing,
    )
    model = EncoderDecoder(encoder(both=True), decoder)
    return trained(model, encoder_decoder_loss, searches(), seed, fit)


def attention(score: str) -> nn.Module:
    """A query and keys of HIDDEN numbers each; the dot product is divided by their square root."""
    if score == "dot":
        return DotProductAttention()
    if score == "general":
        return GeneralAttention(HIDDEN, HIDDEN)
    return AdditiveAttention(HIDDEN, HIDDEN, HIDDEN // 2)


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """A rung for each, a mean over the seeds; and the seeds' curves and rates."""
    return summed_up(CHAPTER, trials, _name)


def _name(setting: dict[str, Any]) -> str:
    return f"attention, {setting['score']} score, {setting['timing'].title()}’s timing"
