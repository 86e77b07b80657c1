"""Nets that say what a picture shows: judges of drawings, and rerankers, which must be others."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Kind = Literal["convolutions", "dense"]


class PictureReader(nn.Module):
    """Log-probabilities of colour, shape and place, each by itself.

    Args:
        side: pixels of a picture's height and width; for convolutions a multiple of 4.
        counts: how many colours, shapes and places there are.
        kind: "convolutions", or "dense": every pixel is joined to every unit.
        size: channels, or units.

    Raises:
        ValueError: no such kind.
    """

    def __init__(
        self, side: int, counts: tuple[int, ...], kind: Kind = "convolutions", size: int = 32
    ) -> None:
        super().__init__()
        self.side, self.counts, self.kind = side, tuple(counts), kind
        if kind == "convolutions":
            self.layers = nn.Sequential(
                nn.Conv2d(3, size, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(size, size, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(size, size, 3, padding=1),
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(size * (side // 4) ** 2, 4 * size),
                nn.ReLU(),
            )
            width = 4 * size
        elif kind == "dense":
            self.layers = nn.Sequential(
                nn.Flatten(),
                nn.Linear(3 * side**2, size),
                nn.ReLU(),
                nn.Linear(size, size),
                nn.ReLU(),
            )
            width = size
        else:
            raise ValueError(f"PictureReader got kind={kind!r}: give 'convolutions' or 'dense'.")
        self.out = nn.Linear(width, sum(self.counts))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Of pictures (B, side, side, 3): log-probabilities of each, (B, count).

        Raises:
            ValueError: the pictures have another shape.
        """
        if image.shape[1:] != (self.side, self.side, 3):
            raise ValueError(
                f"PictureReader got pictures of shape {tuple(image.shape)}: give "
                f"(B, {self.side}, {self.side}, 3)."
            )
        logits = self.out(self.layers(1 - image.permute(0, 3, 1, 2)))
        return tuple(part.log_softmax(-1) for part in logits.split(self.counts, -1))

    def loss(self, image: Tensor, thing: Tensor) -> Tensor:
        """Mean cross-entropy of what is shown, (B, 3), summed over colour, shape and place."""
        return sum(
            (F.nll_loss(logs, thing[:, i]) for i, logs in enumerate(self(image))),
            torch.zeros(()),
        )

    @torch.no_grad()
    def read(self, image: Tensor) -> Tensor:
        """The likeliest colour, shape and place of each picture, (B, 3)."""
        return torch.stack([logs.argmax(-1) for logs in self(image)], -1)

    @torch.no_grad()
    def score(self, image: Tensor, thing: Tensor) -> Tensor:
        """ln p of all three that the caption names (B, 3), given the picture: (B,)."""
        each = [logs.gather(1, thing[:, i : i + 1]) for i, logs in enumerate(self(image))]
        return torch.cat(each, 1).sum(1)
