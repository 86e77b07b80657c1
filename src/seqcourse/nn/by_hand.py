"""A computation as one operation, with the gradient derived by hand: the layers' fast path."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn.fallback import plain_loop_needed

Tensors = tuple[Tensor, ...]
Sent = tuple[Tensor | None, ...]  # a gradient for each tensor, None where there is none


class Recurrence(Protocol):
    """What a layer computes, three times over; `inputs` are the same in each.

    Most are recurrences; what has no steps has no `batch_sizes`, and its loop is its equation.
    """

    def run(self, inputs: Sent, batch_sizes: BatchSizes) -> tuple[Tensors, Tensors]:
        """The results, and what the gradient needs besides the inputs."""

    def send_back(
        self, grads: Sent, inputs: Sent, kept: Tensors, batch_sizes: BatchSizes, first: bool
    ) -> Sent:
        """The gradient of each input, from that of each result, by hand.

        What nobody asked for is thrown away; only of the first input it is said before.
        """

    def loop(self, inputs: Sent, batch_sizes: BatchSizes) -> Tensors:
        """The results by the plain loop, for autograd to follow."""


def by_hand(recurrence: Recurrence, batch_sizes: BatchSizes, *inputs: Tensor | None) -> Tensors:
    """All that a layer computes; autograd sees one operation.

    A gradient that must itself be differentiated (`create_graph`) comes from the plain loop.
    """
    results: Tensors = _ByHand.apply(recurrence, batch_sizes, *inputs)  # type: ignore[no-untyped-call]
    return results


class _ByHand(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, recurrence: Recurrence, batch_sizes: BatchSizes, *inputs: Tensor | None
    ) -> Tensors:
        results, kept = recurrence.run(inputs, batch_sizes)
        if not any(ctx.needs_input_grad):
            return results
        ctx.recurrence, ctx.batch_sizes, ctx.count = recurrence, batch_sizes, len(inputs)
        ctx.save_for_backward(*inputs, *kept)
        ctx.set_materialize_grads(False)
        # A caller may write into what it gets, and this must not reach what is kept.
        return tuple(x.clone() if any(x is y for y in kept) else x for x in results)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Sent:
        inputs, kept = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count :]
        needed = ctx.needs_input_grad[2:]
        if all(grad is None for grad in grads):
            return (None,) * len(ctx.needs_input_grad)
        if torch.is_grad_enabled() or plain_loop_needed():
            sent = _through_the_loop(ctx.recurrence, ctx.batch_sizes, grads, inputs, needed)
        else:
            sent = ctx.recurrence.send_back(grads, inputs, kept, ctx.batch_sizes, needed[0])
            sent = tuple(y if need else None for y, need in zip(sent, needed, strict=True))
        return (None, None, *sent)


def _through_the_loop(
    recurrence: Recurrence,
    batch_sizes: BatchSizes,
    grads: Sent,
    inputs: Sent,
    needed: tuple[bool, ...],
) -> Sent:
    """The same gradients by autograd, differentiable in turn."""
    with torch.enable_grad():
        # Views, so that no path is followed from one input to another: they are given as fixed.
        inputs = tuple(None if x is None else x.view_as(x) for x in inputs)
        results = recurrence.loop(inputs, batch_sizes)
        pairs = [(x, grad) for x, grad in zip(results, grads, strict=True) if grad is not None]
        wanted = [x for x, need in zip(inputs, needed, strict=True) if need and x is not None]
        found = iter(
            torch.autograd.grad(
                [x for x, _ in pairs],
                wanted,
                [grad for _, grad in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return tuple(next(found) if need else None for need in needed)
