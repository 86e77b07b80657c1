"""TransformerDecoderLayer and TransformerDecoder, as torch.nn has them, and a step at a time."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqcourse.nn.multihead import MultiheadAttention
from seqcourse.nn.multihead_checks import only_tensors
from seqcourse.nn.transformer_cache import (
    KeyValue,
    Remembered,
    attend_cached,
    read_remembered,
    remember,
)
from seqcourse.nn.transformer_checks import (
    copies,
    decoder_state,
    memory_input,
    stack_state,
)
from seqcourse.nn.transformer_layer import TransformerLayer
from seqcourse.nn.transformer_step import decoder_step

DecoderState = tuple[KeyValue | None, Remembered]


class TransformerDecoderLayer(TransformerLayer):
    """Masked self-attention, attention to the memory, feed-forward network: `decoder_step`.

    torch.nn.TransformerDecoderLayer's arguments, which `TransformerLayer` explains, and its
    shapes, masks, defaults and parameter names. Weights of torch's give torch's outputs and
    gradients. Beside them there are `start` and `step`.
    """

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    dropout1: nn.Dropout
    dropout2: nn.Dropout

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """All positions at once. Without a tgt_mask each sees those after it.

        Args:
            tgt: (T, B, d); with batch_first (B, T, d); without a batch (T, d).
            memory: (S, B, d), laid out as tgt.
            tgt_mask, tgt_key_padding_mask, tgt_is_causal: `MultiheadAttention.forward`'s
                attn_mask, key_padding_mask and hint, for self-attention.
            memory_mask, memory_key_padding_mask, memory_is_causal: for attention to the memory.

        Returns:
            As tgt.

        Raises:
            AssertionError, RuntimeError, AttributeError, TypeError: each as torch's.
        """
        only_tensors(type(self).__name__, tgt=tgt, memory=memory)

        def attend(x: Tensor) -> Tensor:
            read, _ = self.self_attn(
                x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal
            )
            dropped: Tensor = self.dropout1(read)
            return dropped

        def read(x: Tensor) -> Tensor:
            padding, hint = memory_key_padding_mask, memory_is_causal
            found, _ = self.multihead_attn(
                x, memory, memory, padding, False, memory_mask, is_causal=hint
            )
            dropped: Tensor = self.dropout2(found)
            return dropped

        return decoder_step(tgt, attend, read, self.feed, self.norms, self.norm_first)

    def start(self, memory: Tensor, memory_key_padding_mask: Tensor | None = None) -> DecoderState:
        """The state before the first position: the memory's keys and values, computed once.

        Args:
            memory: (N, S, d). Always batch first.
            memory_key_padding_mask: (N, S). Booleans: True where memory is padding. Numbers are
                added to scores.

        Returns:
            None, and memory's keys and values, (N, n, S, d/n) each, and its mask: nested tuples
            of tensors, (N, …), so that `decoding.beam_search` can pick rows.

        Raises:
            TypeError, ValueError: shapes that do not fit.
        """
        memory_input(self, memory, memory_key_padding_mask)
        return None, remember(self.multihead_attn, memory, memory_key_padding_mask)

    def step(self, x: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """The next position: what `forward` gives in its place under a causal mask.

        Args:
            x: (N, d), or the next T positions, (N, T, d). Always batch first.
            state: `start`'s, or the last step's.

        Returns:
            As x; and the state with this position too.

        Raises:
            TypeError, ValueError: shapes that do not fit; a state of something else.
        """
        decoder_state(self, x, state)
        before, remembered = state
        kept: list[KeyValue] = []

        def attend(x: Tensor) -> Tensor:
            read, now = attend_cached(self.self_attn, x, before)
            kept.append(now)
            dropped: Tensor = self.dropout1(read)
            return dropped

        def read(x: Tensor) -> Tensor:
            dropped: Tensor = self.dropout2(read_remembered(self.multihead_attn, x, remembered))
            return dropped

        y = x if x.dim() == 3 else x[:, None]  # (N, T, d)
        y = decoder_step(y, attend, read, self.feed, self.norms, self.norm_first)
        return (y if x.dim() == 3 else y[:, 0]), (kept[0], remembered)


class TransformerDecoder(nn.Module):
    """Decoder layers, each reading the one below, and all the same memory.

    torch.nn.TransformerDecoder's arguments, shapes, masks and parameter names. All layers begin
    as copies of the one given. Beside them there are `start` and `step`.

    Args:
        decoder_layer: a `TransformerDecoderLayer`, or a module that is called as one.
        num_layers: how many copies.
        norm: behind the last; wanted where the layers are pre-norm.

    Raises:
        TypeError, ValueError: the layer is no module; no count of layers.
    """

    layers: Any  # an nn.ModuleList

    def __init__(
        self, decoder_layer: nn.Module, num_layers: int, norm: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.layers = copies("TransformerDecoder", decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """All positions at once; see `TransformerDecoderLayer.forward`."""
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=bool(tgt_is_causal),
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)

    def start(
        self, memory: Tensor, memory_key_padding_mask: Tensor | None = None
    ) -> tuple[DecoderState, ...]:
        """The layers' states before the first position; see `TransformerDecoderLayer.start`."""
        return tuple(layer.start(memory, memory_key_padding_mask) for layer in self.layers)

    def step(
        self, x: Tensor, state: tuple[DecoderState, ...]
    ) -> tuple[Tensor, tuple[DecoderState, ...]]:
        """The next position through all layers, as `TransformerDecoderLayer.step`; the state is
        the layers' states."""
        stack_state(self, state)
        kept = []
        for layer, old in zip(self.layers, state, strict=True):
            x, now = layer.step(x, old)
            kept.append(now)
        return (x if self.norm is None else self.norm(x)), tuple(kept)
