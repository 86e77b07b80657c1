"""Multi-head attention: equal to torch's and to its equation; masks; what nothing changes."""

from __future__ import annotations

import copy
import inspect
import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, randn

import seqcourse.nn
from seqcourse.nn import MultiheadAttention, multihead

from .attending import F64, Case, cases, gradients
from .recurrent import assert_same

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched", "ignore:.torch.jit.script")
TRIANGLE = torch.ones(4, 4).bool().triu(1)


def layer(*options: Any, **named: Any) -> MultiheadAttention:
    torch.manual_seed(0)
    return MultiheadAttention(*options, **named, batch_first=True, dtype=F64)


def assert_all_same(ours: list[Tensor], theirs: list[Tensor]) -> None:
    for a, b, what in zip(ours, theirs, ("output", "weights"), strict=False):
        assert_same(a, b, what)


# As torch's


@given(case=cases())
@settings(max_examples=150)
def test_values_and_gradients(case: Case) -> None:
    ours, theirs = case.twins()
    leaves = case.leaves()
    results = [case.run(twin, leaves) for twin in (ours, theirs)]
    assert_all_same(*results)
    found = [gradients(*x) for x in ((ours, leaves, results[0]), (theirs, leaves, results[1]))]
    assert list(found[0]) == list(found[1])
    for name, gradient in found[0].items():
        assert_same(gradient, found[1][name], name)


@given(case=cases(form="self"))
@settings(max_examples=60)
def test_values_where_torch_takes_its_fast_path(case: Case) -> None:
    ours, theirs = (twin.eval() for twin in case.twins())
    with torch.no_grad():
        leaves = case.leaves()
        assert_all_same(case.run(ours, leaves), case.run(theirs, leaves))


@given(case=cases(mask="none", form="self"))
@settings(max_examples=40)
def test_the_hint(case: Case) -> None:
    """torch forgets, with the hint, that extra keys are seen by all: compared without them."""
    ours, theirs = case.twins()
    leaves = case.leaves() | {"attn_mask": torch.ones(case.length, case.length).bool().triu(1)}
    case_ours = case.run(ours, leaves, is_causal=True)
    assert_all_same(case_ours, case.run(ours, leaves))
    if not (case.options["add_bias_kv"] or case.options["add_zero_attn"]):
        assert_all_same(case_ours, case.run(theirs, leaves, is_causal=True))


def test_the_mask_counts_and_not_the_hint() -> None:
    x = randn(2, 4, 6, dtype=F64)
    attention = layer(6, 2)
    nothing_hidden = torch.zeros(4, 4).bool()
    for need in (True, False):
        hinted = attention(x, x, x, attn_mask=nothing_hidden, is_causal=True, need_weights=need)
        assert_same(hinted[0], attention(x, x, x)[0], "output")


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("options", [{}, {"kdim": 3}, {"bias": False}, {"add_bias_kv": True}])
def test_one_seed_gives_the_same_parameters(options: dict[str, Any], seed: int) -> None:
    made = []
    for library in (seqcourse.nn, torch.nn):
        torch.manual_seed(seed)
        made.append(library.MultiheadAttention(6, 2, **options).state_dict())
    assert list(made[0]) == list(made[1])
    assert all(torch.equal(made[0][name], made[1][name]) for name in made[1])


@pytest.mark.parametrize("need_weights", [True, False])
def test_one_seed_drops_the_same_weights(need_weights: bool) -> None:
    x = randn(5, 2, 6, dtype=F64)
    theirs = torch.nn.MultiheadAttention(6, 2, 0.4, dtype=F64)
    ours = MultiheadAttention(6, 2, 0.4, dtype=F64)
    ours.load_state_dict(theirs.state_dict())
    found = []
    for twin in (ours, theirs):
        torch.manual_seed(1)
        found.append(twin(x, x, x, need_weights=need_weights))
    assert_same(found[0][0], found[1][0], "output")
    if need_weights:
        assert_same(found[0][1], found[1][1], "weights")
    assert not torch.allclose(found[0][0], ours.eval()(x, x, x)[0])


@pytest.mark.parametrize("name", ["__init__", "forward"])
def test_arguments_in_torchs_order(name: str) -> None:
    ours, theirs = (
        inspect.signature(getattr(library.MultiheadAttention, name)).parameters.values()
        for library in (seqcourse.nn, torch.nn)
    )
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_other_types(dtype: torch.dtype) -> None:
    theirs = torch.nn.MultiheadAttention(8, 2, dtype=dtype)
    ours = MultiheadAttention(8, 2, dtype=dtype)
    ours.load_state_dict(theirs.state_dict())
    x = randn(5, 3, 8).to(dtype)
    padding = torch.arange(5) >= torch.tensor([[5], [2], [3]])
    a, b = ours(x, x, x, padding), theirs(x, x, x, padding)
    assert a[0].dtype == a[1].dtype == dtype
    for mine, other in zip(a, b, strict=True):
        torch.testing.assert_close(mine, other, rtol=0.03, atol=0.03)


def test_masks_of_another_precision_are_converted() -> None:
    """torch takes float32 in some places and refuses it in others."""
    x = randn(2, 4, 6, dtype=F64)
    attention = layer(6, 2)
    numbers = torch.zeros(4, 4).masked_fill(TRIANGLE, -math.inf)
    assert_all_same(
        list(attention(x, x, x, attn_mask=numbers)), list(attention(x, x, x, attn_mask=TRIANGLE))
    )


def test_autocast() -> None:
    x = randn(5, 3, 8)
    theirs = torch.nn.MultiheadAttention(8, 2)
    ours = MultiheadAttention(8, 2)
    ours.load_state_dict(theirs.state_dict())
    with torch.autocast("cpu", torch.bfloat16):
        a, b = (twin(x, x, x, need_weights=False)[0] for twin in (ours, theirs))
    assert a.dtype == b.dtype == torch.bfloat16
    torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("batch, length, keys", [(0, 3, 3), (2, 0, 0), (2, 3, 0)])
def test_empty(batch: int, length: int, keys: int) -> None:
    ours, theirs = layer(6, 2), torch.nn.MultiheadAttention(6, 2, batch_first=True, dtype=F64)
    ours.load_state_dict(theirs.state_dict())
    query, key = randn(batch, length, 6, dtype=F64), randn(batch, keys, 6, dtype=F64)
    for need in (True, False):
        a, b = (twin(query, key, key, need_weights=need) for twin in (ours, theirs))
        assert_all_same([x for x in a if x is not None], [x for x in b if x is not None])


# By its equation


@given(case=cases(form="apart", padding="none"))
@settings(max_examples=40)
def test_the_equation(case: Case) -> None:
    """The layer, which masks in another way, is `multihead`."""
    options = case.options | {"batch_first": True, "add_bias_kv": False, "add_zero_attn": False}
    case = Case(**{**vars(case), "options": options, "average": False, "need_weights": True})
    if case.batch is None:
        return
    ours, _ = case.twins()
    leaves = case.leaves()
    names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
    packed = ours.in_proj_weight
    weights = [getattr(ours, n) for n in names] if packed is None else packed.chunk(3)
    biases = (None,) * 3 if ours.in_proj_bias is None else ours.in_proj_bias.chunk(3)
    mask = leaves.get("attn_mask")
    if mask is not None:
        mask = ~mask if mask.dtype == torch.bool else mask
        mask = mask if mask.dim() == 2 else mask.unflatten(0, (-1, ours.num_heads))
    given = leaves["query"], leaves["key"], leaves["value"]
    out = ours.out_proj
    found = multihead(*given, weights, biases, out.weight, out.bias, ours.num_heads, mask)
    assert_all_same(list(found), case.run(ours, leaves))


def test_by_loops() -> None:
    """Each head of each sequence by itself, its rows of the projections cut out by hand."""
    attention = layer(6, 2)
    query, key = randn(2, 3, 6, dtype=F64), randn(2, 4, 6, dtype=F64)
    output, weights = attention(query, key, key, average_attn_weights=False)
    assert attention.in_proj_weight is not None
    w_q, w_k, w_v = attention.in_proj_weight.chunk(3)
    for b in range(2):
        joined = torch.empty(3, 6, dtype=F64)
        for head in range(2):
            rows = slice(3 * head, 3 * head + 3)
            for t in range(3):
                scores = torch.stack(
                    [(w_q[rows] @ query[b, t]) @ (w_k[rows] @ k) / math.sqrt(3) for k in key[b]]
                )
                a = scores.exp() / scores.exp().sum()
                assert_same(weights[b, head, t], a, "weights")
                joined[t, rows] = sum(a[s] * (w_v[rows] @ key[b, s]) for s in range(4))
        assert_same(output[b], joined @ attention.out_proj.weight.T, "output")


def test_heads_change_no_count() -> None:
    counts = {n: sum(p.numel() for p in MultiheadAttention(12, n).parameters()) for n in (1, 3, 12)}
    assert set(counts.values()) == {4 * 12 * 12 + 4 * 12}


# Nothing seen


BLIND = torch.tensor([[True] * 4, [False, True, True, False], [True] * 4, [False] * 4])


@pytest.mark.parametrize("numbers", [False, True])
def test_a_query_that_sees_nothing(numbers: bool) -> None:
    """Its weights are 0, never NaN, and it gets the output's bias; nothing flows back from it."""
    attention = layer(6, 2)
    torch.nn.init.normal_(attention.out_proj.bias)
    x = randn(2, 4, 6, dtype=F64).requires_grad_()
    mask = torch.zeros(4, 4, dtype=F64).masked_fill(BLIND, -math.inf) if numbers else BLIND
    with torch.autograd.set_detect_anomaly(True):
        for need in (True, False):
            output, weights = attention(x, x, x, attn_mask=mask, need_weights=need)
            assert_same(output[:, 0], attention.out_proj.bias.expand(2, 6), "output")
            query = attention(x, randn(2, 4, 6, dtype=F64), x.detach(), attn_mask=mask)[0]
            (first,) = torch.autograd.grad(query.square().sum(), x, create_graph=True)
            assert not first[:, [0, 2]].any() and first[:, 1].all()
            (second,) = torch.autograd.grad(first.square().sum(), x)
            assert second.isfinite().all()
            if need:
                assert not weights[:, [0, 2]].any() and weights[:, 3].all()


def test_a_query_that_sees_nothing_in_torch() -> None:
    """NaN where weights are wanted in training; else the bias, as ours."""
    ours, theirs = layer(6, 2), torch.nn.MultiheadAttention(6, 2, batch_first=True, dtype=F64)
    ours.load_state_dict(theirs.state_dict())
    x = randn(2, 4, 6, dtype=F64)
    assert theirs(x, x, x, attn_mask=BLIND)[0][:, 0].isnan().all()
    found = [twin(x, x, x, attn_mask=BLIND, need_weights=False)[0] for twin in (ours, theirs)]
    assert_same(*found, "output")


def test_all_keys_padding() -> None:
    x = randn(2, 4, 6, dtype=F64)
    padding = torch.tensor([[True] * 4, [False] * 4])
    output, weights = layer(6, 2)(x, x, x, padding)
    assert not output[0].any() and not weights[0].any() and output[1].all()
    with_zero, weights = layer(6, 2, add_zero_attn=True)(x, x, x, padding)
    assert torch.equal(weights[0, :, 4], torch.ones(4, dtype=F64))  # the key that no mask hides


# What nothing changes


def test_the_future_changes_nothing() -> None:
    attention = layer(6, 2)
    x = randn(2, 4, 6, dtype=F64)
    for mask in (TRIANGLE, torch.zeros(4, 4, dtype=F64).masked_fill(TRIANGLE, -math.inf)):
        before = attention(x, x, x, attn_mask=mask)[0]
        for t in range(1, 4):
            changed = torch.cat([x[:, :t], randn(2, 4 - t, 6, dtype=F64)], 1)
            after = attention(changed, changed, changed, attn_mask=mask)[0]
            assert torch.equal(after[:, :t], before[:, :t])
            assert not torch.isclose(after[:, t:], before[:, t:]).any()


def test_padding_changes_nothing() -> None:
    attention = layer(6, 2)
    query, key = randn(2, 3, 6, dtype=F64), randn(2, 4, 6, dtype=F64)
    longer = torch.cat([key, randn(2, 2, 6, dtype=F64)], 1)
    padding = torch.arange(6).expand(2, 6) >= 4
    numbers = torch.zeros(2, 6, dtype=F64).masked_fill(padding, -math.inf)
    output, weights = attention(query, key, key)
    for mask in (padding, numbers):
        with_padding, padded = attention(query, longer, longer, mask)
        assert_same(with_padding, output, "output")
        assert_same(padded[..., :4], weights, "weights")
        assert not padded[..., 4:].any()


def test_order_of_batch_and_keys() -> None:
    attention = layer(6, 2)
    query, key, value = (randn(3, n, 6, dtype=F64) for n in (2, 4, 4))
    output, weights = attention(query, key, value)
    rows, places = torch.tensor([2, 0, 1]), torch.tensor([3, 0, 2, 1])
    moved = attention(query[rows], key[rows], value[rows])
    assert_all_same(list(moved), [output[rows], weights[rows]])
    moved = attention(query, key[:, places], value[:, places])
    assert_all_same(list(moved), [output, weights[..., places]])


def test_self_attention_moves_with_its_input() -> None:
    """Without positions: the outputs of reordered inputs are the reordered outputs."""
    attention, x = layer(6, 2), randn(2, 4, 6, dtype=F64)
    places = torch.tensor([3, 0, 2, 1])
    moved = attention(*(x[:, places],) * 3)[0]
    assert_same(moved, attention(x, x, x)[0][:, places], "output")


def test_saved_and_loaded(tmp_path: Any) -> None:
    attention, x = layer(6, 2, add_bias_kv=True), randn(2, 4, 6, dtype=F64)
    torch.save(attention, tmp_path / "layer.pt")
    torch.save(attention.state_dict(), tmp_path / "state.pt")
    other = MultiheadAttention(6, 2, add_bias_kv=True, batch_first=True, dtype=F64)
    other.load_state_dict(torch.load(tmp_path / "state.pt"))
    whole = torch.load(tmp_path / "layer.pt", weights_only=False)
    for twin in (whole, other, copy.deepcopy(attention)):
        assert torch.equal(twin(x, x, x)[0], attention(x, x, x)[0])


def test_transforms() -> None:
    """Gradients of each sequence by itself, and forward-mode, as torch.func makes them."""
    attention, x = layer(6, 2), randn(3, 4, 6, dtype=F64)

    def loss(parameters: Any, row: Tensor) -> Tensor:
        mask = {"attn_mask": TRIANGLE}
        output, _ = torch.func.functional_call(attention, parameters, (row, row, row), mask)
        return output.square().sum()  # type: ignore[no-any-return]

    parameters = dict(attention.named_parameters())
    each = torch.func.vmap(torch.func.grad(loss), (None, 0))(parameters, x)
    for b in range(3):
        alone = torch.autograd.grad(loss(parameters, x[b]), list(parameters.values()))
        for name, gradient in zip(parameters, alone, strict=True):
            assert_same(each[name][b], gradient, name)
    assert torch.autograd.gradcheck(
        lambda y: attention(y, y, y)[0], x[:, :2].requires_grad_(), check_forward_ad=True
    )
