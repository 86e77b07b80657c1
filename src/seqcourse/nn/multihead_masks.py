"""torch's two masks of multi-head attention, in which True hides, as one, in which True is seen."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def merged(
    attn_mask: Tensor | None, padding: Tensor | None, heads: int, dtype: torch.dtype
) -> Tensor | None:
    """What `attention_weights` wants; broadcasts to (B, n, L, S).

    Args:
        attn_mask: (L, S) or (B n, L, S). Booleans: True is hidden. Numbers are added to scores.
        padding: (B, S), the same of whole keys.
        heads: n.
        dtype: of the numbers.

    Returns:
        Booleans, True where a key takes part, if both are booleans; else numbers.
    """
    masks = []
    if attn_mask is not None:
        masks.append(
            attn_mask if attn_mask.dim() == 2 else attn_mask.view(-1, heads, *attn_mask.shape[1:])
        )
    if padding is not None:
        masks.append(padding[:, None, None])  # (B, 1, 1, S)
    if not masks:
        return None
    if all(mask.dtype == torch.bool for mask in masks):
        hidden = masks[0] if len(masks) == 1 else masks[0] | masks[1]
        return ~hidden
    added = [as_numbers(mask, dtype) for mask in masks]
    return added[0] if len(added) == 1 else added[0] + added[1]


def as_numbers(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """What is added to the scores: -inf where a mask of booleans is True."""
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(mask, -math.inf)


def softmax_mask(mask: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """What makes a plain softmax `attention_weights`; as large as the mask, not as the scores.

    Args:
        mask: (…, L, S). Booleans: True takes part. Numbers are added to scores.

    Returns:
        added: (…, L, S) numbers to add to the scores; 0 where a query would see nothing, as the
            softmax of -inf alone is NaN.
        blind: (…, L, 1) booleans, True for those queries; what they read is to be made 0.
    """
    added = as_numbers(~mask, dtype) if mask.dtype == torch.bool else mask
    blind = (added == -math.inf).all(-1, keepdim=True)
    return added.masked_fill(blind, 0), blind


def triangle(queries: int, keys: int, device: torch.device | None = None) -> Tensor:
    """(L, S), True where query t may see key s: the last query sees all, also where S > L."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
