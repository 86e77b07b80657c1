"""Vision Transformer: a picture's patches read as a sequence by an encoder.

Source: Dosovitskiy et al. (2021), An image is worth 16x16 words.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.models.gpt_block import Block
from seqcourse.nn.patches import PatchEmbedding
from seqcourse.nn.positions_2d import sinusoids_2d

Positions = Literal["learned", "sinusoidal"]
Pooling = Literal["cls", "mean"]


class ViT(nn.Module):
    """Scores of classes for a square picture.

    Layers are pre-norm, with GELU and one norm behind the last. First weights are as the course's
    GPT's: normal with deviation 1 / √(numbers read), those of what is added to the stream smaller
    by √(how much is added); the table of places and the CLS token begin with deviation 0.02.

    Args:
        size: pixels of a side.
        patch: P; it divides the size.
        classes: how many scores.
        width: d.
        heads: n in each layer; it divides the width.
        layers: how many blocks.
        channels: C.
        positions: "learned" (a table with a row for each place, CLS included), "sinusoidal" (rows
            and columns; nothing for CLS); None: none, so that patches are a bag.
        pooling: what the scores are made of: "cls", one token more, in front, that no patch feeds;
            "mean", over the patches.
        dropout: as in `Block`.

    Raises:
        ValueError: a count below 1; patches do not tile the picture, or heads the width; there is
            no such kind of positions or pooling.
    """

    def __init__(
        self,
        size: int,
        patch: int,
        classes: int,
        width: int,
        heads: int,
        layers: int,
        *,
        channels: int = 1,
        positions: Positions | None = "learned",
        pooling: Pooling = "cls",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        counts = {"size": size, "patch": patch, "classes": classes, "width": width}
        for name, count in (counts | {"heads": heads, "layers": layers}).items():
            if not isinstance(count, int) or count < 1:
                raise ValueError(f"ViT got {name}={count!r}: give a whole number, 1 or more.")
        if size % patch:
            raise ValueError(f"ViT got size={size} and patch={patch}: patches must tile a side.")
        if width % heads:
            raise ValueError(f"ViT got width={width} and heads={heads}: heads must divide it.")
        if positions is not None and positions not in get_args(Positions):
            raise ValueError(f"ViT got positions={positions!r}: {get_args(Positions)}, or None.")
        if pooling not in get_args(Pooling):
            raise ValueError(f"ViT got pooling={pooling!r}: it knows {get_args(Pooling)}.")
        self.pooling, self.side = pooling, size // patch
        places = self.side**2 + (pooling == "cls")
        self.embedding = PatchEmbedding(channels, width, patch)
        self.cls = nn.Parameter(torch.empty(width)) if pooling == "cls" else None
        self.register_parameter("position", None)
        if positions == "learned":
            self.position = nn.Parameter(torch.empty(places, width))
        elif positions == "sinusoidal":
            del self.position
            table = F.pad(sinusoids_2d(self.side, self.side, width), (0, 0, pooling == "cls", 0))
            self.register_buffer("position", table, persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            Block(width, heads, 4 * width, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, classes)
        self._first_weights()

    def forward(self, images: Tensor, keep: Tensor | None = None) -> Tensor:
        """Scores (B, classes).

        Args:
            images: (B, C, size, size).
            keep: (B, K), the numbers of the patches that each picture shows, 0 … T - 1; the others
                are no part of the sequence. None: all.
        """
        x = self.begin(images, keep)
        for block in self.blocks:
            x, _ = block(x)
        return self.read(x)

    def begin(self, images: Tensor, keep: Tensor | None = None) -> Tensor:
        """The stream before the first block, (B, T, d), with CLS one row more."""
        x = self.embedding(images)  # (B, T, d)
        if self.cls is not None:
            x = torch.cat([self.cls.expand(len(x), 1, -1), x], 1)
        if self.position is not None:
            x = x + self.position
        if keep is not None:
            if self.cls is not None:  # which always stays
                keep = F.pad(keep + 1, (1, 0))
            x = torch.take_along_dim(x, keep[..., None], 1)
        begun: Tensor = self.dropout(x)
        return begun

    def read(self, x: Tensor) -> Tensor:
        """Scores (B, classes) of the stream behind the last block."""
        x = self.norm(x)
        scores: Tensor = self.out(x.mean(1) if self.cls is None else x[:, 0])
        return scores

    @torch.no_grad()
    def attention(self, images: Tensor) -> list[Tensor]:
        """Each block's weights, (B, n, T, T); with CLS it is the first of the rows and columns."""
        x = self.begin(images)
        found = []
        for block in self.blocks:
            assert isinstance(block, Block)
            found.append(block.attend(block.norm1(x))[2])
            x = block(x)[0]
        return found

    def patch_positions(self) -> Tensor:
        """(T, d): what is added to the patches, without CLS.

        Raises:
            ValueError: nothing is.
        """
        if self.position is None:
            raise ValueError("This ViT adds no positions: give positions='learned'.")
        return self.position[self.cls is not None :].detach()

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for labels (B,)."""
        return F.cross_entropy(self(images), labels)

    @torch.no_grad()
    def _first_weights(self) -> None:
        for name, weight in self.named_parameters():
            if name in ("position", "cls"):
                weight.normal_(0.0, 0.02)
            elif weight.dim() > 1:
                weight.normal_(0.0, weight[0].numel() ** -0.5)
            elif name.endswith("bias"):
                weight.zero_()
        adding = [part for block in self.blocks for part in block.adding()]  # type: ignore[operator]
        for linear in adding:
            linear.weight /= math.sqrt(len(adding))
