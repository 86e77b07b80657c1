"""One step of the plain recurrent network: Elman (1990), Finding structure in time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def rnn_step(
    a: Tensor,
    h: Tensor,
    weight_hh: Tensor,
    nonlinearity: Callable[[Tensor], Tensor] = torch.tanh,
) -> Tensor:
    """h_t = tanh(a_t + W_hh h_{t-1}), with the input's share a_t = W_ih x_t + b_ih + b_hh.

    Args:
        a: (B, H) the input's share; it needs no state, so that it is computed for all steps at
            once, before the first.
        h: (B, H) the state so far, h_{t-1}.
        weight_hh: (H, H).
        nonlinearity: torch.tanh or torch.relu.

    Returns:
        (B, H) the new state, which is also the step's output.
    """
    memory = h @ weight_hh.T  # (B, H) = (B, H) (H, H): each row is W_hh h_{t-1}
    return nonlinearity(a + memory)  # (B, H)
