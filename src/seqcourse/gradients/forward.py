"""Real-time recurrent learning: the same gradients, carried forward with the states.

`bptt` goes back and needs every state. Forward mode keeps instead, for each state, how it depends
on each weight, and lets these derivatives grow with it:

    S_t = dh_t/dw = diag(phi'_t) (W_hh S_{t-1} + M_t),    dL/dw = sum_t S_t^T g_t

with w all the weights as one vector and M_t what a weight does to a_t directly, the states held
still. Nothing is kept of the past, whatever T is, but S_t has H rows and a column for each weight:
O(H^3) numbers, and O(H^4) multiplications a step. Source: Williams & Zipser (1989), A learning
algorithm for continually running fully recurrent neural networks.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqcourse.gradients.rnn import NONLINEARITIES


class ForwardGradients(NamedTuple):
    """The weights' gradients, and how many numbers had to be kept from step to step."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor
    kept: int


@torch.no_grad()
def forward_mode(
    grad_h: Tensor,
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor,
    nonlinearity: str = "tanh",
) -> ForwardGradients:
    """The gradients that `bptt` gives for the weights, from one pass forwards.

    Args:
        grad_h: (T, B, H): dL/dh_t through h_t's own output. In use it would be computed as the
            pass goes; no later step can change it.
        input: (T, B, I).
        h_0: (B, H).
        weight_ih: (H, I).
        weight_hh: (H, H).
        bias: (H,).
        nonlinearity: "tanh" or "relu".

    Raises:
        ValueError: another nonlinearity.
    """
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(f"Unknown nonlinearity {nonlinearity!r}: give 'tanh' or 'relu'.")
    phi_, slope = NONLINEARITIES[nonlinearity]
    sequences, hidden = h_0.shape
    inputs = weight_ih.shape[1]
    eye = torch.eye(hidden, dtype=h_0.dtype, device=h_0.device)
    h = h_0
    # S_t: how each unit's state changes with each weight; (B, H, H, I + H + 1), the weights as
    # rows [W_ih, W_hh, b], the last two axes: to which unit a weight leads, and from where.
    S = h_0.new_zeros(sequences, hidden, hidden, inputs + hidden + 1)
    gradient = h_0.new_zeros(hidden, inputs + hidden + 1)
    for x_t, g_t in zip(input, grad_h, strict=True):
        source = torch.cat([x_t, h, h_0.new_ones(sequences, 1)], 1)  # (B, I + H + 1)
        direct = torch.einsum("ij,bs->bijs", eye, source)  # M_t: a weight moves its own unit only
        h = phi_(x_t @ weight_ih.t() + h @ weight_hh.t() + bias)  # (B, H)
        through = torch.einsum("ik,bkjs->bijs", weight_hh, S)
        S = slope(h)[:, :, None, None] * (through + direct)
        gradient += torch.einsum("bi,bijs->js", g_t, S)
    parts = torch.split(gradient, [inputs, hidden, 1], dim=1)
    return ForwardGradients(parts[0], parts[1], parts[2][:, 0], S.numel())
