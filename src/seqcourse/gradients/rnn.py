"""Backpropagation through time, by hand.

The layer, for t = 1 … T:    h_t = phi(a_t + W_hh h_{t-1}),    a_t = W_ih x_t + b,
with phi = tanh or relu. Its gradients, with g_t = dL/dh_t the part that reaches h_t from its own
output, and delta_t = dL/da_t the whole of it:

    delta_T = g_T * phi'_T,    delta_t = (g_t + W_hh^T delta_{t+1}) * phi'_t
    dL/dW_hh = sum_t delta_t h_{t-1}^T    dL/dW_ih = sum_t delta_t x_t^T    dL/db = sum_t delta_t
    dL/dx_t  = W_ih^T delta_t             dL/dh_0  = W_hh^T delta_1

Shapes: T steps, B sequences, I inputs, H hidden units, steps first. A batch is a matrix of rows,
(B, H), so that W h is written `h @ W.T`, and W^T delta is `delta @ W`.

Sequences of different lengths come packed, as torch.nn.utils.rnn packs them: the longest first,
(N, …) rows step after step, and `batch_sizes` says how many sequences each step still has.

Nothing here uses autograd: these functions compute what autograd is held against. Any
floating-point dtype goes in and comes out. Source: Werbos (1990), Backpropagation through time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from seqcourse.gradients.matmul import adder, linear, over_steps
from seqcourse.gradients.steps import BatchSizes, before, rows, steps


def _tanh_slope(h: Tensor) -> Tensor:
    """tanh'(z) = 1 - h * h, from h = tanh(z); in one go, for states are many."""
    return torch.addcmul(h.new_ones(()), h, h, value=-1)


def _relu_slope(h: Tensor) -> Tensor:
    """relu'(z), from h = relu(z); 0 at z = 0, as torch has it."""
    return (h > 0).to(h.dtype)


# name: (phi in place, phi' from phi's value)
NONLINEARITIES: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "tanh": (torch.tanh_, _tanh_slope),
    "relu": (torch.relu_, _relu_slope),
}


class RecurGradients(NamedTuple):
    """What reaches the recurrence's inputs.

    Attributes:
        a: (T, B, H) or (N, H), the deltas: dL/da_t.
        h_0: (B, H).
        weight_hh: (H, H).
    """

    a: Tensor
    h_0: Tensor
    weight_hh: Tensor


class Gradients(NamedTuple):
    """What reaches everything a recurrent layer is made from; shapes are those of the values.

    Where a layer has two biases (torch's have), each of them has the gradient `bias`.
    """

    input: Tensor | None
    h_0: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor


# The recurrence alone


@torch.no_grad()
def recur(
    a: Tensor,
    h_0: Tensor,
    weight_hh: Tensor,
    nonlinearity: str = "tanh",
    batch_sizes: BatchSizes = None,
) -> Tensor:
    """All states: h_t = phi(a_t + W_hh h_{t-1}).

    Args:
        a: (T, B, H), or (N, H) packed: each step's share of the input, W_ih x_t + b.
        h_0: (B, H).
        weight_hh: (H, H).
        nonlinearity: "tanh" or "relu".
        batch_sizes: T numbers that never rise, of sum N; None where `a` is not packed.

    Returns:
        h, of the shape of `a`.

    Raises:
        ValueError: another nonlinearity; shapes that do not fit; no step at all.
    """
    _check(a, h_0, weight_hh, batch_sizes)
    h = a.clone(memory_format=torch.contiguous_format)
    return _advance(h, h_0, weight_hh, nonlinearity, batch_sizes)


def _advance(
    h: Tensor, h_0: Tensor, weight_hh: Tensor, nonlinearity: str, batch_sizes: BatchSizes
) -> Tensor:
    """Turn `h`, which holds a_t for each step, into the states, in its own memory."""
    phi_, _ = _nonlinearity(nonlinearity)
    add_product = adder(weight_hh, len(h_0))
    last = h_0  # h_{t-1}
    for h_t in steps(h, batch_sizes):
        if batch_sizes is not None:
            last = last[: len(h_t)]  # the sequences that have this step
        last = phi_(add_product(h_t, last))
    return h


@torch.no_grad()
def recur_backward(
    grad_h: Tensor,
    h: Tensor,
    h_0: Tensor,
    weight_hh: Tensor,
    nonlinearity: str = "tanh",
    batch_sizes: BatchSizes = None,
) -> RecurGradients:
    """The gradients of `recur`: delta_t = (g_t + W_hh^T delta_{t+1}) * phi'_t, from the last step.

    Args:
        grad_h: g, of the shape of `h`: what reaches each h_t from outside the recurrence.
        h: (T, B, H), or (N, H) packed: what `recur` gave.
        h_0, weight_hh, nonlinearity, batch_sizes: what `recur` was given.

    Raises:
        ValueError: as `recur`; `grad_h` is not of the shape of `h`.
    """
    _, slope = _nonlinearity(nonlinearity)
    _check(h, h_0, weight_hh, batch_sizes)
    if grad_h.shape != h.shape:
        raise ValueError(
            f"recur_backward got grad_h of shape {tuple(grad_h.shape)} and h of shape "
            f"{tuple(h.shape)}: give one gradient for each state."
        )
    delta = grad_h.clone(memory_format=torch.contiguous_format)
    deltas, slopes = steps(delta, batch_sizes), steps(slope(h), batch_sizes)
    add_product = adder(weight_hh.t(), len(h_0))
    after: Tensor | None = None  # delta_{t+1}
    for delta_t, slope_t in zip(reversed(deltas), reversed(slopes), strict=True):
        if after is not None:
            target = delta_t if batch_sizes is None else delta_t[: len(after)]
            add_product(target, after)
        after = delta_t.mul_(slope_t)
    return RecurGradients(
        a=delta,
        h_0=deltas[0] @ weight_hh,
        weight_hh=_times_before(delta, h, h_0, batch_sizes),
    )


# The whole layer: what `seqcourse.nn` runs and differentiates


@torch.no_grad()
def rnn_forward(
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    nonlinearity: str = "tanh",
    batch_sizes: BatchSizes = None,
) -> Tensor:
    """A recurrent layer's states, (T, B, H), from its input, (T, B, I).

    Args:
        input: (T, B, I), or (N, I) packed.
        h_0: (B, H).
        weight_ih: (H, I).
        weight_hh: (H, H).
        bias: (H,); of torch's two, their sum; or None.
        nonlinearity, batch_sizes, errors: as `recur`.
    """
    h = linear(input, weight_ih, bias)  # a, until each step has made its state of it
    _check(h, h_0, weight_hh, batch_sizes)
    return _advance(h, h_0, weight_hh, nonlinearity, batch_sizes)


@torch.no_grad()
def bptt(
    grad_h: Tensor,
    h: Tensor,
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    nonlinearity: str = "tanh",
    batch_sizes: BatchSizes = None,
    input_too: bool = True,
) -> Gradients:
    """The gradients of `rnn_forward`, all of them.

    Args:
        grad_h: (T, B, H): dL/dh_t through h_t's own output only, such as V^T (yhat_t - y_t).
        h: (T, B, H): what `rnn_forward` gave.
        input, h_0, weight_ih, weight_hh, nonlinearity, batch_sizes: what it was given.
        input_too: with False the input's gradient, which takes a product of its own, is None.

    Raises:
        ValueError: as `recur_backward`.
    """
    delta, grad_h_0, grad_weight_hh = recur_backward(
        grad_h, h, h_0, weight_hh, nonlinearity, batch_sizes
    )
    return Gradients(
        linear(delta, weight_ih.t()) if input_too else None,
        grad_h_0,
        over_steps(delta, input),
        grad_weight_hh,
        rows(delta).sum(0),
    )


@torch.no_grad()
def credit(grad_h: Tensor, h: Tensor, weight_hh: Tensor, nonlinearity: str = "tanh") -> Tensor:
    """Whose fault is it? The gradient at each state, split by the step whose loss sent it.

    Args:
        grad_h: (T, B, H): what step s's loss sends into its own state h_s.
        h: (T, B, H).
        weight_hh: (H, H).
        nonlinearity: "tanh" or "relu".

    Returns:
        (T, T, B, H): [s, t] is dL_s/dh_t, zero where t > s: no loss reaches a later state.
        Its sum over s, times phi'_t, is delta_t.
    """
    slope = _nonlinearity(nonlinearity)[1](h)
    total = len(h)
    result = h.new_zeros(total, *h.shape)
    for s in range(total):
        result[s, s] = grad_h[s]
    for t in range(total - 2, -1, -1):  # all the later losses at once
        result[t + 1 :, t] = (result[t + 1 :, t + 1] * slope[t + 1]) @ weight_hh
    return result


def _times_before(delta: Tensor, h: Tensor, h_0: Tensor, batch_sizes: BatchSizes) -> Tensor:
    """sum_t delta_t h_{t-1}^T, (H, H)."""
    if batch_sizes is not None:
        return over_steps(delta, before(h, h_0, batch_sizes))
    return over_steps(delta[1:], h[:-1]) + delta[0].t() @ h_0


def _nonlinearity(name: str) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    if name not in NONLINEARITIES:
        raise ValueError(f"Unknown nonlinearity {name!r}: give 'tanh' or 'relu'.")
    return NONLINEARITIES[name]


def _check(a: Tensor, h_0: Tensor, weight_hh: Tensor, batch_sizes: BatchSizes) -> None:
    """Shapes that fit, before a loop writes into memory."""
    size = weight_hh.shape[0]
    sequences = a.shape[1:-1] if batch_sizes is None else tuple(batch_sizes[:1])
    wanted_dim = 3 if batch_sizes is None else 2
    fits = a.dim() == wanted_dim and weight_hh.shape == (size, size) and len(a) > 0
    if not fits or h_0.shape != (*sequences, size) or a.shape[-1] != size:
        layout = "(T, B, H)" if batch_sizes is None else "(N, H) packed"
        raise ValueError(
            f"The recurrence got steps of shape {tuple(a.shape)}, h_0 of shape "
            f"{tuple(h_0.shape)} and weight_hh of shape {tuple(weight_hh.shape)}; "
            f"give {layout} with T ≥ 1, (B, H) and (H, H)."
        )
    if batch_sizes is not None and (
        sum(batch_sizes) != len(a)
        or any(later > now for now, later in zip(batch_sizes, batch_sizes[1:], strict=False))
    ):
        raise ValueError(
            f"batch_sizes {list(batch_sizes)} do not fit {len(a)} packed rows: they must sum to "
            "them and never rise; pack_padded_sequence makes them."
        )
