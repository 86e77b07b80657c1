"""One step of the LSTM, with a forget gate: Gers, Schmidhuber & Cummins (2000)."""

from __future__ import annotations

import torch
from torch import Tensor


def lstm_step(a: Tensor, state: tuple[Tensor, Tensor], weight_hh: Tensor) -> tuple[Tensor, Tensor]:
    """c_t = f * c_{t-1} + i * g and h_t = o * tanh(c_t), the gates from a_t + W_hh h_{t-1}.

    Args:
        a: (B, 4H) the input's share of all four gates, W_ih x_t + b_ih + b_hh.
        state: h_{t-1} and c_{t-1}, (B, H) each.
        weight_hh: (4H, H), the rows of i, then those of f, g and o.

    Returns:
        h_t, which is the step's output, and c_t: (B, H) each.
    """
    h, c = state
    i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)  # (B, H) each, out of (B, 4H)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)  # (B, H)
    h = torch.sigmoid(o) * torch.tanh(c)  # (B, H)
    return h, c
