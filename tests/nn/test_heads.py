"""Heads: cut and joined, one matmul for all, and what is refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import randn

from seqcourse.nn import join_heads, project_heads, split_heads

torch.set_num_threads(1)


@given(
    front=st.sampled_from([(), (2,), (2, 3)]),
    length=st.integers(0, 4),
    heads=st.integers(1, 4),
    width=st.integers(0, 3),
)
def test_joined_is_what_was_split(
    front: tuple[int, ...], length: int, heads: int, width: int
) -> None:
    x = randn(*front, length, heads * width)
    parts = split_heads(x, heads)
    assert parts.shape == (*front, heads, length, width)
    assert torch.equal(join_heads(parts), x)
    for head in range(heads):
        columns = slice(head * width, (head + 1) * width)
        assert torch.equal(parts.select(-3, head), x[..., columns])


def test_a_head_is_a_slice_of_the_projection() -> None:
    x, weight, bias = randn(2, 5, 6), randn(24, 6), randn(24)
    query, key, value = project_heads(x, weight, bias, 4)
    for part, found in enumerate((query, key, value)):
        for head in range(4):
            rows = slice(8 * part + 2 * head, 8 * part + 2 * head + 2)
            alone = x @ weight[rows].T + bias[rows]
            torch.testing.assert_close(found[:, head], alone)


@pytest.mark.parametrize("heads", [0, -2, 4])
def test_heads_that_do_not_divide_are_refused(heads: int) -> None:
    with pytest.raises(ValueError, match="divisor"):
        split_heads(randn(2, 3, 6), heads)
