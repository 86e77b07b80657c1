"""TransformerEncoderLayer and TransformerDecoderLayer, as torch.nn has them, and one position at
a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.layer_norm import LayerNorm
from seqcourse.nn.multihead import MultiheadAttention
from seqcourse.nn.transformer_cache import (
    KeyValue,
    Remembered,
    attend_cached,
    read_remembered,
    remember,
)
from seqcourse.nn.transformer_checks import activation_function
from seqcourse.nn.transformer_step import decoder_step, encoder_step

Activation = str | Callable[[Tensor], Tensor]
DecoderState = tuple[KeyValue | None, Remembered]


class _Layer(nn.Module):
    """What both layers are made of; names and order of parameters are torch's."""

    attentions: ClassVar[tuple[str, ...]]
    linear1: nn.Linear
    linear2: nn.Linear

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        for name in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout=dropout, batch_first=batch_first, **made
            )
            self.add_module(name, attention)
        self.linear1 = nn.Linear(d_model, dim_feedforward, **made)
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        parts = range(1, len(self.attentions) + 2)
        for i in parts:
            self.add_module(f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, **made))
        for i in parts:
            self.add_module(f"dropout{i}", nn.Dropout(dropout))
        self.activation = activation_function(activation)

    def _feed(self, x: Tensor, dropout: nn.Module) -> Tensor:
        """(…, d) -> (…, d), each position alone."""
        hidden = self.dropout(self.activation(self.linear1(x)))  # (…, dim_feedforward)
        fed: Tensor = dropout(self.linear2(hidden))
        return fed


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a feed-forward network for each position: `encoder_step`.

    torch.nn.TransformerEncoderLayer's arguments, shapes, masks, defaults and parameter names.
    Weights of torch's give torch's outputs and gradients. Beside them there is `step`.

    Args:
        d_model: d, the width.
        nhead: n, the number of heads, a divisor of d.
        dim_feedforward: the width between the two matrices of the network.
        dropout: the share made 0 in training, of weights, and of what each part adds.
        activation: "relu", "gelu" or a function of a tensor.
        layer_norm_eps: see `LayerNorm`.
        batch_first: (B, T, d) in and out instead of (T, B, d).
        norm_first: pre-norm instead of post-norm.
        bias: with biases, those of the norms too.
        device, dtype: of the parameters.

    Raises:
        TypeError, ValueError, AssertionError, RuntimeError: as torch's.
    """

    attentions = ("self_attn",)
    self_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: nn.Dropout
    dropout2: nn.Dropout

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
            src_mask, src_key_padding_mask, is_causal: see `MultiheadAttention`.

        Returns:
            As src.

        Raises:
            AssertionError, RuntimeError, AttributeError, TypeError: each as torch's.
        """

        def attend(x: Tensor) -> Tensor:
            read, _ = self.self_attn(
                x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal
            )
            return self.dropout1(read)  # type: ignore[no-any-return]

        return self._step(src, attend)

    def step(self, x: Tensor, state: KeyValue | None = None) -> tuple[Tensor, KeyValue]:
        """The next position alone, under a causal mask: what `forward` gives at its place.

        Args:
            x: (N, d), or the next T positions at once, (N, T, d). Always batch first.
            state: keys and values of the positions before, (N, n, S, d/n) each; None at the first.

        Returns:
            As x; and the state with this position too.
        """
        kept: list[KeyValue] = []

        def attend(x: Tensor) -> Tensor:
            read, now = attend_cached(self.self_attn, x, state)
            kept.append(now)
            return self.dropout1(read)  # type: ignore[no-any-return]

        y = self._step(x if x.dim() == 3 else x[:, None], attend)
        return (y if x.dim() == 3 else y[:, 0]), kept[0]

    def _step(self, x: Tensor, attend: Callable[[Tensor], Tensor]) -> Tensor:
        def feed(x: Tensor) -> Tensor:
            return self._feed(x, self.dropout2)

        return encoder_step(x, attend, feed, (self.norm1, self.norm2), self.norm_first)


class TransformerDecoderLayer(_Layer):
    """Masked self-attention, attention to the memory, feed-forward network: `decoder_step`.

    torch.nn.TransformerDecoderLayer's arguments, shapes, masks, defaults and parameter names.
    Weights of torch's give torch's outputs and gradients. Beside them there are `start` and
    `step`.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias, device, dtype: see `TransformerEncoderLayer`.
    """

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention
    norm1: LayerNorm
    norm2: LayerNorm
    norm3: LayerNorm
    dropout1: nn.Dropout
    dropout2: nn.Dropout
    dropout3: nn.Dropout

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
        """All positions at once. Without tgt_mask a position sees those after it!

        Args:
            tgt: (T, B, d); with batch_first (B, T, d); without a batch (T, d).
            memory: (S, B, d), laid out as tgt.
            tgt_mask, tgt_key_padding_mask, tgt_is_causal: for self-attention, see
                `MultiheadAttention`.
            memory_mask, memory_key_padding_mask, memory_is_causal: for attention to the memory.

        Returns:
            As tgt.

        Raises:
            AssertionError, RuntimeError, AttributeError, TypeError: each as torch's.
        """

        def attend(x: Tensor) -> Tensor:
            read, _ = self.self_attn(
                x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal
            )
            return self.dropout1(read)  # type: ignore[no-any-return]

        def read(x: Tensor) -> Tensor:
            found, _ = self.multihead_attn(
                x,
                memory,
                memory,
                memory_key_padding_mask,
                False,
                memory_mask,
                is_causal=memory_is_causal,
            )
            return self.dropout2(found)  # type: ignore[no-any-return]

        return self._step(tgt, attend, read)

    def start(self, memory: Tensor, memory_key_padding_mask: Tensor | None = None) -> DecoderState:
        """The state before the first position.

        Args:
            memory: (N, S, d), always batch first: its keys and values are computed here, once.
            memory_key_padding_mask: (N, S), True where memory is padding.

        Returns:
            A nested tuple of tensors (N, …) and None: `decoding.beam_search` can pick its rows.
        """
        return None, remember(self.multihead_attn, memory, memory_key_padding_mask)

    def step(self, x: Tensor, state: DecoderState) -> tuple[Tensor, DecoderState]:
        """The next position alone: what `forward` gives at its place under a causal mask.

        Args:
            x: (N, d), or the next T positions at once, (N, T, d). Always batch first.
            state: `start`'s, or the last step's.

        Returns:
            As x; and the state with this position too.
        """
        before, remembered = state
        kept: list[KeyValue] = []

        def attend(x: Tensor) -> Tensor:
            read, now = attend_cached(self.self_attn, x, before)
            kept.append(now)
            return self.dropout1(read)  # type: ignore[no-any-return]

        def read(x: Tensor) -> Tensor:
            return self.dropout2(read_remembered(self.multihead_attn, x, remembered))  # type: ignore[no-any-return]

        y = self._step(x if x.dim() == 3 else x[:, None], attend, read)
        return (y if x.dim() == 3 else y[:, 0]), (kept[0], remembered)

    def _step(
        self, x: Tensor, attend: Callable[[Tensor], Tensor], read: Callable[[Tensor], Tensor]
    ) -> Tensor:
        def feed(x: Tensor) -> Tensor:
            return self._feed(x, self.dropout3)

        norms = self.norm1, self.norm2, self.norm3
        return decoder_step(x, attend, read, feed, norms, self.norm_first)
