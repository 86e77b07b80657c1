"""Patches: a picture as a sequence of small squares, and the layer that makes rows of them.

Shapes: B pictures of C channels, R rows and S columns of pixels; T = (R / P)(S / P) patches of
P × P.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def patchify(images: Tensor, patch: int) -> Tensor:
    """(B, C, R, S) -> (B, T, C P P): patches row by row, as one reads; in each, torch's order of a
    kernel: channel, row, column.

    Raises:
        ValueError: no (B, C, R, S), or the patches do not tile it.
    """
    _require("patchify", images, patch)
    B, C, R, S = images.shape
    cut = images.reshape(B, C, R // patch, patch, S // patch, patch)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * patch * patch)


def unpatchify(rows: Tensor, patch: int, size: tuple[int, int]) -> Tensor:
    """(B, T, C P P) -> (B, C, R, S): undoes `patchify`.

    Args:
        size: (R, S), of the whole picture.

    Raises:
        ValueError: the rows are not those of such a picture.
    """
    R, S = size
    count = (R // patch) * (S // patch) if patch > 0 else 0
    fits = rows.dim() == 3 and rows.shape[1] == count and rows.shape[2] % patch**2 == 0
    if not fits or R % patch or S % patch:
        raise ValueError(
            f"unpatchify got rows {tuple(rows.shape)}, patch={patch} and size={size}: give one row "
            "for each patch of the picture, with a number for each pixel and channel."
        )
    grid = rows.reshape(len(rows), R // patch, S // patch, -1, patch, patch)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(len(rows), -1, R, S)


class PatchEmbedding(nn.Module):
    """(B, C, R, S) -> (B, T, d): each patch, as a vector, through one linear map.

    The same as `nn.Conv2d(C, d, P, stride=P)`, whose parameters' names, shapes and first values it
    has: its state_dict can be loaded.

    Args:
        channels: C.
        width: d.
        patch: P.
    """

    def __init__(self, channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.channels, self.width, self.patch = channels, width, patch
        self.weight = nn.Parameter(torch.empty(width, channels, patch, patch))
        self.bias = nn.Parameter(torch.empty(width))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = (self.channels * self.patch**2) ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, R, S) -> (B, T, d).

        Raises:
            ValueError: no such pictures, or the patches do not tile them.
        """
        if images.dim() == 4 and images.shape[1] != self.channels:
            raise ValueError(
                f"PatchEmbedding has {self.channels} channels, but pictures of shape "
                f"{tuple(images.shape)} came: give (B, {self.channels}, R, S)."
            )
        return F.linear(patchify(images, self.patch), self.weight.flatten(1), self.bias)

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.width}, patch={self.patch}"


def _require(name: str, images: Tensor, patch: int) -> None:
    if images.dim() != 4:
        raise ValueError(
            f"{name} got pictures of shape {tuple(images.shape)}: give (B, channels, rows, "
            "columns)."
        )
    if patch < 1 or images.shape[2] % patch or images.shape[3] % patch:
        raise ValueError(
            f"{name} got patch={patch} for pictures of {images.shape[2]} × {images.shape[3]} "
            "pixels: give a divisor of both."
        )
