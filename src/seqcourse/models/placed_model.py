"""A model over any recurrent layer that is told its places: symbols and places in, scores out."""

from __future__ import annotations

import math
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import IGNORE
from seqcourse.models.layers import batch_first_layer, output_size, require_tokens


class PlacedModel(nn.Module):
    """What `AttentionOnly` is around its heads, around another layer.

    Args:
        vocabulary: V, how many symbols.
        layer: as `LanguageModel` takes it, of input size d.
        length: the longest sequence; each place has trained numbers of its own.

    Raises:
        TypeError, ValueError: the layer is none, reads both ways, or has its batch second.
    """

    def __init__(self, vocabulary: int, layer: nn.Module, length: int) -> None:
        super().__init__()
        width = getattr(layer, "input_size", 1)
        batch_first_layer("PlacedModel", layer, width, both_ways=False)
        self.vocabulary, self.length = vocabulary, length
        self.embedding = nn.Embedding(vocabulary, width)
        self.place = nn.Embedding(length, width)
        self.layer = layer
        self.out = nn.Linear(output_size(layer), vocabulary, bias=False)
        for table in (self.embedding, self.place):
            nn.init.normal_(table.weight, std=1 / math.sqrt(width))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Any]:
        """Logits (B, T, V) for tokens (B, T), and the layer's last state.

        Raises:
            ValueError: the tokens are no whole numbers from 0 to V - 1, or too many.
        """
        require_tokens("PlacedModel", tokens, self.vocabulary)
        if tokens.shape[1] > self.length:
            raise ValueError(
                f"PlacedModel got {tokens.shape[1]} tokens; it has places for {self.length}."
            )
        x = self.embedding(tokens) + self.place.weight[: tokens.shape[1]]  # (B, T, d)
        states, end = self.layer(x)
        return self.out(states), end

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for targets (B, T); where they are IGNORE, none counts."""
        logits, _ = self(inputs)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)
