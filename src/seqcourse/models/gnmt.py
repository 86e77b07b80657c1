"""Google's translator of 2016 in miniature: deep stacks on both sides, and attention between them.

Source: Wu et al. (2016), Google's neural machine translation system, arXiv:1609.08144, section 3.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqcourse.models.layers import require_tokens
from seqcourse.models.seq2seq import Bridge, Encoded, State, padding
from seqcourse.models.state import checked_lengths, read, swapped, top

Make = Callable[..., nn.Module]


class DeepEncoder(nn.Module):
    """Symbols in, states out, through layers of one width; only the bottom one may read both ways.

    x⁰ are the embeddings, x¹ the bottom layer's states, and above it, with residual connections,
    xˡ = hˡ(xˡ⁻¹) + xˡ⁻¹; without, xˡ = hˡ(xˡ⁻¹). A layer that reads one way can start as soon as
    the first state below it is there, so that many machines can work on one sentence; one that
    reads both ways must wait for the last.

    In the paper each direction is as wide as a layer, and residual connections begin with the third
    layer. Here each is half as wide, so that they can begin with the second.

    Args:
        vocabulary: how many source symbols.
        make: (inputs, width, batch_first=True) -> a recurrent layer, such as nn.LSTM.
        width: H, of embeddings and states.
        depth: how many layers.
        residual: whether a layer's input is added to its states.
        both_ways: whether the bottom layer reads both ways, each with H / 2 numbers.

    Raises:
        ValueError: width or depth is below 1; the width is odd where it must be halved.
    """

    def __init__(
        self,
        vocabulary: int,
        make: Make,
        width: int,
        depth: int,
        residual: bool = True,
        both_ways: bool = True,
    ) -> None:
        super().__init__()
        _require_counts("DeepEncoder", width, depth)
        if both_ways and width % 2:
            raise ValueError(
                f"DeepEncoder got width={width}: two directions share it; make it even."
            )
        self.embedding = nn.Embedding(vocabulary, width)
        self.bottom = (
            make(width, width // 2, batch_first=True, bidirectional=True)
            if both_ways
            else make(width, width, batch_first=True)
        )
        self.above = nn.ModuleList(make(width, width, batch_first=True) for _ in range(depth - 1))
        self.residual = residual
        self.size = width

    def forward(self, source: Tensor, lengths: Tensor | None = None) -> Encoded:
        """Read (B, T) symbols; what lies behind a source's end changes nothing.

        The summary is what the stack hands on at each source's last symbol; of a lone layer that
        reads both ways, each direction's end.

        Args:
            source: (B, T) int.
            lengths: (B,) how many symbols of each are real, 1 … T. None: all.

        Raises:
            ValueError: the source is no (B, T) symbols; the lengths do not fit it.
        """
        require_tokens("DeepEncoder", source, self.embedding.num_embeddings)
        if lengths is not None:
            lengths = checked_lengths("DeepEncoder", lengths, source)
        x, end = read(self.bottom, self.embedding(source), lengths)  # (B, T, H)
        for layer in self.above:
            states, _ = layer(x)  # one way: what comes behind the end, comes too late
            x = x + states if self.residual else states
        if not len(self.above):
            return Encoded(x, top(end, self.bottom), padding(source, lengths), end)
        last = torch.full((len(x),), x.shape[1]) if lengths is None else lengths
        summary = x[torch.arange(len(x)), last.to(x.device) - 1]
        return Encoded(x, summary, padding(source, lengths))


class DeepDecoder(nn.Module):
    """The next symbol; the bottom layer asks, and every layer above reads what attention finds.

    s¹ₜ = f¹(s¹ₜ₋₁, yₜ₋₁) asks for mₜ; then xˡₜ = fˡ(…, [xˡ⁻¹ₜ; mₜ]) + xˡ⁻¹ₜ, layer by layer, where
    x¹ = s¹; without residual connections the last term falls away. As in `AttentionDecoder`,
    tanh(W_c [mₜ; xₜ]) makes the logits: a stack of one is that decoder in Luong's timing.

    So a given target is read at once. In the paper s¹ₜ₋₁ asks (Bahdanau's timing), the bottom layer
    reads mₜ too, and the logits come from the top layer alone.

    Args:
        vocabulary: V, how many target symbols, the end among them.
        make, width, depth, residual: as in `DeepEncoder`; H is also the encoder's width.
        attention: as in `AttentionDecoder`.

    Raises:
        ValueError: width or depth is below 1.
    """

    def __init__(
        self,
        vocabulary: int,
        make: Make,
        width: int,
        depth: int,
        attention: nn.Module,
        residual: bool = True,
    ) -> None:
        super().__init__()
        _require_counts("DeepDecoder", width, depth)
        self.embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(
            make(width * (2 if level else 1), width, batch_first=True) for level in range(depth)
        )
        self.bridges = nn.ModuleList(Bridge(width, layer) for layer in self.layers)
        self.attention = attention
        self.residual = residual
        self.combine = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, vocabulary)

    def begin(self, encoded: Encoded) -> State:
        """The state before the first symbol; every tensor in it has the batch first.

        Its keys are those of `AttentionDecoder.begin`; "layer" holds a state for each layer.
        """
        return {
            "layer": [bridge(encoded) for bridge in self.bridges],
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
        require_tokens("DeepDecoder", target, self.embedding.num_embeddings)
        begin, memory = [swapped(part) for part in state["layer"]], state["memory"]  # (B, T, H)
        x, end = self.layers[0](self.embedding(target), begin[0])  # (B, U, H)
        mask, ends = state["key_padding_mask"], [end]
        found, weights = self.attention(x, memory, memory, key_padding_mask=mask)
        for layer, before in zip(self.layers[1:], begin[1:], strict=True):
            states, end = layer(torch.cat([x, found], -1), before)
            x = x + states if self.residual else states
            ends.append(end)
        combined = torch.tanh(self.combine(torch.cat([found, x], -1)))  # (B, U, H)
        after = {"layer": [swapped(end) for end in ends], "attention": weights[:, -1]}
        return self.out(combined), state | after


def _require_counts(model: str, width: int, depth: int) -> None:
    if width < 1 or depth < 1:
        raise ValueError(f"{model} got width={width} and depth={depth}: give at least 1 of each.")
