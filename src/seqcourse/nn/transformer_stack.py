"""TransformerEncoder and TransformerDecoder, as torch.nn has them: layers one on the other."""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor, nn

from seqcourse.nn.transformer_cache import KeyValue
from seqcourse.nn.transformer_layer import DecoderState


class _Stack(nn.Module):
    """Copies of one layer, and a norm behind the last."""

    layers: Any  # an nn.ModuleList; of what has `step` or has not

    def __init__(self, layer: nn.Module, num_layers: int, norm: nn.Module | None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(copy.deepcopy(layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def _normed(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Encoder layers, each reading the one below.

    torch.nn.TransformerEncoder's arguments, shapes, masks and parameter names. All layers begin
    as copies of the one given.

    Args:
        encoder_layer: a `TransformerEncoderLayer`, or a module called as one.
        num_layers: how many copies.
        norm: behind the last; wanted where layers are pre-norm.
        enable_nested_tensor, mask_check: torch's, of its fast path for padded batches; here they
            change nothing.
    """

    def __init__(
        self,
        encoder_layer: nn.Module,
        num_layers: int,
        norm: nn.Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """All positions at once.

        Args:
            src: (T, B, d); with batch_first (B, T, d); without a batch (T, d).
            mask, src_key_padding_mask: see `MultiheadAttention`.
            is_causal: a hint that mask is the triangle.

        Returns:
            As src.
        """
        for layer in self.layers:
            src = layer(
                src,
                src_mask=mask,
                is_causal=bool(is_causal),
                src_key_padding_mask=src_key_padding_mask,
            )
        return self._normed(src)

    def step(
        self, x: Tensor, state: tuple[KeyValue, ...] | None = None
    ) -> tuple[Tensor, tuple[KeyValue, ...]]:
        """The next position alone, (N, d), through all layers; see the layers' `step`."""
        kept = []
        for i, layer in enumerate(self.layers):
            x, now = layer.step(x, None if state is None else state[i])
            kept.append(now)
        return self._normed(x), tuple(kept)


class TransformerDecoder(_Stack):
    """Decoder layers, each reading the one below, and all the same memory.

    torch.nn.TransformerDecoder's arguments, shapes, masks and parameter names. All layers begin
    as copies of the one given.

    Args:
        decoder_layer: a `TransformerDecoderLayer`, or a module called as one.
        num_layers: how many copies.
        norm: behind the last; wanted where layers are pre-norm.
    """

    def __init__(
        self, decoder_layer: nn.Module, num_layers: int, norm: nn.Module | None = None
    ) -> None:
        super().__init__(decoder_layer, num_layers, norm)

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
        return self._normed(tgt)

    def start(
        self, memory: Tensor, memory_key_padding_mask: Tensor | None = None
    ) -> tuple[DecoderState, ...]:
        """The state before the first position; see `TransformerDecoderLayer.start`."""
        return tuple(layer.start(memory, memory_key_padding_mask) for layer in self.layers)

    def step(
        self, x: Tensor, state: tuple[DecoderState, ...]
    ) -> tuple[Tensor, tuple[DecoderState, ...]]:
        """The next position alone, (N, d), through all layers; see the layers' `step`."""
        kept = []
        for layer, before in zip(self.layers, state, strict=True):
            x, now = layer.step(x, before)
            kept.append(now)
        return self._normed(x), tuple(kept)
