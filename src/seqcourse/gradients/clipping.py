"""Clipping: an upper bound on the length of a step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor


@torch.no_grad()
def total_norm(gradients: Iterable[Tensor], norm_type: float = 2.0) -> Tensor:
    """The norm of all the gradients, read as one long vector.

    Args:
        gradients: tensors of any shapes; 0 if there are none.
        norm_type: p ≥ 1 of the p-norm; inf for the largest absolute value.
    """
    norms = [torch.linalg.vector_norm(gradient, norm_type) for gradient in gradients]
    if not norms:
        return torch.tensor(0.0)
    norm: Tensor = torch.linalg.vector_norm(torch.stack(norms), norm_type)
    return norm


@torch.no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> Tensor:
    """Scale all `.grad` by one factor so that their total norm is at most `max_norm`, in place.

        g ← g min(1, max_norm / (‖g‖ + 1e-6))

    The direction stays. To be called after `backward()` and before the optimizer's step.
    Source: Pascanu, Mikolov & Bengio (2013), arXiv:1211.5063. Arguments as torch.nn.utils'.

    Args:
        parameters: one tensor or several; those without a gradient are left out.
        max_norm: the bound.
        norm_type: as `total_norm`.
        error_if_nonfinite: raise where the norm is NaN or infinite, and change nothing.

    Returns:
        The norm before the clipping.

    Raises:
        RuntimeError: the norm is not finite, and `error_if_nonfinite`.
    """
    gradients = _gradients(parameters)
    norm = total_norm(gradients, norm_type)
    if error_if_nonfinite and not math.isfinite(norm.item()):
        raise RuntimeError(
            f"The gradients' norm is {norm.item()}, so it cannot be clipped; look for the step "
            "that made it, or give error_if_nonfinite=False to scale by it all the same."
        )
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.to(gradient.dtype))
    return norm


@torch.no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cut each entry of each `.grad` to -clip_value … clip_value, in place: the direction changes.

    Args:
        parameters: one tensor or several; those without a gradient are left out.
        clip_value: the bound.
    """
    for gradient in _gradients(parameters):
        gradient.clamp_(-clip_value, clip_value)


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    tensors = [parameters] if isinstance(parameters, Tensor) else parameters
    return [tensor.grad for tensor in tensors if tensor.grad is not None]
