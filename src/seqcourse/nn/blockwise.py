"""Attention block by block of the keys: the same numbers, and never all T × T scores at once.

The softmax is made while its scores come in (Milakov & Gimelshein 2018, Online normalizer
calculation for softmax); the way back makes the scores once more, block by block, from what it kept
of each row: one number (Dao et al. 2022, FlashAttention). Theirs is one kernel that stays in a
processor's fast memory; this is the same arithmetic in torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from seqcourse.nn.attention_checks import sdpa_input

State = tuple[Tensor, Tensor, Tensor]


def blockwise_step(state: State, scores: Tensor, value: Tensor) -> State:
    """A softmax's mean of values, so far, with a further block of keys.

    Args:
        state: of each query the largest score (…, L, 1); the sum of exp(score - largest), (…, L,
            1); and the values' sum under these weights, (…, L, Dv). They begin with -inf, 0, 0.
        scores: (…, L, b), of the block.
        value: (…, b, Dv).

    Returns:
        The state; what is read is its sum of values over its sum of weights.
    """
    most, total, read = state
    new = torch.maximum(most, scores.amax(-1, keepdim=True))  # (…, L, 1)
    zero = new.masked_fill(new == -math.inf, 0)  # nothing seen yet: -inf - -inf would be NaN
    shrink, weights = (most - zero).exp(), (scores - zero).exp()  # (…, L, 1), (…, L, b)
    return (
        new,
        total * shrink + weights.sum(-1, keepdim=True),
        read * shrink + weights @ value,
    )


def blockwise_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    block: int = 128,
) -> Tensor:
    """scaled_dot_product_attention with memory linear in the numbers of queries and of keys.

    Between forward and backward it keeps queries, keys, values, what was read and one number a
    query. A mask is the caller's, and may itself have (L, S) entries: `is_causal` and a mask (…,
    1, S) over keys do not. There is no second derivative, and no gradient by a mask.

    Args:
        query: (…, L, E).
        key: (…, S, E); the dimensions in front broadcast.
        value: (…, S, Ev).
        attn_mask: as in `scaled_dot_product_attention`.
        is_causal: query t sees keys 1 … t; blocks that a query cannot see cost it nothing.
        scale: 1 / sqrt(E) where it is None.
        block: so many keys at once; only speed and memory depend on it.

    Returns:
        (…, L, Ev).

    Raises:
        TypeError, RuntimeError, IndexError: as `scaled_dot_product_attention`; RuntimeError, too,
            where a gradient by the mask is asked for.
        ValueError: block is not at least 1.
    """
    if block < 1:
        raise ValueError(f"blockwise_attention: block={block}: give at least 1 key, such as 128.")
    key, value = sdpa_input(query, key, value, attn_mask, 0.0, is_causal, False)
    if attn_mask is not None and attn_mask.requires_grad:
        raise RuntimeError(
            "blockwise_attention gives a mask no gradient: use scaled_dot_product_attention, or "
            "attn_mask.detach()."
        )
    front = torch.broadcast_shapes(*(x.shape[:-2] for x in (query, key, value)))  # type: ignore[no-untyped-call]
    given = (x.expand(*front, *x.shape[-2:]) for x in (query, key, value))
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    found: Tensor = _Blockwise.apply(*given, attn_mask, is_causal, scale, block)  # type: ignore[no-untyped-call]
    return found


class _Blockwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        causal: bool,
        scale: float,
        block: int,
    ) -> Tensor:
        rows = query.shape[:-1]
        most = query.new_full((*rows, 1), -math.inf)
        total, read = query.new_zeros(*rows, 1), query.new_zeros(*rows, value.shape[-1])
        for see, keys in _blocks(query.shape[-2], key.shape[-2], causal, block):
            scores = _scores(query, key, mask, causal, scale, see, keys)
            state = most[..., see, :], total[..., see, :], read[..., see, :]
            new = blockwise_step(state, scores, value[..., keys, :])
            for whole, part in zip((most, total, read), new, strict=True):
                whole[..., see, :] = part
        read = torch.where(total > 0, read / total, 0)
        # exp(score - level) is the weight; a query that sees nothing has level 0, and no score
        level = torch.where(total > 0, most + total.log(), 0)  # (…, L, 1)
        ctx.save_for_backward(query, key, value, mask, read, level)
        ctx.options = causal, scale, block
        return read

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, by_read: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, mask, read, level = ctx.saved_tensors
        causal, scale, block = ctx.options
        by_query, by_key, by_value = (torch.zeros_like(x) for x in (query, key, value))
        mean = (by_read * read).sum(-1, keepdim=True)  # (…, L, 1): the weights' mean of by_weight
        for see, keys in _blocks(query.shape[-2], key.shape[-2], causal, block):
            scores = _scores(query, key, mask, causal, scale, see, keys)
            weights = (scores - level[..., see, :]).exp()  # (…, L, b), made once more
            by_weight = by_read[..., see, :] @ value[..., keys, :].mT
            by_score = weights * (by_weight - mean[..., see, :])  # eq. of the softmax's Jacobian
            by_query[..., see, :] += by_score @ key[..., keys, :] * scale
            by_key[..., keys, :] = by_score.mT @ query[..., see, :] * scale
            by_value[..., keys, :] = weights.mT @ by_read[..., see, :]
        return by_query, by_key, by_value, None, None, None, None


def _blocks(queries: int, keys: int, causal: bool, block: int) -> Iterator[tuple[slice, slice]]:
    """Slices of the keys, each with the queries that may see one of them."""
    for begin in range(0, keys, block):
        first = begin if causal else 0
        if first < queries:
            yield slice(first, queries), slice(begin, min(begin + block, keys))


def _scores(
    query: Tensor,
    key: Tensor,
    mask: Tensor | None,
    causal: bool,
    scale: float,
    see: slice,
    keys: slice,
) -> Tensor:
    """(…, L, b), with -inf where nothing is seen."""
    scores = query[..., see, :] * scale @ key[..., keys, :].mT
    if mask is not None:
        all_ = mask.expand(*mask.shape[:-2], query.shape[-2], key.shape[-2])  # no copy
        part = all_[..., see, keys]
        scores = scores.masked_fill(~part, -math.inf) if part.dtype == torch.bool else scores + part
    if causal:
        t = torch.arange(see.start, see.stop, device=query.device)[:, None]
        s = torch.arange(keys.start, keys.stop, device=query.device)
        scores = scores.masked_fill(s > t, -math.inf)
    return scores
