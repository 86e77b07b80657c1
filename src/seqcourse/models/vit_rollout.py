"""Attention rollout: which patches a row can have come from, if attention were all there is.

Source: Abnar and Zuidema (2020), Quantifying attention flow in transformers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def rollout(weights: Sequence[Tensor]) -> Tensor:
    """(B, T, T): row t shares 1 out among the places of the input.

    Each layer hands on half of what stood at a place and half of what its heads, in the mean, read;
    the layers are multiplied.

    Args:
        weights: each layer's, (B, n, T, T), the first layer first.

    Raises:
        ValueError: there is no layer, or they are not so shaped.
    """
    if not weights or any(a.dim() != 4 or a.shape[2] != a.shape[3] for a in weights):
        shapes = [tuple(a.shape) for a in weights]
        raise ValueError(f"rollout got weights {shapes}: give (B, n, T, T) for each layer.")
    whole = torch.eye(weights[0].shape[-1], dtype=weights[0].dtype, device=weights[0].device)
    flow = whole.expand(len(weights[0]), -1, -1)
    for a in weights:
        flow = (a.mean(1) + whole) / 2 @ flow
    return flow
