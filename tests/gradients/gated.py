"""Random LSTMs and GRUs, and their gradients by autograd, which hand-made ones are held to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from seqcourse.gradients import gru_backward, gru_forward, lstm_backward, lstm_forward
from seqcourse.nn import gru_step, lstm_step
from seqcourse.nn.unroll import unroll

torch.set_num_threads(1)
Sizes = tuple[int, int, int, int]  # T, B, I, H


def draw(kind: str, sizes: Sizes, seed: int, proj: int = 0, packed: Any = None) -> list[Tensor]:
    """Leaves in the order in which `…_forward` takes them; a projection last."""
    steps, sequences, inputs, hidden = sizes
    generator = torch.Generator().manual_seed(seed)
    gates, out = {"lstm": 4, "gru": 3}[kind] * hidden, proj or hidden
    x = (steps, sequences, inputs) if packed is None else (sum(packed), inputs)
    shapes: list[tuple[int, ...]] = [x, (sequences, out)]
    shapes += [(sequences, hidden)] if kind == "lstm" else []
    shapes += [(gates, inputs), (gates, out), (gates,)]
    shapes += [(hidden,)] if kind == "gru" else [(proj, hidden)] if proj else []
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


def by_autograd(kind: str, leaves: Sequence[Tensor], packed: Any = None) -> tuple[Tensor, ...]:
    """The equation: all h, and an LSTM's last c."""
    if kind == "gru":
        x, h_0, weight_ih, weight_hh, bias, bias_hn = leaves
        a = x @ weight_ih.T + bias
        return (unroll(gru_step, a, (h_0,), weight_hh, (bias_hn,), None, packed)[0],)
    x, h_0, c_0, weight_ih, weight_hh, bias, *weight_hr = leaves
    a = x @ weight_ih.T + bias
    projection = weight_hr[0] if weight_hr else None
    h, (_, c) = unroll(lstm_step, a, (h_0, c_0), weight_hh, (), projection, packed)
    return h, c


def by_hand(
    kind: str, leaves: Sequence[Tensor], grads: Sequence[Tensor | None], packed: Any = None
) -> tuple[Any, Any]:
    """The states, and the gradients in the order of the leaves."""
    values = [leaf.detach() for leaf in leaves]
    forward: Callable[..., Any] = lstm_forward if kind == "lstm" else gru_forward
    states = forward(*values, batch_sizes=packed)
    if kind == "gru":
        return states, gru_backward(*grads, states, *values[:4], packed)
    weight_hr = values[6] if len(values) > 6 else None
    found = lstm_backward(*grads, states, *values[:5], weight_hr, packed)
    return states, found
