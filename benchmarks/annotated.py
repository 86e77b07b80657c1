"""Layers of labml-nn, a library of annotated implementations, with torch's weights.

Where it is not installed the comparison goes without it and says so.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

INSTALL = "pip install --no-deps --requirement benchmarks/requirements.txt"

try:
    from labml_nn.lstm import LSTM
    from labml_nn.normalization.layer_norm import LayerNorm
    from labml_nn.transformers.feed_forward import FeedForward
    from labml_nn.transformers.mha import MultiHeadAttention
    from labml_nn.transformers.models import TransformerLayer

    here = True
except ImportError:
    here = False


@torch.no_grad()
def lstm(theirs: nn.LSTM) -> nn.Module:
    """Its two biases are one."""
    layer = LSTM(theirs.input_size, theirs.hidden_size, 1)
    cell = layer.cells[0]
    cell.input_lin.weight.copy_(theirs.weight_ih_l0)
    cell.hidden_lin.weight.copy_(theirs.weight_hh_l0)
    cell.hidden_lin.bias.copy_(theirs.bias_ih_l0 + theirs.bias_hh_l0)
    return layer


@torch.no_grad()
def layer_norm(theirs: nn.LayerNorm) -> nn.Module:
    layer = LayerNorm(list(theirs.normalized_shape), eps=theirs.eps)
    layer.gain.copy_(theirs.weight)
    layer.bias.copy_(theirs.bias)
    return layer


@torch.no_grad()
def attention(theirs: nn.MultiheadAttention) -> nn.Module:
    """Steps first, whatever torch's has."""
    layer = MultiHeadAttention(theirs.num_heads, theirs.embed_dim, dropout_prob=0.0)
    parts = (layer.query.linear, layer.key.linear, layer.value.linear)
    weights, biases = theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3)
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        part.weight.copy_(weight)
        part.bias.copy_(bias)
    layer.output.load_state_dict(theirs.out_proj.state_dict())
    return layer


@torch.no_grad()
def encoder_layer(theirs: nn.TransformerEncoderLayer) -> nn.Module:
    """Pre-norm, as torch's must be; its norms are torch's own."""
    width, hidden = theirs.linear1.in_features, theirs.linear1.out_features
    layer = TransformerLayer(
        d_model=width,
        self_attn=attention(theirs.self_attn),
        feed_forward=FeedForward(width, hidden, dropout=0.0),
        dropout_prob=0.0,
    )
    for mine, other in (
        (layer.feed_forward.layer1, theirs.linear1),
        (layer.feed_forward.layer2, theirs.linear2),
        (layer.norm_self_attn, theirs.norm1),
        (layer.norm_ff, theirs.norm2),
    ):
        mine.load_state_dict(other.state_dict())
    return layer


def attend(layer: nn.Module, x: Tensor) -> Tensor:
    """Self-attention of (B, T, d)."""
    x = x.transpose(0, 1)
    read: Tensor = layer(query=x, key=x, value=x)
    return read.transpose(0, 1)
