"""One position at a time: attention that keeps the keys and values it has seen."""

from __future__ import annotations

import torch
from torch import Tensor

from seqcourse.nn.multihead import MultiheadAttention
from seqcourse.nn.multihead_masks import merged, triangle

KeyValue = tuple[Tensor, Tensor]  # (N, n, S, d/n) each
Remembered = tuple[Tensor, Tensor, Tensor | None]  # and which of memory is padding, (N, S)


def attend_cached(
    attention: MultiheadAttention, x: Tensor, state: KeyValue | None
) -> tuple[Tensor, KeyValue]:
    """Causal self-attention of new positions, (N, T, d), to those kept and to themselves."""
    q, k, v = attention.project(x, x, x)
    if state is not None:
        k, v = torch.cat([state[0], k], 2), torch.cat([state[1], v], 2)
    mask = None if x.shape[1] == 1 else triangle(x.shape[1], k.shape[2], x.device)
    return attention.attend(q, k, v, mask)[0], (k, v)


def remember(attention: MultiheadAttention, memory: Tensor, padding: Tensor | None) -> Remembered:
    """Memory's keys and values, which no later position changes.

    Args:
        memory: (N, S, d).
        padding: (N, S), True where memory is padding.
    """
    return attention.project_part(memory, 1), attention.project_part(memory, 2), padding


def read_remembered(attention: MultiheadAttention, x: Tensor, state: Remembered) -> Tensor:
    """Attention of new positions, (N, T, d), to the memory."""
    k, v, padding = state
    q = attention.project_part(x, 0)  # (N, n, T, d/n)
    mask = merged(None, padding, attention.num_heads, q.dtype)
    return attention.attend(q, k, v, mask)[0]
