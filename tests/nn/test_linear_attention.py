"""Linear attention: products, blocks and the recurrent net are one, and see no future."""

from __future__ import annotations

import io

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.models.language_model import LanguageModel
from seqcourse.nn import LinearAttention, linear_attention, linear_attention_step
from seqcourse.nn.heads import join_heads, split_heads

torch.set_num_threads(1)
F64 = torch.float64


@given(
    front=st.sampled_from([(), (2,), (2, 3)]),
    length=st.integers(1, 12),
    widths=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    block=st.integers(1, 13),
    seed=st.integers(0, 999),
)
@settings(deadline=None, max_examples=60)
def test_products_blocks_and_steps_are_one(
    front: tuple[int, ...], length: int, widths: tuple[int, int], block: int, seed: int
) -> None:
    torch.manual_seed(seed)
    q, k = torch.randn(2, *front, length, widths[0], dtype=F64).requires_grad_()
    v = torch.randn(*front, length, widths[1], dtype=F64, requires_grad=True)
    whole, end = linear_attention(q, k, v, block=length)
    parts, last = linear_attention(q, k, v, block=block)
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(last, end)
    state = (v.new_zeros(*front, *widths), v.new_zeros(*front, widths[0]))
    read = []
    for t in range(length):
        m, state = linear_attention_step(
            state, F.elu(q[..., t, :]) + 1, F.elu(k[..., t, :]) + 1, v[..., t, :]
        )
        read.append(m)
    torch.testing.assert_close(torch.stack(read, -2), whole)
    torch.testing.assert_close(state, end)
    out = torch.randn_like(whole)
    slopes = [torch.autograd.grad((y * out).sum(), (q, k, v)) for y in (whole, parts)]
    torch.testing.assert_close(*slopes)


def test_the_weights_are_a_mean() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(2, 7, 4, dtype=F64)
    ones = torch.ones(7, 2, dtype=F64)
    torch.testing.assert_close(linear_attention(q, k, ones)[0], ones)
    assert linear_attention(q, k, ones)[0][0].tolist() == [1, 1]


def layer(heads: int = 2) -> LinearAttention:
    torch.manual_seed(0)
    return LinearAttention(6, 8, heads, block=4).double()


def test_the_layer_is_its_equation() -> None:
    ours, x = layer(), torch.randn(3, 9, 6, dtype=F64)
    q, k, v = (split_heads(x @ part.weight.T, 2) for part in (ours.query, ours.key, ours.value))
    scores = ((F.elu(q) + 1) @ (F.elu(k) + 1).mT).tril()
    read = scores / scores.sum(-1, keepdim=True) @ v
    torch.testing.assert_close(ours(x)[0], join_heads(read) @ ours.out.weight.T)


def test_in_parts_without_a_future_and_kept() -> None:
    ours, x = layer(), torch.randn(3, 11, 6, dtype=F64)
    whole, end = ours(x)
    begun, state = ours(x[:, :5])
    rest, last = ours(x[:, 5:], state)
    torch.testing.assert_close(torch.cat([begun, rest], 1), whole)
    torch.testing.assert_close(last, end)
    assert [part.shape for part in end] == [(3, 2, 4, 4), (3, 2, 4)]
    changed = x.clone()
    changed[:, 6:] += 1
    assert torch.equal(ours(changed)[0][:, :6], whole[:, :6])
    file = io.BytesIO()
    torch.save(ours.state_dict(), file)
    file.seek(0)
    other = LinearAttention(6, 8, 2).double()
    other.load_state_dict(torch.load(file, weights_only=True))
    torch.testing.assert_close(other(x)[0], whole)


def test_it_stands_where_a_recurrent_layer_does() -> None:
    model = LanguageModel(5, LinearAttention(6, 8), 6)
    tokens = torch.tensor([[1, 2, 3, 4]])
    logits, state = model(tokens[:, :2])
    more, _ = model(tokens[:, 2:], state)
    torch.testing.assert_close(torch.cat([logits, more], 1), model(tokens)[0])


def test_what_does_not_fit_is_named() -> None:
    x = torch.zeros(2, 3, 4)
    with pytest.raises(ValueError, match="block=0: give at least 1"):
        linear_attention(x, x, x, block=0)
    with pytest.raises(ValueError, match="3 queries, 2 keys and 3 values"):
        linear_attention(x, x[:, :2], x)
    with pytest.raises(ValueError, match="at least one place"):
        linear_attention(x[:, :0], x[:, :0], x[:, :0])
    with pytest.raises(ValueError, match="heads must divide"):
        LinearAttention(4, 6, 4)
    with pytest.raises(ValueError, match="batch comes first"):
        LinearAttention(4, 4, batch_first=False)
