"""Captions: a small convolutional network reads a picture, and starts a decoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqcourse.models.seq2seq import Encoded, EncoderDecoder

FIELD = 8  # pixels from one state to the next: three convolutions, each with a stride of two


class ImageEncoder(nn.Module):
    """A picture as a grid of states, one for each field of 8 × 8 pixels, and as one row.

    Args:
        side: pixels of a picture's height and width, a multiple of 8.
        size: H, how many numbers a state has.

    Raises:
        ValueError: the side is no such multiple.
    """

    def __init__(self, side: int, size: int) -> None:
        super().__init__()
        if side < FIELD or side % FIELD:
            raise ValueError(f"ImageEncoder got side={side}: give a multiple of {FIELD} pixels.")
        self.side, self.size = side, size
        self.layers = nn.Sequential(
            nn.Conv2d(3, size // 4, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(size // 4, size // 2, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(size // 2, size, 4, stride=2, padding=1),
            nn.ReLU(),
        )
        self.whole = nn.Linear(size * (side // FIELD) ** 2, size)

    def forward(self, image: Tensor, lengths: None = None) -> Encoded:
        """Read pictures (B, side, side, 3): red, green and blue, 0 to 1.

        Returns:
            states (B, fields, H), the fields row by row from the top; their summary (B, H).

        Raises:
            ValueError: the pictures have another shape.
        """
        if image.shape[1:] != (self.side, self.side, 3):
            raise ValueError(
                f"ImageEncoder got pictures of shape {tuple(image.shape)}: give "
                f"(B, {self.side}, {self.side}, 3)."
            )
        grid = self.layers(1 - image.permute(0, 3, 1, 2))  # (B, H, side/8, side/8); paper is 0
        states = grid.flatten(2).transpose(1, 2)  # (B, fields, H)
        padding = torch.zeros(states.shape[:2], dtype=torch.bool, device=image.device)
        return Encoded(states, torch.relu(self.whole(grid.flatten(1))), padding)


class Captioner(EncoderDecoder):
    """An encoder–decoder whose source is a picture, (B, side, side, 3), without lengths.

    Args:
        decoder: with a bridge, its `encoder_size` this one's `size`: a `Decoder`, which sees the
            picture's summary (Vinyals et al. 2015, arXiv:1411.4555), or an `AttentionDecoder`,
            which looks at its fields (Xu et al. 2015, arXiv:1502.03044).
        side: pixels of a picture's height and width, a multiple of 8.
        size: H of the encoder.
    """

    def __init__(self, decoder: nn.Module, side: int = 32, size: int = 64) -> None:
        super().__init__(ImageEncoder(side, size), decoder)
