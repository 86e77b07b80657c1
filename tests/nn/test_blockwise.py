"""Attention by blocks: the same as at once, in values and gradients; and what memory it takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, randn

from seqcourse.nn import blockwise_attention, blockwise_step, most_bytes
from seqcourse.nn.functional import scaled_dot_product_attention

torch.set_num_threads(1)
F64 = torch.float64


def leaf(*shape: int) -> Tensor:
    return randn(*shape, dtype=F64).requires_grad_()


def close(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


@given(
    front=st.sampled_from([(), (2,), (2, 3)]),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4)),
    mask=st.sampled_from(["none", "bool", "padding", "numbers and -inf", "causal"]),
    scale=st.sampled_from([None, 1.0, -2.0, 0.0, 40.0]),
    block=st.integers(1, 10),
    broadcast=st.booleans(),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=120)
def test_blocks_are_the_whole(
    front: tuple[int, ...],
    sizes: tuple[int, ...],
    mask: str,
    scale: float | None,
    block: int,
    broadcast: bool,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    length, keys, width, value_width = sizes
    few = (1,) * len(front) if broadcast else front
    given = leaf(*front, length, width), leaf(*few, keys, width), leaf(*few, keys, value_width)
    options: dict[str, Any] = {"scale": scale, "is_causal": mask == "causal"}
    if mask in ("bool", "numbers and -inf"):
        seen = torch.rand(length, keys) < 0.6  # now and then a row is masked whole
        numbers = randn(length, keys, dtype=F64).masked_fill(~seen, -math.inf)
        options["attn_mask"] = seen if mask == "bool" else numbers
    if mask == "padding":
        options["attn_mask"] = torch.rand(1, keys) < 0.6
    theirs = scaled_dot_product_attention(*given, **options)
    ours = blockwise_attention(*given, **options, block=block)
    close(ours, theirs)
    towards = torch.randn_like(theirs)
    close(torch.autograd.grad(ours, given, towards), torch.autograd.grad(theirs, given, towards))


def test_the_step_is_the_softmax_in_parts() -> None:
    torch.manual_seed(0)
    scores, value = 300 * randn(3, 10, dtype=F64), randn(10, 2, dtype=F64)
    state = torch.full((3, 1), -math.inf, dtype=F64), torch.zeros(3, 1, dtype=F64)
    whole = (*state, torch.zeros(3, 2, dtype=F64))
    for begin, end in ((0, 4), (4, 5), (5, 10)):
        whole = blockwise_step(whole, scores[:, begin:end], value[begin:end])
    most, total, read = whole
    close(most[:, 0], scores.amax(-1))
    close(read / total, scores.softmax(-1) @ value)
    close((most + total.log())[:, 0], scores.logsumexp(-1))


def test_what_a_block_hides_is_nothing() -> None:
    """A first block that is masked whole leaves no NaN behind."""
    query, key, value = leaf(3, 2), leaf(8, 2), leaf(8, 2)
    mask = torch.arange(8) >= torch.tensor([4, 8, 0])[:, None]
    out = blockwise_attention(query, key, value, mask, block=4)
    assert torch.equal(out[1], torch.zeros(2, dtype=F64)) and out.isfinite().all()
    grads = torch.autograd.grad(out.sum(), (query, key, value))
    assert all(g.isfinite().all() for g in grads)
    assert torch.equal(grads[0][1], torch.zeros(2, dtype=F64))


def test_the_future_changes_nothing() -> None:
    query, key, value = (randn(1, 20, 4) for _ in range(3))
    before = blockwise_attention(query, key, value, is_causal=True, block=8)
    for x in (query, key, value):
        x[:, 13:] = 99.0
    after = blockwise_attention(query, key, value, is_causal=True, block=8)
    assert torch.equal(before[:, :13], after[:, :13])
    assert not torch.equal(before[:, 13:], after[:, 13:])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_other_types(dtype: torch.dtype) -> None:
    given = (randn(2, 30, 4).to(dtype), randn(2, 50, 4).to(dtype), randn(2, 50, 4).to(dtype))
    ours = blockwise_attention(*given, block=16)
    assert ours.dtype == dtype
    theirs = scaled_dot_product_attention(*given)
    torch.testing.assert_close(ours.float(), theirs.float(), rtol=0.02, atol=0.02)


def passes(attend: Callable[..., Tensor], length: int) -> Callable[[], None]:
    given = [randn(1, length, 16, requires_grad=True) for _ in range(3)]

    def there_and_back() -> None:
        torch.autograd.grad(attend(*given).sum(), given)

    return there_and_back


def test_memory_is_linear() -> None:
    at_once = [most_bytes(passes(scaled_dot_product_attention, n)) for n in (512, 1024)]
    blocks = [most_bytes(passes(blockwise_attention, n)) for n in (512, 1024)]
    assert at_once[1] > 3.5 * at_once[0]
    assert blocks[1] < 2.1 * blocks[0]
    assert at_once[0] > 2 * 512 * 512 * 4


def test_bytes_are_counted_and_freed() -> None:
    x = torch.zeros(1000)
    assert most_bytes(lambda: x + 1) == 4000
    assert most_bytes(lambda: x.view(10, 100).t()) == 0
    assert most_bytes(lambda: x.add_(1)) == 0
    assert most_bytes(lambda: (x + 1) + 1) == 8000
    assert most_bytes(lambda: [x + 1 for _ in range(5)]) == 20_000

    def in_turn() -> None:
        for _ in range(5):
            x + 1

    assert most_bytes(in_turn) == 4000


WRONG: dict[str, tuple[type[Exception], Callable[[], Any]]] = {
    "block 0": (ValueError, lambda: blockwise_attention(*qkv(), block=0)),
    "mask and causal": (
        RuntimeError,
        lambda: blockwise_attention(*qkv(), torch.ones(5, 5).bool(), is_causal=True),
    ),
    "widths": (
        RuntimeError,
        lambda: blockwise_attention(randn(5, 4), randn(5, 3), randn(5, 4)),
    ),
    "a mask that learns": (
        RuntimeError,
        lambda: blockwise_attention(*qkv(), randn(5, 5, requires_grad=True)),
    ),
    "no tensor": (TypeError, lambda: blockwise_attention([1.0], randn(5, 4), randn(5, 4))),
}


def qkv() -> tuple[Tensor, ...]:
    return randn(5, 4), randn(5, 4), randn(5, 4)


@pytest.mark.parametrize("what", WRONG)
def test_what_is_refused(what: str) -> None:
    error, call = WRONG[what]
    with pytest.raises(error):
        call()


def test_a_second_derivative_is_refused() -> None:
    query, key, value = leaf(5, 4), leaf(5, 4), leaf(5, 4)
    out = blockwise_attention(query, key, value)
    (first,) = torch.autograd.grad(out.square().sum(), query, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
