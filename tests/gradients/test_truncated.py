"""Truncated BPTT: full where k covers the sequence, exactly zero past k."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.gradients import bptt, rnn_forward, truncated_bptt, truncated_states, windows

from .cases import Layer, close, make, shapes, states

KINDS = st.sampled_from(["tanh", "relu"])


@given(total=st.integers(1, 40), k1=st.integers(1, 45), more=st.integers(0, 45))
def test_windows(total: int, k1: int, more: int) -> None:
    found = windows(total, k1, k1 + more)
    sent = [step for window in found for step in range(window.first, window.stop)]
    assert sent == list(range(total))  # each loss once
    for start, first, stop in found:
        assert 0 <= start <= first < stop <= total
        assert stop - first <= k1 and stop - start <= k1 + more
        assert start == 0 or stop - start == k1 + more


@pytest.mark.parametrize(("total", "k1", "k2"), [(5, 0, 2), (5, 3, 2), (0, 1, 1)])
def test_windows_that_do_not_fit(total: int, k1: int, k2: int) -> None:
    with pytest.raises(ValueError, match="1 ≤ k1 ≤ k2"):
        windows(total, k1, k2)


@given(
    shape=shapes(),
    kind=KINDS,
    k1=st.integers(1, 8),
    more=st.integers(0, 3),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_full_where_k_covers_the_sequence(
    shape: tuple[int, int, int, int], kind: str, k1: int, more: int, seed: int
) -> None:
    layer = make(shape, seed).detached()
    h = rnn_forward(*layer, kind)
    grad_h = torch.randn_like(h)
    k2 = max(k1, len(h)) + more
    full = bptt(grad_h, h, *layer[:4], kind)
    found = truncated_bptt(grad_h, h, *layer[:4], k1, k2, kind)
    for name, a, b in zip(full._fields, found, full, strict=True):
        close(a, b, name)


@given(
    shape=shapes(most_steps=9),
    kind=KINDS,
    k1=st.integers(1, 5),
    more=st.integers(0, 4),
    carry=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=100)
def test_against_autograd_with_a_cut(
    shape: tuple[int, int, int, int], kind: str, k1: int, more: int, carry: bool, seed: int
) -> None:
    """As it is done with autograd: each window by itself, from a detached state."""
    layer = make(shape, seed)
    values, k2 = layer.detached(), k1 + more
    h = truncated_states(*values, k1, kind, carry)
    grad_h = torch.randn_like(h)
    loss = torch.zeros((), dtype=torch.float64)
    for start, first, stop in windows(len(h), k1, k2):
        begin = start if carry else first
        before = layer.h_0 if begin == 0 or not carry else h[begin - 1]
        window = Layer(layer.input[begin:stop], before, *layer[2:])
        piece = states(window, kind)
        close(piece.detach(), h[begin:stop], "the states go on")
        loss = loss + (piece[first - begin :] * grad_h[first:stop]).sum()
    expected = torch.autograd.grad(loss, layer)
    found = truncated_bptt(grad_h, h, *values[:4], k1, k2, kind, carry)
    for name, a, b in zip(found._fields, found, expected, strict=True):
        close(a, b, name)


@pytest.mark.parametrize("k2", range(1, 9))
def test_exactly_zero_past_k(k2: int) -> None:
    """The last loss alone, sent back from the last step: it reaches k2 inputs and no more."""
    layer = make((8, 2, 3, 4)).detached()
    h = rnn_forward(*layer)
    grad_h = torch.zeros_like(h)
    grad_h[-1] = 1
    found = truncated_bptt(grad_h, h, *layer[:4], 1, k2)
    full = bptt(grad_h, h, *layer[:4])
    assert torch.equal(found.input[: 8 - k2], torch.zeros(8 - k2, 2, 3, dtype=torch.float64))
    close(found.input[8 - k2 :], full.input[8 - k2 :])
    assert found.input[8 - k2 :].abs().sum(dim=(1, 2)).all()
    assert bool(found.h_0.any()) == (k2 == 8)


def test_a_state_that_is_reset_begins_again() -> None:
    layer = make((6, 2, 3, 4)).detached()
    reset = truncated_states(*layer, 3, carry=False)
    carried = truncated_states(*layer, 3)
    assert torch.equal(reset[:3], carried[:3]) and not torch.equal(reset[3:], carried[3:])
    close(reset[3:], rnn_forward(layer.input[3:], *layer[1:]))
