"""The heart of layer normalization: Ba, Kiros & Hinton (2016)."""

from __future__ import annotations

import torch
from torch import Tensor


def layer_norm(
    x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Each position's features moved to mean 0 and variance 1, then stretched and moved.

    Args:
        x: (…, d).
        weight: (d,), one stretch for each feature; None is 1.
        bias: (d,); None is 0.
        eps: added to the variance, so that equal features do not divide by 0.

    Returns:
        (…, d).
    """
    mean = x.mean(-1, keepdim=True)  # (…, 1)
    away = x - mean  # (…, d)
    variance = away.square().mean(-1, keepdim=True)  # (…, 1): divided by d, not d - 1
    x = away * torch.rsqrt(variance + eps)  # (…, d)
    x = x if weight is None else x * weight
    return x if bias is None else x + bias
