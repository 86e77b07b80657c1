"""One step of the GRU: Cho et al. (2014), with the reset after the product, as torch has it."""

from __future__ import annotations

import torch
from torch import Tensor


def gru_step(a: Tensor, h: Tensor, weight_hh: Tensor, bias_hn: Tensor | float = 0.0) -> Tensor:
    """h_t = (1 - z) * n + z * h_{t-1}: z keeps the old state, n is the new one.

    Args:
        a: (B, 3H) the input's share, W_ih x_t + b_ih + b_hh; but what b_hh holds for n, the reset
            scales, so that it comes by itself.
        h: (B, H) the state so far, h_{t-1}.
        weight_hh: (3H, H), the rows of r, then those of z and n.
        bias_hn: (H,), the last third of b_hh; nothing in a layer without biases.

    Returns:
        (B, H) the new state, which is also the step's output.
    """
    a_r, a_z, a_n = a.chunk(3, -1)  # (B, H) each, out of (B, 3H)
    memory_r, memory_z, memory_n = (h @ weight_hh.T).chunk(3, -1)  # (B, H) each
    r, z = torch.sigmoid(a_r + memory_r), torch.sigmoid(a_z + memory_z)  # (B, H)
    n = torch.tanh(a_n + r * (memory_n + bias_hn))  # (B, H)
    return (1 - z) * n + z * h  # (B, H)
