"""The Jacobians of LSTM and GRU, a step's and, for the LSTM's cell alone, those of many steps.

A state reaches the next one along several paths. With D(v) the diagonal matrix of a vector v:

LSTM, whose state is (h, c):
    dc_t/dc_{t-1} = D(f_t)         dh_t/dc_{t-1} = D(s_t * f_t)
    dc_t/dh_{t-1} = C_t            dh_t/dh_{t-1} = D(tanh(c_t) * o'_t) W_ho + D(s_t) C_t
    C_t = D(g_t * i'_t) W_hi + D(c_{t-1} * f'_t) W_hf + D(i_t * g'_t) W_hg
    s_t = o_t * (1 - tanh(c_t)^2)

GRU:
    dh_t/dh_{t-1} = D(z_t) + D((h_{t-1} - n_t) * z'_t) W_hz
                    + D((1 - z_t) * n'_t) (D(m_t * r'_t) W_hr + D(r_t) W_hn)

A prime is a gate's slope at what it came to: v (1 - v) for a sigmoid, 1 - v^2 for a tanh. The first
summand in each is the path on which nothing but a gate stands: the constant error carousel of
Hochreiter & Schmidhuber (1997), Long short-term memory, with a forget gate.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqcourse.gradients.gated import earlier
from seqcourse.gradients.gru import GRUStates
from seqcourse.gradients.lstm import LSTMStates


@torch.no_grad()
def lstm_jacobians(states: LSTMStates, h_0: Tensor, c_0: Tensor, weight_hh: Tensor) -> Tensor:
    """d(h_t, c_t)/d(h_{t-1}, c_{t-1}) of an LSTM without projection.

    Args:
        states: T steps of B sequences, not packed: what `lstm_forward` gave.
        h_0, c_0: (B, H).
        weight_hh: (4H, H).

    Returns:
        (T, B, 2H, 2H): rows are what is reached, columns what reaches it, h before c. The last H
        rows and columns are diag(f_t). `products` and `jacobian_profile` take it.

    Raises:
        ValueError: the states are packed or projected.
    """
    i, f, g, o = states.gates.chunk(4, -1)
    if states.h.dim() != 3 or states.h.shape != states.c.shape:
        raise ValueError(
            f"lstm_jacobians got h of shape {tuple(states.h.shape)} and c of shape "
            f"{tuple(states.c.shape)}: give (T, B, H) both, neither packed nor projected."
        )
    W_hi, W_hf, W_hg, W_ho = weight_hh.chunk(4)
    tanh_c = torch.tanh(states.c)
    shown = o * (1 - tanh_c**2)  # s_t
    c_from_h = _rows(g * i * (1 - i), W_hi)
    c_from_h += _rows(earlier(states.c, c_0, None) * f * (1 - f), W_hf)
    c_from_h += _rows(i * (1 - g**2), W_hg)
    h_from_h = _rows(tanh_c * o * (1 - o), W_ho) + _rows(shown, c_from_h)
    upper = torch.cat([h_from_h, torch.diag_embed(shown * f)], -1)
    return torch.cat([upper, torch.cat([c_from_h, torch.diag_embed(f)], -1)], -2)


@torch.no_grad()
def gru_jacobians(states: GRUStates, h_0: Tensor, weight_hh: Tensor) -> Tensor:
    """dh_t/dh_{t-1} of a GRU.

    Args:
        states: T steps of B sequences, not packed: what `gru_forward` gave.
        h_0: (B, H).
        weight_hh: (3H, H).

    Returns:
        (T, B, H, H): [t, b, i, j] is dh_t[i]/dh_{t-1}[j].

    Raises:
        ValueError: the states are packed.
    """
    if states.h.dim() != 3:
        raise ValueError(
            f"gru_jacobians got h of shape {tuple(states.h.shape)}: give (T, B, H), not packed."
        )
    r, z, n = states.gates.chunk(3, -1)
    W_hr, W_hz, W_hn = weight_hh.chunk(3)
    candidate = _rows(states.memory * r * (1 - r), W_hr) + _rows(r, W_hn)
    update = _rows((earlier(states.h, h_0, None) - n) * z * (1 - z), W_hz)
    return torch.diag_embed(z) + update + _rows((1 - z) * (1 - n**2), candidate)


@torch.no_grad()
def forget_products(f: Tensor) -> Tensor:
    """dc_T/dc_{T-k} along the cell alone, f_T … f_{T-k+1}, for k = 0, 1, …, T.

    Args:
        f: (T, B, H), the forget gates; of a GRU, z.

    Returns:
        (T + 1, B, H): row k for lag k, the diagonal of what `products` would give.
    """
    return torch.cat([torch.ones_like(f[:1]), f.flip(0).cumprod(0)])


def _rows(scale: Tensor, matrix: Tensor) -> Tensor:
    """D(scale) matrix: (T, B, H) by (H, H), or by one such a step and sequence."""
    return scale[..., None] * matrix
