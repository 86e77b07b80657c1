"""The equation of a causal dilated convolution: one shifted product of matrices for each weight."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def causal_conv_step(
    x: Tensor, weight: Tensor, bias: Tensor | float = 0.0, dilation: int = 1
) -> Tensor:
    """y_t = b + sum over i of W_i x_{t - i d}: the present, and every d-th place before it.

    What lies before the first place counts as zeros.

    Args:
        x: (B, C, T).
        weight: (O, C, k), as torch has it: the last of the k looks at the present, W_0.
        bias: (O, 1), or a number.
        dilation: d, from one place that is looked at to the next.

    Returns:
        (B, O, T).
    """
    T, k = x.shape[-1], weight.shape[-1]
    y = bias
    for i in range(k):
        past = F.pad(x, (i * dilation, 0))[..., :T]  # (B, C, T): x_{t - i d} at place t
        y = y + weight[..., k - 1 - i] @ past  # (O, C) (B, C, T) = (B, O, T)
    return y  # type: ignore[return-value]
