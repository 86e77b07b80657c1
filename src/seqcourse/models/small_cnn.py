"""A small convolutional net for small pictures, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


class SmallCNN(nn.Module):
    """Scores of classes: 3 × 3 convolutions with ReLU, halved between them, a mean over the places.

    Args:
        classes: how many scores.
        channels: of each convolution.
        halved: behind how many of the first convolutions the larger of each 2 × 2 is taken.

    Raises:
        ValueError: there is no convolution, or more are to be halved than there are.
    """

    def __init__(self, classes: int, channels: Sequence[int], halved: int) -> None:
        super().__init__()
        if not channels or not 0 <= halved <= len(channels):
            raise ValueError(
                f"SmallCNN got channels={list(channels)} and halved={halved}: give one or more, "
                "and halve behind no more than these."
            )
        self.halved = halved
        sizes = (1, *channels)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:], strict=False)
        )
        self.out = nn.Linear(channels[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, R, S) -> (B, classes)."""
        x = images
        for number, layer in enumerate(self.layers):
            x = F.relu(layer(x))
            if number < self.halved:
                x = F.max_pool2d(x, 2)
        scores: Tensor = self.out(x.mean((2, 3)))
        return scores

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for labels (B,)."""
        return F.cross_entropy(self(images), labels)
