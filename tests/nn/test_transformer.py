"""Transformers: equal to torch's and to their equations; what nothing changes."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, randn

import seqcourse.nn
from seqcourse.nn import Transformer, decoder_step, encoder_step, layer_norm

from .recurrent import assert_same, weights
from .transforming import F64, causal, lengths_to_padding, model, options

pytestmark = pytest.mark.filterwarnings(
    "ignore:enable_nested_tensor",
    "ignore:Support for mismatched",
    "ignore:The PyTorch API of nested tensors",
)
CLASSES = [
    "TransformerEncoderLayer",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerDecoder",
    "Transformer",
]


def twins(name: str, seed: int, **options: Any) -> tuple[Any, Any]:
    """Ours and torch's, in float64, with torch's weights, moved off their zeros and ones."""
    made: list[Any] = []
    for library in (seqcourse.nn, torch.nn):
        torch.manual_seed(seed)
        made.append(getattr(library, name)(**options, dtype=F64))
    ours, theirs = made
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():  # one seed gives the same parameters
        assert torch.equal(ours.state_dict()[key], value), key
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter += torch.randn_like(parameter) / 4
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def assert_twins(ours: Any, theirs: Any, leaves: list[Tensor], **more: Any) -> None:
    """The same outputs, in training and without gradients, and the same gradients."""
    found = []
    for twin in (ours, theirs):
        output = twin(*leaves, **more)
        into = [*leaves, *twin.parameters()]
        sent = torch.autograd.grad((output * weights(output)).sum(), into, allow_unused=True)
        with torch.no_grad():
            quick = twin.eval()(*leaves, **more)  # torch's fast path, where it has one
        twin.train()
        found.append((output, quick, *sent))
    names = ["output", "in eval", *(f"input {i}" for i in range(len(leaves)))]
    names += [name for name, _ in ours.named_parameters()]
    for what, a, b in zip(names, *found, strict=True):
        assert_same(a, b, what)


def leaf(generator: int, *shape: int) -> Tensor:
    values = randn(*shape, generator=torch.Generator().manual_seed(generator), dtype=F64)
    return values.requires_grad_()


def laid(batch: int | None, steps: int, options: dict[str, Any]) -> tuple[int, ...]:
    if batch is None:
        return steps, options["d_model"]
    front = (batch, steps) if options["batch_first"] else (steps, batch)
    return *front, options["d_model"]


# As torch's


@given(
    options=options(),
    batch=st.sampled_from([None, 1, 3]),
    length=st.integers(1, 4),
    mask=st.sampled_from(["none", "bool", "numbers"]),
    hint=st.booleans(),
    seed=st.integers(0, 999),
)
@settings(max_examples=80)
def test_an_encoder_layer(
    options: dict[str, Any], batch: int | None, length: int, mask: str, hint: bool, seed: int
) -> None:
    ours, theirs = twins("TransformerEncoderLayer", seed, **options)
    leaves = [leaf(seed, *laid(batch, length, options))]
    hint = hint and mask != "none"
    assert_twins(ours, theirs, leaves, src_mask=causal(length, mask), is_causal=hint)


@given(
    options=options(),
    batch=st.sampled_from([None, 1, 3]),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    mask=st.sampled_from(["none", "bool", "numbers"]),
    padding=st.sampled_from(["none", "bool", "numbers"]),
    seed=st.integers(0, 999),
)
@settings(max_examples=80)
def test_a_decoder_layer(
    options: dict[str, Any],
    batch: int | None,
    sizes: tuple[int, int],
    mask: str,
    padding: str,
    seed: int,
) -> None:
    ours, theirs = twins("TransformerDecoderLayer", seed, **options)
    leaves = [leaf(seed + i, *laid(batch, sizes[i], options)) for i in range(2)]
    hidden = lengths_to_padding(batch, sizes[1], padding)
    masks = {"tgt_mask": causal(sizes[0], mask), "memory_key_padding_mask": hidden}
    assert_twins(ours, theirs, leaves, **masks)


@given(
    options=options(),
    batch=st.sampled_from([None, 1, 3]),
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    layers=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    mask=st.sampled_from(["none", "bool", "numbers"]),
    seed=st.integers(0, 999),
)
@settings(max_examples=40)
def test_a_transformer(
    options: dict[str, Any],
    batch: int | None,
    sizes: tuple[int, int],
    layers: tuple[int, int],
    mask: str,
    seed: int,
) -> None:
    counts = {"num_encoder_layers": layers[0], "num_decoder_layers": layers[1]}
    ours, theirs = twins("Transformer", seed, **options, **counts)
    leaves = [leaf(seed + i, *laid(batch, sizes[i], options)) for i in range(2)]
    hidden = lengths_to_padding(batch, sizes[0], "bool" if mask == "bool" else "none")
    more = {"src_mask": causal(sizes[0], mask), "tgt_mask": causal(sizes[1], mask)}
    more |= {"src_key_padding_mask": hidden, "memory_key_padding_mask": hidden}
    assert_twins(ours, theirs, leaves, **more)


def test_padding_in_torchs_fast_path() -> None:
    """In eval torch writes 0 in the padding's places, before the last norm; ours are computed,
    as both are in training."""
    encoders = []
    for library in (seqcourse.nn, torch.nn):
        torch.manual_seed(0)
        layer = library.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, dtype=F64)
        encoders.append(library.TransformerEncoder(layer, 2))
    x, padding = randn(2, 4, 8, dtype=F64), torch.arange(4).expand(2, 4) >= torch.tensor([[4], [2]])
    ours, theirs = (encoder(x, src_key_padding_mask=padding) for encoder in encoders)
    assert_same(ours, theirs, "in training")
    with torch.no_grad():
        quick, theirs = (e.eval()(x, src_key_padding_mask=padding) for e in encoders)
    assert_same(quick, ours.detach(), "ours, in eval")
    assert_same(quick[~padding], theirs[~padding], "what is no padding")
    assert quick[padding].all() and not theirs[padding].any()


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("of", ["__init__", "forward"])
def test_arguments_in_torchs_order(name: str, of: str) -> None:
    ours, theirs = (
        inspect.signature(getattr(getattr(library, name), of)).parameters.values()
        for library in (seqcourse.nn, torch.nn)
    )
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


@pytest.mark.parametrize("kind", [None, torch.float64, torch.bool])
def test_the_square_mask(kind: torch.dtype | None) -> None:
    ours, theirs = (
        library.Transformer.generate_square_subsequent_mask(4, dtype=kind)
        for library in (seqcourse.nn, torch.nn)
    )
    assert torch.equal(ours, theirs) and ours.dtype == theirs.dtype


def test_text_and_size() -> None:
    """The base model of Vaswani et al. (2017), without embeddings; its parts are named as torch's,
    but for out_proj, which torch guards from quantization."""
    ours, theirs = seqcourse.nn.Transformer(device="meta"), torch.nn.Transformer(device="meta")
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    assert sum(p.numel() for p in ours.parameters()) == 44_140_544


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_dropout(share: float) -> None:
    """In training alone; in each place where torch has one."""
    model = Transformer(8, 2, 1, 1, 16, share, batch_first=True)
    x = randn(2, 4, 8)
    assert torch.equal(model(x, x), model(x, x)) == (share == 0)
    assert torch.equal(model.eval()(x, x), model(x, x))


@pytest.mark.parametrize("name", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_one_seed_drops_the_same(name: str) -> None:
    x = [randn(4, 3, 8, dtype=F64) for _ in range(2 if "Decoder" in name else 1)]
    found = []
    for twin in twins(name, 0, d_model=8, nhead=2, dim_feedforward=16, dropout=0.3):
        torch.manual_seed(1)
        found.append(twin(*x))
    assert_same(*found, "output")


@pytest.mark.parametrize("norm_first", [False, True])
def test_autocast(norm_first: bool) -> None:
    made = twins("Transformer", 0, d_model=8, nhead=2, dropout=0.0, norm_first=norm_first)
    ours, theirs = (twin.float() for twin in made)
    x = randn(4, 3, 8)
    masks = {"tgt_mask": causal(4), "memory_key_padding_mask": lengths_to_padding(3, 4, "bool")}
    with torch.autocast("cpu", torch.bfloat16):
        a, b = (twin(x, x, **masks) for twin in (ours, theirs))
    torch.testing.assert_close(a.float(), b.float(), rtol=0.1, atol=0.1)


def test_a_module_as_activation() -> None:
    """A copy of torch's decoder layer forgets it and takes the relu; so do the layers of its
    TransformerDecoder, and not those of its encoder. Ours keep it."""
    x = randn(4, 3, 8, dtype=F64)
    options = {"d_model": 8, "nhead": 2, "dim_feedforward": 16, "dropout": 0.0}
    ours, theirs = twins("TransformerDecoderLayer", 0, **options, activation=torch.nn.SiLU())
    assert_same(ours(x, x), theirs(x, x), "layer")
    _, named = twins("TransformerDecoderLayer", 0, **options, activation=F.silu)
    assert_same(copy.deepcopy(ours)(x, x), named(x, x), "copy")
    _, relu = twins("TransformerDecoderLayer", 0, **options)
    assert_same(copy.deepcopy(theirs)(x, x), relu(x, x), "torch's copy")
    ours, theirs = twins("TransformerEncoderLayer", 0, **options, activation=torch.nn.SiLU())
    assert_same(copy.deepcopy(ours)(x), copy.deepcopy(theirs)(x), "encoder's copy")


def test_custom_parts() -> None:
    """Our stacks take torch's layers, torch's take ours, and a Transformer takes any module."""
    x = randn(2, 4, 8, dtype=F64)
    sizes = {"d_model": 8, "nhead": 2, "dim_feedforward": 16, "dropout": 0.0}
    ours, theirs = twins("TransformerEncoderLayer", 0, **sizes, batch_first=True)
    expected = theirs(theirs(x))
    for library in (seqcourse.nn, torch.nn):
        for layer in (ours, theirs):
            assert_same(library.TransformerEncoder(layer, 2)(x), expected, "output")
    model = Transformer(8, 2, custom_encoder=theirs, custom_decoder=theirs, batch_first=True)
    assert model.encoder is theirs and model.decoder is theirs


def test_layers_begin_as_copies() -> None:
    """In an encoder by itself; a Transformer draws all anew."""
    layer = seqcourse.nn.TransformerEncoderLayer(8, 2, 16)
    first, second = seqcourse.nn.TransformerEncoder(layer, 2).layers
    assert torch.equal(first.linear1.weight, second.linear1.weight)
    assert first.linear1.weight is not second.linear1.weight
    first, second = Transformer(8, 2, 2, 1, 16).encoder.layers
    assert not torch.equal(first.linear1.weight, second.linear1.weight)


# The equations


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_equations(norm_first: bool) -> None:
    """Lines of numbers through single functions: where the norms stand, and what is added."""
    x = randn(2, 3, 4, dtype=F64)
    f, g, h = (lambda y, c=c: c * torch.sin(y) for c in (1, 2, 3))
    norms = (layer_norm,) * 3
    encoded = encoder_step(x, f, g, norms[:2], norm_first)
    decoded = decoder_step(x, f, g, h, norms, norm_first)
    for result, parts in ((encoded, (f, g)), (decoded, (f, g, h))):
        y = x
        for part in parts:
            y = y + part(layer_norm(y)) if norm_first else layer_norm(y + part(y))
        assert torch.equal(result, y)


def test_pre_norm_leaves_a_way_for_the_gradient() -> None:
    """If all parts add nothing, pre-norm hands x on as it is; post-norm normalizes it."""
    x = 5 * randn(2, 3, 8, dtype=F64)
    for norm_first in (False, True):
        options = {"norm_first": norm_first, "dtype": F64}
        layer = seqcourse.nn.TransformerEncoderLayer(8, 2, 16, 0.0, **options)
        for last in (layer.self_attn.out_proj, layer.linear2):
            torch.nn.init.zeros_(last.weight)
            torch.nn.init.zeros_(last.bias)
        assert torch.equal(layer(x), x) == norm_first


# What nothing changes


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_future_changes_nothing(norm_first: bool) -> None:
    made = model(norm_first)
    src, tgt, mask = randn(2, 5, 8, dtype=F64), randn(2, 4, 8, dtype=F64), causal(4)
    before = made(src, tgt, tgt_mask=mask)
    for t in range(1, 4):
        changed = torch.cat([tgt[:, :t], randn(2, 4 - t, 8, dtype=F64)], 1)
        after = made(src, changed, tgt_mask=mask)
        assert torch.equal(after[:, :t], before[:, :t])
        assert not torch.isclose(after[:, t:], before[:, t:]).all(-1).any()


def test_padding_changes_nothing() -> None:
    made = model()
    src, tgt = randn(2, 5, 8, dtype=F64), randn(2, 4, 8, dtype=F64)
    before = made(src, tgt, tgt_mask=causal(4))
    longer, written = (torch.cat([x, randn(2, 2, 8, dtype=F64)], 1) for x in (src, tgt))
    padding = torch.arange(7).expand(2, 7) >= 5
    masks = {"src_key_padding_mask": padding, "memory_key_padding_mask": padding}
    masks["tgt_key_padding_mask"] = torch.arange(6).expand(2, 6) >= 4
    after = made(longer, written, tgt_mask=causal(6), **masks)
    assert_same(after[:, :4], before, "output")


def test_sequences_of_a_batch_do_not_meet() -> None:
    made, order = model(), torch.tensor([2, 0, 1])
    src, tgt = randn(3, 5, 8, dtype=F64), randn(3, 4, 8, dtype=F64)
    together = made(src, tgt)
    assert_same(made(src[order], tgt[order]), together[order], "permuted")
    assert_same(made(src[0], tgt[0]), together[0], "alone")


def test_saved_and_loaded(tmp_path: Any) -> None:
    made, x = model(), randn(2, 4, 8, dtype=F64)
    torch.save(made, tmp_path / "model.pt")
    other = Transformer(8, 2, 2, 2, 16, 0.0, batch_first=True, dtype=F64)
    other.load_state_dict(made.state_dict())
    for twin in (torch.load(tmp_path / "model.pt", weights_only=False), other, copy.deepcopy(made)):
        assert torch.equal(twin(x, x), made(x, x))
