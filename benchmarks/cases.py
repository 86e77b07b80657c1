"""What is compared: each layer by our code, by torch's and by other people's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import annotated
import torch
import torch.nn.functional as F
from textbook import textbook
from torch import Tensor, nn

import seqcourse.nn as course
from seqcourse.nn.ctc_step import ctc_by_steps
from seqcourse.nn.patches import PatchEmbedding
from seqcourse.nn.scan import scan_loop

Sizes = dict[str, int]
Ways = dict[str, tuple[nn.Module, Callable[[], Tensor]]]  # whose parameters, and the call

BASE = {"B": 32, "T": 64, "I": 64, "H": 128}
GRID = [BASE] + [
    {**BASE, name: value}
    for name, values in {"B": (1, 8, 128), "T": (16, 256), "H": (32, 512)}.items()
    for value in values
]
WIDE = {"B": 32, "T": 64, "d": 128}


@dataclass(frozen=True)
class Case:
    """A layer at some sizes; `make` draws an input and gives every way to compute with it.

    The first way is the one that the others' times are divided by.
    """

    layer: str
    sizes: Sizes
    make: Callable[..., Ways]


def cases() -> Iterator[Case]:
    """Every layer of `seqcourse.nn`, in the order of the book."""
    for name in ("RNN", "LSTM", "GRU"):
        for sizes in GRID:
            yield Case(name, sizes, recurrent(name))
        yield Case(f"{name}Cell", {"B": 32, "I": 64, "H": 128}, cell(name))
    yield Case("AdditiveAttention", {"B": 32, "L": 20, "S": 20, "d": 64}, additive)
    yield Case("GeneralAttention", {"B": 32, "L": 20, "S": 20, "d": 64}, general)
    for length in (64, 256, 1024):
        sizes = {"B": max(1, 2048 // length), "T": length, "d": 128}
        yield Case("DotProductAttention", sizes, dot_product)
    for sizes in ({"T": 100, "B": 32, "C": 40, "L": 20}, {"T": 200, "B": 16, "C": 80, "L": 40}):
        yield Case("CTCLoss", sizes, ctc)
    yield Case("CausalConv1d", {"B": 16, "C": 32, "T": 512}, causal)
    yield Case("WaveNetBlock", {"B": 16, "C": 32, "T": 512}, wavenet)
    for length in (64, 256):
        sizes = {"B": 2048 // length, "T": length, "d": 128}
        yield Case("MultiheadAttention", sizes, multihead)
        yield Case("TransformerEncoderLayer", sizes, encoder)
        yield Case("TransformerDecoderLayer", sizes, decoder)
    yield Case("LayerNorm", WIDE, layer_norm)
    for sizes in (WIDE, {"B": 16, "T": 32, "d": 64}):
        yield Case("Transformer", sizes, transformer)
    yield Case("LearnedPosition", WIDE, position)
    yield Case("PatchEmbedding", {"B": 64, "C": 1, "side": 28, "patch": 4, "d": 64}, patches)
    yield Case("VectorQuantiser", {"N": 2048, "K": 128, "d": 32}, quantiser)
    for length in (64, 1024):
        sizes = {"B": 2048 // length, "T": length, "I": 64, "H": 128}
        yield Case("MinGRU", sizes, min_gru)
        yield Case("LinearAttention", sizes, linear_attention)


def _twin(ours: nn.Module, theirs: nn.Module) -> nn.Module:
    ours.load_state_dict(theirs.state_dict())
    return ours


def recurrent(name: str) -> Callable[..., Ways]:
    def make(B: int, T: int, I: int, H: int) -> Ways:  # noqa: E741
        x = torch.randn(T, B, I)
        theirs: nn.Module = getattr(nn, name)(I, H)
        ours = _twin(getattr(course, name)(I, H), theirs)
        loop = getattr(course, name)(I, H, step=ours.standard_step())
        ways: Ways = {}
        for way, layer in {"torch": theirs, "ours": ours, "loop": _twin(loop, theirs)}.items():
            ways[way] = layer, lambda layer=layer: layer(x)[0]
        book = textbook(theirs)
        ways["textbook"] = book, lambda: book(x)
        if name == "LSTM" and annotated.here:
            labml = annotated.lstm(theirs)
            ways["labml"] = labml, lambda: labml(x)[0]
        return ways

    return make


def cell(name: str) -> Callable[..., Ways]:
    def make(B: int, I: int, H: int) -> Ways:  # noqa: E741
        x = torch.randn(B, I)
        theirs = getattr(nn, f"{name}Cell")(I, H)
        ours = _twin(getattr(course, f"{name}Cell")(I, H), theirs)

        def call(layer: nn.Module) -> Tensor:
            new = layer(x)
            return new[0] if isinstance(new, tuple) else new

        return _both(theirs, ours, call)

    return make


def _both(theirs: nn.Module, ours: nn.Module, call: Callable[[nn.Module], Tensor]) -> Ways:
    return {"torch": (theirs, lambda: call(theirs)), "ours": (ours, lambda: call(ours))}


def additive(B: int, L: int, S: int, d: int) -> Ways:
    """The textbook's asks as a decoder does, one query after the other."""
    return _one_by_one(course.AdditiveAttention(d, d, d), B, L, S, d)


def general(B: int, L: int, S: int, d: int) -> Ways:
    return _one_by_one(course.GeneralAttention(d, d), B, L, S, d)


def _one_by_one(layer: nn.Module, batch: int, queries: int, keys: int, width: int) -> Ways:
    query, key = torch.randn(batch, queries, width), torch.randn(batch, keys, width)
    return {
        "loop": (layer, lambda: torch.cat([layer(q, key, key)[0] for q in query.split(1, 1)], 1)),
        "ours": (layer, lambda: layer(query, key, key)[0]),
    }


def dot_product(B: int, T: int, d: int) -> Ways:
    x = nn.Parameter(torch.randn(B, T, d))
    owner = nn.ParameterList([x])
    layer = course.DotProductAttention()
    return {
        "torch": (owner, lambda: F.scaled_dot_product_attention(x, x, x)),
        "ours": (owner, lambda: layer(x, x, x)[0]),
        "blockwise": (owner, lambda: course.blockwise_attention(x, x, x)),
    }


def ctc(T: int, B: int, C: int, L: int) -> Ways:
    logits = nn.Parameter(torch.randn(T, B, C))
    owner, targets = nn.ParameterList([logits]), torch.randint(1, C, (B, L))
    lengths = torch.full((B,), T), torch.full((B,), L)

    def loss(layer: nn.Module) -> Tensor:
        found: Tensor = layer(logits.log_softmax(-1), targets, *lengths)
        return found

    def by_steps() -> Tensor:
        return (ctc_by_steps(logits.log_softmax(-1), targets, *lengths) / L).mean()

    theirs, ours = nn.CTCLoss(), course.CTCLoss()
    return {
        "torch": (owner, lambda: loss(theirs)),
        "ours": (owner, lambda: loss(ours)),
        "loop": (owner, by_steps),
    }


def causal(B: int, C: int, T: int) -> Ways:
    x = torch.randn(B, C, T)
    theirs = nn.Conv1d(C, C, 2, dilation=4)
    ours = _twin(course.CausalConv1d(C, C, 2, dilation=4), theirs)
    return {
        "torch": (theirs, lambda: theirs(F.pad(x, (4, 0)))),
        "ours": (ours, lambda: ours(x)),
    }


def wavenet(B: int, C: int, T: int) -> Ways:
    """The textbook's has a convolution for each of the two halves."""
    x, block = torch.randn(B, C, T), course.WaveNetBlock(C, C, dilation=4)
    halves = [nn.Conv1d(C, C, 2, dilation=4) for _ in range(2)]
    with torch.no_grad():
        for half, weight, bias in zip(
            halves, block.dilated.weight.chunk(2), block.dilated.bias.chunk(2), strict=True
        ):
            half.weight.copy_(weight)
            half.bias.copy_(bias)
    owner = nn.ModuleList([*halves, block.residual, block.skip])

    def book() -> Tensor:
        padded = F.pad(x, (4, 0))
        z = torch.tanh(halves[0](padded)) * torch.sigmoid(halves[1](padded))
        return torch.cat([x + block.residual(z), block.skip(z)])

    return {"textbook": (owner, book), "ours": (block, lambda: torch.cat(block(x)))}


def multihead(B: int, T: int, d: int) -> Ways:
    x = torch.randn(B, T, d)
    theirs = nn.MultiheadAttention(d, 4, batch_first=True)
    ours = _twin(course.MultiheadAttention(d, 4, batch_first=True), theirs)
    ways = _both(theirs, ours, lambda layer: layer(x, x, x, need_weights=False)[0])
    if annotated.here:
        labml = annotated.attention(theirs)
        ways["labml"] = labml, lambda: annotated.attend(labml, x)
    return ways


def encoder(B: int, T: int, d: int) -> Ways:
    x = torch.randn(B, T, d)
    options = dict(dim_feedforward=4 * d, dropout=0.0, batch_first=True, norm_first=True)
    theirs = nn.TransformerEncoderLayer(d, 4, **options)  # type: ignore[arg-type]
    ours = _twin(course.TransformerEncoderLayer(d, 4, **options), theirs)  # type: ignore[arg-type]
    ways = _both(theirs, ours, lambda layer: layer(x))
    if annotated.here:
        labml, steps_first = annotated.encoder_layer(theirs), x.transpose(0, 1)
        ways["labml"] = labml, lambda: labml(x=steps_first, mask=None).transpose(0, 1)
    return ways


def decoder(B: int, T: int, d: int) -> Ways:
    x, memory = torch.randn(B, T, d), torch.randn(B, T, d)
    mask = nn.Transformer.generate_square_subsequent_mask(T)
    options = dict(dim_feedforward=4 * d, dropout=0.0, batch_first=True)
    theirs = nn.TransformerDecoderLayer(d, 4, **options)  # type: ignore[arg-type]
    ours = _twin(course.TransformerDecoderLayer(d, 4, **options), theirs)  # type: ignore[arg-type]
    return _both(theirs, ours, lambda layer: layer(x, memory, tgt_mask=mask))


def layer_norm(B: int, T: int, d: int) -> Ways:
    x = torch.randn(B, T, d, requires_grad=True)
    theirs = nn.LayerNorm(d)
    ways = _both(theirs, _twin(course.LayerNorm(d), theirs), lambda layer: layer(x))
    if annotated.here:
        labml = annotated.layer_norm(theirs)
        ways["labml"] = labml, lambda: labml(x)
    return ways


def transformer(B: int, T: int, d: int) -> Ways:
    source, target = torch.randn(B, T, d), torch.randn(B, T, d)
    options = (d, 4, 2, 2, 4 * d, 0.0)
    theirs = nn.Transformer(*options, batch_first=True)
    ours = _twin(course.Transformer(*options, batch_first=True), theirs)
    return _both(theirs, ours, lambda layer: layer(source, target))


def position(B: int, T: int, d: int) -> Ways:
    x, ours, theirs = torch.randn(B, T, d), course.LearnedPosition(T, d), nn.Embedding(T, d)
    _twin(ours, theirs)
    return {
        "torch": (theirs, lambda: x + theirs(torch.arange(T))),
        "ours": (ours, lambda: ours(x)),
    }


def patches(B: int, C: int, side: int, patch: int, d: int) -> Ways:
    images = torch.randn(B, C, side, side)
    theirs, ours = nn.Conv2d(C, d, patch, stride=patch), PatchEmbedding(C, d, patch)
    _twin(ours, theirs)
    return {
        "torch": (theirs, lambda: theirs(images).flatten(2).transpose(1, 2)),
        "ours": (ours, lambda: ours(images)),
    }


def quantiser(N: int, K: int, d: int) -> Ways:
    """The textbook's takes each difference, and picks by a matrix of one-hot rows."""
    z, layer = torch.randn(N, d), course.VectorQuantiser(K, d, restart=None)

    def book() -> Tensor:
        nearest = (z[:, None] - layer.weight).square().sum(-1).argmin(-1)
        return F.one_hot(nearest, K).to(z.dtype) @ layer.weight

    return {"textbook": (layer, book), "ours": (layer, lambda: layer.weight[layer(z).codes])}


def min_gru(B: int, T: int, I: int, H: int) -> Ways:  # noqa: E741
    x, layer = torch.randn(B, T, I), course.MinGRU(I, H)

    def loop() -> Tensor:
        z = torch.sigmoid(layer.update(x))
        return scan_loop(1 - z, z * layer.candidate(x))

    return {"loop": (layer, loop), "ours": (layer, lambda: layer(x)[0])}


def linear_attention(B: int, T: int, I: int, H: int) -> Ways:  # noqa: E741
    x, ours = torch.randn(B, T, I), course.LinearAttention(I, H, 4)
    loop = _twin(course.LinearAttention(I, H, 4, block=1), ours)
    return {"loop": (loop, lambda: loop(x)[0]), "ours": (ours, lambda: ours(x)[0])}
