"""CTC's loss as one operation, with the gradient derived by hand."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from seqcourse.gradients.ctc import CTCStates, ctc_backward, ctc_forward
from seqcourse.nn.ctc_step import ctc_by_steps
from seqcourse.nn.fallback import plain_loop_needed


def ctc_losses(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int,
    zero_infinity: bool,
) -> Tensor:
    """-ln p(z|x) of each sequence, (B,); autograd sees one operation.

    Its gradient is `seqcourse.gradients.ctc_backward`; one that must itself be differentiated
    (`create_graph`) comes from the plain loop.

    Args:
        log_probs, targets, input_lengths, target_lengths, blank: as `ctc_forward`.
        zero_infinity: make 0 of an infinite loss and of its gradient.
    """
    given = (targets, input_lengths, target_lengths, blank)
    if plain_loop_needed():
        losses = ctc_by_steps(log_probs, *given)
        return losses.masked_fill(losses == math.inf, 0) if zero_infinity else losses
    found: Tensor = _CTC.apply(log_probs, *given, zero_infinity)  # type: ignore[no-untyped-call]
    return found


class _CTC(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor,
        target_lengths: Tensor,
        blank: int,
        zero_infinity: bool,
    ) -> Tensor:
        given = (targets, input_lengths, target_lengths)
        states = ctc_forward(log_probs, *given, blank, both=ctx.needs_input_grad[0])
        ctx.blank, ctx.zero_infinity = blank, zero_infinity
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(log_probs, *given, *states)
        # A caller may write into what it gets, and this must not reach what is kept.
        return states.loss.masked_fill(states.loss == math.inf, 0 if zero_infinity else math.inf)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        log_probs, *given, labels, log_y, log_alpha, log_beta, loss = ctx.saved_tensors
        lost = loss == math.inf  # (B,)
        if torch.is_grad_enabled() or plain_loop_needed():
            by_log_probs = _through_the_loop(grad, log_probs, given, ctx.blank)
            past = torch.arange(len(log_probs), device=lost.device)[:, None] >= given[1]  # (T, B)
            by_log_probs = by_log_probs.masked_fill((lost & ~past)[:, :, None], math.nan)
        else:
            states = CTCStates(labels, log_y, log_alpha, log_beta, loss)
            by_log_probs = ctc_backward(grad, log_probs, states, given[1])
        if ctx.zero_infinity:
            by_log_probs = by_log_probs.masked_fill(lost[:, None], 0)
        return (by_log_probs, *(None,) * 5)


def _through_the_loop(grad: Tensor, log_probs: Tensor, given: list[Tensor], blank: int) -> Tensor:
    """The same gradient by autograd, differentiable in turn."""
    with torch.enable_grad():
        log_probs = log_probs.view_as(log_probs)
        targets, input_lengths, target_lengths = given
        losses = ctc_by_steps(log_probs, targets, input_lengths, target_lengths, blank)
        return torch.autograd.grad(losses, log_probs, grad, create_graph=True)[0]
