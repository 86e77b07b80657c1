"""A causal Transformer of nothing but attention: no norms, no biases, no feed-forward layers.

Whatever it does is a sum of products of its matrices, which one can therefore read: see
`circuits.py`. Shapes: B sequences, T places, width d, n heads of width d_k.

Source: Elhage et al. (2021), A mathematical framework for Transformer circuits.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import IGNORE
from seqcourse.models.layers import require_tokens
from seqcourse.nn.attention_scores import attention_weights, dot_score
from seqcourse.nn.heads import join_heads, split_heads


class Looked(NamedTuple):
    """What the heads looked at.

    Args:
        logits: (B, T, V): row t scores what comes after tokens 1 … t.
        weights: (layers, B, n, T, T): by head, how much place t looks at place s; rows sum to 1.
    """

    logits: Tensor
    weights: Tensor


class Heads(nn.Module):
    """n heads side by side, without biases: what they read is added up.

    Args:
        width: d, of the rows that come and go.
        heads: n.
        head_width: d_k, of a head's queries, keys and values.
    """

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads, self.head_width = heads, head_width
        inside = heads * head_width
        self.query = nn.Linear(width, inside, bias=False)
        self.key = nn.Linear(width, inside, bias=False)
        self.value = nn.Linear(width, inside, bias=False)
        self.out = nn.Linear(inside, width, bias=False)

    def forward(self, x: Tensor, keep: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What is read (B, T, d), and the weights (B, n, T, T).

        Args:
            x: (B, T, d).
            keep: (n,), by what each head's part is multiplied: 0 takes a head away.
        """
        projected = (self.query(x), self.key(x), self.value(x))
        query, key, value = (split_heads(rows, self.heads) for rows in projected)
        causal = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()
        weights = attention_weights(dot_score(query, key), causal)  # (B, n, T, T)
        read = weights @ value  # (B, n, T, d_k)
        if keep is not None:
            read = read * keep[:, None, None]
        return self.out(join_heads(read)), weights


class AttentionOnly(nn.Module):
    """Symbols in, scores of the next symbol out; in between, heads alone.

    Args:
        vocabulary: V, how many symbols.
        width: d.
        heads: n, in each layer.
        layers: how many, 0 or more.
        length: the longest sequence; each place has trained numbers of its own.
        head_width: d_k; d / n without it.

    Raises:
        ValueError: the width is no multiple of the heads, and no `head_width` is given.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        heads: int,
        layers: int,
        length: int,
        head_width: int | None = None,
    ) -> None:
        super().__init__()
        if head_width is None and width % heads:
            raise ValueError(
                f"AttentionOnly: width {width} into heads={heads}: give a divisor of the width, "
                "or a head_width."
            )
        self.vocabulary, self.length, self.heads = vocabulary, length, heads
        self.embedding = nn.Embedding(vocabulary, width)
        self.place = nn.Embedding(length, width)
        self.layers = nn.ModuleList(
            Heads(width, heads, head_width or width // heads) for _ in range(layers)
        )
        self.out = nn.Linear(width, vocabulary, bias=False)
        for table in (self.embedding, self.place):
            nn.init.normal_(table.weight, std=1 / math.sqrt(width))

    def forward(self, tokens: Tensor, keep: Tensor | None = None) -> Tensor:
        """Logits (B, T, V) for tokens (B, T); `keep` as in `look`.

        Raises:
            ValueError: as in `look`.
        """
        return self.look(tokens, keep).logits

    def look(self, tokens: Tensor, keep: Tensor | None = None) -> Looked:
        """Logits, and where the heads looked.

        Args:
            tokens: (B, T) int, 0 … V - 1, T at most `length`.
            keep: (layers, n), by what each head's part is multiplied: 0 takes a head away.

        Raises:
            ValueError: the tokens are no whole numbers from 0 to V - 1, or too many.
        """
        require_tokens("AttentionOnly", tokens, self.vocabulary)
        if tokens.shape[1] > self.length:
            raise ValueError(
                f"AttentionOnly got {tokens.shape[1]} tokens; it has places for {self.length}."
            )
        x = self.embedding(tokens) + self.place.weight[: tokens.shape[1]]  # (B, T, d)
        seen = []
        for number, layer in enumerate(self.layers):
            read, weights = layer(x, None if keep is None else keep[number])
            x = x + read
            seen.append(weights)
        B, T = tokens.shape
        looked = torch.stack(seen) if seen else x.new_zeros(0, B, 0, T, T)
        return Looked(self.out(x), looked)

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for targets (B, T); where they are IGNORE, none counts."""
        logits = self(inputs)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)
