"""Captions: a small convolutional network reads a picture, and starts a decoder."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from seqcourse.models.seq2seq import Encoded, EncoderDecoder

FIELD = 8  # pixels from one state to the next: three convolutions, each with a stride of two


class ImageEncoder(nn.Module):
    """A picture as a grid of states, one for each field of 8 × 8 pixels, and as one row.

    Args:
        side: pixels of a picture's height and width, a multiple of 8.
        size: H, how many numbers a state has.
        normalise: whether each number, before its ReLU, is brought to mean 0 and variance 1 over
            the batch, and then scaled by trained weights (Ioffe & Szegedy 2015, arXiv:1502.03167).
            In training a batch then needs two pictures or more. Without, a large step can drive
            the decoder's first state to ±1, the same for every picture: then nothing is learnt.

    Raises:
        ValueError: the side is no such multiple.
    """

    def __init__(self, side: int, size: int, normalise: bool = True) -> None:
        super().__init__()
        if side < FIELD or side % FIELD:
            raise ValueError(f"ImageEncoder got side={side}: give a multiple of {FIELD} pixels.")
        self.side, self.size = side, size
        layers: list[nn.Module] = []
        for come, go in pairwise((3, size // 4, size // 2, size)):
            layers.append(nn.Conv2d(come, go, 4, stride=2, padding=1, bias=not normalise))
            layers += [nn.BatchNorm2d(go)] * normalise + [nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.whole = nn.Sequential(
            nn.Linear(size * (side // FIELD) ** 2, size, bias=not normalise),
            *[nn.BatchNorm1d(size)] * normalise,
            nn.ReLU(),
        )

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
        return Encoded(states, self.whole(grid.flatten(1)), padding)


class Captioner(EncoderDecoder):
    """An encoder–decoder whose source is a picture, (B, side, side, 3), without lengths.

    Args:
        decoder: with a bridge, its `encoder_size` this one's `size`: a `Decoder`, which sees the
            picture's summary (Vinyals et al. 2015, arXiv:1411.4555), or an `AttentionDecoder`,
            which looks at its fields (Xu et al. 2015, arXiv:1502.03044).
        side: pixels of a picture's height and width, a multiple of 8.
        size: H of the encoder.
        normalise: as in `ImageEncoder`.
    """

    def __init__(
        self, decoder: nn.Module, side: int = 32, size: int = 64, normalise: bool = True
    ) -> None:
        super().__init__(ImageEncoder(side, size, normalise), decoder)
