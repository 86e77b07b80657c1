"""A picture as a few whole numbers, and back: an autoencoder with a codebook in the middle.

Source: van den Oord, Vinyals & Kavukcuoglu (2017), Neural discrete representation learning.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.vector_quantiser import IDLE, VectorQuantiser, nearest

FIELD = 4  # pixels from one code to the next: two convolutions, each with a stride of two


class Rebuilt(NamedTuple):
    """What an autoencoder makes of pictures.

    Args:
        image: (B, side, side, 3), rebuilt.
        codes: (B, places) int64, row by row from the top.
        loss: of the quantiser, one number.
    """

    image: Tensor
    codes: Tensor
    loss: Tensor


class VQVAE(nn.Module):
    """Pictures (B, side, side, 3), 0 to 1, by way of (side / 4)² codes each.

    Args:
        side: pixels of a picture's height and width, a multiple of 4.
        codes: K, how many vectors the codebook has.
        width: d, numbers in each.
        channels: of the convolutions next to the codes; next to the pixels there are half as many.
        commitment, restart: as in `VectorQuantiser`.
        variance: of a pixel about its reconstruction, σ²; squared errors count by 1 / (2 σ²).

    Raises:
        ValueError: the side is no such multiple; the variance is not positive.
    """

    def __init__(
        self,
        side: int = 24,
        codes: int = 64,
        width: int = 16,
        channels: int = 64,
        commitment: float = 0.25,
        restart: int | None = IDLE,
        variance: float = 0.05,
    ) -> None:
        super().__init__()
        if side < FIELD or side % FIELD:
            raise ValueError(f"VQVAE got side={side}: give a multiple of {FIELD} pixels.")
        if not variance > 0:
            raise ValueError(f"VQVAE got variance={variance}: give a number above 0.")
        self.side, self.grid, self.variance = side, side // FIELD, variance
        half = channels // 2
        self.encoder = nn.Sequential(
            nn.Conv2d(3, half, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(half, channels, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, width, 1),
        )
        self.quantiser = VectorQuantiser(codes, width, commitment, restart)
        self.decoder = nn.Sequential(
            nn.Conv2d(width, channels, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(channels, half, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(half, 3, 4, stride=2, padding=1),
        )

    def forward(self, image: Tensor) -> Rebuilt:
        """Pictures, by way of their codes."""
        vectors, codes, loss = self.quantiser(self.encode(image))
        return Rebuilt(self.draw(vectors), codes, loss)

    def encode(self, image: Tensor) -> Tensor:
        """Vectors (B, places, d), not yet quantised.

        Raises:
            ValueError: the pictures have another shape.
        """
        if image.shape[1:] != (self.side, self.side, 3):
            raise ValueError(
                f"VQVAE got pictures of shape {tuple(image.shape)}: give "
                f"(B, {self.side}, {self.side}, 3)."
            )
        z: Tensor = self.encoder(1 - image.permute(0, 3, 1, 2))  # (B, d, g, g); paper is 0
        return z.flatten(2).transpose(1, 2)

    def draw(self, vectors: Tensor) -> Tensor:
        """Pictures (B, side, side, 3) of codes' vectors (B, places, d)."""
        z = vectors.transpose(1, 2).reshape(len(vectors), -1, self.grid, self.grid)
        ink: Tensor = self.decoder(z)
        return 1 - ink.permute(0, 2, 3, 1)

    @torch.no_grad()
    def tokens(self, image: Tensor) -> Tensor:
        """Codes (B, places) of pictures, and nothing else: no code is restarted."""
        return nearest(self.encode(image), self.quantiser.weight)

    @torch.no_grad()
    def picture(self, codes: Tensor) -> Tensor:
        """Pictures of codes (B, places), 0 to 1."""
        return self.draw(self.quantiser.weight[codes]).clamp(0, 1)

    def loss(self, image: Tensor) -> Tensor:
        """Squared errors by 1 / (2 σ²), the mean over all numbers, and the quantiser's share."""
        rebuilt: Rebuilt = self(image)
        return F.mse_loss(rebuilt.image, image) / (2 * self.variance) + rebuilt.loss
