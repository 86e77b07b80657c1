"""A small convolutional net that does not forget where it saw what, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.models.small_cnn import SmallCNN


class PlacedCNN(SmallCNN):
    """As `SmallCNN`, but scores have a weight for each channel at each place, in place of a mean.

    Args:
        classes: how many scores.
        channels: of each convolution.
        halved: behind how many of the first convolutions the larger of each 2 × 2 is taken.
        size: pixels of a side.

    Raises:
        ValueError: as `SmallCNN`; or the picture cannot be halved so often.
    """

    def __init__(self, classes: int, channels: Sequence[int], halved: int, size: int) -> None:
        super().__init__(classes, channels, halved)
        side, left = divmod(size, 2**halved)
        if left or side < 1:
            raise ValueError(f"PlacedCNN got size={size}: it is to be halved {halved} times.")
        self.out = nn.Linear(channels[-1] * side**2, classes)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, size, size) -> (B, classes)."""
        x = images
        for number, layer in enumerate(self.layers):
            x = F.relu(layer(x))
            if number < self.halved:
                x = F.max_pool2d(x, 2)
        scores: Tensor = self.out(x.flatten(1))
        return scores
