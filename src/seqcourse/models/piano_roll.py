"""A model of piano rolls over any recurrent layer: which keys are down in the next frame."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.models.layers import batch_first_layer, output_size


class PianoRollModel(nn.Module):
    """For each key a probability that it will be down, each by itself, given all frames before.

    Args:
        layer: a recurrent layer of ours or of torch's, or a TCN, with batch_first=True, that reads
            one way; its input size is `keys`.
        keys: of the piano.
        dropout: of the layer's outputs, in training.

    Raises:
        TypeError, ValueError: the layer is none, reads both ways, has its batch second, or reads
            another number of features.
    """

    def __init__(self, layer: nn.Module, keys: int = 88, dropout: float = 0.0) -> None:
        super().__init__()
        batch_first_layer("PianoRollModel", layer, keys, both_ways=False)
        self.layer = layer
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(output_size(layer), keys)

    def forward(self, frames: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Scores of the frame after each, (B, T, keys), from frames (B, T, keys); last state."""
        states, end = self.layer(frames, state)
        return self.out(self.dropout(states)), end

    def loss(self, frames: Tensor, real: Tensor) -> Tensor:
        """Nats a frame: of frames 2 … T that are real, given those before; over all keys.

        Args:
            frames: (B, T, keys), 0 or 1.
            real: (B, T) bool.
        """
        scores, _ = self(frames[:, :-1])
        cost = F.binary_cross_entropy_with_logits(scores, frames[:, 1:], reduction="none").sum(-1)
        counted = real[:, 1:].to(cost.dtype)
        return (cost * counted).sum() / counted.sum()


@torch.no_grad()
def roll_nats(model: PianoRollModel, frames: Tensor, real: Tensor) -> float:
    """`PianoRollModel.loss` in eval mode, as a number."""
    training = model.training
    model.eval()
    try:
        return model.loss(frames, real).item()
    finally:
        model.train(training)
