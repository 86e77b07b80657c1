"""The gradients of what stands before and after a recurrence: a linear map and the loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class LinearGradients(NamedTuple):
    """Of o = W h + b: what reaches h, (…, I), W, (O, I), and b, (O,)."""

    input: Tensor
    weight: Tensor
    bias: Tensor


@torch.no_grad()
def linear_backward(grad_output: Tensor, input: Tensor, weight: Tensor) -> LinearGradients:
    """The gradients of o = W h + b, used at every step: the weights' are sums over all of them.

        dL/dh = W^T dL/do    dL/dW = sum dL/do h^T    dL/db = sum dL/do

    Args:
        grad_output: (…, O).
        input: (…, I): h.
        weight: (O, I).
    """
    rows = grad_output.reshape(-1, grad_output.shape[-1])  # (N, O)
    return LinearGradients(
        input=grad_output @ weight,
        weight=rows.t() @ input.reshape(-1, input.shape[-1]),
        bias=rows.sum(0),
    )


@torch.no_grad()
def cross_entropy_backward(logits: Tensor, target: Tensor) -> Tensor:
    """The gradient of the summed cross-entropy: dL/do = yhat - y, softmax minus one-hot.

    Args:
        logits: (…, K).
        target: (…) classes, 0 … K - 1.

    Returns:
        (…, K).

    Raises:
        ValueError: the shapes do not fit, or a class is none of 0 … K - 1.
    """
    classes = logits.shape[-1]
    if target.shape != logits.shape[:-1]:
        raise ValueError(
            f"cross_entropy_backward got logits of shape {tuple(logits.shape)} and targets of "
            f"shape {tuple(target.shape)}: give one class for each row of logits."
        )
    if target.numel() and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise ValueError(
            f"cross_entropy_backward got classes from {int(target.min())} to {int(target.max())}; "
            f"{classes} logits have classes 0 to {classes - 1}."
        )
    grad = logits.softmax(-1)
    grad.scatter_add_(-1, target[..., None], grad.new_full((*target.shape, 1), -1.0))
    return grad
