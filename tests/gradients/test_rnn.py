"""Backpropagation through time by hand against autograd and finite differences."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqcourse.gradients import (
    bptt,
    credit,
    cross_entropy_backward,
    linear_backward,
    recur,
    recur_backward,
    rnn_forward,
)

from .cases import Layer, close, make, shapes, states

KINDS = st.sampled_from(["tanh", "relu"])


@given(shape=shapes(), kind=KINDS, seed=st.integers(0, 999))
@settings(max_examples=100)
def test_all_gradients(shape: tuple[int, int, int, int], kind: str, seed: int) -> None:
    layer = make(shape, seed)
    h = states(layer, kind)
    grad_h = torch.randn_like(h)
    expected = torch.autograd.grad(h, layer, grad_h)
    values = layer.detached()
    mine = rnn_forward(*values, kind)
    close(mine, h.detach(), "h")
    found = bptt(grad_h, mine, *values[:4], kind)
    for name, a, b in zip(found._fields, found, expected, strict=True):
        close(a, b, name)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    hidden=st.integers(1, 4),
    kind=KINDS,
    seed=st.integers(0, 999),
)
@settings(max_examples=100)
def test_packed(sizes: list[int], hidden: int, kind: str, seed: int) -> None:
    sizes.sort(reverse=True)
    layer = make((len(sizes), sizes[0], 2, hidden), seed, sizes)
    h = states(layer, kind, sizes)
    grad_h = torch.randn_like(h)
    expected = torch.autograd.grad(h, layer, grad_h)
    values = layer.detached()
    mine = rnn_forward(*values, kind, sizes)
    close(mine, h.detach(), "h")
    found = bptt(grad_h, mine, *values[:4], kind, sizes)
    for name, a, b in zip(found._fields, found, expected, strict=True):
        close(a, b, name)


@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_finite_differences(kind: str) -> None:
    layer = make((4, 2, 3, 3)).detached()
    h = rnn_forward(*layer, kind)
    grad_h = torch.randn_like(h)
    found = bptt(grad_h, h, *layer[:4], kind)
    width = 1e-6
    for value, gradient in zip(layer, found, strict=True):
        direction = torch.randn_like(value)
        ends = []
        for sign in (1, -1):
            moved = [v + sign * width * direction if v is value else v for v in layer]
            ends.append((rnn_forward(*Layer(*moved), kind) * grad_h).sum())
        slope = (ends[0] - ends[1]) / (2 * width)
        torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_dtype_goes_in_and_comes_out(dtype: torch.dtype) -> None:
    layer = Layer(*(x.to(dtype) for x in make((5, 2, 3, 4)).detached()))
    h = rnn_forward(*layer)
    found = bptt(torch.ones_like(h), h, *layer[:4])
    exact = make((5, 2, 3, 4)).detached()
    reference = bptt(torch.ones(h.shape, dtype=torch.float64), rnn_forward(*exact), *exact[:4])
    assert h.dtype == dtype
    for a, b in zip(found, reference, strict=True):
        assert a.dtype == dtype and a.isfinite().all()
        if dtype.itemsize >= 4:
            torch.testing.assert_close(a.double(), b, rtol=1e-3, atol=1e-4)


def test_no_graph_is_made_and_nothing_given_is_changed() -> None:
    layer = make((5, 2, 3, 4))
    before = [x.clone() for x in layer]
    h = rnn_forward(*layer).detach()
    kept, grad_h = h.clone(), torch.ones_like(h)
    found = bptt(grad_h, h, *layer[:4])
    assert not any(x.requires_grad for x in found)
    assert torch.equal(h, kept) and torch.equal(grad_h, torch.ones_like(h))
    assert all(map(torch.equal, layer, before))


@given(shape=shapes(), kind=KINDS, seed=st.integers(0, 99))
@settings(max_examples=50)
def test_credit(shape: tuple[int, int, int, int], kind: str, seed: int) -> None:
    """Each loss by itself, by autograd; and the sum over the losses is the delta."""
    layer = make(shape, seed)
    h = states(layer, kind)
    grad_h = torch.randn_like(h)
    found = credit(grad_h, h.detach(), layer.weight_hh.detach(), kind)
    delta = recur_backward(grad_h, h.detach(), layer.h_0, layer.weight_hh, kind).a
    slope = 1 - h.detach() ** 2 if kind == "tanh" else (h.detach() > 0).double()
    close(found.sum(0) * slope, delta, "sum")
    steps = len(h)
    assert not any(found[s, t].any() for s in range(steps) for t in range(s + 1, steps))
    leaf: list[Tensor] = []
    state = layer.h_0
    for x_t in layer.input:  # every state a leaf of its own, so that dL_s/dh_t can be asked for
        z = x_t @ layer.weight_ih.T + state @ layer.weight_hh.T + layer.bias
        state = torch.tanh(z) if kind == "tanh" else torch.relu(z)
        leaf.append(state)
    for s in range(steps):
        expected = torch.autograd.grad(leaf[s], leaf[: s + 1], grad_h[s], retain_graph=True)
        close(found[s, : s + 1], torch.stack(expected), f"loss {s}")


@given(shape=shapes(), seed=st.integers(0, 99))
@settings(max_examples=50)
def test_loss_and_readout(shape: tuple[int, int, int, int], seed: int) -> None:
    """The whole chapter: o = V h + c, cross-entropy, five gradients and the readout's two."""
    layer = make(shape, seed)
    h = states(layer, "tanh")
    weight = torch.randn(5, shape[3], dtype=torch.float64, requires_grad=True)
    bias = torch.randn(5, dtype=torch.float64, requires_grad=True)
    target = torch.randint(5, h.shape[:2])
    logits = h @ weight.T + bias
    loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="sum")
    expected = torch.autograd.grad(loss, [*layer, weight, bias])
    grad_o = cross_entropy_backward(logits.detach(), target)
    grad_h, grad_weight, grad_bias = linear_backward(grad_o, h.detach(), weight.detach())
    values = layer.detached()
    found = (*bptt(grad_h, h.detach(), *values[:4]), grad_weight, grad_bias)
    for a, b in zip(found, expected, strict=True):
        close(a, b)


@pytest.mark.parametrize(
    ("a", "h_0", "weight", "sizes", "message"),
    [
        ((5, 2, 3), (2, 3), (3, 4), None, "weight_hh of shape"),
        ((5, 2, 3), (1, 3), (3, 3), None, "h_0 of shape"),
        ((5, 3), (2, 3), (3, 3), None, r"give \(T, B, H\)"),
        ((0, 2, 3), (2, 3), (3, 3), None, "T ≥ 1"),
        ((5, 3), (2, 3), (3, 3), [2, 1, 1], "sum to"),
        ((5, 3), (1, 3), (3, 3), [1, 2, 2], "never rise"),
    ],
)
def test_shapes_that_do_not_fit(
    a: tuple[int, ...],
    h_0: tuple[int, ...],
    weight: tuple[int, ...],
    sizes: list[int] | None,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        recur(torch.zeros(a), torch.zeros(h_0), torch.zeros(weight), "tanh", sizes)


def test_other_mistakes() -> None:
    a, h_0, weight = torch.zeros(5, 2, 3), torch.zeros(2, 3), torch.zeros(3, 3)
    with pytest.raises(ValueError, match="'tanh' or 'relu'"):
        recur(a, h_0, weight, "sigmoid")
    with pytest.raises(ValueError, match="one gradient for each state"):
        recur_backward(a[1:], a, h_0, weight)
    with pytest.raises(ValueError, match="one class for each row"):
        cross_entropy_backward(a, torch.zeros(5, dtype=torch.long))
    with pytest.raises(ValueError, match="3 logits have classes 0 to 2"):
        cross_entropy_backward(a, torch.full((5, 2), 3))
