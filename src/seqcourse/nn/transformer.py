"""Transformer, as torch.nn has it: an encoder, and a decoder that reads what it made."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.layer_norm import LayerNorm
from seqcourse.nn.transformer_checks import transformer_input
from seqcourse.nn.transformer_decoder import TransformerDecoder, TransformerDecoderLayer
from seqcourse.nn.transformer_encoder import TransformerEncoder, TransformerEncoderLayer
from seqcourse.nn.transformer_layer import Activation


class Transformer(nn.Module):
    """From a source and a target to a vector for each place of the target: Vaswani et al. (2017).

    It has no embeddings, no positions and no softmax. torch.nn.Transformer's arguments, shapes,
    masks, defaults and parameter names. Weights of torch's give torch's outputs and gradients.

    Args:
        d_model: d, the width.
        nhead: n, the number of heads, a divisor of d.
        num_encoder_layers, num_decoder_layers: how many; a norm stands behind the last of each.
        dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias,
            device, dtype: see `TransformerLayer`.
        custom_encoder, custom_decoder: modules in place of the encoder and the decoder.

    Raises:
        TypeError, ValueError, AssertionError, RuntimeError: as torch's.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any | None = None,
        custom_decoder: Any | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        of_layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps)
        options = (*of_layer, batch_first, norm_first, bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(*options)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm())
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(*options)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm())
        self.encoder: Any = custom_encoder
        self.decoder: Any = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        """Glorot's for every matrix: from one seed, the numbers that torch draws."""
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Source and target, all places at once.

        Args:
            src: (S, B, d); with batch_first (B, S, d); without a batch (S, d).
            tgt: (T, B, d), laid out as src.
            src_mask, tgt_mask, memory_mask: (S, S), (T, T) and (T, S), or with B n in front;
                without a tgt_mask, each place sees those after it.
            src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: (B, S), (B, T)
                and (B, S); memory has the source's padding, but must be told so.
            src_is_causal, tgt_is_causal, memory_is_causal: hints that a mask is the triangle.

        Returns:
            As tgt.

        Raises:
            AttributeError, RuntimeError, AssertionError, TypeError: each as torch's.
        """
        transformer_input(src, tgt, self.d_model, self.batch_first)
        memory = self.encoder(
            src,
            mask=src_mask,
            src_key_padding_mask=src_key_padding_mask,
            is_causal=src_is_causal,
        )
        output: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return output

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: torch.device | None = None, dtype: torch.dtype | None = None
    ) -> Tensor:
        """(sz, sz): 0 where place t sees place s ≤ t, -inf where s is later; to be added."""
        return torch.full((sz, sz), -math.inf, device=device, dtype=dtype).triu(1)
