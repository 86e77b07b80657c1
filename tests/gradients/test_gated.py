"""LSTM's and GRU's gradients and Jacobians by hand, against autograd."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcourse.gradients import (
    forget_products,
    gru_jacobians,
    gru_recur,
    gru_recur_backward,
    jacobian_profile,
    lstm_jacobians,
    lstm_recur,
    lstm_recur_backward,
    products,
)
from seqcourse.nn import gru_step, lstm_step

from .cases import close, shapes
from .gated import by_autograd, by_hand, draw

KINDS = pytest.mark.parametrize("kind", ["lstm", "gru"])


@KINDS
@given(data=st.data(), shape=shapes(), seed=st.integers(0, 999), packed=st.booleans())
@settings(max_examples=60)
def test_all_gradients(kind: str, data: st.DataObject, shape: Any, seed: int, packed: bool) -> None:
    proj = data.draw(st.integers(0, shape[3] - 1)) if kind == "lstm" else 0
    batch_sizes = None
    if packed:
        rest = st.lists(st.integers(1, shape[1]), max_size=shape[0] - 1)
        batch_sizes = [shape[1], *sorted(data.draw(rest), reverse=True)]
    leaves = draw(kind, shape, seed, proj, batch_sizes)
    results = by_autograd(kind, leaves, batch_sizes)
    grads = [torch.randn_like(result) for result in results]
    expected = torch.autograd.grad(results, leaves, grads, retain_graph=True)
    states, found = by_hand(kind, leaves, grads, batch_sizes)
    close(states.h, results[0].detach(), "h")
    found = [x for x in found if x is not None]
    for index, (a, b) in enumerate(zip(found, expected, strict=True)):
        close(a, b, f"leaf {index}")
    if kind == "lstm":  # nothing asked of the last cell state
        expected = torch.autograd.grad(results[0], leaves, grads[0])
        found = by_hand(kind, leaves, [grads[0], None], batch_sizes)[1]
        close(found.c_0, expected[2], "c_0")
        close(found.weight_hh, expected[4], "weight_hh")


@KINDS
@given(shape=shapes(4), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_jacobians(kind: str, shape: Any, seed: int) -> None:
    """Each step's against autograd, and their product against that of the whole way."""
    leaves = draw(kind, shape, seed)
    states, _ = by_hand(
        kind, leaves, [torch.zeros(*shape[:2], shape[3]).double()] + [None] * (kind == "lstm")
    )
    x, *start, weight_ih, weight_hh = [
        leaf.detach() for leaf in leaves[: 5 if kind == "lstm" else 4]
    ]
    bias, *bias_hn = [leaf.detach() for leaf in leaves[5 if kind == "lstm" else 4 :]]
    a = x @ weight_ih.T + bias
    if kind == "lstm":
        found = lstm_jacobians(states, *start, weight_hh)
        assert torch.equal(found[..., shape[3] :, shape[3] :].diagonal(dim1=-2, dim2=-1), states.f)
    else:
        found = gru_jacobians(states, *start, weight_hh)

    def step(state: torch.Tensor, t: int) -> torch.Tensor:
        if kind == "lstm":
            return torch.cat(lstm_step(a[t], state.chunk(2, -1), weight_hh), -1)
        return gru_step(a[t], state, weight_hh, *bias_hn)

    state = torch.cat(start, -1)
    begin = state
    for t in range(shape[0]):
        full = torch.autograd.functional.jacobian(lambda s, t=t: step(s, t), state)
        close(found[t], full.diagonal(dim1=0, dim2=2).permute(2, 0, 1), f"step {t}")
        state = step(state, t)

    def whole(state: torch.Tensor) -> torch.Tensor:
        for t in range(shape[0]):
            state = step(state, t)
        return state

    full = torch.autograd.functional.jacobian(whole, begin)
    close(list(products(found))[-1], full.diagonal(dim1=0, dim2=2).permute(2, 0, 1), "all steps")
    assert jacobian_profile(found).norm.shape == (shape[0] + 1, shape[1])


@given(shape=shapes(), seed=st.integers(0, 99))
@settings(max_examples=30)
def test_the_cell_alone(shape: Any, seed: int) -> None:
    """With no weight from h to the gates, nothing but the forget gates stands on the way."""
    leaves = draw("lstm", shape, seed)
    leaves[4].data.zero_()
    values = [leaf.detach() for leaf in leaves]
    states = lstm_recur(values[0] @ values[3].T + values[5], values[1], values[2], values[4])
    jacobians = lstm_jacobians(states, values[1], values[2], values[4])
    hidden = shape[3]
    cell = torch.stack([p[..., hidden:, hidden:] for p in products(jacobians)])
    close(forget_products(states.f), cell.diagonal(dim1=-2, dim2=-1), "cell")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@KINDS
def test_a_dtype_goes_in_and_comes_out(kind: str, dtype: torch.dtype) -> None:
    leaves = [leaf.detach().to(dtype) for leaf in draw(kind, (5, 2, 3, 4), 0)]
    grads: list[Any] = [torch.ones(5, 2, 4, dtype=dtype), None][: 2 if kind == "lstm" else 1]
    states, found = by_hand(kind, leaves, grads)
    assert all(x.dtype == dtype and x.isfinite().all() for x in (*states, *found) if x is not None)


@KINDS
def test_no_graph_is_made_and_nothing_given_is_changed(kind: str) -> None:
    leaves = draw(kind, (5, 2, 3, 4), 0)
    before = [leaf.clone() for leaf in leaves]
    grads: list[Any] = [torch.ones(5, 2, 4).double(), torch.ones(2, 4).double()]
    grads = grads[: 2 if kind == "lstm" else 1]
    states, found = by_hand(kind, leaves, grads)
    kept = [x.clone() for x in states]
    again = by_hand(kind, leaves, grads)[1]
    assert not any(x.requires_grad for x in found if x is not None)
    assert all(map(torch.equal, leaves, before)) and all(map(torch.equal, states, kept))
    assert all(grad.eq(1).all() for grad in grads)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True) if a is not None)


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(*shape)


def test_mistakes() -> None:
    h, c, w = zeros(2, 3), zeros(2, 3), zeros(12, 3)
    with pytest.raises(ValueError, match=r"give \(T, B, 4H\) with T ≥ 1, \(B, H\), \(B, H\), \(4H"):
        lstm_recur(zeros(5, 2, 9), h, c, w)
    with pytest.raises(ValueError, match=r"weight_hr of shape \(3, 2\).*\(P, H\)"):
        lstm_recur(zeros(5, 2, 12), zeros(2, 2), c, zeros(12, 2), zeros(3, 2))
    with pytest.raises(ValueError, match="sum to them"):
        lstm_recur(zeros(5, 12), h, c, w, None, [2, 1, 1])
    with pytest.raises(ValueError, match=r"give \(N, 3H\) packed"):
        gru_recur(zeros(5, 2, 9), h, zeros(9, 3), zeros(3), [2, 2, 1])
    with pytest.raises(ValueError, match=r"\(3H, H\)"):
        gru_recur(zeros(0, 2, 9), h, zeros(9, 3), zeros(3))
    lstm = lstm_recur(zeros(5, 2, 12), h, c, w)
    gru = gru_recur(zeros(5, 2, 9), h, zeros(9, 3), zeros(3))
    with pytest.raises(ValueError, match="one gradient for each state"):
        lstm_recur_backward(zeros(4, 2, 3), None, lstm, h, c, w)
    with pytest.raises(ValueError, match="one gradient for each state"):
        gru_recur_backward(zeros(4, 2, 3), gru, h, zeros(9, 3))
    packed = gru_recur(zeros(3, 9), h, zeros(9, 3), zeros(3), [2, 1])
    with pytest.raises(ValueError, match="not packed"):
        gru_jacobians(packed, h, zeros(9, 3))
    projected = lstm_recur(zeros(5, 2, 12), zeros(2, 2), c, zeros(12, 2), zeros(2, 3))
    with pytest.raises(ValueError, match="neither packed nor projected"):
        lstm_jacobians(projected, zeros(2, 2), c, zeros(12, 2))
