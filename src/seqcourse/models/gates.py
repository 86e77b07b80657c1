"""Steps of the LSTM and the GRU with one part taken away, or put elsewhere.

Each goes where the whole step goes: `LSTM(…, step=no_forget_gate)`, `GRU(…, step=no_reset_gate)`.
What a step does not read of `a` and of `weight_hh` stays in the layer, without effect.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

Pair = tuple[Tensor, Tensor]
ORDER = {"LSTM": "ifgo", "GRU": "rzn"}  # the blocks of rows of the weights
ALWAYS = 100.0  # of a gate's bias: the sigmoid is 1 to the last digit, and without slope


def _gates(a: Tensor, h: Tensor, weight_hh: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """i, f, o after the sigmoid and g after the tanh, (B, H) each."""
    i, f, g, o = (a + h @ weight_hh.T).chunk(4, -1)
    return torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)


def no_input_gate(a: Tensor, state: Pair, weight_hh: Tensor) -> Pair:
    """Every candidate goes in whole: i = 1."""
    h, c = state
    _, f, g, o = _gates(a, h, weight_hh)
    c = f * c + g
    return o * torch.tanh(c), c


def no_forget_gate(a: Tensor, state: Pair, weight_hh: Tensor) -> Pair:
    """Nothing leaks, as in the first LSTM: f = 1."""
    h, c = state
    i, _, g, o = _gates(a, h, weight_hh)
    c = c + i * g
    return o * torch.tanh(c), c


def no_output_gate(a: Tensor, state: Pair, weight_hh: Tensor) -> Pair:
    """The whole cell is shown: o = 1."""
    h, c = state
    i, f, g, _ = _gates(a, h, weight_hh)
    c = f * c + i * g
    return torch.tanh(c), c


def no_output_tanh(a: Tensor, state: Pair, weight_hh: Tensor) -> Pair:
    """The cell is shown as it is, however large."""
    h, c = state
    i, f, g, o = _gates(a, h, weight_hh)
    c = f * c + i * g
    return o * c, c


def coupled(a: Tensor, state: Pair, weight_hh: Tensor) -> Pair:
    """What comes in takes the place of what goes, as in the GRU: i = 1 - f."""
    h, c = state
    _, f, g, o = _gates(a, h, weight_hh)
    c = f * c + (1 - f) * g
    return o * torch.tanh(c), c


def no_reset_gate(a: Tensor, h: Tensor, weight_hh: Tensor, bias_hn: Tensor | float = 0.0) -> Tensor:
    """The candidate sees the whole state: r = 1."""
    _, a_z, a_n = a.chunk(3, -1)
    _, m_z, m_n = (h @ weight_hh.T).chunk(3, -1)
    z = torch.sigmoid(a_z + m_z)
    return (1 - z) * torch.tanh(a_n + m_n + bias_hn) + z * h


def no_update_gate(
    a: Tensor, h: Tensor, weight_hh: Tensor, bias_hn: Tensor | float = 0.0
) -> Tensor:
    """The candidate is the new state: z = 0."""
    a_r, _, a_n = a.chunk(3, -1)
    m_r, _, m_n = (h @ weight_hh.T).chunk(3, -1)
    return torch.tanh(a_n + torch.sigmoid(a_r + m_r) * (m_n + bias_hn))


def reset_before(a: Tensor, h: Tensor, weight_hh: Tensor, bias_hn: Tensor | float = 0.0) -> Tensor:
    """The GRU with its reset before the product, as in the paper; z as torch has it."""
    a_r, a_z, a_n = a.chunk(3, -1)
    w_r, w_z, w_n = weight_hh.chunk(3, 0)  # (H, H) each
    r = torch.sigmoid(a_r + h @ w_r.T)
    z = torch.sigmoid(a_z + h @ w_z.T)
    n = torch.tanh(a_n + (r * h) @ w_n.T + bias_hn)
    return (1 - z) * n + z * h


@torch.no_grad()
def hold_gate(layer: nn.Module, gate: str, value: int) -> None:
    """Hold a gate of a one-layer LSTM or GRU at 1 or 0, for good: its weights 0, its bias ±100.

    That is the step without this gate, on the layer's fast path: no gradient moves these weights,
    since the sigmoid has no slope there.

    Args:
        layer: ours or torch's, with biases.
        gate: a letter of "ifo" (LSTM) or of "rz" (GRU).
        value: 1 or 0.

    Raises:
        ValueError: there is no such gate, or the value is neither.
    """
    order = ORDER.get(type(layer).__name__, "")
    if gate not in order or gate in "gn" or value not in (0, 1):
        raise ValueError(
            f"hold_gate got gate={gate!r}, value={value!r} for a {type(layer).__name__}: give "
            "'i', 'f' or 'o' of an LSTM, 'r' or 'z' of a GRU, and 1 or 0."
        )
    for name, weight in layer.named_parameters():
        block = weight.chunk(len(order))[order.index(gate)]
        block.fill_(ALWAYS * (2 * value - 1) if name == "bias_ih_l0" else 0.0)
