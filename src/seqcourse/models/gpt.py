"""A decoder alone, as GPT is: a language model whose state is a key–value cache.

Source: Radford et al. (2019), Language models are unsupervised multitask learners.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import IGNORE
from seqcourse.models.gpt_block import Block, Kept
from seqcourse.models.gpt_places import (
    Positions,
    Rotation,
    added,
    require_positions,
    score_bias,
)
from seqcourse.models.layers import require_tokens

State = tuple[Kept, ...]


class GPT(nn.Module):
    """One score for each symbol of the vocabulary at each place, from the places up to it.

    Its first weights are normal with deviation 1 / √d (GPT-2's is 0.02 at every width); those of
    what is added to the stream are smaller by √(how much is added), as GPT-2's are. Biases are 0.

    Args:
        vocabulary: V, how many symbols.
        width: d, numbers at each place of the stream.
        heads: n in each layer; it divides the width.
        layers: how many blocks.
        positions: "learned" (a table, added), "sinusoidal" (added; the symbols' numbers are scaled
            by √d, as in Vaswani et al.), "rotary" (queries and keys are turned), "alibi" (scores
            fall with the distance); None: the causal mask alone.
        length: how many places the table of "learned" has; the others need none, and have no end.
        norm_first: whether layers read what was normalised, with one norm more behind the last; or
            hand it on.
        feedforward: units of each block's network, with GELU; "4d": four times the width; None: no
            networks, attention alone.
        dropout: of the stream's beginning, of what is added to it, and of the weights of attention.
        tied: whether the scores are made by the symbols' own numbers.
        causal: False lets each place see all, and keeps no state: an encoder.

    Raises:
        ValueError: a count below 1; the heads do not divide the width; no such positions, or they
            lack what they need.
    """

    def __init__(
        self,
        vocabulary: int,
        width: int,
        heads: int,
        layers: int,
        *,
        positions: Positions | None = "learned",
        length: int | None = None,
        norm_first: bool = True,
        feedforward: int | Literal["4d"] | None = "4d",
        dropout: float = 0.0,
        tied: bool = False,
        causal: bool = True,
    ) -> None:
        super().__init__()
        units = 4 * width if feedforward == "4d" else feedforward
        for name, count in dict(
            vocabulary=vocabulary, width=width, heads=heads, layers=layers, feedforward=units
        ).items():
            if count is not None and (not isinstance(count, int) or count < 1):
                raise ValueError(f"GPT got {name}={count!r}: give a whole number, 1 or more.")
        if width % heads:
            raise ValueError(f"GPT got width={width} and heads={heads}: heads must divide it.")
        require_positions(positions, width, heads, length)
        self.vocabulary, self.width, self.heads = vocabulary, width, heads
        self.positions, self.causal = positions, causal
        self.length = length if positions == "learned" else None
        self.embedding = nn.Embedding(vocabulary, width)
        self.position = added(positions, width, length)
        self.dropout = nn.Dropout(dropout)
        rotation = Rotation() if positions == "rotary" else None
        self.blocks = nn.ModuleList(
            Block(width, heads, units, norm_first, dropout, rotation) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width) if norm_first else nn.Identity()
        self.out = nn.Linear(width, vocabulary, bias=False)
        self._first_weights()
        if tied:
            self.out.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State | None]:
        """Scores and state.

        Args:
            tokens: (B, T) int, 0 … V - 1.
            state: the one returned for the places before; None: there are none.

        Returns:
            logits (B, T, V): row t scores what comes after tokens 1 … t; and of each block the keys
            and values of all places so far, (B, n, S, d_k) each. None if it is not causal.

        Raises:
            ValueError: the tokens are no (B, T) whole numbers from 0 to V - 1; there are more
                places than the table has; a state came, and it is not causal.
        """
        x, bias = self.begin(tokens, state)
        kept: list[Kept] = []
        for number, block in enumerate(self.blocks):
            x, both = block(x, None if state is None else state[number], bias)
            kept.append(both)
        return self.out(self.norm(x)), tuple(kept) if self.causal else None

    def begin(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, Tensor | None]:
        """The stream (B, T, d) before the first block, and what is added to all scores."""
        require_tokens("GPT", tokens, self.vocabulary)
        offset = 0 if state is None else state[0][0].shape[2]
        seen = offset + tokens.shape[1]
        if offset and not self.causal:
            raise ValueError("GPT got a state, but with causal=False earlier places change: none.")
        if self.length is not None and seen > self.length:
            raise ValueError(f"GPT got {seen} places, and its table has length={self.length}.")
        x = self.embedding(tokens)  # (B, T, d)
        if self.positions == "sinusoidal":
            x = x * math.sqrt(self.width)
        if self.position is not None:
            x = self.position(x, offset=offset)
        return self.dropout(x), score_bias(self.positions, self.heads, self.causal, x, seen)

    @torch.no_grad()
    def attention(self, tokens: Tensor) -> list[Tensor]:
        """Each block's weights, (B, n, T, T): row t is what place t reads, head by head."""
        x, bias = self.begin(tokens)
        found = []
        for block in self.blocks:
            assert isinstance(block, Block)
            found.append(block.attend(block.norm1(x) if block.norm_first else x, bias=bias)[2])
            x = block(x, bias=bias)[0]
        return found

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats, for targets (B, T); where they are IGNORE, none counts."""
        logits, _ = self(inputs)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)

    @torch.no_grad()
    def _first_weights(self) -> None:
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                weight.normal_(0.0, self.width**-0.5)
            elif name.endswith("bias"):
                weight.zero_()
        adding = [part for block in self.blocks for part in block.adding()]  # type: ignore[operator]
        for linear in adding:
            linear.weight /= math.sqrt(len(adding))
