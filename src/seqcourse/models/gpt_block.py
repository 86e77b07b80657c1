"""One layer of a GPT: attention to the places so far, and a network for each place alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.heads import join_heads, split_heads

if TYPE_CHECKING:
    from seqcourse.models.gpt_places import Rotation

Kept = tuple[Tensor, Tensor]  # keys and values of the places so far, (B, n, S, d_k) each


class Block(nn.Module):
    """What a layer adds to the stream x (B, T, d): first attention's share, then the network's.

    With the norm first, x = x + attention(norm1(x)), x = x + network(norm2(x)); else the norm
    stands behind each sum, x = norm1(x + attention(x)), x = norm2(x + network(x)).

    Args:
        width: d.
        heads: n; it divides d.
        feedforward: how many units the network has, with GELU; None: no network.
        norm_first: as above.
        dropout: of what is added, and of the weights of attention.
        rotation: turns queries and keys by their places; None leaves them.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        feedforward: int | None,
        norm_first: bool = True,
        dropout: float = 0.0,
        rotation: Rotation | None = None,
    ) -> None:
        super().__init__()
        self.heads, self.norm_first, self.rotation = heads, norm_first, rotation
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)  # rows: all queries, all keys, all values
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.network: nn.Module | None = None
        if feedforward is not None:
            self.norm2 = nn.LayerNorm(width)
            self.network = nn.Sequential(
                nn.Linear(width, feedforward), nn.GELU(), nn.Linear(feedforward, width)
            )

    def forward(
        self, x: Tensor, past: Kept | None = None, bias: Tensor | None = None
    ) -> tuple[Tensor, Kept]:
        """The stream behind this layer, and its keys and values.

        Args:
            x: (B, T, d), the places behind the past.
            past: keys and values of the S - T places before; None: there is none.
            bias: added to the scores, (T, S) or (n, T, S): -inf where a key is not to be seen.
        """
        if self.norm_first:
            found, kept, _ = self.attend(self.norm1(x), past, bias)
            x = x + found
            return (x + self.feed(self.norm2(x)) if self.network else x), kept
        found, kept, _ = self.attend(x, past, bias)
        x = self.norm1(x + found)
        return (self.norm2(x + self.feed(x)) if self.network else x), kept

    def attend(
        self, x: Tensor, past: Kept | None = None, bias: Tensor | None = None
    ) -> tuple[Tensor, Kept, Tensor]:
        """What attention adds (B, T, d); keys and values of all S places; weights (B, n, T, S)."""
        q, k, v = (split_heads(part, self.heads) for part in self.qkv(x).chunk(3, -1))
        if self.rotation is not None:
            q, k = self.rotation(q, k, 0 if past is None else past[0].shape[2])
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)  # (B, n, S, d_k)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, n, T, S)
        weights = torch.softmax(scores if bias is None else scores + bias, -1)
        read = F.dropout(weights, self.dropout.p, self.training) @ v  # (B, n, T, d_k)
        return self.dropout(self.out(join_heads(read))), (k, v), weights

    def feed(self, x: Tensor) -> Tensor:
        """What the network adds (B, T, d): at each place, made of that place."""
        assert self.network is not None
        added: Tensor = self.dropout(self.network(x))
        return added

    def adding(self) -> list[nn.Linear]:
        """The maps whose outputs are added to the stream."""
        network = [] if self.network is None else [self.network[-1]]  # type: ignore[index]
        return [self.out, *network]
