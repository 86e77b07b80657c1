"""TransformerEncoderLayer and TransformerEncoder, as torch.nn has them, and a step at a time."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from seqcourse.nn.multihead import MultiheadAttention
from seqcourse.nn.multihead_checks import only_tensors
from seqcourse.nn.transformer_cache import KeyValue, attend_cached
from seqcourse.nn.transformer_checks import copies, layer_state, stack_state
from seqcourse.nn.transformer_layer import TransformerLayer
from seqcourse.nn.transformer_step import encoder_step


class TransformerEncoderLayer(TransformerLayer):
    """Self-attention, then a feed-forward network for each position: `encoder_step`.

    torch.nn.TransformerEncoderLayer's arguments, which `TransformerLayer` explains, and its
    shapes, masks, defaults and parameter names. Weights of torch's give torch's outputs and
    gradients. Beside them there is `step`.
    """

    attentions = ("self_attn",)
    self_attn: MultiheadAttention
    dropout1: nn.Dropout

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """All positions at once.

        Args:
            src: (T, B, d); with batch_first (B, T, d); without a batch (T, d).
            src_mask, src_key_padding_mask, is_causal: `MultiheadAttention.forward`'s attn_mask,
                key_padding_mask and hint.

        Returns:
            As src.

        Raises:
            AssertionError, RuntimeError, AttributeError, TypeError: each as torch's.
        """
        only_tensors(type(self).__name__, src=src)

        def attend(x: Tensor) -> Tensor:
            read, _ = self.self_attn(
                x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal
            )
            dropped: Tensor = self.dropout1(read)
            return dropped

        return encoder_step(src, attend, self.feed, self.norms, self.norm_first)

    def step(self, x: Tensor, state: KeyValue | None = None) -> tuple[Tensor, KeyValue]:
        """The next position: what `forward` gives in its place under a causal mask.

        Args:
            x: (N, d), or the next T positions, (N, T, d). Always batch first.
            state: keys and values of the positions before, (N, n, S, d/n) each; None at the first.

        Returns:
            As x; and the state with this position too.

        Raises:
            TypeError, ValueError: shapes that do not fit; a state of something else.
        """
        layer_state(self, x, state)
        kept: list[KeyValue] = []

        def attend(x: Tensor) -> Tensor:
            read, now = attend_cached(self.self_attn, x, state)
            kept.append(now)
            dropped: Tensor = self.dropout1(read)
            return dropped

        y = x if x.dim() == 3 else x[:, None]  # (N, T, d)
        y = encoder_step(y, attend, self.feed, self.norms, self.norm_first)
        return (y if x.dim() == 3 else y[:, 0]), kept[0]


class TransformerEncoder(nn.Module):
    """Encoder layers, each reading the one below.

    torch.nn.TransformerEncoder's arguments, shapes, masks and parameter names. All layers begin
    as copies of the one given. Beside them there is `step`.

    Args:
        encoder_layer: a `TransformerEncoderLayer`, or a module that is called as one.
        num_layers: how many copies.
        norm: behind the last; wanted where the layers are pre-norm.
        enable_nested_tensor, mask_check: of torch's fast path for padded batches, which writes 0
            in the padding's places. Here they change nothing.

    Raises:
        TypeError, ValueError: the layer is no module; no count of layers.
    """

    layers: Any  # an nn.ModuleList

    def __init__(
        self,
        encoder_layer: nn.Module,
        num_layers: int,
        norm: nn.Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = copies("TransformerEncoder", encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
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
            src, mask, src_key_padding_mask: as the layer's.
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
        return src if self.norm is None else self.norm(src)

    def step(
        self, x: Tensor, state: tuple[KeyValue, ...] | None = None
    ) -> tuple[Tensor, tuple[KeyValue, ...]]:
        """The next position through all layers, as `TransformerEncoderLayer.step`; the state is
        the layers' states."""
        before = (None,) * len(self.layers) if state is None else state
        stack_state(self, before)
        kept = []
        for layer, old in zip(self.layers, before, strict=True):
            x, now = layer.step(x, old)
            kept.append(now)
        return (x if self.norm is None else self.norm(x)), tuple(kept)
