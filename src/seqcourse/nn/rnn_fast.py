"""The plain recurrence as one operation, with the gradient derived by hand: RNN's fast path."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from seqcourse.gradients.rnn import recur, recur_backward
from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn.fallback import plain_loop_needed
from seqcourse.nn.rnn_step import rnn_step
from seqcourse.nn.unroll import Step, unroll

STEPS: dict[str, Step] = {"tanh": rnn_step, "relu": partial(rnn_step, nonlinearity=torch.relu)}
Sent = tuple[Tensor | None, ...]  # a gradient for each argument, None where none is needed


def recurrence(
    a: Tensor, h_0: Tensor, weight_hh: Tensor, nonlinearity: str, batch_sizes: BatchSizes
) -> Tensor:
    """h_t = phi(a_t + W_hh h_{t-1}) for all steps; autograd sees one operation.

    Its gradient is `seqcourse.gradients.recur_backward`; a gradient that must itself be
    differentiated (`create_graph`) comes from the plain loop.

    Args:
        a: (T, B, H), or packed (N, H).
        h_0: (B, H).
        weight_hh: (H, H).
        nonlinearity: "tanh" or "relu".
        batch_sizes: of packed sequences.

    Returns:
        h, of the shape of `a`.
    """
    h: Tensor = _Recurrence.apply(  # type: ignore[no-untyped-call]
        a, h_0, weight_hh, nonlinearity, batch_sizes
    )
    return h


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        a: Tensor,
        h_0: Tensor,
        weight_hh: Tensor,
        nonlinearity: str,
        batch_sizes: BatchSizes,
    ) -> Tensor:
        h = recur(a, h_0, weight_hh, nonlinearity, batch_sizes)
        ctx.nonlinearity, ctx.batch_sizes = nonlinearity, batch_sizes
        if not any(ctx.needs_input_grad):
            return h
        ctx.save_for_backward(a, h, h_0, weight_hh)
        return h.clone()  # a caller may write into what it gets

    @staticmethod
    def backward(ctx: Any, grad_h: Tensor) -> Sent:
        a, h, h_0, weight_hh = ctx.saved_tensors
        how = (ctx.nonlinearity, ctx.batch_sizes)
        if torch.is_grad_enabled() or plain_loop_needed():
            inputs = (a, h_0, weight_hh)
            return (*_through_the_loop(grad_h, inputs, ctx.needs_input_grad, *how), None, None)
        return (*recur_backward(grad_h, h, h_0, weight_hh, *how), None, None)


def _through_the_loop(
    grad_h: Tensor,
    inputs: tuple[Tensor, Tensor, Tensor],
    needed: tuple[bool, ...],
    nonlinearity: str,
    batch_sizes: BatchSizes,
) -> Sent:
    """The same gradients by autograd, differentiable in turn."""
    with torch.enable_grad():
        # Views, so that no path is followed from one input to another: they are given as fixed.
        a, h_0, weight_hh = (x.view_as(x) for x in inputs)
        h, _ = unroll(STEPS[nonlinearity], a, (h_0,), weight_hh, batch_sizes=batch_sizes)
        wanted = [x for x, need in zip((a, h_0, weight_hh), needed, strict=False) if need]
        found = iter(torch.autograd.grad(h, wanted, grad_h, create_graph=True))
    return tuple(next(found) if need else None for need in needed[: len(inputs)])
