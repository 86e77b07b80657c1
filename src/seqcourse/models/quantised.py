"""Weights in eight bits: each row of a matrix as whole numbers from -127 to 127, and one scale.

Source: section 6 of Wu et al. (2016), Google's neural machine translation system, where also what
the weights multiply is rounded, and training already keeps it within bounds. Here the weights of a
trained network are rounded, no more.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

LEVELS = 127


class Quantised(NamedTuple):
    """A matrix in eight bits.

    Args:
        values: (R, C) int8, -127 … 127.
        scale: (R, 1), what a step is worth in each row; 0 of a row of zeros.
    """

    values: Tensor
    scale: Tensor

    def widened(self) -> Tensor:
        """The matrix that it stands for, (R, C), in the scale's dtype."""
        return self.values.to(self.scale.dtype) * self.scale

    def error_bound(self, x: Tensor) -> Tensor:
        """How far a product with x (C,) can be from the unrounded matrix's, (R,).

        Each weight is rounded to the next step, so it moves by half a step at most:
        |W x − Ŵ x|_i ≤ Σ_j |W_ij − Ŵ_ij| |x_j| ≤ scale_i / 2 · Σ_j |x_j|.
        """
        return self.scale[:, 0] / 2 * x.abs().sum()

    def bytes(self) -> int:
        """What it takes to store: one byte a weight, and each row's scale."""
        return self.values.numel() + self.scale.numel() * self.scale.element_size()


def quantise(weight: Tensor) -> Quantised:
    """A matrix (R, C) rounded so that each row's largest weight becomes ±127.

    Raises:
        ValueError: it is no matrix of numbers with a point, or holds NaN or infinity.
    """
    if weight.dim() != 2 or not weight.is_floating_point() or not weight.isfinite().all():
        raise ValueError(
            f"quantise got {weight.dtype} of shape {tuple(weight.shape)}: give a matrix of finite "
            "numbers with a point."
        )
    weight = weight.detach()
    scale = weight.abs().amax(1, keepdim=True) / LEVELS
    steps = weight / torch.where(scale > 0, scale, 1)
    return Quantised(steps.round().clamp(-LEVELS, LEVELS).to(torch.int8), scale)


def rounded(model: nn.Module) -> nn.Module:
    """A copy of a network whose matrices hold what eight bits leave of them; vectors stay.

    It computes with the usual numbers: this shows what rounding does to the answers, and nothing of
    what a processor with eight-bit products gains.
    """
    model = copy.deepcopy(model)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:
                weight.copy_(quantise(weight).widened())
    return model


def stored_bytes(model: nn.Module, eight_bits: bool = False) -> int:
    """What a network's weights take: four bytes each, or its matrices in eight bits."""
    return sum(
        quantise(weight).bytes()
        if eight_bits and weight.dim() == 2
        else weight.numel() * weight.element_size()
        for weight in model.parameters()
    )
