"""The Transformer as an encoder–decoder of symbols: what lies around its layers.

Source: Vaswani et al. (2017), Attention is all you need.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.data.words import IGNORE
from seqcourse.models.layers import require_tokens
from seqcourse.models.seq2seq import padding
from seqcourse.models.state import checked_lengths
from seqcourse.nn.positions import SinusoidalPosition
from seqcourse.nn.transformer import Transformer

State = dict[str, Any]


class TransformerSeq2Seq(nn.Module):
    """p(target | source), symbol by symbol, over the layers of a `Transformer`.

    Around them stand numbers for each symbol, scaled by √d, sinusoids for its place, and a map to
    the scores. In training all places of a target are read at once under a causal mask; `encode`
    and `step` write one symbol after the other, from keys and values that are kept.

    Args:
        source_vocabulary, target_vocabulary: how many symbols; the target's END among them.
        width: d.
        heads: n; it divides the width.
        layers: of the encoder, and as many of the decoder.
        feedforward: units of each layer's network, with ReLU.
        dropout: of embeddings, of what is added to the streams, of attention's weights.
        norm_first: whether layers read what was normalised, or hand it on, as in the paper.

    Raises:
        ValueError, AssertionError: the heads do not divide the width, or the width is odd.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        width: int,
        heads: int,
        layers: int,
        feedforward: int,
        *,
        dropout: float = 0.0,
        norm_first: bool = True,
    ) -> None:
        super().__init__()
        self.width = width
        self.source = nn.Embedding(source_vocabulary, width)
        self.target = nn.Embedding(target_vocabulary, width)
        self.position = SinusoidalPosition(width)
        self.dropout = nn.Dropout(dropout)
        self.transformer = Transformer(
            width,
            heads,
            layers,
            layers,
            feedforward,
            dropout,
            batch_first=True,
            norm_first=norm_first,
        )
        self.out = nn.Linear(width, target_vocabulary)
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, std=width**-0.5)

    def forward(
        self, source: Tensor, target_in: Tensor, source_lengths: Tensor | None = None
    ) -> Tensor:
        """Logits (B, U, V) of the next symbol at each place of a given target: teacher forcing.

        Args:
            source: (B, T) int.
            target_in: (B, U) symbols, END first.
            source_lengths: (B,) how many symbols of each are real; None: all.

        Raises:
            ValueError: what came are no symbols; the lengths do not fit.
        """
        require_tokens("TransformerSeq2Seq", target_in, self.target.num_embeddings)
        memory, hidden = self._read(source, source_lengths)
        causal = self.transformer.generate_square_subsequent_mask(
            target_in.shape[1], device=memory.device, dtype=memory.dtype
        )
        states = self.transformer.decoder(
            self._placed(self.target, target_in),
            memory,
            tgt_mask=causal,
            tgt_is_causal=True,
            memory_key_padding_mask=hidden,
        )
        logits: Tensor = self.out(states)
        return logits

    def encode(self, source: Tensor, source_lengths: Tensor | None = None) -> State:
        """The state before the first symbol: a dict of tensors that have the batch first."""
        memory, hidden = self._read(source, source_lengths)
        layers = self.transformer.decoder.start(memory, hidden)
        place = torch.zeros(len(source), dtype=torch.long, device=source.device)
        return {"layers": layers, "place": place}

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol further: what decoding calls.

        Args:
            tokens: (N,) the symbol chosen last, END at first.
            state: from `encode`, or from the step before.

        Returns:
            log-probabilities (N, V) of the next symbol, and the next state.
        """
        place = int(state["place"][0])  # that of every row
        x = self._placed(self.target, tokens[:, None], place)[:, 0]  # (N, d)
        x, layers = self.transformer.decoder.step(x, state["layers"])
        return F.log_softmax(self.out(x), -1), {"layers": layers, "place": state["place"] + 1}

    def loss(
        self,
        source: Tensor,
        lengths: Tensor | None,
        target_in: Tensor,
        target_out: Tensor,
        label_smoothing: float = 0.0,
    ) -> Tensor:
        """Mean cross-entropy in nats a symbol of a `PairBatch`; what is IGNORE counts nothing.

        Args:
            label_smoothing: the share of each target that all symbols get alike.
        """
        logits = self(source, target_in, lengths)
        return F.cross_entropy(
            logits.flatten(0, 1),
            target_out.flatten(),
            ignore_index=IGNORE,
            label_smoothing=label_smoothing,
        )

    def _read(self, source: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """The memory (B, T, d), and where it is padding, or None if it is nowhere."""
        require_tokens("TransformerSeq2Seq", source, self.source.num_embeddings)
        hidden = None
        if lengths is not None:
            hidden = padding(source, checked_lengths("TransformerSeq2Seq", lengths, source))
        x = self._placed(self.source, source)
        return self.transformer.encoder(x, src_key_padding_mask=hidden), hidden

    def _placed(self, table: nn.Embedding, tokens: Tensor, offset: int = 0) -> Tensor:
        """(B, T) symbols as numbers (B, T, d), their places added."""
        x = table(tokens) * math.sqrt(self.width)
        placed: Tensor = self.dropout(self.position(x, offset=offset))
        return placed
