"""MultiheadAttention, as torch.nn has it."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.attention_scores import dot_score
from seqcourse.nn.heads import join_heads, project_heads, split_heads
from seqcourse.nn.multihead_checks import multihead_input, multihead_options
from seqcourse.nn.multihead_masks import merged, softmax_mask


class MultiheadAttention(nn.Module):
    """Several attentions side by side, each in its own part of the projected features.

    `multihead` is the equation. torch.nn.MultiheadAttention's arguments, shapes, masks, defaults
    and parameter names. Weights of torch's give torch's outputs and gradients.

    Args:
        embed_dim: d, the width of queries and of the output.
        num_heads: n, a divisor of d.
        dropout: the share of weights made 0 in training.
        bias: with biases in all four projections.
        add_bias_kv: with a learnt key and value, `bias_k` and `bias_v`, behind those that come.
        add_zero_attn: with a key and value of zeros behind them.
        kdim, vdim: the widths of keys and values; None is d.
        batch_first: (B, T, …) in and out instead of (T, B, …).
        device, dtype: of the parameters.

    Raises:
        TypeError, ValueError, AssertionError, RuntimeError: as torch's.
    """

    in_proj_weight: Tensor | None
    q_proj_weight: Tensor | None
    k_proj_weight: Tensor | None
    v_proj_weight: Tensor | None
    in_proj_bias: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        multihead_options(embed_dim, num_heads, dropout, kdim, vdim)
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn

        def make(*shape: int) -> Tensor:
            return nn.Parameter(torch.empty(*shape, device=device, dtype=dtype))

        d, packed = embed_dim, self.kdim == self.vdim == embed_dim
        self.q_proj_weight = None if packed else make(d, d)
        self.k_proj_weight = None if packed else make(d, self.kdim)
        self.v_proj_weight = None if packed else make(d, self.vdim)
        self.in_proj_weight = make(3 * d, d) if packed else None
        self.in_proj_bias = make(3 * d) if bias else None
        self.out_proj = nn.Linear(d, d, bias=bias, device=device, dtype=dtype)
        self.bias_k = make(1, 1, d) if add_bias_kv else None
        self.bias_v = make(1, 1, d) if add_bias_kv else None
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Glorot's, and no biases: from one seed, the numbers that torch draws."""
        for weight in (
            self.in_proj_weight,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
        ):
            if weight is not None:
                nn.init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                nn.init.zeros_(bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                nn.init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Each query reads, in each head, a weighted mean of the values.

        Args:
            query: (L, B, d); with batch_first (B, L, d); without a batch (L, d).
            key, value: (S, B, kdim) and (S, B, vdim), laid out as the query.
            key_padding_mask: (B, S), or (S,). Booleans: True hides a key. Numbers are added to its
                scores.
            need_weights: return the weights too.
            attn_mask: (L, S) or (B n, L, S), the same of single places.
            average_attn_weights: the weights' mean over the heads.
            is_causal: a hint that attn_mask, which must come all the same, is the triangle.

        Returns:
            What is read, as the query; and the weights, (B, L, S), or (B, n, L, S) of each head,
            or None. Where a query may look nowhere its weights are 0, and it gets out_proj's bias.

        Raises:
            AssertionError, RuntimeError, AttributeError, TypeError: each as torch's.
        """
        multihead_input(self, query, key, value, key_padding_mask, attn_mask, is_causal)
        batched = query.dim() == 3
        q, k, v = self.project(*self._batch_first(query, key, value))
        if key_padding_mask is not None and not batched:
            key_padding_mask = key_padding_mask[None]
        mask = merged(attn_mask, key_padding_mask, self.num_heads, q.dtype)
        batch_first = self.batch_first or not batched
        output, weights = self.attend(q, k, v, mask, need_weights, batch_first)
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if not batched:
            return output[0], None if weights is None else weights[0]
        return output, weights

    def project(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, L, d), (B, S, kdim), (B, S, vdim) -> (B, n, L, d/n), and twice (B, n, S, d/n).

        One matrix product where all three are the same tensor.
        """
        if query is key is value and self.in_proj_weight is not None:
            return project_heads(query, self.in_proj_weight, self.in_proj_bias, self.num_heads)
        return self.project_part(query, 0), self.project_part(key, 1), self.project_part(value, 2)

    def project_part(self, x: Tensor, part: int) -> Tensor:
        """(B, T, …) -> (B, n, T, d/n): as queries, part 0, as keys, 1, or as values, 2."""
        if self.in_proj_weight is not None:
            weight = self.in_proj_weight.chunk(3)[part]
        else:
            own = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)[part]
            assert own is not None
            weight = own
        bias = None if self.in_proj_bias is None else self.in_proj_bias.chunk(3)[part]
        return split_heads(F.linear(x, weight, bias), self.num_heads)

    def attend(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        need_weights: bool = False,
        batch_first: bool = True,
    ) -> tuple[Tensor, Tensor | None]:
        """What `project` gave -> the output, (B, L, d), and each head's weights, (B, n, L, S).

        Args:
            mask: broadcasts to (B, n, L, S). Booleans: True takes part. Numbers are added.
            need_weights: None in their place if not.
            batch_first: False for an output (L, B, d).
        """
        k, v, mask = self._extra_keys(k, v, mask)
        scores, blind = dot_score(q, k), None  # (B, n, L, S)
        if mask is not None:
            added, blind = softmax_mask(mask, q.dtype)
            scores = scores + added
        weights = scores.softmax(-1)
        if self.training and self.dropout > 0:
            weights = F.dropout(weights, self.dropout)
        read = weights @ v  # (B, n, L, d/n)
        if blind is not None:
            read = read.masked_fill(blind, 0)
            weights = weights.masked_fill(blind, 0) if need_weights else weights
        joined = join_heads(read)  # (B, L, d)
        output: Tensor = self.out_proj(joined if batch_first else joined.transpose(0, 1))
        return output, weights if need_weights else None

    def _extra_keys(
        self, k: Tensor, v: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Those of add_bias_kv and add_zero_attn behind the others; no mask hides them."""
        extras: list[tuple[Tensor, ...]] = []  # (1, n, 1, d/n) each
        if self.bias_k is not None and self.bias_v is not None:
            extras.append(tuple(split_heads(x, self.num_heads) for x in (self.bias_k, self.bias_v)))
        if self.add_zero_attn:
            extras.append((k.new_zeros(1, self.num_heads, 1, self.head_dim),) * 2)
        for key, value in extras:
            k = torch.cat([k, key.expand(len(k), -1, -1, -1)], 2)  # (B, n, S + 1, d/n)
            v = torch.cat([v, value.expand(len(v), -1, -1, -1)], 2)
            if mask is not None:
                mask = F.pad(mask, (0, 1), value=mask.dtype == torch.bool)
        return k, v, mask

    def _batch_first(self, *given: Tensor) -> tuple[Tensor, ...]:
        """(B, T, …) each; what was the same tensor stays the same."""
        moved: dict[int, Tensor] = {}
        for x in given:
            turned = x if self.batch_first or x.dim() == 2 else x.transpose(0, 1)
            moved[id(x)] = turned if x.dim() == 3 else x[None]
        return tuple(moved[id(x)] for x in given)
