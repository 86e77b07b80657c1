"""The heart of multi-head attention: Vaswani et al. (2017), section 3.2.2."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import linear

from seqcourse.nn.attention_scores import attention_weights, dot_score
from seqcourse.nn.heads import join_heads, split_heads


def multihead(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    weights_in: Sequence[Tensor],
    biases_in: Sequence[Tensor | None],
    weight_out: Tensor,
    bias_out: Tensor | None,
    heads: int,
    mask: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Project, split, attend in each head, join, project.

    Args:
        query: (B, L, d).
        key: (B, S, Dk).
        value: (B, S, Dv); in self-attention query, key and value are the same x.
        weights_in: W_q (d, d), W_k (d, Dk), W_v (d, Dv): `in_proj_weight.chunk(3)`.
        biases_in: three, (d,) or None each: `in_proj_bias.chunk(3)`.
        weight_out, bias_out: (d, d) and (d,) or None.
        heads: n; each works on d/n of the projected features.
        mask: broadcasts to (B, n, L, S). Booleans: True takes part. Numbers are added to scores.

    Returns:
        (B, L, d), and the weights of each head, (B, n, L, S).
    """
    q, k, v = map(linear, (query, key, value), weights_in, biases_in)  # (B, L, d), (B, S, d) twice
    q, k, v = (split_heads(x, heads) for x in (q, k, v))  # (B, n, L, d/n), (B, n, S, d/n) twice
    weights = attention_weights(dot_score(q, k), mask)  # (B, n, L, S), with 1 / sqrt(d/n)
    read = join_heads(weights @ v)  # (B, L, d), of (B, n, L, d/n)
    return linear(read, weight_out, bias_out), weights
