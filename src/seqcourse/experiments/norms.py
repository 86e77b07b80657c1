"""Where the norm stands: before what is added to the stream, or behind the sum.

Small causal stacks of encoder layers learn to spell, two and twelve layers deep, with the rate
warmed up and without. All else is the same: width, rate, steps, batches, and Glorot's first weights
in every layer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data import spellings
from seqcourse.data.words import ALPHABET, IGNORE
from seqcourse.experiments import Fit, by_setting
from seqcourse.experiments.spelling_ch04 import batches
from seqcourse.experiments.spelling_ch17 import WarmAdam
from seqcourse.models.language_model import spelling_nats
from seqcourse.nn import LayerNorm, TransformerEncoder, TransformerEncoderLayer
from seqcourse.nn.positions import SinusoidalPosition

CHAPTER = 17
FAMILY = "spelling"
SEEDS = (0, 1, 2)

WIDTH, HEADS = 32, 4
STEPS, RATE, WARM = 300, 3e-3, 100
EVERY = 20


class Stack(nn.Module):
    """A causal stack of encoder layers that scores the next symbol.

    Args:
        layers: how many.
        norm_first: whether a norm stands before each part, and one behind the last layer; else one
            behind each sum.
    """

    def __init__(self, layers: int, norm_first: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), WIDTH)
        self.position = SinusoidalPosition(WIDTH)
        layer = TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, 0.0, batch_first=True, norm_first=norm_first
        )
        self.encoder = TransformerEncoder(layer, layers, LayerNorm(WIDTH) if norm_first else None)
        self.out = nn.Linear(WIDTH, len(ALPHABET))
        nn.init.normal_(self.embedding.weight, std=WIDTH**-0.5)
        for weight in self.encoder.parameters():
            if weight.dim() > 1:
                nn.init.xavier_uniform_(weight)

    def forward(self, tokens: Tensor, state: None = None) -> tuple[Tensor, None]:
        """Logits (B, T, V) of what comes after each place; there is no state."""
        T = tokens.shape[1]
        x = self.position(self.embedding(tokens) * math.sqrt(WIDTH))
        mask = torch.full((T, T), -math.inf, dtype=x.dtype).triu(1)
        return self.out(self.encoder(x, mask=mask, is_causal=True)), None

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats."""
        logits, _ = self(inputs)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


def settings() -> list[dict[str, Any]]:
    """Both places of the norm, at two depths, warmed up and not."""
    return [
        {"layers": layers, "norm_first": norm_first, "warm": warm}
        for layers in (2, 12)
        for norm_first in (True, False)
        for warm in (0, WARM)
    ]


def first_norms(model: Stack, tokens: tuple[Tensor, Tensor]) -> list[float]:
    """The norm of the loss's gradient by each layer's last matrix, from the bottom up."""
    model.zero_grad()
    model.loss(*tokens).backward()  # type: ignore[no-untyped-call]
    found = [float(layer.linear2.weight.grad.norm()) for layer in model.encoder.layers]
    model.zero_grad()
    return found


def trial(setting: dict[str, Any], seed: int, fit: Fit) -> dict[str, Any]:
    """One stack on the training words: its gradients at the start, its losses, what it pays."""
    train, dev, _ = spellings()
    torch.manual_seed(seed)
    model: Any = Stack(setting["layers"], setting["norm_first"])
    draw = batches(train)
    start = first_norms(model, draw(np.random.default_rng(seed)))
    history = fit(
        model,
        lambda model, tokens: model.loss(*tokens),
        draw,
        steps=STEPS,
        optimizer=WarmAdam(model.parameters(), RATE, STEPS, max(setting["warm"], 1)),
        seed=seed,
        every=EVERY,
    )
    return {
        "start": start,
        "curve": history.plain(),
        "numbers": sum(weight.numel() for weight in model.parameters()),
        "dev": spelling_nats(model, dev[::5]),
    }


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each setting its seeds' gradients at the start, losses and costs."""
    return {
        "runs": [
            setting
            | {
                "numbers": runs[0]["numbers"],
                "step": runs[0]["curve"]["step"],
                "loss": [run["curve"]["loss"] for run in runs],
                "norm": [run["curve"]["norm"] for run in runs],
                "start": [run["start"] for run in runs],
                "dev": [run["dev"] for run in runs],
            }
            for setting, runs in by_setting(trials)
        ]
    }
