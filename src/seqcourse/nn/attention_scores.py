"""The hearts of attention: how well a key answers a query, in three ways, and what comes of it.

Shapes: B sequences, L queries, S keys; widths Dq, Dk, and A of what additive attention compares.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def dot_score(query: Tensor, key: Tensor, scale: float | None = None) -> Tensor:
    """scale q·k, by default q·k / sqrt(D): Vaswani et al. (2017). Luong's 'dot' has scale 1.

    Args:
        query: (…, L, D).
        key: (…, S, D).

    Returns:
        (…, L, S).
    """
    width = query.shape[-1]
    scale = 1 / math.sqrt(max(width, 1)) if scale is None else scale
    return query * scale @ key.mT  # (…, L, S) = (…, L, D) (…, D, S)


def general_score(query: Tensor, key: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """(W q + b)·k, the 'general' score of Luong, Pham & Manning (2015).

    Args:
        query: (B, L, Dq).
        key: (B, S, Dk).
        weight: (Dk, Dq).
        bias: (Dk,). On the other side, q·(W k + b), it would add as much to all keys of a query,
            which the softmax does not see.

    Returns:
        (B, L, S).
    """
    asked = torch.nn.functional.linear(query, weight, bias)  # (B, L, Dk): the key one looks for
    return asked @ key.mT  # (B, L, S)


def additive_score(
    query: Tensor, key: Tensor, weight_q: Tensor, weight_k: Tensor, v: Tensor
) -> Tensor:
    """v·tanh(W_q q + W_k k): Bahdanau, Cho & Bengio (2015), appendix A.1.2.

    Args:
        query: (B, L, Dq).
        key: (B, S, Dk).
        weight_q: (A, Dq).
        weight_k: (A, Dk).
        v: (A,).

    Returns:
        (B, L, S).
    """
    of_query = query @ weight_q.T  # (B, L, A)
    of_key = key @ weight_k.T  # (B, S, A)
    return torch.tanh(of_query[:, :, None] + of_key[:, None]) @ v  # (B, L, S), of (B, L, S, A)


def attention_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """The softmax over the keys; what is masked gets 0, also where everything is.

    Args:
        scores: (…, L, S).
        mask: broadcasts to (…, L, S). Booleans: True takes part. Numbers are added.

    Returns:
        (…, L, S): each row sums to 1, or to 0 where it is masked whole, as in torch's
        scaled_dot_product_attention.
    """
    if mask is None:
        return scores.softmax(-1)
    scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    hidden = scores == -math.inf
    # The lowest number in place of -inf: of -inf alone the softmax is NaN, on the way back too.
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(hidden, lowest).softmax(-1).masked_fill(hidden, 0)
