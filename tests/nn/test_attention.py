"""Attention: equal to torch's in values and gradients, masks, layers, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, randn

import seqcourse.nn
from seqcourse.nn import AdditiveAttention, DotProductAttention, GeneralAttention
from seqcourse.nn.functional import scaled_dot_product_attention

torch.set_num_threads(1)
F64 = torch.float64


def leaf(*shape: int) -> Tensor:
    return randn(*shape, dtype=F64).requires_grad_()


def close(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def mask_of(kind: str, shape: tuple[int, ...]) -> Tensor | None:
    if kind == "none":
        return None
    mask = torch.rand(shape) < 0.6  # now and then a row is masked whole
    if kind == "bool":
        return mask
    numbers = randn(shape, dtype=F64)
    return numbers if kind == "numbers" else numbers.masked_fill(~mask, -math.inf)


@given(
    front=st.sampled_from([(), (2,), (2, 3)]),
    sizes=st.tuples(*(st.integers(1, 4) for _ in range(4))),
    mask=st.sampled_from(["none", "bool", "numbers", "numbers and -inf", "causal"]),
    scale=st.sampled_from([None, 1.0, 0.3, -2.0, 0.0]),
    broadcast=st.booleans(),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=60)
def test_scaled_dot_product_attention(
    front: tuple[int, ...],
    sizes: tuple[int, ...],
    mask: str,
    scale: float | None,
    broadcast: bool,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    length, keys, width, value_width = sizes
    few = (1,) * len(front) if broadcast else front
    given = leaf(*front, length, width), leaf(*few, keys, width), leaf(*few, keys, value_width)
    options: dict[str, Any] = {"scale": scale, "is_causal": mask == "causal"}
    if mask != "causal":
        options["attn_mask"] = mask_of(mask, (length, keys))
    ours = scaled_dot_product_attention(*given, **options)
    if scale is not None and scale < 0 and mask == "causal":  # torch scales its mask too: NaN
        options |= {"is_causal": False, "attn_mask": torch.ones(length, keys).bool().tril()}
    theirs = F.scaled_dot_product_attention(*given, **options)
    close(ours, theirs)
    towards = torch.randn_like(theirs)
    close(torch.autograd.grad(ours, given, towards), torch.autograd.grad(theirs, given, towards))


@given(
    heads=st.sampled_from([(6, 2, 2), (4, 1, 1), (3, 3, 3), (4, 2, 1)]),
    sizes=st.tuples(*(st.integers(1, 4) for _ in range(4))),
    mask=st.sampled_from(["none", "bool", "numbers", "numbers and -inf", "causal"]),
    ones=st.sets(st.integers(0, 3)),
    first=st.integers(0, 2),
    scale=st.sampled_from([None, 0.3]),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=60)
def test_grouped_heads_and_masks_that_broadcast(
    heads: tuple[int, int, int],
    sizes: tuple[int, ...],
    mask: str,
    ones: set[int],
    first: int,
    scale: float | None,
    seed: int,
) -> None:
    """With a mask of any shape that broadcasts to (B, H, L, S): 1 in `ones`, from `first` on."""
    torch.manual_seed(seed)
    length, keys, width, value_width = sizes
    shapes = (length, width), (keys, width), (keys, value_width)
    given = tuple(leaf(2, n, *shape) for n, shape in zip(heads, shapes, strict=True))
    options: dict[str, Any] = {"enable_gqa": True, "scale": scale, "is_causal": mask == "causal"}
    if mask != "causal":
        whole = (2, heads[0], length, keys)
        shape = tuple(1 if i in ones else n for i, n in enumerate(whole))[first:]
        options["attn_mask"] = mask_of(mask, shape)
    ours = scaled_dot_product_attention(*given, **options)
    theirs = F.scaled_dot_product_attention(*given, **options)
    close(ours, theirs)
    towards = torch.randn_like(theirs)
    close(torch.autograd.grad(ours, given, towards), torch.autograd.grad(theirs, given, towards))


@pytest.mark.parametrize("length, keys", [(0, 3), (3, 0), (0, 0)])
def test_nothing_to_ask_or_to_read(length: int, keys: int) -> None:
    given = randn(2, length, 4), randn(2, keys, 4), randn(2, keys, 5)
    for options in ({}, {"is_causal": True}, {"attn_mask": torch.ones(length, keys).bool()}):
        ours = scaled_dot_product_attention(*given, **options)
        close(ours, F.scaled_dot_product_attention(*given, **options))
        assert ours.shape == (2, length, 5) and not ours.any()


def test_a_masks_gradient() -> None:
    """A mask of numbers may be learnt: relative places, say."""
    query, key, value = leaf(2, 3, 4), leaf(2, 5, 4), leaf(2, 5, 4)
    found = []
    for attend in (scaled_dot_product_attention, F.scaled_dot_product_attention):
        torch.manual_seed(0)
        mask = leaf(3, 5)
        found.append(torch.autograd.grad(attend(query, key, value, mask).square().sum(), mask)[0])
    close(*found)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_dropout_is_torchs_from_one_seed(share: float) -> None:
    given = randn(2, 3, 4, dtype=F64), randn(2, 50, 4, dtype=F64), randn(2, 50, 4, dtype=F64)
    found = []
    for attend in (scaled_dot_product_attention, F.scaled_dot_product_attention):
        torch.manual_seed(1)
        found.append(attend(*given, dropout_p=share))
    close(*found)
    whole = scaled_dot_product_attention(*given)
    assert torch.allclose(found[0], whole) == (share == 0)


def test_a_query_that_sees_nothing_reads_zero() -> None:
    """No NaN, neither in values nor in gradients nor in second ones, nor on the way there."""
    query, key, value = leaf(1, 2, 3), leaf(1, 4, 3), leaf(1, 4, 3)
    mask = torch.tensor([[True, True, False, True], [False] * 4])
    with torch.autograd.set_detect_anomaly(True):
        for m in (mask, torch.zeros(2, 4, dtype=F64).masked_fill(~mask, -math.inf)):
            output = scaled_dot_product_attention(query, key, value, m)
            assert torch.equal(output[0, 1], torch.zeros(3, dtype=F64)) and output[0, 0].all()
            first = torch.autograd.grad(output.sum(), (query, key), create_graph=True)
            assert torch.equal(first[0][0, 1], torch.zeros(3, dtype=F64))
            assert first[1][0, 3].all()
            (second,) = torch.autograd.grad(sum(x.square().sum() for x in first), query)
            assert second.isfinite().all() and second[0, 0].all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_other_types(dtype: torch.dtype) -> None:
    given = (randn(2, 3, 4).to(dtype), randn(2, 5, 4).to(dtype), randn(2, 5, 4).to(dtype))
    mask = torch.rand(3, 5) < 0.5
    ours = scaled_dot_product_attention(*given, mask)
    assert ours.dtype == dtype
    theirs = F.scaled_dot_product_attention(*given, mask)
    torch.testing.assert_close(ours.float(), theirs.float(), rtol=0.02, atol=0.02)


WRONG: dict[str, Callable[[Any], Any]] = {
    "one dimension": lambda f: f(randn(4), randn(4), randn(4)),
    "mask and causal": lambda f: f(*qkv(), torch.ones(3, 5).bool(), is_causal=True),
    "another type": lambda f: f(randn(2, 3, 4), randn(2, 5, 4).double(), randn(2, 5, 4)),
    "widths": lambda f: f(randn(2, 3, 4), randn(2, 5, 7), randn(2, 5, 4)),
    "keys and values": lambda f: f(randn(2, 3, 4), randn(2, 5, 4), randn(2, 6, 4)),
    "batches": lambda f: f(randn(2, 3, 4), randn(3, 5, 4), randn(3, 5, 4)),
    "a mask of whole numbers": lambda f: f(*qkv(), torch.ones(3, 5).long()),
    "a mask in float64": lambda f: f(*qkv(), torch.ones(3, 5).double()),
    "a mask of another shape": lambda f: f(*qkv(), torch.ones(3, 4).bool()),
    "a mask with a larger batch": lambda f: f(*qkv(), torch.ones(7, 2, 3, 5).bool()),
    "a mask that is a list": lambda f: f(*qkv(), [[True] * 5] * 3),
    "scale by place": lambda f: f(*qkv(), None, 0.0, False, 2.0),
    "dropout 2": lambda f: f(*qkv(), dropout_p=2.0),
    "whole numbers": lambda f: f(*(x.long() for x in qkv())),
    "a list": lambda f: f([1.0], randn(2, 5, 4), randn(2, 5, 4)),
    "heads that do not divide": lambda f: f(
        randn(2, 5, 3, 4), randn(2, 2, 5, 4), randn(2, 2, 5, 4), enable_gqa=True
    ),
    "grouped without heads": lambda f: f(randn(3, 4), randn(5, 4), randn(5, 4), enable_gqa=True),
    "heads, not grouped": lambda f: f(randn(2, 6, 3, 4), randn(2, 2, 5, 4), randn(2, 2, 5, 4)),
}


def qkv() -> tuple[Tensor, Tensor, Tensor]:
    return randn(2, 3, 4), randn(2, 5, 4), randn(2, 5, 4)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_torch_refuses(wrong: str) -> None:
    with pytest.raises(Exception) as ours:
        WRONG[wrong](scaled_dot_product_attention)
    with pytest.raises(Exception) as theirs:
        WRONG[wrong](F.scaled_dot_product_attention)
    assert ours.type is theirs.type
    assert ":" in str(ours.value) or "positional" in str(ours.value)


# Layers


def layers(query_size: int = 3, key_size: int = 3) -> dict[str, Any]:
    torch.manual_seed(0)
    made = {
        "dot": DotProductAttention(),
        "dot, scale 1": DotProductAttention(1.0),
        "general": GeneralAttention(query_size, key_size),
        "general, bias": GeneralAttention(query_size, key_size, bias=True),
        "additive": AdditiveAttention(query_size, key_size, 5),
    }
    return {name: layer.double() for name, layer in made.items()}


LAYERS = list(layers())


def score_by_loops(layer: Any, query: Tensor, key: Tensor) -> Tensor:
    """(L, S), each pair by the equation of the paper."""
    scores = torch.empty(len(query), len(key), dtype=F64)
    for t, q in enumerate(query):
        for s, k in enumerate(key):
            if isinstance(layer, DotProductAttention):
                scale = len(q) ** -0.5 if layer.scale is None else layer.scale
                scores[t, s] = scale * sum(q * k)
            elif isinstance(layer, GeneralAttention):
                bias = 0 if layer.bias is None else layer.bias
                scores[t, s] = k @ (layer.weight @ q + bias)
            else:
                scores[t, s] = layer.v @ torch.tanh(layer.weight_q @ q + layer.weight_k @ k)
    return scores


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    sizes = (3, 3) if name.startswith("dot") else (3, 4)
    layer = layers(*sizes)[name]
    query, key, value = (randn(2, *s, dtype=F64) for s in ((4, sizes[0]), (5, sizes[1]), (5, 6)))
    padding = torch.tensor([[False] * 5, [False, False, True, False, True]])
    output, weights = layer(query, key, value, padding)
    for b in range(2):
        rows = score_by_loops(layer, query[b], key[b]).exp() * ~padding[b]
        rows = rows / rows.sum(-1, keepdim=True)
        close(weights[b], rows)
        close(output[b], rows @ value[b])


@pytest.mark.parametrize("name", LAYERS)
def test_padding_changes_nothing(name: str) -> None:
    layer = layers()[name]
    query, key, value = (randn(2, n, 3, dtype=F64) for n in (4, 5, 5))
    output, weights = layer(query, key, value)
    longer = [torch.cat([x, randn(2, 2, 3, dtype=F64)], 1) for x in (key, value)]
    padding = torch.arange(7).expand(2, 7) >= 5
    with_padding, padded_weights = layer(query, *longer, key_padding_mask=padding)
    close(with_padding, output)
    close(padded_weights[..., :5], weights)
    assert not padded_weights[..., 5:].any()


@pytest.mark.parametrize("name", LAYERS)
def test_keys_have_no_order(name: str) -> None:
    """Keys and values in another order: the same is read, and the weights go with them."""
    layer = layers()[name]
    query, key, value = (randn(2, n, 3, dtype=F64) for n in (4, 5, 5))
    output, weights = layer(query, key, value)
    order = torch.tensor([3, 0, 4, 1, 2])
    moved, moved_weights = layer(query, key[:, order], value[:, order])
    close(moved, output)
    close(moved_weights, weights[..., order])


@pytest.mark.parametrize("name", LAYERS)
def test_all_keys_padding(name: str) -> None:
    layer = layers()[name]
    query, key, value = (leaf(2, n, 3) for n in (4, 5, 5))
    padding = torch.tensor([[True] * 5, [False] * 5])
    output, weights = layer(query, key, value, padding)
    assert not output[0].any() and not weights[0].any() and output[1].all()
    found = torch.autograd.grad(output.sum(), (query, key, value, *layer.parameters()))
    assert all(x.isfinite().all() for x in found)
    assert not found[0][0].any() and found[0][1].any()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_gradients(name: str) -> None:
    layer = layers()[name]
    padding = torch.tensor([[False, False, True], [False] * 3])
    inputs = leaf(2, 2, 3), leaf(2, 3, 3), leaf(2, 3, 2)
    assert torch.autograd.gradcheck(lambda *x: layer(*x, padding), inputs)


def test_general_attention_is_a_linear_map_and_a_dot() -> None:
    linear, general = torch.nn.Linear(3, 4), GeneralAttention(3, 4, bias=True)
    general.load_state_dict(linear.state_dict())
    query, key, value = randn(2, 4, 3), randn(2, 5, 4), randn(2, 5, 2)
    theirs = F.scaled_dot_product_attention(linear(query), key, value, scale=1.0)
    torch.testing.assert_close(general(query, key, value)[0], theirs)


def test_weights_begin_as_a_linear_layers() -> None:
    torch.manual_seed(0)
    theirs = torch.nn.Linear(300, 200).state_dict()
    torch.manual_seed(0)
    ours = GeneralAttention(300, 200, bias=True).state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    additive = AdditiveAttention(400, 100, 25)
    for weight, bound in ((additive.weight_q, 0.05), (additive.weight_k, 0.1), (additive.v, 0.2)):
        assert 0.8 * bound < weight.abs().max() <= bound


def test_shown() -> None:
    shown = [repr(GeneralAttention(3, 4)), repr(AdditiveAttention(3, 4, 5))]
    assert shown == ["GeneralAttention(3, 4, bias=False)", "AdditiveAttention(3, 4, 5)"]
    assert repr(DotProductAttention()) == "DotProductAttention()"
    assert repr(DotProductAttention(1.0)) == "DotProductAttention(scale=1.0)"


PADDING = torch.zeros(2, 5).bool()
REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no batch": (
        lambda: DotProductAttention()(randn(2, 3), randn(2, 5, 3), randn(2, 5, 3)),
        ValueError,
        r"query\[:, None\]",
    ),
    "widths": (
        lambda: DotProductAttention()(randn(2, 4, 3), randn(2, 5, 4), randn(2, 5, 3)),
        ValueError,
        "width 3 and keys of width 4: a dot product",
    ),
    "sizes": (
        lambda: AdditiveAttention(3, 4, 5)(randn(2, 4, 4), randn(2, 5, 3), randn(2, 5, 3)),
        ValueError,
        "made for query_size=3 and key_size=4, but queries of width 4",
    ),
    "batches": (
        lambda: DotProductAttention()(randn(1, 4, 3), randn(2, 5, 3), randn(2, 5, 3)),
        ValueError,
        "batch comes first",
    ),
    "values": (
        lambda: DotProductAttention()(randn(2, 4, 3), randn(2, 5, 3), randn(2, 6, 3)),
        ValueError,
        "each key has one value",
    ),
    "padding of numbers": (
        lambda: DotProductAttention()(*(randn(2, 5, 3),) * 3, PADDING.float()),
        TypeError,
        "booleans, True=padding",
    ),
    "padding turned": (
        lambda: DotProductAttention()(*(randn(2, 5, 3),) * 3, PADDING.T),
        ValueError,
        r"shape \(5, 2\) for keys",
    ),
    "a list": (
        lambda: DotProductAttention()([1.0], randn(2, 5, 3), randn(2, 5, 3)),
        TypeError,
        "query is a tensor, but list",
    ),
    "size 0": (lambda: GeneralAttention(0, 3), ValueError, "query_size is a count, but 0"),
    "size 2.0": (lambda: AdditiveAttention(3, 3, 2.0), TypeError, "hidden_size is a count"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_a_layer_refuses(wrong: str) -> None:
    call, kind, message = REFUSED[wrong]
    with pytest.raises(kind, match=message):
        call()


def test_the_functions_are_found_as_torchs() -> None:
    assert seqcourse.nn.functional.scaled_dot_product_attention is scaled_dot_product_attention
