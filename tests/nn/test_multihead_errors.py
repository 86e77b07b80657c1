"""What multi-head attention and Transformers refuse: torch's exception classes, better words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import ones, randn, zeros

import seqcourse.nn
from seqcourse.nn import (
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def attend(nn: Any, *given: Any, **more: Any) -> Any:
    """A layer with 2 heads of width 3, by default asked with (5, 3, 6)."""
    x = randn(5, 3, 6)
    return nn.MultiheadAttention(6, 2)(*(given or (x, x, x)), **more)


def encode(nn: Any, *given: Any, norm_first: bool = False, **more: Any) -> Any:
    layer = nn.TransformerEncoderLayer(6, 2, 8, norm_first=norm_first)
    return nn.TransformerEncoder(layer, 1)(*(given or (randn(5, 3, 6),)), **more)


def translate(nn: Any, *given: Any, **more: Any) -> Any:
    x = randn(5, 3, 6)
    return nn.Transformer(6, 2, 1, 1, 8)(*(given or (x, x)), **more)


# by what torch.nn, or seqcourse.nn, makes of it; and a word of our message
WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no divisor": (lambda nn: nn.MultiheadAttention(6, 4), "divisor of 6"),
    "width 0": (lambda nn: nn.MultiheadAttention(0, 2), "embed_dim is a count, but 0"),
    "no head": (lambda nn: nn.MultiheadAttention(6, 0), "num_heads is a count, but 0"),
    "width 6.0": (lambda nn: nn.MultiheadAttention(6.0, 2), "embed_dim is a count, but 6.0"),
    "width in words": (lambda nn: nn.MultiheadAttention("6", 2), "embed_dim is a count"),
    "width True": (lambda nn: nn.MultiheadAttention(True, 1), "embed_dim is a count"),
    "kdim -1": (lambda nn: nn.MultiheadAttention(6, 2, kdim=-1), "kdim is a width, but -1"),
    "vdim 2.0": (lambda nn: nn.MultiheadAttention(6, 2, vdim=2.0), "vdim is a width, but 2.0"),
    "dropout 2": (lambda nn: nn.TransformerEncoderLayer(6, 2, dropout=2.0), "probability"),
    "dropout in words": (lambda nn: nn.TransformerEncoderLayer(6, 2, dropout="a"), "probability"),
    "a list as query": (lambda nn: attend(nn, [1.0], randn(5, 3, 6), randn(5, 3, 6)), "list came"),
    "a list as key": (lambda nn: attend(nn, randn(5, 3, 6), [1.0], randn(5, 3, 6)), "key is a"),
    "four dimensions": (lambda nn: attend(nn, *(randn(2, 5, 3, 6),) * 3), "3 dimensions"),
    "one dimension": (lambda nn: attend(nn, *(randn(6),) * 3), "or all 2, without"),
    "a query without batch": (
        lambda nn: attend(nn, randn(5, 6), randn(5, 3, 6), randn(5, 3, 6)),
        "all three must have",
    ),
    "a query's width": (lambda nn: attend(nn, *(randn(5, 3, 4),) * 3), "wanted embed_dim=6"),
    "a key's width": (
        lambda nn: attend(nn, randn(5, 3, 6), *(randn(5, 3, 4),) * 2),
        "kdim=6 and vdim=6",
    ),
    "a key's own width": (
        lambda nn: nn.MultiheadAttention(6, 2, kdim=4)(*(randn(5, 3, 6),) * 3),
        "kdim=4 and vdim=6",
    ),
    "keys and values": (
        lambda nn: attend(nn, randn(5, 3, 6), randn(5, 3, 6), randn(4, 3, 6)),
        "each key has one value",
    ),
    "widths of keys and values": (
        lambda nn: attend(nn, randn(5, 3, 6), randn(5, 3, 6), randn(5, 3, 4)),
        "see kdim, vdim",
    ),
    "batches": (
        lambda nn: attend(nn, randn(5, 3, 6), *(randn(5, 2, 6),) * 2),
        "as many sequences",
    ),
    "another type": (lambda nn: attend(nn, *(randn(5, 3, 6).double(),) * 3), "convert"),
    "whole numbers": (lambda nn: attend(nn, *(ones(5, 3, 6).long(),) * 3), "convert"),
    "a hint alone": (lambda nn: attend(nn, is_causal=True), "generate_square_subsequent_mask"),
    "padding of whole numbers": (
        lambda nn: attend(nn, key_padding_mask=zeros(3, 5).long()),
        "give booleans, True=hidden",
    ),
    "a mask of whole numbers": (lambda nn: attend(nn, attn_mask=zeros(5, 5).long()), "int64"),
    "padding in a list": (lambda nn: attend(nn, key_padding_mask=[True] * 5), "list came"),
    "a mask in a list": (lambda nn: attend(nn, attn_mask=[True] * 5), "attn_mask is a tensor"),
    "padding turned": (lambda nn: attend(nn, key_padding_mask=zeros(5, 3)), "wanted (3, 5)"),
    "padding too short": (lambda nn: attend(nn, key_padding_mask=zeros(3, 4)), "wanted (3, 5)"),
    "padding of one": (lambda nn: attend(nn, key_padding_mask=zeros(5)), "wanted (3, 5)"),
    "padding of a batch": (
        lambda nn: attend(nn, *(randn(5, 6),) * 3, key_padding_mask=zeros(1, 5)),
        "wanted (5,)",
    ),
    "a mask too small": (lambda nn: attend(nn, attn_mask=zeros(5, 4)), "(5, 5), or (6, 5, 5)"),
    "a mask for each sequence": (lambda nn: attend(nn, attn_mask=zeros(3, 5, 5)), "(6, 5, 5)"),
    "a mask of a row": (lambda nn: attend(nn, attn_mask=zeros(5)), "a row for each query"),
    "a mask for one": (
        lambda nn: attend(nn, *(randn(5, 6),) * 3, attn_mask=zeros(3, 5, 5)),
        "(2, 5, 5)",
    ),
    "no divisor of d_model": (lambda nn: nn.TransformerEncoderLayer(6, 4), "d_model=6"),
    "d_model 0": (lambda nn: nn.TransformerDecoderLayer(0, 2), "d_model is a count, but 0"),
    "feed-forward -1": (lambda nn: nn.TransformerEncoderLayer(6, 2, -1), "dim_feedforward"),
    "feed-forward 2.0": (lambda nn: nn.TransformerEncoderLayer(6, 2, 2.0), "dim_feedforward"),
    "activation": (lambda nn: nn.TransformerEncoderLayer(6, 2, activation="tanh"), "torch.tanh"),
    "activation 3": (
        lambda nn: nn.TransformerEncoderLayer(6, 2, activation=3)(randn(5, 3, 6)),
        "function of a tensor, but 3",
    ),
    "no layer": (lambda nn: nn.TransformerEncoder(3, 2), "is a module, but int"),
    "2.0 layers": (
        lambda nn: nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2), 2.0),
        "num_layers is a count, but 2.0",
    ),
    "a list as src": (lambda nn: encode(nn, [1.0]), "src is a tensor"),
    "a list as src, pre-norm": (lambda nn: encode(nn, [1.0], norm_first=True), "src is a tensor"),
    "src's width": (lambda nn: encode(nn, randn(5, 3, 4)), "features come last"),
    "src's width, pre-norm": (
        lambda nn: encode(nn, randn(5, 3, 4), norm_first=True),
        "normalized_shape=(6,)",
    ),
    "src's padding": (
        lambda nn: encode(nn, src_key_padding_mask=zeros(3, 4).bool()),
        "key_padding_mask has shape (3, 4)",
    ),
    "memory's batch": (
        lambda nn: nn.TransformerDecoderLayer(6, 2, 8)(randn(5, 3, 6), randn(5, 2, 6)),
        "as many sequences",
    ),
    "memory's width": (
        lambda nn: nn.TransformerDecoderLayer(6, 2, 8)(randn(5, 3, 6), randn(5, 3, 4)),
        "kdim=6",
    ),
    "no memory": (
        lambda nn: nn.TransformerDecoderLayer(6, 2, 8)(randn(5, 3, 6), None),
        "memory is a tensor, but NoneType",
    ),
    "two batches": (lambda nn: translate(nn, randn(5, 3, 6), randn(4, 2, 6)), "in dimension 1"),
    "tgt's width": (lambda nn: translate(nn, randn(5, 3, 6), randn(4, 3, 5)), "d_model=6"),
    "tgt without batch": (lambda nn: translate(nn, randn(5, 3, 6), randn(4, 6)), "sequences"),
    "src without batch": (lambda nn: translate(nn, randn(5, 6), randn(4, 3, 6)), "dimensions"),
    "src in a list": (lambda nn: translate(nn, [1.0], randn(4, 3, 6)), "src is a tensor"),
    "tgt in a list": (lambda nn: translate(nn, randn(5, 3, 6), [1.0]), "tgt is a tensor"),
    "a hint without tgt's mask": (lambda nn: translate(nn, tgt_is_causal=True), "is_causal=True"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_torch_refuses(wrong: str) -> None:
    call, word = WRONG[wrong]
    with pytest.raises(Exception) as ours:
        call(seqcourse.nn)
    with pytest.raises(Exception) as theirs:
        call(torch.nn)
    assert ours.type is theirs.type
    assert word in str(ours.value)


def test_nested_tensors() -> None:
    x = torch.nested.nested_tensor([randn(2, 6), randn(3, 6)])
    with pytest.raises(AssertionError, match="pad, and give key_padding_mask"):
        attend(seqcourse.nn, x, x, x)
    for norm_first in (False, True):
        with pytest.raises(AssertionError, match="pad, and give"):
            encode(seqcourse.nn, x, norm_first=norm_first)


# Earlier than torch, which takes these and fails later, or never


def test_what_torch_finds_later() -> None:
    with pytest.raises(ValueError, match="probability"):
        seqcourse.nn.MultiheadAttention(6, 2, dropout=2.0)
    with pytest.raises(TypeError, match="num_heads is a count, but 2.0"):
        seqcourse.nn.MultiheadAttention(6, 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="num_layers is a count, but -1"):
        TransformerEncoder(TransformerEncoderLayer(6, 2), -1)
    with pytest.raises(TypeError, match="is a module, but NoneType"):
        TransformerEncoder(None, 2)  # type: ignore[arg-type]


ENCODER = TransformerEncoder(TransformerEncoderLayer(6, 2, 8), 2)
DECODER = TransformerDecoder(TransformerDecoderLayer(6, 2, 8), 2)
LAYER, READER = ENCODER.layers[0], DECODER.layers[0]
X, MEMORY = randn(3, 6), randn(3, 4, 6)
STEPS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a list": (lambda: LAYER.step([1.0]), TypeError, "x is a tensor"),
    "width": (lambda: LAYER.step(randn(3, 5)), ValueError, r"give \(N, 6\), a row for each"),
    "one number": (lambda: LAYER.step(randn(6)), ValueError, r"give \(N, 6\)"),
    "no state": (lambda: LAYER.step(X, 3), TypeError, "the last step returned"),
    "another batch": (lambda: LAYER.step(X[:2], LAYER.step(X)[1]), ValueError, r"\(2, 2, 1, 3\)"),
    "a stack's state": (lambda: LAYER.step(X, ENCODER.step(X)[1]), TypeError, "keys is a tensor"),
    "a layer's state": (lambda: ENCODER.step(X, LAYER.step(X)[1][:1]), TypeError, "1 states"),
    "memory's width": (lambda: READER.start(randn(3, 4, 5)), ValueError, r"\(N, S, 6\)"),
    "memory alone": (lambda: READER.start(randn(4, 6)), ValueError, "batch comes first"),
    "memory's padding": (
        lambda: DECODER.start(MEMORY, zeros(4, 3).bool()),
        ValueError,
        r"an entry for each key, \(N, S\)",
    ),
    "padding in a list": (lambda: READER.start(MEMORY, [True] * 4), TypeError, "is a tensor"),
    "no start": (lambda: READER.step(X, None), TypeError, r"start\(memory\)"),
    "no start of all": (lambda: DECODER.step(X, None), TypeError, "`start`"),
    "rows": (lambda: DECODER.step(X[:2], DECODER.start(MEMORY)), ValueError, "memory has 3"),
}


@pytest.mark.parametrize("wrong", STEPS)
def test_what_a_step_refuses(wrong: str) -> None:
    call, kind, message = STEPS[wrong]
    with pytest.raises(kind, match=message):
        call()
