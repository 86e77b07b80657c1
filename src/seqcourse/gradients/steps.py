"""Sequences step by step, whether all are of one length or packed.

Packed, as torch.nn.utils.rnn packs: the longest sequence first, (N, …) rows step after step;
`batch_sizes` says how many sequences each step still has.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

BatchSizes = Sequence[int] | None


def steps(x: Tensor, batch_sizes: BatchSizes) -> tuple[Tensor, ...]:
    """Views of each step's rows: T times (B, H), or (batch_sizes[t], H)."""
    return x.unbind(0) if batch_sizes is None else torch.split(x, list(batch_sizes))


def rows(x: Tensor) -> Tensor:
    """(T, B, H), or packed (N, H), as (N, H)."""
    return x.reshape(-1, x.shape[-1])


def before(h: Tensor, h_0: Tensor, batch_sizes: Sequence[int]) -> Tensor:
    """h_{t-1} beside each h_t of packed rows, (N, H)."""
    earlier = (h_0, *steps(h, batch_sizes)[:-1])
    return torch.cat([h_t[:size] for h_t, size in zip(earlier, batch_sizes, strict=True)])


def last_rows(batch_sizes: Sequence[int]) -> Tensor:
    """(B,): where in the packed rows each sequence has its last step."""
    sizes = torch.tensor(list(batch_sizes))
    starts = sizes.cumsum(0) - sizes  # (T,): each step's first row
    sequence = torch.arange(int(sizes[0]))  # (B,)
    return starts[_lengths(sizes) - 1] + sequence


def reversed_rows(batch_sizes: Sequence[int]) -> Tensor:
    """(N,): the rows in an order in which each sequence runs backwards, its padding unseen."""
    sizes = torch.tensor(list(batch_sizes))
    starts = sizes.cumsum(0) - sizes
    step = torch.arange(len(sizes)).repeat_interleave(sizes)  # (N,): each row's step
    sequence = torch.arange(len(step)) - starts[step]  # (N,): and its sequence
    return starts[_lengths(sizes)[sequence] - 1 - step] + sequence


def _lengths(sizes: Tensor) -> Tensor:
    """(B,): sequence i has as many steps as there are steps with more than i sequences."""
    return (sizes[:, None] > torch.arange(int(sizes[0]))).sum(0)
