"""Backpropagation through time by hand: the GRU.

The layer, for t = 1 … T, with a_t = W_ih x_t + b in three parts, one for each gate:

    r_t = sigma(a^r_t + W_hr h_{t-1})      m_t = W_hn h_{t-1} + b_hn
    z_t = sigma(a^z_t + W_hz h_{t-1})      n_t = tanh(a^n_t + r_t * m_t)
                                           h_t = (1 - z_t) * n_t + z_t * h_{t-1}

Its gradients, with dh_t = dL/dh_t the whole of what reaches h_t, and delta_t = dL/da_t:

    delta^n_t = dh_t * (1 - z_t) * (1 - n_t^2)     delta^r_t = delta^n_t * m_t * r_t (1 - r_t)
    dL/dm_t = delta^n_t * r_t                     delta^z_t = dh_t * (h_{t-1} - n_t) * z_t (1 - z_t)
    dh_{t-1} = g-own_{t-1} + z_t * dh_t + W_hh^T (delta^r_t, delta^z_t, dL/dm_t)
    dL/dW_hh = sum_t (delta^r_t, delta^z_t, dL/dm_t) h_{t-1}^T       dL/db_hn = sum_t dL/dm_t

Shapes: T steps, B sequences, I inputs, H hidden units; W_hh (3H, H), its rows and a_t's 3H numbers
in the order r, z, n. Packed sequences, rows and dtypes as in `seqcourse.gradients.rnn`. Source:
Cho et al. (2014), arXiv:1406.1078, with the reset after the product and z on the old state, as
torch has them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqcourse.gradients.gated import check_fit, earlier
from seqcourse.gradients.matmul import adder, linear, over_steps
from seqcourse.gradients.steps import BatchSizes, rows, steps


class GRUStates(NamedTuple):
    """What a pass forwards leaves behind.

    Attributes:
        h: (T, B, H), or packed (N, H), as all of them.
        gates: (T, B, 3H): r, z, n, after their nonlinearities.
        memory: (T, B, H): m, what r scales.
    """

    h: Tensor
    gates: Tensor
    memory: Tensor

    @property
    def r(self) -> Tensor:
        """(T, B, H): how much of the memory the candidate is made from."""
        return self.gates.chunk(3, -1)[0]

    @property
    def z(self) -> Tensor:
        """(T, B, H): how much of the state is kept."""
        return self.gates.chunk(3, -1)[1]

    @property
    def n(self) -> Tensor:
        """(T, B, H): the candidate."""
        return self.gates.chunk(3, -1)[2]


class GRURecurGradients(NamedTuple):
    """What reaches the recurrence's inputs; shapes are those of the values."""

    a: Tensor
    h_0: Tensor
    weight_hh: Tensor
    bias_hn: Tensor


class GRUGradients(NamedTuple):
    """What reaches everything a GRU is made from; shapes are those of the values.

    Torch's layer has two biases: bias_ih's gradient is `bias`; bias_hh's is the same, but its last
    third is `bias_hn`.
    """

    input: Tensor | None
    h_0: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor
    bias_hn: Tensor


# The recurrence alone


@torch.no_grad()
def gru_recur(
    a: Tensor,
    h_0: Tensor,
    weight_hh: Tensor,
    bias_hn: Tensor,
    batch_sizes: BatchSizes = None,
) -> GRUStates:
    """All states and gates.

    Args:
        a: (T, B, 3H), or (N, 3H) packed: each step's share of the input, W_ih x_t + b.
        h_0: (B, H).
        weight_hh: (3H, H).
        bias_hn: (H,): added to W_hn h_{t-1}, inside of the reset.
        batch_sizes: T numbers that never rise, of sum N; None where `a` is not packed.

    Raises:
        ValueError: shapes that do not fit; no step at all.
    """
    check_fit(a, h_0, weight_hh, 3, batch_sizes)
    size = h_0.shape[-1]
    gates, h = torch.empty_like(a), a.new_empty(*a.shape[:-1], size)
    memory = torch.empty_like(h)
    weight_t = weight_hh.t()
    bias = torch.cat([bias_hn.new_zeros(2 * size), bias_hn])
    product = a.new_empty(len(h_0), 3 * size)  # W_hh h_{t-1}, one step's
    last = h_0
    a_rz, a_n = torch.split(a, [2 * size, size], -1)
    rz, n = torch.split(gates, [2 * size, size], -1)
    every = (a_rz, a_n, rz, *gates.chunk(3, -1), memory, h)
    views = (steps(x, batch_sizes) for x in every)
    for a_rz_t, a_n_t, rz_t, r, z, n_t, memory_t, h_t in zip(*views, strict=True):
        if batch_sizes is not None:  # the sequences that have this step
            last, product = last[: len(h_t)], product[: len(h_t)]
        torch.addmm(bias, last, weight_t, out=product)
        torch.add(a_rz_t, product[:, : 2 * size], out=rz_t).sigmoid_()
        memory_t.copy_(product[:, 2 * size :])
        torch.addcmul(a_n_t, r, memory_t, out=n_t).tanh_()
        last = torch.lerp(n_t, last, z, out=h_t)
    return GRUStates(h, gates, memory)


@torch.no_grad()
def gru_recur_backward(
    grad_h: Tensor,
    states: GRUStates,
    h_0: Tensor,
    weight_hh: Tensor,
    batch_sizes: BatchSizes = None,
) -> GRURecurGradients:
    """The gradients of `gru_recur`, from the last step.

    Every delta of a step is dh_t times something that is known before the loop, and is computed
    there at once for all steps; the loop is left with what runs from step to step.

    Args:
        grad_h: g-own, of the shape of h: what reaches each h_t from outside the recurrence.
        states: what `gru_recur` gave.
        h_0, weight_hh, batch_sizes: what it was given.

    Raises:
        ValueError: as `gru_recur`; `grad_h` is not of the shape of h.
    """
    h, gates, memory = states
    if grad_h.shape != h.shape:
        raise ValueError(
            f"gru_recur_backward got grad_h of shape {tuple(grad_h.shape)} and h of shape "
            f"{tuple(h.shape)}: give one gradient for each state."
        )
    check_fit(gates, h_0, weight_hh, 3, batch_sizes)
    size = h_0.shape[-1]
    r, z, n = gates.chunk(3, -1)
    h_before = earlier(h, h_0, batch_sizes)
    slope_n = torch.addcmul(gates.new_ones(()), n, n, value=-1).mul_(1 - z)
    inner = torch.empty_like(gates)  # slopes, until dh_t has multiplied them: r, z and the memory
    of_r, of_z, of_m = inner.chunk(3, -1)
    torch.mul(slope_n, r, out=of_m)
    torch.mul(of_m, memory, out=of_r).mul_(1 - r)
    torch.addcmul(z, z, z, value=-1, out=of_z).mul_(h_before - n)
    # One row more than there are steps, for what reaches h_0.
    dh = torch.cat([grad_h.new_zeros(rows(h_0).shape), rows(grad_h)])
    views = (rows(dh)[len(h_0) :].view(h.shape), inner, inner.view(*inner.shape[:-1], 3, size), z)
    dhs, inners, by_gate, zs = (steps(x, batch_sizes) for x in views)
    dhs = (dh[: len(h_0)], *dhs)
    add_product = adder(weight_hh.t(), len(h_0))
    for t in range(len(zs) - 1, -1, -1):
        dh_t = dhs[t + 1]
        by_gate[t].mul_(dh_t[:, None])
        back = dhs[t] if batch_sizes is None else dhs[t][: len(dh_t)]
        add_product(back.addcmul_(dh_t, zs[t]), inners[t])
    grad_weight_hh = over_steps(inner, h_before)
    grad_bias_hn = rows(of_m).sum(0)
    torch.mul(views[0], slope_n, out=of_m)  # from here on the gradient of a
    return GRURecurGradients(inner, dhs[0], grad_weight_hh, grad_bias_hn)


# The whole layer: what `seqcourse.nn` runs and differentiates


@torch.no_grad()
def gru_forward(
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    bias_hn: Tensor,
    batch_sizes: BatchSizes = None,
) -> GRUStates:
    """A GRU's states and gates from its input, (T, B, I).

    Args:
        input: (T, B, I), or (N, I) packed.
        h_0: (B, H).
        weight_ih: (3H, I).
        weight_hh: (3H, H).
        bias: (3H,); of torch's two, their sum, but in the last third bias_ih alone; or None.
        bias_hn: (H,); the last third of bias_hh.
        batch_sizes, errors: as `gru_recur`.
    """
    a = linear(input, weight_ih, bias)
    return gru_recur(a, h_0, weight_hh, bias_hn, batch_sizes)


@torch.no_grad()
def gru_backward(
    grad_h: Tensor,
    states: GRUStates,
    input: Tensor,
    h_0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    batch_sizes: BatchSizes = None,
    input_too: bool = True,
) -> GRUGradients:
    """The gradients of `gru_forward`, all of them.

    Args:
        grad_h: (T, B, H): dL/dh_t through h_t's own output only.
        states: what `gru_forward` gave.
        input, h_0, weight_ih, weight_hh, batch_sizes: what it was given.
        input_too: with False the input's gradient, which takes a product of its own, is None.

    Raises:
        ValueError: as `gru_recur_backward`.
    """
    delta, grad_h_0, grad_weight_hh, grad_bias_hn = gru_recur_backward(
        grad_h, states, h_0, weight_hh, batch_sizes
    )
    return GRUGradients(
        linear(delta, weight_ih.t()) if input_too else None,
        grad_h_0,
        over_steps(delta, input),
        grad_weight_hh,
        rows(delta).sum(0),
        grad_bias_hn,
    )
