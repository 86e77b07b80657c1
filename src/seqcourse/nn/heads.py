"""Heads: a row of d numbers as n rows of d / n, and back; queries, keys and values of one matmul.

Nothing is computed by cutting: a head's weights are a slice of the projection's.
Shapes: B sequences, T places, width d, n heads of width d_k = d / n.
"""

from __future__ import annotations

import torch
from torch import Tensor


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(B, T, d) -> (B, n, T, d / n): head i has columns i d/n … (i + 1) d/n - 1.

    Any dimensions may stand in front of the last two, and none has to.

    Raises:
        ValueError: d is not a multiple of `heads`.
    """
    if heads < 1 or x.shape[-1] % heads:
        raise ValueError(
            f"split_heads: width {x.shape[-1]} into heads={heads}: give a divisor of the width."
        )
    parts = x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)  # (B, T, n, d / n)
    return parts.transpose(-3, -2)


def join_heads(x: Tensor) -> Tensor:
    """(B, n, T, d / n) -> (B, T, d): undoes split_heads."""
    return x.transpose(-3, -2).flatten(-2)


def project_heads(
    x: Tensor, weight: Tensor, bias: Tensor | None, heads: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values (B, n, T, d / n) each, of x (B, T, D) by one matmul.

    Args:
        weight: (3 d, D): the rows of W_q, W_k and W_v one below the other, as torch's
            `in_proj_weight`.
        bias: (3 d,), or None.
    """
    qkv = torch.nn.functional.linear(x, weight, bias)  # (B, T, 3 d)
    query, key, value = (split_heads(part, heads) for part in qkv.chunk(3, -1))
    return query, key, value
