"""LayerNorm, as torch.nn has it."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from seqcourse.gradients.layer_norm import layer_norm_backward, layer_norm_forward
from seqcourse.gradients.steps import BatchSizes
from seqcourse.nn.by_hand import Sent, Tensors, by_hand
from seqcourse.nn.fallback import plain_loop_needed
from seqcourse.nn.layer_norm_checks import layer_norm_input, layer_norm_shape
from seqcourse.nn.layer_norm_step import layer_norm

HALVES = (torch.float16, torch.bfloat16)


class LayerNorm(nn.Module):
    """Features moved to mean 0 and variance 1, then stretched and moved: `layer_norm`.

    torch.nn.LayerNorm's arguments, shapes, defaults and parameter names. Weights of torch's give
    torch's outputs and gradients.

    Args:
        normalized_shape: d, or the last dimensions that are normalized together.
        eps: added to the variance.
        elementwise_affine: with `weight`, ones at first, and `bias`, zeros; each has the
            normalized shape.
        bias: False for no `bias`.
        device, dtype: of the parameters.

    Raises:
        TypeError, RuntimeError: as torch's.
    """

    weight: Tensor | None
    bias: Tensor | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = (int(normalized_shape),)
        self.normalized_shape = layer_norm_shape(normalized_shape, eps)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = torch.empty(self.normalized_shape, device=device, dtype=dtype)
        self.weight = nn.Parameter(made) if elementwise_affine else None
        with_bias = elementwise_affine and bias
        self.bias = nn.Parameter(torch.empty_like(made)) if with_bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Ones and zeros: features of variance 1 and mean 0."""
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """(…, *normalized_shape) -> the same.

        Raises:
            TypeError: no tensor.
            RuntimeError: the last dimensions are not those of the layer; another dtype.
            NotImplementedError: whole numbers.
        """
        layer_norm_input(input, self.normalized_shape, self.weight)
        # of numbers with few digits the sums are made with more
        wide = torch.float32 if input.dtype in HALVES else input.dtype
        weight, bias = (
            None if p is None else p.flatten().to(wide) for p in (self.weight, self.bias)
        )
        x = input.flatten(-len(self.normalized_shape)).to(wide)  # (…, d)
        if plain_loop_needed():
            y = layer_norm(x, weight, bias, self.eps)
        else:
            (y,) = by_hand(_Norm(self.eps), None, x, weight, bias)
        return y.to(input.dtype).reshape(input.shape)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


@dataclass
class _Norm:
    """From x, weight and bias to y, with the gradient that chapter 17 derives."""

    eps: float

    def run(self, inputs: Any, batch_sizes: BatchSizes) -> tuple[Tensors, Tensors]:
        x, weight, bias = inputs
        y, *kept = layer_norm_forward(x, weight, bias, self.eps)
        return (y,), tuple(kept)

    def send_back(
        self, grads: Any, inputs: Any, kept: Tensors, batch_sizes: BatchSizes, first: bool
    ) -> Sent:
        (grad_y,), (z, per_sigma), weight = grads, kept, inputs[1]
        return layer_norm_backward(grad_y, z, per_sigma, weight)

    def loop(self, inputs: Any, batch_sizes: BatchSizes) -> Tensors:
        x, weight, bias = inputs
        return (layer_norm(x, weight, bias, self.eps),)
