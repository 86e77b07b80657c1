"""A decoder that looks back at every place of the source, at each step, by attention."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from seqcourse.models.layers import batch_first_layer, output_size, require_tokens
from seqcourse.models.seq2seq import Bridge, Encoded, HandOver, State
from seqcourse.models.state import swapped, top

Timing = Literal["bahdanau", "luong"]


class AttentionDecoder(nn.Module):
    """The next symbol from those before it, and from what attention reads of the source.

    m_t = Σ_s a_ts k_s, where k_s is the encoder's state at place s. The weights a_ts come from a
    score of k_s and the decoder's state s. Which state, is the timing:

    - "bahdanau": the one before, s_{t-1}; then s_t = f(s_{t-1}, [y_{t-1}; m_t]). It must go step by
      step. Bahdanau, Cho & Bengio (2015), arXiv:1409.0473.
    - "luong": s_t = f(s_{t-1}, y_{t-1}) first, then s_t asks. What is read never enters the state,
      so that a given target is read at once. Luong, Pham & Manning (2015), arXiv:1508.04025,
      without the input feeding of their section 3.3.

    Both end in Luong's ã_t = tanh(W_c [m_t; s_t]) and logits W ã_t, so that they differ in nothing
    else. (Bahdanau et al. have a maxout layer there.)

    Args:
        vocabulary: V, how many target symbols, the end among them.
        layer: a recurrent layer of ours or of torch's, with batch_first=True, that reads one way.
            Its input size is E with "luong", E + H with "bahdanau".
        embedding_size: E, trained numbers for each symbol.
        encoder_size: H of the encoder.
        attention: (query, key, value, key_padding_mask) -> (output, weights), such as
            `seqcourse.nn.AdditiveAttention`; the layer's output asks, the encoder's states answer.
        timing: as above.
        bridge: as in `Decoder`.

    Raises:
        TypeError, ValueError: the layer is none, or does not fit; there is no such timing.
    """

    def __init__(
        self,
        vocabulary: int,
        layer: nn.Module,
        embedding_size: int,
        encoder_size: int,
        attention: nn.Module,
        timing: Timing = "luong",
        bridge: bool = True,
    ) -> None:
        super().__init__()
        if timing not in get_args(Timing):
            raise ValueError(
                f"AttentionDecoder got timing={timing!r}; it knows {get_args(Timing)}."
            )
        width = embedding_size + (encoder_size if timing == "bahdanau" else 0)
        batch_first_layer("AttentionDecoder", layer, width, both_ways=False)
        self.timing = timing
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        self.layer = layer
        self.attention = attention
        self.bridge = Bridge(encoder_size, layer) if bridge else HandOver(layer)
        size = output_size(layer)
        self.combine = nn.Linear(encoder_size + size, size)
        self.out = nn.Linear(size, vocabulary)

    def begin(self, encoded: Encoded) -> State:
        """The state before the first symbol; every tensor in it has the batch first.

        It holds the layer's state, the encoder's states, under "key_padding_mask" which of them are
        none, and under "attention" the weights (B, T) that the last symbol was chosen with; zeros
        at first. A beam search reads the last two.

        Raises:
            ValueError: without a bridge, the encoder's state has another form.
        """
        return {
            "layer": self.bridge(encoded),
            "memory": encoded.states,
            "key_padding_mask": encoded.padding,
            "attention": encoded.states.new_zeros(encoded.padding.shape),
        }

    def forward(self, target: Tensor, state: State) -> tuple[Tensor, State]:
        """Read on: (B, U) symbols, from a state.

        Returns:
            logits (B, U, V), row u for what comes after symbol u; and the state after the last.

        Raises:
            ValueError: the target is no (B, U) symbols.
        """
        logits, state, _ = self.attended(target, state)
        return logits, state

    def attended(self, target: Tensor, state: State) -> tuple[Tensor, State, Tensor]:
        """As `forward`, and the weights (B, U, T): row u is what logits u were read with."""
        require_tokens("AttentionDecoder", target, self.embedding.num_embeddings)
        x = self.embedding(target)  # (B, U, E)
        read_on = self._luong if self.timing == "luong" else self._bahdanau
        states, found, weights, end = read_on(x, state)  # (B, U, S), (B, U, H), (B, U, T)
        combined = torch.tanh(self.combine(torch.cat([found, states], -1)))  # (B, U, S)
        after = {"layer": swapped(end), "attention": weights[:, -1]}
        return self.out(combined), state | after, weights

    def _luong(self, x: Tensor, state: State) -> tuple[Tensor, Tensor, Tensor, object]:
        states, end = self.layer(x, swapped(state["layer"]))
        found, weights = self._ask(states, state)
        return states, found, weights, end

    def _bahdanau(self, x: Tensor, state: State) -> tuple[Tensor, Tensor, Tensor, object]:
        end, steps = swapped(state["layer"]), []
        for symbol in torch.split(x, 1, dim=1):  # (B, 1, E)
            found, weights = self._ask(top(end, self.layer)[:, None], state)
            s, end = self.layer(torch.cat([symbol, found], -1), end)
            steps.append((s, found, weights))
        states, found, weights = (torch.cat(parts, 1) for parts in zip(*steps, strict=True))
        return states, found, weights, end

    def _ask(self, query: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """What is read (B, U, H), and the weights (B, U, T)."""
        memory, mask = state["memory"], state["key_padding_mask"]
        found, weights = self.attention(query, memory, memory, key_padding_mask=mask)
        return found, weights
